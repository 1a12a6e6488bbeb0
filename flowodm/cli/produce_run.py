"""What `produce` does: check the lines, send them, and tell how it goes."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final, TypeAlias

from flowodm.cli.confirm import confirm_change
from flowodm.cli.options import Session
from flowodm.cli.output import Output, Span
from flowodm.cli.progress_line import ProgressLine
from flowodm.errors import DeliveryError, FlowODMError, SerializationError, UsageError
from flowodm.lines import LineReader, Message, SideSchemas, Spool, numbered_lines
from flowodm.lines.source import followed_lines, text_of

if TYPE_CHECKING:
    from flowodm.cli.produce import ProduceRequest
    from flowodm.connection import KafkaConnection
    from flowodm.producer import Outcome
    from flowodm.record import TimestampType

__all__ = ["run"]

_Numbered: TypeAlias = tuple[int, Message]
"""A message with the number of its line."""

_MOST_TOLD: Final = 10
"""Bad lines that are told one by one."""
_WAIT: Final = 0.1
_CANCEL: Final = 0.4
_PATIENCE: Final = 30
"""Seconds that a record may wait for its acknowledgement, unless the context says otherwise."""
_PATIENCE_KEYS: Final = frozenset({"message.timeout.ms", "delivery.timeout.ms"})


def run(request: "ProduceRequest", session: Session) -> int:
    """Send what was asked; return the exit code.

    Raises:
        FlowODMError: The options, the topic or the lines are wrong, and nothing was sent; or
            some of what was sent was not delivered.
    """
    with session.connect() as connection:
        if not request.dry_run:
            connection.check_change("produce", request.topic)
            confirm_change(session, connection.context, "produce", request.topic, yes=request.yes)
        key, value = _schemas(request, connection)
        reader = LineReader(request.lines, key, value)
        with _input(request, session) as stream:
            if request.dry_run:
                return _DryRun(request, session.output, connection, reader).run(stream)
            return _Run(request, session, connection, reader).run(stream)


def _schemas(
    request: "ProduceRequest", connection: "KafkaConnection"
) -> tuple[SideSchemas, SideSchemas]:
    registry = connection.schema_registry if connection.context.schema_registry else None
    dry_run = request.dry_run
    return (
        SideSchemas(request.topic, "key", registry, request.key, dry_run=dry_run),
        SideSchemas(request.topic, "value", registry, request.value, dry_run=dry_run),
    )


@contextmanager
def _input(request: "ProduceRequest", session: Session) -> Iterator[BinaryIO]:
    if request.file is None:
        if sys.stdin is None:
            raise UsageError("standard input is closed", hint="give the lines with `--file FILE`")
        if sys.stdin.isatty():
            session.output.note(Span("reading lines from the terminal; ctrl-d ends them", "dim"))
        yield sys.stdin.buffer
        return
    try:
        stream = open(request.file, "rb")  # noqa: SIM115 - closed below, errors told apart
    except OSError as error:
        raise UsageError(f"cannot read `{request.file}`: {error.strerror}") from error
    with stream:
        yield stream


class _Faults:
    """The lines that are wrong: the first few told at once, all of them counted."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.count = 0

    def add(self, number: int, error: FlowODMError) -> None:
        """Count a line, and tell what is wrong with it."""
        self.count += 1
        if self.count <= _MOST_TOLD:
            hint = f"  ({error.hint})" if error.hint else ""
            self._output.message(Span(f"line {number}: ", "red"), error.message + hint)
        elif self.count == _MOST_TOLD + 1:
            self._output.message("more lines are wrong; they are only counted")


class _Checked:
    """Reads lines into messages; a line that is wrong is told and left out."""

    def __init__(self, reader: LineReader, output: Output) -> None:
        self._reader = reader
        self.faults = _Faults(output)
        self.count = 0

    def messages(self, stream: BinaryIO) -> Iterator[_Numbered]:
        """Give the messages of the lines that are right, with the lines' numbers."""
        for number, line in numbered_lines(stream):
            message = self._read(number, line)
            if message is not None:
                yield number, message

    def followed(self, stream: BinaryIO) -> Iterator[_Numbered | None]:
        """Do the same; None says that no line has come for a moment."""
        for line in followed_lines(stream, _WAIT):
            message = None if line is None else self._read(*line)
            if line is None:
                yield None
            elif message is not None:
                yield line[0], message

    def _read(self, number: int, line: bytes) -> Message | None:
        self.count += 1
        try:
            return self._reader.read(text_of(line))
        except SerializationError as error:
            self.faults.add(number, error)
            return None


class _DryRun:
    """Checks all lines and writes what would be sent, as `tail` would show it."""

    def __init__(
        self,
        request: "ProduceRequest",
        output: Output,
        connection: "KafkaConnection",
        reader: LineReader,
    ) -> None:
        from flowodm.producer import check_partition, count_partitions

        self._request = request
        self._output = output
        self._reader = reader
        self._checked = _Checked(reader, output)
        self._show = _shower(request, connection)
        count = count_partitions(connection, request.topic)
        check_partition(request.topic, request.partition, count)

    def run(self, stream: BinaryIO) -> int:
        """Check and show; a wrong line is the error at the end."""
        for _, message in self._checked.messages(stream):
            if self._reader.can_send:
                self._output.data(self._show(message) + b"\n")
        _refuse_faults(self._checked, "--dry-run sends nothing anyway")
        count, labels = self._checked.count, _labels(self._reader)
        self._output.note(
            f"{_counted(count, 'line')} would be sent to {self._request.topic}{labels}"
        )
        return 0


def _shower(request: "ProduceRequest", connection: "KafkaConnection") -> Callable[[Message], bytes]:
    """What writes a message as the envelope that `tail` would write, but for its place."""
    from flowodm.codec import Codec
    from flowodm.envelope import EnvelopeWriter
    from flowodm.json_form import JSON
    from flowodm.record import Record

    registry = connection.schema_registry() if connection.context.schema_registry else None
    decode, write = Codec(registry, style=JSON).decode, EnvelopeWriter().line
    partition = -1 if request.partition is None else request.partition

    def show(message: Message) -> bytes:
        key, value, headers, timestamp = message
        clock: TimestampType = "unknown" if timestamp is None else "create"
        return write(
            decode(Record(request.topic, partition, -1, clock, timestamp, key, value, headers))
        )

    return show


class _Run:
    """Checks the lines, sends them, and counts what becomes of them."""

    def __init__(
        self,
        request: "ProduceRequest",
        session: Session,
        connection: "KafkaConnection",
        reader: LineReader,
    ) -> None:
        from flowodm.producer import Producer, check_partition

        self._request = request
        self._output = session.output
        self._reader = reader
        self._checked = _Checked(reader, session.output)
        self._progress = ProgressLine(session.output)
        self._undelivered = _Faults(session.output)
        self._tells_deliveries = session.values.output is not None
        said = connection.context.client_config("producer").keys()
        patience = {} if said & _PATIENCE_KEYS else {"message.timeout.ms": _PATIENCE * 1_000}
        self._producer = Producer(connection, config=patience)
        check_partition(request.topic, request.partition, self._producer.check_topic(request.topic))
        self._sent = 0
        self._is_cancelled = False

    def run(self, stream: BinaryIO) -> int:
        """Send all lines; what was not delivered is the error at the end."""
        try:
            if self._request.stream:
                self._send(self._checked.followed(stream), None)
            else:
                self._send_checked(stream)
        except BaseException:
            self._is_cancelled = True
            self._producer.cancel(_CANCEL)
            self._tell_cancelled()
            raise
        self._output.flush()
        return self._end()

    def _send_checked(self, stream: BinaryIO) -> None:
        with Spool() as spool:
            for number, message in self._checked.messages(stream):
                self._progress.draw("checked", self._checked.count)
                spool.add(number, message)
            _refuse_faults(
                self._checked, "nothing was sent; `--stream` sends the lines that are right"
            )
            self._send(iter(spool), len(spool))

    def _send(self, messages: Iterator[_Numbered | None], total: int | None) -> None:
        for numbered in messages:
            if numbered is None:
                self._producer.wait(0)
                self._output.flush()
            else:
                self._send_one(*numbered)
            self._progress.draw("sent", self._sent, total)
        while self._producer.wait(_WAIT):
            self._progress.draw("delivered", self._producer.delivered, self._sent)

    def _send_one(self, number: int, message: Message) -> None:
        key, value, headers, timestamp = message
        self._sent += 1
        try:
            self._producer.send(
                self._request.topic,
                key,
                value,
                headers=headers,
                partition=self._request.partition,
                timestamp=timestamp,
                on_delivery=partial(self._report, number),
            )
        except DeliveryError as error:
            self._undelivered.add(number, error)

    def _report(self, number: int, outcome: "Outcome") -> None:
        if isinstance(outcome, FlowODMError):
            if not self._is_cancelled:
                self._undelivered.add(number, outcome)
        elif self._tells_deliveries:
            place = {
                "line": number,
                "topic": outcome.topic,
                "partition": outcome.partition,
                "offset": outcome.offset,
                "ts": outcome.timestamp,
            }
            self._output.data(json.dumps(place, separators=(",", ":")).encode() + b"\n")

    def _tell_cancelled(self) -> None:
        if not self._sent:
            return
        producer = self._producer
        parts = [f"{_counted(self._sent, 'record')} sent", f"{producer.delivered:,} delivered"]
        if producer.outstanding:
            parts.append(f"{producer.outstanding:,} may still be delivered")
        self._output.note(", ".join(parts))

    def _end(self) -> int:
        topic, delivered = self._request.topic, self._producer.delivered
        self._output.note(
            f"{_counted(delivered, 'record')} delivered to {topic}{_labels(self._reader)}"
        )
        failed, error = self._undelivered.count, self._producer.last_error
        if error is not None and error.exit_code == 4:
            raise error
        if failed:
            hint = error.hint if error is not None else None
            raise DeliveryError(
                f"{failed:,} of {_counted(self._sent, 'record')} were not delivered", hint=hint
            )
        _refuse_faults(self._checked, "the others were delivered")
        return 0


def _refuse_faults(checked: _Checked, hint: str) -> None:
    wrong = checked.faults.count
    if wrong:
        raise SerializationError(
            f"{wrong:,} of {_counted(checked.count, 'line')} cannot be sent", hint=hint
        )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _labels(reader: LineReader) -> str:
    return f"  ({', '.join(reader.labels)})" if reader.labels else ""
