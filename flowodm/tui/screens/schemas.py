"""Schemas: the registry's subjects; the levels of those in view are asked for."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from textual import on
from textual.timer import Timer

from flowodm.subjects.listing import Subject, SubjectList
from flowodm.subjects.settings import Setting
from flowodm.tui.feed import Feed
from flowodm.tui.screens.listing import ListPage, Order
from flowodm.tui.spans import Span
from flowodm.tui.widgets.grid import Column
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.words import Meaning, WordCommand

__all__ = ["SchemasPage"]

_STILL: Final = 0.1


class SchemasPage(ListPage[Subject]):
    """The list of subjects."""

    crumb = "schemas"
    waits_for = "Asking the registry for its subjects"
    asks_brokers = False
    noun = ("subject", "subjects")
    nothing = (
        "This registry has no subjects yet.",
        "flowodm registry register SCHEMA --subject NAME makes one",
    )

    def __init__(self) -> None:
        super().__init__()
        self._levels: dict[str, Setting] = {}
        self._wanted: tuple[str, ...] = ()
        self._looking: Timer | None = None

    @property
    def word_commands(self) -> tuple[WordCommand, ...]:
        """`:subject NAME`."""
        return (WordCommand("subject", self._subjects_like),)

    def on_mount(self) -> None:
        """Ask for them."""
        source, clock = self.app.sources.schemas, self.app.clock
        Feed(self, "main", source.subjects, self._take, clock=clock).now()
        Feed(
            self,
            "levels",
            lambda: source.levels(self._wanted),
            self._take_levels,
            clock=clock,
            before=self._want,
        )

    def columns(self) -> Sequence[Column[Subject]]:
        """Return the columns."""
        return (
            Column("SUBJECT", lambda one: Span(one.name, "strong"), 24, grows=True),
            Column("LATEST", _latest, 7, is_right=True),
            Column("ID", _id, 9, is_right=True, rank=3),
            Column("TYPE", _type, 9, rank=1),
            Column("LEVEL", self._level, 20, rank=2),
        )

    def orders(self) -> Sequence[Order[Subject]]:
        """Return the orders."""
        return (
            ("SUBJECT", lambda one: one.name),
            ("LATEST", lambda one: (-(one.latest or 0), one.name)),
            ("ID", lambda one: (-(one.schema_id or 0), one.name)),
        )

    def name_of(self, row: Subject) -> str:
        """Return a subject's name."""
        return row.name

    async def open_row(self, row: Subject) -> None:
        """Open a subject."""
        await self._open_named(row.name)

    def action_again(self) -> None:
        """Ask everything again; levels may have changed too."""
        self._levels.clear()
        super().action_again()

    @on(LineView.Viewed, "#list")
    def _look_there(self) -> None:
        """Ask for the levels of rows that came into view, once they stand still."""
        if self._looking is not None:
            self._looking.stop()
        self._looking = self.set_timer(_STILL, self.feeds["levels"].now)

    async def _open_named(self, name: str) -> None:
        from flowodm.tui.screens.subject import SubjectPage

        await self.app.open_from("schemas", SubjectPage(name))

    def _subjects_like(self, text: str) -> Iterator[Meaning]:
        for name in self.app.sources.schemas.known:
            if text.lower() in name.lower():
                yield f"subject {name}", partial(self._open_named, name)

    def _take(self, found: SubjectList) -> None:
        self.list_rows(found.subjects)
        self.feeds["levels"].now()

    def _want(self) -> None:
        self._wanted = tuple(one.name for one in self.grid.in_view if one.name not in self._levels)

    def _take_levels(self, found: Mapping[str, Setting]) -> None:
        self._levels.update(found)
        self.grid.refresh()

    def _level(self, one: Subject) -> Span:
        if (level := self._levels.get(one.name)) is None:
            return Span("–" if self.feeds["levels"].failure else "…", "dim")
        return Span(level.value, "" if level.is_own else "dim")


def _latest(one: Subject) -> Span:
    return Span("–", "dim") if one.latest is None else Span(f"v{one.latest}")


def _id(one: Subject) -> Span:
    return Span("–" if one.schema_id is None else str(one.schema_id), "dim")


def _type(one: Subject) -> Span:
    kind = one.schema_type or "–"
    return Span(kind, "" if kind == "AVRO" else "dim")
