"""The envelope: one record as one line of JSON, written by `tail` and read by `produce`.

```
{"topic","partition","offset","tstype","ts","headers",
 "key_encoding","key","payload_encoding","payload","key_schema_id","value_schema_id"}
```

Names are kcat's where kcat has one. An encoding is `avro`, `json`, `text`, `base64`, or null for
no bytes at all (a tombstone, no key). Two more stand behind them where there is something to say:
`key_error`/`payload_error`, why a side was not decoded (its encoding is then `base64`, of all its
bytes); `key_raw`/`payload_raw`, all bytes of a JSON side whose text cannot stand in a line as it
is (line feeds, characters that do not show). Without them the text in the line *is* the side.

Both directions live here so that they cannot drift apart. Writing is the hot path of `tail`.
"""

import json
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any, Final, get_args

from flowodm.avro.words import shown, similar
from flowodm.codec.plain import (
    LINE_DEPTH,
    NotJson,
    bytes_text,
    check_depth,
    read_json,
    scan_json,
    skip_space,
)
from flowodm.codec.unseen import escape_unseen
from flowodm.codec.words import found
from flowodm.errors import SerializationError
from flowodm.record import Decoded, DecodedRecord, Encoding, Headers, TimestampType, Undecodable

__all__ = [
    "FIELDS",
    "Envelope",
    "EnvelopeSide",
    "EnvelopeWriter",
    "is_envelope",
    "read_envelope",
]

FIELDS: Final = (
    "topic",
    "partition",
    "offset",
    "tstype",
    "ts",
    "headers",
    "key_encoding",
    "key",
    "payload_encoding",
    "payload",
    "key_schema_id",
    "value_schema_id",
)
"""The fields that every envelope has, in order."""

_MORE_FIELDS: Final = ("key_raw", "payload_raw", "key_error", "payload_error")
_BREAKS: Final = re.compile("[\t\n\r]")
_SPACE: Final = " \t\n\r"
_FRAME: Final = 5
_TIMESTAMP_TYPES: Final[tuple[TimestampType, ...]] = get_args(TimestampType)
_TELLING: Final = frozenset(
    {"topic", "partition", "offset", "payload_encoding", "payload", "value_schema_id"}
)


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
    text = (raw[_FRAME:] if framed and raw[:1] == b"\x00" else raw).decode()
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


@dataclass(frozen=True, slots=True)
class EnvelopeSide:
    """A key or a value as an envelope gives it."""

    encoding: Encoding
    value: Any
    """An Avro value in the JSON form; of the other encodings, what the line held."""
    schema_id: int | None
    data: bytes | None
    """What to send, without framing; None for `avro`, which has to be encoded, and for `null`."""
    is_whole: bool = False
    """Whether `data` has its framing already."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A record as an envelope gives it. What a line did not say is None or empty."""

    topic: str | None
    partition: int | None
    offset: int | None
    timestamp_type: TimestampType
    timestamp: int | None
    headers: Headers
    key: EnvelopeSide
    value: EnvelopeSide


def is_envelope(document: object) -> bool:
    """Whether a JSON document has the fields that tell an envelope from a record's own value."""
    return isinstance(document, dict) and document.keys() >= _TELLING


def read_envelope(line: str) -> Envelope:
    """Read what `EnvelopeWriter.line` wrote, perhaps edited since.

    A field that is left out is null; an encoding that is left out is that of the value: null for
    null, `text` for a key that is text, else `avro` with a schema id and `json` without.

    Raises:
        SerializationError: If the line is no envelope; its path is the field.
    """
    values, texts = _members(line)
    _refuse_unknown(values)
    return Envelope(
        topic=_optional(values, "topic", str, "a topic's name"),
        partition=_integer(values, "partition"),
        offset=_integer(values, "offset"),
        timestamp_type=_timestamp_type(values.get("tstype")),
        timestamp=_integer(values, "ts"),
        headers=_read_headers(values.get("headers")),
        key=_read_side(values, texts, "key", "key_schema_id"),
        value=_read_side(values, texts, "payload", "value_schema_id"),
    )


def _members(line: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Read an object's members, each as a value and as the text it was written with."""
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    try:
        check_depth(line, LINE_DEPTH)
        at = _after(line, 0, "{")
        while line[at : at + 1] != "}":
            name, at = scan_json(line, at)
            start = _after(line, at, ":")
            value, end = scan_json(line, start)
            if not isinstance(name, str) or name in values:
                raise NotJson(f"the field {name!r} is there twice")
            values[name], texts[name] = value, line[start:end]
            at = skip_space(line, end)
            if line[at : at + 1] != "}":
                at = _after(line, at, ",")
        _expect_end(line, at + 1)
    except NotJson as error:
        raise SerializationError(f"not an envelope: {error}") from None
    return values, texts


def _after(line: str, at: int, sign: str) -> int:
    at = skip_space(line, at)
    if line[at : at + 1] != sign:
        raise NotJson(f"expected `{sign}` at character {at}")
    return skip_space(line, at + 1)


def _expect_end(line: str, at: int) -> None:
    if skip_space(line, at) != len(line):
        raise NotJson(f"something follows the JSON document (character {at})")


def _refuse_unknown(values: dict[str, Any]) -> None:
    for name in values:
        if name not in FIELDS and name not in _MORE_FIELDS:
            near = similar(name, (*FIELDS, *_MORE_FIELDS))
            raise SerializationError(
                f"an envelope has no field {shown(name)}",
                hint=f"did you mean `{near}`?" if near else None,
            )


def _optional(values: dict[str, Any], name: str, kind: type, expected: str) -> Any:
    value = values.get(name)
    if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
        return value
    raise SerializationError(f"expected {expected} or null; found {found(value)}", path=name)


def _integer(values: dict[str, Any], name: str) -> int | None:
    value: int | None = _optional(values, name, int, "a whole number")
    return value


def _timestamp_type(value: object) -> TimestampType:
    if value is None:
        return "unknown"
    for known in _TIMESTAMP_TYPES:
        if value == known:
            return known
    expected = ", ".join(f"`{known}`" for known in _TIMESTAMP_TYPES)
    raise SerializationError(f"expected one of {expected}; found {found(value)}", path="tstype")


def _read_headers(value: object) -> Headers:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise SerializationError(
            f"expected an array of pairs; found {found(value)}", path="headers"
        )
    return tuple(_read_header(pair, f"headers[{index}]") for index, pair in enumerate(value))


def _read_header(pair: object, path: str) -> tuple[str, bytes | None]:
    if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)):
        raise SerializationError(
            f"expected a pair of a name and a value; found {found(pair)}", path=path
        )
    name, value = pair
    if value is None:
        return name, None
    if isinstance(value, str):
        return name, _utf8(value, path)
    if isinstance(value, dict) and value.keys() == {"base64"}:
        return name, _unbase64(value["base64"], path)
    raise SerializationError(
        f'expected text, null or {{"base64": …}}; found {found(value)}', path=path
    )


def _read_side(
    values: dict[str, Any], texts: dict[str, str], name: str, id_name: str
) -> EnvelopeSide:
    value = values.get(name)
    schema_id = _integer(values, id_name)
    encoding = _read_encoding(values, name, value, schema_id)
    match encoding:
        case "avro":
            return EnvelopeSide(encoding, _unique(texts.get(name, "null"), name), schema_id, None)
        case "null":
            if value is not None:
                raise SerializationError(
                    f"expected null, as `{name}_encoding` is; found {found(value)}", path=name
                )
            return EnvelopeSide(encoding, None, schema_id, None)
        case "text":
            return EnvelopeSide(encoding, value, schema_id, _utf8(value, name))
        case "base64":
            return EnvelopeSide(encoding, value, schema_id, _unbase64(value, name), is_whole=True)
    whole = _unedited(values, name, value)
    if whole is not None:
        return EnvelopeSide(encoding, value, schema_id, whole, is_whole=True)
    return EnvelopeSide(encoding, value, schema_id, _utf8(texts.get(name, "null"), name))


def _unique(text: str, name: str) -> Any:
    """The value again, unless an object in it has a key twice: one would be lost."""
    try:
        return read_json(text, depth=LINE_DEPTH, unique=True)
    except NotJson as error:
        raise SerializationError(str(error), path=name) from None


def _read_encoding(
    values: dict[str, Any], name: str, value: object, schema_id: int | None
) -> Encoding:
    encoding = values.get(f"{name}_encoding")
    if encoding is None:
        if f"{name}_encoding" in values or value is None:
            return "null"
        if schema_id is not None:
            return "avro"
        return "text" if name == "key" and isinstance(value, str) else "json"
    if encoding in ("avro", "json", "text", "base64"):
        return encoding  # type: ignore[no-any-return]  # one of the literals
    raise SerializationError(
        f"expected avro, json, text, base64 or null; found {found(encoding)}",
        path=f"{name}_encoding",
    )


def _unedited(values: dict[str, Any], name: str, value: object) -> bytes | None:
    """The bytes under `…_raw`, if they still say what the side in the line says."""
    if values.get(f"{name}_raw") is None:
        return None
    raw = _unbase64(values[f"{name}_raw"], f"{name}_raw")
    body = raw[_FRAME:] if raw[:1] == b"\x00" else raw
    try:
        same = repr(read_json(body.decode())) == repr(value)  # `True == 1`, and order counts
    except (NotJson, UnicodeDecodeError):
        same = False
    return raw if same else None


def _utf8(value: object, path: str) -> bytes:
    if not isinstance(value, str):
        raise SerializationError(f"expected text; found {found(value)}", path=path)
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise SerializationError("the text holds half of a surrogate pair", path=path) from None


def _unbase64(value: object, path: str) -> bytes:
    if not isinstance(value, str):
        raise SerializationError(f"expected base64 text; found {found(value)}", path=path)
    try:
        return b64decode(value, validate=True)
    except ValueError:
        raise SerializationError(f"{shown(value)} is not base64", path=path) from None
