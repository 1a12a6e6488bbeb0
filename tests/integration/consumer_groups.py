"""Consumer groups to look at: committed by hand, or with members."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

__all__ = ["commit", "committed", "fill", "member_of"]


def fill(config: Mapping[str, str], topic: str, counts: Mapping[int, int], **more: Any) -> None:
    """Write so many records to each partition; without a `value` their numbers."""
    producer = Producer(dict(config))
    for partition, count in counts.items():
        for number in range(count):
            producer.produce(topic, **{"value": b"%d" % number} | more, partition=partition)
    assert producer.flush(30) == 0


def commit(
    config: Mapping[str, str], group: str, topic: str, offsets: Mapping[int, int], note: str = ""
) -> None:
    """Commit as a consumer does that assigns its partitions itself."""
    consumer = Consumer({**config, "group.id": group, "enable.auto.commit": False})
    try:
        places = [TopicPartition(topic, one, offset, note) for one, offset in offsets.items()]
        consumer.commit(offsets=places, asynchronous=False)
    finally:
        consumer.close()


def committed(
    config: Mapping[str, str], group: str, topic: str, partitions: int
) -> dict[int, tuple[int, str]]:
    """Return the commits of a group, with their notes, by a consumer of its own."""
    consumer = Consumer({**config, "group.id": group, "enable.auto.commit": False})
    try:
        places = [TopicPartition(topic, one) for one in range(partitions)]
        found = consumer.committed(places, timeout=10)
        return {one.partition: (one.offset, one.metadata or "") for one in found if one.offset >= 0}
    finally:
        consumer.close()


@contextmanager
def member_of(
    config: Mapping[str, str], group: str, topic: str, *, protocol: str = "classic"
) -> Iterator[Consumer]:
    """Yield a consumer that has been given its partitions, and commits nothing by itself."""
    settings = {
        **config,
        "group.id": group,
        "group.protocol": protocol,
        "client.id": f"client-of-{group}",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
    consumer = Consumer(settings)
    consumer.subscribe([topic])
    until = time.monotonic() + 30
    try:
        while not consumer.assignment():
            assert time.monotonic() < until, "no partition was given"
            consumer.poll(0.1)
        yield consumer
    finally:
        consumer.close()
