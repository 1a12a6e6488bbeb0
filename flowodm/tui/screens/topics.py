"""Topics: the names at once, then the offsets of those in view, every two seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget

from flowodm.display.pace import Pace
from flowodm.tui.feed import Feed
from flowodm.tui.screens.page import Page
from flowodm.tui.sources.topics import Ends
from flowodm.tui.spans import Span, compact, sparkline
from flowodm.tui.widgets.grid import Column, Grid
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from flowodm.topics import Topic

__all__ = ["TopicsPage"]

_NAMES_EVERY: Final = 30.0
_ENDS_EVERY: Final = 2.0
_STILL: Final = 0.05
_BARS: Final = 10
_MOST_FLOWS: Final = 2_000
"""Topics whose rates are remembered."""


@dataclass(slots=True)
class _Flow:
    """What is known of a topic's offsets, and how fast they grow."""

    ends: Ends
    rate: float | None = None
    rates: deque[float] = field(default_factory=lambda: deque(maxlen=60))
    pace: Pace = field(default_factory=Pace)

    def see(self, ends: Ends, now: float) -> None:
        """Take new offsets."""
        rate = max(self.pace.rate(ends.ends, now), 0.0)
        if self.ends is not ends:
            self.rate = rate
            self.rates.append(rate)
        self.ends = ends


_SORTS: Final[tuple[tuple[str, Callable[[Topic, Mapping[str, _Flow]], object]], ...]] = (
    ("TOPIC", lambda topic, flows: topic.name),
    ("MSG/S", lambda topic, flows: (-_rate_of(topic, flows), topic.name)),
    ("RECORDS", lambda topic, flows: (-_span_of(topic, flows), topic.name)),
    ("PARTITIONS", lambda topic, flows: (-topic.partitions, topic.name)),
)


class TopicsPage(Page):
    """The list of topics."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # before any other, so that what is typed behind it at once is not lost
        Binding("slash", "filter", "Filter", key_display="/", priority=True, id="topics.filter"),
        Binding("o", "sort", "Sort", id="topics.sort"),
        Binding("i", "internal", "Internal ones", id="topics.internal"),
        Binding("d", "detail", "Details", id="topics.detail"),
    ]
    crumb = "topics"
    waits_for = "Asking for the topics"

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[Topic, ...] = ()
        self._flows: dict[str, _Flow] = {}
        self._filter = ""
        self._shows_internal = False
        self._sort = 0
        self._wanted: tuple[str, ...] = ()
        self._looking: Timer | None = None

    def on_mount(self) -> None:
        """Ask for the names."""
        clock, source = self.app.clock, self.app.sources.topics
        Feed(self, "main", source.topics, self._take_names, clock=clock, every=_NAMES_EVERY)
        Feed(
            self,
            "ends",
            lambda: source.ends(self._wanted) if self._wanted else {},
            self._take_ends,
            clock=clock,
            every=_ENDS_EVERY,
            before=self._want,
        )

    def body(self) -> Iterable[Widget]:
        """Return the list."""
        yield Grid(self._columns(), id="topics")

    def foot(self) -> Iterable[Widget]:
        """Return the filter, and the line that counts."""
        yield Prompt(id="prompt")
        yield Line(id="count")

    def emptiness(self) -> tuple[str, str] | None:
        """Say why no topic is listed."""
        if self._grid.rows:
            return None
        if self._filter:
            return f"No topic is like `{self._filter}`.", "/ changes the filter, Esc clears it"
        hidden = len(self._all)
        if hidden:
            return f"Only {hidden:,} internal topics are here.", "i shows them"
        return "This cluster has no topics yet.", "flowodm topics create NAME makes one"

    @property
    def can_leave(self) -> bool:
        """Whether there is a filter to clear."""
        return bool(self._filter)

    def action_leave(self) -> None:
        """Clear the filter."""
        if self._filter:
            self._set_filter("")

    def action_filter(self) -> None:
        """Type a part of the names that are wanted."""
        self.query_one(Prompt).open("topics", "filter", self._filter)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort = (self._sort + 1) % len(_SORTS)
        self._show()

    def action_internal(self) -> None:
        """Show Kafka's own topics too, or hide them."""
        self._shows_internal = not self._shows_internal
        self._show()

    async def action_detail(self) -> None:
        """Open the topic's partitions and settings."""
        if (topic := self._grid.current) is not None:
            await self.app.open_topic(topic.name)

    @on(LineView.Chosen, "#topics")
    async def _open(self) -> None:
        if (topic := self._grid.current) is not None:
            await self.app.open_records(topic.name)

    @on(LineView.Viewed, "#topics")
    def _look(self) -> None:
        """Ask for the offsets of rows that came into view, once they stand still."""
        if self._looking is not None:
            self._looking.stop()
        self._looking = self.set_timer(_STILL, self.feeds["ends"].now)

    @on(Prompt.Changed)
    def _typed(self, message: Prompt.Changed) -> None:
        self._set_filter(message.text)

    @on(Prompt.Entered)
    def _entered(self, message: Prompt.Entered) -> None:
        self._set_filter(message.text)

    @on(Prompt.Left)
    def _left(self) -> None:
        self._set_filter("")

    @property
    def _grid(self) -> Grid[Topic]:
        return self.query_one("#topics", Grid)

    def _set_filter(self, text: str) -> None:
        self._filter = text
        self.refresh_bindings()
        self._show()

    def _take_names(self, topics: tuple[Topic, ...]) -> None:
        self._all = topics
        self._show()

    def _want(self) -> None:
        self._wanted = tuple(topic.name for topic in self._grid.in_view)

    def _take_ends(self, found: Mapping[str, Ends]) -> None:
        now = self.app.clock()
        for name, ends in found.items():
            flow = self._flows.pop(name, None) or _Flow(ends)
            flow.see(ends, now)
            self._flows[name] = flow
        while len(self._flows) > _MOST_FLOWS:
            del self._flows[next(iter(self._flows))]
        if _SORTS[self._sort][0] in ("MSG/S", "RECORDS"):
            self._show()
        else:
            self._grid.refresh()

    def _show(self) -> None:
        word = self._filter.lower()
        rows = [
            topic
            for topic in self._all
            if word in topic.name.lower() and (self._shows_internal or not topic.is_internal)
        ]
        title, key = _SORTS[self._sort]
        here = self._grid.current
        rows.sort(key=lambda topic: key(topic, self._flows))  # type: ignore[arg-type,return-value]
        self._grid.show(rows, sorted_by=title)
        self._follow(here, rows)
        self._count(rows)
        self.show_state()

    def _follow(self, here: Topic | None, rows: Sequence[Topic]) -> None:
        """Keep the cursor on its topic where the list is in another order now."""
        if here is not None:
            at = next((index for index, row in enumerate(rows) if row.name == here.name), None)
            if at is not None:
                self._grid.go(at)

    def _count(self, rows: Sequence[Topic]) -> None:
        internal = sum(topic.is_internal for topic in self._all)
        text = f" {len(rows):,} of {len(self._all):,} topics"
        if internal and not self._shows_internal:
            text += f" · {internal:,} internal hidden"
        spans = [Span(text, "dim")]
        troubled = sum(topic.under_replicated + topic.offline > 0 for topic in self._all)
        if troubled:
            spans.append(Span(f" · ! {troubled:,} with missing copies", "warn"))
        if self._filter:
            spans.append(Span(f" · like {self._filter}", "accent"))
        self.query_one("#count", Line).show(spans)

    def _columns(self) -> tuple[Column[Topic], ...]:
        return (
            Column("TOPIC", lambda topic: Span(topic.name, "strong"), 20, grows=True),
            Column("PARTITIONS", lambda t: Span(f"{t.partitions:,}"), 12, is_right=True, rank=2),
            Column("COPIES", lambda t: Span(f"{t.replicas:,}", "dim"), 6, is_right=True, rank=3),
            Column("IN SYNC", _in_sync, 12, rank=1),
            Column("RECORDS", self._records, 9, is_right=True, rank=1),
            Column("MSG/S", self._rate, 7, is_right=True),
            Column("", self._bars, _BARS, rank=4),
        )

    def _records(self, topic: Topic) -> Span:
        flow = self._flows.get(topic.name)
        return Span("…", "dim") if flow is None else Span(compact(flow.ends.span))

    def _rate(self, topic: Topic) -> Span:
        flow = self._flows.get(topic.name)
        if flow is None or flow.rate is None:
            return Span("…", "dim")
        return Span(compact(flow.rate), "" if flow.rate else "dim")

    def _bars(self, topic: Topic) -> Span:
        flow = self._flows.get(topic.name)
        return Span("" if flow is None else sparkline(flow.rates, _BARS), "accent")


def _rate_of(topic: Topic, flows: Mapping[str, _Flow]) -> float:
    flow = flows.get(topic.name)
    return 0.0 if flow is None or flow.rate is None else flow.rate


def _span_of(topic: Topic, flows: Mapping[str, _Flow]) -> int:
    flow = flows.get(topic.name)
    return 0 if flow is None else flow.ends.span


def _in_sync(topic: Topic) -> Span:
    if topic.offline:
        return Span(f"✗ {topic.offline:,} offline", "bad")
    if topic.under_replicated:
        return Span(f"! {topic.under_replicated:,} behind", "warn")
    return Span("✔", "good")
