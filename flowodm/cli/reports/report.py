"""A report: sections with findings, what follows from them, and the exit code."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from flowodm.display.findings import Finding, Severity

__all__ = [
    "FAIL_ON",
    "REPORT_FORMATS",
    "FailOn",
    "Finding",
    "Report",
    "Section",
    "Severity",
    "State",
]

REPORT_FORMATS: Final = ("table", "json", "markdown", "sarif", "junit", "github")
"""What `-o` takes where a report is written."""

State: TypeAlias = Literal["failed", "changed", "same", "new"]
"""`failed`: there is no schema to speak of. `new`: nothing to compare with."""

FailOn: TypeAlias = Literal["any", "dangerous", "breaking"]
FAIL_ON: Final[tuple[str, ...]] = get_args(FailOn)

_SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
_ENOUGH: Final[Mapping[FailOn, tuple[Severity, ...]]] = {
    "any": _SEVERITIES,
    "dangerous": ("breaking", "dangerous"),
    "breaking": ("breaking",),
}

_WORDS: Final = ("failed", "invalid", *_SEVERITIES[:3], "noted", "new", "unchanged", "valid")
"""What counts sections, the worst first."""
_RANKS: Final = ("failed", *_SEVERITIES[:3], "noted", "unchanged", "new")


@dataclass(frozen=True, slots=True)
class Section:
    """What was found of one thing: a subject, a file."""

    title: str
    state: State
    route: str = ""
    """What was compared: `v3 → schemas/order.avsc`."""
    aside: str = ""
    """What is said of it in a few words: its level, `no difference`."""
    findings: tuple[Finding, ...] = ()
    verdict: str = ""
    """The sentence that ends it."""
    path: str | None = None
    """The file that is to be changed, with `/` between its parts, from the working directory."""
    line: int | None = None
    """Where in the file the thing begins."""
    details: Mapping[str, object] = field(default_factory=dict)
    """What programs get besides, ready for JSON."""
    counted: str = ""
    """What counts it in the summary, where it is not its state or its worst."""

    @property
    def worst(self) -> Severity | None:
        """The worst that was found; None where nothing was."""
        found = {finding.severity for finding in self.findings}
        return next((severity for severity in _SEVERITIES if severity in found), None)

    @property
    def word(self) -> str:
        """What counts it in the summary."""
        if self.counted:
            return self.counted
        if self.state in ("failed", "new"):
            return self.state
        return {None: "unchanged", "note": "noted"}.get(self.worst) or str(self.worst)

    @property
    def rank(self) -> int:
        """Where it stands among others: the worst first, what is new at the end."""
        return _RANKS.index(self.word) if self.word in _RANKS else len(_RANKS)

    def fails(self, fail_on: FailOn) -> bool:
        """Whether it is reason enough for exit 3."""
        if self.state == "new":
            return fail_on == "any"
        return self.worst in _ENOUGH[fail_on]


@dataclass(frozen=True, slots=True)
class Report:
    """What one command found."""

    command: str
    """As a user types it: `registry diff`."""
    sections: tuple[Section, ...]
    fail_on: FailOn = "any"
    noun: str = "subject"
    """What its sections are about."""

    @property
    def exit_code(self) -> int:
        """1 where something failed, 3 where a section is reason enough, else 0."""
        if any(section.state == "failed" for section in self.sections):
            return 1
        return 3 if any(section.fails(self.fail_on) for section in self.sections) else 0

    @property
    def counts(self) -> dict[str, int]:
        """How many sections there are of each word that counts them, the worst first."""
        found = Counter(section.word for section in self.sections)
        order = [word for word in _WORDS if word in found]
        return {word: found[word] for word in (*order, *(found.keys() - {*order}))}

    @property
    def summary(self) -> str:
        """All sections in one line: `3 subjects: 1 breaking, 1 new, 1 unchanged`."""
        total = len(self.sections)
        noun = self.noun if total == 1 else f"{self.noun}s"
        words = ", ".join(f"{count:,} {word}" for word, count in self.counts.items())
        return f"{total:,} {noun}: {words}." if words else f"{total:,} {noun}."
