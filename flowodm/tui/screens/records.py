"""Records of a topic: followed, paused, looked back at, jumped through, filtered, taken along.

The read runs in a thread and fills a ring; ten times a second the page shows what is there now.
Rows are decoded in another thread, those in view alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.worker import get_current_worker

from flowodm.errors import FlowODMError, UsageError
from flowodm.record import DecodedRecord, Record
from flowodm.tui.feed import Feed
from flowodm.tui.screens.taking import TAKING_BINDINGS, TakingPage
from flowodm.tui.sources.checks import filter_trouble, seek_trouble
from flowodm.tui.sources.failure import Failure
from flowodm.tui.sources.opened import decode_opened
from flowodm.tui.sources.records import parse_seek
from flowodm.tui.sources.ring import Ring
from flowodm.tui.sources.ring import Span as RingSpan
from flowodm.tui.sources.rows import RowText, rows_of
from flowodm.tui.sources.tail import Tail, TailRequest
from flowodm.tui.widgets.counters import Counters, request_line
from flowodm.tui.widgets.detail import TAB_BINDINGS, Detail
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.widgets.prompt import Prompt
from flowodm.tui.widgets.record_log import RecordLog
from flowodm.tui.widgets.state import StatePane
from flowodm.tui.words import Meaning, WordCommand

__all__ = ["RecordsPage"]

_FRAME: Final = 0.1
_FIRST_FRAME: Final = 0.02
_FIRST_FRAMES: Final = 50
"""How often a new read is looked at in its first second: its records should be there at once."""
_SLOW: Final = 0.5
"""Seconds that rows are held back until they are decoded; then they show their bytes."""
_AGAIN: Final = 2.0
"""Seconds between two askings for schemas that a registry did not answer for."""
_SIDE_BY_SIDE: Final = 110
"""Columns from which on the detail stands beside the list."""


class RecordsPage(TakingPage):
    """The records of a topic.

    Args:
        topic: Its name.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "Pause", id="records.pause"),
        Binding("f", "follow", "Follow", id="records.follow"),
        # before any other, so that what is typed behind them at once is not lost
        Binding("slash", "filter", "Filter", key_display="/", priority=True, id="records.filter"),
        Binding("t", "seek", "Seek", priority=True, id="records.seek"),
        Binding("m", "mark", "Mark or filter", show=False, id="records.mark"),
        Binding("n", "match(1)", "Next match", show=False, id="records.next"),
        Binding("N", "match(-1)", "Match before", show=False, id="records.before"),
        *TAKING_BINDINGS,
        Binding("x", "tab('hex')", "Hex", show=False, id="records.hex"),
        Binding("s", "tab('schema')", "Schema", show=False, id="records.schema"),
        *TAB_BINDINGS,
        Binding("z", "zoom", "Zoom", show=False, id="records.zoom"),
        Binding("tab", "app.focus_next", "Other pane", show=False, id="records.pane"),
    ]
    waits_for = "Reading"
    _paused_by_hand = False

    def __init__(self, topic: str) -> None:
        super().__init__(topic)
        self._ring = Ring()
        self._request = TailRequest(topic)
        self._tail: Tail | None = None
        self._is_decoding, self._show_anyway, self._ask_again = False, 0.0, 0.0
        self._opened: int | None = None
        """The number of the record whose detail is open."""

    @property
    def crumb(self) -> str:
        """The topic, and that these are its records."""
        return f"{self.topic} > records"

    def on_mount(self) -> None:
        """Begin to read."""
        self.set_interval(_FRAME, self._tick)
        self.restart(self._request)

    def body(self) -> Iterable[Widget]:
        """Return the list and the record that is open."""
        yield Horizontal(RecordLog(self._ring, id="log"), Detail(id="detail"), id="panes")

    def foot(self) -> Iterable[Widget]:
        """Return the counters, the request, and where it is typed."""
        yield Counters(id="counters")
        yield Line(id="request")
        yield Prompt(id="prompt")

    @property
    def word_commands(self) -> tuple[WordCommand, ...]:
        """The palette's commands of this page that take a word."""
        return (WordCommand("seek", self._seek_words), WordCommand("filter", self._filter_words))

    def emptiness(self) -> tuple[str, str] | None:
        """Say why there is no record."""
        if self._log.count or self._tail is None:
            return None
        status = self._tail.status
        if self._request.filter:
            return (
                f"Nothing matched yet, of {status.scanned:,} records.",
                "/ changes the filter, t begins elsewhere, m shows all and marks the matches",
            )
        if status.partitions == 0 and not status.is_done:
            return f"Reading {self.topic} …", ""
        return "No records there.", "t begins elsewhere: start, -100, 2026-11-23, -15m"

    @property
    def can_leave(self) -> bool:
        """Esc closes the detail, then the page."""
        return True

    def restart(self, request: TailRequest) -> None:
        """Read something else."""
        try:
            tail = Tail(self.app.sources.records, request, self._ring)
        except UsageError as error:
            self.say(error.message, "bad")
            return
        self._request = request
        self._ring.clear()
        self._tail, self._paused_by_hand = tail, False
        self.close_detail()
        self._log.shows_marks = bool(request.filter) and request.keeps_all
        self._log.forget()
        self.in_background("read", lambda: self._read(tail), lambda _: None)
        self.set_interval(_FIRST_FRAME, self._tick, repeat=_FIRST_FRAMES)
        self.query_one("#request", Line).show(request_line(request))
        self.query_one(Counters).forget()

    def on_screen_resume(self) -> None:
        """Go on reading."""
        if self._tail is not None and not self._paused_by_hand:
            self._tail.resume()
        if self.focused is None:
            self._log.focus()

    def on_screen_suspend(self) -> None:
        """Read nothing that nobody sees."""
        if self._tail is not None:
            self._tail.pause()

    def on_unmount(self) -> None:
        """End the read, and let go of the records: the page itself may go much later."""
        self.workers.cancel_node(self)
        self._tail = None
        self._ring.clear()

    def show_state(self) -> None:
        """Show the records, or what stands in their place."""
        feed = self.feeds.get("read")
        failure = None if feed is None else feed.failure
        if failure is not None and not self._log.count:
            self._show_failure(failure)
            return
        super().show_state()
        if failure is not None:
            self.tell_old("reading stopped", failure, "r reads again")

    def on_resize(self) -> None:
        """Put the detail beside the list, or below it."""
        self.query_one("#panes").set_class(self.size.width < _SIDE_BY_SIDE, "-stacked")

    def leave(self) -> None:
        """Close the detail, or the page."""
        if self._detail.display:
            self.close_detail()
        else:
            self.app.close_page()

    def close_detail(self) -> None:
        """Close the record that is open."""
        self._opened = None
        self._detail.close()
        self.query_one("#panes").remove_class("-zoomed")
        self._log.focus()

    def action_pause(self) -> None:
        """Stop reading, or go on; what comes meanwhile waits at the broker."""
        if self._tail is None:
            return
        self._paused_by_hand = not self._tail.is_paused
        (self._tail.pause if self._paused_by_hand else self._tail.resume)()
        self._tick()

    def action_follow(self) -> None:
        """Keep the newest record in view, and read on where that was paused; or stay."""
        if is_paused := self._tail is not None and self._tail.is_paused:
            self.action_pause()
        if self._log.follows and not is_paused:
            self._log.follows = False
        else:
            self._log.action_last()
        self._tick()

    def action_again(self) -> None:
        """Read again from where it began."""
        self.restart(self._request)

    def action_filter(self) -> None:
        """Type a filter."""
        label = "mark where" if self._request.keeps_all else "where"
        self._prompt.open("filter", label, self._request.filter or "", filter_trouble)

    def action_mark(self) -> None:
        """Keep only what matches, or keep all and mark what does."""
        self.restart(replace(self._request, keeps_all=not self._request.keeps_all))

    def action_seek(self) -> None:
        """Type where to read from."""
        self._prompt.open("seek", "from", check=seek_trouble)

    def action_match(self, step: int) -> None:
        """Go to the next record that matches, or to the one before."""
        here = self._log.here
        if here is None:
            return
        span = self._ring.span
        rows = (
            self._ring.rows(here + 1, span.stop) if step > 0 else self._ring.rows(span.first, here)
        )
        found = [number for number, row in rows if row.is_marked]
        if not found:
            self.say("no more matches in what is kept", "warn")
            return
        self.query_one(Counters).hush()
        self._log.go(found[0 if step > 0 else -1] - span.first)

    def action_tab(self, tab: str) -> None:
        """Show a tab of the record under the cursor."""
        self._detail.turn_to(tab)
        if not self._detail.display:
            self._open_detail()

    def action_zoom(self) -> None:
        """Give the record that is open all the room, or half of it."""
        if self._detail.display:
            self.query_one("#panes").toggle_class("-zoomed")

    def say(self, text: str, role: str = "good") -> None:
        """Tell something for a few seconds."""
        self.query_one(Counters).say(text, role, self.app.clock())

    @property
    def record_here(self) -> Record | None:
        """The record under the cursor."""
        here = self._log.here
        found = [] if here is None else self._ring.rows(here, here + 1)
        return found[0][1].record if found else None

    def kept(self) -> list[Record]:
        """Return the records that are kept."""
        span = self._ring.span
        return [row.record for _, row in self._ring.rows(span.first, span.stop)]

    @on(LineView.Chosen, "#log")
    def _chosen(self) -> None:
        self._log.follows = False
        if self._detail.display and self._opened == self._log.here:
            self._detail.focus_view()
        self._open_detail()

    @on(LineView.Moved, "#log")
    def _moved(self) -> None:
        if self._detail.display:
            self._open_detail()

    @on(LineView.Viewed, "#log")
    def _viewed(self) -> None:
        self._tick()

    @on(Prompt.Entered)
    def _entered(self, message: Prompt.Entered) -> None:
        if message.kind == "filter":
            self.restart(replace(self._request, filter=message.text.strip() or None))
        elif message.text.strip():
            self._seek(message.text)

    @property
    def _log(self) -> RecordLog:
        return self.query_one(RecordLog)

    @property
    def _detail(self) -> Detail:
        return self.query_one(Detail)

    @property
    def _prompt(self) -> Prompt:
        return self.query_one(Prompt)

    def _read(self, tail: Tail) -> None:
        worker = get_current_worker()
        tail.run(lambda: worker.is_cancelled or self._tail is not tail)

    def _tick(self) -> None:
        """Show what the ring holds now, once its rows in view are decoded."""
        if self._tail is None or not self.is_current:
            return
        span = self._ring.span
        if self._is_decoding:
            if self.app.clock() > self._show_anyway:
                self._sync(span)
        elif missing := self._log.needs(span, again=self.app.clock() > self._ask_again):
            self._ask_again = self.app.clock() + _AGAIN
            self._decode(missing, span)
        else:
            self._sync(span)

    def _decode(self, numbers: Sequence[int], span: RingSpan) -> None:
        """Decode rows in a thread: a schema may have to be asked for."""
        self._is_decoding, self._show_anyway = True, self.app.clock() + _SLOW
        source, ring, today = self.app.sources.records, self._ring, datetime.now(UTC)

        def decode() -> tuple[RingSpan, list[RowText]]:
            found = ring.rows(min(numbers), max(numbers) + 1)
            return span, rows_of([one for one in found if one[0] in numbers], source, today)

        def take(decoded: tuple[RingSpan, list[RowText]]) -> None:
            self._is_decoding = False
            if decoded[0].stop <= self._ring.span.stop:
                self._log.put(decoded[1])
                self._sync(decoded[0])

        self.in_background("decode", decode, take)

    def _sync(self, span: RingSpan) -> None:
        had = self._log.count
        self._log.sync(span)
        if bool(had) != bool(self._log.count) or not had:
            self.show_state()
        if self._tail is not None:
            feed = self.feeds["read"]
            self.query_one(Counters).count(
                self._tail,
                span,
                self.app.clock(),
                follows=self._log.follows,
                is_stopped=feed.failure is not None,
            )

    def _open_detail(self) -> None:
        """Decode the record under the cursor, and show it."""
        here, record = self._log.here, self.record_here
        if here is None or record is None or (here == self._opened and self._detail.display):
            return
        self._opened = here
        source = self.app.sources.records

        def take(decoded: DecodedRecord) -> None:
            if self._opened == here:
                self._detail.show(decoded)

        self.in_background("detail", lambda: decode_opened(record, source.tree), take)

    def after_answer(self, feed: Feed[Any]) -> None:
        """Tell what failed."""
        if feed.failure is not None:
            if feed.name == "decode":
                self._is_decoding = False
            hint = f" · {feed.failure.hint}" if feed.failure.hint else ""
            if feed.name != "read":
                self.say(f"✗ {feed.failure.message}{hint}", "bad")
        self.show_state()

    def _seek(self, text: str) -> None:
        try:
            where = parse_seek(text, now=datetime.now(UTC))
        except FlowODMError as error:
            self.say(error.message, "bad")
            return
        self.restart(replace(self._request, where=where, told=text.strip()))

    def _seek_words(self, text: str) -> Iterable[Meaning]:
        if text and seek_trouble(text) is None:
            yield f"seek {text}", lambda: self._seek(text)

    def _filter_words(self, text: str) -> Iterable[Meaning]:
        if text and filter_trouble(text) is None:
            yield f"filter {text}", lambda: self.restart(replace(self._request, filter=text))

    def _show_failure(self, failure: Failure) -> None:
        pane = self.query_one(StatePane)
        pane.failed(failure, "r reads again")
        pane.display, self.query_one("#body").display = True, False
