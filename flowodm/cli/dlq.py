"""`flowodm dlq`: topics of dead letters. What they mean is in `flowodm/dead_letters`.

The options are here; reading is `dlq_read.py`, how records are written `dlq_records.py`, sending
`dlq_replay.py`.
"""

from typing import Annotated

import typer

from flowodm.cli.confirm import Confirm
from flowodm.cli.dlq_options import (
    ErrorOption,
    FromOption,
    FromPartitionOption,
    GroupOption,
    KeyOption,
    PartitionOption,
    SinceOption,
    StageOption,
    UntilOption,
    WhereOption,
    selection_of,
)
from flowodm.cli.dlq_records import LETTER_FORMATS
from flowodm.cli.options import command, session_of

__all__ = ["list_letters", "replay_letters", "show_letters"]


@command(
    "flowodm dlq list                                    # all topics of dead letters",
    "flowodm dlq list orders-dlt --since 1d",
    "flowodm dlq list --error PaymentDeclined -o json",
    "flowodm dlq list --all                              # also topics of other names",
)
def list_letters(
    context: typer.Context,
    topics: Annotated[
        list[str] | None,
        typer.Argument(metavar="TOPIC", help="Topics of dead letters; without one, all."),
    ] = None,
    all_: Annotated[
        bool,
        typer.Option("--all", "-a", help="Look into topics of other names, too."),
    ] = False,
    from_: FromOption = None,
    from_partition: FromPartitionOption = None,
    error: ErrorOption = None,
    group: GroupOption = None,
    stage: StageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    partition: PartitionOption = None,
    key: KeyOption = None,
    where: WhereOption = None,
) -> int:
    """Count dead letters by where they came from, error and group.

    Without TOPIC in all topics that are called like it: orders-dlt, orders.DLT, dlq-orders,
    dead-letter-topic-orders. WAITING is how many were not sent again by `dlq replay`. Nothing is
    written to the cluster.
    """
    from flowodm.cli.dlq_read import list_counts

    selection = selection_of(
        from_=from_,
        from_partition=from_partition,
        error=error,
        group=group,
        stage=stage,
        since=since,
        until=until,
        partition=partition,
        key=key,
        where=where,
    )
    return list_counts(session_of(context), tuple(topics or ()), selection, look_inside=all_)


@command(
    "flowodm dlq show orders-dlt",
    "flowodm dlq show orders-dlt -n 1 -v                 # with the stack trace",
    "flowodm dlq show orders-dlt --error PaymentDeclined -o table",
    "flowodm dlq show orders-dlt --where 'letter.attempts > 3 && value.amount > 100'",
    "flowodm dlq show orders-dlt -o ndjson | jq -r .dead_letter.message | sort | uniq -c",
    formats=LETTER_FORMATS,
)
def show_letters(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic of dead letters.")],
    last: Annotated[
        int | None,
        typer.Option("--last", "-n", min=1, metavar="N", help="Look at the last N only."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-c", min=1, metavar="N", help="End after N records are shown."),
    ] = None,
    from_: FromOption = None,
    from_partition: FromPartitionOption = None,
    error: ErrorOption = None,
    group: GroupOption = None,
    stage: StageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    partition: PartitionOption = None,
    key: KeyOption = None,
    where: WhereOption = None,
) -> int:
    """Show dead letters: where each came from, why it was given up, and what it holds.

    Up to the last record there is now. `-v` and `-o wide` add the stack trace. Nothing is written
    to the cluster.
    """
    from flowodm.cli.dlq_read import ShowRequest, show

    selection = selection_of(
        from_=from_,
        from_partition=from_partition,
        error=error,
        group=group,
        stage=stage,
        since=since,
        until=until,
        partition=partition,
        key=key,
        where=where,
    )
    return show(session_of(context), ShowRequest(topic, selection, last, limit))


@command(
    "flowodm dlq replay orders-dlt                       # what would be sent where",
    "flowodm dlq replay orders-dlt --execute             # back to where they came from",
    "flowodm dlq replay orders-dlt --error Timeout --rate 50/s --execute",
    "flowodm dlq replay orders-dlt --to orders-repair --execute --yes",
    formats=("table", "json", "ndjson", "yaml"),
    patience=3.0,
)
def replay_letters(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic of dead letters.")],
    to: Annotated[
        str,
        typer.Option(
            metavar="TOPIC", help="Where to; ORIGINAL, which is the default: where each came from."
        ),
    ] = "ORIGINAL",
    execute: Annotated[
        bool, typer.Option("--execute", help="Send them; else only what would be sent is shown.")
    ] = False,
    rate: Annotated[
        str | None,
        typer.Option(metavar="N/s", help="At most so many records: 50/s, 600/m, 1000/h."),
    ] = None,
    max_replays: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Leave out what was sent again N times before."),
    ] = 3,
    yes: Confirm = False,
    from_: FromOption = None,
    from_partition: FromPartitionOption = None,
    error: ErrorOption = None,
    group: GroupOption = None,
    stage: StageOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    partition: PartitionOption = None,
    key: KeyOption = None,
    where: WhereOption = None,
) -> int:
    """Send dead letters again, each once.

    Shows what would be sent where, and sends it with --execute: key and value as they are, the
    headers that the record had before it failed, and flowodm-replayed, which counts. What was
    sent is kept in the cluster, in the group flowodm-replay-TOPIC: another run goes on where one
    was interrupted, and sends nothing again that was sent before. Exit 1 when a record could not
    be sent.
    """
    from flowodm.cli.dlq_replay import ReplayRequest, parse_rate, run

    selection = selection_of(
        from_=from_,
        from_partition=from_partition,
        error=error,
        group=group,
        stage=stage,
        since=since,
        until=until,
        partition=partition,
        key=key,
        where=where,
    )
    request = ReplayRequest(
        topic=topic,
        target=None if to in ("ORIGINAL", "original") else to,
        selection=selection,
        max_replays=max_replays,
        rate=None if rate is None else parse_rate(rate),
        execute=execute,
        yes=yes,
    )
    return run(session_of(context), request)
