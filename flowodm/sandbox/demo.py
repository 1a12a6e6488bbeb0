"""The demo's topics, schemas and live producer.

What the events are is `demo_events`'s business; the schemas are files beside this one. Everything
goes through the same registry client, encoder and producer as the commands.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import count, islice
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flowodm.sandbox.demo_events import DAMAGED_AT, TOPICS, Event, events

if TYPE_CHECKING:
    from flowodm.codec.encode import Encoder
    from flowodm.connection import KafkaConnection
    from flowodm.producer import Producer

__all__ = [
    "ReadingGroup",
    "Traffic",
    "create_topics",
    "events_for",
    "prepare",
    "produce_sample",
    "schema_text",
]

_SEED = 7
_AT_ONCE = 8
"""Events that are there from the start, so that there is something to see."""
_PAUSE = 0.2
_NAMES = tuple(topic.name for topic in TOPICS)


def schema_text(topic: str, version: int) -> str:
    """Return one version of the schema of a demo topic's values."""
    name = f"{topic}-value.{version}.avsc"
    return files("flowodm.sandbox").joinpath("schemas", name).read_text(encoding="utf-8")


def events_for(records: int) -> int:
    """Return how many events it takes until so many decode: one of them does not."""
    return records if records <= DAMAGED_AT else records + 1


def prepare(connection: KafkaConnection) -> dict[tuple[str, int], int]:
    """Create the demo's topics and register every version of their schemas.

    Returns:
        The schema id of each topic and version.
    """
    create_topics(connection, {topic.name: topic.partitions for topic in TOPICS})
    registry = connection.schema_registry()
    return {
        (topic.name, version): registry.register(
            f"{topic.name}-value", schema_text(topic.name, version)
        ).schema_id
        for topic in TOPICS
        for version in range(1, topic.versions + 1)
    }


def create_topics(connection: KafkaConnection, partitions: Mapping[str, int]) -> None:
    """Create topics, by name and number of partitions; one that is there is left as it is.

    Raises:
        BrokerError: The cluster refuses one.
    """
    from confluent_kafka.cimpl import NewTopic

    present = connection.metadata().topics
    new = [NewTopic(name, number, 1) for name, number in partitions.items() if name not in present]
    for future in connection.admin().create_topics(new).values() if new else ():
        connection.wait(future)


def produce_sample(
    connection: KafkaConnection, ids: dict[tuple[str, int], int], records: int = 100
) -> None:
    """Produce events without waiting between them, and wait until they are delivered.

    Args:
        connection: The sandbox.
        ids: What `prepare` returned.
        records: How many.
    """
    from flowodm.producer import Producer

    encoders = _encoders(connection, ids)
    with Producer(connection) as producer:
        for event in islice(events(_SEED), records):
            _send(producer, event, encoders, ids)


class Traffic:
    """Produces the demo's events from a thread of its own, for as long as a `with` block.

    Args:
        connection: The demo's sandbox.
        ids: What `prepare` returned.
        limit: How many events to produce; None goes on.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        ids: dict[tuple[str, int], int],
        *,
        limit: int | None = None,
    ) -> None:
        self._connection, self._ids, self._limit = connection, ids, limit
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flowodm-demo", daemon=True)
        self.error: Exception | None = None
        """What ended it before its time; the main thread was interrupted then."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        from flowodm.producer import Producer

        try:
            with Producer(self._connection) as producer:
                self._produce(producer)
        except Exception as error:  # noqa: BLE001 - whoever waits for events must hear of it
            self.error = error
            if not self._stopping.is_set():
                _thread.interrupt_main()

    def _produce(self, producer: Producer) -> None:
        encoders = _encoders(self._connection, self._ids)
        source = events(_SEED)
        for number in count() if self._limit is None else range(self._limit):
            if number >= _AT_ONCE and self._stopping.wait(_PAUSE):
                return
            _send(producer, next(source), encoders, self._ids)
            producer.wait(0)


class ReadingGroup:
    """A group that reads the demo's topics by fits and starts, so that its lag comes and goes.

    Args:
        connection: The demo's sandbox.
        name: The group's.
        topics: What it reads.
        turn: Seconds that it reads, and seconds that it rests then.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        name: str = "billing",
        topics: Sequence[str] = _NAMES,
        *,
        turn: float = 20.0,
    ) -> None:
        self._connection, self._name, self._topics = connection, name, list(topics)
        self._turn = turn
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flowodm-demo-group", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        settings = {"auto.offset.reset": "earliest", "auto.commit.interval.ms": 1_000}
        consumer = self._connection.consumer({"group.id": self._name, **settings})
        began = monotonic()
        try:
            consumer.subscribe(self._topics)
            while not self._stopping.is_set():
                if (monotonic() - began) // self._turn % 2:
                    self._stopping.wait(_PAUSE)
                else:
                    consumer.consume(_AT_ONCE, _PAUSE)
        finally:
            consumer.close()


def _encoders(
    connection: KafkaConnection, ids: dict[tuple[str, int], int]
) -> dict[tuple[str, int], Encoder]:
    from flowodm.codec.encode import compile_encoder

    registry = connection.schema_registry()
    return {key: compile_encoder(registry.parsed(found)) for key, found in ids.items()}


def _send(
    producer: Producer,
    event: Event,
    encoders: dict[tuple[str, int], Encoder],
    ids: dict[tuple[str, int], int],
) -> None:
    chosen = event.topic, event.version
    value = _encode(event, encoders[chosen], ids[chosen])
    producer.send(event.topic, event.key.encode(), value, headers=event.headers)


def _encode(event: Event, encoder: Encoder, schema_id: int) -> bytes | None:
    from flowodm.codec.framing import frame

    if event.value is None:
        return None
    data = encoder.encode(event.value, frame(schema_id))
    return data[: len(data) // 2] if event.is_damaged else data
