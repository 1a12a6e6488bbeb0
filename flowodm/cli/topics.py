"""`flowodm topics`: what there is in a cluster. What it means is in `flowodm/topics/`."""

from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.output import Span, StyleName
from flowodm.cli.tables import Column, duration, machine_value, write_document, write_rows

if TYPE_CHECKING:
    from flowodm.topics import PartitionDetail, Topic, TopicDetail

__all__ = ["describe_topic", "list_topics"]

Sort = Literal["name", "partitions", "replicas", "under-replicated", "offline"]


def _trouble(topic: "Topic") -> StyleName | None:
    return "red" if topic.offline else "yellow" if topic.under_replicated else None


_TOPIC_COLUMNS: Final[tuple[Column["Topic"], ...]] = (
    Column("TOPIC", lambda topic: topic.name, key="name", keep=1),
    Column("PARTITIONS", lambda topic: topic.partitions),
    Column("REPLICAS", lambda topic: topic.replicas),
    Column(
        "UNDER-REPLICATED",
        lambda topic: topic.under_replicated,
        key="under_replicated",
        style=_trouble,
    ),
    Column("OFFLINE", lambda topic: topic.offline, style=_trouble),
    Column("INTERNAL", lambda topic: topic.is_internal, key="is_internal", wide=True),
)


@command(
    "flowodm topics list",
    "flowodm topics list 'user-*'                   # a glob; --regex takes a pattern",
    "flowodm topics list --all --sort partitions",
    "flowodm topics list -o name | xargs -n1 flowodm topics describe",
)
def list_topics(
    context: typer.Context,
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help="Which topics: a glob over the name.")
    ] = None,
    regex: Annotated[
        bool, typer.Option("--regex", "-r", help="The pattern is a regular expression.")
    ] = False,
    all_: Annotated[
        bool, typer.Option("--all", "-a", help="Also those of Kafka and the registry themselves.")
    ] = False,
    sort: Annotated[Sort, typer.Option(help="The order; numbers go from high to low.")] = "name",
) -> None:
    """List the topics of a cluster.

    A red number marks partitions without a leader, a yellow one partitions with too few copies.
    """
    from flowodm.topics import list_topics as list_them

    session = session_of(context)
    with session.connect() as connection:
        topics = list_them(connection, pattern, is_regex=regex, include_internal=all_)
    write_rows(
        session.output,
        session.format,
        _sorted(topics, sort),
        _TOPIC_COLUMNS,
        name=lambda topic: topic.name,
        empty="no topics" if pattern is None else "no topic fits",
    )


def _sorted(topics: "tuple[Topic, ...]", sort: Sort) -> "list[Topic]":
    if sort == "name":
        return list(topics)
    attribute = sort.replace("-", "_")
    return sorted(topics, key=lambda topic: getattr(topic, attribute), reverse=True)


def _state(partition: "PartitionDetail") -> StyleName:
    if partition.state == "ok":
        return "green"
    return "red" if partition.state == "offline" else "yellow"


_PARTITION_COLUMNS: Final[tuple[Column["PartitionDetail"], ...]] = (
    Column("PARTITION", lambda partition: partition.number),
    Column("LEADER", lambda partition: partition.leader),
    Column("REPLICAS", lambda partition: partition.replicas),
    Column("IN SYNC", lambda partition: partition.in_sync),
    Column("START", lambda partition: partition.start),
    Column("END", lambda partition: partition.end),
    Column("OFFSETS", lambda partition: partition.span),
    Column("STATE", lambda partition: partition.state, style=_state, keep=1),
    Column("ERROR", lambda partition: partition.error, wide=True),
)


@command(
    "flowodm topics describe user-events",
    "flowodm topics describe user-events -o json | jq '.partitions[].end'",
)
def describe_topic(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic.")],
) -> None:
    """Show one topic in detail.

    Its partitions with leader, copies and offsets, and the settings that it does not share with
    the cluster. OFFSETS counts offsets; compaction and transactions leave fewer records.
    """
    from flowodm.topics import describe_topic as describe

    session = session_of(context)
    with session.connect() as connection:
        detail = describe(connection, topic)
    if session.format in ("table", "wide"):
        _write_for_people(session, detail)
    elif session.format == "name":
        session.output.line(detail.name)
    else:
        write_document(session.output, session.format, _document(detail))


def _write_for_people(session: Session, detail: "TopicDetail") -> None:
    output = session.output
    count = len(detail.partitions)
    output.line(
        Span(detail.name, "bold"),
        f"  {count:,} {'partition' if count == 1 else 'partitions'}, replication "
        f"{detail.replicas}, {detail.span:,} offsets",
        Span(f"  id {detail.topic_id}" if session.format == "wide" else "", "dim"),
    )
    for name, value in _settings(detail):
        output.line("  ", Span(name, "dim"), f" = {value}")
    if detail.config is None:
        output.note("its settings may not be seen by this user")
    output.line("")
    write_rows(
        output,
        session.format,
        detail.partitions,
        _PARTITION_COLUMNS,
        name=lambda partition: str(partition.number),
    )


def _settings(detail: "TopicDetail") -> "list[tuple[str, str]]":
    return [(entry.name, _readable(entry.name, entry.value)) for entry in detail.config or ()]


def _readable(name: str, value: str | None) -> str:
    """Spell milliseconds out beside the number."""
    if value is None:
        return "********"
    if not name.endswith(".ms") or not value.isdecimal():
        return value
    from datetime import timedelta

    try:
        return f"{value} ({duration(timedelta(milliseconds=int(value)))})"
    except OverflowError:  # for ever, as some write it
        return value


def _document(detail: "TopicDetail") -> dict[str, object]:
    return {
        "name": detail.name,
        "topic_id": detail.topic_id,
        "is_internal": detail.is_internal,
        "replicas": detail.replicas,
        "offsets": detail.span,
        "config": (
            None if detail.config is None else {entry.name: entry.value for entry in detail.config}
        ),
        "partitions": [_row(partition) for partition in detail.partitions],
    }


def _row(partition: "PartitionDetail") -> dict[str, object]:
    return {column.name: machine_value(column.value(partition)) for column in _PARTITION_COLUMNS}
