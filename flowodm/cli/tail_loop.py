"""The loop of `tail`: read, decode, filter, write, count, and tell how it goes."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from flowodm.cli.collections import rare_collections
from flowodm.cli.confirm import confirm_change
from flowodm.cli.decoders import Decoders
from flowodm.cli.options import Session
from flowodm.cli.output import Output, OutputClosed, OutputFailed, Span, Spans
from flowodm.cli.process import Shield
from flowodm.cli.records import RecordWriter, writer_for
from flowodm.display.pace import Pace
from flowodm.display.sides import schema_names
from flowodm.errors import DeserializationError, FlowODMError
from flowodm.record import DecodedRecord, Record, Undecodable

if TYPE_CHECKING:
    from flowodm.cli.tail import TailRequest
    from flowodm.codec.style import Style
    from flowodm.connection import KafkaConnection
    from flowodm.query import Filter
    from flowodm.reader import Reader
    from flowodm.registry import SchemaRegistry

__all__ = [
    "Tally",
    "check_reader_of_output",
    "run",
]

_REDRAW: Final = 0.1
"""Seconds between two drawings of the status line."""
_OFFSETS_TOLD: Final = 5


def run(request: "TailRequest", session: Session) -> int:
    """Read what was asked and write it; return the exit code.

    Raises:
        FlowODMError: If the read cannot go on, or `--strict` met a record that does not decode.
    """
    filter_ = _filter(request)
    decoders = Decoders(request, session.output)
    with session.connect() as connection:
        from flowodm.reader import Reader

        _confirm(request, session, connection)
        registry = connection.schema_registry() if connection.context.schema_registry else None
        output = session.output
        writer = writer_for(
            request.form,
            output,
            names=schema_names(registry),
            several=request.reads_several,
            template=request.template,
        )
        with rare_collections(), Reader(connection, request.topics, request.read) as reader:
            loop = _Loop(request, output, reader, writer, filter_, registry, decoders)
            return loop.run()


def _confirm(request: "TailRequest", session: Session, connection: "KafkaConnection") -> None:
    """Have the commits of a group allowed and confirmed; a read without one changes nothing."""
    if (group := request.read.group) is None:
        return
    from flowodm.reading.grouped import check_group_read

    check_group_read(connection, request.topics)
    confirm_change(
        session, connection.context, "tail --group", group, yes=request.yes, noun="group"
    )


class Tally:
    """What has become of the records so far."""

    def __init__(self) -> None:
        self.read = 0
        self.shown = 0
        self.failed = 0
        self.failures: list[Record] = []
        """The first few that did not decode."""

    def add_failures(self, batch: Sequence[DecodedRecord]) -> None:
        """Count the records of a batch whose key or value did not decode."""
        for record, key, value in batch:
            if type(value) is Undecodable or type(key) is Undecodable:
                self.failed += 1
                if len(self.failures) < _OFFSETS_TOLD:
                    self.failures.append(record)

    def text(self, filter_: "Filter | None", *, several: bool) -> str:
        """Return the summary: `18,204 read, 31 shown, 2 not decoded (offsets 0:99310, …)`."""
        parts = [f"{self.read:,} read"]
        if filter_ is not None or self.shown != self.read:
            parts.append(f"{self.shown:,} shown")
        if filter_ is not None:
            counts = filter_.counts
            if counts.absent:
                parts.append(f"{counts.absent:,} without what the filter asks for")
            if counts.unconvertible:
                parts.append(f"{counts.unconvertible:,} not comparable ({filter_.reason})")
        if self.failed:
            parts.append(f"{self.failed:,} not decoded ({self._offsets(several)})")
        return ", ".join(parts)

    def _offsets(self, several: bool) -> str:
        told = ", ".join(
            f"{record.topic + ' ' if several else ''}{record.partition}:{record.offset}"
            for record in self.failures
        )
        more = ", …" if self.failed > len(self.failures) else ""
        return f"offset{'s' if self.failed > 1 else ''} {told}{more}"


class _Loop:
    """One run of the loop."""

    def __init__(
        self,
        request: "TailRequest",
        output: Output,
        reader: "Reader",
        writer: RecordWriter,
        filter_: "Filter | None",
        registry: "SchemaRegistry | None",
        decoders: Decoders,
    ) -> None:
        self._request = request
        self._output = output
        self._reader = reader
        self._writer = writer
        self._filter = filter_
        self._registry = registry
        self._decode = decoders.make(registry, writer.style)
        self._decode_values = None if filter_ is None else decoders.make(registry, _values_style())
        self._tally = Tally()
        self._shield = Shield()
        self._notices_told = 0
        self._status = _Status(output, request, reader)

    def run(self) -> int:
        """Read to the end, an interrupt or an error; the summary is told in each case."""
        try:
            with self._shield:
                self._read()
        except (OutputClosed, OutputFailed):
            raise
        except FlowODMError:
            self._end(is_told=self._tally.read > 0)
            raise
        except KeyboardInterrupt:
            self._end()
            raise
        self._end()
        return int(any(notice.is_problem for notice in self._reader.notices))

    def _read(self) -> None:
        read_batch = self._read_plain if self._filter is None else self._read_filtered
        for batch in self._reader.batches():
            if self._notices_told < len(self._reader.notices):
                self._tell_notices()
            if batch:
                before = self._tally.read
                with self._shield.up():
                    read_batch(batch)
                    self._output.flush()
                if self._request.limit is not None and self._tally.shown >= self._request.limit:
                    # a group goes on behind what was looked at, not behind what was fetched
                    self._reader.acknowledge(batch[: self._tally.read - before])
                    return
            else:
                check_reader_of_output(self._output)
            self._status.draw(self._tally, self._filter)

    def _read_plain(self, batch: Sequence[Record]) -> None:
        decoded: list[DecodedRecord] = []
        decode, keep = self._decode, decoded.append
        try:
            for record in batch:
                keep(decode(record))
        finally:  # an unreachable registry ends the read; what was decoded before is shown
            self._tally.read += len(decoded)
            self._write(decoded)

    def _read_filtered(self, batch: Sequence[Record]) -> None:
        assert self._filter is not None
        assert self._decode_values is not None
        decode, matches = self._decode_values, self._filter.matches
        matched: list[DecodedRecord] = []
        failed: list[DecodedRecord] = []
        left = None if self._request.limit is None else self._request.limit - self._tally.shown
        try:
            for record in batch:
                decoded = decode(record)
                self._tally.read += 1
                if type(decoded.value) is Undecodable or type(decoded.key) is Undecodable:
                    failed.append(decoded)
                if matches(decoded):
                    matched.append(self._decode(record))
                    if len(matched) == left:
                        break
        finally:
            self._write(matched, failed)

    def _write(
        self, batch: list[DecodedRecord], checked: Sequence[DecodedRecord] | None = None
    ) -> None:
        strict = self._request.strict
        if strict:
            batch = _up_to_failure(batch)
        self._writer.write(batch)
        self._tally.shown += len(batch)
        self._tally.add_failures(batch if checked is None else checked)
        if strict and self._tally.failed:
            self._refuse(self._tally.failures[0])

    def _refuse(self, record: Record) -> None:
        side = self._decode(record)
        bad = side.value if isinstance(side.value, Undecodable) else side.key
        assert isinstance(bad, Undecodable)
        raise DeserializationError(
            f"`{record.topic}` {record.partition}:{record.offset} does not decode: {bad.error}",
            path=bad.path,
            position=bad.position,
            schema_id=bad.schema_id,
            hint="leave out --strict to show such records and go on",
        )

    def _tell_notices(self) -> None:
        notices = self._reader.notices
        for notice in notices[self._notices_told :]:
            self._output.warn(notice.message)
            if notice.hint:
                self._output.message(f"  {notice.hint}")
        self._notices_told = len(notices)

    def _end(self, *, is_told: bool = True) -> None:
        self._tell_notices()
        self._writer.end()
        self._output.flush()
        if not is_told:
            return
        text = self._tally.text(self._filter, several=self._request.reads_several)
        self._output.note(Span(text, "dim"))


class _Status:
    """The one line on a terminal's stderr that says how the read goes."""

    def __init__(self, output: Output, request: "TailRequest", reader: "Reader") -> None:
        self._output = output
        self._request = request
        self._reader = reader
        self._is_shown = output.stderr.is_tty and not output.quiet
        self._drawn_at = 0.0
        self._pace = Pace()

    def draw(self, tally: Tally, filter_: "Filter | None") -> None:
        """Draw the line, unless it was drawn a moment ago."""
        if not self._is_shown:
            return
        now = time.monotonic()
        if now - self._drawn_at < _REDRAW:
            return
        self._drawn_at = now
        self._output.status(*self._spans(tally, filter_, self._pace.rate(tally.read, now)))

    def _spans(self, tally: Tally, filter_: "Filter | None", rate: float) -> list[Spans]:
        progress = self._reader.progress
        count = len(progress.partitions)
        names = {part.topic for part in progress.partitions}
        topics = next(iter(names)) if len(names) == 1 else f"{len(names):,} topics"
        verb = "following" if self._request.read.follow else "reading"
        parts = [
            f"{verb} {topics} ({count:,} partition{'s' if count != 1 else ''})",
            f"{rate:,.0f}/s",
        ]
        if filter_ is not None:
            parts.append(f"{tally.shown:,} of {tally.read:,} match")
        else:
            parts.append(f"{tally.read:,} read")
        if not self._request.read.follow or progress.remaining > 1_000:
            parts.append(f"{progress.remaining:,} to go")
        spans: list[Spans] = [Span(" · ".join(parts), "dim")]
        if tally.failed:
            spans += [Span(" · ", "dim"), Span(f"{tally.failed:,} not decoded", "red")]
        spans.append(Span(" · ctrl-c ends", "dim"))
        return spans


def _filter(request: "TailRequest") -> "Filter | None":
    if not request.has_filter:
        return None
    from flowodm.query import Filter

    return Filter(where=request.where, key=request.key, headers=request.headers, grep=request.grep)


def _values_style() -> "Style":
    from flowodm.codec.style import VALUES

    return VALUES


def _up_to_failure(batch: Sequence[DecodedRecord]) -> list[DecodedRecord]:
    kept = []
    for decoded in batch:
        kept.append(decoded)
        if isinstance(decoded.value, Undecodable) or isinstance(decoded.key, Undecodable):
            break
    return kept


def check_reader_of_output(output: Output) -> None:
    """Notice while nothing comes that whoever reads stdout has left.

    Raises:
        OutputClosed: If it has.
    """
    if output.is_abandoned():
        raise OutputClosed
