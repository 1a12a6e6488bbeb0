"""The last records of a read, within a number of rows and of bytes.

A thread writes, another reads. Rows are numbered from the first one ever taken, so that a number
means the same record for as long as it is there; what has no room any more goes, and is counted.
"""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from flowodm.record import Record

__all__ = ["MOST_BYTES", "MOST_ROWS", "Ring", "Row", "Span"]

MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 24 * 1024 * 1024
_OVERHEAD: Final = 400
"""Bytes that a record takes beside its key, value and headers."""


class Row(NamedTuple):
    """A record that was taken, and whether it is marked."""

    record: Record
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """What a ring holds at one moment."""

    first: int
    """The number of the oldest row."""
    stop: int
    """One more than that of the newest."""
    bytes: int
    dropped: int
    """Rows that went because there was no room for them."""


class Ring:
    """The rows.

    Args:
        most_rows: How many are kept at most.
        most_bytes: How much they may take; the newest is kept whatever it takes.
    """

    def __init__(self, most_rows: int = MOST_ROWS, most_bytes: int = MOST_BYTES) -> None:
        self._most_rows, self._most_bytes = most_rows, most_bytes
        self._rows: deque[tuple[Row, int]] = deque()
        self._lock = threading.Lock()
        self._first = self._bytes = self._dropped = 0

    def extend(self, rows: Iterable[Row]) -> None:
        """Take some rows; the oldest go where there is no room."""
        weighed = [(row, _weight(row.record)) for row in rows]
        with self._lock:
            self._rows.extend(weighed)
            self._bytes += sum(weight for _, weight in weighed)
            while len(self._rows) > 1 and self._is_full():
                self._bytes -= self._rows.popleft()[1]
                self._first += 1
                self._dropped += 1

    def clear(self) -> None:
        """Forget every row; numbers go on, and nothing counts as dropped any more."""
        with self._lock:
            self._first += len(self._rows)
            self._rows.clear()
            self._bytes = self._dropped = 0

    @property
    def span(self) -> Span:
        """What there is now."""
        with self._lock:
            return Span(self._first, self._first + len(self._rows), self._bytes, self._dropped)

    def rows(self, start: int, stop: int) -> list[tuple[int, Row]]:
        """Return the rows from a number up to another that are still there, with their numbers."""
        with self._lock:
            start, stop = max(start, self._first), min(stop, self._first + len(self._rows))
            taken = islice(self._rows, start - self._first, max(stop - self._first, 0))
            return [(number, row) for number, (row, _) in enumerate(taken, start)]

    def _is_full(self) -> bool:
        return len(self._rows) > self._most_rows or self._bytes > self._most_bytes


def _weight(record: Record) -> int:
    headers = sum(len(name) + len(value or b"") for name, value in record.headers)
    return _OVERHEAD + len(record.key or b"") + len(record.value or b"") + headers
