"""The three lines on top: how the cluster is, the sections, and where one is."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from flowodm.display.text import cut
from flowodm.tui.spans import Span, compact, seen, sparkline
from flowodm.tui.widgets.line import Line
from flowodm.tui.widgets.painting import width_of

if TYPE_CHECKING:
    from flowodm.tui.app import InspectorApp
    from flowodm.tui.feed import Feed

__all__ = ["Crumbs", "Header", "SectionTabs"]

_RULE: Final = Span(" │ ", "dim")
_NAME: Final = 24
_BARS: Final = 12
_OLD: Final = 10.0
"""Seconds after which an age is told as a warning."""


class Header(Line):
    """Context, brokers, registry, rate, age; what there is no room for goes from the right."""

    app: "InspectorApp"

    def on_mount(self) -> None:
        """Keep the age going."""
        self.set_interval(1.0, self.refresh)

    def spans(self, width: int) -> Sequence[Span]:
        """Return the parts that fit."""
        shown: list[Span] = []
        for part in self._parts():
            joined = [*shown, *([_RULE] if shown else [Span(" ")]), *part]
            if shown and width_of(joined) > width:
                break
            shown = joined
        return shown

    def _parts(self) -> Iterator[list[Span]]:
        vitals, beat = self.app.vitals, self.app.beat
        identity = vitals.identity
        name = [Span(cut(seen(identity.context), _NAME), "strong")]
        if identity.is_read_only:
            name.append(Span(" read-only", "warn"))
        elif self.app.may_write:
            name.append(Span(" may write", "warn"))
        yield name
        if beat.failure is not None:
            yield [Span("✗ no broker answers", "bad")]
        elif vitals.pulse is None:
            yield [Span("connecting …", "dim")]
        if vitals.other is not None:
            other = cut(seen(vitals.other), _NAME)
            yield [Span(f"! another cluster answers: {other}", "bad")]
        if vitals.pulse is not None and beat.failure is None:
            count = vitals.pulse.brokers
            yield [Span(f"{count:,} broker{'' if count == 1 else 's'}")]
        yield [self._registry(self.app.registry_beat)]
        if vitals.rate is not None:
            bars = sparkline(vitals.rates, _BARS)
            yield [Span(f"{compact(vitals.rate)} msg/s "), Span(bars, "accent")]
        if (age := beat.age) is not None:
            yield [Span(f"age {age:.0f} s", "warn" if age >= _OLD else "dim")]

    def _registry(self, feed: "Feed[str | None]") -> Span:
        if not self.app.vitals.identity.has_registry:
            return Span("no registry", "dim")
        if feed.failure is not None:
            return Span("registry ✗", "bad")
        if feed.state == "loading":
            return Span("registry …", "dim")
        return Span("registry ✔", "good")


class SectionTabs(Line):
    """The sections, each with its key."""

    app: "InspectorApp"

    def spans(self, width: int) -> Sequence[Span]:
        """Return all of them, and which one is open."""
        shown = []
        for number, section in enumerate(self.app.sections, 1):
            is_open = section.name == self.app.current_mode
            text = f" {section.title}({number}) "
            role = "key" if is_open else "dim"
            shown.append(Span(text, role, f"app.section('{section.name}')"))
        return shown


class Crumbs(Line):
    """The way here: `topics > orders > records`; a click goes back to a step of it."""

    app: "InspectorApp"

    def spans(self, width: int) -> Sequence[Span]:
        """Return the steps; the first ones go where there is no room."""
        steps = self.app.steps
        spans: list[Span] = []
        for index, step in enumerate(steps):
            is_last = index == len(steps) - 1
            role = "strong" if is_last else "dim"
            spans.append(Span(cut(seen(step), max(width - 4, 8)), role, f"app.back_to({index})"))
            if not is_last:
                spans.append(Span(" > ", "dim"))
        while len(spans) > 2 and width_of(spans) > width - 2:
            spans = spans[2:]
        return [Span(" "), *spans]
