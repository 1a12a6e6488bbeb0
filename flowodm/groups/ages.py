"""When the first unread records were written: lag in time. Read by `assign`, in bounded time.

One record of each partition is all that is wanted, so a partition is paused as soon as it has
given one; what else came with it is thrown away.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeAlias

from flowodm.reading.source import Source
from flowodm.reading.spans import Partition

if TYPE_CHECKING:
    from confluent_kafka import Consumer

__all__ = ["Spot", "read_ages"]

Spot: TypeAlias = tuple[Partition, int]
"""An offset of a partition."""

_AT_ONCE: Final = 1000
_WAIT: Final = 0.05


def read_ages(
    consumer: "Consumer", spots: Iterable[Spot], *, seconds: float
) -> dict[Spot, datetime]:
    """Read when the first record at or after each spot was written.

    Args:
        consumer: Joins nothing; with `enable.partition.eof`.
        spots: Where there is something to read, the most wanted first.
        seconds: When to give up; what is not known then is left out.

    Returns:
        The times, of the spots that have a record with one.
    """
    until = monotonic() + seconds
    found: dict[Spot, datetime] = {}
    source = Source(consumer)
    for wave in _waves(spots):
        if monotonic() >= until:
            break
        found |= _read_wave(consumer, source, wave, until)
    consumer.unassign()
    return found


def _waves(spots: Iterable[Spot]) -> Iterator[dict[Partition, int]]:
    """Part spots so that each wave has a partition once, and not too many of them."""
    turns: defaultdict[Partition, int] = defaultdict(int)
    waves: list[dict[Partition, int]] = []
    for partition, offset in dict.fromkeys(spots):
        turn = turns[partition]
        while turn < len(waves) and len(waves[turn]) >= _AT_ONCE:
            turn += 1
        if turn == len(waves):
            waves.append({})
        waves[turn][partition] = offset
        turns[partition] = turn + 1
    yield from waves


def _read_wave(
    consumer: "Consumer", source: Source, wave: Mapping[Partition, int], until: float
) -> dict[Spot, datetime]:
    from confluent_kafka import TopicPartition

    waiting = dict(wave)
    found: dict[Spot, datetime] = {}
    consumer.assign([TopicPartition(one.topic, one.number, wave[one]) for one in wave])
    while waiting and monotonic() < until:
        records, events = source.take(_WAIT)
        heard: list[Partition] = []
        for record in records:
            one = Partition(record.topic, record.partition)
            if one in waiting and record.offset >= waiting[one]:
                heard.append(one)
                if (moment := _moment(record.timestamp)) is not None:
                    found[one, waiting[one]] = moment
                del waiting[one]
        for event in events:  # the end, or something that no patience cures
            one = Partition(*event.where)
            if waiting.pop(one, None) is not None:
                heard.append(one)
        if heard and waiting:
            consumer.pause([TopicPartition(one.topic, one.number) for one in heard])
    return found


def _moment(timestamp: int | None) -> datetime | None:
    if timestamp is None:
        return None
    try:
        return datetime.fromtimestamp(timestamp / 1000, UTC)
    except (OverflowError, ValueError, OSError):  # a producer may write any number
        return None
