"""The process's default connection, and `connect()`, which says what it connects to."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flowodm.connection.kafka import KafkaConnection
from flowodm.errors import ConfigurationError

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer

    from flowodm.config import Context
    from flowodm.registry import SchemaRegistry

__all__ = [
    "connect",
    "get_async_consumer",
    "get_async_producer",
    "get_consumer",
    "get_kafka_connection",
    "get_producer",
    "get_schema_registry",
]

_DEFAULT = KafkaConnection()
_LOCK = threading.Lock()


def connect(
    bootstrap_servers: str | None = None,
    security_protocol: str | None = None,
    sasl_mechanism: str | None = None,
    sasl_username: str | None = None,
    sasl_password: str | None = None,
    schema_registry_url: str | None = None,
    schema_registry_api_key: str | None = None,
    schema_registry_api_secret: str | None = None,
    schema_registry_basic_auth_user_info: str | None = None,
    context: "str | Context | None" = None,
    config: Mapping[str, Any] | None = None,
    consumer_config: Mapping[str, Any] | None = None,
    producer_config: Mapping[str, Any] | None = None,
) -> KafkaConnection:
    """Settle what the default connection connects to; opens nothing.

    What is given here wins over the environment and the files; the rest comes from there. None is
    not given; an empty text is an error. A host given here gets no credentials from there.

    Args:
        bootstrap_servers: `host:port`, several with commas between them.
        security_protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        sasl_mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER.
        sasl_username: The user.
        sasl_password: Their password.
        schema_registry_url: The registry.
        schema_registry_api_key: The user at the registry.
        schema_registry_api_secret: Their password.
        schema_registry_basic_auth_user_info: Both of them, `user:password`.
        context: A context of `flowodm.yaml`, whose settings the others add to; it makes the
            environment's connection settings count for nothing.
        config: librdkafka's keys for every client, and its callbacks (`oauth_cb`, …).
        consumer_config: librdkafka's keys for consumers.
        producer_config: librdkafka's keys for producers.

    Returns:
        The default connection. When what it connects to has changed, its clients are new.

    Raises:
        ConfigurationError: A setting is wrong or empty, or credentials would meet another host.
    """
    _refuse_empty(locals())
    from flowodm.config import context_from_arguments

    plain, callbacks = _part_callbacks(config or {})
    sasl = {
        "security.protocol": security_protocol,
        "sasl.mechanism": sasl_mechanism,
        "sasl.username": sasl_username,
        "sasl.password": sasl_password,
    }
    registry = {
        "url": schema_registry_url,
        "basic_auth": schema_registry_basic_auth_user_info
        or _pair(schema_registry_api_key, schema_registry_api_secret),
    }
    settings = {
        "bootstrap_servers": bootstrap_servers,
        "kafka": plain | _given(sasl),
        "consumer": dict(consumer_config or {}),
        "producer": dict(producer_config or {}),
        "schema_registry": _given(registry),
    }
    settled = context_from_arguments(context, settings)
    with _LOCK:
        _DEFAULT.configure(settled, callbacks)
    return _DEFAULT


def get_kafka_connection() -> KafkaConnection:
    """Return the default connection; without `connect()`, to what `load_context()` finds."""
    return _DEFAULT


def get_producer() -> "Producer":
    """Return the default connection's producer."""
    return _DEFAULT.producer()


def get_consumer(config: Mapping[str, Any] | None = None) -> "Consumer":
    """Make a consumer on the default connection, which the caller closes.

    Args:
        config: librdkafka's keys for this one.
    """
    return _DEFAULT.consumer(config)


async def get_async_producer() -> "Producer":
    """Return the default connection's producer; the event loop goes on while it is made."""
    return await asyncio.to_thread(get_producer)


async def get_async_consumer(config: Mapping[str, Any] | None = None) -> "Consumer":
    """Make a consumer on the default connection; the event loop goes on meanwhile.

    Its calls block like any consumer's: the caller makes them in a thread, and closes it.

    Args:
        config: librdkafka's keys for this one.
    """
    return await asyncio.to_thread(get_consumer, config)


def get_schema_registry() -> "SchemaRegistry":
    """Return the default connection's registry client."""
    return _DEFAULT.schema_registry()


def _refuse_empty(arguments: Mapping[str, Any]) -> None:
    """Refuse an empty text, such as an unset variable gives: it would connect to another cluster."""
    for name, value in arguments.items():
        if isinstance(value, str) and not value.strip():
            raise ConfigurationError(
                f"connect(): `{name}` is empty",
                hint="give it a value; None, or leaving it out, takes what is configured",
            )


def _part_callbacks(
    config: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Callable[..., Any]]]:
    """Part what is text from what is a function, or a logger."""
    callbacks = {key: value for key, value in config.items() if _is_object(key, value)}
    return {key: value for key, value in config.items() if key not in callbacks}, callbacks


def _is_object(key: str, value: object) -> bool:
    return callable(value) or key == "logger"


def _pair(key: str | None, secret: str | None) -> str | None:
    if (key is None) != (secret is None):
        raise ConfigurationError(
            "`schema_registry_api_key` and `schema_registry_api_secret` need each other"
        )
    return None if key is None else f"{key}:{secret}"


def _given(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}
