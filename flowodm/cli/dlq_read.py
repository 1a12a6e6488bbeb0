"""What `dlq list` and `dlq show` do: read up to the ends of now, count or write, tell how it goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flowodm.cli.collections import rare_collections
from flowodm.cli.dlq_records import LetterWriter, ShownLetter, letter_writer
from flowodm.cli.options import Session
from flowodm.cli.output import Output, OutputClosed, OutputFailed, Span
from flowodm.cli.process import Shield
from flowodm.cli.progress_line import ProgressLine
from flowodm.cli.tables import Column, write_rows
from flowodm.cli.tail_loop import check_reader_of_output
from flowodm.display.sides import schema_names
from flowodm.errors import FlowODMError

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.dead_letters import DeadRecord, LetterCount, Selection, Sieve
    from flowodm.reader import Reader
    from flowodm.registry import SchemaRegistry

__all__ = ["ShowRequest", "list_counts", "show", "tell_filter", "tell_notices"]

_PATIENCE: Final = 4.0


@dataclass(frozen=True, slots=True)
class ShowRequest:
    """One `dlq show`, with nothing left to interpret."""

    topic: str
    selection: "Selection"
    last: int | None = None
    limit: int | None = None


def list_counts(
    session: Session, topics: tuple[str, ...], selection: "Selection", *, look_inside: bool
) -> int:
    """Count dead letters and write the counts; return the exit code.

    Raises:
        BrokerError: The cluster cannot be asked, or has no such topic.
    """
    from flowodm.dead_letters import LetterCount, Sieve, Summary, find_topics, read_progress

    with session.connect() as connection:
        sieve = Sieve(selection, _registry(connection))
        chosen = topics or find_topics(connection, look_inside=look_inside, timeout=_PATIENCE)
        summary = Summary(read_progress(connection, chosen, timeout=_PATIENCE))
        code = 0
        if chosen:  # one that was only found may be gone before it is read
            with _reader(connection, chosen, selection, missing_ok=not topics) as reader:
                for found in _batches(session.output, reader, sieve):
                    summary.add(found)
            code = tell_notices(session.output, reader)
            chosen = _still_there(chosen, reader)
    rows = list(summary.counts())
    if selection.is_all:
        counted = {row.topic for row in rows}
        rows += [
            LetterCount(topic=topic, original_topic=None, exception=None, group=None)
            for topic in chosen
            if topic not in counted
        ]
        rows.sort(key=lambda row: row.topic)
    empty = "no dead letters fit" if chosen else "no topic of dead letters"
    write_rows(
        session.output,
        session.format,
        rows,
        _COUNT_COLUMNS,
        name=lambda row: row.topic,
        empty=empty,
    )
    tell_filter(session.output, sieve)
    return code


def _still_there(topics: tuple[str, ...], reader: "Reader") -> tuple[str, ...]:
    """Leave out the topics that were gone before they were read; the reader told of all others."""
    told = {one.topic for one in reader.progress.partitions}
    told |= {notice.topic for notice in reader.notices if notice.topic is not None}
    return tuple(topic for topic in topics if topic in told)


def _from(row: "LetterCount") -> str:
    if row.is_rest:
        return "(other kinds)"
    if not row.count:
        return "–"
    return row.original_topic or ("?" if row.is_letter else "(no dead letters)")


_COUNT_COLUMNS: Final[tuple[Column["LetterCount"], ...]] = (
    Column("TOPIC", lambda row: row.topic, keep=2),
    Column("FROM", lambda row: row.original_topic, key="original_topic", text=_from, keep=1),
    Column("ERROR", lambda row: row.exception, key="exception", keep=1),
    Column("GROUP", lambda row: row.group),
    Column("COUNT", lambda row: row.count),
    Column("WAITING", lambda row: row.waiting, style=lambda row: "red" if row.waiting else None),
    Column("FIRST", lambda row: row.first, wide=True),
    Column("LAST", lambda row: row.last),
    Column("DEAD LETTERS", lambda row: row.is_letter, key="is_dead_letter", wide=True),
)


def show(session: Session, request: ShowRequest) -> int:
    """Write the dead letters that were asked for; return the exit code.

    Raises:
        BrokerError: The cluster cannot be asked, or has no such topic.
        RegistryUnreachable: A schema is needed, and no registry answers.
    """
    from flowodm.dead_letters import Sieve

    output = session.output
    with session.connect() as connection, rare_collections():
        registry = _registry(connection)
        sieve = Sieve(request.selection, registry)
        form = session.values.output or ("pretty" if output.stdout.is_tty else "ndjson")
        writer = letter_writer(
            form, output, schema_names(registry), with_stack=session.values.verbose > 0
        )
        show_one = _Show(request, session, writer, registry)
        with _reader(connection, (request.topic,), request.selection, request.last) as reader:
            try:
                show_one.run(_batches(output, reader, sieve))
            finally:
                code = tell_notices(output, reader)
        counted = f"{reader.progress.records:,} read, {show_one.count:,} shown"
        output.note(Span(counted, "dim"))
        tell_filter(output, sieve)
        return code


class _Show:
    """Decodes and writes the records that are chosen."""

    def __init__(
        self,
        request: ShowRequest,
        session: Session,
        writer: LetterWriter,
        registry: "SchemaRegistry | None",
    ) -> None:
        from flowodm.cli.decoders import Decoders
        from flowodm.cli.tail import TailRequest
        from flowodm.reader import ReadOptions

        self.count = 0
        self._limit = request.limit
        self._output = session.output
        self._writer = writer
        as_tail = TailRequest((request.topic,), ReadOptions(), "")
        self._decode = Decoders(as_tail, session.output).make(registry, writer.style)

    def run(self, batches: "Iterator[list[DeadRecord]]") -> None:
        """Write all batches, and the end of the output, interrupted or not."""
        shield = Shield()
        try:
            with shield:
                for found in batches:
                    left = None if self._limit is None else self._limit - self.count
                    with shield.up():
                        self._write(found[:left])
                    if self.count == self._limit:
                        break
        except (OutputClosed, OutputFailed):
            raise
        except (KeyboardInterrupt, FlowODMError):
            self._end()
            raise
        self._end()

    def _write(self, found: "Sequence[DeadRecord]") -> None:
        if not found:
            check_reader_of_output(self._output)
            return
        self._writer.write([self._shown(one) for one in found])
        self.count += len(found)
        self._output.flush()

    def _shown(self, one: "DeadRecord") -> ShownLetter:
        from flowodm.consumer.dead_letter import original_headers, times_replayed

        record, letter = one
        own = record._replace(headers=original_headers(record.headers))
        return ShownLetter(self._decode(own), letter, times_replayed(record.headers))

    def _end(self) -> None:
        self._writer.end()
        self._output.flush()


def tell_notices(output: Output, reader: "Reader") -> int:
    """Tell what happened on the way; return 1 when records that were asked for are missing."""
    for notice in reader.notices:
        output.warn(notice.message)
        if notice.hint:
            output.message(f"  {notice.hint}")
    return int(any(notice.is_problem for notice in reader.notices))


def tell_filter(output: Output, sieve: "Sieve") -> None:
    """Tell of records that a filter could say nothing of."""
    counts = sieve.counts
    if counts is not None and counts.absent:
        output.note(Span(f"{counts.absent:,} without what the filter asks for", "dim"))
    if counts is not None and counts.unconvertible:
        output.note(Span(f"{counts.unconvertible:,} not comparable ({sieve.reason})", "dim"))


def _registry(connection: "KafkaConnection") -> "SchemaRegistry | None":
    return connection.schema_registry() if connection.context.schema_registry else None


def _reader(
    connection: "KafkaConnection",
    topics: tuple[str, ...],
    selection: "Selection",
    last: int | None = None,
    *,
    missing_ok: bool = False,
) -> "Reader":
    from flowodm.reader import Reader, ReadOptions

    options: ReadOptions = ReadOptions(
        range=selection.range,
        partitions=selection.partitions,
        last=last,
        missing_ok=missing_ok,
        timeout=_PATIENCE,
    )
    return Reader(connection, topics, options)


def _batches(output: Output, reader: "Reader", sieve: "Sieve") -> "Iterator[list[DeadRecord]]":
    line = ProgressLine(output)
    for batch in reader.batches():
        line.draw_reading(reader)
        yield sieve.keep(batch)
    output.clear_status()
