"""How far long work is, on a terminal."""

import time
from typing import TYPE_CHECKING, Final

from flowodm.cli.output import Output, Span

if TYPE_CHECKING:
    from flowodm.reader import Reader

__all__ = ["ProgressLine"]

_REDRAW: Final = 0.1
"""Seconds between two drawings."""
_BAR: Final = 20


class ProgressLine:
    """The one line on a terminal's stderr that says how far it is.

    Args:
        output: Where it stands; nowhere off a terminal.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._is_shown = output.stderr.is_tty and not output.quiet
        self._drawn_at = 0.0

    @property
    def is_due(self) -> bool:
        """Whether the line would be drawn now; worth asking where the numbers cost something."""
        return self._is_shown and time.monotonic() - self._drawn_at >= _REDRAW

    def draw(self, verb: str, done: int, total: int | None = None) -> None:
        """Draw the line, unless it was drawn a moment ago."""
        if not self.is_due:
            return
        self._drawn_at = time.monotonic()
        if total is None:
            self._output.status(Span(f"{verb} {done:,} · ctrl-c ends", "dim"))
            return
        filled = _BAR * done // max(total, 1)
        bar = "█" * filled + "░" * (_BAR - filled)
        self._output.status(Span(f"{verb} {bar} {done:,} of {total:,} · ctrl-c ends", "dim"))

    def draw_reading(self, reader: "Reader") -> None:
        """Draw how far a bounded read is."""
        if self.is_due:
            progress = reader.progress
            self.draw("read", progress.records, progress.records + progress.remaining)
