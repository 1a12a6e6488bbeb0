"""`flowodm doctor`: what is wrong between here and a cluster. The looking is `flowodm/doctor/`."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Output, Span, StyleName
from flowodm.cli.tables import duration, write_document
from flowodm.display.sanitize import visible
from flowodm.display.text import display_width, pad, wrap
from flowodm.errors import ConfigurationError, UsageError
from flowodm.times import parse_duration

if TYPE_CHECKING:
    from flowodm.config import Context
    from flowodm.doctor import Examination, Finding, Status

__all__ = ["doctor", "document_of", "write_examination"]

_SIGNS: "Final[dict[Status, tuple[str, StyleName]]]" = {
    "ok": ("ok", "green"),
    "warning": ("warn", "yellow"),
    "failure": ("FAIL", "red"),
    "unused": ("–", "dim"),
    "untried": ("–", "dim"),
}
_MARGIN: Final = 8
"""Where the names of the steps begin."""
_WIDEST: Final = 100
_TIMES: Final = 9
"""Columns for how long a look took, and the gap before it."""
_SHORTEST: Final = 0.01
_LONGEST: Final = 600.0
_NARROW: Final = 20
"""Columns that text gets at least, however narrow the terminal."""


@command(
    "flowodm doctor",
    "flowodm doctor --context prod --timeout 10s",
    "flowodm doctor -o json | jq -r '.findings[] | select(.status == \"failure\").hint'",
    formats=("table", "json"),
)
def doctor(
    context: typer.Context,
    timeout: Annotated[
        str, typer.Option(metavar="DURATION", help="How long to wait for each answer.")
    ] = "3s",
) -> int:
    """Find what is wrong between here and a cluster.

    Step by step: the settings, the names and ports of the brokers, TLS, the login, the metadata,
    the address that each broker tells its clients, what this user may do, the registry, and a
    schema read back. A failure has its cure beside it, and what depends on it is not tried.
    Nothing is created or changed.

    Ends with the worst finding's code: 0 where nothing failed (warnings do not count), 1 where
    something did, 2 for wrong settings, 4 where a login or a permission is missing.
    """
    session = session_of(context)
    seconds = _patience(timeout)
    try:
        settled = session.load_context()
    except ConfigurationError as error:
        return _write(session, None, _unsettled(error))
    for warning in settled.warnings:
        session.output.warn(warning)
    from flowodm.doctor import examine

    session.output.status(Span(f"looking at context {settled.name} …", "dim"))
    found = examine(settled, timeout=seconds)
    session.output.clear_status()
    return _write(session, settled, found)


def _patience(text: str) -> float:
    seconds = parse_duration(text)
    if not _SHORTEST <= seconds <= _LONGEST:
        raise UsageError(f"`--timeout {text}` is not between 10 ms and 10 minutes")
    return seconds


def _unsettled(error: ConfigurationError) -> "Examination":
    from flowodm.doctor.report import conclude, failed

    return conclude([failed("config", error)])


def _write(session: Session, context: "Context | None", found: "Examination") -> int:
    if session.format == "json":
        write_document(session.output, "json", document_of(context, found))
    else:
        write_examination(session.output, context.name if context else None, found)
    return found.exit_code


def write_examination(output: Output, name: str | None, found: "Examination") -> None:
    """Write what was found for people, within the terminal's width."""
    width = min(output.table_width or _WIDEST, _WIDEST)
    output.line(Span(f"context {name}" if name else "no context", "bold"))
    room = max(display_width(finding.step) for finding in found.findings) + 2
    for group in _groups(found):
        _write_group(output, group, room, width)
    text = _summary(found)
    space = max(2, width - display_width(text) - len(f"exit {found.exit_code}"))
    output.line(text, " " * space, Span(f"exit {found.exit_code}", "dim"))


def _groups(found: "Examination") -> "Iterator[list[Finding]]":
    """Part the findings into lines: neighbours that were not tried for one reason share one."""
    group: list[Finding] = []
    for finding in found.findings:
        if group and not (finding.seconds is None and finding.text == group[-1].text):
            yield group
            group = []
        group.append(finding)
    yield group


def _write_group(output: Output, group: "list[Finding]", room: int, width: int) -> None:
    sign, style = _SIGNS[group[0].status]
    start = Span(f"  {pad(sign, _MARGIN - 2)}", style)
    if group[0].status in ("unused", "untried"):
        steps = ", ".join(finding.step for finding in group)
        for number, line in enumerate(wrap(f"{steps}: {group[0].text}", width - _MARGIN)):
            output.line(" " * _MARGIN if number else start, Span(line, "dim"))
        return
    for finding in group:
        _write_finding(output, finding, start, room, width)


def _write_finding(output: Output, finding: "Finding", start: Span, room: int, width: int) -> None:
    indent = _MARGIN + room
    took = "" if finding.seconds is None else duration(timedelta(seconds=finding.seconds))
    first, *rest = wrap(visible(finding.text), max(width - indent - _TIMES, _NARROW)) or [""]
    space = max(2, width - indent - display_width(first) - len(took)) if took else 0
    output.line(start, pad(finding.step, room), first, " " * space, Span(took, "dim"))
    for line in rest:
        output.line(" " * indent, line)
    if finding.hint is not None:
        for line in wrap(f"Cure: {visible(finding.hint)}", max(width - _MARGIN, _NARROW)):
            output.line(" " * _MARGIN, line)


def _summary(found: "Examination") -> str:
    if not found.failures and not found.warnings:
        return "Nothing is wrong."
    counts = [(found.failures, "failure"), (found.warnings, "warning")]
    told = [f"{count} {noun if count == 1 else f'{noun}s'}" for count, noun in counts if count]
    return f"{', '.join(told)}."


def document_of(context: "Context | None", found: "Examination") -> dict[str, object]:
    """Return what was found as JSON has it."""
    return {
        "context": context.name if context else None,
        "source": context.source if context else None,
        "findings": [
            {
                "step": finding.step,
                "status": finding.status,
                "address": finding.place,
                "text": finding.text,
                "hint": finding.hint,
                "seconds": None if finding.seconds is None else round(finding.seconds, 6),
            }
            for finding in found.findings
        ],
        "failures": found.failures,
        "warnings": found.warnings,
        "exit_code": found.exit_code,
    }
