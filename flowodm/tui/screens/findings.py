"""What was found of two schemas: a list, what follows from the one under the cursor, both texts.

The place of a finding is marked in the texts.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from flowodm.avro.pretty import pretty_text
from flowodm.display.findings import Finding, sign_of
from flowodm.sources.lines import lines_of
from flowodm.sources.loaded import LoadedSchema
from flowodm.tui.screens.page import Page
from flowodm.tui.spans import Span
from flowodm.tui.widgets.grid import Column, Grid
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.widgets.paragraph import Paragraph
from flowodm.tui.widgets.schema_text import SchemaText

__all__ = ["FindingsPage", "Places", "Side"]

Places = tuple[str | None, str | None]
"""JSON pointers of a finding, into the text on the left and on the right."""

_LONGEST: Final = 200
"""Lines of a place that are marked."""
_ROLES: Final = {"breaking": "bad", "dangerous": "warn", "safe": "good", "note": "dim"}


class Side:
    """One of the two texts.

    Args:
        loaded: The schema.
        pointers: The places that may be marked.
    """

    def __init__(self, loaded: LoadedSchema, pointers: Iterable[str]) -> None:
        self.label = loaded.short_label
        self.text = pretty_text(loaded.schema)
        self._rows = self.text.split("\n")
        self._lines = lines_of(self.text, pointers)

    def lines(self, pointer: str | None) -> Sequence[int]:
        """Return the lines of a place."""
        line = None if pointer is None else self._lines.get(pointer)
        return range(0) if line is None else range(line, self._end(line) + 1)

    def _end(self, line: int) -> int:
        """Return the last line of what begins on one: as long as it is indented more."""
        rows = self._rows
        if line == 1 or not rows[line - 1].endswith(("{", "[")):
            return line
        indent = _indent(rows[line - 1])
        for number in range(line, min(len(rows), line + _LONGEST)):
            if _indent(rows[number]) <= indent:
                return number + 1
        return line


class FindingsPage(Page):
    """A list of findings. A subclass has a feed, and calls `show_findings` with what it brought."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Next list", show=False, id="findings.next"),
        Binding("z", "zoom", "Zoom", id="findings.zoom"),
    ]
    first_list = "#findings"

    def __init__(self) -> None:
        super().__init__()
        self._places: Sequence[Places] = ()
        self._zoom = 0
        self._sides: tuple[Side | None, Side | None] = (None, None)

    def action_zoom(self) -> None:
        """Give one of the texts all the room: the new one, then the old one, then both again."""
        self._zoom = (self._zoom + 1) % 3
        self._show_sides()

    def columns(self) -> Sequence[Column[Finding]]:
        """Return what stands behind the class and the place of a finding."""
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        """Return the verdict, the list, what follows, and the texts."""
        columns = (
            Column("CLASS", _class, 10),
            Column("PATH", _path, 18),
            *self.columns(),
        )
        yield Line(id="verdict")
        yield Grid(columns, id="findings", opens="To the text")
        yield Paragraph(id="told")
        with Horizontal(id="sides"):
            for side in ("left", "right"):
                with Vertical(classes="side", id=f"{side}-side"):
                    yield Line(id=f"{side}-title")
                    yield SchemaText(id=side)

    def show_findings(
        self,
        verdict: Iterable[Span],
        findings: Sequence[Finding],
        places: Sequence[Places],
        sides: tuple[Side | None, Side | None],
    ) -> None:
        """Show what was found."""
        self._places, self._sides = places, sides
        self.query_one("#verdict", Line).show(verdict)
        grid = self.query_one("#findings", Grid)
        grid.show(findings)
        grid.display = self.query_one(Paragraph).display = bool(findings)
        for name, side in zip(("left", "right"), sides, strict=True):
            if side is not None:
                self.query_one(f"#{name}-title", Line).show([Span(f" {side.label}", "head")])
                self.query_one(f"#{name}", SchemaText).show(side.text)
        self._show_sides()
        self._mark()
        self.refresh_bindings()

    def focus_first(self) -> None:
        """Give the keys to the findings, or where there are none, to the text on the right."""
        first = "#findings" if self.query_one("#findings", Grid).rows else "#right"
        self.query_one(first).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to give one text all the room only where there are two."""
        if action == "zoom":
            return None not in self._sides
        return super().check_action(action, parameters)

    def _show_sides(self) -> None:
        left, right = (side is not None for side in self._sides)
        self.query_one("#right-side").set_class(not left or self._zoom == 1, "-alone")
        self.query_one("#left-side").display = left and self._zoom != 1
        self.query_one("#right-side").display = right and (self._zoom != 2 or not left)

    @on(LineView.Moved, "#findings")
    def _mark(self) -> None:
        """Say what follows from the finding under the cursor, and mark its place."""
        grid: Grid[Finding] = self.query_one("#findings", Grid)
        here = grid.current
        self.query_one(Paragraph).show(() if here is None else _told(here))
        pointers = self._places[grid.cursor] if grid.cursor < len(self._places) else (None, None)
        for name, side, pointer in zip(("left", "right"), self._sides, pointers, strict=True):
            if side is not None:
                self.query_one(f"#{name}", SchemaText).mark(side.lines(pointer))

    @on(LineView.Chosen, "#findings")
    def _read(self) -> None:
        """Let the keys move in the text on the right."""
        self.query_one("#right", SchemaText).focus()


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" "))


def _class(finding: Finding) -> Span:
    return Span(" ".join(sign_of(finding)), _ROLES[finding.severity])


def _path(finding: Finding) -> Span:
    return Span(finding.place or "(root)", "match")


def _told(finding: Finding) -> Iterable[Span]:
    yield Span(f"{finding.place or '(root)'}: {finding.change}", "strong")
    for note in finding.notes:
        yield Span(note)
    if finding.cure:
        yield Span(f"Cure: {finding.cure}", "good")
