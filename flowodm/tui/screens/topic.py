"""One topic: its partitions, its schemas, the groups that read it, and its settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowodm.display.groups import group_remark
from flowodm.display.text import counted
from flowodm.tui.feed import Feed
from flowodm.tui.screens.groups import lag_span, state_span
from flowodm.tui.screens.page import Page
from flowodm.tui.spans import Span
from flowodm.tui.widgets.grid import Column, Grid
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from typing import Any

    from flowodm.groups import Group, GroupReading
    from flowodm.topics import ConfigEntry, PartitionDetail, TopicDetail, TopicSubject

__all__ = ["TopicPage"]

_EVERY: Final = 2.0
_READERS_EVERY: Final = 5.0
_OWN: Final = "topic"
"""The source of a setting that is the topic's own."""


class TopicPage(Page):
    """What there is to know of a topic beside its records.

    Args:
        topic: Its name.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Next list", show=False, id="topic.next"),
        Binding("a", "all", "All settings", id="topic.all"),
        Binding("s", "schema", "Schema", id="topic.schema"),
    ]
    first_list = "#partitions"
    waits_for = "Asking for the topic"

    def __init__(self, topic: str) -> None:
        super().__init__()
        self._topic = topic
        self._detail: TopicDetail | None = None
        self._subjects: tuple[TopicSubject, ...] = ()
        self._shows_all = False

    @property
    def crumb(self) -> str:
        """The topic, and that these are its details."""
        return f"{self._topic} > details"

    def on_mount(self) -> None:
        """Ask for it, and beside it what the registry and the groups say."""
        source, clock = self.app.sources.topics, self.app.clock
        Feed(
            self,
            "main",
            lambda: source.detail(self._topic),
            self._take,
            clock=clock,
            every=_EVERY,
        )
        Feed(
            self,
            "readers",
            lambda: source.readers(self._detail or source.detail(self._topic)),
            self._take_readers,
            clock=clock,
            every=_READERS_EVERY,
        )
        if self.app.vitals.identity.has_registry:
            Feed(
                self,
                "subjects",
                lambda: source.subjects(self._topic),
                self._take_subjects,
                clock=clock,
            ).now()

    def body(self) -> Iterable[Widget]:
        """Return the lists, each under its title."""
        yield Line(id="partitions-title")
        yield Grid(_PARTITIONS, id="partitions")
        yield Line(id="subjects")
        yield Line(id="readers-title")
        yield Grid(_READERS, id="readers")
        yield Line(id="settings-title")
        yield Grid(_SETTINGS, id="settings", opens=None)

    def after_answer(self, feed: Feed[Any]) -> None:
        """Show where the page stands, and what could not be asked beside it."""
        super().after_answer(feed)
        if feed.failure is None or not self.query("#subjects"):
            return
        told = Span(f" ! {feed.failure.message}", "warn")
        if feed.name == "subjects":
            self.query_one("#subjects", Line).show([Span(" schemas", "head"), told])
        elif feed.name == "readers" and feed.state == "error":
            self.query_one("#readers-title", Line).show([Span(" readers", "head"), told])

    def action_all(self) -> None:
        """Show all settings, or its own alone."""
        self._shows_all = not self._shows_all
        self._show_settings()

    async def action_schema(self) -> None:
        """Open the subject of its values, or else of its keys."""
        from flowodm.tui.screens.subject import SubjectPage

        if self._subjects:
            await self.app.open_from("schemas", SubjectPage(self._subjects[-1].name))

    @on(LineView.Chosen, "#partitions")
    async def _open(self) -> None:
        await self.app.open_records(self._topic)

    @on(LineView.Chosen, "#readers")
    async def _open_reader(self) -> None:
        from flowodm.tui.screens.group import GroupPage

        grid: Grid[Group] = self.query_one("#readers", Grid)
        if (group := grid.current) is not None:
            await self.app.open_from("groups", GroupPage(group.name))

    def _take(self, detail: TopicDetail) -> None:
        self._detail = detail
        if self.feeds["readers"].answered_at is None:
            self.query_one("#readers").display = False
        copies = f"{detail.replicas} cop{'y' if detail.replicas == 1 else 'ies'}"
        self.query_one("#partitions-title", Line).show(
            [
                Span(f" {counted(len(detail.partitions), 'partition')}", "head"),
                Span(f" · {copies} · {counted(detail.span, 'record')}", "dim"),
                Span(f" · id {detail.topic_id}" if detail.topic_id else "", "dim"),
            ]
        )
        self.query_one("#partitions", Grid).show(detail.partitions)
        self._show_settings()

    def _take_readers(self, reading: GroupReading) -> None:
        grid, title = self.query_one("#readers", Grid), self.query_one("#readers-title", Line)
        grid.display = bool(reading.groups)
        grid.show(reading.groups)
        spans = [Span(" no group reads it", "dim")]
        if reading.groups:
            spans = [Span(f" {counted(len(reading.groups), 'group')}", "head")]
            spans.append(
                Span(
                    (
                        " that reads it, or did"
                        if len(reading.groups) == 1
                        else " that read it, or did"
                    ),
                    "dim",
                )
            )
        if reading.failures:
            spans.append(Span(f" · {reading.failures[0].message}", "warn"))
        title.show(spans)

    def _take_subjects(self, found: tuple[TopicSubject, ...]) -> None:
        self._subjects = found
        spans = [Span(" schemas", "head")]
        for one in found:
            spans.append(Span(f" · {one.name[:120]} v{one.version}"))
            spans.append(Span(f" (id {one.schema_id}, {one.schema_type})", "dim"))
        if not found:
            spans.append(Span(" none under the usual names", "dim"))
        self.query_one("#subjects", Line).show(spans)

    def _show_settings(self) -> None:
        if self._detail is None:
            return
        shown = _in_order(self._detail.settings or (), with_others=self._shows_all)
        self.query_one("#settings-title", Line).show(_title(self._detail, all_=self._shows_all))
        grid = self.query_one("#settings", Grid)
        grid.show(shown)
        grid.display = bool(shown)


def _in_order(settings: Iterable[ConfigEntry], *, with_others: bool) -> Sequence[ConfigEntry]:
    """Return the topic's own settings, and behind them the others."""
    wanted = [one for one in settings if with_others or one.source == _OWN]
    return sorted(wanted, key=lambda one: (one.source != _OWN, one.name))


def _title(detail: TopicDetail, *, all_: bool) -> Sequence[Span]:
    if detail.settings is None or detail.config is None:
        return [Span(" ! its settings may not be seen", "warn")]
    own = len(detail.config)
    others = len(detail.settings) - own
    told = f"{counted(own, 'setting')} of its own" if own else "no settings of its own"
    rest = counted(others, "other") if own else "all are the cluster's"
    key = "a shows them" if not all_ else "a hides them"
    more = f" · {rest}: {key}" if others else ""
    return [Span(f" {told}", "head"), Span(more, "dim")]


def _source(entry: ConfigEntry) -> Span:
    return Span(entry.source, "accent" if entry.source == _OWN else "dim")


def _remark(group: Group) -> Span:
    return Span(group_remark(group) or "", "warn")


def _state(partition: PartitionDetail) -> Span:
    if partition.state == "offline":
        return Span("✗ offline", "bad")
    if partition.state == "under-replicated":
        return Span("! under-replicated", "warn")
    return Span("✔ ok", "good")


def _offset(value: int | None, partition: PartitionDetail) -> Span:
    if value is None:
        return Span(partition.error or "–", "bad" if partition.error else "dim")
    return Span(f"{value:,}")


def _span(partition: PartitionDetail) -> Span:
    return Span("–", "dim") if partition.span is None else Span(f"{partition.span:,}")


def _nodes(numbers: tuple[int, ...]) -> Span:
    return Span(" ".join(map(str, numbers)), "dim")


def _leader(one: PartitionDetail) -> Span:
    return Span("none", "bad") if one.leader is None else Span(str(one.leader))


_PARTITIONS: Final[tuple[Column[PartitionDetail], ...]] = (
    Column("P", lambda one: Span(str(one.number), "strong"), 5, is_right=True),
    Column("STATE", _state, 18, rank=1),
    Column("LEADER", _leader, 6, is_right=True, rank=2),
    Column("COPIES", lambda one: _nodes(one.replicas), 10, rank=4),
    Column("IN SYNC", lambda one: _nodes(one.in_sync), 10, rank=3),
    Column("START", lambda one: _offset(one.start, one), 14, is_right=True),
    Column("END", lambda one: _offset(one.end, one), 14, is_right=True),
    Column("RECORDS", _span, 14, is_right=True, rank=1),
)
_READERS: Final[tuple[Column[Group], ...]] = (
    Column("GROUP", lambda one: Span(one.name, "strong"), 20, grows=True),
    Column("STATE", state_span, 18),
    Column("MEMBERS", lambda one: Span(f"{len(one.members):,}"), 7, is_right=True, rank=1),
    Column("LAG", lag_span, 11, is_right=True),
    Column("REMARK", _remark, 22, rank=2),
)
_SETTINGS: Final[tuple[Column[ConfigEntry], ...]] = (
    Column("SETTING", lambda one: Span(one.name, "strong"), 32, grows=True),
    Column(
        "VALUE",
        lambda one: Span("(secret)", "dim") if one.value is None else Span(one.value),
        14,
        grows=True,
    ),
    Column("SOURCE", _source, 22, rank=1),
)
