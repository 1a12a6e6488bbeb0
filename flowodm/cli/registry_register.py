"""`flowodm registry register`: what would become which version; then it is registered."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.confirm import confirm_plan
from flowodm.cli.options import command, session_of
from flowodm.cli.output import Output, Span, StyleName
from flowodm.cli.registry_targets import Target, subject_finder, targets
from flowodm.cli.schema_sources import SOURCE_HELP, open_sources
from flowodm.cli.tables import Column, write_rows
from flowodm.sources.loaded import LoadedSchema, Unloadable

if TYPE_CHECKING:
    from flowodm.sources.comparison import Comparison
    from flowodm.subjects.registration import Registered, Registration, RegistrationStep

__all__ = ["register_schema"]

_Row = tuple["RegistrationStep", "Registered | None"]


@command(
    "flowodm registry register order.avsc --subject orders-value --dry-run",
    "flowodm registry register model:app.events:Order          # the model knows its subject",
    "flowodm registry register orders-value@latest --context new --subject orders-value",
    "flowodm registry register --yes                           # all that flowodm.yaml declares",
)
def register_schema(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(metavar="SOURCE", help=f"{SOURCE_HELP} Without it, all declared."),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            "--subject", "-s", metavar="SUBJECT", help="Its subject; else the one declared."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and the verdict; register nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
) -> int:
    """Register a schema under a subject.

    Shown first: which version it has, or would become, and whether the subject's level allows it,
    with each reason and its cure. The schemas that it uses are registered before it. Exit 3 when a
    level does not allow one; then none is registered.
    """
    from flowodm.subjects.names import check_change
    from flowodm.subjects.registration import apply_registration, plan_registration

    session = session_of(context)
    with open_sources(session) as sources, session.connect() as connection:
        found = targets(session, sources, source, subject)
        if not dry_run:
            check_change(connection, "registry register", found[0].subject)
        registration = plan_registration(
            connection.schema_registry(),
            [(target.subject, _loaded(target)) for target in found],
            subject_finder(session, sources),
        )
        _tell(session.output, registration)
        done: tuple[Registered | None, ...] = (None,) * len(registration.steps)
        if not (dry_run or registration.refused):
            if not registration.is_done:
                named = found[0].subject if len(found) == 1 else connection.context.name
                confirm_plan(
                    session,
                    connection.context,
                    "registry register",
                    named,
                    yes=yes,
                    noun="subject" if len(found) == 1 else "context",
                )
            done = apply_registration(connection, registration)
    rows = list(zip(registration.steps, done, strict=True))
    write_rows(session.output, session.format, rows, _COLUMNS, name=_name)
    return 3 if registration.refused else 0


def _loaded(target: Target) -> LoadedSchema:
    if isinstance(target.found, Unloadable):
        raise target.found.error
    return target.found


def _state(row: _Row) -> str:
    step, done = row
    if step.is_refused:
        return "refused"
    if done is not None:
        return "registered" if done.is_new else "there already"
    return "there already" if step.state == "present" else "would be registered"


def _look(row: _Row) -> StyleName | None:
    return "red" if row[0].is_refused else "dim" if row[0].state == "present" else "green"


def _compatible(row: _Row) -> bool | None:
    comparison = row[0].comparison
    verdict = None if comparison is None else comparison.verdict
    return None if verdict is None else verdict.is_compatible


def _reasons(row: _Row) -> list[str]:
    comparison = row[0].comparison
    verdict = None if comparison is None else comparison.verdict
    if verdict is None:
        return []
    return [f"{one.location}: {one.message}; {one.cure}" for one in verdict.incompatibilities]


def _name(row: _Row) -> str:
    step, done = row
    return f"{step.subject}@{step.version if done is None else done.version}"


_COLUMNS: Final[tuple[Column[_Row], ...]] = (
    Column("SUBJECT", lambda row: row[0].subject, keep=2),
    Column("VERSION", lambda row: row[0].version if row[1] is None else row[1].version),
    Column("ID", lambda row: row[0].schema_id if row[1] is None else row[1].schema_id),
    Column("STATE", _state, style=_look, keep=1),
    Column("SOURCE", lambda row: row[0].loaded.label),
    Column("COMPATIBLE", _compatible, wide=True),
    Column("REASONS", _reasons, wide=True),
)


_SIGNS: Final[dict[str, tuple[str, StyleName]]] = {
    "present": ("=", "dim"),
    "next": ("~", "yellow"),
    "first": ("+", "green"),
}


def _tell(output: Output, registration: "Registration") -> None:
    """Show the plan, a line for each step, and what is to be known of it."""
    for step in registration.steps:
        sign, style = _sign(step)
        output.note(Span(f"{sign} ", style), f"{step.subject}  {_words(step)}")
        if step.comparison is not None:
            _tell_reasons(output, step.comparison)


def _sign(step: "RegistrationStep") -> tuple[str, StyleName]:
    if step.is_refused:
        return "✗", "red"
    return _SIGNS[step.state]


def _words(step: "RegistrationStep") -> str:
    from flowodm.cli.reports.changes import history_words

    if step.comparison is None:
        word = "there already" if step.state == "present" else "the first version"
        return f"v{step.version}, {word}"
    comparison = step.comparison
    before = comparison.old.version
    words = f"v{before} → v{step.version}"
    if comparison.level is None:
        return f"{words}, which the registry will judge"
    if (refused := comparison.refused_by) is not None:
        return f"{words}: {comparison.level} refuses it, it may not follow {refused.short_label}"
    return f"{words}, compatible ({comparison.level}, {history_words(comparison.history)} checked)"


def _tell_reasons(output: Output, comparison: "Comparison") -> None:
    from flowodm.avro import Severity

    verdict = comparison.verdict
    for one in () if verdict is None else verdict.incompatibilities:
        output.note(f"    {one.location}  {one.message}")
        output.note(Span(f"      Cure: {one.cure}", "dim"))
    if verdict is not None and not verdict.is_compatible:
        return
    level = comparison.level
    for change in comparison.changes:
        severity = change.severity if level is None else change.severity_at(level)
        if severity is Severity.DANGEROUS:
            output.note(Span("    ! ", "yellow"), change.message)
            if change.cure:
                output.note(Span(f"      Cure: {change.cure}", "dim"))
