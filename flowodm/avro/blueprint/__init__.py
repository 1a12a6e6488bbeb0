"""Python classes for a schema, as a plan: names, types and defaults, and nothing built yet.

`classes.py` builds them; a generator of source writes them down.
"""

from flowodm.avro.blueprint.make import blueprint
from flowodm.avro.blueprint.plan import Blueprint

__all__ = ["Blueprint", "blueprint"]
