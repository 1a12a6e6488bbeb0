"""`flowodm groups list` and `describe`. What it means is in `flowodm/groups/`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span, StyleName
from flowodm.cli.tables import Column, machine_value, write_document, write_rows
from flowodm.display.groups import (
    age_text,
    assignment_of,
    assignment_text,
    group_remark,
    unread_age,
)

if TYPE_CHECKING:
    from flowodm.groups import Group, GroupPartition, GroupReading, Member

__all__ = ["describe_group", "list_groups", "state_style", "warn_of"]

Sort = Literal["name", "state", "members", "lag"]


def state_style(state: str) -> StyleName | None:
    """Return the style of a group's state."""
    if state == "stable":
        return "green"
    return "dim" if state in ("empty", "dead") else "yellow"


def warn_of(session: Session, reading: "GroupReading") -> None:
    """Warn of brokers that did not list their groups."""
    for failure in reading.failures:
        session.output.warn(f"there may be more groups: {failure.message}")


_GROUP_COLUMNS: Final[tuple[Column["Group"], ...]] = (
    Column("GROUP", lambda group: group.name, key="name", keep=2),
    Column("STATE", lambda group: group.state, style=lambda group: state_style(group.state)),
    Column("PROTOCOL", lambda group: group.protocol),
    Column("MEMBERS", lambda group: None if group.error else len(group.members)),
    Column("LAG", lambda group: group.lag),
    Column("TOPICS", lambda group: group.topics, wide=True),
    Column("ASSIGNOR", lambda group: group.assignor, wide=True),
    Column(
        "COORDINATOR",
        lambda group: group.coordinator.id if group.coordinator else None,
        wide=True,
        text=lambda group: str(group.coordinator.id) if group.coordinator else "–",
    ),
    Column(
        "REMARK",
        group_remark,
        text=lambda group: group_remark(group) or "",
        style=lambda group: "red" if group.errors else "dim",
        keep=1,
    ),
)


@command(
    "flowodm groups list",
    "flowodm groups list 'billing-*'                # a glob; --regex takes a pattern",
    "flowodm groups list --sort lag -o wide",
)
def list_groups(
    context: typer.Context,
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="Which groups: a glob over the name.")
    ] = None,
    regex: Annotated[
        bool, typer.Option("--regex", "-r", help="The pattern is a regular expression.")
    ] = False,
    sort: Annotated[Sort, typer.Option(help="The order; numbers go from high to low.")] = "name",
) -> int:
    """List the consumer groups of a cluster.

    LAG is what a group has not read and is there, in all its partitions that have a commit. A
    group or a topic that may not be seen says so, and the exit code is 4.
    """
    from flowodm.groups import read_groups

    session = session_of(context)
    with session.connect() as connection:
        reading = read_groups(connection, pattern=pattern, is_regex=regex)
    write_rows(
        session.output,
        session.format,
        _sorted(reading.groups, sort),
        _GROUP_COLUMNS,
        name=lambda group: group.name,
        empty="no groups" if pattern is None else "no group fits",
    )
    warn_of(session, reading)
    return reading.exit_code


def _sorted(groups: "Iterable[Group]", sort: Sort) -> "list[Group]":
    match sort:
        case "name":
            return list(groups)
        case "state":
            return sorted(groups, key=lambda group: group.state)
        case "members":
            return sorted(groups, key=lambda group: -len(group.members))
        case "lag":
            return sorted(groups, key=lambda group: -(-1 if group.lag is None else group.lag))


_MEMBER_COLUMNS: Final[tuple[Column["Member"], ...]] = (
    Column("CLIENT", lambda member: member.client_id, key="client_id", keep=1),
    Column("HOST", lambda member: member.host),
    Column("INSTANCE", lambda member: member.instance_id, key="instance_id", wide=True),
    Column("MEMBER", lambda member: member.member_id, key="member_id", wide=True),
    Column(
        "PARTITIONS",
        lambda member: assignment_of(member.assignment),
        key="assignment",
        text=lambda member: assignment_text(member.assignment),
    ),
)


_PARTITION_COLUMNS: Final[tuple[Column["GroupPartition"], ...]] = (
    Column("TOPIC", lambda one: one.partition.topic, keep=2),
    Column("PARTITION", lambda one: one.partition.number),
    Column("COMMITTED", lambda one: one.committed),
    Column("START", lambda one: one.start, wide=True),
    Column("END", lambda one: one.end),
    Column("LAG", lambda one: one.lag, style=lambda one: "yellow" if one.lag else None),
    Column("IN TIME", unread_age, key="lag_seconds", text=lambda one: age_text(unread_age(one))),
    Column("UNREAD SINCE", lambda one: one.unread_since, wide=True),
    Column("CLIENT", lambda one: one.member.client_id if one.member else None),
    Column(
        "REMARK",
        lambda one: one.remark,
        text=lambda one: one.remark or "",
        style=lambda one: "red" if one.error else "yellow",
        keep=1,
    ),
)


@command(
    "flowodm groups describe billing",
    "flowodm groups describe billing -o json | jq '.partitions[] | select(.lag > 0)'",
)
def describe_group(
    context: typer.Context,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The group.")],
) -> int:
    """Show one group in detail.

    Its members with what they were given, and how far it is in each partition of its topics. IN
    TIME is how long its first unread record has been there.
    """
    from flowodm.groups import read_group

    session = session_of(context)
    with session.connect() as connection:
        found = read_group(connection, group)
    if session.format in ("table", "wide"):
        _write_for_people(session, found)
    elif session.format == "name":
        session.output.line(found.name)
    else:
        write_document(session.output, session.format, _document(found))
    return _exit_code(found)


def _write_for_people(session: Session, group: "Group") -> None:
    output, form = session.output, session.format
    how = f"{group.protocol}, {group.assignor}" if group.assignor else group.protocol
    where = "" if group.coordinator is None else f"  coordinator {group.coordinator.id}"
    address = "" if group.coordinator is None else f" ({group.coordinator.address})"
    output.line(
        Span(group.name, "bold"),
        "  ",
        Span(group.state, state_style(group.state)),
        f"  {how}{where}{address}",
        "" if group.lag is None else f"  lag {group.lag:,}",
    )
    output.line("")
    if group.members:
        write_rows(output, form, group.members, _MEMBER_COLUMNS, name=lambda one: one.member_id)
    else:
        output.line(Span("no members", "dim"))
    if group.partitions:
        output.line("")
        write_rows(output, form, group.partitions, _PARTITION_COLUMNS, name=str)


def _document(group: "Group") -> dict[str, object]:
    coordinator = group.coordinator
    return {
        "name": group.name,
        "state": group.state,
        "protocol": group.protocol,
        "assignor": group.assignor,
        "coordinator": coordinator and {"id": coordinator.id, "address": coordinator.address},
        "lag": group.lag,
        "members": [
            {column.name: machine_value(column.value(one)) for column in _MEMBER_COLUMNS}
            for one in group.members
        ],
        "partitions": [
            {column.name: machine_value(column.value(one)) for column in _PARTITION_COLUMNS}
            for one in group.partitions
        ],
    }


def _exit_code(group: "Group") -> int:
    from flowodm.groups import GroupReading

    return GroupReading((group,)).exit_code
