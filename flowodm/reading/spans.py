"""What a range is in a real partition: offsets. Pure; the cluster's facts arrive as arguments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from flowodm.positions import At, End, FromEnd, FromStart, Offset, Position, Range, Start, Stored
from flowodm.reading.options import Notice

__all__ = ["Bounds", "Partition", "Span", "moments_of", "settle"]


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """A partition of a topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"`{self.topic}` [{self.number}]"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The offsets a partition has."""

    earliest: int
    latest: int
    """After the last one; for `read_committed` after the last stable one."""


@dataclass(frozen=True, slots=True)
class Span:
    """What to read of a partition: from an offset up to, not including, another."""

    partition: Partition
    start: int
    stop: int | None
    """None: no end."""
    latest: int
    """The end offset when the span was settled."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read, and never will be."""
        return self.stop is not None and self.stop <= self.start


def moments_of(ranges: Iterable[Range]) -> tuple[int, ...]:
    """The moments whose offsets `settle` needs to know."""
    places = (place for a_range in ranges for place in (a_range.start, a_range.stop))
    return tuple(sorted({place.timestamp for place in places if isinstance(place, At)}))


def settle(
    a_range: Range,
    partition: Partition,
    bounds: Bounds,
    at: Mapping[int, int],
    *,
    follow: bool,
) -> tuple[Span | None, Notice | None]:
    """Turn a range into offsets.

    Args:
        a_range: What was asked for; `stored` has no meaning here.
        partition: Where.
        bounds: What is there.
        at: The offset of the first record at or after each moment of the range.
        follow: Whether the read goes on after the end; a stop may lie beyond it then.

    Returns:
        The span, None when there is no such offset; and what to tell of it.
    """
    start = _place(a_range.start, bounds, at)
    if not bounds.earliest <= start <= bounds.latest and (
        a_range.strict or _waits(start, bounds, follow)
    ):
        return None, _no_such_offset(partition, start, bounds)
    stop = None if a_range.stop is None else _place(a_range.stop, bounds, at)
    if stop is None and not follow:
        stop = bounds.latest
    if stop is not None and not follow:
        stop = min(stop, bounds.latest)
    cut = min(max(start, bounds.earliest), bounds.latest)
    span = Span(partition, cut, stop if stop is None else max(stop, cut), bounds.latest)
    return span, _cut_notice(partition, start, stop, bounds)


def _place(position: Position, bounds: Bounds, at: Mapping[int, int]) -> int:
    match position:
        case Start():
            return bounds.earliest
        case End():
            return bounds.latest
        case Offset(offset):
            return offset
        case FromStart(count):
            return bounds.earliest + count
        case FromEnd(count):
            return max(bounds.earliest, bounds.latest - count)
        case At(timestamp):
            return min(max(at[timestamp], bounds.earliest), bounds.latest)
        case Stored():
            raise AssertionError("`stored` is the group's to settle")
    assert_never(position)


def _waits(start: int, bounds: Bounds, follow: bool) -> bool:
    """Whether reading would have to wait for an offset that is not there yet."""
    return follow and start > bounds.latest


def _no_such_offset(partition: Partition, start: int, bounds: Bounds) -> Notice:
    return Notice(
        f"{partition} has no offset {start}: it begins at {bounds.earliest} and ends at"
        f" {bounds.latest}",
        is_problem=True,
        topic=partition.topic,
        partition=partition.number,
        hint=f"read from the start with `-o start`, or what there is with `-o {start}:`",
    )


def _cut_notice(
    partition: Partition, start: int, stop: int | None, bounds: Bounds
) -> Notice | None:
    if start < bounds.earliest and (stop is None or stop > start):
        last = bounds.earliest if stop is None else min(stop, bounds.earliest)
        gone = f"offset {start} is" if last - start == 1 else f"offsets {start} to {last - 1} are"
        what = f"begins at {bounds.earliest}: {gone} no longer there"
    elif start > bounds.latest:
        what = f"ends at {bounds.latest}: there is nothing from {start} yet"
    else:
        return None
    return Notice(
        f"{partition} {what}",
        is_problem=False,
        topic=partition.topic,
        partition=partition.number,
    )
