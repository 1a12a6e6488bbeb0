"""Records to instances of a class: the writer's schema by its id, resolved into the class's own.

The wire format is the class's setting and never guessed from bytes. What is wrong with a record
is an `Undecodable` value. A registry that does not answer is an exception: nothing is known of
the record then.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from flowodm.avro.bind import bind
from flowodm.codec.decode import Decode, compile_decoder
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.framing import VALUE_HEADER, unframe
from flowodm.codec.model_style import model_style
from flowodm.codec.plans import Compile, Plans, UnknownSchema
from flowodm.errors import DeserializationError
from flowodm.model.keys import PLAIN_KEYS, key_model
from flowodm.model.schemas import own_schema
from flowodm.model.tombstone import Tombstone
from flowodm.record import Headers, Meta, Undecodable, message_headers

if TYPE_CHECKING:
    from confluent_kafka import Message
    from pydantic import BaseModel, ValidationError

    from flowodm.connection import KafkaConnection
    from flowodm.model.declaration import Declaration

__all__ = ["Reading", "Remember"]

_M = TypeVar("_M", bound="BaseModel")

Remember: TypeAlias = "Callable[[Any, Message], None]"
"""Keeps the message that an instance came from."""

_PREFIX: Final = 5
_MOST_PREFIXES: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Reading(Generic[_M]):
    """How records become instances of one class, on one connection; threads may share it.

    Args:
        connection: Whose registry names the schemas.
        cls: The class.
        declaration: Its settings.
        remember: Called with each instance and its message.
    """

    def __init__(
        self,
        connection: "KafkaConnection",
        cls: type[_M],
        declaration: "Declaration",
        remember: Remember,
    ) -> None:
        self._cls = cls
        self._declaration = declaration
        self._remember = remember
        self._known: dict[bytes, Decode] = {}
        """The decoders of the prefixes that were met: one lookup a message."""
        if declaration.is_framed:
            self._plans = Plans(connection.schema_registry(), _compiler(cls))
        elif declaration.value_serializer == "avro":
            self._raw = _compiler(cls)(own_schema(cls, declaration)).decode
        self._keys: _AvroKeys | None = None
        if declaration.key_serializer == "avro":
            self._keys = _AvroKeys(connection, cls, declaration)
        self.decode_at_once = self._decoder_at_once()
        """Make an instance of a message without waiting for a registry; None: only `decode` can."""

    def decode(self, message: "Message") -> _M | Tombstone | Undecodable:
        """Make an instance of a message.

        Raises:
            RegistryError: Its schema cannot be had, so nothing can be known of it now.
        """
        if self._keys is not None and (key := message.key()) is not None:
            self._keys.prepare(key, _headers(message))  # `meta` then needs no registry
        return self._decode(message)

    def read(self, data: bytes, headers: Headers = ()) -> _M:
        """Make an instance of a value's bytes.

        Raises:
            DeserializationError: They are no value of the class, with the field's path.
            RegistryUnreachable: Their schema is not known, and no registry answers.
        """
        from pydantic import ValidationError

        validator = self._cls.__pydantic_validator__
        schema_id: int | None = None
        try:
            if self._declaration.value_serializer == "json":
                instance: _M = validator.validate_json(data)
            elif not self._declaration.is_framed:
                instance = validator.validate_python(self._raw(data), strict=False)
            else:
                body, start, schema_id = self._find(data, headers)
                instance = validator.validate_python(body(data, start), strict=False)
        except ValidationError as error:
            raise _invalid(self._cls, error, schema_id) from None
        except DecodeFailure as failure:
            raise _unreadable(self._cls, failure, schema_id) from None
        return instance

    def meta(self, message: "Message") -> Meta:
        """Say where a message stood, and what came with it."""
        headers, key, value = _headers(message), message.key(), message.value()
        kind, milliseconds = message.timestamp()
        framed = None
        if self._declaration.is_framed and value is not None:
            framed = unframe(value, headers, is_key=False)
        return Meta(
            topic=message.topic() or "",
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            timestamp=_moment(milliseconds) if kind else None,
            key=None if key is None else self._read_key(key, headers),
            headers=headers,
            schema_id=framed and framed.schema_id,
        )

    def _decoder_at_once(self) -> "Callable[[Message], _M | Tombstone | Undecodable | None]":
        """The shortest way: for a record whose prefix was met before, or that has none.

        Headers are looked at first: beside one that names a schema, the first bytes are data.
        """
        from pydantic import ValidationError

        if not self._declaration.is_framed and self._keys is None:
            return self._decode
        known, remember, headers_of = self._known.get, self._remember, message_headers
        validate = self._cls.__pydantic_validator__.validate_python
        knows_key = None if self._keys is None else self._keys.knows

        def decode_at_once(message: "Message") -> _M | None:
            data = message.value()
            if data is None or (knows_key is not None and not knows_key(message)):
                return None
            body = known(data[:_PREFIX])
            if body is None or ((headers := headers_of(message)) and _names_schema(headers)):
                return None
            try:
                instance: _M = validate(body(data, _PREFIX), strict=False)
            except (DecodeFailure, ValidationError):
                return None  # `decode` says what is wrong
            remember(instance, message)
            return instance

        return decode_at_once

    def _decode(self, message: "Message") -> _M | Tombstone | Undecodable:
        data = message.value()
        if data is None:
            meta = self.meta(message)
            return Tombstone(self._cls, meta.key, meta)
        try:
            instance = self.read(data, _headers(message))
        except DeserializationError as error:
            meta = self.meta(message)
            is_unknown = isinstance(error, _Unknown)
            return Undecodable(
                error.message, data, error.schema_id, error.position, error.path, meta, is_unknown
            )
        self._remember(instance, message)
        return instance

    def _find(self, data: bytes, headers: Headers) -> tuple[Decode, int, int | None]:
        """The decoder of a value's schema, where the body begins, and the schema's id."""
        framed = unframe(data, headers, is_key=False)
        if framed is None:
            raise _unframed(self._cls, data)
        plan = self._plans.find(framed)
        if isinstance(plan, str):
            kind = _Unknown if isinstance(plan, UnknownSchema) else DeserializationError
            raise kind(
                f"`{self._cls.__name__}` cannot be read: {plan}",
                schema_id=framed.schema_id,
                hint="is this the registry that the record's writer uses?",
            )
        if plan.decode is None:
            raise DeserializationError(
                f"its schema is a JSON Schema, and `{self._cls.__name__}` reads Avro",
                schema_id=framed.schema_id,
            )
        if framed.start:
            if len(self._known) >= _MOST_PREFIXES:
                self._known.clear()
            self._known[data[: framed.start]] = plan.decode
        return plan.decode, framed.start, framed.schema_id

    def _read_key(self, key: bytes, headers: Headers) -> Any:
        if self._keys is not None:
            return self._keys.read(key, headers)
        _, read = PLAIN_KEYS[self._declaration.key_serializer]
        return read(key)


class _Unknown(DeserializationError):
    """The registry does not know the schema, perhaps not yet."""


class _AvroKeys:
    """Reads Avro keys into the type of the key's field; what is none stays bytes."""

    def __init__(
        self, connection: "KafkaConnection", cls: "type[BaseModel]", declaration: "Declaration"
    ) -> None:
        self._model = key_model(cls, declaration)
        self._plans = Plans(connection.schema_registry(), _compiler(self._model))
        self._known: set[bytes] = set()
        """The prefixes that were met."""

    def knows(self, message: "Message") -> bool:
        """Tell whether a key's schema was met before, so that reading it needs no registry."""
        key = message.key()
        return key is None or key[:_PREFIX] in self._known

    def prepare(self, key: bytes, headers: Headers) -> None:
        """Get the schema of a key, so that reading it needs no registry."""
        framed = unframe(key, headers, is_key=True)
        if framed is not None and not isinstance(self._plans.find(framed), str) and framed.start:
            if len(self._known) >= _MOST_PREFIXES:
                self._known.clear()
            self._known.add(key[: framed.start])

    def read(self, key: bytes, headers: Headers) -> Any:
        from pydantic import ValidationError

        framed = unframe(key, headers, is_key=True)
        if framed is None:
            return key
        plan = self._plans.find(framed)
        if isinstance(plan, str) or plan.decode is None:
            return key
        try:
            return self._model.model_validate(plan.decode(key, framed.start)).root
        except (DecodeFailure, ValidationError):
            return key


def _compiler(cls: "type[BaseModel]") -> Compile:
    """What makes the decoders of whatever is read into a class."""
    binding = bind(cls)
    return partial(compile_decoder, reader=binding.schema, style=model_style(binding))


def _headers(message: "Message") -> Headers:
    return tuple(message_headers(message) or ())


def _names_schema(headers: Any) -> bool:
    return VALUE_HEADER in dict(headers)


def _moment(milliseconds: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(0, 0, 0, milliseconds)
    except OverflowError:
        return None


def _unframed(cls: type, data: bytes) -> DeserializationError:
    start = f"it starts with byte 0x{data[0]:02x}" if data else "it is empty"
    return DeserializationError(
        f"not framed Avro: {start} and names no schema",
        hint=f"for raw Avro, set `confluent_wire_format = False` in `{cls.__name__}.Settings`",
    )


def _unreadable(cls: type, failure: DecodeFailure, schema_id: int | None) -> DeserializationError:
    return DeserializationError(
        failure.under(cls.__name__),
        path=failure.path,
        position=failure.position,
        schema_id=schema_id,
        hint=_CURES.get(
            failure.subject, "the bytes are not of the schema that they are said to be"
        ),
    )


_CURES: Final = {
    "field": "give it a default, or the name that it had when it was written as an alias:"
    ' `Annotated[…, AvroField(aliases=("…",))]`',
    "type": "annotate the field as what was written, or as a union of both",
    "default": "give the field a default of its type",
}
"""For what resolution finds, by its subject (`flowodm.avro.resolution.Mismatch`)."""


def _invalid(cls: type, error: "ValidationError", schema_id: int | None) -> DeserializationError:
    """What Pydantic says of the first wrong field, in one line; values are not quoted."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    path = ".".join(str(step) for step in found[0]["loc"])
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    where = f"{cls.__name__}.{path}" if path else cls.__name__
    reason = " ".join(found[0]["msg"].split())
    return DeserializationError(
        f"`{where}`: {reason}{more}",
        path=path,
        schema_id=schema_id,
        hint="the record breaks a rule of the class: allow it there, or correct what writes it",
    )
