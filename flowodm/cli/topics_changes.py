"""`flowodm topics create`, `alter`, `delete` and `purge`: shown first, then confirmed, then done."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.confirm import DryRun, Yes, confirm_change, confirm_plan
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span
from flowodm.cli.tables import Column, machine_row, write_document, write_rows
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.topics import Alteration, Purge, PurgeStep, TopicDetail

__all__ = ["alter_topic", "create_topic", "delete_topic", "purge_topic"]

_FORMATS: Final = ("table", "json", "ndjson", "yaml")
_PATIENCE: Final = 12.0

Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        "-s",
        metavar="KEY=VALUE",
        help="A setting; may be repeated. Those in ms take 7d, 12h, …",
    ),
]


@command(
    "flowodm topics create orders --partitions 6 -s retention.ms=7d",
    "flowodm topics create orders --replication 3 -s cleanup.policy=compact --dry-run",
    formats=_FORMATS,
    patience=_PATIENCE,
)
def create_topic(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="Its name.")],
    partitions: Annotated[
        int | None, typer.Option("--partitions", min=1, help="Else the cluster's default.")
    ] = None,
    replication: Annotated[
        int | None, typer.Option("--replication", min=1, help="Copies; else the cluster's default.")
    ] = None,
    settings: Settings = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Create a topic.

    With --dry-run the broker checks it and makes none.
    """
    from flowodm.topics import TopicSpec
    from flowodm.topics import create_topic as create

    session = session_of(context)
    spec = TopicSpec(topic, partitions, replication, _settings(settings))
    with session.connect() as connection:
        if not dry_run:
            connection.check_change("topics create", topic)
        create(connection, spec, validate_only=True)
        if not dry_run:
            confirm_change(session, connection.context, "topics create", topic, yes=yes)
            create(connection, spec)
    _end(session, topic, "created", is_done=not dry_run)


@command(
    "flowodm topics alter orders -s retention.ms=3d --unset cleanup.policy",
    "flowodm topics alter orders --partitions 12 --dry-run",
    formats=_FORMATS,
    patience=_PATIENCE,
)
def alter_topic(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic.")],
    settings: Settings = None,
    unset: Annotated[
        list[str] | None,
        typer.Option("--unset", metavar="KEY", help="Back to the cluster's; may be repeated."),
    ] = None,
    partitions: Annotated[
        int | None, typer.Option("--partitions", min=1, help="How many there are to be.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Alter a topic: its settings, and the number of its partitions.

    What would change is shown first, and the broker checks all of it before the first is done.
    More partitions move keys: a key's old records and its new ones are then in different ones.
    """
    from flowodm.topics import apply_alteration, plan_alteration

    if not settings and not unset and partitions is None:
        raise UsageError(
            "nothing to alter", hint="for example -s retention.ms=7d, or --partitions 6"
        )
    session = session_of(context)
    wanted = _settings(settings)
    with session.connect() as connection:
        if not dry_run:
            connection.check_change("topics alter", topic)
        plan = plan_alteration(
            connection, topic, settings=wanted, unset=unset or (), partitions=partitions
        )
        _tell_alteration(session, plan)
        if plan.is_needed and not dry_run:
            confirm_plan(
                session,
                connection.context,
                "topics alter",
                topic,
                yes=yes,
                noun="topic",
                grave="Partitions cannot be taken away again." if plan.partitions else None,
            )
            apply_alteration(connection, plan)
    _end_alteration(session, plan, is_done=not dry_run and plan.is_needed)


def _settings(texts: Iterable[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"`{text}` is not `KEY=VALUE`", hint="for example retention.ms=7d")
        if key in found:
            raise UsageError(f"`{key}` is set twice")
        found[key] = _value(key, value)
    return found


def _value(key: str, value: str) -> str:
    """Spell a duration as Kafka has it: `retention.ms=7d` is 604800000."""
    from flowodm.times import parse_duration

    if not key.endswith(".ms") or not value[-1:].isalpha():
        return value
    return str(round(parse_duration(value) * 1000))


def _tell_alteration(session: Session, plan: "Alteration") -> None:
    for change in plan.settings:
        before = "(the cluster's)" if change.before is None else change.before
        after = "(the cluster's)" if change.after is None else change.after
        session.output.note(Span("~ ", "yellow"), f"{change.name}  {before} → {after}")
    if plan.partitions is not None:
        count = len(plan.topic.partitions)
        session.output.note(Span("~ ", "yellow"), f"partitions  {count:,} → {plan.partitions:,}")
        session.output.warn("keys move: order per key is not kept across the change")
    if not plan.is_needed:
        session.output.note(f"{plan.topic.name}: as asked for already; nothing to change")


def _end_alteration(session: Session, plan: "Alteration", *, is_done: bool) -> None:
    name = plan.topic.name
    if session.format == "table":
        if plan.is_needed:
            session.output.line(f"topic {name} {'altered' if is_done else 'would be altered'}")
        return
    changes = {one.name: {"before": one.before, "after": one.after} for one in plan.settings}
    count = len(plan.topic.partitions)
    document = {
        "topic": name,
        "config": changes,
        "partitions": {"before": count, "after": plan.partitions or count},
        "altered": is_done,
    }
    write_document(session.output, session.format, document)


@command(
    "flowodm topics delete orders-old",
    "flowodm topics delete orders-old --yes",
    formats=_FORMATS,
    patience=_PATIENCE,
)
def delete_topic(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic.")],
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Delete a topic with all its records.

    What would go is shown first, and the topic's name is to be typed.
    """
    from flowodm.topics import delete_topic as delete
    from flowodm.topics import describe_topic

    session = session_of(context)
    with session.connect() as connection:
        if not dry_run:
            connection.check_change("topics delete", topic)
        detail = describe_topic(connection, topic)
        _tell_deletion(session, detail)
        if not dry_run:
            confirm_plan(
                session,
                connection.context,
                "topics delete",
                topic,
                yes=yes,
                noun="topic",
                grave="This cannot be undone.",
            )
            delete(connection, topic)
    _end(session, topic, "deleted", is_done=not dry_run)


def _tell_deletion(session: Session, detail: "TopicDetail") -> None:
    count = len(detail.partitions)
    parts = "partition" if count == 1 else "partitions"
    session.output.note(
        Span("- ", "red"), f"{detail.name}: {count:,} {parts}, {detail.span:,} offsets"
    )


_PURGE_COLUMNS: Final[tuple[Column["PurgeStep"], ...]] = (
    Column("PARTITION", lambda step: step.partition),
    Column("START", lambda step: step.start),
    Column("NEW START", lambda step: step.to),
    Column("END", lambda step: step.end),
    Column("DELETED", lambda step: step.count, style=lambda step: "red" if step.count else "dim"),
    Column("NOTE", lambda step: step.note, text=lambda step: step.note or ""),
)


@command(
    "flowodm topics purge orders --to @-7d --dry-run",
    "flowodm topics purge orders --to end --partition 0,3-5",
    formats=_FORMATS,
    patience=_PATIENCE,
)
def purge_topic(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic.")],
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="POSITION", help="The first record that stays: end, N, -N, @-7d, …"
        ),
    ],
    partition: Annotated[
        str | None,
        typer.Option("--partition", "-p", metavar="LIST", help="Only these: 0,3-5. Else all."),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Delete the records of a topic up to a position.

    What would go from each partition is shown first, and the topic's name is to be typed.
    """
    from flowodm.positions import parse_partitions, parse_position
    from flowodm.topics import apply_purge, plan_purge

    session = session_of(context)
    position = parse_position(to, now=datetime.now(UTC))
    numbers = None if partition is None else parse_partitions(partition)
    with session.connect() as connection:
        if not dry_run:
            connection.check_change("topics purge", topic)
        plan = plan_purge(connection, topic, position, partitions=numbers)
        if session.format == "table":
            write_rows(
                session.output, "table", plan.steps, _PURGE_COLUMNS, name=lambda one: str(one)
            )
        is_done = bool(plan.count) and not dry_run
        if is_done:
            session.output.flush()
            confirm_plan(
                session,
                connection.context,
                "topics purge",
                topic,
                yes=yes,
                noun="topic",
                grave=f"{plan.count:,} offsets go, and this cannot be undone.",
            )
            apply_purge(connection, plan)
    _end_purge(session, plan, is_done=is_done)


def _end_purge(session: Session, plan: "Purge", *, is_done: bool) -> None:
    if session.format == "table":
        done = "deleted" if is_done else "would be deleted" if plan.count else "to delete"
        session.output.note(f"{plan.topic.name}: {plan.count:,} offsets {done}")
        return
    document = {
        "topic": plan.topic.name,
        "offsets": plan.count,
        "purged": is_done,
        "partitions": [machine_row(step, _PURGE_COLUMNS) for step in plan.steps],
    }
    write_document(session.output, session.format, document)


def _end(session: Session, topic: str, done: str, *, is_done: bool) -> None:
    if session.format == "table":
        session.output.line(f"topic {topic} {done if is_done else f'would be {done}'}")
    else:
        write_document(session.output, session.format, {"topic": topic, done: is_done})
