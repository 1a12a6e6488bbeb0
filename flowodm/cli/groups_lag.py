"""`flowodm groups lag`: how far groups are behind, for people, for alerts, and again and again."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.groups import state_style, warn_of
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span, Spans, StyleName
from flowodm.cli.tables import (
    Column,
    duration,
    machine_value,
    table_lines,
    write_document,
    write_rows,
)
from flowodm.display.groups import age_text
from flowodm.errors import BrokerUnreachable, UsageError

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.groups import GroupReading, LagLimits, TopicLag

__all__ = ["Row", "Watch", "lag"]

_EVERY: Final = "2s"
_LEAST: Final = 0.1
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
        from flowodm.groups.lag import time_left

        return time_left(self.lag.lag, self.trend)


def _lag_style(row: Row) -> StyleName | None:
    return "red" if row.breach else "yellow" if row.lag.lag else None


def _rate_text(row: Row) -> str:
    from flowodm.display.groups import rate_text

    return rate_text(row.rate, row.trend)


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
    Column("RATE", lambda row: row.rate, text=_rate_text),
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
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Look again and again, with the rate.")
    ] = False,
    every: Annotated[
        str, typer.Option("--every", metavar="DURATION", help="How often to look.")
    ] = _EVERY,
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
        seconds = max(parse_duration(every), _LEAST)
        return Watch(session, limits).run(connection, names, seconds)


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


class Watch:
    """Looks again and again: a table drawn anew on a terminal, lines of JSON elsewhere.

    Args:
        session: The run.
        limits: What is over them is marked.

    Raises:
        UsageError: The output format is none that can go on.
    """

    def __init__(self, session: Session, limits: "LagLimits") -> None:
        from flowodm.display.pace import Pace

        self._output = session.output
        self._limits = limits
        asked = session.values.output
        can_draw = self._output.stdout.is_tty and self._output.stderr.is_tty
        if asked not in (None, "table", "wide", "ndjson") or (
            asked and not can_draw and asked != "ndjson"
        ):
            raise UsageError(
                f"`-o {asked}` cannot be watched here",
                hint="a terminal takes `table` and `wide`; everything takes `ndjson`",
            )
        self._draws = can_draw and asked != "ndjson"
        self._is_wide = asked == "wide"
        self._reads: defaultdict[tuple[str, str | None], Pace] = defaultdict(Pace)
        self._lags: defaultdict[tuple[str, str | None], Pace] = defaultdict(Pace)
        self._looks = 0
        self._is_out = False

    def run(self, connection: "KafkaConnection", names: Sequence[str], every: float) -> int:
        """Look until Ctrl-C, or until nobody reads on."""
        from flowodm.groups import read_groups

        while True:
            began = time.monotonic()
            try:
                self.show(read_groups(connection, names, with_ages=True), began)
                self._is_out = False
            except BrokerUnreachable as error:
                if not self._looks:
                    raise
                if not self._is_out:
                    self._output.warn(f"{error.message}; looking again every {every:g} s")
                self._is_out = True
            time.sleep(max(0.0, every - (time.monotonic() - began)))
            if self._output.is_abandoned():
                return 0

    def show(self, reading: "GroupReading", now: float) -> None:
        """Show one look.

        Args:
            reading: What it found.
            now: When, by a clock that only goes forward.
        """
        rows = [self._paced(row, now) for row in _rows(reading, self._limits)]
        self._looks += 1
        if not self._draws:
            for row in rows:
                write_document(self._output, "ndjson", _document(row))
            self._output.flush()
        else:
            self._output.status_lines(self._lines(rows))

    def _lines(self, rows: Sequence[Row]) -> list[list[Spans]]:
        head: list[Spans] = [Span(f"{datetime.now().astimezone():%H:%M:%S} · ctrl-c ends", "dim")]
        if not rows:
            return [head, ["no groups"]]
        width = self._output.width - 1
        return [head, *table_lines(rows, _WATCH_COLUMNS, wide=self._is_wide, width=width)]

    def _paced(self, row: Row, now: float) -> Row:
        from dataclasses import replace

        key = (row.lag.group, row.lag.topic)
        rate = self._reads[key].rate(row.lag.read, now)
        trend = None if row.lag.lag is None else self._lags[key].rate(row.lag.lag, now)
        return row if not self._looks else replace(row, rate=rate, trend=trend)


def _document(row: Row) -> dict[str, object]:
    found = {column.name: machine_value(column.value(row)) for column in _WATCH_COLUMNS}
    return {"time": machine_value(row.at), **found}
