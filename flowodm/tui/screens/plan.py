"""Plan: what would change to have what `flowodm.yaml` declares, and what is not so; reading only.

What words a plan is imported when there is one: that takes a while, which the source's thread has
spent by then.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from flowodm.display.shell import command
from flowodm.tui.feed import Feed
from flowodm.tui.messages import Progressed
from flowodm.tui.screens.page import Page
from flowodm.tui.sources.cluster import context_options
from flowodm.tui.sources.plan import Planned
from flowodm.tui.spans import Span
from flowodm.tui.widgets.laid_out import LaidOut
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.line_view import LineView

if TYPE_CHECKING:
    from flowodm.display.entries import Entry
    from flowodm.display.plan import Row
    from flowodm.plan import RegisterSchema

__all__ = ["PlanPage"]

_OFTEN: Final = 0.1
"""Seconds between two words on how far it is."""


class PlanPage(Page):
    """The plan, or the drift: the same look, said in two ways."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "drift", "Plan or drift", id="plan.drift"),
        Binding("y", "copy", "Copy", id="plan.copy"),
        Binding("Y", "copy_command", "Copy as command", show=False, id="plan.copy_command"),
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
        Feed(
            self, "main", lambda: source.plan(self._teller()), self._take, clock=self.app.clock
        ).now()

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
        if action in ("drift", "copy"):
            return isinstance(self._found, Planned)
        if action == "copy_command":
            found = self._found
            return isinstance(found, Planned) and bool(found.plan.steps) and not found.plan.blockers
        return super().check_action(action, parameters)

    def action_copy(self) -> None:
        """Copy all that is said of the thing under the cursor."""
        from flowodm.display.entries import entry_text

        if (entry := self._lines.current) is not None:
            self.app.copy_to_clipboard(entry_text(entry))
            self._say(f"copied: {entry.kind} {entry.name[:60]}")

    def action_copy_command(self) -> None:
        """Copy the command that carries it out."""
        found = self._found
        if isinstance(found, Planned) and self.check_action("copy_command", ()):
            text = command("apply", found.plan.desired.source, *context_options(found.context))
            self.app.copy_to_clipboard(text)
            self._say(f"copied: {text}")

    @on(LineView.Chosen, "#lines")
    def _chosen(self) -> None:
        """Open the thing: both of its sides where it has two texts, else all that is said of it."""
        found, entry = self._found, self._lines.current
        if entry is None or not isinstance(found, Planned):
            return
        step = None if self._shows_drift else _registered(found, entry)
        if step is not None and (comparison := step.registration.comparison) is not None:
            from flowodm.tui.screens.difference import DifferencePage

            old, new = comparison.old.version, step.registration.version
            self.app.push_screen(DifferencePage(step.name, old or new - 1, new, comparison))
            return
        from flowodm.tui.screens.planned import PlannedPage

        self.app.push_screen(PlannedPage(entry))

    @on(Progressed)
    def _progressed(self, message: Progressed) -> None:
        """Say how far it is."""
        if not self.feeds["main"].is_asking:
            return
        self.waits_for = f"{type(self).waits_for} ({message.text})"
        if isinstance(self._found, Planned):
            self._say(message.text, "dim")
        else:
            self.show_state()

    @property
    def _lines(self) -> "LaidOut[Entry]":
        return self.query_one(LaidOut)

    def _teller(self) -> Callable[[str], None]:
        """Return what the thread tells how far it is; of many words, some."""
        last = -_OFTEN

        def tell(text: str) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _OFTEN:
                last = now
                self.post_message(Progressed(text))

        return tell

    def _say(self, text: str, role: str = "good") -> None:
        """Tell something beside the verdict, until it is another."""
        if isinstance(self._found, Planned):
            verdict = _verdict(self._found, drift=self._shows_drift)
            self.query_one("#verdict", Line).show([Span(f" {text} ", role), *verdict])

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
        self._lines.show(lambda width: lines(found, width))


def _plan(found: Planned, width: int) -> "Iterator[Row]":
    from flowodm.display.plan import plan_rows

    options = "".join(f" {option}" for option in context_options(found.context))
    return plan_rows(found.plan, found.context, width, options=options)


def _drift(found: Planned, width: int) -> "Iterator[Row]":
    from flowodm.display.plan import cause_lines, drift_rows

    if found.unknown is None:
        yield from drift_rows(found.plan, found.differences, found.context, width)
        return
    yield from (
        (None, one) for one in cause_lines(found.unknown.message, found.unknown.hint, width)
    )
    if found.plan.blockers:
        yield None, ("d shows the plan, with all that stands in its way.",)


def _registered(found: Planned, entry: "Entry") -> "RegisterSchema | None":
    """The registration that a thing of the plan is."""
    from flowodm.plan import RegisterSchema

    if entry.kind != "subject":
        return None
    steps = (step for step in found.plan.steps if isinstance(step, RegisterSchema))
    return next((step for step in steps if step.name == entry.name), None)


def _verdict(found: Planned, *, drift: bool) -> Iterator[Span]:
    from flowodm.display.plan import change_count
    from flowodm.display.text import counted

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
