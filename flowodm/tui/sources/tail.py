"""One read of a topic: a thread takes records, filters them, and keeps the last ones in a ring."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flowodm.positions import Range
from flowodm.reader import Notice, Progress
from flowodm.record import Record, Undecodable
from flowodm.tui.sources.records import RecordsSource
from flowodm.tui.sources.ring import Ring, Row
from flowodm.tui.sources.sizes import MOST_DECODED, decode_bounded
from flowodm.tui.sources.turns import let_screen_draw

if TYPE_CHECKING:
    from flowodm.query import Filter
    from flowodm.tui.sources.records import Batches

__all__ = ["Status", "Tail", "TailRequest"]

_LOOK: Final = 0.05
"""Seconds between two looks of a paused read at whether it should go on."""
_AT_ONCE: Final = 250
"""Records between two looks at whether to stop, to pause, or to let the screen go first."""


@dataclass(frozen=True, slots=True)
class TailRequest:
    """What to read."""

    topic: str
    where: Range | None = None
    """From where on; None: the last records, then what comes."""
    filter: str | None = None
    """A CEL expression."""
    keeps_all: bool = False
    """Whether what does not match is kept too, and what does is marked."""
    told: str | None = None
    """How the position was typed: `-15m`, and not the milliseconds that it means."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a read is now."""

    scanned: int
    matched: int
    undecoded: int
    """Of those that the filter saw."""
    to_go: int
    """Offsets up to the ends that were seen last."""
    partitions: int
    is_paused: bool
    is_done: bool
    notice: str | None
    """What was told last, unless it is over."""
    problem: str | None
    """Why the filter could not compare a value."""


class Tail:
    """A read.

    Args:
        source: Where records come from.
        request: Which.
        ring: Keeps the last of them.

    Raises:
        UsageError: The filter has no meaning.
    """

    def __init__(self, source: RecordsSource, request: TailRequest, ring: Ring) -> None:
        self.request = request
        self.ring = ring
        self._source = source
        self._filter = _filter_of(request.filter)
        self._going = threading.Event()
        self._going.set()
        self._progress: Progress | None = None
        self._notices: tuple[Notice, ...] = ()
        self._looked_at = 0.0
        self._scanned = self._matched = self._undecoded = 0
        self._is_done = False

    def run(self, is_cancelled: Callable[[], bool]) -> None:
        """Read until the end of the request, or until it is cancelled; blocks.

        Raises:
            FlowODMError: The read cannot go on.
        """
        with self._source.read(self.request.topic, self.request.where) as reader:
            for batch in reader.batches():
                self._look(reader)
                for start in range(0, max(len(batch), 1), _AT_ONCE):
                    while not self._going.wait(_LOOK) and not is_cancelled():
                        pass
                    if is_cancelled():
                        return
                    let_screen_draw()
                    self._take(batch[start : start + _AT_ONCE])
            self._progress, self._notices = reader.progress, reader.notices
        self._is_done = True

    @property
    def is_paused(self) -> bool:
        """Whether it takes no more records for now; the broker keeps them."""
        return not self._going.is_set()

    def pause(self) -> None:
        """Take no more records until `resume`."""
        self._going.clear()

    def resume(self) -> None:
        """Go on where it was paused."""
        self._going.set()

    @property
    def status(self) -> Status:
        """How it is now; from any thread."""
        progress, notices = self._progress, self._notices
        counts = None if self._filter is None else self._filter.counts
        return Status(
            self._scanned,
            self._matched,
            self._undecoded,
            0 if progress is None or self._is_done else progress.remaining,
            0 if progress is None else len(progress.partitions),
            self.is_paused,
            self._is_done,
            notices[-1].message if notices and not notices[-1].is_relief else None,
            self._filter.reason if counts and counts.unconvertible and self._filter else None,
        )

    def _look(self, reader: "Batches") -> None:
        """Note how far it is: only this thread may ask, which never waits for itself."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK:
            self._looked_at = now
            self._progress, self._notices = reader.progress, reader.notices

    def _take(self, records: Sequence[Record]) -> None:
        if self._filter is None:
            self.ring.extend(map(Row, records))
            self._scanned += len(records)
            self._matched += len(records)
            return
        decode, matches = self._source.values, self._filter.matches
        keeps_all, rows = self.request.keeps_all, []
        for record in records:
            size = len(record.value or b"") + len(record.key or b"")
            decoded = decode(record) if size <= MOST_DECODED else decode_bounded(record, decode)
            if type(decoded.value) is Undecodable or type(decoded.key) is Undecodable:
                self._undecoded += 1
            if matches(decoded):
                self._matched += 1
                rows.append(Row(record, True))
            elif keeps_all:
                rows.append(Row(record))
            self._scanned += 1
        self.ring.extend(rows)


def _filter_of(text: str | None) -> "Filter | None":
    if not text:
        return None
    from flowodm.query import Filter

    return Filter(where=text)
