"""One topic: its partitions, and the settings that are its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowodm.tui.feed import Feed
from flowodm.tui.screens.page import Page
from flowodm.tui.spans import Span, compact
from flowodm.tui.widgets.grid import Column, Grid
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from flowodm.topics import ConfigEntry, PartitionDetail, TopicDetail

__all__ = ["TopicPage"]

_EVERY: Final = 2.0


class TopicPage(Page):
    """The partitions and the settings of a topic.

    Args:
        topic: Its name.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Next list", show=False, id="topic.next")
    ]
    waits_for = "Asking for the topic"

    def __init__(self, topic: str) -> None:
        super().__init__()
        self._topic = topic

    @property
    def crumb(self) -> str:
        """The topic, and that these are its details."""
        return f"{self._topic} > details"

    def on_mount(self) -> None:
        """Ask for it."""
        source = self.app.sources.topics
        Feed(
            self,
            "main",
            lambda: source.detail(self._topic),
            self._take,
            clock=self.app.clock,
            every=_EVERY,
        )

    def body(self) -> Iterable[Widget]:
        """Return the two lists, each under its title."""
        yield Line(id="partitions-title")
        yield Grid(_PARTITIONS, id="partitions")
        yield Line(id="settings-title")
        yield Grid(_SETTINGS, id="settings")

    @on(LineView.Chosen, "#partitions")
    async def _open(self) -> None:
        await self.app.open_records(self._topic)

    def _take(self, detail: TopicDetail) -> None:
        copies = f"{detail.replicas} cop{'y' if detail.replicas == 1 else 'ies'}"
        count, own = len(detail.partitions), detail.config
        self.query_one("#partitions-title", Line).show(
            [
                Span(f" {count:,} partition{'' if count == 1 else 's'}", "head"),
                Span(f" · {copies} · {detail.span:,} offsets", "dim"),
                Span(f" · id {detail.topic_id}" if detail.topic_id else "", "dim"),
            ]
        )
        title = "Its own settings" if own is not None else "Its settings may not be seen"
        rest = " · the others are the cluster's" if own else ""
        if own is not None and not own:
            title, rest = "No settings of its own", " · all are the cluster's"
        self.query_one("#settings-title", Line).show(
            [Span(f" {title}", "head" if own is not None else "warn"), Span(rest, "dim")]
        )
        self.query_one("#partitions", Grid).show(detail.partitions)
        settings = self.query_one("#settings", Grid)
        settings.show(own or ())
        settings.display = bool(own)


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
    Column("END", lambda one: _offset(one.end, one), 14, is_right=True, grows=True),
    Column("OFFSETS", lambda one: Span(compact(one.span or 0)), 7, is_right=True, rank=1),
)
_SETTINGS: Final[tuple[Column[ConfigEntry], ...]] = (
    Column("SETTING", lambda one: Span(one.name, "strong"), 38),
    Column(
        "VALUE",
        lambda one: Span("(secret)", "dim") if one.value is None else Span(one.value),
        20,
        grows=True,
    ),
)
