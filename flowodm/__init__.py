"""FlowODM: a typed toolkit for Apache Kafka with Avro.

Public names load on first use, so `import flowodm` costs nothing heavy.
"""

__version__ = "0.4.0.dev0"
