"""Many topics at once, with few questions however many they are; where their records are is not asked.

`reading.py` looks at one with all that is to be seen of it.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from flowodm.connection.changes import is_internal
from flowodm.connection.kafka import PATIENCE
from flowodm.errors import AuthorizationError, BrokerError, TopicNotFound
from flowodm.topics.settings import read_settings
from flowodm.topics.topic import PartitionDetail, TopicDetail

if TYPE_CHECKING:
    from confluent_kafka.admin._metadata import ClusterMetadata, PartitionMetadata

    from flowodm.connection import KafkaConnection

__all__ = ["describe_together"]


def describe_together(
    connection: "KafkaConnection",
    metadata: "ClusterMetadata",
    names: Collection[str],
    *,
    timeout: float = PATIENCE,
) -> dict[str, TopicDetail]:
    """Describe those of some topics that are there, by name: no offsets, and no topic ids.

    One that goes meanwhile, or that a broker has not heard of yet, is left out.

    Args:
        connection: The cluster.
        metadata: What it says of all topics.
        names: The topics.
        timeout: Seconds to wait for the answer.

    Raises:
        BrokerError: The cluster could not be asked.
    """
    found = sorted(set(names) & metadata.topics.keys())
    details: dict[str, TopicDetail] = {}
    for name, settings in read_settings(connection, found, only_own=True, timeout=timeout).items():
        if isinstance(settings, TopicNotFound):
            continue
        if isinstance(settings, BrokerError) and not isinstance(settings, AuthorizationError):
            raise settings
        own = None if isinstance(settings, AuthorizationError) else settings
        parts = tuple(_partitions(metadata.topics[name].partitions.values()))
        details[name] = TopicDetail(name, None, is_internal(name), parts, own)
    return details


def _partitions(partitions: "Iterable[PartitionMetadata]") -> Iterable[PartitionDetail]:
    for one in sorted(partitions, key=lambda one: one.id):
        leader = None if one.leader < 0 else one.leader
        yield PartitionDetail(one.id, leader, tuple(one.replicas), tuple(one.isrs), None, None)
