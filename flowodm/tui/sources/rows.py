"""A record as one row of the list: what each column says, decoded, worded and made visible."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from flowodm.display.sanitize import visible
from flowodm.display.sides import NOT_DECODED, clock, schema_text, side_line
from flowodm.display.text import cut
from flowodm.errors import RegistryError, RegistryUnreachable
from flowodm.record import Decoded, DecodedRecord, Record, Undecodable
from flowodm.tui.sources.opened import names_schema
from flowodm.tui.sources.records import RecordsSource
from flowodm.tui.sources.ring import Row
from flowodm.tui.sources.sizes import decode_bounded

__all__ = ["RowText", "key_text", "plain_row", "rows_of"]

_VALUE: Final = 400
_KEY: Final = 80
_RAW: Final = 200
_NONE: Final = "–"
_EMPTY: Final = "''"


class RowText(NamedTuple):
    """One row."""

    number: int
    partition: str
    offset: str
    time: str
    key: str
    schema: str
    value: str
    kind: str = ""
    """`failed` where a side did not decode, `gone` for a tombstone, `raw` when not decoded yet."""
    is_marked: bool = False
    is_unasked: bool = False
    """The registry did not answer: worth asking again."""


def rows_of(
    rows: Sequence[tuple[int, Row]], source: RecordsSource, today: datetime
) -> list[RowText]:
    """Decode and word records; what does not decode says why, whatever the cause.

    A registry that does not answer is asked for one of them alone.
    """
    worded: list[RowText] = []
    silent: RegistryUnreachable | None = None
    for number, row in rows:
        if silent is not None and _is_framed(row.record):
            worded.append(_unasked(number, row, silent, today))
            continue
        try:
            worded.append(
                _worded(number, row, decode_bounded(row.record, source.tree), source, today)
            )
        except RegistryUnreachable as error:
            silent = error
            worded.append(_unasked(number, row, error, today))
        except RegistryError as error:
            worded.append(_unasked(number, row, error, today))
    return worded


def key_text(record: Record, key: Decoded | Undecodable, width: int) -> str:
    """Return a key on one line: its bytes where it does not decode, a sign where there is none."""
    if record.key is None:
        return _NONE
    if isinstance(key, Undecodable):
        return f"✗ {cut(visible(repr(record.key[:width])), width)}"
    return side_line(key, width) or _EMPTY


def plain_row(number: int, row: Row) -> RowText:
    """Word a record without decoding it, which never blocks."""
    raw = (row.record.value or b"")[:_RAW].decode(errors="replace")
    return _start(number, row, datetime.now(UTC))._replace(value=visible(raw), kind="raw")


def _is_framed(record: Record) -> bool:
    """Whether a side of it names a schema."""
    return names_schema(record.key) or names_schema(record.value)


def _unasked(number: int, row: Row, error: RegistryError, today: datetime) -> RowText:
    return _start(number, row, today)._replace(
        schema=NOT_DECODED,
        value=visible(error.message),
        kind="failed",
        is_unasked=isinstance(error, RegistryUnreachable),
    )


def _worded(
    number: int, row: Row, decoded: DecodedRecord, source: RecordsSource, today: datetime
) -> RowText:
    record, key, value = decoded
    failed = next((side for side in (value, key) if isinstance(side, Undecodable)), None)
    text, kind = side_line(value, _VALUE) or _EMPTY, ""
    if failed is not None:
        text, kind = visible(_cause(failed, is_key=failed is key)), "failed"
    elif record.value is None:
        text, kind = "tombstone", "gone"
    return _start(number, row, today)._replace(
        key=key_text(record, key, _KEY),
        schema=_NONE if kind == "gone" else _schema(value, record, source),
        value=text,
        kind=kind,
    )


def _schema(value: Decoded | Undecodable, record: Record, source: RecordsSource) -> str:
    return schema_text(value, record.topic, source.names, is_key=False)


def _start(number: int, row: Row, today: datetime) -> RowText:
    record: Record = row.record
    return RowText(
        number,
        str(record.partition),
        f"{record.offset:,}",
        clock(record.timestamp, today),
        _NONE if record.key is None else visible(record.key[:_KEY].decode(errors="replace")),
        "",
        "",
        is_marked=row.is_marked,
    )


def _cause(side: Undecodable, *, is_key: bool) -> str:
    notes = [] if side.position is None else [f"byte {side.position}"]
    if side.schema_id is not None:
        notes.append(f"schema id {side.schema_id}")
    where = f" ({'; '.join(notes)})" if notes else ""
    return f"{'key: ' if is_key else ''}{side.error}{where}"
