"""What the commands of `dlq` choose by: the options they share, and what these mean together."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flowodm.dead_letters import Selection

__all__ = [
    "ErrorOption",
    "FromOption",
    "FromPartitionOption",
    "GroupOption",
    "KeyOption",
    "PartitionOption",
    "SinceOption",
    "StageOption",
    "UntilOption",
    "WhereOption",
    "selection_of",
]

FromOption = Annotated[
    str | None, typer.Option("--from", metavar="TOPIC", help="Only what came from this topic.")
]
FromPartitionOption = Annotated[
    str | None,
    typer.Option("--from-partition", metavar="LIST", help="Only what came from these, as 0,3-5."),
]
ErrorOption = Annotated[
    str | None,
    typer.Option("--error", metavar="CLASS", help="Only this error: a.b.Class, or Class alone."),
]
GroupOption = Annotated[
    str | None, typer.Option("--group", metavar="NAME", help="Only what this group gave up.")
]
StageOption = Annotated[
    str | None,
    typer.Option("--stage", metavar="STAGE", help="Only what failed there: decode, handler."),
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Given up since: 1h ago, or a moment.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Given up before this time.")
]
PartitionOption = Annotated[
    str | None,
    typer.Option("--partition", "-p", metavar="LIST", help="Only these of TOPIC, as 0,3-5."),
]
KeyOption = Annotated[
    str | None, typer.Option("--key", metavar="REGEX", help="Only records whose key matches.")
]
WhereOption = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="CEL",
        help="Only records for which this is true, over key, value, headers, topic, partition,"
        " offset, timestamp and letter: letter.exception, letter.attempts and so on.",
    ),
]


def selection_of(
    *,
    from_: str | None,
    from_partition: str | None,
    error: str | None,
    group: str | None,
    stage: str | None,
    since: str | None,
    until: str | None,
    partition: str | None,
    key: str | None,
    where: str | None,
) -> "Selection":
    """Return what the options choose.

    Raises:
        UsageError: One of them has no meaning.
    """
    from flowodm.dead_letters import Selection
    from flowodm.positions import parse_partitions, parse_window

    return Selection(
        topic=from_,
        from_partitions=None if from_partition is None else parse_partitions(from_partition),
        exception=error,
        group=group,
        stage=stage,
        where=where,
        key=key,
        range=parse_window(since, until, now=datetime.now(UTC)),
        partitions=None if partition is None else parse_partitions(partition),
    )
