"""The settings of topics, many topics in one request. Nothing is changed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flowodm.errors import AuthorizationError
from flowodm.topics.topic import OWN, ConfigEntry

if TYPE_CHECKING:
    from concurrent.futures import Future

    from flowodm.connection import KafkaConnection

__all__ = ["read_settings", "start_settings"]


def start_settings(
    connection: "KafkaConnection", names: Iterable[str], *, timeout: float
) -> "dict[str, Future[Any]]":
    """Ask for the settings of topics, and do not wait for the answers."""
    from confluent_kafka.admin import (  # type: ignore[attr-defined]  # they are public
        ConfigResource,
        ResourceType,
    )

    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    futures = connection.admin().describe_configs(resources, request_timeout=timeout)
    return {resource.name: future for resource, future in futures.items()}


def read_settings(
    connection: "KafkaConnection", name: str, asked: "Future[Any]", *, timeout: float
) -> tuple[ConfigEntry, ...]:
    """Return the settings that count for a topic, by name.

    Raises:
        AuthorizationError: They may not be seen.
        BrokerError: The broker did not answer, or there is no such topic.
    """
    try:
        found = connection.wait(asked, timeout=timeout)
    except AuthorizationError as error:
        message = f"not allowed to see the settings of topic `{name}`"
        raise AuthorizationError(message, hint=error.hint) from error
    sources = _sources()
    return tuple(
        ConfigEntry(
            key, None if entry.is_sensitive else entry.value, sources.get(entry.source, "unknown")
        )
        for key, entry in sorted(found.items())
    )


def _sources() -> dict[int, str]:
    from confluent_kafka.admin import ConfigSource  # type: ignore[attr-defined]  # it is public

    words = {one.value: _word(one.name) for one in ConfigSource}
    return words | {ConfigSource.DYNAMIC_TOPIC_CONFIG.value: OWN}


def _word(name: str) -> str:
    return name.removesuffix("_CONFIG").replace("_", " ").lower()
