"""Lines that are worded for the width there is: those that the command line prints too."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Generic, TypeAlias, TypeVar

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


T = TypeVar("T")
Rows: TypeAlias = Iterable[tuple[T | None, Iterable[Spans]]]
"""Lines, each with the thing that it is said of."""


class LaidOut(LineView, Generic[T]):
    """Lines to scroll through; those of one thing open it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._word: Callable[[int], Rows[T]] = lambda width: ()
        self._lines: tuple[tuple[T | None, tuple[Span, ...]], ...] = ()

    def show(self, word: Callable[[int], Rows[T]]) -> None:
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
        return self._lines[index][1]

    @property
    def current(self) -> T | None:
        """The thing that the cursor is on."""
        return self._lines[self.cursor][0] if self.cursor < len(self._lines) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to open something where there is something behind a line."""
        if action == "choose":
            return any(thing is not None for thing, _ in self._lines)
        return super().check_action(action, parameters)

    def action_choose(self) -> None:
        """Choose the thing that the cursor is on, if it is on one."""
        if self.current is not None:
            super().action_choose()

    def on_resize(self) -> None:
        """Word the lines for another width; the base fits them to the height."""
        self._lay()

    def _lay(self) -> None:
        width = self.size.width - _BESIDE
        if width > 0:
            self._lines = tuple(
                (thing, tuple(map(_span, line))) for thing, line in self._word(width)
            )
            self.changed()
            self.refresh_bindings()


def _span(piece: Spans) -> Span:
    if isinstance(piece, str):
        return Span(piece)
    return Span(piece.text, "" if piece.style is None else _ROLES[piece.style])
