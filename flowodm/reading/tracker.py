"""How far each partition has been read, and which have reached their stop. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from operator import itemgetter
from typing import Final, TypeAlias

from flowodm.reading.options import PartitionProgress
from flowodm.reading.spans import Span
from flowodm.record import Record

__all__ = ["Tracker", "Where"]

Where: TypeAlias = tuple[str, int]
"""Topic and partition, as records have them: cheaper than a `Partition`."""

_WHERE: Final = itemgetter(0, 1)


class _State:
    """One partition of a read."""

    __slots__ = ("is_open", "is_over", "position", "records", "since", "span")

    def __init__(self, span: Span) -> None:
        self.span = span
        self.position = span.start
        self.records = 0
        self.since = span.since
        self.is_open = not span.is_empty
        self.is_over = False
        """A record that new was met: nothing after it is meant."""

    @property
    def is_picky(self) -> bool:
        """Whether single records must be looked at."""
        until = self.span.until
        return self.since is not None or (until is not None and self.position > until.offset)

    def wants(self, record: Record) -> bool:
        """Whether a record is meant; asked of each in order."""
        moment = -1 if record.timestamp is None else record.timestamp
        if self.since is not None:
            if moment < self.since:
                return False
            self.since = None
        until, stop = self.span.until, self.span.stop
        if until is not None and record.offset >= until.offset and moment >= until.timestamp:
            self.is_over = True
        return not self.is_over and (stop is None or record.offset < stop)


class Tracker:
    """The partitions of a read.

    Offsets have gaps (compaction, transactions), so that a record says little of the end: what
    counts is the consumer's own position, which passes over what it does not show.
    """

    def __init__(self) -> None:
        self._states: dict[Where, _State] = {}
        self._open: set[Where] = set()
        self._ending: set[Where] = set()
        self._closed: list[Where] = []

    @property
    def open(self) -> Collection[Where]:
        """The partitions that are still being read."""
        return self._open

    @property
    def ending(self) -> Collection[Where]:
        """The open partitions that have a stop to reach."""
        return self._ending

    @property
    def known(self) -> Collection[Where]:
        """All partitions, read to their stop or not."""
        return self._states.keys()

    def add(self, span: Span) -> None:
        """Begin a partition, or begin it anew elsewhere."""
        where = (span.partition.topic, span.partition.number)
        before = self._states.get(where)
        state = self._states[where] = _State(span)
        if before is not None:
            state.records = before.records
        (self._open.add if state.is_open else self._open.discard)(where)
        has_stop = state.is_open and span.stop is not None
        (self._ending.add if has_stop else self._ending.discard)(where)

    def span(self, where: Where) -> Span:
        """Return what was asked of a partition."""
        return self._states[where].span

    def position(self, where: Where) -> int:
        """Return the next offset of a partition."""
        return self._states[where].position

    def accept(
        self,
        records: list[Record],
        positions: Callable[[Iterable[Where]], Mapping[Where, int]],
    ) -> list[Record]:
        """Count records, and drop those past a stop.

        Args:
            records: As they came.
            positions: Asks the consumer where partitions are.
        """
        counts = Counter(map(_WHERE, records))
        were_open = self._open >= counts.keys()
        is_clean = self.advance(positions(counts)) and were_open
        if not is_clean or any(self._states[where].is_picky for where in counts):
            records = [record for record in records if self._wants(record)]
            counts = Counter(map(_WHERE, records))
        for where, count in counts.items():
            self._states[where].records += count
        return records

    def advance(self, positions: Mapping[Where, int]) -> bool:
        """Note where partitions are; whether none is past its stop."""
        is_clean = True
        for where, position in positions.items():
            state = self._states.get(where)
            if state is None:
                continue
            state.position = max(state.position, position)
            stop = state.span.stop
            if stop is not None and position >= stop:
                is_clean = is_clean and position == stop
                self.close(where)
        return is_clean

    def close(self, where: Where) -> None:
        """Be done with a partition."""
        if where in self._open:
            self._open.discard(where)
            self._ending.discard(where)
            self._states[where].is_open = False
            self._closed.append(where)

    def remove(self, where: Where) -> None:
        """Forget a partition."""
        self._states.pop(where, None)
        self._open.discard(where)
        self._ending.discard(where)

    def take_closed(self) -> list[Where]:
        """Return the partitions that were closed since the last time."""
        closed, self._closed = self._closed, []
        return closed

    def progress(self, ends: Mapping[Where, int]) -> tuple[PartitionProgress, ...]:
        """Say how far each partition is.

        Args:
            ends: End offsets, where they are known better than at the start.
        """
        return tuple(
            PartitionProgress(
                topic=where[0],
                partition=where[1],
                start=state.span.start,
                position=state.position,
                stop=state.span.stop,
                end=max(ends.get(where, 0), state.span.latest),
                records=state.records,
                is_done=not state.is_open,
            )
            for where, state in sorted(self._states.items())
        )

    def _wants(self, record: Record) -> bool:
        where = (record[0], record[1])
        state = self._states.get(where)
        if state is None:
            return False
        is_wanted = state.wants(record)
        if state.is_over:
            self.close(where)
        return is_wanted
