"""Plan: what would change to have what `flowodm.yaml` declares, and what is not so; reading only.

What words a plan is imported when there is one: that takes a while, which the source's thread has
spent by then.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowodm.tui.feed import Feed
from flowodm.tui.screens.page import Page
from flowodm.tui.sources.plan import Planned
from flowodm.tui.spans import Span
from flowodm.tui.widgets.laid_out import LaidOut
from flowodm.tui.widgets.line import Line

if TYPE_CHECKING:
    from flowodm.display.plan import Line as WordLine

__all__ = ["PlanPage"]


class PlanPage(Page):
    """The plan, or the drift: the same look, said in two ways."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "drift", "Plan or drift", id="plan.drift")
    ]
    crumb = "plan"
    waits_for = "Planning what flowodm.yaml declares, and proving it"

    def __init__(self) -> None:
        super().__init__()
        self._found: Planned | str | None = None
        self._shows_drift = False

    def on_mount(self) -> None:
        """Ask for it, once: `r` asks again."""
        source = self.app.sources.plan
        Feed(self, "main", source.plan, self._take, clock=self.app.clock).now()

    def body(self) -> Iterable[Widget]:
        """Return the verdict, and the lines."""
        yield Line(id="verdict")
        yield LaidOut(id="lines")

    def emptiness(self) -> tuple[str, str] | None:
        """Say that nothing is declared, and how it would be."""
        if isinstance(self._found, Planned):
            return None
        cure = "write what is to be there under topics: and schemas:, then press r"
        if self._found is None:
            return "There is no flowodm.yaml here that declares anything.", f"In one, {cure}."
        return f"{self._found[:200]} declares no topics and no schemas.", f"There, {cure}."

    def action_drift(self) -> None:
        """Show the drift, or the plan again."""
        self._shows_drift = not self._shows_drift
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the other view only where there is one."""
        if action == "drift":
            return isinstance(self._found, Planned)
        return super().check_action(action, parameters)

    def _take(self, found: Planned | str | None) -> None:
        self._found = found
        self.refresh_bindings()
        self._show()

    def _show(self) -> None:
        found = self._found
        if not isinstance(found, Planned):
            return
        self.query_one("#verdict", Line).show(_verdict(found, drift=self._shows_drift))
        lines = _drift if self._shows_drift else _plan
        self.query_one(LaidOut).show(lambda width: lines(found, width))


def _plan(found: Planned, width: int) -> "Iterator[WordLine]":
    from flowodm.display.plan import plan_lines

    return plan_lines(found.plan, found.context, width, options=f" --context {found.context.name}")


def _drift(found: Planned, width: int) -> "Iterator[WordLine]":
    from flowodm.display.plan import cause_lines, drift_lines

    if found.unknown is None:
        yield from drift_lines(found.plan, found.differences, found.context, width)
        return
    yield from cause_lines(found.unknown.message, found.unknown.hint, width)


def _verdict(found: Planned, *, drift: bool) -> Iterator[Span]:
    from flowodm.display.plan import change_count, counted

    plan = found.plan
    yield Span(" drift " if drift else " plan ", "head")
    if plan.blockers:
        yield Span(f"✗ {counted(len(plan.blockers), 'blocker', 'blockers')}", "bad")
        yield Span(" · ", "dim")
    changes = change_count(plan) if plan.steps else "nothing to change"
    spans = [Span(changes, "warn" if plan.steps else "good"), _differing(found)]
    yield from (spans[drift], Span(" · ", "dim"), spans[not drift])
    if found.context.read_only:
        yield Span(" · read-only: apply is refused", "warn")
    yield Span(f" · made at {found.at:%H:%M:%S}", "dim")


def _differing(found: Planned) -> Span:
    if found.unknown is not None:
        return Span("! drift not known", "warn")
    things = len({(one.kind, one.name) for one in found.differences})
    return Span(f"{things:,} not as declared", "warn") if things else Span("no drift", "good")
