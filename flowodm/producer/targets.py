"""Whether a topic is there to be written to, and how many partitions it has."""

from typing import TYPE_CHECKING

from flowodm.avro.words import shown, similar
from flowodm.errors import TopicNotFound, UsageError

if TYPE_CHECKING:
    from confluent_kafka.admin._metadata import ClusterMetadata

    from flowodm.connection import KafkaConnection

__all__ = ["check_partition", "count_partitions"]


def count_partitions(
    connection: "KafkaConnection", topic: str, metadata: "ClusterMetadata | None" = None
) -> int:
    """Count the partitions of a topic; asking does not create it.

    Args:
        connection: The cluster.
        topic: The topic.
        metadata: The cluster's, when it is known already.

    Raises:
        TopicNotFound: There is no such topic.
        BrokerUnreachable: No broker answers.
    """
    from flowodm.connection import broker_error

    topics = (metadata or connection.metadata()).topics
    if topic not in topics:
        raise _not_found(topic, list(topics), connection)
    error = topics[topic].error
    if error is not None:
        raise broker_error(error, connection=connection)
    return len(topics[topic].partitions)


def check_partition(topic: str, partition: int | None, count: int) -> None:
    """Refuse a partition that a topic of so many does not have.

    Raises:
        UsageError: There is no such partition.
    """
    if partition is not None and not 0 <= partition < count:
        raise UsageError(
            f"topic `{topic}` has no partition {partition}",
            hint=f"it has {count}, numbered from 0",
        )


def _not_found(topic: str, topics: list[str], connection: "KafkaConnection") -> TopicNotFound:
    near = similar(topic, topics)
    where = connection.context.bootstrap_servers or f"context `{connection.context.name}`"
    return TopicNotFound(
        f"topic {shown(topic)} does not exist on {where}",
        hint=(
            f"did you mean {shown(near)}?  (flowodm topics list)" if near else "flowodm topics list"
        ),
    )
