"""`--dry-run`: decode what the loops of a manifest would get, and call nothing.

Reads by `assign`, from where each group stands to the end that is seen at the start: no group is
joined and nothing is committed. Values alone are decoded.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from flowodm.connection import KafkaConnection
from flowodm.errors import DeserializationError
from flowodm.manifest import LoopSettings, Manifest
from flowodm.model.attached import consumption_of, reading_of
from flowodm.model.declared import DeclaredModel
from flowodm.positions import End, Offset, Range, Start
from flowodm.reader import Reader, ReadOptions
from flowodm.running.build import load_model

__all__ = ["Rehearsal", "Undecoded", "rehearse"]

_KEPT: Final = 5
_PATIENCE: Final = 3.5
"""Seconds for the group's coordinator to answer."""


@dataclass(frozen=True, slots=True)
class Undecoded:
    """A record that a loop could not decode."""

    partition: int
    offset: int
    text: str
    """Why."""


@dataclass(slots=True)
class Rehearsal:
    """What came of one loop's records so far."""

    loop: str
    topic: str
    group: str
    decoded: int = 0
    tombstones: int = 0
    failed: int = 0
    first: list[Undecoded] = field(default_factory=list)
    """The first few that did not decode."""
    is_over: bool = False


def rehearse(
    manifest: Manifest, connection: KafkaConnection, *, tell: Callable[[str], None]
) -> Iterator[Rehearsal]:
    """Decode what each loop would get, one loop after the other.

    Args:
        manifest: With the loops that are to be tried.
        connection: The process's own.
        tell: Given each line that a module prints when it is imported.

    Yields:
        Each rehearsal, five times a second or more often; the last time when it is over.

    Raises:
        ConfigurationError: A model is not there.
        BrokerError: The cluster does not answer, or has no such topic.
        RegistryError: A schema cannot be had.
    """
    for settings in manifest.loops:
        model = load_model(manifest, settings, connection, tell)
        found = consumption_of(model, settings.group, settings.effective)
        rehearsal = Rehearsal(settings.name, found.topic, found.group)
        yield from _read(rehearsal, settings, connection, model)
        rehearsal.is_over = True
        yield rehearsal


def _read(
    rehearsal: Rehearsal,
    settings: LoopSettings,
    connection: KafkaConnection,
    model: type[DeclaredModel],
) -> Iterator[Rehearsal]:
    profile = settings.effective
    reset = profile.to_consumer_config()["auto.offset.reset"]
    partitions = _partitions(connection, rehearsal.topic)
    options = ReadOptions(
        range=Range(End() if reset in ("latest", "largest", "end") else Start()),
        partition_ranges=_stored(connection, rehearsal, partitions),
        partitions=tuple(partitions),
        isolation=profile.isolation_level,
    )
    reading = reading_of(model)
    with Reader(connection, (rehearsal.topic,), options) as reader:
        for batch in reader.batches():
            for record in batch:
                if record.value is None:
                    rehearsal.tombstones += 1
                    continue
                try:
                    reading.read(record.value, record.headers)
                except DeserializationError as error:
                    rehearsal.failed += 1
                    if len(rehearsal.first) < _KEPT:
                        rehearsal.first.append(
                            Undecoded(record.partition, record.offset, error.message)
                        )
                else:
                    rehearsal.decoded += 1
            yield rehearsal


def _partitions(connection: KafkaConnection, topic: str) -> list[int]:
    from flowodm.topics import describe_topic

    return [part.number for part in describe_topic(connection, topic).partitions]


def _stored(
    connection: KafkaConnection, rehearsal: Rehearsal, partitions: Sequence[int]
) -> tuple[tuple[int, Range], ...]:
    """Where the group stands in each partition, as far as it has committed.

    A consumer that never subscribes is asked, and joins nothing: librdkafka's admin client crashes
    while a new cluster makes its topic of offsets.
    """
    from confluent_kafka import TopicPartition

    consumer = connection.consumer({"group.id": rehearsal.group})
    try:
        places = [TopicPartition(rehearsal.topic, number) for number in partitions]
        found = connection.call(
            lambda: consumer.committed(places, timeout=_PATIENCE), timeout=_PATIENCE + 0.5
        )
    finally:
        consumer.close()
    return tuple((one.partition, Range(Offset(one.offset))) for one in found if one.offset >= 0)
