"""Records as people read them: a block each, with the value as a typed tree.

```
user-events  2:10482  12:04:05.123Z  key u-17  UserEvent v3  (user-events-value id 42)
  UserEvent(user_id='u-17', action=Action.PURCHASE)
  trace-id: 4bf92f35
```

Pure: a record in, lines of spans out. Times are UTC. Colour marks what is wrong or gone; each has
a word or a sign too.
"""

from collections.abc import Sequence
from datetime import datetime
from textwrap import wrap
from typing import Final, NamedTuple

from flowodm.cli.output import Span, Spans, StyleName
from flowodm.display.layout import (
    Drawing,
    Limits,
    draw,
    hex_lines,
    text_lines,
)
from flowodm.display.sanitize import visible
from flowodm.display.sides import (
    NOT_DECODED,
    SchemaNames,
    bytes_text,
    clock,
    drawable,
    notation_of,
    schema_place,
    schema_text,
    side_line,
)
from flowodm.display.text import cut, display_width
from flowodm.display.tree import Noted
from flowodm.record import Decoded, DecodedRecord, Headers, Undecodable

__all__ = ["Block", "block_of"]


class Block(NamedTuple):
    """The lines of one record, and whether they show all of its values."""

    lines: tuple[tuple[Spans, ...], ...]
    is_whole: bool


_INDENT: Final = "  "
_GAP: Final = "  "
_KEY_AT_MOST: Final = 48
_KEY_AT_LEAST: Final = 12
_SCHEMA_ROOM: Final = 20
_HEADERS_AT_MOST: Final = 20
_ERROR_LINES: Final = 4
_STYLES: Final[dict[str, StyleName]] = {NOT_DECODED: "red", "tombstone": "yellow"}


def block_of(decoded: DecodedRecord, *, width: int, names: SchemaNames, today: datetime) -> Block:
    """Return the block of a record.

    Args:
        decoded: The record, its Avro values in the style `TREE`.
        width: Columns to fill.
        names: Names schemas.
        today: The moment that tells whether a time needs its date.
    """
    lines = _head(decoded, width, names, today)
    is_whole = True
    for side, label in ((decoded.key, "key"), (decoded.value, "")):
        if isinstance(side, Undecodable):
            lines.extend(_failure(side, label, width))
    if isinstance(decoded.value, Decoded) and decoded.value.encoding != "null":
        body, is_whole = _body(decoded.value, width)
        lines.extend(body)
        if isinstance(decoded.value.value, Noted):
            lines.extend(_note(decoded.value.value.note, width))
    headers, all_headers = _header_lines(decoded.record.headers, width)
    lines.extend(headers)
    return Block(tuple(lines), is_whole and all_headers)


def _head(
    decoded: DecodedRecord, width: int, names: SchemaNames, today: datetime
) -> list[tuple[Spans, ...]]:
    record, key, value = decoded
    parts: list[tuple[Spans, ...]] = [
        (Span(visible(record.topic), "bold"),),
        (f"{record.partition}:{record.offset}",),
        (Span(clock(record.timestamp, today), "dim"),),
    ]
    used = sum(_width(part) + len(_GAP) for part in parts)
    parts.append(_key_part(key, min(_KEY_AT_MOST, max(width - used - _SCHEMA_ROOM, _KEY_AT_LEAST))))
    text = schema_text(value, record.topic, names, is_key=False)
    parts.append((Span(text, _STYLES.get(text)),))
    lines = _filled(parts, width)
    for place in _places(value, record.topic, names):
        if _width(lines[-1]) + len(_GAP) + len(place) <= width:
            lines[-1] = (*lines[-1], _GAP, Span(place, "dim"))
            break
    return lines


def _filled(parts: Sequence[tuple[Spans, ...]], width: int) -> list[tuple[Spans, ...]]:
    """Put parts on as few lines as they need, the later ones indented."""
    lines = [parts[0]]
    for part in parts[1:]:
        if _width(lines[-1]) + len(_GAP) + _width(part) <= width:
            lines[-1] = (*lines[-1], _GAP, *part)
        else:
            lines.append((_INDENT, *part))
    return lines


def _width(spans: Sequence[Spans]) -> int:
    return sum(display_width(span if isinstance(span, str) else span.text) for span in spans)


def _key_part(key: Decoded | Undecodable, width: int) -> tuple[Spans, ...]:
    if isinstance(key, Undecodable):
        return ("key ", Span(NOT_DECODED, "red"))
    if key.encoding == "null":
        return (Span("no key", "dim"),)
    return (Span("key ", "dim"), side_line(key, width))


def _places(side: Decoded | Undecodable, topic: str, names: SchemaNames) -> tuple[str, ...]:
    """Return how to say where the schema is, the long way first."""
    if side.schema_id is None or isinstance(side, Undecodable):
        return ()
    found = schema_place(side, topic, names, is_key=False)
    short = f"(id {side.schema_id})"
    return (f"({visible(found.subject)} id {side.schema_id})", short) if found else (short,)


def _body(side: Decoded, width: int) -> tuple[list[tuple[Spans, ...]], bool]:
    if side.encoding == "base64":
        return _hex(drawable(side), width), True
    drawing = _drawing(side, max(width - len(_INDENT), 20))
    return [(_INDENT, line) for line in drawing.lines], drawing.is_whole


def _drawing(side: Decoded, width: int) -> Drawing:
    if side.encoding == "text":
        return text_lines(str(side.value), width)
    return draw(side.value, width, Limits(characters=2 * width), notation_of(side))


def _note(note: str, width: int) -> list[tuple[Spans, ...]]:
    lines = wrap(f"! {visible(note)}", max(width - len(_INDENT), 20), max_lines=_ERROR_LINES)
    return [(_INDENT, Span(line, "yellow")) for line in lines]


def _failure(side: Undecodable, label: str, width: int) -> list[tuple[Spans, ...]]:
    notes = []
    if side.position is not None:
        notes.append(f"byte {side.position}")
    if side.schema_id is not None:
        notes.append(f"schema id {side.schema_id}")
    where = f" ({'; '.join(notes)})" if notes else ""
    text = f"{label}: {side.error}{where}" if label else f"{side.error}{where}"
    lines = wrap(visible(text), max(width - len(_INDENT), 20), max_lines=_ERROR_LINES)
    return [*((_INDENT, line) for line in lines), *_hex(side.raw, width)]


def _hex(data: bytes, width: int) -> list[tuple[Spans, ...]]:
    lines: list[tuple[Spans, ...]] = []
    for octets, size in hex_lines(data):
        space = max(min(width, 80) - len(_INDENT) - display_width(octets) - len(size), 2)
        lines.append((_INDENT, octets, *((" " * space, Span(size, "dim")) if size else ())))
    return lines


def _header_lines(headers: Headers, width: int) -> tuple[list[tuple[Spans, ...]], bool]:
    lines: list[tuple[Spans, ...]] = []
    is_whole = True
    for name, value in headers[:_HEADERS_AT_MOST]:
        label = visible(name[:200])
        text = visible(bytes_text(None if value is None else value[:2_000]))
        shown = cut(text, max(width - len(_INDENT) - display_width(label) - 2, 20))
        is_whole = is_whole and shown == text
        lines.append((_INDENT, Span(f"{label}: ", "dim"), shown))
    if len(headers) > _HEADERS_AT_MOST:
        hidden = len(headers) - _HEADERS_AT_MOST
        lines.append((_INDENT, Span(f"… {hidden:,} more headers", "dim")))
        is_whole = False
    return lines, is_whole
