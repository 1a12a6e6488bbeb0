"""What every list of named things has: a filter, orders, a line that counts."""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowodm.tui.screens.page import Page
from flowodm.tui.spans import Span
from flowodm.tui.widgets.grid import Column, Grid
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.widgets.prompt import Prompt

__all__ = ["ListPage", "Order"]

R = TypeVar("R")
Order = tuple[str, Callable[[R], object]]
"""A column's title, and what its order goes by."""


class ListPage(Page, Generic[R]):
    """A list. A subclass has `noun`, `columns`, `orders`, `name_of`, `open_row` and a feed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # before any other, so that what is typed behind it at once is not lost
        Binding("slash", "filter", "Filter", key_display="/", priority=True, id="page.filter"),
        Binding("o", "sort", "Sort", id="page.sort"),
    ]
    noun = ("thing", "things")
    """What is listed: one of them, several."""
    nothing = ("", "")
    """What is said where there is none, and what to do."""

    opens: ClassVar[str | None] = "Open"
    """What Enter does to a row, in a word; None: there is nothing behind one."""

    def __init__(self) -> None:
        super().__init__()
        self._all: Sequence[R] = ()
        self._filter = ""
        self._sort = 0

    def columns(self) -> Sequence[Column[R]]:
        """Return the columns."""
        raise NotImplementedError

    def orders(self) -> Sequence[Order[R]]:
        """Return the orders, the first of them the usual one."""
        raise NotImplementedError

    def name_of(self, row: R) -> str:
        """Return what a row is called: the filter looks there."""
        raise NotImplementedError

    async def open_row(self, row: R) -> None:
        """Open what was chosen, where rows open."""

    def remarks(self) -> Iterable[Span]:
        """Return what stands behind the count: of all, or of the row under the cursor."""
        return ()

    def body(self) -> Iterable[Widget]:
        """Return the list."""
        yield Grid(self.columns(), id="list", opens=self.opens)

    def foot(self) -> Iterable[Widget]:
        """Return the filter, and the line that counts."""
        yield Prompt(id="prompt")
        yield Line(id="count")

    def emptiness(self) -> tuple[str, str] | None:
        """Say why nothing is listed."""
        if self.grid.rows:
            return None
        if self._filter and self._all:
            return (
                f"No {self.noun[0]} is like `{self._filter}`.",
                "/ changes the filter, Esc clears it",
            )
        return self.nothing

    @property
    def grid(self) -> Grid[R]:
        """The list itself."""
        return self.query_one("#list", Grid)

    @property
    def order(self) -> str:
        """The title of the column that the list goes by."""
        return self.orders()[self._sort][0]

    @property
    def is_filtered(self) -> bool:
        """Whether the list is narrowed."""
        return bool(self._filter)

    @property
    def can_leave(self) -> bool:
        """Whether there is a filter to clear."""
        return bool(self._filter)

    def leave(self) -> None:
        """Clear the filter."""
        if self._filter:
            self._set_filter("")

    def action_filter(self) -> None:
        """Type a part of the names that are wanted."""
        self.query_one(Prompt).open(self.crumb, "filter", self._filter)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort = (self._sort + 1) % len(self.orders())
        self.show_rows()

    def list_rows(self, rows: Sequence[R]) -> None:
        """List other rows."""
        self._all = rows
        self.show_rows()

    def show_rows(self) -> None:
        """Show the rows that the filter wants, in the order that was chosen."""
        word = self._filter.lower()
        title, key = self.orders()[self._sort]
        here = self.grid.current
        rows = [row for row in self._all if word in self.name_of(row).lower()]
        rows.sort(key=key)  # type: ignore[arg-type]  # each order goes by one kind of value
        self.grid.show(rows, sorted_by=title)
        self._follow(here, rows)
        self.count_rows()
        self.show_state()

    def count_rows(self) -> None:
        """Tell anew how many there are, and what the subclass remarks."""
        total = len(self._all)
        spans = [Span(f" {self.grid.count:,} of {total:,} {self.noun[total != 1]}", "dim")]
        if self._filter:
            spans.append(Span(f" · like {self._filter}", "accent"))
        spans += self.remarks()
        self.query_one("#count", Line).show(spans)

    @on(LineView.Chosen, "#list")
    async def _open(self) -> None:
        if (row := self.grid.current) is not None:
            await self.open_row(row)

    @on(LineView.Moved, "#list")
    def _moved(self) -> None:
        self.count_rows()

    @on(Prompt.Changed)
    def _typed(self, message: Prompt.Changed) -> None:
        self._set_filter(message.text)

    @on(Prompt.Entered)
    def _entered(self, message: Prompt.Entered) -> None:
        self._set_filter(message.text)
        self.grid.focus()

    @on(Prompt.Left)
    def _left(self) -> None:
        self._set_filter("")
        self.grid.focus()

    def _set_filter(self, text: str) -> None:
        self._filter = text
        self.refresh_bindings()
        self.show_rows()

    def _follow(self, here: R | None, rows: Sequence[R]) -> None:
        """Keep the cursor on its row where the list is in another order now."""
        if here is None:
            return
        name = self.name_of(here)
        at = next((index for index, row in enumerate(rows) if self.name_of(row) == name), None)
        if at is not None:
            self.grid.go(at)
