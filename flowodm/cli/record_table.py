"""Records as rows of a table that grows: widths are settled by the first rows.

A later cell that is wider than its column is cut, but for numbers, which push the row aside: the
value, last and most telling, has all the room that is left.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from flowodm.cli.output import Span, Spans, StyleName
from flowodm.display.sanitize import visible
from flowodm.display.sides import SchemaNames, clock, schema_text, side_line
from flowodm.display.text import cut, display_width, pad
from flowodm.record import Decoded, DecodedRecord, Undecodable

__all__ = ["RecordTable"]

_GAP: Final = "  "
_UNLIMITED: Final = 100_000
_VALUE_AT_LEAST: Final = 24
_SAMPLE: Final = 200


class _Column(NamedTuple):
    heading: str
    at_least: int
    at_most: int
    is_number: bool = False


_TOPIC: Final = _Column("TOPIC", 5, 30)
_COLUMNS: Final = (
    _Column("PARTITION", 9, 20, is_number=True),
    _Column("OFFSET", 7, 30, is_number=True),
    _Column("TIME", 13, 24),
    _Column("KEY", 4, 20),
    _Column("SCHEMA", 8, 24),
)


class RecordTable:
    """The rows of one run.

    Args:
        width: Columns of the terminal; None cuts nothing.
        names: Names schemas.
        several: Whether the topic stands in each row.
    """

    def __init__(self, width: int | None, names: SchemaNames, *, several: bool) -> None:
        self._width = width or _UNLIMITED
        self._names = names
        self._columns = (_TOPIC, *_COLUMNS) if several else _COLUMNS
        self._several = several
        self._widths: list[int] = [column.at_least for column in self._columns]

    def heading(self, first: Sequence[DecodedRecord]) -> tuple[Spans, ...]:
        """Settle the widths by the first records and return the heading."""
        today = datetime.now(UTC)
        rows = [self._cells(decoded, today) for decoded in first[:_SAMPLE]]
        for index, column in enumerate(self._columns):
            widest = max(display_width(row[index]) for row in rows)
            self._widths[index] = max(column.at_least, min(widest, column.at_most))
        self._fit()
        parts = [
            pad(cut(column.heading, width), width, right=column.is_number)
            for column, width in zip(self._columns, self._widths, strict=True)
            if width
        ]
        return (Span(_GAP.join([*parts, "VALUE"]), "dim"),)

    def row(self, decoded: DecodedRecord, today: datetime) -> tuple[Spans, ...]:
        """Return the row of a record."""
        spans: list[Spans] = []
        cells = self._cells(decoded, today)
        for column, width, text in zip(self._columns, self._widths, cells, strict=True):
            if not width:
                continue
            shown = text if column.is_number else cut(text, width)
            shown = pad(shown, width, right=column.is_number)
            style = _style(decoded.value) if column.heading == "SCHEMA" else None
            spans += [Span(shown, style), _GAP]
        used = sum(display_width(span if isinstance(span, str) else span.text) for span in spans)
        room = max(self._width - used, 1)
        key_trouble = _key_trouble(decoded.key, room * 2 // 3)
        left = max(room - sum(map(display_width, key_trouble)), 1)
        spans += [Span(part, "red") for part in key_trouble]
        spans += self._value(decoded.value, left)
        return tuple(spans)

    def _value(self, value: Decoded | Undecodable, width: int) -> list[Spans]:
        if isinstance(value, Undecodable) and not self._widths[-1]:  # no column says so
            return [Span("✗ ", "red"), side_line(value, width - 2)]
        return [side_line(value, width)]

    def _fit(self) -> None:
        """Narrow, then leave out, what tells least until the value has room."""
        for heading in ("SCHEMA", "TIME", "KEY", "TOPIC", "PARTITION"):
            over = sum(self._widths) + len(_GAP) * len(self._widths)
            over -= self._width - _VALUE_AT_LEAST
            index = next(
                (at for at, column in enumerate(self._columns) if column.heading == heading), None
            )
            if over <= 0 or index is None:
                continue
            column = self._columns[index]
            narrow = self._widths[index] - over
            self._widths[index] = 0 if column.is_number or narrow < column.at_least else narrow

    def _cells(self, decoded: DecodedRecord, today: datetime) -> tuple[str, ...]:
        record = decoded.record
        cells = (
            str(record.partition),
            f"{record.offset:,}",
            clock(record.timestamp, today),
            _key_text(decoded.key),
            _schema_cell(decoded, self._names),
        )
        return (record.topic, *cells) if self._several else cells


def _key_text(key: Decoded | Undecodable) -> str:
    if isinstance(key, Undecodable):
        return "✗"
    return "–" if key.encoding == "null" else side_line(key, 60)


def _key_trouble(key: Decoded | Undecodable, width: int) -> list[str]:
    """What is wrong with a key, before the value: its own column is too narrow to say it."""
    if not isinstance(key, Undecodable):
        return []
    return [cut(f"✗ key: {visible(key.error)}", width), _GAP]


def _schema_cell(decoded: DecodedRecord, names: SchemaNames) -> str:
    if isinstance(decoded.value, Undecodable):
        return "✗"
    return schema_text(decoded.value, decoded.record.topic, names, is_key=False)


def _style(value: Decoded | Undecodable) -> StyleName | None:
    if isinstance(value, Undecodable):
        return "red"
    return "yellow" if value.encoding == "null" else None
