"""A schema held against a subject: whether it may be its next version, and each reason why not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flowodm.display.findings import (
    Finding,
    change_findings,
    incompatible_findings,
    verdict_words,
)
from flowodm.subjects.checking import Check
from flowodm.tui.feed import Feed
from flowodm.tui.screens.difference import counts
from flowodm.tui.screens.findings import FindingsPage, Places, Side
from flowodm.tui.spans import Span
from flowodm.tui.widgets.grid import Column

__all__ = ["TrialPage"]


class TrialPage(FindingsPage):
    """A dry run: nothing is registered.

    Args:
        subject: The subject.
        source: What names the schema: a file, `git:REV:path`, …
    """

    waits_for = "Checking"
    asks_brokers = False

    def __init__(self, subject: str, source: str) -> None:
        super().__init__()
        self._subject, self._source = subject, source

    @property
    def crumb(self) -> str:
        """What is checked."""
        return f"check {self._source}"

    def on_mount(self) -> None:
        """Check it."""
        source = self.app.sources.schemas
        Feed(
            self,
            "main",
            lambda: source.check(self._subject, self._source),
            self._take,
            clock=self.app.clock,
        ).now()

    def columns(self) -> Sequence[Column[Finding]]:
        """Return what is the matter there."""
        return (Column("WHAT", lambda one: Span(one.change), 30, grows=True),)

    def _take(self, check: Check) -> None:
        comparison = check.comparison
        if comparison is None:
            told = [
                Span(f" {check.loaded.label}", "strong"),
                Span(f" would become v1 of {self._subject}; nothing is registered yet", "good"),
            ]
            self.show_findings(told, (), (), (None, Side(check.loaded, ())))
            return
        found, places = _reasons(check)
        changed = [
            (finding, (change.old_path, change.new_path))
            for finding, change in zip(
                change_findings(comparison.changes, comparison.level, comparison.new),
                comparison.changes,
                strict=True,
            )
            if finding.severity != "breaking" or check.is_allowed
        ]
        findings = [*found, *(finding for finding, _ in changed)]
        places += [place for _, place in changed]
        refused = comparison.refused_by or comparison.old
        old = Side(refused, (left for left, _ in places if left is not None))
        new = Side(check.loaded, (right for _, right in places if right is not None))
        words = verdict_words(comparison).rstrip(".")
        sign = Span(f"✔ {words}", "good") if check.is_allowed else Span(f"✗ {words}", "bad")
        if comparison.verdict is None:
            sign = Span("! a level that is not judged here", "warn")
        label = Span(f" {check.loaded.short_label} ", "strong")
        verdict = [label, sign, Span(" · ", "dim"), *counts(findings)]
        self.show_findings(verdict, findings, places, (old, new))


def _reasons(check: Check) -> tuple[list[Finding], list[Places]]:
    """Return why the level refuses it; a place is counted in the schema that reads."""
    comparison = check.comparison
    assert comparison is not None
    verdict, refused = comparison.verdict, comparison.refused_by
    if verdict is None or refused is None:
        return [], []
    new, old = check.loaded.short_label, refused.short_label
    changes = comparison.changes
    backward = incompatible_findings(verdict.backward, check.loaded, reader=new, writer=old)
    forward = incompatible_findings(verdict.forward, None, reader=old, writer=new)
    places: list[Places] = [(None, one.place) for one in backward]
    places += [(one.place, None) for one in forward]
    at_new = {change.new_path: change.field for change in changes}
    at_old = {change.old_path: change.field for change in changes}
    found = [_named(one, at_new) for one in backward] + [_named(one, at_old) for one in forward]
    return found, places


def _named(finding: Finding, fields: Mapping[str, str]) -> Finding:
    """Call a place by its field, where a change at it, or around it, says which that is."""
    place = finding.place
    while place:
        if fields.get(place):
            return replace(
                finding, place=fields[place], change=f"{finding.change} ({finding.place})"
            )
        place = place.rpartition("/")[0]
    return finding
