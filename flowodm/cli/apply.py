"""`flowodm apply`: a plan shown, confirmed, and carried out step by step."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from flowodm.cli.confirm import Yes, confirm_plan
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import OutputClosed, OutputFailed
from flowodm.cli.plan import PruneOption, proven_plan, reading
from flowodm.cli.process import Shield
from flowodm.cli.tables import write_document
from flowodm.errors import PlanError, UsageError

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.plan import Done, Plan

__all__ = ["apply"]

_PATIENCE: Final = 16.0
"""A step that is under way is done whole: brokers have fifteen seconds for it."""


@command(
    "flowodm apply",
    "flowodm apply deploy/flowodm.yaml --context prod",
    "flowodm plan --out plan.json && flowodm apply plan.json   # that plan, or nothing",
    "flowodm apply --yes -o ndjson                             # in CI",
    formats=("table", "json", "ndjson"),
    patience=_PATIENCE,
)
def apply(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="What is declared, or a saved plan; else the project's flowodm.yaml.",
        ),
    ] = None,
    prune: PruneOption = False,
    yes: Yes = False,
) -> int:
    """Change what there is to what flowodm.yaml declares.

    The plan is shown and confirmed, and each step told when it is done. Anything that stands in
    the way stops all of it before the first step. A step that fails ends the run, and says what is
    done and what is not; to apply again does the rest.

    A saved plan is refused when the state has moved since it was made.
    """
    session = session_of(context)
    with _planning(session, file, prune) as (connection, found):
        _show(session, connection, found, yes)
        if not found.is_applicable:
            return _refuse(session, connection, found)
        if not found.steps:
            return _end(session, connection, found, [])
        _confirm(session, connection, found, yes)
        return _carry_out(session, connection, found)


@contextmanager
def _planning(
    session: Session, file: str | None, prune: bool
) -> "Iterator[tuple[KafkaConnection, Plan]]":
    """Make the plan, or the saved one anew, and prove it; a context that refuses is asked first."""
    if file is not None and _is_saved(file):
        if prune:
            raise UsageError(
                "a saved plan says itself whether it prunes", hint="leave `--prune` out"
            )
        with session.connect() as connection:
            connection.check_change("apply")
            yield connection, _renewed(session, connection, file)
        return
    with reading(session, file) as (desired, connection):
        connection.check_change("apply")
        yield connection, proven_plan(session, connection, desired, prune=prune)


def _is_saved(file: str) -> bool:
    from flowodm.plan.saved import is_saved_plan

    return is_saved_plan(Path(file))


def _renewed(session: Session, connection: "KafkaConnection", file: str) -> "Plan":
    from flowodm.plan import prove_plan
    from flowodm.plan.saved import read_saved_plan, renew_plan

    output = session.output
    output.status(f"comparing {file} with what there is …")
    found = prove_plan(
        connection,
        renew_plan(connection, read_saved_plan(Path(file))),
        on_progress=lambda done, total: output.status(f"proven {done:,} of {total:,} changes"),
    )
    output.clear_status()
    return found


def _show(session: Session, connection: "KafkaConnection", plan: "Plan", yes: bool) -> None:
    """Show the plan; `--quiet` leaves it out only where nobody is asked about it."""
    from flowodm.display.plan import plan_lines

    output = session.output
    is_asked = output.stderr.is_tty and not yes
    write = output.message if is_asked else output.note
    width = output.width if output.stderr.is_tty else None
    for line in plan_lines(plan, connection.context, width, is_applied=True):
        write(*line)


def _confirm(session: Session, connection: "KafkaConnection", plan: "Plan", yes: bool) -> None:
    context = connection.context
    grave = None
    if plan.deletions:
        topics = "topic" if len(plan.deletions) == 1 else "topics"
        grave = f"{len(plan.deletions):,} {topics} would be deleted, and this cannot be undone."
    confirm_plan(
        session,
        context,
        "apply",
        context.name,
        yes=yes,
        noun="context",
        grave=grave,
        preview="`flowodm plan` only shows what it would do",
    )


def _carry_out(session: Session, connection: "KafkaConnection", plan: "Plan") -> int:
    from flowodm.plan import carry_out

    done: list[Done] = []
    steps = carry_out(connection, plan)
    try:
        with Shield() as shield:
            while len(done) < len(plan.steps):
                _tell_next(session, plan, len(done))
                with shield.up():
                    done.append(next(steps))
                    with suppress(OutputClosed, OutputFailed):  # told at the end
                        _tell_done(session, done[-1])
    except KeyboardInterrupt:
        _tell_stopped(session, plan, len(done))
        _end(session, connection, plan, done, is_told=True)
        raise
    except PlanError as error:
        _end(session, connection, plan, done, error=error, is_told=True)
        raise
    return _end(session, connection, plan, done)


def _tell_next(session: Session, plan: "Plan", number: int) -> None:
    from flowodm.plan.applying import step_words

    words = step_words(plan.steps[number])
    session.output.status(f"step {number + 1:,} of {len(plan.steps):,}: {words}")


def _tell_done(session: Session, done: "Done") -> None:
    from flowodm.display.plan import done_words
    from flowodm.plan.document import done_document

    if session.format == "ndjson":
        write_document(session.output, "ndjson", done_document(done))
    elif session.format == "table":
        session.output.line(done_words(done))
    session.output.flush()


def _tell_stopped(session: Session, plan: "Plan", count: int) -> None:
    from flowodm.plan.applying import step_words

    left = len(plan.steps) - count
    words = f"next would be to {step_words(plan.steps[count])}" if left else "none is left"
    session.output.message(
        f"stopped after {count:,} of {len(plan.steps):,} steps; {words}. To apply again does the rest."
    )


def _refuse(session: Session, connection: "KafkaConnection", plan: "Plan") -> int:
    from flowodm.plan.applying import check_applicable

    try:
        check_applicable(plan)
    except PlanError as error:
        _end(session, connection, plan, [], error=error, is_told=True)
        raise
    return 0


def _end(
    session: Session,
    connection: "KafkaConnection",
    plan: "Plan",
    done: "list[Done]",
    *,
    error: PlanError | None = None,
    is_told: bool = False,
) -> int:
    """Write what was done and what was not, for machines; for people what was done is told."""
    from flowodm.plan.document import done_document, plan_document, step_document

    session.output.clear_status()
    if session.format == "json":
        whole = plan_document(plan, connection.context)
        kept = ("context", "bootstrap_servers", "cluster_id", "file", "blockers")
        document: dict[str, Any] = {key: whole[key] for key in kept}
        document["done"] = [done_document(one) for one in done]
        document["undone"] = [step_document(step) for step in plan.steps[len(done) :]]
        document["error"] = None if error is None else error.message
        write_document(session.output, "json", document)
    elif done and not is_told:
        words = "step is" if len(done) == 1 else "steps are"
        session.output.note(f"{len(done):,} {words} done; everything is as declared")
    return 0
