"""What is too large to be decoded for the eye: a tree takes ten times the bytes it is made of."""

from typing import Final

from flowodm.record import DecodedRecord, Record, Undecodable
from flowodm.tui.sources.records import RecordsSource

__all__ = ["MOST_DECODED", "tree_of"]

MOST_DECODED: Final = 8 * 1024 * 1024
"""Bytes of a key or value that become a tree; of more, the bytes themselves are shown."""
_LOOKED_AT: Final = 64


def tree_of(record: Record, source: RecordsSource) -> DecodedRecord:
    """Decode a record to typed trees, but for a side that is too large for one.

    Raises:
        RegistryError: A schema is needed, and the registry cannot be asked.
    """
    key, value = _too_large(record.key), _too_large(record.value)
    if key is None and value is None:
        return source.tree(record)
    small = record._replace(
        key=record.key if key is None else None, value=record.value if value is None else None
    )
    decoded = source.tree(small)
    return DecodedRecord(record, key or decoded.key, value or decoded.value)


def _too_large(data: bytes | None) -> Undecodable | None:
    """Text stays text however much it is: it takes no more than itself."""
    if data is None or len(data) <= MOST_DECODED:
        return None
    if data[:_LOOKED_AT].lstrip()[:1] not in (b"", b"{", b"[", b"\0"):
        return None
    return Undecodable(f"{len(data):,} bytes are too many to show decoded; e writes them", data)
