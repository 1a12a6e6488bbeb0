"""How a read goes, on one line; and what was asked for, on another."""

from typing import Final

from flowodm.display.pace import Pace
from flowodm.tui.sources.ring import Span as RingSpan
from flowodm.tui.sources.tail import Status, Tail, TailRequest
from flowodm.tui.spans import Span, compact, size_text
from flowodm.tui.widgets.line import Line

__all__ = ["Counters", "request_line"]

_SAID: Final = 4.0
"""Seconds that something that was said stays."""
_MANY: Final = 1_000


class Counters(Line):
    """`FOLLOW 18k/s · matched 31 of 18,204 · buffer 10k/22 MB · dropped 0`."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._pace = Pace()
        self._until = 0.0
        self._was_paused = False

    def forget(self) -> None:
        """Begin anew."""
        self._pace = Pace()
        self._until = 0.0

    def say(self, text: str, role: str, now: float) -> None:
        """Tell something for a few seconds, in place of the counters."""
        self._until = now + _SAID
        self.show([Span(f" {text}", role)])

    def hush(self) -> None:
        """Tell no more what was said: it is not so any more."""
        self._until = 0.0

    def count(
        self, tail: Tail, span: RingSpan, now: float, *, follows: bool, is_stopped: bool
    ) -> None:
        """Tell how the read is."""
        status = tail.status
        rate = self._pace.rate(status.scanned, now)
        if status.is_paused != self._was_paused:
            self._was_paused = status.is_paused
            self.hush()
        if now < self._until:
            return
        mode = Span(" ✗ STOPPED", "bad", "screen.again") if is_stopped else _mode(status, follows)
        spans = [mode, Span(f" {compact(rate)}/s")]
        if tail.request.filter:
            spans.append(Span(f" · matched {status.matched:,} of {status.scanned:,}"))
        else:
            spans.append(Span(f" · {status.scanned:,} read"))
        self.show([*spans, *_buffer(span), *_troubles(status, follows)])


def request_line(request: TailRequest) -> list[Span]:
    """Return what is read, in words; a click on them changes it."""
    where = "the last ones" if request.where is None else request.told or str(request.where)
    spans = [Span(" from ", "dim"), Span(where, "accent", "screen.seek")]
    if request.filter:
        word = " mark where " if request.keeps_all else " where "
        spans += [Span(word, "dim"), Span(request.filter, "accent", "screen.filter")]
    return spans


def _mode(status: Status, follows: bool) -> Span:
    if status.is_paused:
        return Span(" PAUSED", "warn", "screen.pause")
    if status.is_done:
        return Span(" END", "dim", "screen.again")
    if follows:
        return Span(" FOLLOW", "good", "screen.pause")
    return Span(" READING", "accent", "screen.follow")


def _buffer(span: RingSpan) -> list[Span]:
    rows = compact(span.stop - span.first)
    return [
        Span(f" · buffer {rows}/{size_text(span.bytes)}", "dim"),
        Span(f" · dropped {span.dropped:,}", "warn" if span.dropped else "dim"),
    ]


def _troubles(status: Status, follows: bool) -> list[Span]:
    spans = []
    if status.to_go > _MANY or (status.to_go and not follows):
        spans.append(Span(f" · {status.to_go:,} to go", "dim"))
    if status.undecoded:
        spans.append(Span(f" · ✗ {status.undecoded:,} not decoded", "bad"))
    for text in (status.problem, status.notice):
        if text:
            spans.append(Span(f" · ! {text}", "warn"))
    return spans
