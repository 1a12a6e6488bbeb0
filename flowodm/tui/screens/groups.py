"""Groups: how far behind each is, in records and in time, every two seconds."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from flowodm.display.groups import age_text, group_remark
from flowodm.display.pace import rate_text
from flowodm.groups import Group, GroupReading
from flowodm.tui.feed import Feed
from flowodm.tui.screens.listing import ListPage, Order
from flowodm.tui.spans import Span, sparkline
from flowodm.tui.widgets.grid import Column
from flowodm.tui.words import Meaning, WordCommand

__all__ = ["EVERY", "GroupsPage", "age_of", "lag_span", "state_span"]

EVERY: Final = 2.0
_BARS: Final = 10


class GroupsPage(ListPage[Group]):
    """The list of consumer groups."""

    crumb = "groups"
    waits_for = "Asking for the groups"
    noun = ("group", "groups")
    nothing = (
        "This cluster has no consumer groups yet.",
        "a consumer that commits makes one: flowodm run, flowodm tail --group NAME",
    )

    def __init__(self) -> None:
        super().__init__()
        self._reading = GroupReading(())

    @property
    def word_commands(self) -> tuple[WordCommand, ...]:
        """`:group NAME`."""
        return (WordCommand("group", self._groups_like),)

    def on_mount(self) -> None:
        """Ask for them."""
        source = self.app.sources.groups
        Feed(self, "main", source.groups, self._take, clock=self.app.clock, every=EVERY)

    def columns(self) -> Sequence[Column[Group]]:
        """Return the columns."""
        return (
            Column("GROUP", lambda group: Span(group.name, "strong"), 14, grows=True),
            Column("STATE", state_span, 10, rank=2),
            Column("TOPICS", _topics, 16, rank=6),
            Column("LAG", lag_span, 11, is_right=True),
            Column("IN TIME", lambda group: _age_span(group), 8, is_right=True, rank=1),
            Column("READS", self._rate, 10, is_right=True, rank=3),
            Column("MEMBERS", _members, 8, is_right=True, rank=4),
            Column("LAG 10 MIN", self._bars, _BARS, rank=7),
            Column("REMARK", _remark, 20, rank=5),
        )

    def orders(self) -> Sequence[Order[Group]]:
        """Return the orders."""
        return (
            ("GROUP", lambda group: group.name),
            ("LAG", lambda group: (-(-1 if group.lag is None else group.lag), group.name)),
            ("STATE", lambda group: (group.state, group.name)),
            ("MEMBERS", lambda group: (-len(group.members), group.name)),
        )

    def name_of(self, row: Group) -> str:
        """Return a group's name."""
        return row.name

    def remarks(self) -> Iterable[Span]:
        """Tell what is missing of the list, and how many are behind."""
        behind = sum(bool(group.lag) for group in self._reading.groups)
        if behind:
            yield Span(f" · {behind:,} behind", "dim")
        for failure in self._reading.failures[:1]:
            yield Span(f" · ! there may be more: {failure.message}", "warn")
        here = self.grid.current
        if here is not None and (said := group_remark(here)) is not None:
            yield Span(f" · {here.name[:40]}: {said}", "bad" if here.errors else "warn")

    async def open_row(self, row: Group) -> None:
        """Open a group."""
        await self._open_named(row.name)

    async def _open_named(self, name: str) -> None:
        from flowodm.tui.screens.group import GroupPage

        await self.app.open_from("groups", GroupPage(name))

    def _take(self, reading: GroupReading) -> None:
        self._reading = reading
        self.app.lags.see(reading.groups, self.app.clock())
        self.list_rows(reading.groups)

    def _groups_like(self, text: str) -> Iterator[Meaning]:
        for name in self.app.sources.groups.known:
            if text.lower() in name.lower():
                yield f"group {name}", partial(self._open_named, name)

    def _rate(self, group: Group) -> Span:
        flow = self.app.lags.of(group.name)
        return Span(rate_text(flow.rate, flow.trend), "" if flow.rate else "dim")

    def _bars(self, group: Group) -> Span:
        bars = self.app.lags.of(group.name).bars(_BARS, self.app.clock())
        return Span(f"{sparkline(bars, _BARS):{_BARS}}", "accent")


def state_span(group: Group) -> Span:
    """Return the state of a group."""
    if group.state == "stable":
        return Span("✔ stable", "good")
    return Span(group.state, "dim" if not group.is_active else "warn")


def lag_span(group: Group) -> Span:
    """Return the lag of a group; where it has no commit at all, that."""
    if group.error is not None:
        return Span("not seen", "bad")
    if group.lag is not None:
        return Span(f"{group.lag:,}", "warn" if group.lag else "good")
    return Span("no commit" if group.partitions else "–", "warn" if group.partitions else "dim")


def age_of(group: Group) -> timedelta | None:
    """Return how long the oldest record is there that a group has not read."""
    since = [one.unread_since for one in group.partitions if one.unread_since is not None]
    if not since:
        return timedelta(0) if group.lag == 0 else None
    return max(timedelta(0), datetime.now(UTC) - min(since))


def _age_span(group: Group) -> Span:
    age = age_of(group)
    return Span(age_text(age), "warn" if age else "dim")


def _topics(group: Group) -> Span:
    return Span(", ".join(group.topics) or "–", "" if group.topics else "dim")


def _members(group: Group) -> Span:
    return Span("–" if group.error else f"{len(group.members):,}", "" if group.members else "dim")


def _remark(group: Group) -> Span:
    said = group_remark(group) or ""
    return Span(f"✗ {said}", "bad") if group.errors else Span(said, "warn")
