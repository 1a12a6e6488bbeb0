"""The records of a read, newest last: columns over the ring, of which only those in view are drawn.

It shows what `sync` and `put` gave it: rows are numbered for as long as the read goes on, and a
row that is not decoded yet shows its bytes.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from flowodm.display.text import cut, pad
from flowodm.tui.sources.ring import Ring
from flowodm.tui.sources.ring import Span as RingSpan
from flowodm.tui.sources.rows import RowText, plain_row
from flowodm.tui.spans import Span
from flowodm.tui.widgets.line_view import LineView

__all__ = ["RecordLog"]

_MOST_DECODED: Final = 2_000
_GAP: Final = "  "
_VALUE_AT_LEAST: Final = 24
_ROLES: Final = {"failed": "bad", "gone": "warn", "raw": "dim"}
_SIGNS: Final = {"failed": "✗ "}


class RecordLog(LineView):
    """The list of records.

    Args:
        ring: Where they are.
    """

    has_head = True

    def __init__(self, ring: Ring, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ring = ring
        self._span = RingSpan(0, 0, 0, 0)
        self._decoded: dict[int, RowText] = {}
        self._widths = {"partition": 1, "offset": 6, "time": 13, "key": 4, "schema": 6}
        self.follows = True
        """Whether the newest record is kept in view."""
        self.shows_marks = False
        """Whether records that match stand out; where all do, none has to."""

    @property
    def count(self) -> int:
        """How many records there are."""
        return self._span.stop - self._span.first

    @property
    def here(self) -> int | None:
        """The number of the record that the cursor is on."""
        return self._span.first + self.cursor if self.count else None

    def needs(self, span: RingSpan, *, again: bool = False) -> tuple[int, ...]:
        """Return the numbers of the rows that would be in view, and are not decoded yet.

        Args:
            span: What the ring holds now.
            again: Whether rows count whose schemas could not be asked for.
        """
        window = self.window
        top, room = self._span.first + window.start, max(self.size.height - 1, 1)
        if self.follows or top < span.first:
            top = max(span.stop - room, span.first) if self.follows else span.first
        numbers = range(top, min(top + room, span.stop))
        return tuple(number for number in numbers if self._lacks(number, again=again))

    def put(self, rows: Sequence[RowText]) -> None:
        """Take rows that are decoded now."""
        for row in rows:
            self._decoded[row.number] = row
            for name, width in self._widths.items():
                self._widths[name] = max(width, len(getattr(row, name)))
        while len(self._decoded) > _MOST_DECODED:
            del self._decoded[next(iter(self._decoded))]
        self.refresh()

    def sync(self, span: RingSpan) -> None:
        """Show what the ring holds now: the newest, or what was in view before."""
        if span == self._span:
            return
        went = max(span.first - self._span.first, 0)
        cursor, top = self.cursor - went, round(self.scroll_y) - went
        self._span = span
        self.changed()
        if self.follows:
            super().go(self.count - 1)
        elif went:
            self.place(max(cursor, 0), max(top, 0))

    def forget(self) -> None:
        """Begin anew: the ring has been cleared."""
        self._decoded.clear()
        self._span = self._ring.span
        self.follows = True
        self.changed()

    def go(self, index: int) -> None:
        """Put the cursor on a record; any but the newest ends the following."""
        self.follows = self.follows and index >= self.count - 1
        super().go(index)

    def on_mouse_scroll_up(self) -> None:
        """Look back by the wheel: that ends the following, as going up does."""
        self._look_back()

    def on_scroll_up(self) -> None:
        """Look back by a click beside the scrollbar's thumb."""
        self._look_back()

    def on_scroll_to(self) -> None:
        """Look back by the scrollbar's thumb."""
        self._look_back()

    def action_last(self) -> None:
        """Go to the newest, and stay there."""
        self.follows = True
        super().action_last()

    def head(self, width: int) -> Sequence[Span]:
        """Return the titles."""
        parts = [Span("  ")]
        for name, room in self._fitted(width - 2):
            title = {"partition": "P"}.get(name, name.upper())
            parts.append(Span(pad(cut(title, room), room, right=_is_number(name)) + _GAP))
        return [*parts, Span("  VALUE" if self.shows_marks else "VALUE")]

    def line(self, index: int, width: int) -> Iterable[Span]:
        """Return one record."""
        row = self.row(self._span.first + index)
        if row is None:
            return
        left = width
        for name, room in self._fitted(width):
            left -= room + len(_GAP)
            text = getattr(row, name)
            role = "bad" if name == "schema" and row.kind == "failed" else _ROLE_OF.get(name, "")
            yield Span(pad(cut(text, room), room, right=_is_number(name)) + _GAP, role)
        if self.shows_marks:
            left -= 2
            yield Span("● " if row.is_marked else "  ", "match" if row.is_marked else "")
        text = _SIGNS.get(row.kind, "") + row.value
        yield Span(cut(text, left), _ROLES.get(row.kind, ""))

    def row(self, number: int) -> RowText | None:
        """Return a row as it is shown; None when it has gone."""
        if (row := self._decoded.get(number)) is not None:
            return row
        found = self._ring.rows(number, number + 1)
        return plain_row(*found[0]) if found else None

    def _lacks(self, number: int, *, again: bool) -> bool:
        row = self._decoded.get(number)
        return row is None or (again and row.is_unasked)

    def _look_back(self) -> None:
        if self.max_scroll_y:
            self.follows = False

    def _fitted(self, width: int) -> list[tuple[str, int]]:
        """The columns before the value, each with its width; the least telling go first."""
        shown = {name: min(room, _AT_MOST.get(name, room)) for name, room in self._widths.items()}
        for name in ("schema", "time", "key", "partition"):
            if sum(shown.values()) + len(shown) * len(_GAP) + _VALUE_AT_LEAST <= width:
                break
            del shown[name]
        return list(shown.items())


_AT_MOST: Final = {"key": 20, "schema": 18, "time": 24}
_ROLE_OF: Final = {
    "partition": "dim",
    "offset": "",
    "time": "dim",
    "key": "accent",
    "schema": "dim",
}


def _is_number(name: str) -> bool:
    return name in ("partition", "offset")
