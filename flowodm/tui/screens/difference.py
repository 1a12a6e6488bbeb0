"""Two versions of a subject, side by side: each change with its class, its place and its cure."""

from collections import Counter
from collections.abc import Sequence

from flowodm.avro import Severity
from flowodm.display.findings import Finding, change_findings, verdict_words
from flowodm.sources.comparison import Comparison
from flowodm.tui.feed import Feed
from flowodm.tui.screens.findings import FindingsPage, Side
from flowodm.tui.spans import Span
from flowodm.tui.widgets.grid import Column

__all__ = ["COUNTED", "DifferencePage", "counts"]

_WORST_FIRST = tuple(severity.value for severity in Severity)
COUNTED = {"breaking": "bad", "dangerous": "warn", "safe": "good", "note": "dim"}


class DifferencePage(FindingsPage):
    """What changed from one version to another.

    Args:
        subject: The subject.
        old: The version before.
        new: The version after.
        compared: What separates them, where that is known already: the newer may be no version yet.
    """

    waits_for = "Comparing two versions"
    asks_brokers = False

    def __init__(
        self, subject: str, old: int, new: int, compared: Comparison | None = None
    ) -> None:
        super().__init__()
        self._subject, self._old, self._new = subject, old, new
        self._compared = compared

    @property
    def crumb(self) -> str:
        """The two versions."""
        return f"v{self._old} → v{self._new}"

    def on_mount(self) -> None:
        """Compare them."""
        source = self.app.sources.schemas
        Feed(
            self,
            "main",
            lambda: self._compared or source.compare(self._subject, self._old, self._new),
            self._take,
            clock=self.app.clock,
        ).now()

    def columns(self) -> Sequence[Column[Finding]]:
        """Return what each of the versions has there."""
        return (
            Column(f"v{self._old}", lambda one: _side(one, "before"), 16, grows=True),
            Column(f"v{self._new}", lambda one: _side(one, "after"), 20, grows=True),
        )

    def _take(self, comparison: Comparison) -> None:
        found = change_findings(comparison.changes, comparison.level, comparison.new)
        pairs = sorted(
            zip(found, comparison.changes, strict=True),
            key=lambda pair: _WORST_FIRST.index(pair[0].severity),
        )
        places = [(change.old_path, change.new_path) for _, change in pairs]
        old = Side(comparison.old, (before for before, _ in places))
        new = Side(comparison.new, (after for _, after in places))
        verdict = [Span(f" v{self._old} → v{self._new}  ", "strong"), *counts(found)]
        if words := verdict_words(comparison).rstrip("."):
            is_fine = comparison.refused_by is None
            verdict.append(Span(f"  {words}", "good" if is_fine else "bad"))
        self.show_findings(verdict, [finding for finding, _ in pairs], places, (old, new))


def counts(found: Sequence[Finding]) -> list[Span]:
    """Return how many were found of each severity, the worst first."""
    if not found:
        return [Span("no difference", "good")]
    number = Counter(finding.severity for finding in found)
    words = {"breaking": "break", "dangerous": "dangerous", "safe": "safe", "note": "noted"}
    spans: list[Span] = []
    for severity, word in words.items():
        if count := number[severity]:  # type: ignore[index]  # they are its keys
            spans += [Span(" · ", "dim")] if spans else []
            spans.append(Span(f"{count:,} {word}", COUNTED[severity]))
    return spans


def _side(finding: Finding, which: str) -> Span:
    text = str(finding.details.get(which) or "")
    return Span(text or "–", "" if text else "dim")
