"""How bytes say which schema they were written with: Confluent's two framings.

A prefix (a zero byte and the registry's id in four bytes), or a header of the record that holds
the schema's GUID and leaves the bytes alone. Other framings are nobody's business here.
"""

from typing import Final, NamedTuple
from uuid import UUID

from flowodm.record import Headers

__all__ = ["KEY_HEADER", "VALUE_HEADER", "Framed", "frame", "unframe"]

KEY_HEADER: Final = "__key_schema_id"
VALUE_HEADER: Final = "__value_schema_id"

_BY_ID: Final = 0
_BY_GUID: Final = 1
_PREFIX: Final = 5
_GUID: Final = 17


class Framed(NamedTuple):
    """Which schema, and where the Avro body begins.

    A named tuple, because one is made per message.
    """

    schema_id: int | None
    """The registry's id of the schema, when the framing holds that."""
    guid: str | None
    """The schema's GUID, when the framing holds that."""
    start: int
    """The first byte of the body."""


def unframe(data: bytes, headers: Headers, *, is_key: bool) -> Framed | None:
    """Find the schema of a key or value: in its header first, then in its first bytes.

    Args:
        data: The whole key or value.
        headers: The record's; the first of a name counts.
        is_key: Whether `data` is the key.

    Returns:
        None when the bytes are not framed: another first byte, or too short. A header that is
        malformed says nothing.
    """
    if headers:
        found = _in_header(headers, KEY_HEADER if is_key else VALUE_HEADER)
        if found is not None:
            return found
    if len(data) < _PREFIX or data[0] != _BY_ID:
        return None
    return Framed(int.from_bytes(data[1:_PREFIX]), None, _PREFIX)


def _in_header(headers: Headers, name: str) -> Framed | None:
    value = next((value for key, value in headers if key == name), None)
    if not value:
        return None
    if value[0] == _BY_GUID and len(value) >= _GUID:
        return Framed(None, str(UUID(bytes=value[1:_GUID])), 0)
    if value[0] == _BY_ID and len(value) >= _PREFIX:
        return Framed(int.from_bytes(value[1:_PREFIX]), None, 0)
    return None


def frame(schema_id: int) -> bytes:
    """The prefix that names a schema by its id in the registry.

    Args:
        schema_id: From 0 to 2^32 - 1.
    """
    return b"\0" + schema_id.to_bytes(4)
