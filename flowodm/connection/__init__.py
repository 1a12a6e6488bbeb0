"""The clients of one context: made when first used, shared, closed together.

`KafkaConnection` holds them; `connect()` settles the process's default one. What went wrong with
a broker is named by `causes.py`, out of what librdkafka logs.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowodm.connection.default import (
        connect,
        get_async_consumer,
        get_async_producer,
        get_consumer,
        get_kafka_connection,
        get_producer,
        get_schema_registry,
    )
    from flowodm.connection.errors import broker_error
    from flowodm.connection.kafka import KafkaConnection

__all__ = [
    "KafkaConnection",
    "broker_error",
    "connect",
    "get_async_consumer",
    "get_async_producer",
    "get_consumer",
    "get_kafka_connection",
    "get_producer",
    "get_schema_registry",
]

_PLACES = {"KafkaConnection": "kafka", "broker_error": "errors"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_PLACES.get(name, 'default')}"), name)
