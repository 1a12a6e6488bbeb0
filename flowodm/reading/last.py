"""The last N records of everything, in time order.

Offsets have gaps, so that the last N offsets may hold fewer than N records: a partition is read
further back until it has given N, or is at its beginning. What counts as last is the record's
timestamp, then partition and offset, among the last N records of each partition.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from flowodm.reading.assigned import AssignedRead
from flowodm.reading.source import BATCH
from flowodm.reading.spans import Partition, Span
from flowodm.record import Record

__all__ = ["read_last"]

_GROWTH: Final = 4
"""How much further back each look goes: few looks, where there are wide gaps."""


def read_last(read: AssignedRead, spans: Sequence[Span], wanted: int) -> Iterator[list[Record]]:
    """Read the last records of spans; empty batches come meanwhile.

    The read is left where it can go on: after the spans' ends, if it follows.

    Args:
        read: Opened.
        spans: What was settled; one without a stop ends at its `latest`.
        wanted: How many.
    """
    newest = _Newest(wanted)
    windows = [_last_window(span, wanted) for span in spans]
    lacking = {span.partition: wanted for span in spans}
    whole = {span.partition: span for span in spans}
    while windows:
        read.begin(windows)
        found: dict[Partition, deque[Record]] = {}
        while read.is_reading:
            for record in read.step(discover=False):
                where = Partition(record.topic, record.partition)
                found.setdefault(where, deque(maxlen=lacking[where])).append(record)
            yield []
        for where, records in found.items():
            lacking[where] -= len(records)
            newest.add(records)
        windows = [
            _window_before(window, whole[window.partition])
            for window in windows
            if lacking[window.partition] and window.start > whole[window.partition].start
        ]
    records_of_all = newest.take()
    for begin in range(0, len(records_of_all), BATCH):
        yield records_of_all[begin : begin + BATCH]
    read.begin([replace(span, start=_end(span), since=None) for span in spans])


class _Newest:
    """The newest records of all that are added; never many more than are wanted."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._records: list[Record] = []

    def add(self, records: Iterable[Record]) -> None:
        self._records.extend(records)
        if len(self._records) > 2 * self._wanted + BATCH:
            self._trim()

    def take(self) -> list[Record]:
        self._trim()
        return self._records

    def _trim(self) -> None:
        self._records.sort(key=_age)
        del self._records[: max(0, len(self._records) - self._wanted)]


def _age(record: Record) -> tuple[int, str, int, int]:
    moment = -1 if record.timestamp is None else record.timestamp
    return moment, record.topic, record.partition, record.offset


def _last_window(span: Span, wanted: int) -> Span:
    stop = _end(span)
    end = stop if span.until is None else min(stop, span.until.offset)
    start = max(span.start, end - wanted)
    since = span.since if start == span.start else None
    return replace(span, start=start, stop=max(start, stop), since=since)


def _window_before(window: Span, span: Span) -> Span:
    """The window before a window, several times as wide."""
    size = ((window.stop or window.start) - window.start) * _GROWTH
    start = max(span.start, window.start - size)
    since = span.since if start == span.start else None
    return replace(window, start=start, stop=window.start, since=since, until=None)


def _end(span: Span) -> int:
    return span.latest if span.stop is None else min(span.stop, span.latest)
