"""A schema in lines, some of them marked: the places that a change or a reason is about."""

from collections.abc import Iterable, Sequence
from typing import Final

from flowodm.display.sanitize import visible
from flowodm.display.text import cut
from flowodm.tui.spans import Span
from flowodm.tui.widgets.line_view import LineView

__all__ = ["SchemaText"]

_MOST_LINES: Final = 50_000
_LONGEST: Final = 4_000
"""Characters of a line that are looked at."""
_CONTEXT: Final = 2
"""Lines that stay in view above what is marked."""


class SchemaText(LineView):
    """The lines of a schema, numbered."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[str] = ()
        self._marked: frozenset[int] = frozenset()
        self._digits = 1

    def show(self, text: str, marked: Iterable[int] = ()) -> None:
        """Show a text; with the numbers of lines that are marked, from 1."""
        lines = text.rstrip("\n").split("\n", _MOST_LINES)
        if len(lines) > _MOST_LINES:
            lines[_MOST_LINES:] = ["… it is longer than what is shown"]
        self._lines = lines
        self._digits = len(str(len(lines)))
        self.changed()
        self.mark(marked)

    def mark(self, lines: Iterable[int]) -> None:
        """Mark other lines, and bring the first of them into view."""
        self._marked = frozenset(lines)
        if self._marked:
            first = min(self._marked) - 1
            self.go(min(first + _CONTEXT, self.count - 1))
            self.go(max(first - _CONTEXT, 0))
            self.go(first)
        self.refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to open no line: there is nothing behind one."""
        return action != "choose"

    @property
    def marked(self) -> frozenset[int]:
        """The lines that are marked."""
        return self._marked

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def line(self, index: int, width: int) -> Iterable[Span]:
        """Return one line."""
        number = index + 1
        is_marked = number in self._marked
        yield Span(f"{number:>{self._digits}} ", "accent" if is_marked else "dim")
        text = self._lines[index]
        indent = len(text) - len(text.lstrip(" "))
        yield Span(text[:indent])
        room = width - self._digits - 1 - indent
        yield Span(cut(visible(text[indent:_LONGEST]), room), "match" if is_marked else "")
