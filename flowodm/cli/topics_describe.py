"""`flowodm topics describe`: one topic, with who reads it and what is in it."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.groups import state_style
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span, StyleName
from flowodm.cli.tables import Column, duration, machine_row, write_document, write_rows
from flowodm.display.groups import group_remark

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.groups import Group, GroupReading
    from flowodm.topics import ConfigEntry, PartitionDetail, TopicDetail, TopicSubject

__all__ = ["describe_topic"]


def _state(partition: "PartitionDetail") -> StyleName:
    if partition.state == "ok":
        return "green"
    return "red" if partition.state == "offline" else "yellow"


_PARTITION_COLUMNS: Final[tuple[Column["PartitionDetail"], ...]] = (
    Column("PARTITION", lambda partition: partition.number),
    Column("LEADER", lambda partition: partition.leader),
    Column("EPOCH", lambda partition: partition.leader_epoch, key="leader_epoch"),
    Column("REPLICAS", lambda partition: partition.replicas),
    Column("IN SYNC", lambda partition: partition.in_sync),
    Column("START", lambda partition: partition.start),
    Column("END", lambda partition: partition.end),
    Column("RECORDS", lambda partition: partition.span),
    Column("STATE", lambda partition: partition.state, style=_state, keep=1),
    Column(
        "REMARK",
        lambda partition: partition.error,
        key="error",
        text=lambda partition: partition.error or "",
        style=lambda partition: "red",
        wide=True,
    ),
)
_SUBJECT_COLUMNS: Final[tuple[Column["TopicSubject"], ...]] = (
    Column("SUBJECT", lambda subject: subject.name, keep=1),
    Column("VERSION", lambda subject: subject.version),
    Column("ID", lambda subject: subject.schema_id),
    Column("TYPE", lambda subject: subject.schema_type),
)
_GROUP_COLUMNS: Final[tuple[Column["Group"], ...]] = (
    Column("GROUP", lambda group: group.name, keep=2),
    Column("STATE", lambda group: group.state, style=lambda group: state_style(group.state)),
    Column("MEMBERS", lambda group: None if group.error else _members(group)),
    Column("LAG", lambda group: group.lag),
    Column(
        "REMARK",
        group_remark,
        text=lambda group: group_remark(group) or "",
        style=lambda group: "red" if group.errors else "dim",
        keep=1,
    ),
)


def _members(group: "Group") -> int:
    """Count the members that have a partition of the topic."""
    return len({one.member.member_id for one in group.partitions if one.member is not None})


@command(
    "flowodm topics describe user-events",
    "flowodm topics describe user-events --all-configs",
    "flowodm topics describe user-events -o json | jq '.partitions[].end'",
)
def describe_topic(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic.")],
    all_configs: Annotated[
        bool,
        typer.Option("--all-configs", help="All settings that count for it, and who sets them."),
    ] = False,
) -> int:
    """Show one topic in detail.

    The settings that it does not share with the cluster; its partitions with leader, copies and
    offsets; the schemas that the registry has for it; and the groups that read it or have read
    it, with the lag of each. RECORDS counts offsets; compaction and transactions leave fewer. What
    may not be seen says so, and the exit code is 4.
    """
    from flowodm.topics import describe_topic as describe

    session = session_of(context)
    form = session.format
    with session.connect() as connection:
        detail = describe(connection, topic, with_subjects=form != "name")
        readers = None if form == "name" else _readers(session, connection, detail)
    if form in ("table", "wide"):
        _write_for_people(session, detail, readers, all_configs=all_configs)
    elif form == "name":
        session.output.line(detail.name)
    else:
        document = _document(detail, readers, all_configs=all_configs)
        write_document(session.output, form, document)
    _warn(session, detail, readers)
    return _exit_code(detail, readers)


def _readers(
    session: Session, connection: "KafkaConnection", topic: "TopicDetail"
) -> "GroupReading | None":
    from flowodm.errors import BrokerError
    from flowodm.groups import read_readers

    try:
        return read_readers(connection, topic)
    except BrokerError as error:
        session.output.warn(f"who reads it is not known: {error.message}")
        return None


def _warn(session: Session, detail: "TopicDetail", readers: "GroupReading | None") -> None:
    if detail.settings is None:
        session.output.warn("its settings may not be seen by this user")
    for failure in detail.failures:
        session.output.warn(f"its schemas are not known: {failure.message}")
    for failure in readers.failures if readers else ():
        session.output.warn(f"there may be more groups: {failure.message}")


def _exit_code(detail: "TopicDetail", readers: "GroupReading | None") -> int:
    """Return 4 where something may not be seen, and 1 where groups are not known."""
    from flowodm.connection.errors import exit_code_of
    from flowodm.errors import AuthorizationError

    if detail.settings is None:
        return AuthorizationError.exit_code
    if readers is None:
        return 1
    groups = [group.error for group in readers.groups if group.error is not None]
    return exit_code_of((*readers.failures, *groups))


def _write_for_people(
    session: Session,
    detail: "TopicDetail",
    readers: "GroupReading | None",
    *,
    all_configs: bool,
) -> None:
    output, form = session.output, session.format
    count = len(detail.partitions)
    output.line(
        Span(detail.name, "bold"),
        f"  {count:,} {'partition' if count == 1 else 'partitions'}, replication "
        f"{detail.replicas}, {detail.span:,} {'record' if detail.span == 1 else 'records'}",
        Span(f"  id {detail.topic_id}" if form == "wide" else "", "dim"),
    )
    _write_settings(session, detail, all_configs=all_configs)
    output.line("")
    write_rows(
        output, form, detail.partitions, _PARTITION_COLUMNS, name=lambda one: str(one.number)
    )
    if detail.subjects:
        output.line("")
        write_rows(output, form, detail.subjects, _SUBJECT_COLUMNS, name=lambda one: one.name)
    if readers is not None:
        output.line("")
        if readers.groups:
            write_rows(output, form, readers.groups, _GROUP_COLUMNS, name=lambda one: one.name)
        else:
            output.line(Span("no group reads it", "dim"))


def _write_settings(session: Session, detail: "TopicDetail", *, all_configs: bool) -> None:
    for entry in (detail.settings if all_configs else detail.config) or ():
        session.output.line(
            "  ",
            Span(entry.name, "dim"),
            f" = {_readable(entry)}",
            Span(f"  {entry.source}" if all_configs else "", "dim"),
        )


def _readable(entry: "ConfigEntry") -> str:
    """Spell milliseconds out beside the number."""
    value = entry.value
    if value is None:
        return "********"
    if not entry.name.endswith(".ms") or not value.isdecimal():
        return value
    from datetime import timedelta

    try:
        return f"{value} ({duration(timedelta(milliseconds=int(value)))})"
    except OverflowError:  # for ever, as some write it
        return value


def _document(
    detail: "TopicDetail", readers: "GroupReading | None", *, all_configs: bool
) -> dict[str, object]:
    document: dict[str, object] = {
        "name": detail.name,
        "topic_id": detail.topic_id,
        "is_internal": detail.is_internal,
        "replicas": detail.replicas,
        "records": detail.span,
        "config": (
            None if detail.config is None else {entry.name: entry.value for entry in detail.config}
        ),
    }
    if all_configs and detail.settings is not None:
        document["all_configs"] = {
            entry.name: {"value": entry.value, "source": entry.source} for entry in detail.settings
        }
    return document | {
        "partitions": [machine_row(one, _PARTITION_COLUMNS) for one in detail.partitions],
        "subjects": (
            None
            if detail.subjects is None
            else [machine_row(one, _SUBJECT_COLUMNS) for one in detail.subjects]
        ),
        "groups": (
            None
            if readers is None
            else [machine_row(one, _GROUP_COLUMNS) for one in readers.groups]
        ),
    }
