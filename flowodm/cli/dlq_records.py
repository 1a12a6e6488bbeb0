"""How `dlq show` writes dead letters: one writer for each format."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from textwrap import wrap
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from flowodm.cli.output import Output, Span, Spans
from flowodm.cli.tables import Column, age, machine_value, write_rows
from flowodm.display.sanitize import visible

if TYPE_CHECKING:
    from flowodm.codec.style import Style
    from flowodm.consumer.dead_letter import DeadLetter
    from flowodm.display.sides import SchemaNames
    from flowodm.record import DecodedRecord

__all__ = ["LETTER_FORMATS", "LetterWriter", "ShownLetter", "letter_writer"]

LETTER_FORMATS: Final = ("pretty", "wide", "table", "json", "ndjson")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ROWS_AT_ONCE: Final = 5_000
"""Rows of a table that are laid out together; the next ones begin with the heading again."""
_ERROR_LINES: Final = 4
_STACK_LINES: Final = 60
_SIDE: Final = 200


class ShownLetter(NamedTuple):
    """A dead letter to show."""

    decoded: "DecodedRecord"
    """With the headers that the record had before it failed."""
    letter: "DeadLetter | None"
    replayed: int


class LetterWriter(Protocol):
    """Writes dead letters; their values are in the style it names."""

    style: "Style"

    def write(self, batch: Sequence[ShownLetter]) -> None:
        """Write some dead letters."""

    def end(self) -> None:
        """Write what closes the output."""


def letter_writer(
    form: str, output: Output, names: "SchemaNames", *, with_stack: bool
) -> LetterWriter:
    """Return the writer of an output format.

    Args:
        form: One of `LETTER_FORMATS`.
        output: Where it writes.
        names: Names the schemas that people see.
        with_stack: Whether people see the stack trace.
    """
    if form == "json":
        return _Documents(output, first=b"[\n", between=b",\n", last=b"\n]\n", none=b"[]\n")
    if form == "ndjson":
        return _Documents(output, first=b"", between=b"\n", last=b"\n", none=b"")
    if form == "table":
        return _Table(output)
    return _Blocks(output, names, with_stack=with_stack or form == "wide")


class _Documents:
    """Envelopes as `tail` writes them, each with what is said of the dead letter."""

    def __init__(
        self, output: Output, *, first: bytes, between: bytes, last: bytes, none: bytes
    ) -> None:
        from flowodm.envelope import EnvelopeWriter
        from flowodm.json_form import JSON

        self.style: Style = JSON
        self._output = output
        self._line = EnvelopeWriter().line
        self._before, self._between, self._last, self._none = first, between, last, none
        self._is_first = True

    def write(self, batch: Sequence[ShownLetter]) -> None:
        """Write some documents."""
        for shown in batch:
            self._output.data(self._before + self._document(shown))
            self._before, self._is_first = self._between, False

    def end(self) -> None:
        """Close the array, or the last line."""
        self._output.data(self._none if self._is_first else self._last)

    def _document(self, shown: ShownLetter) -> bytes:
        from flowodm.codec.unseen import escape_unseen

        said = json.dumps(_facts(shown), ensure_ascii=False, separators=(",", ":"))
        line = self._line(shown.decoded)
        return line[:-1] + b',"dead_letter":' + escape_unseen(said).encode() + b"}"


def _facts(shown: ShownLetter) -> dict[str, object] | None:
    letter = shown.letter
    if letter is None:
        return None
    return {
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "tstype": letter.timestamp_type,
        "ts": letter.timestamp,
        "group": letter.group,
        "stage": letter.stage,
        "exception": letter.exception,
        "message": letter.message,
        "cause": letter.cause,
        "stacktrace": letter.stacktrace,
        "attempts": letter.attempts,
        "first_failed": machine_value(_moment(letter.first_failed)),
        "schema_id": letter.schema_id,
        "style": letter.style,
        "replayed": shown.replayed,
    }


class _Blocks:
    """The block of `tail` for each, and under it why it was given up."""

    def __init__(self, output: Output, names: "SchemaNames", *, with_stack: bool) -> None:
        from flowodm.display.tree import TREE

        self.style: Style = TREE
        self._output = output
        self._names = names
        self._with_stack = with_stack
        self._is_first = True

    def write(self, batch: Sequence[ShownLetter]) -> None:
        """Write some blocks, an empty line between them."""
        from flowodm.cli.pretty import block_of

        output, now = self._output, datetime.now(UTC)
        for shown in batch:
            if not self._is_first:
                output.line()
            self._is_first = False
            block = block_of(shown.decoded, width=output.width, names=self._names, today=now)
            for line in block.lines:
                output.line(*line)
            for line in _letter_lines(shown, output.width, now, with_stack=self._with_stack):
                output.line(*line)

    def end(self) -> None:
        """Write nothing more."""


def _letter_lines(
    shown: ShownLetter, width: int, now: datetime, *, with_stack: bool
) -> Iterable[tuple[Spans, ...]]:
    letter = shown.letter
    if letter is None:
        yield (Span("  no dead letter by its headers", "yellow"),)
        return
    room = max(width - 4, 20)
    why = ": ".join(text for text in (letter.exception, letter.message) if text)
    lines = _wrapped(why or "no error said", room, _ERROR_LINES)
    yield "  ", Span(f"✗ {lines[0]}", "red")
    for line in lines[1:]:
        yield "    ", Span(line, "red")
    if letter.cause and not with_stack:
        for line in _wrapped(f"because of {letter.cause}", room, _ERROR_LINES):
            yield "    ", line
    for line in wrap(visible(_origin(shown, letter, now)), room, max_lines=_ERROR_LINES):
        yield "    ", Span(line, "dim")
    if with_stack and letter.stacktrace:
        for line in letter.stacktrace.splitlines()[-_STACK_LINES:]:
            yield "    ", Span(line, "dim")


def _wrapped(text: str, width: int, most: int) -> list[str]:
    return wrap(visible(text), width, max_lines=most, placeholder=" …") or [""]


def _origin(shown: ShownLetter, letter: "DeadLetter", now: datetime) -> str:
    """Say in one line where a dead letter came from and what was tried."""
    parts = [f"from {_place(letter)}"]
    if letter.group:
        parts.append(f"group {letter.group}")
    if letter.stage:
        parts.append(f"at {letter.stage}")
    if letter.attempts is not None:
        parts.append(f"{letter.attempts:,} attempt{'' if letter.attempts == 1 else 's'}")
    if (moment := _moment(letter.first_failed)) is not None:
        parts.append(f"first failed {age(moment, now=now)}")
    if shown.replayed:
        parts.append(f"sent again {shown.replayed:,} time{'' if shown.replayed == 1 else 's'}")
    return " · ".join(parts)


def _place(letter: "DeadLetter") -> str:
    numbers = [letter.partition, letter.offset]
    if None in numbers:
        return letter.topic or "?"
    return f"{letter.topic} {letter.partition}:{letter.offset}"


class _Table:
    """A row for each."""

    def __init__(self, output: Output) -> None:
        from flowodm.display.tree import TREE

        self.style: Style = TREE
        self._output = output
        self._rows: list[ShownLetter] = []

    def write(self, batch: Sequence[ShownLetter]) -> None:
        """Take some rows; thousands are laid out together."""
        self._rows += batch
        if len(self._rows) >= _ROWS_AT_ONCE:
            self.end()

    def end(self) -> None:
        """Write the rows that are left."""
        rows, self._rows = self._rows, []
        write_rows(
            self._output,
            "table",
            rows,
            _COLUMNS,
            name=lambda shown: str(shown.decoded.record.offset),
            empty="no dead letters",
        )


def _key(shown: ShownLetter) -> str:
    from flowodm.display.sides import side_line

    return side_line(shown.decoded.key, _SIDE) if shown.decoded.record.key is not None else "–"


def _value(shown: ShownLetter) -> str:
    from flowodm.display.sides import side_line
    from flowodm.record import Undecodable

    value = shown.decoded.value
    if shown.decoded.record.value is None:
        return "tombstone"
    return f"{'✗ ' if isinstance(value, Undecodable) else ''}{side_line(value, _SIDE)}"


def _error(shown: ShownLetter) -> str:
    letter = shown.letter
    if letter is None:
        return "no dead letter"
    name = (letter.exception or "").rpartition(".")[2]
    return ": ".join(text for text in (name, (letter.message or "")[:_SIDE]) if text) or "–"


_COLUMNS: Final[tuple[Column[ShownLetter], ...]] = (
    Column("PARTITION", lambda shown: shown.decoded.record.partition, keep=2),
    Column("OFFSET", lambda shown: shown.decoded.record.offset, keep=2),
    Column("FROM", lambda shown: _place(shown.letter) if shown.letter else None, keep=1),
    Column("ATTEMPTS", lambda shown: shown.letter.attempts if shown.letter else None),
    Column("KEY", _key, keep=1),
    Column("ERROR", _error, style=lambda _: "red", keep=1),
    Column("VALUE", _value),
)


def _moment(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
