"""A record as it came from Kafka, and what became of its key and value.

Bytes here, values in `codec/`. A record that could not be decoded is a value of the stream
(`Undecodable`), not an exception.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import methodcaller
from typing import Any, Final, Literal, NamedTuple

__all__ = [
    "Decoded",
    "DecodedRecord",
    "Encoding",
    "Headers",
    "Meta",
    "Record",
    "TimestampType",
    "Undecodable",
    "message_headers",
]

Headers = tuple[tuple[str, bytes | None], ...]
"""Names and raw values, in the order they were written; names may repeat."""

message_headers: Final[Callable[[Any], Any]] = methodcaller("headers")
"""The headers of confluent-kafka's `Message`: a list of pairs, or None.

Raises `SystemError` or `UnicodeDecodeError` for a name that is not UTF-8: the message may not be
asked again then, unless its headers were set to nothing. Nobody calls `message.headers()`: it
hands out a pair without a name beside its exception, and CPython (3.11 and later) no longer looks
for the exception in code that has run often. Whoever touches that pair crashes the process.
"""

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
