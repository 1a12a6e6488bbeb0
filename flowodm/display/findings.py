"""What was found of two schemas, in words: each change with its place, what follows, the cure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel, Incompatibility, SchemaChange
    from flowodm.sources.comparison import Comparison
    from flowodm.sources.loaded import LoadedSchema

__all__ = [
    "Finding",
    "Severity",
    "change_findings",
    "history_words",
    "incompatible_findings",
    "is_danger",
    "is_hazard",
    "sign_of",
    "verdict_words",
]

Severity: TypeAlias = Literal["breaking", "dangerous", "safe", "note"]
"""The worst first."""

_SIGNS: Final[dict[Severity, tuple[str, str]]] = {
    "breaking": ("✗", "breaks"),
    "dangerous": ("!", "danger"),
}
_WRONG: Final = {"INVALID_SCHEMA": "invalid", "FAILED": "failed"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, of any severity."""

    rule: str
    """What kind of thing, as programs name it: `FIELD_REMOVED`."""
    severity: Severity
    place: str
    """Where, as people say it: `address.zip`; `` for the whole."""
    change: str
    """What it is, in a few words: `int → long`."""
    notes: tuple[str, ...] = ()
    """What follows from it, a sentence each."""
    cure: str = ""
    line: int | None = None
    """In the section's file."""
    message: str = ""
    """It and what follows from it in one line, where that is more than its parts."""
    details: Mapping[str, object] = field(default_factory=dict)
    """What programs get besides, ready for JSON."""

    @property
    def said(self) -> str:
        """It and what follows from it in one line, to stand behind a colon."""
        place = f"`{self.place}`: " if self.place else ""
        return _ended(self.message or " ".join((f"{place}{_ended(self.change)}", *self.notes)))

    @property
    def told(self) -> str:
        """All of it in one line, to stand behind a colon."""
        return f"{self.said} Cure: {_ended(self.cure)}" if self.cure else self.said

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        return self.told[:1].upper() + self.told[1:]


def change_findings(
    changes: "tuple[SchemaChange, ...]", level: "CompatibilityLevel | None", new: "LoadedSchema"
) -> tuple[Finding, ...]:
    """Tell changes one by one, as a level sees them; without one, both directions count."""
    lines = _lines(new, (change.new_path for change in changes))
    return tuple(_of_change(change, level, lines) for change in changes)


def incompatible_findings(
    reasons: "tuple[Incompatibility, ...]",
    loaded: "LoadedSchema | None",
    *,
    reader: str,
    writer: str,
) -> tuple[Finding, ...]:
    """Tell why one schema does not read what another wrote.

    Args:
        reasons: What the check found.
        loaded: The schema that can be changed, if it is the reader: places are counted in it.
        reader: What the reader's schema is called.
        writer: What the writer's schema is called.
    """
    lines = _lines(loaded, (reason.location for reason in reasons)) if loaded else {}
    return tuple(
        Finding(
            reason.type,
            "breaking",
            reason.location,
            reason.message,
            (f"{reader} cannot read what {writer} wrote.",),
            _ended(reason.cure),
            lines.get(reason.location),
            "",
            {
                "location": reason.location,
                "reader": {"label": reader, "has": reason.reader},
                "writer": {"label": writer, "has": reason.writer},
                "java_message": reason.java_message,
            },
        )
        for reason in reasons
    )


def history_words(history: "tuple[LoadedSchema, ...]") -> str:
    """Name the versions that were checked: `v3`, `v1–v3`."""
    if len(history) < 2:
        return history[0].short_label if history else "nothing"
    return f"{history[0].short_label}–{history[-1].short_label}"


def verdict_words(comparison: "Comparison") -> str:
    """Say what the level makes of it; `` where none says anything."""
    verdict, level = comparison.verdict, comparison.level
    if verdict is None or level is None:
        return ""
    if level == "NONE":
        return "NONE takes every schema."
    if (refused := comparison.refused_by) is not None:
        return f"{level} refuses it: it may not follow {refused.short_label}."
    return f"{level} takes it ({history_words(comparison.history)} checked)."


def sign_of(finding: Finding) -> tuple[str, str]:
    """Return the sign and the word of what was found."""
    if finding.rule in _WRONG:
        return "✗", _WRONG[finding.rule]
    if is_hazard(finding):
        return "~", "hazard"
    if finding.severity in _SIGNS or is_danger(finding):
        return _SIGNS["dangerous" if is_danger(finding) else finding.severity]
    if finding.severity == "note":
        return "~", finding.rule.lower().replace("_", " ").removeprefix("field ")[:10]
    ends = finding.rule.rpartition("_")[2]
    return {"ADDED": "+", "NULLABLE": "+", "REMOVED": "-"}.get(ends, "~"), "safe"


def is_hazard(finding: Finding) -> bool:
    """Whether it is safe against the last version, and not against older ones."""
    return finding.severity == "safe" and bool(finding.details.get("transitive_hazard"))


def is_danger(finding: Finding) -> bool:
    """Whether it is dangerous, though nothing shows it yet."""
    return finding.severity == "note" and finding.details.get("backward") == "DANGEROUS"


def _of_change(
    change: "SchemaChange", level: "CompatibilityLevel | None", lines: dict[str, int]
) -> Finding:
    severity = change.severity if level is None else change.severity_at(level)
    effect, cure, message = _sentence(change.effect), _ended(change.cure), change.message
    if level is not None and severity == "safe" != change.severity:
        # it is the other direction that is not safe, and the level does not ask for it
        effect, cure = f"{effect} {_allowance(level)}", ""
        message = f"{message}. {_allowance(level)}"
    return Finding(
        change.kind.value,
        severity.value,
        change.field,
        _arrow(change),
        (effect,) if effect else (),
        cure,
        lines.get(change.new_path),
        message,
        {
            "old_path": change.old_path,
            "new_path": change.new_path,
            "before": change.before,
            "after": change.after,
            "backward": change.backward.value,
            "forward": change.forward.value,
            "transitive_hazard": change.transitive_hazard,
        },
    )


def _allowance(level: str) -> str:
    if level.startswith("BACKWARD"):
        return f"{level} allows it: move consumers before producers."
    return f"{level} allows it: move producers before consumers."


def _sentence(text: str) -> str:
    return _ended(text[:1].upper() + text[1:])


def _ended(text: str) -> str:
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def _arrow(change: "SchemaChange") -> str:
    if change.before and change.after:
        return f"{change.before} → {change.after}"
    joint = ": " if change.severity == "note" else ", "
    if change.after:
        return f"added{joint}{change.after}"
    return f"removed{joint}{change.before}" if change.before else ""


def _lines(loaded: "LoadedSchema", pointers: Iterable[str]) -> dict[str, int]:
    """The lines of places in a schema's own file."""
    if loaded.path is None or loaded.line is not None:
        return {}
    from flowodm.sources.lines import lines_of

    return lines_of(loaded.text, pointers)
