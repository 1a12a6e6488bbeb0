"""A record's key or value in words, on one line: when, what, of which schema.

Times are UTC. Pure, but for `schema_names`, which asks a registry.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from pydantic import BaseModel

from flowodm.display.layout import JSON, PYTHON, Notation, bare_line
from flowodm.display.sanitize import visible
from flowodm.display.text import cut
from flowodm.errors import RegistryError
from flowodm.record import Decoded, Undecodable

if TYPE_CHECKING:
    from flowodm.registry import SchemaRegistry

__all__ = [
    "NOT_DECODED",
    "SchemaName",
    "SchemaNames",
    "bytes_text",
    "clock",
    "drawable",
    "notation_of",
    "schema_names",
    "schema_place",
    "schema_text",
    "side_line",
]

NOT_DECODED: Final = "✗ not decoded"


class SchemaName(NamedTuple):
    """Where a schema stands in the registry."""

    subject: str
    version: int


SchemaNames: TypeAlias = Callable[[int, str, bool], SchemaName | None]
"""Of a schema id, a topic and whether it is the key's: its name; None where nobody knows."""


def clock(timestamp: int | None, today: datetime) -> str:
    """Return a record's time in UTC, with the date when it is another day's."""
    if timestamp is None:
        return "no time"
    try:
        moment = datetime.fromtimestamp(timestamp // 1000, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return f"{timestamp} ms"
    text = f"{moment:%H:%M:%S}.{timestamp % 1000:03d}Z"
    return text if moment.date() == today.date() else f"{moment.date().isoformat()} {text}"


def side_line(side: Decoded | Undecodable, width: int) -> str:
    """Return a key or value on one line, bare, as a table's cell has it."""
    if isinstance(side, Undecodable):
        return cut(visible(side.error), width)
    return cut(bare_line(drawable(side), width, notation_of(side)), width)


def schema_text(side: Decoded | Undecodable, topic: str, names: SchemaNames, is_key: bool) -> str:
    """Return how the schema of a side is called: `UserEvent v3`, or how else it was understood."""
    if isinstance(side, Undecodable):
        return NOT_DECODED
    if side.encoding == "null":
        return "no key" if is_key else "tombstone"
    if side.encoding != "avro":
        return side.encoding
    name = visible(side.schema.name.rpartition(".")[2]) if side.schema else "avro"
    found = schema_place(side, topic, names, is_key)
    return f"{name} v{found.version}" if found else name


def bytes_text(value: bytes | None) -> str:
    """Return a header's value: its text, `null`, or the bytes as escapes."""
    if value is None:
        return "null"
    try:
        return value.decode()
    except UnicodeDecodeError:
        return repr(value)


def schema_place(side: Decoded, topic: str, names: SchemaNames, is_key: bool) -> SchemaName | None:
    """Return where the schema of a side stands in the registry; None where nobody knows."""
    return None if side.schema_id is None else names(side.schema_id, topic, is_key)


def notation_of(side: Decoded) -> Notation:
    """Return how a side's value is written: as JSON where it is, else as Python."""
    return JSON if side.encoding == "json" and not isinstance(side.value, BaseModel) else PYTHON


def drawable(side: Decoded) -> Any:
    """Return a side's value as what is drawn: bytes as bytes."""
    return _raw(side.value) if side.encoding == "base64" else side.value


def _raw(value: Any) -> bytes:
    if isinstance(value, str):
        from base64 import b64decode

        return b64decode(value)
    return bytes(value)


def schema_names(registry: "SchemaRegistry | None") -> SchemaNames:
    """Return what asks the registry once for each schema id, and does without an answer."""
    known: dict[tuple[int, str, bool], SchemaName | None] = {}

    def name(schema_id: int, topic: str, is_key: bool) -> SchemaName | None:
        place = (schema_id, topic, is_key)
        if place not in known:
            known[place] = _ask(registry, schema_id, topic, is_key)
        return known[place]

    return name


def _ask(
    registry: "SchemaRegistry | None", schema_id: int, topic: str, is_key: bool
) -> SchemaName | None:
    if registry is None:
        return None
    try:
        found = sorted(registry.subject_versions(schema_id))
    except RegistryError:
        return None  # the name is a comfort; the record is shown without it
    usual = f"{topic}-{'key' if is_key else 'value'}"
    best = [place for place in found if place[0] == usual] or found
    return SchemaName(*best[-1]) if best else None
