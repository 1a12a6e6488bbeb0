"""One group: its members, how far it is in each partition, how fast, and until when."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowodm.display.ages import duration
from flowodm.display.groups import age_text, assignment_text, unread_age
from flowodm.display.pace import rate_text
from flowodm.display.text import counted
from flowodm.errors import UsageError
from flowodm.groups import Group, GroupPartition, Member
from flowodm.tui.feed import Feed
from flowodm.tui.lagging import MINUTES
from flowodm.tui.screens.groups import EVERY, age_of, lag_span, state_span
from flowodm.tui.screens.page import Page
from flowodm.tui.sources.groups import parse_reset
from flowodm.tui.spans import Span, sparkline
from flowodm.tui.widgets.grid import Column, Grid
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.widgets.painting import width_of
from flowodm.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from flowodm.tui.app import InspectorApp

__all__ = ["GroupPage"]

_WIDEST: Final = 60
"""Bars of the sparkline; each is ten seconds."""


class GroupPage(Page):
    """A group's members and partitions.

    Args:
        group: Its name.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Next list", show=False, id="group.next"),
        Binding("R", "reset", "Reset", id="group.reset"),
        Binding("t", "topic", "Topic", id="group.topic"),
    ]
    first_list = "#partitions"
    waits_for = "Asking for the group"

    def __init__(self, group: str) -> None:
        super().__init__()
        self._group_name = group
        self._group: Group | None = None

    @property
    def crumb(self) -> str:
        """The group's name."""
        return self._group_name

    def on_mount(self) -> None:
        """Ask for it."""
        source = self.app.sources.groups
        Feed(
            self,
            "main",
            lambda: source.group(self._group_name),
            self._take,
            clock=self.app.clock,
            every=EVERY,
        )

    def body(self) -> Iterable[Widget]:
        """Return what it is, then the two lists, each under its title."""
        yield Line(id="standing")
        yield LagLine(self._group_name, id="flow")
        yield Line(id="members-title")
        yield Grid(_MEMBERS, id="members", opens=None)
        yield Line(id="partitions-title")
        yield Grid(self._partitions(), id="partitions")

    def foot(self) -> Iterable[Widget]:
        """Return where a position is typed."""
        yield Prompt(id="prompt")

    def focus_first(self) -> None:
        """Give the keys to the partitions, which there are where there are no members."""
        self._grid.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is done to a partition where there are some; a reset, if it was asked for."""
        has_rows = self._group is not None and bool(self._group.partitions)
        if action in ("reset", "topic"):
            return has_rows and (action == "topic" or self.app.may_write)
        return super().check_action(action, parameters)

    def action_reset(self) -> None:
        """Type where the offsets in the topic under the cursor are to go."""
        one = self._grid.current
        if one is not None and self.app.may_write:
            label = f"reset {one.partition.topic[:40]} to"
            self.query_one(Prompt).open("position", label, check=_wrong_position)

    async def action_topic(self) -> None:
        """Open the topic under the cursor."""
        if (one := self._grid.current) is not None:
            await self.app.open_topic(one.partition.topic)

    @on(LineView.Chosen, "#partitions")
    async def _chosen(self) -> None:
        await self.action_topic()

    @on(LineView.Moved, "#partitions")
    def _moved(self) -> None:
        self._tell_partitions()

    @on(Prompt.Entered)
    async def _entered(self, message: Prompt.Entered) -> None:
        from flowodm.tui.screens.reset import ResetPage

        self._grid.focus()
        one = self._grid.current
        if one is not None and message.text.strip():
            await self.app.push_screen(
                ResetPage(self._group_name, one.partition.topic, message.text)
            )

    @property
    def _grid(self) -> Grid[GroupPartition]:
        return self.query_one("#partitions", Grid)

    def _take(self, group: Group) -> None:
        now = self.app.clock()
        self.app.lags.see((group,), now)
        self.app.lags.see_partitions(group, now)
        self._group = group
        self.refresh_bindings()
        self.query_one("#standing", Line).show(_standing(group))
        flow = self.query_one(LagLine)
        flow.tell(group)
        members, count = self.query_one("#members", Grid), len(group.members)
        members.display = bool(count)
        members.show(group.members)
        title = f" {counted(count, 'member')}" if count else " no members"
        self.query_one("#members-title", Line).show([Span(title, "head" if count else "dim")])
        self._grid.show(group.partitions)
        self._grid.display = bool(group.partitions)
        self._tell_partitions()

    def _tell_partitions(self) -> None:
        """Count the partitions, and say what is odd about the one under the cursor."""
        if self._group is None:
            return
        spans, here = _partitions_title(self._group), self._grid.current
        if here is not None and here.committed is not None and here.remark is not None:
            where = f"{here.partition.topic[:40]} {here.partition.number}"
            spans.append(Span(f" · {where}: {here.remark}", "bad" if here.error else "warn"))
        self.query_one("#partitions-title", Line).show(spans)

    def _partitions(self) -> tuple[Column[GroupPartition], ...]:
        return (
            Column("TOPIC", lambda one: Span(one.partition.topic), 12, grows=True),
            Column("P", lambda one: Span(str(one.partition.number), "strong"), 5, is_right=True),
            Column("COMMITTED", _committed, 13, is_right=True, rank=1),
            Column("END", lambda one: _offset(one.end), 13, is_right=True, rank=4),
            Column("LAG", _lag, 11, is_right=True),
            Column("IN TIME", _age, 9, is_right=True, rank=2),
            Column("READS", self._rate, 10, is_right=True, rank=3),
            Column("DONE IN", self._done, 9, is_right=True, rank=5),
            Column("CLIENT", _client, 14, rank=7),
            Column("REMARK", _remark, 16, rank=6),
        )

    def _rate(self, one: GroupPartition) -> Span:
        flow = self.app.lags.of_partition(self._group_name, one)
        return Span(rate_text(flow.rate, flow.trend), "" if flow.rate else "dim")

    def _done(self, one: GroupPartition) -> Span:
        left = self.app.lags.of_partition(self._group_name, one).time_left
        return Span("–", "dim") if left is None else Span(duration(left))


class LagLine(Line):
    """The lag of a group: how much, how old, how fast, until when, and ten minutes of it.

    Args:
        group: Its name.
        id: The widget's.
    """

    app: "InspectorApp"

    def __init__(self, group: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._group_name = group
        self._group: Group | None = None

    def tell(self, group: Group) -> None:
        """Tell of another look."""
        self._group = group
        self.refresh()

    def spans(self, width: int) -> list[Span]:
        """Return what there is room for."""
        if (group := self._group) is None:
            return []
        flow, age = self.app.lags.of(self._group_name), age_of(group)
        spans = [Span(" lag ", "dim"), lag_span(group)]
        if age:
            spans.append(Span(f" · {age_text(age)} behind", "warn"))
        spans.append(Span(f" · reads {rate_text(flow.rate, flow.trend)}"))
        if (left := flow.time_left) is not None:
            spans.append(Span(f" · done in {duration(left)}", "good"))
        room = min(width - width_of(spans) - len(f"   {MINUTES} min ") - 1, _WIDEST)
        if room >= 5 and (bars := flow.bars(room, self.app.clock())):
            spans += [Span(f"   {MINUTES} min ", "dim"), Span(sparkline(bars, room), "accent")]
        return spans


def _wrong_position(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        parse_reset(text)
    except UsageError as error:
        return f"{error.message}; {error.hint}" if error.hint else error.message
    return None


def _standing(group: Group) -> list[Span]:
    how = f"{group.protocol}, {group.assignor}" if group.assignor else group.protocol
    spans = [Span(f" {group.name[:200]}  ", "strong"), state_span(group), Span(f"  {how}", "dim")]
    if (broker := group.coordinator) is not None:
        spans.append(Span(f"  coordinator {broker.id} ({broker.address})", "dim"))
    return spans


def _partitions_title(group: Group) -> list[Span]:
    count = len(group.partitions)
    if not count:
        return [
            Span(" reads nothing and has committed nothing: what it commits will stand here", "dim")
        ]
    spans = [Span(f" {counted(count, 'partition')}", "head")]
    if group.uncommitted:
        spans.append(Span(f" · no commit in {group.uncommitted:,}: not in the lag", "warn"))
    return spans


def _offset(value: int | None) -> Span:
    return Span("–", "dim") if value is None else Span(f"{value:,}")


def _committed(one: GroupPartition) -> Span:
    if one.committed is None and one.error is None:
        return Span("no commit", "warn")
    return _offset(one.committed)


def _lag(one: GroupPartition) -> Span:
    if one.lag is None:
        return Span("–", "dim")
    return Span(f"{one.lag:,}", "warn" if one.lag else "good")


def _age(one: GroupPartition) -> Span:
    age = unread_age(one)
    return Span(age_text(age), "warn" if age else "dim")


def _client(one: GroupPartition) -> Span:
    return Span("–", "dim") if one.member is None else Span(one.member.client_id)


def _remark(one: GroupPartition) -> Span:
    said = None if one.committed is None and one.error is None else one.remark
    return Span(f"✗ {said}", "bad") if one.error else Span(said or "", "warn")


_MEMBERS: Final[tuple[Column[Member], ...]] = (
    Column("CLIENT", lambda one: Span(one.client_id, "strong"), 20),
    Column("HOST", lambda one: Span(one.host), 16, rank=1),
    Column("INSTANCE", lambda one: Span(one.instance_id or "–", "dim"), 12, rank=2),
    Column("PARTITIONS", lambda one: Span(assignment_text(one.assignment)), 20, grows=True),
)
