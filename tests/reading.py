"""Topics of every kind, and an oracle that reads them with a plain consumer.

The oracle shares no code with the reader: it consumes everything, and what a position means is
written down once more, as the definition.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.reader import Reader, ReadOptions
from flowodm.record import Record
from tests.servers import wait_until
from tests.topics import create_topics

BASE = 1_700_000_000_000
"""The timestamp of the first record of every topic here."""


class Seen(NamedTuple):
    """A record, as far as it says which one it is."""

    partition: int
    offset: int
    timestamp: int
    value: bytes | None


@dataclass(frozen=True)
class Oracle:
    """Everything a topic holds for one isolation level."""

    bounds: Mapping[int, tuple[int, int]]
    """The first and the end offset of each partition."""
    records: tuple[Seen, ...]
    """Those that this isolation level sees, in order of partition and offset."""


def read_everything(config: Mapping[str, str], topic: str, isolation: str) -> Oracle:
    """Read a topic from its start to its end, one partition after the other."""
    consumer = Consumer(
        dict(config)
        | {
            "group.id": uuid.uuid4().hex,
            "enable.auto.commit": "false",
            "enable.partition.eof": "true",
            "isolation.level": isolation,
            "fetch.wait.max.ms": "20",
        }
    )
    try:
        partitions = sorted(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
        bounds, records = {}, []
        for partition in partitions:
            place = TopicPartition(topic, partition)
            bounds[partition] = consumer.get_watermark_offsets(place, timeout=10)
            consumer.assign([TopicPartition(topic, partition, bounds[partition][0])])
            while (message := consumer.poll(10)) is not None:
                if message.error() is None:
                    _, moment = message.timestamp()
                    records.append(Seen(partition, message.offset(), moment, message.value()))
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    break
                else:
                    raise AssertionError(message.error())
        return Oracle(bounds, tuple(records))
    finally:
        consumer.close()


class Topics:
    """Makes topics of every kind, and removes them."""

    def __init__(self, config: Mapping[str, str]) -> None:
        self.config = dict(config)
        self.admin = AdminClient(self.config)
        self._made: list[str] = []

    def make(self, kind: str, partitions: int = 1, **config: str) -> str:
        """Create an empty topic, that keeps the old records which are written here."""
        name = f"{kind}-{uuid.uuid4().hex[:12]}"
        self._create(name, partitions, {"retention_ms": "-1"} | config)
        self._made.append(name)
        return name

    def make_again(self, name: str) -> None:
        """Create a topic that was deleted."""
        wait_until(lambda: name not in self.admin.list_topics(timeout=10).topics)
        self._create(name, 1, {"retention_ms": "-1"})

    def _create(self, name: str, partitions: int, config: Mapping[str, str]) -> None:
        settings = {key.replace("_", "."): value for key, value in config.items()}
        new = NewTopic(name, partitions, 1, config=settings)
        create_topics(self.admin, new)

    def produce(
        self, topic: str, count: int, partitions: int = 1, *, shuffle: bool = False
    ) -> None:
        """Write records a second apart, to one partition after the other.

        With `shuffle` every third timestamp is an hour early, as of a producer with a wrong clock.
        """
        producer = Producer({**self.config, "enable.idempotence": True, "linger.ms": "5"})
        for number in range(count):
            early = 3_600_000 if shuffle and number % 3 == 2 else 0
            producer.produce(
                topic,
                b"%d" % number,
                b"key-%d" % (number % 7),
                partition=number % partitions,
                timestamp=BASE + 1000 * number - early,
            )
        assert producer.flush(20) == 0

    def transact(self, topic: str, steps: str) -> None:
        """Run transactions of three records each: `c` commits one, `a` aborts one."""
        name = uuid.uuid4().hex
        producer = Producer(self.config | {"transactional.id": name})
        producer.init_transactions(20)
        for at, step in enumerate(steps):
            producer.begin_transaction()
            for number in range(3):
                moment = BASE + 1000 * (3 * at + number)
                producer.produce(topic, b"%s%d-%d" % (step.encode(), at, number), timestamp=moment)
            assert producer.flush(20) == 0
            if step == "c":
                producer.commit_transaction(20)
            else:
                producer.abort_transaction(20)

    def begin_transaction(self, topic: str) -> Producer:
        """Write three records in a transaction that stays open."""
        producer = Producer(self.config | {"transactional.id": uuid.uuid4().hex})
        producer.init_transactions(20)
        producer.begin_transaction()
        for number in range(3):
            producer.produce(topic, b"open-%d" % number, timestamp=BASE + 900_000 + number)
        assert producer.flush(20) == 0
        return producer

    def delete_before(self, topic: str, offset: int, partition: int = 0) -> None:
        """Delete the records before an offset."""
        futures = self.admin.delete_records([TopicPartition(topic, partition, offset)])
        for future in futures.values():
            future.result(timeout=15)

    def compacted(self) -> str:
        """A topic that really has been compacted: two thirds of its offsets are gone."""
        topic = self.make(
            "compacted",
            cleanup_policy="compact",
            segment_ms="50",
            min_cleanable_dirty_ratio="0.001",
            delete_retention_ms="0",
        )
        producer = Producer({**self.config, "enable.idempotence": True})
        for number in range(60):
            key = b"unique-%d" % number if number % 3 == 0 else b"shared"
            producer.produce(topic, b"%d" % number, key, timestamp=BASE + 1000 * number)
        assert producer.flush(20) == 0
        # a record later than `segment.ms` begins a segment, and only the older are compacted
        producer.produce(topic, b"60", b"roll", timestamp=BASE + 1000 * 60)
        assert producer.flush(20) == 0
        wait_until(
            lambda: len(read_everything(self.config, topic, "read_committed").records) == 22,
            seconds=60,
            what="the broker compacts",
        )
        return topic

    def remove(self) -> None:
        """Delete what was made."""
        if self._made:
            for future in self.admin.delete_topics(self._made, operation_timeout=10).values():
                future.result(timeout=15)


def connect(config: Mapping[str, str], *, read_only: bool = False) -> KafkaConnection:
    """A connection to the cluster of a client's settings."""
    kafka = {key: value for key, value in config.items() if key != "bootstrap.servers"}
    context = Context(
        name="test",
        bootstrap_servers=config["bootstrap.servers"],
        kafka=kafka,
        read_only=read_only,
        source="test",
    )
    return KafkaConnection(context)


def read_all(
    connection: KafkaConnection, topics: str | Sequence[str], options: ReadOptions
) -> tuple[list[Record], Reader]:
    """Read until the read ends; the closed reader still tells its notices."""
    names = (topics,) if isinstance(topics, str) else tuple(topics)
    records: list[Record] = []
    until = time.monotonic() + 30
    with Reader(connection, names, options) as reader:
        for batch in reader.batches():
            records += batch
            assert time.monotonic() < until, "the read does not end"
    return records, reader
