"""What is too large to be decoded for the eye: a value takes ten times the bytes it is made of."""

from collections.abc import Callable
from typing import Final

from flowodm.record import DecodedRecord, Record, Undecodable

__all__ = ["MOST_DECODED", "decode_bounded"]

MOST_DECODED: Final = 8 * 1024 * 1024
"""Bytes of a key or value that are decoded; of more, the bytes themselves are shown."""
_LOOKED_AT: Final = 64


def decode_bounded(record: Record, decode: Callable[[Record], DecodedRecord]) -> DecodedRecord:
    """Decode a record, but for a side that is too large for it.

    Args:
        record: The record.
        decode: Decodes one: to typed trees, to Python's values, to the JSON form.

    Raises:
        RegistryError: A schema is needed, and the registry cannot be asked.
    """
    key, value = _too_large(record.key), _too_large(record.value)
    if key is None and value is None:
        return decode(record)
    small = record._replace(
        key=record.key if key is None else None, value=record.value if value is None else None
    )
    decoded = decode(small)
    return DecodedRecord(record, key or decoded.key, value or decoded.value)


def _too_large(data: bytes | None) -> Undecodable | None:
    """Text stays text however much it is: it takes no more than itself."""
    if data is None or len(data) <= MOST_DECODED:
        return None
    if data[:_LOOKED_AT].lstrip()[:1] not in (b"", b"{", b"[", b"\0"):
        return None
    return Undecodable(f"{len(data):,} bytes are too many to show decoded; e writes them", data)
