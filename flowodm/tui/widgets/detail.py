"""One record: its value, key, headers, schema and bytes, each behind a tab."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical

from flowodm.avro.pretty import pretty_text
from flowodm.display.sides import bytes_text, clock, drawable
from flowodm.record import Decoded, DecodedRecord, Record, Undecodable
from flowodm.tui.spans import Span
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.widgets.painting import width_of
from flowodm.tui.widgets.text_lines import HexLines, TextLines
from flowodm.tui.widgets.value_tree import ValueTree

__all__ = ["TABS", "TAB_BINDINGS", "Detail"]

TABS: Final = ("value", "key", "headers", "schema", "hex")
TAB_BINDINGS: Final = (
    Binding("right_square_bracket", "tab('next')", "Next tab", False, "]", id="detail.next"),
    Binding("left_square_bracket", "tab('before')", "Tab before", False, "[", id="detail.before"),
)
"""Of the page: they count wherever the focus is, in the list or in the record."""
_STEPS: Final = {"next": 1, "before": -1}
_ENCODINGS: Final = {"json": "JSON", "base64": "bytes that are no text"}
"""What a side is called that is drawn as it is, and not as the command line writes it."""
_NO_DAY: Final = datetime.min
_MOST_SCHEMA: Final = 20_000
"""Lines of a schema."""
_MOST_HEADERS: Final = 1_000
_MOST_HEADER: Final = 2_000


class Detail(Vertical):
    """A record; hidden until one is shown."""

    DEFAULT_CSS = """
    Detail { display: none; }
    Detail > #value-tree, Detail > #lines, Detail > #hex { display: none; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._record: DecodedRecord | None = None
        self.tab = TABS[0]

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield _Tabs(id="detail-tabs")
        yield Line(id="detail-note")
        yield ValueTree(id="value-tree")
        yield TextLines(id="lines")
        yield HexLines(id="hex")

    def show(self, record: DecodedRecord) -> None:
        """Show a record, on the tab that is open."""
        self._record = record
        self.display = True
        self.turn_to(self.tab)

    def close(self) -> None:
        """Hide it."""
        self._record = None
        self.display = False

    @property
    def record(self) -> DecodedRecord | None:
        """The record that is shown."""
        return self._record

    def turn_to(self, tab: str) -> None:
        """Turn to a tab, or to the one beside: `next`, `before`."""
        if self._record is not None and tab in _STEPS:
            tab = TABS[(TABS.index(self.tab) + _STEPS[tab]) % len(TABS)]
        had_focus = self.has_focus_within
        self.tab = tab if tab in TABS else self.tab
        if self._record is None:
            return
        self.query_one(_Tabs).show_of(self._titles(), self._record.record)
        note = self.query_one("#detail-note", Line)
        view, said = self._fill(self._record)
        note.display = bool(said)
        note.show(said)
        for other in self.query(LineView):
            other.display = other is view
        if had_focus:
            view.focus()

    def focus_view(self) -> None:
        """Give the keys to what is shown."""
        next(view for view in self.query(LineView) if view.display).focus()

    def _titles(self) -> list[Span]:
        spans = [Span(" ")]
        for tab in TABS:
            role = "key" if tab == self.tab else "dim"
            spans.append(Span(f"{tab.capitalize()} ", role, f"screen.tab('{tab}')"))
        return spans

    def _fill(self, record: DecodedRecord) -> tuple[LineView, Sequence[Span]]:
        match self.tab:
            case "value" | "key":
                side = record.value if self.tab == "value" else record.key
                if isinstance(side, Decoded) and side.encoding == "null":
                    return self._fill_lines((), "tombstone" if self.tab == "value" else "no key")
                return self._fill_side(side)
            case "headers":
                return self._fill_lines(_header_lines(record), "no headers")
            case "schema":
                return self._fill_lines(_schema_lines(record.value), "no schema")
        value = record.value
        mark = value.position if isinstance(value, Undecodable) else None
        return self._fill_hex(record.record.value, mark)

    def _fill_side(self, side: Decoded | Undecodable) -> tuple[LineView, Sequence[Span]]:
        if isinstance(side, Undecodable):
            where = f" (byte {side.position})" if side.position is not None else ""
            view, _ = self._fill_hex(side.raw, None)
            return view, [Span(f" ✗ {side.error}{where}", "bad")]
        tree = self.query_one(ValueTree)
        tree.show(drawable(side))
        said = "" if side.encoding == "avro" else f" {_ENCODINGS.get(side.encoding, side.encoding)}"
        return tree, [Span(said, "dim")] if said else ()

    def _fill_lines(
        self, lines: Sequence[Sequence[Span]], nothing: str
    ) -> tuple[LineView, Sequence[Span]]:
        view = self.query_one(TextLines)
        view.show(lines)
        return view, () if lines else [Span(f" {nothing}", "dim")]

    def _fill_hex(self, data: bytes | None, mark: int | None) -> tuple[LineView, Sequence[Span]]:
        view = self.query_one(HexLines)
        view.show(data or b"", mark=mark)
        return view, [Span(" tombstone" if data is None else f" {len(data):,} bytes", "dim")]


class _Tabs(Line):
    """The titles of the tabs; and where the record is and when it was, as far as there is room."""

    _places: tuple[str, ...] = ()

    def show_of(self, titles: Sequence[Span], record: Record) -> None:
        """Show the titles above a record."""
        place = f"  {record.partition}:{record.offset}"
        times = (clock(record.timestamp, day) for day in (_NO_DAY, datetime.now(UTC)))
        self._places = (*(f"{place} · {time}" for time in times), place)
        self.show(titles)
        self.refresh()

    def spans(self, width: int) -> Sequence[Span]:
        """Return the titles, and the longest of what may stand behind them."""
        titles = self._spans
        left = width - width_of(titles)
        place = next((text for text in self._places if cell_len(text) <= left), "")
        return [*titles, Span(place, "dim")]


def _header_lines(record: DecodedRecord) -> list[list[Span]]:
    return [
        [
            Span(f"{name[:200]}: ", "accent"),
            Span(bytes_text(None if value is None else value[:_MOST_HEADER])),
        ]
        for name, value in record.record.headers[:_MOST_HEADERS]
    ]


def _schema_lines(side: Decoded | Undecodable) -> list[list[Span]]:
    if isinstance(side, Undecodable) or side.schema is None:
        return []
    lines = pretty_text(side.schema).splitlines()[:_MOST_SCHEMA]
    head = [] if side.schema_id is None else [[Span(f"schema id {side.schema_id}", "dim")]]
    return [*head, *([Span(line)] for line in lines)]
