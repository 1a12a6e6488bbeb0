"""A reset of a group: where each partition is and would be; done once the name was typed."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowodm.display.groups import change_text
from flowodm.display.shell import command, quoted
from flowodm.display.text import counted
from flowodm.groups import ResetPlan, ResetStep
from flowodm.tui.feed import Feed
from flowodm.tui.screens.confirm import ConfirmScreen
from flowodm.tui.screens.page import Page
from flowodm.tui.spans import Span
from flowodm.tui.widgets.grid import Column, Grid
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.paragraph import Paragraph

__all__ = ["ResetPage"]


class ResetPage(Page):
    """What a reset would do, before it is done.

    Args:
        group: The group.
        topic: The topic whose offsets are meant.
        position: Where to, and perhaps of which partitions alone.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D", "do", "Do it", id="reset.do"),
    ]
    waits_for = "Looking at what a reset would change"

    def __init__(self, group: str, topic: str, position: str) -> None:
        super().__init__()
        self._group, self._topic, self._position = group, topic, position
        self._plan: ResetPlan | None = None
        self._confirmed: ResetPlan | None = None
        """The one whose deed is due; it is done once."""
        self._done: Path | None = None
        self._deed: Feed[Path]

    @property
    def crumb(self) -> str:
        """Where to."""
        return f"reset to {self._position}"

    def on_mount(self) -> None:
        """Plan it."""
        source, clock = self.app.sources.groups, self.app.clock
        Feed(
            self,
            "main",
            lambda: source.plan(self._group, self._topic, self._position),
            self._take,
            clock=clock,
        ).now()
        self._deed = Feed(self, "deed", self._do, self._take_deed, clock=clock, is_deed=True)

    def body(self) -> Iterable[Widget]:
        """Return the steps, and what they come to."""
        yield Line(id="reset-title")
        yield Grid(_COLUMNS, id="steps", opens=None)
        yield Line(id="sum")
        yield Line(id="remark")
        yield Paragraph(id="outcome")

    def action_again(self) -> None:
        """Plan it again; what is done is not done twice."""
        if not self._deed.is_asking:
            self._done = None
            self._deed.forget()
            super().action_again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the deed where changes were asked for, and once."""
        if action == "do":
            plan = self._plan
            is_open = self._done is None and not self._deed.is_asking
            has_work = plan is not None and bool(plan.needed) and not plan.group.is_active
            return self.app.may_write and is_open and has_work
        return super().check_action(action, parameters)

    def action_do(self) -> None:
        """Have the group's name typed, then do it."""
        plan = self._plan
        if plan is None or not self.check_action("do", ()):
            return
        lines = [Span(_sum(plan)), Span("The file that takes it back is written first.", "dim")]
        title = f"Reset {self._group[:60]} in {self._topic[:60]} to {self._position}"

        def answered(is_meant: bool | None) -> None:
            if is_meant:
                self._confirmed = plan
                self._outcome("resetting …", "dim")
                self._deed.now()

        self.app.push_screen(ConfirmScreen(title, lines, self._group, "the group's name"), answered)

    def after_answer(self, feed: Feed[Any]) -> None:
        """Show what came of it."""
        if feed.name == "deed" and feed.failure is not None:
            self._outcome(f"✗ {feed.failure.message}", "bad", feed.failure.hint)
        super().after_answer(feed)
        self.refresh_bindings()

    def _do(self) -> Path:
        plan, self._confirmed = self._confirmed, None
        assert plan is not None
        return self.app.sources.groups.reset(plan)

    def _take(self, plan: ResetPlan) -> None:
        self._plan = plan
        self.query_one("#reset-title", Line).show(
            [
                Span(f" {self._group[:80]}", "strong"),
                Span(f" in {self._topic[:80]} to {self._position}", "dim"),
            ]
        )
        steps = self.query_one("#steps", Grid)
        steps.show(plan.steps)
        steps.display = bool(plan.steps)
        self.query_one("#sum", Line).show([Span(f" {_sum(plan)}", "strong")])
        new = sum(step.before is None for step in plan.needed)
        remark = Span("")
        if new:
            have = "1 has no commit yet: its" if new == 1 else f"{new:,} have no commit yet: their"
            remark = Span(f" ! {have} first one cannot be taken away again", "warn")
        self.query_one("#remark", Line).show([remark])
        if plan.group.is_active:
            self._refuse(plan)
        elif self._done is None and self._deed.failure is None:
            self._outcome("" if plan.needed else _nothing(plan), "dim")

    def _take_deed(self, path: Path) -> None:
        self._done = path
        options = f"--undo {quoted(str(path))}", "--execute", *self.app.vitals.identity.options
        back = command("groups reset", self._group, *options)
        self._outcome("✔ done", "good", f"to take it back: {back}")

    def _refuse(self, plan: ResetPlan) -> None:
        self._outcome(
            f"✗ refused while the group is active ({plan.group.state})",
            "bad",
            "stop its consumers first",
        )

    def _outcome(self, text: str, role: str, hint: str | None = None) -> None:
        outcome = self.query_one(Paragraph)
        outcome.display = bool(text)
        outcome.show([Span(text, role), Span(hint or "")])


def _nothing(plan: ResetPlan) -> str:
    """Say why there is nothing to do."""
    there = "each partition is there already" if plan.steps else "no partition is meant"
    return f"nothing to change: {there}"


def _sum(plan: ResetPlan) -> str:
    count = len(plan.needed)
    what = f"{counted(count, 'partition')} would move"
    return f"{what}: {plan.skipped:,} skipped, {plan.replayed:,} read again"


def _offset(step: ResetStep, which: str) -> Span:
    commit = step.before if which == "before" else step.after
    return Span("–", "dim") if commit is None else Span(f"{commit.offset:,}")


_COLUMNS: Final[tuple[Column[ResetStep], ...]] = (
    Column("P", lambda step: Span(str(step.partition.number), "strong"), 5, is_right=True),
    Column("COMMITTED", lambda step: _offset(step, "before"), 12, is_right=True),
    Column("NEW", lambda step: _offset(step, "after"), 12, is_right=True),
    Column("CHANGE", lambda step: Span(change_text(step), "warn" if step.is_needed else "dim"), 18),
    Column("NOTE", lambda step: Span(step.note or "", "warn"), 10, grows=True, rank=1),
)
