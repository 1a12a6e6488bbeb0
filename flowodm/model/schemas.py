"""Which schema the instances of a class are written with, and its id in the registry.

`register = "auto"` writes with the class's own schema and registers it, `never` finds it there,
`latest` takes the subject's latest version. Whatever is taken, no field of the class is dropped.
"""

from typing import TYPE_CHECKING, NamedTuple

from flowodm.avro.bind import bind
from flowodm.avro.fitting import field_misfits
from flowodm.avro.parse import parse
from flowodm.avro.schema import Schema
from flowodm.errors import (
    ChangeRefused,
    SchemaError,
    SchemaNotFound,
    SchemaParseError,
    SchemaValidationError,
    SettingsError,
    SubjectNotFound,
)
from flowodm.model.keys import key_model

if TYPE_CHECKING:
    from pydantic import BaseModel

    from flowodm.connection import KafkaConnection
    from flowodm.model.declaration import Declaration

__all__ = ["Schemas", "Written", "own_schema"]


class Written(NamedTuple):
    """What values are written with."""

    schema: Schema
    schema_id: int


def own_schema(cls: "type[BaseModel]", declaration: "Declaration") -> Schema:
    """The schema that a class brings along: its file's, else the one of its fields.

    Raises:
        SettingsError: There is no such file.
        SchemaParseError: The file holds no schema.
        SchemaValidationError: A field of the class and the file do not go together.
    """
    derived = bind(cls).schema
    if declaration.schema_path is None:
        return derived
    where = f"`{declaration.schema_path}`"
    try:
        schema = parse(declaration.schema_path.read_bytes())
    except OSError as error:
        raise SettingsError(
            f"`{cls.__name__}.Settings.schema_path`: {where} cannot be read: {error.strerror}"
        ) from error
    except SchemaParseError as error:
        raise SchemaParseError(
            f"{where} is no schema for `{cls.__name__}`: {error.reason}",
            path=error.path,
            hint=error.hint,
        ) from None
    _check_holds(cls, derived, schema, where)
    return schema


class Schemas:
    """Finds the schemas that the instances of a class are written with, on a connection.

    Args:
        connection: Whose registry has them.
        cls: The class.
        declaration: Its settings.
    """

    def __init__(
        self, connection: "KafkaConnection", cls: "type[BaseModel]", declaration: "Declaration"
    ) -> None:
        self._connection = connection
        self._cls = cls
        self._declaration = declaration

    def find(self) -> Written:
        """Find the schema of values, and its id.

        Raises:
            ChangeRefused: It would have to be registered, and the context wants that done by hand.
            RegistryUnreachable: No registry answers.
            SubjectNotFound: The registry does not have it.
            SchemaValidationError: It has no place for a field of the class.
        """
        return self._latest() if self._declaration.register == "latest" else self._own(*self._value)

    def find_key(self) -> Written:
        """Find the schema of Avro keys, and its id; only `auto` registers it."""
        return self._own(*self._key)

    def register(self) -> int:
        """Register the schema of values, and that of Avro keys.

        Returns:
            The id of the values' schema; one that is there already keeps its own.

        Raises:
            ChangeRefused: The context is read-only, or for another cluster; nothing was sent.
            SettingsError: The values are JSON.
        """
        if self._declaration.value_serializer == "json":
            name = self._cls.__name__
            raise SettingsError(f"`{name}` writes JSON, which has no schema to register")
        self._connection.check_change("register_schema")
        if self._declaration.key_serializer == "avro":
            self._register(*self._key)
        return self._register(*self._value).schema_id

    @property
    def _value(self) -> tuple[Schema, str]:
        """The schema that the class brings along, and its subject."""
        schema = own_schema(self._cls, self._declaration)
        return schema, self._declaration.subject(schema.name)

    @property
    def _key(self) -> tuple[Schema, str]:
        schema = bind(key_model(self._cls, self._declaration)).schema
        return schema, self._declaration.key_subject

    def _own(self, schema: Schema, subject: str) -> Written:
        """Register a schema, or find it under its subject."""
        if self._declaration.register == "auto":
            self._refuse_unasked(subject)
            return self._register(schema, subject)
        self._check_whole(schema)
        try:
            found = self._connection.schema_registry().lookup(subject, schema)
        except (SubjectNotFound, SchemaNotFound) as error:
            raise self._absent(error, subject) from error
        return Written(schema, found.schema.schema_id)

    def _register(self, schema: Schema, subject: str) -> Written:
        self._check_whole(schema)
        registered = self._connection.schema_registry().register(subject, schema)
        return Written(schema, registered.schema_id)

    def _latest(self) -> Written:
        derived, registry = bind(self._cls).schema, self._connection.schema_registry()
        subject = self._declaration.subject(derived.name)
        try:
            latest = registry.version(subject)
        except (SubjectNotFound, SchemaNotFound) as error:
            raise self._absent(error, subject) from error
        schema = registry.parse(latest.schema)
        where = f"version {latest.version} of subject `{subject}`"
        _check_holds(self._cls, derived, schema, where)
        return Written(schema, latest.schema.schema_id)

    def _check_whole(self, schema: Schema) -> None:
        """Refuse a schema that uses a type of another subject, and cannot say which."""
        if schema.external:
            names = ", ".join(f"`{name}`" for name in sorted(schema.external))
            raise SchemaError(
                f"the schema of `{self._cls.__name__}` leaves {names} to another subject",
                hint='set `register = "latest"` in its `Settings`: the registry knows which',
            )

    def _absent(
        self, error: SubjectNotFound | SchemaNotFound, subject: str
    ) -> SubjectNotFound | SchemaNotFound:
        name = self._cls.__name__
        return type(error)(
            f"the schema of `{name}` is not under subject `{subject}`: {error.message}",
            status=error.status,
            code=error.code,
            hint=f"register it: `{name}.register_schema()`",
        )

    def _refuse_unasked(self, subject: str) -> None:
        """Refuse to register by the way, before anything is sent."""
        context, name = self._connection.context, self._cls.__name__
        if context.protected or context.read_only:
            state = "read-only" if context.read_only else "protected"
            raise ChangeRefused(
                f"context `{context.name}` is {state}, and writing `{name}` would register"
                f" its schema under `{subject}`",
                hint=f"register it by hand, `{name}.register_schema()`, and set"
                ' `register = "never"` (or "latest") in its `Settings`',
            )
        self._connection.check_change("register")


def _check_holds(cls: type, derived: Schema, schema: Schema, where: str) -> None:
    """Refuse a schema that would drop a field of a class, or wants one that it does not have."""
    if errors := field_misfits(derived, schema):
        raise SchemaValidationError(
            f"`{cls.__name__}` does not hold to {where}: {'; '.join(errors)}",
            errors=errors,
            hint="change the class, or have the schema take the field",
        )
