"""Lines that are worded for the width there is: those that the command line prints too."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from flowodm.display.spans import Spans, StyleName
from flowodm.tui.spans import Span
from flowodm.tui.widgets.line_view import LineView

__all__ = ["LaidOut"]

_BESIDE: Final = 3
"""Columns for the cursor's mark and the scrollbar."""
_ROLES: Final[Mapping[StyleName, str]] = {
    "red": "bad",
    "yellow": "warn",
    "green": "good",
    "dim": "dim",
    "bold": "strong",
    "cyan": "accent",
}


class LaidOut(LineView):
    """Lines to scroll through; nothing is behind them."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._word: Callable[[int], Iterable[Iterable[Spans]]] = lambda width: ()
        self._lines: tuple[tuple[Span, ...], ...] = ()

    def show(self, word: Callable[[int], Iterable[Iterable[Spans]]]) -> None:
        """Show other lines.

        Args:
            word: Words them for a width.
        """
        self._word = word
        self.place(0, 0)
        self._lay()

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def line(self, index: int, width: int) -> Iterable[Span]:
        """Return one line."""
        return self._lines[index]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to open nothing."""
        return False if action == "choose" else super().check_action(action, parameters)

    def on_resize(self) -> None:
        """Word the lines for another width; the base fits them to the height."""
        self._lay()

    def _lay(self) -> None:
        width = self.size.width - _BESIDE
        if width > 0:
            self._lines = tuple(tuple(map(_span, line)) for line in self._word(width))
            self.changed()


def _span(piece: Spans) -> Span:
    if isinstance(piece, str):
        return Span(piece)
    return Span(piece.text, "" if piece.style is None else _ROLES[piece.style])
