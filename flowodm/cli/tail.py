"""`flowodm tail`: topics as decoded records.

The options and what they mean together are here; the loop that reads and writes is
`tail_loop.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from flowodm.cli.confirm import Confirm
from flowodm.cli.options import Session, command, session_of
from flowodm.cli.records import RECORD_FORMATS
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.reader import ReadOptions

__all__ = ["TailRequest", "tail"]

_PATIENCE: Final = 4.0
"""Seconds until a silent broker is an error: with the start of the process, less than five."""

Format = Literal["auto", "avro", "json", "text", "base64"]


@dataclass(frozen=True, slots=True)
class TailRequest:
    """One `tail`, with nothing left to interpret."""

    topics: tuple[str, ...]
    read: "ReadOptions"
    form: str
    template: str | None = None
    where: str | None = None
    key: str | None = None
    headers: tuple[str, ...] = ()
    grep: str | None = None
    limit: int | None = None
    strict: bool = False
    key_format: Format = "auto"
    value_format: Format = "auto"
    model: str | None = None
    """The class that values are read as, `app.events:UserEvent`."""
    yes: bool = False

    @property
    def has_filter(self) -> bool:
        """Whether some records may not be shown."""
        return bool(self.where or self.key or self.headers or self.grep)

    @property
    def reads_several(self) -> bool:
        """Whether more than one topic may be read."""
        return len(self.topics) > 1 or self.read.regex


@command(
    "flowodm tail user-events                            # follow, from now on",
    "flowodm tail user-events -n 10                      # the last ten, then end",
    "flowodm tail user-events -e -o ndjson | jq .payload # all there is, for a script",
    "flowodm tail user-events --since 1h --where 'value.amount > 100'",
    "flowodm tail user-events --offset 5:8 -p 0          # offsets 5, 6 and 7",
    "flowodm tail 'orders-.*' --regex --grep refund",
    "flowodm tail user-events --format '%p:%o %k %v'",
    "flowodm tail user-events --model app.events:UserEvent",
    formats=RECORD_FORMATS,
)
def tail(
    context: typer.Context,
    topics: Annotated[
        list[str],
        typer.Argument(metavar="TOPIC", help="Topics to read."),
    ],
    offset: Annotated[
        str | None,
        typer.Option(
            metavar="POSITION",
            help="Where to read: start, end, N, +N, -N, N:M, @TIME, @T1:T2 and more"
            " (TIME: -15m, 2026-11-23, RFC 3339, milliseconds).",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From this time on: 1h ago, or a moment.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Up to this time, then end.")
    ] = None,
    last: Annotated[
        int | None,
        typer.Option("--last", "-n", min=1, metavar="N", help="The last N of all, then end."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-c", min=1, metavar="N", help="End after N records are shown."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on after -n, --until or a range's end.")
    ] = False,
    exit_: Annotated[
        bool,
        typer.Option(
            "--exit",
            "-e",
            help="End at the last record there is now; with no position, read from the start.",
        ),
    ] = False,
    idle_timeout: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="End after so long without a record, as 10s."),
    ] = None,
    partitions: Annotated[
        str | None,
        typer.Option("--partition", "-p", metavar="LIST", help="Only these, as 0,3-5."),
    ] = None,
    partition_offset: Annotated[
        list[str] | None,
        typer.Option(metavar="P=POSITION", help="Where to read one partition; may be repeated."),
    ] = None,
    isolation: Annotated[
        Literal["read_committed", "read_uncommitted"],
        typer.Option(metavar="LEVEL", help="read_committed, or read_uncommitted."),
    ] = "read_committed",
    regex: Annotated[
        bool, typer.Option("--regex", "-r", help="TOPIC is a regular expression.")
    ] = False,
    group: Annotated[
        str | None,
        typer.Option(
            "--group", "-g", metavar="NAME", help="Join this consumer group and commit to it."
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="CEL",
            help="Only records for which this is true, over key, value, headers, topic,"
            " partition, offset and timestamp.",
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header", "-H", metavar="NAME=REGEX", help="Only with this header; may be repeated."
        ),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="REGEX", help="Only records whose key matches.")
    ] = None,
    grep: Annotated[
        str | None, typer.Option(metavar="REGEX", help="Only where key or value has this text.")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="TEMPLATE",
            help="A line of your own: %t topic, %p partition, %o offset, %d time, %k key, %v value,"
            " %h headers, %K and %V sizes, %% itself, \\n and \\t.",
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="The values' own bytes, even on a terminal.")
    ] = False,
    key_format: Annotated[
        Format, typer.Option(metavar="FORMAT", help="auto, avro, json, text or base64.")
    ] = "auto",
    value_format: Annotated[
        Format, typer.Option(metavar="FORMAT", help="auto, avro, json, text or base64.")
    ] = "auto",
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:CLASS",
            help="Read values as this Pydantic model; it is imported, from here too.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at a record that does not decode; exit 1.")
    ] = False,
    yes: Confirm = False,
) -> int:
    """Follow or read topics as decoded records.

    Follows from now on, unless a position, -n or -e says otherwise. Nothing is written to the
    cluster: no topic, no group and no commit (but with -g). Ends with 0 when it has read what was
    asked, with 130 on Ctrl-C.
    """
    from flowodm.cli.tail_loop import run

    if model is not None and value_format != "auto":
        raise UsageError("`--model` says how values are read; leave out `--value-format`")
    session = session_of(context)
    now = datetime.now(UTC)
    request = TailRequest(
        topics=tuple(topics),
        read=_read_options(
            now=now,
            offset=offset,
            since=since,
            until=until,
            last=last,
            limit=None if where or key or header or grep else limit,
            follow=follow,
            exit_at_end=exit_,
            idle_timeout=idle_timeout,
            partitions=partitions,
            partition_offsets=partition_offset or (),
            isolation=isolation,
            regex=regex,
            group=group,
        ),
        form=_form(session, template, raw=raw),
        template=template,
        where=where,
        key=key,
        headers=tuple(header or ()),
        grep=grep,
        limit=limit,
        strict=strict,
        key_format=key_format,
        value_format=value_format,
        model=model,
        yes=yes,
    )
    return run(request, session)


def _read_options(
    *,
    now: datetime,
    offset: str | None,
    since: str | None,
    until: str | None,
    last: int | None,
    limit: int | None,
    follow: bool,
    exit_at_end: bool,
    idle_timeout: str | None,
    partitions: str | None,
    partition_offsets: Sequence[str],
    isolation: Literal["read_committed", "read_uncommitted"],
    regex: bool,
    group: str | None,
) -> "ReadOptions":
    from flowodm.positions import (
        End,
        Range,
        Start,
        Stored,
        parse_duration,
        parse_partition_offsets,
        parse_partitions,
        parse_range,
        parse_window,
    )
    from flowodm.reader import ReadOptions

    if follow and exit_at_end:
        raise UsageError("`--follow` and `--exit` contradict each other")
    if offset is not None and (since is not None or until is not None):
        raise UsageError(
            "`--offset` and `--since` or `--until` are each a range; give one of them",
            hint="a range of times as an offset: --offset @-1h:-5m",
        )
    if offset is not None:
        found = parse_range(offset, now=now)
    elif since is not None or until is not None:
        found = parse_window(since, until, now=now)
    elif last is not None or exit_at_end:
        found = Range(Start())
    else:
        found = Range(Stored() if group is not None else End())
    ends = exit_at_end or ((last is not None or found.stop is not None) and not follow)
    return ReadOptions(
        range=found,
        partition_ranges=parse_partition_offsets(partition_offsets, now=now),
        partitions=None if partitions is None else parse_partitions(partitions),
        last=last,
        follow=not ends,
        limit=limit,
        idle_timeout=None if idle_timeout is None else parse_duration(idle_timeout),
        isolation=isolation,
        regex=regex,
        group=group,
        timeout=_PATIENCE,
    )


def _form(session: Session, template: str | None, *, raw: bool) -> str:
    asked = session.values.output
    on_terminal = session.output.stdout.is_tty
    if template is not None and (asked or raw):
        raise UsageError("`--format` is an output of its own; leave out `-o` and `--raw`")
    if raw and asked not in (None, "raw"):
        raise UsageError(f"`--raw` and `-o {asked}` contradict each other")
    if asked == "raw" and on_terminal and not raw:
        raise UsageError(
            "`-o raw` writes bytes that could steer this terminal",
            hint="redirect it to a file, or say `--raw`",
        )
    return "raw" if raw else asked or ("pretty" if on_terminal else "ndjson")
