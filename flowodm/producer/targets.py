"""Whether a topic is there, how many partitions it has, and what a record may ask of it."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from flowodm.avro.words import shown, similar
from flowodm.errors import TopicNotFound, UsageError

if TYPE_CHECKING:
    from confluent_kafka.admin._metadata import ClusterMetadata

    from flowodm.connection import KafkaConnection

__all__ = ["check_partition", "check_timestamp", "count_partitions", "is_whole"]

_NEW: Final = 1.0
"""Seconds in which a topic that was just created becomes known to all brokers."""
_AGAIN: Final = 0.1
_LATEST: Final = 2**63


def count_partitions(
    connection: "KafkaConnection", topic: str, ask: "Callable[[], ClusterMetadata] | None" = None
) -> int:
    """Count the partitions of a topic; asking does not create it.

    A topic that is not there is asked for again for a second: it may just have been created.

    Args:
        connection: The cluster.
        topic: The topic.
        ask: Gets the cluster's metadata, in place of the connection.

    Raises:
        TopicNotFound: There is no such topic.
        BrokerUnreachable: No broker answers.
    """
    from flowodm.connection import broker_error

    ask, until = ask or connection.metadata, monotonic() + _NEW
    while topic not in (topics := ask().topics):
        if monotonic() >= until:
            raise _not_found(topic, list(topics), connection)
        sleep(_AGAIN)
    error = topics[topic].error
    if error is not None:
        raise broker_error(error, connection=connection)
    return len(topics[topic].partitions)


def check_partition(topic: str, partition: int | None, count: int) -> None:
    """Refuse a partition that a topic of so many does not have.

    Raises:
        UsageError: There is no such partition.
    """
    if partition is not None and not is_whole(partition):
        raise UsageError(
            f"a partition cannot be `{partition!r:.40}`", hint="give its number: `partition=0`"
        )
    if partition is not None and not 0 <= partition < count:
        raise UsageError(
            f"topic `{topic}` has no partition {partition}",
            hint=f"it has {count}, numbered from 0",
        )


def check_timestamp(timestamp: int) -> None:
    """Refuse a timestamp that a record cannot have.

    Raises:
        UsageError: It is no number of milliseconds since the epoch.
    """
    if not is_whole(timestamp) or timestamp >= _LATEST:
        raise UsageError(
            f"a timestamp cannot be `{timestamp!r:.40}`",
            hint="give an aware `datetime`, or milliseconds since the epoch as an int",
        )
    if timestamp <= 0:
        raise UsageError(
            f"a record cannot be sent with timestamp {timestamp}: librdkafka takes it for now"
        )


def is_whole(number: object) -> bool:
    """Tell whether what a caller gave for a number is one, whatever the annotation says."""
    return isinstance(number, int)


def _not_found(topic: str, topics: list[str], connection: "KafkaConnection") -> TopicNotFound:
    near = similar(topic, topics)
    where = connection.context.bootstrap_servers or f"context `{connection.context.name}`"
    return TopicNotFound(
        f"topic {shown(topic)} does not exist on {where}",
        hint=(
            f"did you mean {shown(near)}?  (flowodm topics list)" if near else "flowodm topics list"
        ),
    )
