"""`flowodm groups reset` and `delete`: shown first, then confirmed, then done."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.confirm import DryRun, Yes, confirm_plan
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span, StyleName
from flowodm.cli.tables import Column, machine_value, write_document, write_rows
from flowodm.display.groups import change_text
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.groups import Group, ResetPlan, ResetStep

__all__ = ["delete_group", "reset_group"]

_FORMATS: Final = ("table", "json", "ndjson", "yaml")


def _change_style(step: "ResetStep") -> StyleName | None:
    return "yellow" if step.is_needed else "dim"


_COLUMNS: Final[tuple[Column["ResetStep"], ...]] = (
    Column("TOPIC", lambda step: step.partition.topic, keep=1),
    Column("PARTITION", lambda step: step.partition.number),
    Column("COMMITTED", lambda step: step.before.offset if step.before else None, key="before"),
    Column("NEW", lambda step: step.after.offset if step.after else None, key="after"),
    Column("CHANGE", lambda step: step.change, text=change_text, style=_change_style, keep=2),
    Column("NOTE", lambda step: step.note, text=lambda step: step.note or ""),
)


@command(
    "flowodm groups reset billing --topic user-events --to start      # only shows it",
    "flowodm groups reset billing --topic user-events --to @-1h --execute",
    "flowodm groups reset billing --topic user-events --partition 0,3-5 --to stored-100",
    "flowodm groups reset billing --undo flowodm-undo-billing-20261130T120000Z.json --execute",
    formats=_FORMATS,
    patience=6.0,
)
def reset_group(
    context: typer.Context,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The group.")],
    topic: Annotated[
        str | None, typer.Option("--topic", "-t", metavar="TOPIC", help="The topic.")
    ] = None,
    partition: Annotated[
        str | None,
        typer.Option("--partition", "-p", metavar="LIST", help="Only these: 0,3-5. Else all."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="POSITION",
            help="Where to: start, end, N, +N, -N, stored-N, @-1h, @2026-11-30, …",
        ),
    ] = None,
    undo: Annotated[
        str | None,
        typer.Option("--undo", metavar="FILE", help="Take a reset back that wrote this file."),
    ] = None,
    undo_file: Annotated[
        str | None,
        typer.Option("--undo-file", metavar="FILE", help="Where to write what takes this back."),
    ] = None,
    execute: Annotated[
        bool, typer.Option("--execute", help="Do it; without this it is only shown.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Move the offsets of a group.

    Shows what would be: where each partition is and would be, and how many offsets are skipped
    (+) or read again (-). --execute does it, after a file is written that takes it back. Only
    while the group has no members; only the topic and the partitions that are named.
    """
    from flowodm.groups.changes import check_reset

    session = session_of(context)
    _check_arguments(topic, partition, to, undo)
    with session.connect() as connection:
        if execute and undo is None:
            connection.check_change("groups reset", topic)
        plan = _plan(connection, group, topic, partition, to, undo)
        if execute and undo is not None:
            check_reset(connection, plan)
        if session.format == "table":
            _tell(session, plan)
        written = None
        if execute:
            plan.check()
            written = _execute(session, connection, plan, undo_file, yes=yes)
    _end(session, plan, written, is_done=execute)


def _check_arguments(
    topic: str | None, partition: str | None, to: str | None, undo: str | None
) -> None:
    if undo is not None:
        if topic is not None or partition is not None or to is not None:
            raise UsageError("`--undo` says itself what goes where; leave out the other options")
    elif topic is None or to is None:
        raise UsageError(
            "a reset needs `--topic` and `--to`",
            hint="for example --topic user-events --to @-1h; or --undo FILE",
        )


def _plan(
    connection: "KafkaConnection",
    group: str,
    topic: str | None,
    partition: str | None,
    to: str | None,
    undo: str | None,
) -> "ResetPlan":
    from flowodm.groups import parse_target, plan_reset, plan_undo, read_undo
    from flowodm.positions import parse_partitions

    if undo is not None:
        return plan_undo(connection, group, read_undo(Path(undo)))
    assert topic is not None
    assert to is not None
    numbers = None if partition is None else parse_partitions(partition)
    target = parse_target(to, now=datetime.now(UTC))
    return plan_reset(connection, group, topic, target, partitions=numbers)


def _tell(session: Session, plan: "ResetPlan") -> None:
    write_rows(
        session.output,
        "table",
        plan.steps,
        _COLUMNS,
        name=lambda step: str(step.partition),
        empty="no partitions",
    )
    count = len(plan.needed)
    what = (
        f"{count:,} {'partition' if count == 1 else 'partitions'} of {plan.group.name} would move"
    )
    session.output.note(f"{what}: {plan.skipped:,} skipped, {plan.replayed:,} replayed")
    new = sum(step.before is None for step in plan.needed)
    if new:
        session.output.warn(
            f"{new:,} {'has' if new == 1 else 'have'} no commit yet; a commit cannot be taken away "
            "again"
        )
    if plan.group.is_active:
        session.output.warn(
            f"group {plan.group.name} is {plan.group.state}: a reset is refused while it is active"
        )


def _execute(
    session: Session,
    connection: "KafkaConnection",
    plan: "ResetPlan",
    undo_file: str | None,
    *,
    yes: bool,
) -> Path | None:
    """Have it confirmed, write the undo file, do it."""
    from flowodm.groups import apply_reset, write_undo
    from flowodm.groups.changes import undo_of
    from flowodm.groups.undo import undo_name

    if not plan.needed:
        return None
    session.output.flush()
    confirm_plan(
        session,
        connection.context,
        "groups reset",
        plan.group.name,
        yes=yes,
        noun="group",
        preview="without `--execute` it is only shown",
    )
    path = Path(undo_file or undo_name(plan.group.name))
    write_undo(undo_of(plan), path)
    session.output.note(f"to take it back: flowodm groups reset {plan.group.name} --undo {path}")
    apply_reset(connection, plan)
    return path


def _end(session: Session, plan: "ResetPlan", written: Path | None, *, is_done: bool) -> None:
    if session.format == "table":
        if not plan.needed:
            session.output.note("nothing to change")
        elif is_done:
            session.output.note(Span("done", "green"), f": group {plan.group.name} is reset")
        else:
            session.output.note("nothing was changed; do it with --execute")
        return
    document = {
        "group": plan.group.name,
        "state": plan.group.state,
        "skipped": plan.skipped,
        "replayed": plan.replayed,
        "executed": is_done and bool(plan.needed),
        "undo_file": None if written is None else str(written),
        "partitions": [
            {column.name: machine_value(column.value(step)) for column in _COLUMNS}
            for step in plan.steps
        ],
    }
    write_document(session.output, session.format, document)


@command(
    "flowodm groups delete billing-test",
    "flowodm groups delete billing-test --yes",
    formats=_FORMATS,
)
def delete_group(
    context: typer.Context,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The group.")],
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Delete a group.

    What it has stored is shown first. A group that has members is not deleted.
    """
    from flowodm.groups import apply_deletion, check_deletion, read_group

    session = session_of(context)
    with session.connect() as connection:
        if not dry_run:
            connection.check_change("groups delete")
        found = read_group(connection, group)
        _tell_deletion(session, found)
        check_deletion(found)
        if not dry_run:
            confirm_plan(
                session,
                connection.context,
                "groups delete",
                group,
                yes=yes,
                noun="group",
                grave="Its offsets are gone then, and its consumers begin anew.",
            )
            apply_deletion(connection, found)
    _end_deletion(session, found, is_done=not dry_run)


def _tell_deletion(session: Session, group: "Group") -> None:
    for topic in group.topics:
        parts = [one for one in group.partitions if one.partition.topic == topic]
        held = sum(one.committed is not None for one in parts)
        lags = [one.lag for one in parts if one.lag is not None]
        lag = f", lag {sum(lags):,}" if lags else ""
        session.output.note(
            Span("- ", "red"), f"{topic}: commits of {held:,} of {len(parts):,} partitions{lag}"
        )


def _end_deletion(session: Session, group: "Group", *, is_done: bool) -> None:
    if session.format == "table":
        done = "deleted" if is_done else "would be deleted"
        session.output.line(f"group {group.name} {done}")
        return
    document = {"group": group.name, "topics": list(group.topics), "deleted": is_done}
    write_document(session.output, session.format, document)
