"""Records to envelopes: the hot path of `tail`, one call of a serializer for each value."""

import json
import re
from base64 import b64encode
from typing import Any, Final

from flowodm.codec.plain import bytes_text
from flowodm.codec.unseen import escape_unseen
from flowodm.envelope.fields import FRAME
from flowodm.record import Decoded, DecodedRecord, Headers, Undecodable

__all__ = ["EnvelopeWriter"]

_BREAKS: Final = re.compile("[\t\n\r]")
_SPACE: Final = " \t\n\r"


class EnvelopeWriter:
    """Writes decoded records as envelopes; their Avro values are in the JSON form already.

    One instance a run: it keeps the beginning of the line of each partition it met.
    """

    def __init__(self) -> None:
        from pydantic_core import to_json

        self._to_json = to_json
        self._heads: dict[tuple[str, int], str] = {}

    def line(self, decoded: DecodedRecord) -> bytes:
        """Write one record, in UTF-8, without a line feed.

        A negative partition or offset is one that the record does not have yet: null. Control, bidi and invisible characters are escaped: the line is safe on a terminal.
        """
        record, key, value = decoded
        topic, partition, offset, timestamp_type, timestamp, raw_key, raw_value, headers = record
        head = self._heads.get((topic, partition)) or self._head(topic, partition)
        if type(key) is Decoded and key.encoding == "text":  # the usual sides, without a call
            shown_key = f'"key_encoding":"text","key":{self._to_json(key.value).decode()}'
            key_id: int | str = "null"
            key_more = ""
        else:
            shown_key, key_id, key_more = self._side("key", key, raw_key)
        shown_value, value_id, value_more = self._side("payload", value, raw_value)
        line = (
            f'{head}{offset if offset >= 0 else "null"},"tstype":"{timestamp_type}",'
            f'"ts":{"null" if timestamp is None else timestamp},'
            f'"headers":{self._headers(headers) if headers else "[]"},'
            f'{shown_key},{shown_value},"key_schema_id":{key_id},"value_schema_id":{value_id}'
            f"{key_more}{value_more}}}"
        )
        if line.isascii() and "\x7f" not in line:
            return line.encode()
        return escape_unseen(line).encode()

    def _head(self, topic: str, partition: int) -> str:
        shown_partition = "null" if partition < 0 else partition
        head = f'{{"topic":{self._json(topic)},"partition":{shown_partition},"offset":'
        self._heads[topic, partition] = head
        return head

    def _json(self, value: Any) -> str:
        try:
            return self._to_json(value).decode()
        except ValueError:  # nested deeper than it goes
            return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def _headers(self, headers: Headers) -> str:
        return self._json([(name, _header_json(value)) for name, value in headers])

    def _side(
        self, name: str, side: Decoded | Undecodable, raw: bytes | None
    ) -> tuple[str, int | str, str]:
        """Write one side: its encoding and value, its schema id, and what stands at the end."""
        schema_id = "null" if side.schema_id is None else side.schema_id
        if isinstance(side, Undecodable):
            place = "" if side.position is None else f" (byte {side.position})"
            error = f',"{name}_error":{self._json(side.error + place)}'
            return f'"{name}_encoding":"base64","{name}":"{_base64(side.raw)}"', schema_id, error
        encoding = side.encoding
        if encoding == "avro":
            return f'"{name}_encoding":"avro","{name}":{self._json(side.value)}', schema_id, ""
        if raw is None:
            return f'"{name}_encoding":null,"{name}":null', schema_id, ""
        if encoding == "text":
            return f'"{name}_encoding":"text","{name}":{self._json(side.value)}', schema_id, ""
        if encoding == "json":
            shown, more = _embedded(name, raw, framed=side.schema_id is not None)
            return f'"{name}_encoding":"json","{name}":{shown}', schema_id, more
        return f'"{name}_encoding":"base64","{name}":"{_base64(raw)}"', schema_id, ""


def _embedded(name: str, raw: bytes, *, framed: bool) -> tuple[str, str]:
    """Put a JSON side's own text into the line; with `…_raw` where that is not all its bytes."""
    text = (raw[FRAME:] if framed and raw[:1] == b"\x00" else raw).decode()
    shown = text
    if not (text.isascii() and text.isprintable()):
        shown = escape_unseen(_BREAKS.sub(" ", text))
    shown = shown.strip(_SPACE)
    return shown, "" if shown == text else f',"{name}_raw":"{_base64(raw)}"'


def _header_json(value: bytes | None) -> str | dict[str, str] | None:
    if value is None:
        return None
    text = bytes_text(value)
    return {"base64": _base64(value)} if text is None else text


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
