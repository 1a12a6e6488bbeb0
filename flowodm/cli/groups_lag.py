"""`flowodm groups lag`: how far groups are behind, for people, for alerts, and again and again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.groups import state_style, warn_of
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span, Spans, StyleName
from flowodm.cli.tables import (
    Column,
    duration,
    machine_row,
    machine_value,
    table_lines,
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
from flowodm.display.groups import age_text
from flowodm.display.pace import rate_text, time_left

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.groups import GroupReading, LagLimits, TopicLag

__all__ = ["Row", "lag"]

_DIFFERENT: Final = 3
"""The exit code where a limit is broken."""


@dataclass(frozen=True, slots=True)
class Row:
    """A group's lag in a topic, as it is shown."""

    lag: "TopicLag"
    age: timedelta | None
    breach: str | None
    at: datetime
    rate: float | None = None
    """Records that it reads a second."""
    trend: float | None = None
    """How the lag changes a second; below 0: it shrinks."""

    @property
    def done_in(self) -> timedelta | None:
        """When it has caught up, if all goes on like this."""
        return time_left(self.lag.lag, self.trend)


def _lag_style(row: Row) -> StyleName | None:
    return "red" if row.breach else "yellow" if row.lag.lag else None


_COLUMNS: Final[tuple[Column[Row], ...]] = (
    Column("GROUP", lambda row: row.lag.group, keep=3),
    Column("STATE", lambda row: row.lag.state, style=lambda row: state_style(row.lag.state)),
    Column("TOPIC", lambda row: row.lag.topic, keep=2),
    Column("LAG", lambda row: row.lag.lag, style=_lag_style),
    Column(
        "IN TIME",
        lambda row: row.age,
        key="lag_seconds",
        text=lambda row: age_text(row.age),
        style=lambda row: "red" if row.breach else None,
    ),
    Column("MEMBERS", lambda row: row.lag.members),
    Column("PARTITIONS", lambda row: row.lag.partitions, wide=True),
    Column("UNCOMMITTED", lambda row: row.lag.uncommitted, wide=True),
    Column("LOST", lambda row: row.lag.lost, wide=True),
    Column("UNREAD SINCE", lambda row: row.lag.unread_since, wide=True),
    Column("OVER", lambda row: row.breach, key="breach", wide=True),
    Column(
        "REMARK",
        lambda row: row.lag.remark,
        text=lambda row: row.lag.remark or "",
        style=lambda row: "red" if row.lag.errors else "yellow",
        keep=1,
    ),
)
_PACE_COLUMNS: Final[tuple[Column[Row], ...]] = (
    Column("RATE", lambda row: row.rate, text=lambda row: rate_text(row.rate, row.trend)),
    Column(
        "DONE IN",
        lambda row: row.done_in,
        text=lambda row: "–" if row.done_in is None else duration(row.done_in),
    ),
)
_WATCH_COLUMNS: Final = (*_COLUMNS[:5], *_PACE_COLUMNS, *_COLUMNS[5:])


@command(
    "flowodm groups lag",
    "flowodm groups lag billing audit",
    "flowodm groups lag --max-lag 1000 --max-age 5m   # for alerts: over a limit the exit code is 3",
    "flowodm groups lag billing --watch",
)
def lag(
    context: typer.Context,
    groups: Annotated[
        list[str] | None, typer.Argument(metavar="GROUP", help="Which groups; else all.")
    ] = None,
    max_lag: Annotated[
        int | None, typer.Option("--max-lag", metavar="N", min=0, help="Records that are allowed.")
    ] = None,
    max_age: Annotated[
        str | None,
        typer.Option("--max-age", metavar="DURATION", help="Time that is allowed: 30s, 5m, 1h."),
    ] = None,
    watch: Watching = False,
    every: Every = EVERY,
) -> int:
    """Tell how far groups are behind.

    In records, and in time: how long the first unread record has been there. With --max-lag or
    --max-age the exit code is 3 where a group is over the limit in a topic. --watch draws the
    table anew on a terminal, and elsewhere writes a line of JSON for each look.
    """
    from flowodm.groups import LagLimits
    from flowodm.times import parse_duration

    session = session_of(context)
    limits = LagLimits(max_lag, None if max_age is None else parse_duration(max_age))
    names = tuple(groups or ())
    with session.connect() as connection:
        if not watch:
            return _once(session, connection, names, limits)
        return _watch(session, connection, names, limits, every_second(every))


def _once(
    session: Session, connection: "KafkaConnection", names: Sequence[str], limits: "LagLimits"
) -> int:
    from flowodm.groups import read_groups

    reading = read_groups(connection, names, with_ages=True)
    rows = _rows(reading, limits)
    write_rows(
        session.output,
        session.format,
        rows,
        _COLUMNS,
        name=lambda row: row.lag.group,
        empty="no groups",
    )
    warn_of(session, reading)
    return _tell_breaches(session, rows, limits) or reading.exit_code


def _rows(reading: "GroupReading", limits: "LagLimits") -> list[Row]:
    from flowodm.groups import lags_of

    now = datetime.now(UTC)
    return [
        Row(found, found.age(now), limits.breach(found, now), now)
        for found in lags_of(reading.groups)
    ]


def _tell_breaches(session: Session, rows: Sequence[Row], limits: "LagLimits") -> int:
    """Say which groups are over a limit, and which may be."""
    if limits.max_lag is None and limits.max_age is None:
        return 0
    for row in rows:
        where = f"{row.lag.group} in {row.lag.topic}"
        if row.breach is not None:
            session.output.note(Span("over", "red"), f"  {where}: {row.breach}")
        if (doubt := limits.doubt(row.lag, row.at)) is not None:
            session.output.warn(f"{where}: {doubt}; the limits say nothing of that")
    return _DIFFERENT if any(row.breach for row in rows) else 0


def _watch(
    session: Session,
    connection: "KafkaConnection",
    names: Sequence[str],
    limits: "LagLimits",
    every: float,
) -> int:
    from flowodm.groups import read_groups

    screens = Watch(session)
    pace = _Pace(limits, is_wide=screens.is_wide)

    def look() -> "GroupReading":
        reading = read_groups(connection, names, with_ages=True)
        for failure in reading.failures:
            screens.tell_once(f"there may be more groups: {failure.message}")
        return reading

    return screens.run(look, pace.screen, every)


class _Pace:
    """Makes a screen of each look at lags, with what has changed since the ones before.

    Args:
        limits: What is over them is marked.
        is_wide: Whether the columns for `-o wide` show.
    """

    def __init__(self, limits: "LagLimits", *, is_wide: bool) -> None:
        self._limits = limits
        self._is_wide = is_wide
        self._paces = Paces()

    def screen(self, reading: "GroupReading", now: float) -> Screen:
        """Return what one look shows."""
        rows = [self._paced(row, now) for row in _rows(reading, self._limits)]
        return Screen(
            [{"time": machine_value(row.at)} | machine_row(row, _WATCH_COLUMNS) for row in rows],
            lambda width: self._lines(rows, width),
        )

    def _lines(self, rows: Sequence[Row], width: int) -> Sequence[Sequence[Spans]]:
        if not rows:
            return [["no groups"]]
        return table_lines(rows, _WATCH_COLUMNS, wide=self._is_wide, width=width)

    def _paced(self, row: Row, now: float) -> Row:
        key = (row.lag.group, row.lag.topic)
        rate = self._paces.rate((*key, "read"), row.lag.read, now)
        return replace(row, rate=rate, trend=self._paces.rate((*key, "lag"), row.lag.lag, now))
