"""What a range is in a real partition: offsets. Pure; the cluster's facts arrive as arguments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from flowodm.positions import At, End, FromEnd, FromStart, Offset, Position, Range, Start, Stored
from flowodm.reading.options import Notice

__all__ = ["Bounds", "Partition", "Span", "Until", "moments_of", "settle"]


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
    leader_epoch: int | None = field(default=None, compare=False)
    """How often the lead has changed, where the leader said so."""


@dataclass(frozen=True, slots=True)
class Span:
    """What to read of a partition: from an offset up to, not including, another."""

    partition: Partition
    start: int
    stop: int | None
    """None: no end."""
    latest: int
    """The end offset when the span was settled."""
    since: int | None = None
    """Records come first that are older, and are not meant: all before the first of this age."""
    until: "Until | None" = None
    """It ends before `stop` where a record is that new."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read, and never will be."""
        return self.stop is not None and self.stop <= self.start


@dataclass(frozen=True, slots=True)
class Until:
    """The end by time: the first record of that age, from an offset on."""

    offset: int
    timestamp: int


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
    is_there = bounds.earliest <= start <= bounds.latest
    if not is_there and (a_range.strict or (follow and start > bounds.latest)):
        return None, _no_such_offset(partition, start, bounds)
    cut = min(max(start, bounds.earliest), bounds.latest)
    stop, until = _stop(a_range.stop, cut, bounds, at, follow=follow)
    since = a_range.start.timestamp if isinstance(a_range.start, At) else None
    span = Span(partition, cut, stop, bounds.latest, since, until)
    return span, _cut_notice(partition, start, a_range.stop, bounds)


def _stop(
    position: Position | None, start: int, bounds: Bounds, at: Mapping[int, int], *, follow: bool
) -> tuple[int | None, Until | None]:
    """Where a span ends, by offset and by time.

    The broker's index of times counts what no reader sees, the marks of transactions above all,
    and these bear the time of their writing. So the offset it gives for a moment is where the
    first record of that age can be at the earliest.
    """
    end = None if follow else bounds.latest
    if position is None:
        return end, None
    place = _place(position, bounds, at)
    if not isinstance(position, At) or place < start:
        return max(start, place if end is None else min(place, end)), None
    return end, Until(place, position.timestamp)


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


def _no_such_offset(partition: Partition, start: int, bounds: Bounds) -> Notice:
    return Notice(
        f"{partition} has no offset {start}: it begins at {bounds.earliest} and ends at"
        f" {bounds.latest}",
        is_problem=True,
        topic=partition.topic,
        partition=partition.number,
        hint=f"what there is: `--offset {start}:`; all of it: `--offset start`",
    )


def _cut_notice(
    partition: Partition, start: int, stop: Position | None, bounds: Bounds
) -> Notice | None:
    if start < bounds.earliest and stop != Offset(start):
        asked = stop.offset if isinstance(stop, Offset) else bounds.earliest
        last = min(asked, bounds.earliest)
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
