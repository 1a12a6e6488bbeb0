"""What a form begins with, of a record that is there: what fits its schemas, and what does not."""

from typing import Final

from flowodm.avro.types import Json, Record
from flowodm.avro.words import listed
from flowodm.codec.framing import KEY_HEADER, VALUE_HEADER
from flowodm.codec.plain import bytes_text
from flowodm.lines.schemas import AvroWriter
from flowodm.record import Decoded, DecodedRecord, Undecodable
from flowodm.tui.sources.form.fields import UNSET, Unset
from flowodm.tui.sources.form.form import Copied, Side, Target
from flowodm.tui.sources.form.texts import is_plain

__all__ = ["copied_of"]

_LONGEST: Final = 100_000
"""Bytes of a side that a form takes over."""
_MOST_HEADERS: Final = 100
_FRAMING: Final = frozenset({KEY_HEADER, VALUE_HEADER})
"""Headers that name the schema of what was written: the form writes it otherwise."""


def copied_of(decoded: DecodedRecord, target: Target) -> Copied:
    """Take over what a form can begin with.

    Args:
        decoded: The record, in the JSON form.
        target: What the form is for.
    """
    record, notes = decoded.record, []
    key, said = _side("key", record.key, decoded.key, target.key)
    notes += said
    value, said = _side("value", record.value, decoded.value, target.value)
    notes += said
    headers = tuple(one for one in record.headers if _is_taken(*one))[:_MOST_HEADERS]
    left = sum(name not in _FRAMING for name, _ in record.headers) - len(headers)
    if left:
        notes.append(f"headers left out: {left:,} are no text")
    absent = {side for side, data in (("key", record.key), ("value", record.value)) if data is None}
    if target.key is None:
        absent.discard("key")  # no text is no key
    place = f"{record.partition}:{record.offset}"
    return Copied(place, key, value, frozenset(absent), headers, tuple(notes))


def _side(
    side: Side, data: bytes | None, decoded: Decoded | Undecodable, writer: AvroWriter | None
) -> tuple[Json | Unset, list[str]]:
    if data is None:
        return UNSET, []
    if len(data) > _LONGEST:
        return UNSET, [f"its {side} has {len(data):,} bytes, too many for a form"]
    if writer is None:
        text = bytes_text(data)
        if text is None or not is_plain(text):
            return UNSET, [f"its {side} is no text of one line"]
        return text, []
    if isinstance(decoded, Undecodable):
        return UNSET, [f"its {side} does not decode"]
    if decoded.encoding not in ("avro", "json"):
        return UNSET, [f"its {side} is {decoded.encoding}, not of {writer.label}"]
    return decoded.value, _lost(side, decoded.value, writer)


def _lost(side: Side, value: Json, writer: AvroWriter) -> list[str]:
    """Tell which fields of a value the schema has not."""
    node = writer.schema.deref(writer.schema.root)
    if not isinstance(node, Record) or not isinstance(value, dict):
        return []
    known = {field.name for field in node.fields}
    lost = [name for name in value if name not in known]
    return [f"its {side}'s {listed(lost)} left out: the schema has no such field"] if lost else []


def _is_taken(name: str, value: bytes | None) -> bool:
    if name in _FRAMING or value is None or not name or "=" in name or len(value) > _LONGEST:
        return False
    text = bytes_text(value)
    return text is not None and is_plain(text) and is_plain(name)
