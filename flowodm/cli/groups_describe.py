"""`flowodm groups describe`: one group, once or again and again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from flowodm.cli.groups import state_style
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span, Spans
from flowodm.cli.tables import (
    Column,
    duration,
    machine_row,
    machine_value,
    table_lines,
    write_document,
    write_rows,
)
from flowodm.cli.watch import (
    EVERY,
    Every,
    Paces,
    Screen,
    Watch,
    Watching,
    every_second,
)
from flowodm.display.groups import age_text, assignment_of, assignment_text, unread_age
from flowodm.display.pace import rate_text, time_left

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.groups import Group, GroupPartition, Member

__all__ = ["describe_group"]

_Value = TypeVar("_Value")
_NO_MEMBERS: Final = Span("no members", "dim")

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
    "flowodm groups describe billing --watch",
    "flowodm groups describe billing -o json | jq '.partitions[] | select(.lag > 0)'",
)
def describe_group(
    context: typer.Context,
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The group.")],
    watch: Watching = False,
    every: Every = EVERY,
) -> int:
    """Show one group in detail.

    Its members with what they were given, and how far it is in each partition of its topics. IN
    TIME is how long its first unread record has been there. --watch adds RATE, what it reads a
    second, and DONE IN, when it has caught up; it draws anew on a terminal, and elsewhere writes
    a line of JSON for each look.
    """
    from flowodm.connection.errors import exit_code_of
    from flowodm.groups import read_group

    session = session_of(context)
    with session.connect() as connection:
        if watch:
            return _watch(session, connection, group, every_second(every))
        found = read_group(connection, group)
    if session.format in ("table", "wide"):
        _write_for_people(session, found)
    elif session.format == "name":
        session.output.line(found.name)
    else:
        write_document(session.output, session.format, _document(found))
    return exit_code_of(found.errors)


def _write_for_people(session: Session, group: "Group") -> None:
    output, form = session.output, session.format
    output.line(*_heading(group))
    output.line("")
    if group.members:
        write_rows(output, form, group.members, _MEMBER_COLUMNS, name=lambda one: one.member_id)
    else:
        output.line(_NO_MEMBERS)
    if group.partitions:
        output.line("")
        write_rows(output, form, group.partitions, _PARTITION_COLUMNS, name=str)


def _heading(group: "Group") -> list[Spans]:
    how = f"{group.protocol}, {group.assignor}" if group.assignor else group.protocol
    where = "" if group.coordinator is None else f"  coordinator {group.coordinator.id}"
    address = "" if group.coordinator is None else f" ({group.coordinator.address})"
    return [
        Span(group.name, "bold"),
        "  ",
        Span(group.state, state_style(group.state)),
        f"  {how}{where}{address}",
        "" if group.lag is None else f"  lag {group.lag:,}",
    ]


def _document(group: "Group") -> dict[str, object]:
    coordinator = group.coordinator
    return {
        "name": group.name,
        "state": group.state,
        "protocol": group.protocol,
        "assignor": group.assignor,
        "coordinator": coordinator and {"id": coordinator.id, "address": coordinator.address},
        "lag": group.lag,
        "members": [machine_row(one, _MEMBER_COLUMNS) for one in group.members],
        "partitions": [machine_row(one, _PARTITION_COLUMNS) for one in group.partitions],
    }


@dataclass(frozen=True, slots=True)
class _Moving:
    """A partition of a group, or the whole group, with how fast it goes."""

    lag: int | None
    rate: float | None
    """Records that are read a second."""
    trend: float | None
    """How the lag changes a second."""
    one: "GroupPartition | None" = None

    @property
    def done_in(self) -> timedelta | None:
        return time_left(self.lag, self.trend)

    @property
    def done_in_text(self) -> str:
        return "–" if self.done_in is None else duration(self.done_in)


def _moving(column: "Column[GroupPartition]") -> "Column[_Moving]":
    """Return a partition's column as one of its row under watch."""

    def of(take: "Callable[[GroupPartition], _Value]") -> "Callable[[_Moving], _Value]":
        def value(row: _Moving) -> "_Value":
            assert row.one is not None
            return take(row.one)

        return value

    return Column(
        column.heading,
        of(column.value),
        column.key,
        None if column.text is None else of(column.text),
        None if column.style is None else of(column.style),
        column.wide,
        column.keep,
    )


_PACE_COLUMNS: Final[tuple[Column[_Moving], ...]] = (
    Column("RATE", lambda row: row.rate, text=lambda row: rate_text(row.rate, row.trend)),
    Column("DONE IN", lambda row: row.done_in, text=lambda row: row.done_in_text),
)
_WATCH_COLUMNS: Final = (
    *map(_moving, _PARTITION_COLUMNS[:8]),
    *_PACE_COLUMNS,
    *map(_moving, _PARTITION_COLUMNS[8:]),
)


def _watch(session: Session, connection: "KafkaConnection", name: str, every: float) -> int:
    from flowodm.groups import read_group

    screens, paces = Watch(session), Paces()

    def paced(
        key: object, read: int | None, lag: int | None, now: float, one: "GroupPartition | None"
    ) -> _Moving:
        rate = paces.rate((key, "read"), read, now)
        return _Moving(lag, rate, paces.rate((key, "lag"), lag, now), one)

    def show(group: "Group", now: float) -> Screen:
        read = sum(one.committed or 0 for one in group.partitions)
        whole = paced(None, read, group.lag, now, None)
        rows = [paced(one.partition, one.committed, one.lag, now, one) for one in group.partitions]
        return Screen(
            [_watched(group, whole, rows)],
            lambda width: _lines(group, whole, rows, screens.is_wide, width),
        )

    return screens.run(lambda: read_group(connection, name), show, every)


def _watched(group: "Group", whole: _Moving, rows: "Sequence[_Moving]") -> dict[str, object]:
    at = {"time": machine_value(datetime.now(UTC))}
    partitions = [machine_row(row, _WATCH_COLUMNS) for row in rows]
    return at | _document(group) | machine_row(whole, _PACE_COLUMNS) | {"partitions": partitions}


def _lines(
    group: "Group", whole: _Moving, rows: "Sequence[_Moving]", is_wide: bool, width: int
) -> list[Sequence[Spans]]:
    pace = "" if whole.rate is None else f"  {rate_text(whole.rate, whole.trend)}"
    left = "" if whole.done_in is None else f"  done in {whole.done_in_text}"
    lines: list[Sequence[Spans]] = [[*_heading(group), pace, left], []]
    if group.members:
        lines += table_lines(group.members, _MEMBER_COLUMNS, wide=is_wide, width=width)
    else:
        lines.append([_NO_MEMBERS])
    if rows:
        lines += [[], *table_lines(rows, _WATCH_COLUMNS, wide=is_wide, width=width)]
    return lines
