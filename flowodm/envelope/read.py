"""Envelopes to what they hold, checked field by field."""

from base64 import b64decode
from dataclasses import dataclass
from typing import Any, Final, get_args

from flowodm.avro.words import shown, similar
from flowodm.codec.plain import (
    LINE_DEPTH,
    NotJson,
    check_depth,
    read_json,
    scan_json,
    skip_space,
)
from flowodm.codec.words import found
from flowodm.envelope.fields import FIELDS, FRAME, MORE_FIELDS
from flowodm.errors import SerializationError
from flowodm.record import Encoding, Headers, TimestampType

__all__ = ["Envelope", "EnvelopeSide", "is_envelope", "read_envelope"]

_TIMESTAMP_TYPES: Final[tuple[TimestampType, ...]] = get_args(TimestampType)
_TELLING: Final = frozenset(
    {"topic", "partition", "offset", "payload_encoding", "payload", "value_schema_id"}
)


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
    values, texts = _parse(line)
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


def _parse(line: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the members; with the text of each where a side is JSON, which may be any text."""
    try:
        values = read_json(line, depth=LINE_DEPTH, unique=True)
    except NotJson:
        return _members(line)  # which says what is wrong, or that only a JSON side has a key twice
    if not isinstance(values, dict) or "json" in (
        values.get("key_encoding", "json"),
        values.get("payload_encoding", "json"),
    ):
        return _members(line)
    return values, {}


def _members(line: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Read an object's members, each as a value and as the text it was written with."""
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    try:
        check_depth(line, LINE_DEPTH)
        at = _after(line, 0, "{")
        is_open = line[at : at + 1] != "}"
        while is_open:
            name, at = scan_json(line, at)
            start = _after(line, at, ":")
            value, end = scan_json(line, start)
            if not isinstance(name, str) or name in values:
                raise NotJson(f"the field {shown(name)} is there twice")
            values[name], texts[name] = value, line[start:end]
            at = skip_space(line, end)
            is_open = line[at : at + 1] != "}"
            if is_open:
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
        if name not in FIELDS and name not in MORE_FIELDS:
            near = similar(name, (*FIELDS, *MORE_FIELDS))
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
            if name in texts:
                value = _unique(texts[name], name)
            return EnvelopeSide(encoding, value, schema_id, None)
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
    body = raw[FRAME:] if raw[:1] == b"\x00" else raw
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
