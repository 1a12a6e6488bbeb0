"""Waits until brokers show what was done to a topic: the controller answers before they have heard.

Without it, whoever looks right after a change may see what was before: a second `alter` would find
nothing to do, a second `plan` the steps of the first.
"""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from flowodm.errors import FlowODMError
from flowodm.topics.planning import changed_settings
from flowodm.topics.together import describe_together

if TYPE_CHECKING:
    from confluent_kafka.admin._metadata import ClusterMetadata

    from flowodm.connection import KafkaConnection

__all__ = ["await_deletion", "await_topic"]

_WITHIN: Final = 5.0
"""Seconds that brokers have to show it; some milliseconds are usual."""
_PAUSE: Final = 0.02
_MOST_LOOKS: Final = 5


def await_topic(
    connection: "KafkaConnection",
    name: str,
    settings: Mapping[str, str | None],
    partitions: int | None,
) -> None:
    """Wait until a topic is there with these settings and so many partitions.

    What was done is done: brokers that cannot be asked, or do not show it in time, are no error.

    Args:
        connection: The cluster.
        name: The topic.
        settings: Its own settings, by name; None: the cluster's default counts.
        partitions: How many it has at least; None: one.
    """

    def is_seen(metadata: "ClusterMetadata") -> bool:
        found = describe_together(connection, metadata, (name,)).get(name)
        if found is None or len(found.partitions) < (partitions or 1):
            return False
        return found.config is None or not changed_settings(found, settings)

    _await(connection, is_seen)


def await_deletion(connection: "KafkaConnection", name: str) -> None:
    """Wait until a topic is gone; as `await_topic`, it raises nothing."""
    _await(connection, lambda metadata: name not in metadata.topics)


def _await(connection: "KafkaConnection", is_seen: Callable[["ClusterMetadata"], bool]) -> None:
    """Look until it is seen as often, one look after the other, as there are brokers to ask."""
    until = time.monotonic() + _WITHIN
    seen, brokers = 0, 1
    while seen < brokers and time.monotonic() < until:
        try:
            metadata = connection.metadata()
            seen = seen + 1 if is_seen(metadata) else 0
        except FlowODMError:
            return
        brokers = min(len(metadata.brokers), _MOST_LOOKS)
        if not seen:
            time.sleep(_PAUSE)
