"""The names that exceptions had in FlowODM 0.3.1, for code that catches them.

The exceptions are in `errors.py`. Six of its names are 0.3.1's own; the other five stand here for
what is raised now in their place. New code takes the new names, which say more.
"""

from flowodm.errors import (
    BrokerError,
    BrokerUnreachable,
    ConfigurationError,
    DeserializationError,
    FlowODMError,
    RegistryError,
    SchemaCompatibilityError,
    SchemaError,
    SchemaValidationError,
    SerializationError,
    SettingsError,
    TopicNotFound,
)

__all__ = [
    "ConfigurationError",
    "ConnectionError",
    "ConsumerError",
    "DeserializationError",
    "FlowODMError",
    "ProducerError",
    "SchemaCompatibilityError",
    "SchemaError",
    "SchemaRegistryError",
    "SchemaValidationError",
    "SerializationError",
    "SettingsError",
    "TopicError",
]

ConnectionError = BrokerUnreachable  # its name in 0.3.1
ProducerError = BrokerError
"""Whatever a produce verb raises of the cluster: a delivery that failed, or had no report in time,
a topic that is not there, a broker that does not answer."""
ConsumerError = BrokerError
TopicError = TopicNotFound
SchemaRegistryError = RegistryError
