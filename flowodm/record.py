"""A record as it came from Kafka, and what became of its key and value.

Bytes here, values in `codec/`. A record that could not be decoded is a value of the stream
(`Undecodable`), not an exception.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

__all__ = [
    "Decoded",
    "DecodedRecord",
    "Encoding",
    "Headers",
    "Meta",
    "Record",
    "TimestampType",
    "Undecodable",
]

Headers = tuple[tuple[str, bytes | None], ...]
"""Names and raw values, in the order they were written; names may repeat."""

TimestampType = Literal["create", "logappend", "unknown"]
"""Whose clock: the producer's, the broker's, or none."""

Encoding = Literal["avro", "json", "text", "base64", "null"]
"""How bytes were understood. `null`: there were no bytes (a tombstone, or no key)."""


class Record(NamedTuple):
    """One record: raw bytes and where they came from.

    A named tuple, unlike other results: one is made per message, and a frozen dataclass costs
    five times as much to make.
    """

    topic: str
    partition: int
    offset: int
    timestamp_type: TimestampType
    timestamp: int | None
    """Milliseconds since the epoch, UTC; None when the record has none."""
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Meta:
    """Where a consumed record stood, and what came with it."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime | None
    """Aware, UTC; None when the record has none."""
    key: Any
    """As the model's key serializer reads it; the raw bytes where it cannot."""
    headers: Headers
    schema_id: int | None
    """The id of the schema that the value was written with, where it names one."""


@dataclass(slots=True)
class Decoded:
    """Bytes that were understood.

    Not frozen: one is made per message, and a frozen one costs three times as much.
    """

    value: Any
    encoding: Encoding
    schema_id: int | None = None
    """The writer's schema id in the registry, for `avro`."""
    schema: Any = None
    """The schema the value has now (`flowodm.avro.Schema`): the reader's, else the writer's."""


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Bytes that were not understood, and why."""

    error: str
    """One line: what was wrong, at which field."""
    raw: bytes
    """All of the key or value, framing included."""
    schema_id: int | None = None
    position: int | None = None
    """The byte of the Avro body where reading stopped."""
    path: str = ""
    meta: Meta | None = None
    """Where the record stood, when a model's consume verb gives this."""
    is_unknown: bool = False
    """Whether the registry does not know the schema, perhaps not yet."""


class DecodedRecord(NamedTuple):
    """A record with what became of its key and of its value, each on its own."""

    record: Record
    key: Decoded | Undecodable
    value: Decoded | Undecodable
