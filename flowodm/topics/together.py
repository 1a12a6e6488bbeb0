"""Many topics at once, with two questions however many they are; where their records are is not asked.

`reading.py` looks at one with all that is to be seen of it.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from flowodm.connection.changes import is_internal
from flowodm.connection.kafka import PATIENCE
from flowodm.errors import TopicNotFound
from flowodm.topics.reading import PartitionDetail, TopicDetail, configs_of, read_config

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
    futures = configs_of(connection, found, timeout)
    details: dict[str, TopicDetail] = {}
    for name in found:
        with suppress(TopicNotFound):
            config = read_config(connection, futures[name], timeout)
            parts = tuple(_partitions(metadata.topics[name].partitions.values()))
            details[name] = TopicDetail(name, None, is_internal(name), parts, config)
    return details


def _partitions(partitions: "Iterable[PartitionMetadata]") -> Iterable[PartitionDetail]:
    for one in sorted(partitions, key=lambda one: one.id):
        leader = None if one.leader < 0 else one.leader
        yield PartitionDetail(one.id, leader, tuple(one.replicas), tuple(one.isrs), None, None)
