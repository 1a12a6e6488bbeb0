"""A line to a message: a value alone, with a key from the options, or an envelope.

What the first line is, all are. A value alone is JSON in the form of its Avro schema, or plain
JSON, text or base64. An envelope (`envelope.py`) gives back the very bytes it was written from.
"""

import json
from base64 import b64decode
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple, Never

from flowodm.avro.words import shown
from flowodm.codec.framing import KEY_HEADER, VALUE_HEADER, frame, unframe
from flowodm.codec.plain import LINE_DEPTH, NotJson, read_json
from flowodm.codec.words import found
from flowodm.envelope import EnvelopeSide, is_envelope, read_envelope
from flowodm.errors import SerializationError, UsageError
from flowodm.lines.schemas import AvroWriter, SideSchemas
from flowodm.record import Headers

__all__ = ["Form", "LineOptions", "LineReader", "Message", "PlainFormat"]

PlainFormat = Literal["avro", "json", "text", "base64"]
Form = Literal["values", "envelopes"]


class Message(NamedTuple):
    """A record to be sent."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int | None
    """Milliseconds since the epoch; None: when it is sent."""


@dataclass(frozen=True, slots=True)
class LineOptions:
    """What the lines are, and what all of them get."""

    form: Form | None = None
    """None: envelopes if the first line is one."""
    value_format: PlainFormat | None = None
    """Of values alone; None is `avro`."""
    key: str | None = None
    key_field: str | None = None
    """The field of the value that is also the key; dotted."""
    key_format: PlainFormat | None = None
    """None: `avro` where a key schema is given or registered, else `text`."""
    headers: Headers = ()
    """For every record, after its own."""


class LineReader:
    """Reads lines into messages.

    Args:
        options: What the lines are.
        key: The schemas of keys.
        value: The schemas of values.

    Raises:
        UsageError: The options mean nothing for such lines.
    """

    def __init__(self, options: LineOptions, key: SideSchemas, value: SideSchemas) -> None:
        self._options = options
        self._key = key
        self._value = value
        self._value_format = options.value_format or "avro"
        self._key_format = options.key_format
        self.form = options.form
        """What the lines turned out to be; None before the first."""
        if options.form is not None:
            self._check_options(options.form)

    @property
    def labels(self) -> tuple[str, ...]:
        """What people call the schemas that are chosen for all lines."""
        return tuple(label for label in (self._key.label, self._value.label) if label is not None)

    @property
    def can_send(self) -> bool:
        """Whether every schema that was chosen is registered, so that bytes can name it."""
        return self._key.can_send and self._value.can_send

    def read(self, text: str) -> Message:
        """Read one line.

        Raises:
            SerializationError: The line is wrong; its path is the field.
            UsageError: The options mean nothing for such lines.
            FlowODMError: A schema cannot be had.
        """
        if self.form is None:
            self.form = self._find_form(text)
            self._check_options(self.form)
        return self._envelope(text) if self.form == "envelopes" else self._lone_value(text)

    def _find_form(self, text: str) -> Form:
        if self._options.value_format in ("text", "base64"):
            return "values"
        try:
            document = read_json(text, depth=LINE_DEPTH)
        except NotJson:
            return "values"  # which will say what is wrong
        return "envelopes" if is_envelope(document) else "values"

    def _check_options(self, form: Form) -> None:
        options = self._options
        given = {
            "--key": options.key,
            "--key-field": options.key_field,
            "--key-format": options.key_format,
            "--value-format": options.value_format,
        }
        for option, value in given.items():
            if form == "envelopes" and value is not None:
                raise UsageError(
                    f"`{option}` means nothing here: the lines are envelopes, and say it themselves",
                    hint="if they are values that only look like envelopes: --lines values",
                )

    def _lone_value(self, text: str) -> Message:
        document: Any = None
        match self._value_format:
            case "avro":
                document = _document(text)
                value = self._value.chosen().write(document)
            case "json":
                document = _document(text)
                value = _utf8(text.strip())
            case "text":
                value = _utf8(text)
            case "base64":
                value = _unbase64(text.strip())
        return Message(self._lone_key(document), value, self._options.headers, None)

    def _lone_key(self, document: Any) -> bytes | None:
        options = self._options
        if options.key is None and options.key_field is None:
            return None
        if self._key_format is None:
            self._key_format = "avro" if self._key.is_registered() else "text"
        if options.key is not None:
            return self._key_of_text(options.key)
        assert options.key_field is not None
        value = _field(document, options.key_field)
        if value is None:
            return None
        try:
            return self._key_of_value(value)
        except SerializationError as error:
            raise _of_key(error, options.key_field) from error

    def _key_of_text(self, text: str) -> bytes:
        match self._key_format:
            case "avro":
                return _write_key(self._key.chosen(), text)
            case "json":
                _document(text)
                return _utf8(text)
            case "base64":
                return _unbase64(text)
        return _utf8(text)

    def _key_of_value(self, value: Any) -> bytes:
        if self._key_format == "avro":
            return self._key.chosen().write(value)
        if self._key_format == "base64":
            return _unbase64(value)
        if self._key_format == "text" and isinstance(value, str):
            return _utf8(value)
        return _utf8(_compact(value))

    def _envelope(self, text: str) -> Message:
        envelope = read_envelope(text)
        timestamp = envelope.timestamp
        if timestamp is not None and timestamp <= 0:
            raise SerializationError(
                f"a record cannot be sent with timestamp {timestamp}: librdkafka takes it for now",
                path="ts",
                hint="null is the time of sending",
            )
        headers = envelope.headers
        if self._key.wish.is_given:
            headers = _without(headers, KEY_HEADER)
        if self._value.wish.is_given:
            headers = _without(headers, VALUE_HEADER)
        return Message(
            _side(envelope.key, self._key, headers, KEY_HEADER, "key"),
            _side(envelope.value, self._value, headers, VALUE_HEADER, "payload"),
            headers + self._options.headers,
            timestamp,
        )


def _side(
    side: EnvelopeSide, schemas: SideSchemas, headers: Headers, header: str, name: str
) -> bytes | None:
    """The bytes of one side of an envelope, framed as the record's headers leave it to be."""
    is_key = header == KEY_HEADER
    named = unframe(b"", headers, is_key=is_key)
    if side.encoding != "avro":
        if side.data is None or side.is_whole or side.schema_id is None or named is not None:
            return side.data
        return frame(side.schema_id) + side.data
    if schemas.wish.is_given:
        writer = schemas.chosen()
    elif named is not None:
        writer = schemas.named(named.guid or named.schema_id or 0)
    elif side.schema_id is not None:
        writer = schemas.named(side.schema_id)
    else:
        writer = schemas.chosen()
    try:
        return writer.write(side.value, framed=named is None, was_read=True)
    except SerializationError as error:
        raise _inside(error, name) from error


def _inside(error: SerializationError, name: str) -> SerializationError:
    dot = "." if error.path and not error.path.startswith("[") else ""
    return SerializationError(error.reason, path=f"{name}{dot}{error.path}", hint=error.hint)


def _of_key(error: SerializationError, field: str) -> SerializationError:
    return SerializationError(f"the key (field {shown(field)}): {error.message}", hint=error.hint)


def _without(headers: Headers, name: str) -> Headers:
    return tuple(header for header in headers if header[0] != name)


def _document(text: str) -> Any:
    try:
        return read_json(text, depth=LINE_DEPTH, unique=True)
    except NotJson as error:
        hint = None
        if text.strip() in ("[", "{"):
            hint = "one document a line is needed: jq -c . FILE (of an array: jq -c '.[]' FILE)"
        raise SerializationError(f"not JSON: {error}", hint=hint) from None


def _field(document: Any, path: str) -> Any:
    """The value of a dotted field; a field of that very name wins."""
    value = document
    for name in [path] if isinstance(value, dict) and path in value else path.split("."):
        if not isinstance(value, dict) or name not in value:
            raise SerializationError(f"there is no field {shown(path)} to take the key from")
        value = value[name]
    return value


def _write_key(writer: AvroWriter, text: str) -> bytes:
    """A key that was typed: JSON where that is a value of the schema, else the text itself."""
    try:
        value = read_json(text, unique=True)
    except NotJson:
        return writer.write(text)
    try:
        return writer.write(value)
    except SerializationError:
        return writer.write(text)


def _compact(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_refuse_number)


def _refuse_number(value: object) -> Never:
    raise SerializationError(f"{found(value)} has more digits than can be kept inside a key")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise SerializationError("the text holds half of a surrogate pair") from None


def _unbase64(value: object) -> bytes:
    if isinstance(value, str):
        try:
            return b64decode(value, validate=True)
        except ValueError:
            pass
    raise SerializationError(f"expected base64 text; found {found(value)}")
