"""A record that is opened, whether its registry answers or not: its bytes can always be seen."""

from collections.abc import Callable
from typing import Final

from flowodm.errors import RegistryError
from flowodm.record import DecodedRecord, Record, Undecodable
from flowodm.tui.sources.sizes import decode_bounded

__all__ = ["decode_opened", "names_schema"]

_MAGIC: Final = b"\0"
"""The first byte of what names a schema."""


def names_schema(data: bytes | None) -> bool:
    """Tell whether a key or value is framed, so that a registry is asked for its schema."""
    return (data or b"")[:1] == _MAGIC


def decode_opened(record: Record, decode: Callable[[Record], DecodedRecord]) -> DecodedRecord:
    """Decode a record; a side whose schema cannot be asked for is its bytes, and why.

    Args:
        record: The record.
        decode: Decodes one.
    """
    try:
        return decode_bounded(record, decode)
    except RegistryError as error:
        key = _alone(record._replace(value=None), decode, error).key
        value = _alone(record._replace(key=None), decode, error).value
        return DecodedRecord(record, key, value)


def _alone(
    record: Record, decode: Callable[[Record], DecodedRecord], error: RegistryError
) -> DecodedRecord:
    """Decode the side that a record has; the registry is not waited for once more."""
    if not (names_schema(record.key) or names_schema(record.value)):
        try:
            return decode_bounded(record, decode)
        except RegistryError as again:  # a header names the schema
            error = again
    why = f"{error.message} · {error.hint}" if error.hint else error.message
    key, value = Undecodable(why, record.key or b""), Undecodable(why, record.value or b"")
    return DecodedRecord(record, key, value)
