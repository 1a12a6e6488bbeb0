"""The settings of topics, many topics in one request. Nothing is changed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from flowodm.errors import AuthenticationFailed, AuthorizationError, BrokerError
from flowodm.topics.topic import OWN, ConfigEntry

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["Settings", "read_settings"]

Settings: TypeAlias = tuple[ConfigEntry, ...] | BrokerError
"""The settings that count for a topic, or why they are not known."""

_AT_ONCE: Final = 200
"""Topics of one request: each has forty settings, and a broker writes them all out."""


def read_settings(
    connection: "KafkaConnection", names: Sequence[str], *, only_own: bool = False, timeout: float
) -> dict[str, Settings]:
    """Return the settings of topics, each in the order of their names.

    Args:
        connection: The cluster.
        names: The topics.
        only_own: Whether to keep those alone that a topic overrides.
        timeout: Seconds to wait for each answer.
    """
    found: dict[str, Settings] = {}
    for begin in range(0, len(names), _AT_ONCE):
        found |= _read(connection, names[begin : begin + _AT_ONCE], only_own, timeout)
    return found


def _read(
    connection: "KafkaConnection", names: Sequence[str], only_own: bool, timeout: float
) -> dict[str, Settings]:
    from confluent_kafka.admin import (  # type: ignore[attr-defined]  # they are public
        ConfigResource,
        ConfigSource,
        ResourceType,
    )

    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    futures = connection.admin().describe_configs(resources, request_timeout=timeout)
    sources = {one.value: _word(one.name) for one in ConfigSource}
    sources[ConfigSource.DYNAMIC_TOPIC_CONFIG.value] = OWN
    found: dict[str, Settings] = {}
    for resource, future in futures.items():
        try:
            entries = connection.wait(future, timeout=timeout)
        except AuthenticationFailed:
            raise
        except AuthorizationError as error:
            message = f"not allowed to see the settings of topic `{resource.name}`"
            found[resource.name] = AuthorizationError(message, hint=error.hint)
        except BrokerError as error:
            found[resource.name] = error
        else:
            settings = (_entry(key, entries[key], sources) for key in sorted(entries))
            found[resource.name] = tuple(
                entry for entry in settings if entry.source == OWN or not only_own
            )
    return found


def _entry(name: str, found: Any, sources: dict[int, str]) -> ConfigEntry:
    value = None if found.is_sensitive else found.value
    return ConfigEntry(name, value, sources.get(found.source, "unknown"))


def _word(name: str) -> str:
    return name.removesuffix("_CONFIG").replace("_", " ").lower()
