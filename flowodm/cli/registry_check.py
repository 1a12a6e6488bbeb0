"""`flowodm registry check`: whether a schema may be registered, and what the data says of it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Output, Span, StyleName
from flowodm.cli.registry_targets import OptionalSource, SubjectOption, Target, targets
from flowodm.cli.reports import REPORT_FORMATS, Finding, Report, Section, write_report
from flowodm.cli.reports.changes import (
    change_findings,
    failed_section,
    history_words,
    incompatible_findings,
    shown_file,
)
from flowodm.cli.reports.report import State
from flowodm.cli.reports.table import write_findings
from flowodm.cli.schema import Level
from flowodm.cli.schema_sources import open_sources
from flowodm.display.sanitize import visible
from flowodm.display.text import display_width, pad
from flowodm.errors import SchemaError, UsageError
from flowodm.sources.loaded import Unloadable

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.subjects.checking import Check
    from flowodm.subjects.trial import Issue, Trial

__all__ = ["check_schema"]

_MOST_ISSUES: Final = 10
_WIDEST: Final = 120


@command(
    "flowodm registry check order.avsc --subject orders-value",
    "flowodm registry check order.avsc -s orders-value --level FULL_TRANSITIVE",
    "flowodm registry check order.avsc -s orders-value --against-topic orders -n 5000",
    "flowodm registry check -o github                          # all that flowodm.yaml declares",
    formats=REPORT_FORMATS,
)
def check_schema(
    context: typer.Context,
    source: OptionalSource = None,
    subject: SubjectOption = None,
    level: Annotated[
        Level | None, typer.Option(help="Check at this level, not the one in force.")
    ] = None,
    topic: Annotated[
        str | None,
        typer.Option(
            "--against-topic", metavar="TOPIC", help="Also read the last records of this topic."
        ),
    ] = None,
    last: Annotated[
        int,
        typer.Option(
            "--last", "-n", min=1, max=1_000_000, metavar="N", help="How many, in all partitions."
        ),
    ] = 1_000,
) -> int:
    """Tell whether a schema may be registered.

    It is compared with the subject's versions at the level in force; each reason against it has
    its place and its cure. With --against-topic the last records are read with it, as consumers
    read them, and compared with what was written: a level allows changes that give values another
    meaning. Exit 3 when the level or the data does not allow it.
    """
    session = session_of(context)
    with open_sources(session) as sources, session.connect() as connection:
        found = targets(session, sources, source, subject)
        if topic is not None and len(found) > 1:
            raise UsageError(
                f"`--against-topic {topic}` is for one schema, and {len(found)} are declared",
                hint="name one: flowodm registry check SOURCE --subject SUBJECT",
            )
        checked = [_check(session, connection, target, level, topic, last) for target in found]
    session.output.clear_status()
    if session.format == "table" and len(checked) == 1 and not isinstance(checked[0], Section):
        return _write(session.output, checked[0])
    sections = [one if isinstance(one, Section) else _section(one) for one in checked]
    return write_report(session, Report("registry check", tuple(sections), "dangerous"))


def _check(
    session: Session,
    connection: "KafkaConnection",
    target: Target,
    level: Level | None,
    topic: str | None,
    last: int,
) -> "Check | Section":
    from flowodm.subjects.checking import check_schema as check

    if isinstance(target.found, Unloadable):
        return failed_section(target.subject, target.found)
    try:
        return check(
            connection,
            target.subject,
            target.found,
            level=level,
            topic=topic,
            last=last,
            on_progress=lambda done: session.output.status(
                f"reading {topic}: {done:,} of {last:,} records"
            ),
        )
    except SchemaError as error:
        return failed_section(target.subject, Unloadable(f"{target.subject} latest", error))


def _section(check: "Check") -> Section:
    """One check as a section: what the level says, then what the data says."""
    loaded, comparison, trial = check.loaded, check.comparison, check.trial
    path = shown_file(loaded.path)
    problems = _reasons(check)
    details: dict[str, object] = {"level": None, "versions": [], "data": None}
    route, aside = "not registered", f"{loaded.label} would become v1"
    state: State = "new"
    if comparison is not None:
        route, aside = (
            f"{history_words(comparison.history)} → {loaded.label}",
            comparison.level or "",
        )
        versions = [one.version for one in comparison.history]
        details |= {"level": comparison.level, "versions": versions, "compatible": check.is_allowed}
    if trial is not None:
        problems += tuple(_of_issue(check, trial, issue) for issue in trial.issues)
        aside = f"{aside}, {trial.records:,} records of {trial.topic}"
        details["data"] = _counts(check, trial)
    findings = problems + tuple(_not_met(check))
    if findings or comparison is not None:
        state = "changed" if findings else "same"
    return Section(
        check.subject,
        state,
        route,
        aside,
        findings,
        _conclusion(check) if trial is not None else _level_words(check) if findings else "",
        path,
        loaded.line,
        details,
        "" if problems or state == "new" else "compatible",
    )


def _counts(check: "Check", trial: "Trial") -> dict[str, object]:
    return {
        "topic": trial.topic,
        "side": trial.side,
        "records": trial.records,
        "same": trial.same,
        "changed": trial.changed,
        "unreadable": trial.unreadable,
        "empty": trial.empty,
        "foreign": dict(trial.foreign),
        "not_avro": trial.unknown,
        "undecodable": dict(trial.broken),
        "untouched": [change.message for change in check.untouched],
    }


def _reasons(check: "Check") -> tuple[Finding, ...]:
    comparison, label = check.comparison, check.loaded.label
    if comparison is None or comparison.verdict is None or comparison.refused_by is None:
        return ()
    old, verdict = comparison.refused_by.short_label, comparison.verdict
    return incompatible_findings(
        verdict.backward, check.loaded, reader=label, writer=old
    ) + incompatible_findings(verdict.forward, None, reader=old, writer=label)


def _level_words(check: "Check") -> str:
    comparison = check.comparison
    assert comparison is not None
    if (refused := comparison.refused_by) is not None:
        return f"{comparison.level} refuses it: it may not follow {refused.short_label}."
    return f"{comparison.level} allows it."


def _of_issue(check: "Check", trial: "Trial", issue: "Issue") -> Finding:
    notes = [f"{issue.records:,} of {trial.judged:,} records; {_where(issue)}."]
    if issue.exact is not None:
        notes.append(f"{_exact_words(issue)}.")
    change = next((one for one in check.dangerous if one.field == issue.path), None)
    cure = "" if change is None else f"{change.cure[:1].upper()}{change.cure[1:]}".rstrip(".")
    is_read = issue.kind == "changed"
    return Finding(
        ("VALUE_CHANGED" if is_read else "VALUE_UNREADABLE") if change is None else change.kind,
        "dangerous" if is_read else "breaking",
        issue.path,
        f"{issue.before} → {issue.after}" if is_read else f"cannot be read: {issue.after}",
        tuple(notes),
        cure,
        details={
            "kind": issue.kind,
            "records": issue.records,
            "first": {"partition": issue.first.partition, "offset": issue.first.offset},
            "last": {"partition": issue.last.partition, "offset": issue.last.offset},
            "before": issue.before,
            "after": issue.after,
            "flowodm": issue.exact,
        },
    )


def _not_met(check: "Check") -> Iterator[Finding]:
    """The dangerous changes that the level allows and no record shows: no reason for exit 3."""
    level = None if check.comparison is None else check.comparison.level
    note = "See whether records show it: --against-topic TOPIC."
    if check.trial is not None:
        note = f"Not met in {_records(check.trial.judged)} of {check.trial.topic}."
    for found in change_findings(check.untouched, level, check.loaded):
        message = f"{found.message.rstrip('.')}. {note}"
        yield replace(found, severity="note", notes=(*found.notes, note), message=message)


def _where(issue: "Issue") -> str:
    return f"first {issue.first}, last {issue.last}"


def _records(count: int) -> str:
    return f"{count:,} record{'s' if count != 1 else ''}"


def _exact_words(issue: "Issue") -> str:
    if issue.exact == issue.before:
        return f"FlowODM's own reader keeps {issue.before}"
    return f"FlowODM's own reader: {issue.exact}"


def _conclusion(check: "Check") -> str:
    trial = check.trial
    assert trial is not None
    if not trial.judged:
        return "No record could be judged."
    match check.is_allowed, check.is_clean:
        case True, True:
            return "The level allows this schema, and so does the data."
        case True, False:
            return "The level allows this schema; the data does not."
        case False, True:
            return "The level does not allow this schema; the data would."
    return "Neither the level nor the data allows this schema."


def _write(output: Output, check: "Check") -> int:
    """Write one check for people; return the exit code."""
    code = 0 if check.is_allowed and check.is_clean else 3
    output.line(*_heading(check))
    write_findings(output, _reasons(check))
    if check.trial is None:
        for change in check.dangerous:
            output.line(Span("  ! danger    ", "yellow"), change.message)
        if check.dangerous and check.is_allowed:
            output.line(Span("  See whether records show it: --against-topic TOPIC", "dim"))
        _last_line(output, _alone(check), code)
        return code
    _write_trial(output, check, check.trial)
    _last_line(output, _conclusion(check), code)
    return code


def _last_line(output: Output, text: str, code: int) -> None:
    room = max(2, min(output.table_width or 100, 100) - len(text) - len(f"exit {code}"))
    output.line(text, " " * room, Span(f"exit {code}", "dim"))


def _alone(check: "Check") -> str:
    if check.comparison is None:
        return "It would become the first version."
    return "The level allows this schema." if check.is_allowed else _level_words(check)


def _heading(check: "Check") -> "list[str | Span]":
    comparison, label = check.comparison, check.loaded.label
    if comparison is None:
        return [f"Checked {label}: nothing is registered under {check.subject}."]
    versions = history_words(comparison.history)
    at = f"at {comparison.level or 'a level of its own'} ({versions})"
    verdict = Span("compatible", "green") if check.is_allowed else Span("not compatible", "red")
    if comparison.verdict is None:
        verdict = Span("not judged here", "yellow")
    return [f"Checked {label} against {check.subject} {at}: ", verdict, "."]


def _write_trial(output: Output, check: "Check", trial: "Trial") -> None:
    side = "keys" if trial.side == "key" else "records"
    output.line(
        f"Then against the last {trial.records:,} {side} of {trial.topic},"
        " read as consumers in general read:"
    )
    counts: list[tuple[int, str, StyleName, tuple[Issue, ...]]] = [
        (trial.same, "read and mean the same", "green", ()),
        (trial.changed, "read, but change meaning", "yellow", _of_kind(trial, "changed")),
        (trial.unreadable, "cannot be read", "red", _of_kind(trial, "unreadable")),
        (trial.empty, "without a value" if side == "records" else "without a key", "dim", ()),
        (trial.unknown, "not Avro", "dim", ()),
        *((count, f"of another type, {name}", "dim", ()) for name, count in trial.foreign[:5]),
        *((count, f"do not decode at all: {why}", "dim", ()) for why, count in trial.broken[:5]),
    ]
    shown = [one for index, one in enumerate(counts) if index < 3 or one[0]]
    width = max(len(f"{one[0]:,}") for one in shown)
    left = max((len(words) for _, words, _, issues in shown if issues), default=0)
    for count, words, style, issues in shown:
        text = f"  {count:>{width},}  {pad(words, left) if issues else words}"
        _write_count(output, text, style if count else "dim", issues)
    for change in check.untouched:
        output.line(Span(f"  {' ' * width}  not met in these records: ", "dim"), change.message)


def _of_kind(trial: "Trial", kind: str) -> "tuple[Issue, ...]":
    return tuple(issue for issue in trial.issues if issue.kind == kind)


def _write_count(output: Output, text: str, style: StyleName, issues: "tuple[Issue, ...]") -> None:
    """Write a count with what it is about: each field beside it, or below where it is narrow."""
    if not issues:
        output.line(Span(text, style))
        return
    told = [_issue_words(issue) for issue in issues[:_MOST_ISSUES]]
    if len(issues) > _MOST_ISSUES:
        told.append((f"… and {len(issues) - _MOST_ISSUES:,} more fields", "", ""))
    left = max(display_width(visible(what)) for what, _, _ in told)
    indent = display_width(text) + 3
    if (output.table_width or _WIDEST) < indent + left + 30:
        output.line(Span(text.rstrip(), style))
        text, indent = " " * 9, 9
    for what, where, note in told:
        output.line(Span(pad(text, indent), style), pad(visible(what), left), Span(where, "dim"))
        if note:
            output.line(" " * indent, Span(note, "dim"))
        text = ""


def _issue_words(issue: "Issue") -> tuple[str, str, str]:
    place = issue.path or "(root)"
    what = f"{place}: {issue.before} → {issue.after}"
    if issue.kind == "unreadable":
        what = f"{place}: {issue.after}"
    where = f"   {_records(issue.records)}, {_where(issue)}"
    return what, where, "" if issue.exact is None else _exact_words(issue)
