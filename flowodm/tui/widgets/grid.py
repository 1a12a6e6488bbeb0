"""Rows in columns, over `LineView`: the lists of topics, partitions, settings and the like."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from rich.cells import cell_len
from textual.geometry import Region

from flowodm.display.text import cut
from flowodm.tui.spans import Span, seen
from flowodm.tui.widgets.line_view import LineView

__all__ = ["Column", "Grid", "fitted"]

R = TypeVar("R")
_GAP = 2
_EASY = 40
"""Columns that one that grows takes where there is room, so that longer names move nothing."""


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column."""

    title: str
    cell: Callable[[R], Span]
    width: int
    """Columns of the terminal, where there is room; fewer where others need them more."""
    is_right: bool = False
    grows: bool = False
    """Whether it is as wide as its cells before the others are; the last one takes what is left."""
    rank: int = 0
    """Where there is no room, those of the highest rank go first."""


class Grid(LineView, Generic[R]):
    """Rows, and how each is shown.

    Args:
        columns: From left to right.
        id: The widget's.
        opens: What Enter does to a row, in a word; None: there is nothing behind one.
    """

    has_head = True

    def __init__(
        self, columns: Sequence[Column[R]], *, id: str | None = None, opens: str | None = "Open"
    ) -> None:
        super().__init__(id=id)
        self._opens = opens is not None
        if opens is not None:
            self.name_enter(opens)
        self._columns = tuple(columns)
        self._rows: Sequence[R] = ()
        self._sorted_by: str | None = None
        self._needs = [0] * len(self._columns)
        self._fits: dict[int, tuple[tuple[Column[R], int], ...]] = {}
        self._measured: range | None = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to open a row only where there is something behind it."""
        if action == "choose":
            return self._opens and bool(self._rows)
        return super().check_action(action, parameters)

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
        if bool(self._rows) != bool(rows):
            self.refresh_bindings()
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

    def refresh(self, *regions: Region, **how: bool) -> Self:
        """Draw it anew; cells may say something longer now."""
        self._measured = None
        return super().refresh(*regions, **how)

    def _fitted(self, width: int) -> tuple[tuple[Column[R], int], ...]:
        """The columns that there is room for, each with its width."""
        self._measure()
        if width not in self._fits:
            self._fits = {width: tuple(fitted(self._columns, self._needs, width))}
        return self._fits[width]

    def _measure(self) -> None:
        """Note how wide the cells in view are: columns become wider with them, and never less."""
        if self._measured == (window := self.window):
            return
        self._measured = window
        needs = [
            max(
                before,
                self._title_width(column),
                *(_width(column.cell(row)) for row in self.in_view),
            )
            for column, before in zip(self._columns, self._needs, strict=True)
        ]
        if needs != self._needs:
            self._needs, self._fits = needs, {}

    def _title_width(self, column: Column[R]) -> int:
        return len(column.title) + 2 * (column.title == self._sorted_by)


def fitted(
    columns: Sequence[Column[R]], needs: Sequence[int], width: int
) -> Iterator[tuple[Column[R], int]]:
    """Part a width among columns: those that grow are cut last, and of the others the first last.

    Args:
        columns: From left to right.
        needs: What the widest cell of each needs.
        width: What there is.
    """
    shown = list(zip(columns, needs, strict=True))
    while any(one.rank for one, _ in shown) and _whole(_claims(shown)) > width:
        shown.remove(max(reversed(shown), key=lambda pair: pair[0].rank))
    while len(shown) > 1 and _whole(_rooms(shown)) > width:
        shown.pop()
    rooms = _rooms(shown)
    left = width - _whole(rooms)
    for wants in (
        [need if one.grows else 0 for one, need in shown],
        [need for _, need in shown],
        [one.width for one, _ in shown],
        [_EASY if one.grows else 0 for one, _ in shown],
        [width if one.grows and one is columns[-1] else 0 for one, _ in shown],
    ):
        left = _grown(rooms, wants, left)
    return ((one, room) for (one, _), room in zip(shown, rooms, strict=True))


def _claims(shown: Sequence[tuple[Column[R], int]]) -> list[int]:
    """Return what columns need before those that tell less may be beside them."""
    return [min(need, one.width * (1 + one.grows)) for one, need in shown]


def _rooms(shown: Sequence[tuple[Column[R], int]]) -> list[int]:
    return [min(need, one.width) for one, need in shown]


def _whole(rooms: Sequence[int]) -> int:
    return sum(rooms) + _GAP * (len(rooms) - 1)


def _grown(rooms: list[int], wants: Sequence[int], left: int) -> int:
    """Make columns wider, evenly, until each is as wide as it wants; return what is left."""
    while left > 0:
        short = [index for index, want in enumerate(wants) if rooms[index] < want]
        if not short:
            break
        for index in short[:left]:
            rooms[index] += 1
        left -= len(short[:left])
    return left


def _width(cell: Span) -> int:
    return cell_len(seen(cell.text))
