"""Sections of a report, made of what the core found."""

import os
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from flowodm.avro import Severity
from flowodm.cli.reports.report import Finding, Section
from flowodm.errors import FlowODMError, SchemaParseError
from flowodm.sources.lines import lines_of
from flowodm.sources.loaded import LoadedSchema, Unloadable

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel, Incompatibility, SchemaChange
    from flowodm.sources.comparison import Comparison

__all__ = [
    "failed_section",
    "history_words",
    "incompatible_findings",
    "section_of_comparison",
    "section_of_new",
    "shown_file",
]

_WORST_FIRST = tuple(severity.value for severity in Severity)


def section_of_comparison(title: str, comparison: "Comparison") -> Section:
    """Tell what changed between two schemas."""
    old, new, level = comparison.old, comparison.new, comparison.level
    lines = _lines(new, (change.new_path for change in comparison.changes))
    told = (_of_change(change, level, lines) for change in comparison.changes)
    findings = tuple(sorted(told, key=lambda finding: _WORST_FIRST.index(finding.severity)))
    details: dict[str, object] = {
        "from": _source(old),
        "to": _source(new),
        "compatibility": level,
        "compatible": None if comparison.verdict is None else comparison.verdict.is_compatible,
    }
    if not findings:
        route = f"{old.short_label} = {new.short_label}"
        return Section(title, "same", route, "no difference", path=_path(new), details=details)
    return Section(
        title,
        "changed",
        f"{old.short_label} → {new.short_label}",
        level or "",
        findings,
        _verdict(comparison),
        _path(new),
        new.line,
        details,
    )


def section_of_new(title: str, new: LoadedSchema, aside: str | None = None) -> Section:
    """Tell that there is nothing to compare a schema with.

    Args:
        title: What it is called.
        new: The schema.
        aside: What is said of it; None: that it would be a subject's first version.
    """
    details: dict[str, object] = {"from": None, "to": _source(new), "compatibility": None}
    route, said = "not registered", f"{new.label} would become v1"
    if aside is not None:
        route, said = new.label, aside
    return Section(title, "new", route, said, path=_path(new), line=new.line, details=details)


def failed_section(title: str, failed: Unloadable, *, route: str = "") -> Section:
    """Tell why there is no schema."""
    error = failed.error
    rule, place, line = "FAILED", "", None
    if isinstance(error, SchemaParseError):
        rule, place, line = "INVALID_SCHEMA", error.path, error.line
    finding = Finding(rule, "breaking", place, _reason(failed), cure=error.hint or "", line=line)
    path = shown_file(failed.path)
    return Section(title, "failed", route, rule.split("_")[0].lower(), (finding,), "", path, line)


def incompatible_findings(
    reasons: "tuple[Incompatibility, ...]", loaded: LoadedSchema | None, *, reader: str, writer: str
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


def history_words(history: tuple[LoadedSchema, ...]) -> str:
    """Name the versions that were checked: `v3`, `v1–v3`."""
    if len(history) < 2:
        return history[0].short_label if history else "nothing"
    return f"{history[0].short_label}–{history[-1].short_label}"


def shown_file(path: Path | None) -> str | None:
    """Name a file from the working directory where it lies below it, with `/` between the parts."""
    if path is None:
        return None
    absolute = Path(os.path.abspath(path))
    here = Path.cwd()
    shown: PurePath = absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
    return shown.as_posix()


def _of_change(
    change: "SchemaChange", level: "CompatibilityLevel | None", lines: dict[str, int]
) -> Finding:
    severity = change.severity if level is None else change.severity_at(level)
    effect, cure, message = _sentence(change.effect), _ended(change.cure), change.message
    if level is not None and severity is Severity.SAFE is not change.severity:
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
    joint = ": " if change.severity is Severity.NOTE else ", "
    if change.after:
        return f"added{joint}{change.after}"
    return f"removed{joint}{change.before}" if change.before else ""


def _verdict(comparison: "Comparison") -> str:
    verdict, level = comparison.verdict, comparison.level
    if verdict is None or level is None:
        return ""
    if level == "NONE":
        return "NONE takes every schema."
    if (refused := comparison.refused_by) is not None:
        return f"{level} refuses it: it may not follow {refused.short_label}."
    return f"{level} takes it ({history_words(comparison.history)} checked)."


def _lines(loaded: LoadedSchema, pointers: Iterable[str]) -> dict[str, int]:
    """The lines of places in a schema's own file."""
    if loaded.path is None or loaded.line is not None:
        return {}
    return lines_of(loaded.text, pointers)


def _reason(failed: Unloadable) -> str:
    error: FlowODMError = failed.error
    reason = error.reason if isinstance(error, SchemaParseError) else error.message
    return reason.removeprefix(f"`{failed.label}`: ")


def _path(loaded: LoadedSchema) -> str | None:
    return shown_file(loaded.path)


def _source(loaded: LoadedSchema) -> dict[str, object]:
    return {
        "label": loaded.label,
        "name": loaded.schema.name,
        "version": loaded.version,
        "id": loaded.schema_id,
    }
