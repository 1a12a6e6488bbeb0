"""Rows in columns, over `LineView`: the lists of topics, partitions, settings and the like."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.cells import cell_len

from flowodm.display.text import cut
from flowodm.tui.spans import Span, seen
from flowodm.tui.widgets.line_view import LineView

__all__ = ["Column", "Grid"]

R = TypeVar("R")
_GAP = 2


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column."""

    title: str
    cell: Callable[[R], Span]
    width: int
    """Columns of the terminal."""
    is_right: bool = False
    grows: bool = False
    """Whether it takes what the others leave; several share that."""
    rank: int = 0
    """Where there is no room, those of the highest rank go first."""


class Grid(LineView, Generic[R]):
    """Rows, and how each is shown.

    Args:
        columns: From left to right.
        id: The widget's.
        opens: Whether there is something behind a row.
    """

    has_head = True

    def __init__(
        self, columns: Sequence[Column[R]], *, id: str | None = None, opens: bool = True
    ) -> None:
        super().__init__(id=id)
        self._opens = opens
        self._columns = tuple(columns)
        self._rows: Sequence[R] = ()
        self._sorted_by: str | None = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to open a row only where there is something behind it."""
        return self._opens if action == "choose" else super().check_action(action, parameters)

    @property
    def rows(self) -> Sequence[R]:
        """What is listed."""
        return self._rows

    def show(self, rows: Sequence[R], *, sorted_by: str | None = None) -> None:
        """List other rows.

        Args:
            rows: Them.
            sorted_by: The title of the column whose order they are in.
        """
        self._rows = rows
        self._sorted_by = sorted_by
        self.changed()

    @property
    def current(self) -> R | None:
        """The row that the cursor is on."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    @property
    def in_view(self) -> Sequence[R]:
        """The rows that are in view."""
        window = self.window
        return self._rows[window.start : window.stop]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def head(self, width: int) -> Sequence[Span]:
        """Return the titles."""
        spans = [Span("  ")]
        for column, room in self._fitted(width - 3):
            mark = " ▾" if column.title == self._sorted_by else ""
            spans += self._placed(Span(column.title + mark), column, room)
        return spans

    def line(self, index: int, width: int) -> Iterable[Span]:
        """Return one row."""
        row = self._rows[index]
        for column, room in self._fitted(width - 1):
            yield from self._placed(column.cell(row), column, room)

    def _placed(self, cell: Span, column: Column[R], room: int) -> tuple[Span, ...]:
        """Return a cell, and what fills its column: that does not stand out."""
        text = cut(seen(cell.text), room)
        fill = Span(" " * max(room - cell_len(text), 0))
        shown = (
            (fill, cell._replace(text=text))
            if column.is_right
            else (cell._replace(text=text), fill)
        )
        return (*shown, Span(" " * _GAP))

    def _fitted(self, width: int) -> list[tuple[Column[R], int]]:
        """The columns that there is room for, each with its width."""
        shown = list(self._columns)
        while len(shown) > 1 and sum(one.width + _GAP for one in shown) - _GAP > width:
            shown.remove(max(reversed(shown), key=lambda one: one.rank))
        left = width - sum(one.width + _GAP for one in shown) + _GAP
        shares = _shares(left, sum(one.grows for one in shown))
        return [(one, one.width + (next(shares) if one.grows else 0)) for one in shown]


def _shares(whole: int, count: int) -> Iterator[int]:
    """Part a number of columns; the first parts are the larger ones."""
    return (whole // count + (index < whole % count) for index in range(count))
