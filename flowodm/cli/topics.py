"""`flowodm topics list`: what there is in a cluster. What it means is in `flowodm/topics/`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Spans, StyleName
from flowodm.cli.tables import Column, machine_row, machine_value, table_lines, write_rows
from flowodm.cli.watch import (
    EVERY,
    Every,
    Paces,
    Screen,
    Watch,
    Watching,
    every_second,
)
from flowodm.display.pace import rate_text
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.topics import Topic, TopicReading

__all__ = ["Row", "list_topics"]

Sort = Literal[
    "name", "partitions", "replicas", "records", "under-replicated", "offline", "config", "rate"
]


@dataclass(frozen=True, slots=True)
class Row:
    """A topic, as it is shown."""

    topic: "Topic"
    rate: float | None = None
    """Records that are written to it a second."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which topics are meant, and in which order."""

    patterns: tuple[str, ...]
    is_regex: bool
    include_internal: bool
    offline: bool
    under_replicated: bool
    sort: Sort

    @property
    def is_all(self) -> bool:
        return not (self.patterns or self.offline or self.under_replicated)

    def shows(self, topic: "Topic") -> bool:
        if not (self.offline or self.under_replicated):
            return True
        return bool(
            (self.offline and topic.offline) or (self.under_replicated and topic.under_replicated)
        )


def _trouble(row: Row) -> StyleName | None:
    return "red" if row.topic.offline else "yellow" if row.topic.under_replicated else None


def _state_style(row: Row) -> StyleName:
    return _trouble(row) or ("yellow" if row.topic.is_hidden else "green")


def _state_text(row: Row) -> str:
    """Say how many partitions are in trouble, those that are offline once."""
    topic = row.topic
    short = topic.under_replicated - topic.offline
    said = [f"{topic.offline:,} offline"] if topic.offline else []
    said += [f"{short:,} under-replicated"] if short > 0 else []
    return ", ".join(said) or topic.state


def _config(row: Row) -> dict[str, str | None] | None:
    config = row.topic.config
    return None if config is None else {entry.name: entry.value for entry in config}


def _config_text(row: Row) -> str:
    found = _config(row)
    if found is None:
        return "–"
    return " ".join(f"{key}={value or '********'}" for key, value in found.items())


def _schemas_text(row: Row) -> str:
    if row.topic.subjects is None:
        return "–"
    return ", ".join(name.removeprefix(f"{row.topic.name}-") for name in row.topic.subjects)


_NAME: Final[Column[Row]] = Column("TOPIC", lambda row: row.topic.name, key="name", keep=3)
_SIZES: Final[tuple[Column[Row], ...]] = (
    Column("PARTITIONS", lambda row: None if row.topic.is_hidden else row.topic.partitions),
    Column("REPLICAS", lambda row: None if row.topic.is_hidden else row.topic.replicas),
    Column("RECORDS", lambda row: row.topic.records),
)
_RATE: Final[Column[Row]] = Column(
    "RATE", lambda row: row.rate, text=lambda row: rate_text(row.rate)
)
_REST: Final[tuple[Column[Row], ...]] = (
    Column("STATE", lambda row: row.topic.state, text=_state_text, style=_state_style, keep=2),
    Column(
        "UNDER-REPLICATED",
        lambda row: row.topic.under_replicated,
        key="under_replicated",
        style=_trouble,
        wide=True,
    ),
    Column("OFFLINE", lambda row: row.topic.offline, style=_trouble, wide=True),
    Column("SCHEMAS", lambda row: row.topic.subjects, key="subjects", text=_schemas_text),
    Column("INTERNAL", lambda row: row.topic.is_internal, key="is_internal", wide=True),
    Column("CONFIG", _config, text=_config_text, wide=True),
    Column(
        "REMARK",
        lambda row: row.topic.remark,
        text=lambda row: row.topic.remark or "",
        style=lambda row: "red" if row.topic.error else "dim",
        keep=1,
    ),
)
_COLUMNS: Final = (_NAME, *_SIZES, *_REST)
_WATCH_COLUMNS: Final = (_NAME, *_SIZES, _RATE, *_REST)


@command(
    "flowodm topics list",
    "flowodm topics list 'user-*' orders            # globs and names; --regex takes patterns",
    "flowodm topics list --all --sort records -o wide",
    "flowodm topics list --offline --under-replicated",
    "flowodm topics list --watch --sort rate",
    "flowodm topics list -o name | xargs -n1 flowodm topics describe",
)
def list_topics(
    context: typer.Context,
    patterns: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATTERN", help="Which topics: globs over the name; else all."),
    ] = None,
    regex: Annotated[
        bool, typer.Option("--regex", "-r", help="The patterns are regular expressions.")
    ] = False,
    all_: Annotated[
        bool, typer.Option("--all", "-a", help="Also those of Kafka and the registry themselves.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Only those with partitions without a leader.")
    ] = False,
    under_replicated: Annotated[
        bool, typer.Option("--under-replicated", help="Only those with too few copies in sync.")
    ] = False,
    sort: Annotated[Sort, typer.Option(help="The order; numbers go from high to low.")] = "name",
    watch: Watching = False,
    every: Every = EVERY,
) -> int:
    """List the topics of a cluster.

    RECORDS counts offsets; compaction and transactions leave fewer. SCHEMAS are the subjects that
    the registry has for a topic's keys and values. The settings that a topic overrides are in
    `-o wide` and for machines. A topic that is named and may not be seen says so, and the exit
    code is 4.
    """
    session = session_of(context)
    choice = _Choice(tuple(patterns or ()), regex, all_, offline, under_replicated, sort)
    if sort == "rate" and not watch:
        raise UsageError("only --watch knows a rate", hint="add --watch, or --sort records")
    with session.connect() as connection:
        if watch:
            return _watch(session, connection, choice, every_second(every))
        return _once(session, connection, choice)


def _once(session: Session, connection: "KafkaConnection", choice: _Choice) -> int:
    form = session.format
    is_full = form != "name"
    reading = _read(
        connection,
        choice,
        with_records=is_full or choice.sort == "records",
        with_config=form not in ("table", "name") or choice.sort == "config",
        with_subjects=is_full,
    )
    write_rows(
        session.output,
        form,
        _sorted(_rows(reading, choice), choice.sort),
        _shown(_COLUMNS, connection) if form in ("table", "wide") else _COLUMNS,
        name=lambda row: row.topic.name,
        empty="no topics" if choice.is_all else "no topic fits",
    )
    for failure in reading.failures:
        session.output.warn(_unanswered(failure.message))
    return reading.exit_code


def _read(connection: "KafkaConnection", choice: _Choice, **what: bool) -> "TopicReading":
    from flowodm.topics import read_topics

    return read_topics(
        connection,
        choice.patterns,
        is_regex=choice.is_regex,
        include_internal=choice.include_internal,
        **what,
    )


def _shown(
    columns: "Sequence[Column[Row]]", connection: "KafkaConnection"
) -> "Sequence[Column[Row]]":
    """Leave the schemas out where the context has no registry."""
    if connection.context.schema_registry is not None:
        return columns
    return [column for column in columns if column.name != "subjects"]


def _unanswered(message: str) -> str:
    return f"schemas are not known: {message}"


def _rows(reading: "TopicReading", choice: _Choice) -> list[Row]:
    return [Row(topic) for topic in reading.topics if choice.shows(topic)]


def _sorted(rows: "Iterable[Row]", sort: Sort) -> list[Row]:
    def size(row: Row) -> float:
        match sort:
            case "rate":
                found: float | None = row.rate
            case "config":
                found = None if row.topic.config is None else len(row.topic.config)
            case _:
                found = getattr(row.topic, sort.replace("-", "_"))
        return -1.0 if found is None else found

    ordered = sorted(rows, key=lambda row: row.topic.name)
    return ordered if sort == "name" else sorted(ordered, key=size, reverse=True)


def _watch(session: Session, connection: "KafkaConnection", choice: _Choice, every: float) -> int:
    screens, paces = Watch(session), Paces()
    with_config = screens.is_wide or choice.sort == "config"
    columns = _shown(_WATCH_COLUMNS, connection)

    def look() -> "TopicReading":
        reading = _read(connection, choice, with_config=with_config)
        for failure in reading.failures:
            screens.tell_once(_unanswered(failure.message))
        return reading

    def show(reading: "TopicReading", now: float) -> Screen:
        at = datetime.now(UTC)
        paced = [
            Row(row.topic, paces.rate(row.topic.name, row.topic.written, now))
            for row in _rows(reading, choice)
        ]
        rows = _sorted(paced, choice.sort)
        return Screen(
            [{"time": machine_value(at)} | machine_row(row, _WATCH_COLUMNS) for row in rows],
            lambda width: _lines(rows, columns, screens.is_wide, width),
        )

    return screens.run(look, show, every)


def _lines(
    rows: list[Row], columns: "Sequence[Column[Row]]", is_wide: bool, width: int
) -> Sequence[Sequence[Spans]]:
    if not rows:
        return [["no topics"]]
    return table_lines(rows, columns, wide=is_wide, width=width)
