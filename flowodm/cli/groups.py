"""`flowodm groups list`. What it means is in `flowodm/groups/`."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import StyleName
from flowodm.cli.tables import Column, write_rows
from flowodm.display.groups import group_remark

if TYPE_CHECKING:
    from flowodm.groups import Group, GroupReading

__all__ = ["list_groups", "state_style", "warn_of"]

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
