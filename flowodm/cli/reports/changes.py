"""Sections of a report, made of what the core found."""

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from flowodm.avro import Severity
from flowodm.cli.reports.report import Finding, Section
from flowodm.display.findings import (
    change_findings,
    history_words,
    incompatible_findings,
    verdict_words,
)
from flowodm.errors import FlowODMError, SchemaParseError
from flowodm.sources.loaded import LoadedSchema, Unloadable

if TYPE_CHECKING:
    from flowodm.sources.comparison import Comparison

__all__ = [
    "change_findings",
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
    told = change_findings(comparison.changes, level, new)
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
        verdict_words(comparison),
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


def shown_file(path: Path | None) -> str | None:
    """Name a file from the working directory where it lies below it, with `/` between the parts."""
    if path is None:
        return None
    absolute = Path(os.path.abspath(path))
    here = Path.cwd()
    shown: PurePath = absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
    return shown.as_posix()


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
