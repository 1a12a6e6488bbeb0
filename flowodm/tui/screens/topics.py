"""Topics: the names at once, then the offsets and the settings of those in view."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.timer import Timer

from flowodm.display.pace import Pace
from flowodm.tui.feed import Feed
from flowodm.tui.screens.listing import ListPage, Order
from flowodm.tui.sources.topics import MOST_GROUPS, Ends
from flowodm.tui.spans import Span, compact, sparkline
from flowodm.tui.widgets.grid import Column
from flowodm.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from flowodm.topics import ConfigEntry, Topic

__all__ = ["TopicsPage"]

_NAMES_EVERY: Final = 30.0
_ENDS_EVERY: Final = 2.0
_STILL: Final = 0.05
_BARS: Final = 10
_MOST_KNOWN: Final = 2_000
"""Topics whose rates and settings are remembered."""


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


class TopicsPage(ListPage["Topic"]):
    """The list of topics."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "internal", "Internal topics", id="topics.internal"),
        Binding("d", "detail", "Details", id="topics.detail"),
    ]
    crumb = "topics"
    waits_for = "Asking for the topics"
    noun = ("topic", "topics")

    def __init__(self) -> None:
        super().__init__()
        self._known: tuple[Topic, ...] = ()
        self._internal = self._troubled = 0
        self._flows: dict[str, _Flow] = {}
        self._settings: dict[str, tuple[ConfigEntry, ...] | None] = {}
        self._schemas: Mapping[str, str] = {}
        self._lags: Mapping[str, int | None] | None = {}
        """By topic, of the group that is behind most; None: there are too many groups to ask."""
        self._shows_internal = False
        self._wanted: tuple[str, ...] = ()
        self._unsettled: tuple[str, ...] = ()
        self._looking: Timer | None = None

    def on_mount(self) -> None:
        """Ask for the names, and then for what is in view."""
        clock, source = self.app.clock, self.app.sources.topics
        Feed(self, "main", source.topics, self._take_names, clock=clock, every=_NAMES_EVERY)
        Feed(
            self,
            "ends",
            lambda: source.ends(self._wanted) if self._wanted else {},
            self._take_ends,
            clock=clock,
            every=_ENDS_EVERY,
            before=self._want_ends,
        )
        Feed(
            self,
            "settings",
            lambda: source.settings(self._unsettled) if self._unsettled else {},
            self._take_settings,
            clock=clock,
            before=self._want_settings,
        )
        Feed(self, "lags", source.lags, self._take_lags, clock=clock)
        if self.app.vitals.identity.has_registry:
            Feed(self, "schemas", source.schemas, self._take_schemas, clock=clock)

    def columns(self) -> Sequence[Column[Topic]]:
        """Return the columns."""
        return (
            Column("TOPIC", lambda topic: Span(topic.name, "strong"), 20, grows=True),
            Column("PARTITIONS", lambda t: Span(f"{t.partitions:,}"), 10, is_right=True, rank=3),
            Column("COPIES", lambda t: Span(f"{t.replicas:,}", "dim"), 6, is_right=True, rank=4),
            Column("IN SYNC", _in_sync, 11, rank=1),
            Column("SCHEMA", self._schema, 10, rank=5),
            Column("SETTINGS", self._own, 8, is_right=True, rank=6),
            Column("RECORDS", self._records, 9, is_right=True, rank=1),
            Column("LAG", self._lag, 6, is_right=True, rank=2),
            Column("MSG/S", self._rate, 7, is_right=True),
            Column("", self._bars, _BARS, rank=7),
        )

    def orders(self) -> Sequence[Order[Topic]]:
        """Return the orders."""
        return (
            ("TOPIC", lambda topic: topic.name),
            ("MSG/S", lambda topic: (-self._rate_of(topic), topic.name)),
            ("RECORDS", lambda topic: (-self._span_of(topic), topic.name)),
            ("PARTITIONS", lambda topic: (-topic.partitions, topic.name)),
        )

    def name_of(self, row: Topic) -> str:
        """Return a topic's name."""
        return row.name

    async def open_row(self, row: Topic) -> None:
        """Open the records of a topic."""
        await self.app.open_records(row.name)

    def remarks(self) -> Iterable[Span]:
        """Tell what is hidden, what is wrong, and what is set for the topic under the cursor."""
        if self._internal and not self._shows_internal:
            yield Span(f" · {self._internal:,} internal hidden", "dim")
        if self._troubled:
            yield Span(f" · ! {self._troubled:,} with missing copies", "warn")
        schemas = self.feeds.get("schemas")
        if schemas is not None and schemas.failure is not None:
            yield Span(f" · schemas: {schemas.failure.message[:120]}", "warn")
        if self._lags is None:
            yield Span(f" · lag: only of up to {MOST_GROUPS} groups", "dim")
        here = self.grid.current
        if here is not None and (own := self._settings.get(here.name)):
            told = ", ".join(f"{entry.name} {_value(entry)}" for entry in own)
            yield Span(f" · own settings: {told[:300]}", "dim")

    def emptiness(self) -> tuple[str, str] | None:
        """Say why no topic is listed."""
        if not self.grid.rows and not self.is_filtered:
            if self._known:
                return f"Only {len(self._known):,} internal topics are here.", "i shows them"
            return "This cluster has no topics yet.", "flowodm topics create NAME makes one"
        return super().emptiness()

    def action_internal(self) -> None:
        """Show Kafka's own topics too, or hide them."""
        self._shows_internal = not self._shows_internal
        self._list()

    async def action_detail(self) -> None:
        """Open the topic's partitions, settings and readers."""
        if (topic := self.grid.current) is not None:
            await self.app.open_topic(topic.name)

    def action_again(self) -> None:
        """Ask everything again; settings may have changed too."""
        self._settings.clear()
        super().action_again()

    @on(LineView.Viewed, "#list")
    def _look(self) -> None:
        """Ask for the offsets of rows that came into view, once they stand still."""
        if self._looking is not None:
            self._looking.stop()
        self._looking = self.set_timer(_STILL, self._ask_view)

    def _ask_view(self) -> None:
        self.feeds["ends"].now()
        self.feeds["settings"].now()

    def _take_names(self, topics: tuple[Topic, ...]) -> None:
        self._known = topics
        self._internal = sum(topic.is_internal for topic in topics)
        self._troubled = sum(topic.under_replicated + topic.offline > 0 for topic in topics)
        self._settings.clear()
        self._list()
        # and not beside the names, which need no more than their own package
        self.feeds["settings"].now()
        if self.is_current:  # a topic that was opened at once has nothing to wait for
            self.feeds["lags"].now()
        if (schemas := self.feeds.get("schemas")) is not None:
            schemas.now()

    def _list(self) -> None:
        self.list_rows([t for t in self._known if self._shows_internal or not t.is_internal])

    def _want_ends(self) -> None:
        self._wanted = tuple(topic.name for topic in self.grid.in_view)

    def _want_settings(self) -> None:
        names = (topic.name for topic in self.grid.in_view)
        self._unsettled = tuple(name for name in names if name not in self._settings)

    def _take_ends(self, found: Mapping[str, Ends]) -> None:
        now = self.app.clock()
        for name, ends in found.items():
            flow = self._flows.pop(name, None) or _Flow(ends)
            flow.see(ends, now)
            self._flows[name] = flow
        _forget_first(self._flows)
        if self.order in ("MSG/S", "RECORDS"):
            self.show_rows()
        else:
            self.grid.refresh()

    def _take_settings(self, found: Mapping[str, tuple[ConfigEntry, ...] | None]) -> None:
        self._settings.update(found)
        _forget_first(self._settings)
        self.grid.refresh()
        self.count_rows()

    def _take_schemas(self, found: Mapping[str, str]) -> None:
        self._schemas = found
        self.grid.refresh()

    def _take_lags(self, found: Mapping[str, int | None] | None) -> None:
        self._lags = found
        self.grid.refresh()
        self.count_rows()

    def _rate_of(self, topic: Topic) -> float:
        flow = self._flows.get(topic.name)
        return 0.0 if flow is None or flow.rate is None else flow.rate

    def _span_of(self, topic: Topic) -> int:
        flow = self._flows.get(topic.name)
        return 0 if flow is None else flow.ends.span

    def _schema(self, topic: Topic) -> Span:
        schemas = self.feeds.get("schemas")
        if schemas is None or (schemas.failure is not None and not self._schemas):
            return Span("–", "dim")
        if schemas.answered_at is None:
            return Span("…", "dim")
        sides = self._schemas.get(topic.name)
        return Span("none", "dim") if sides is None else Span(sides)

    def _own(self, topic: Topic) -> Span:
        if topic.name not in self._settings:
            return Span("–" if self.feeds["settings"].failure else "…", "dim")
        own = self._settings[topic.name]
        if own is None:  # they may not be seen
            return Span("?", "warn")
        return Span(f"{len(own):,}", "" if own else "dim")

    def _lag(self, topic: Topic) -> Span:
        feed, lags = self.feeds["lags"], self._lags
        if lags is None or feed.failure is not None:
            return Span("–", "dim")
        if feed.answered_at is None:
            return Span("…", "dim")
        if topic.name not in lags:
            return Span("none", "dim")
        lag = lags[topic.name]
        return Span("?", "warn") if lag is None else Span(compact(lag), "" if lag else "dim")

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
        return Span(f"{'' if flow is None else sparkline(flow.rates, _BARS):{_BARS}}", "accent")


def _forget_first(known: dict[str, Any]) -> None:
    while len(known) > _MOST_KNOWN:
        del known[next(iter(known))]


def _value(entry: ConfigEntry) -> str:
    return "(secret)" if entry.value is None else entry.value[:60]


def _in_sync(topic: Topic) -> Span:
    if topic.offline:
        return Span(f"✗ {topic.offline:,} offline", "bad")
    if topic.under_replicated:
        return Span(f"! {topic.under_replicated:,} behind", "warn")
    return Span("✔", "good")
