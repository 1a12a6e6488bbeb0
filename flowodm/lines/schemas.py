"""Which schema a key or a value is written with, and writing with it.

A side is written with the schema that was asked for (an id, a file), or that its own line names,
or else with the latest version of its topic's subject. The id in front of the bytes is always that
of the schema that wrote them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flowodm.avro.types import Json
from flowodm.codec.framing import frame
from flowodm.errors import (
    ConfigurationError,
    RegistryError,
    RegistryUnreachable,
    SchemaError,
    SchemaNotFound,
    SchemaParseError,
    SerializationError,
    SubjectNotFound,
)

if TYPE_CHECKING:
    from flowodm.avro import Schema
    from flowodm.registry import SchemaRegistry

__all__ = ["AvroWriter", "SchemaWish", "SideSchemas"]


@dataclass(frozen=True, slots=True)
class SchemaWish:
    """What a user asks a side to be written with."""

    schema_id: int | None = None
    text: str | None = None
    """A schema's own text, which has to be registered under the subject."""
    origin: str = ""
    """Where the text comes from, for messages."""
    register: bool = False
    """Whether to register the text where it is not."""

    @property
    def is_given(self) -> bool:
        """Whether anything is asked for."""
        return self.schema_id is not None or self.text is not None


class AvroWriter:
    """Writes the JSON form of one schema's values."""

    def __init__(self, schema: "Schema", schema_id: int | None, label: str) -> None:
        from flowodm.codec.encode import compile_encoder
        from flowodm.json_form.read import compile_json_reader

        self.schema = schema
        self.schema_id = schema_id
        """None: the schema is not registered yet, and nothing can be sent with it."""
        self.label = label
        """What people call the schema: `user-events-value v3 (id 42)`."""
        self._encode = compile_encoder(schema).encode
        self._read = compile_json_reader(schema).read
        self._read_back = compile_json_reader(schema, any_uuid=True).read
        self._prefix = b"" if schema_id is None else frame(schema_id)

    def write(self, value: Json, *, framed: bool = True, was_read: bool = False) -> bytes:
        """Write a value.

        Args:
            value: In the JSON form.
            framed: Whether the schema's id goes in front.
            was_read: Whether the value was read from a topic, rather than written by a person.

        Raises:
            SerializationError: It is no value of the schema; with the field's path.
        """
        read = self._read_back if was_read else self._read
        return self._encode(read(value), self._prefix if framed else b"")


class SideSchemas:
    """The schemas of one side of a topic's records; each is fetched once.

    Args:
        topic: The topic.
        side: Which side.
        registry: Gives the registry when it is first needed; None where none is configured.
        wish: What the user asks for.
        dry_run: Whether nothing may be registered.
    """

    def __init__(
        self,
        topic: str,
        side: Literal["key", "value"],
        registry: "Callable[[], SchemaRegistry] | None",
        wish: SchemaWish,
        *,
        dry_run: bool = False,
    ) -> None:
        self.subject = f"{topic}-{side}"
        self.wish = wish
        self._side = side
        self._connect = registry
        self._dry_run = dry_run
        self._chosen: AvroWriter | None = None
        self._known: dict[int | str, AvroWriter | str] = {}

    def chosen(self) -> AvroWriter:
        """The writer that was asked for, or that of the subject's latest version.

        Raises:
            SubjectNotFound: Nothing is registered for the topic.
            SchemaNotFound: What was asked for is not registered.
            SchemaError: It is no Avro schema.
            RegistryError: The registry cannot be asked.
        """
        if self._chosen is None:
            self._chosen = self._choose()
        return self._chosen

    @property
    def label(self) -> str | None:
        """What people call the schema that is chosen for all lines; None while none is."""
        return None if self._chosen is None else self._chosen.label

    @property
    def can_send(self) -> bool:
        """Whether what was written names its schema, and can be sent."""
        return self._chosen is None or self._chosen.schema_id is not None

    def is_registered(self) -> bool:
        """Whether a schema was asked for, or the subject has one."""
        if self._chosen is None and not self.wish.is_given:
            if self._connect is None:
                return False
            try:
                self._chosen = self._latest()
            except SubjectNotFound:
                return False
        return True

    def of_version(self, version: int) -> AvroWriter:
        """The writer of one version of the subject.

        Raises:
            SchemaNotFound: There is no such version.
            SchemaError: It is no Avro schema.
            RegistryError: The registry cannot be asked.
        """
        schema_id = self._registry().version(self.subject, version).schema.schema_id
        return self._written_with(schema_id, f"{self.subject} v{version}")

    def named(self, name: int | str) -> AvroWriter:
        """The writer of the schema that a line names: an id, or a GUID.

        Raises:
            SerializationError: The registry has no such schema, or it is not Avro.
            RegistryError: The registry cannot be asked.
        """
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._fetch(name)
        if isinstance(known, str):
            option = _OPTIONS[self._side]
            raise SerializationError(known, hint=f"`{option}-id` says which schema to use instead")
        return known

    def _registry(self) -> "SchemaRegistry":
        if self._connect is None:
            raise ConfigurationError(
                f"a {self._side} in Avro needs a schema registry, and none is configured",
                hint=f"add `schema_registry` to the context, or {_PLAIN[self._side]}",
            )
        return self._connect()

    def _fetch(self, name: int | str) -> "AvroWriter | str":
        registry = self._registry()
        try:
            if isinstance(name, int):
                return AvroWriter(registry.parsed(name), name, f"schema id {name}")
            return AvroWriter(registry.parsed_by_guid(name), None, f"schema `{name}`")
        except (RegistryError, SchemaError) as error:
            if isinstance(error, RegistryUnreachable) or error.exit_code == 4:
                raise
            return error.message

    def _choose(self) -> AvroWriter:
        if self.wish.schema_id is not None:
            schema = self._registry().parsed(self.wish.schema_id)
            return AvroWriter(schema, self.wish.schema_id, f"schema id {self.wish.schema_id}")
        return self._latest() if self.wish.text is None else self._from_text(self.wish.text)

    def _latest(self) -> AvroWriter:
        registry = self._registry()
        try:
            found = registry.version(self.subject)
        except SubjectNotFound as error:
            raise SubjectNotFound(
                f"nothing is registered under `{self.subject}`",
                status=error.status,
                code=error.code,
                hint=f"give the schema with `{_OPTIONS[self._side]} FILE --register`, or "
                + _PLAIN[self._side],
            ) from error
        return self._written_with(found.schema.schema_id, f"{self.subject} v{found.version}")

    def _from_text(self, text: str) -> AvroWriter:
        from flowodm import avro

        registry, origin = self._registry(), self.wish.origin
        try:
            schema = avro.parse(text)
        except SchemaParseError as error:
            reason = f"`{origin}`: {error.reason}"
            raise SchemaParseError(reason, path=error.path, hint=error.hint) from error
        try:
            found = registry.lookup(self.subject, text)
        except (SubjectNotFound, SchemaNotFound) as error:
            if not self.wish.register:
                raise SchemaNotFound(
                    f"`{origin}` is not registered under `{self.subject}`",
                    hint="register it with `--register`",
                ) from error
            if self._dry_run:
                return AvroWriter(schema, None, f"`{origin}`, to be registered")
            registered = registry.register(self.subject, text)
            return self._written_with(registered.schema_id, f"{self.subject} from `{origin}`")
        return self._written_with(found.schema.schema_id, f"{self.subject} v{found.version}")

    def _written_with(self, schema_id: int, label: str) -> AvroWriter:
        return AvroWriter(self._registry().parsed(schema_id), schema_id, f"{label}, id {schema_id}")


_OPTIONS = {"value": "--schema", "key": "--key-schema"}
_PLAIN = {
    "value": "send plain JSON with `--value-format json`",
    "key": "send plain text with `--key-format text`",
}
