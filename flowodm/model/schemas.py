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

__all__ = ["Written", "find", "find_key", "own_schema", "register"]


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


def find(
    connection: "KafkaConnection", cls: "type[BaseModel]", declaration: "Declaration"
) -> Written:
    """Find the schema that values are written with, and its id.

    Raises:
        ChangeRefused: It would have to be registered, and the context wants that done by hand.
        RegistryUnreachable: No registry answers.
        SubjectNotFound: The registry does not have it.
        SchemaValidationError: It has no place for a field of the class.
    """
    match declaration.register:
        case "auto":
            subject = declaration.subject(own_schema(cls, declaration).name)
            _refuse_unasked(connection, cls, subject)
            return _register_value(connection, cls, declaration)
        case "latest":
            return _latest(connection, cls, declaration)
        case "never":
            return _existing(connection, cls, declaration)


def register(
    connection: "KafkaConnection", cls: "type[BaseModel]", declaration: "Declaration"
) -> int:
    """Register what a class writes with: the schema of its values, and that of Avro keys.

    Returns:
        The id of the values' schema; one that is there already keeps its own.

    Raises:
        ChangeRefused: The context is read-only, or for another cluster; nothing was sent.
        SettingsError: Its values are JSON.
    """
    if declaration.value_serializer == "json":
        raise SettingsError(f"`{cls.__name__}` writes JSON, which has no schema to register")
    connection.check_change("register_schema")
    if declaration.key_serializer == "avro":
        registry = connection.schema_registry()
        registry.register(declaration.key_subject, bind(key_model(cls, declaration)).schema)
    return _register_value(connection, cls, declaration).schema_id


def find_key(
    connection: "KafkaConnection", cls: "type[BaseModel]", declaration: "Declaration"
) -> Written:
    """Find the schema of Avro keys, and its id; only `auto` registers it."""
    schema = bind(key_model(cls, declaration)).schema
    registry, subject = connection.schema_registry(), declaration.key_subject
    if declaration.register == "auto":
        _refuse_unasked(connection, cls, subject)
        return Written(schema, registry.register(subject, schema).schema_id)
    try:
        return Written(schema, registry.lookup(subject, schema).schema.schema_id)
    except (SubjectNotFound, SchemaNotFound) as error:
        raise _absent(error, cls, subject) from error


def _register_value(
    connection: "KafkaConnection", cls: "type[BaseModel]", declaration: "Declaration"
) -> Written:
    schema = _whole_schema(cls, declaration)
    registry = connection.schema_registry()
    return Written(schema, registry.register(declaration.subject(schema.name), schema).schema_id)


def _latest(
    connection: "KafkaConnection", cls: "type[BaseModel]", declaration: "Declaration"
) -> Written:
    derived = bind(cls).schema
    registry, subject = connection.schema_registry(), declaration.subject(derived.name)
    try:
        latest = registry.version(subject)
    except (SubjectNotFound, SchemaNotFound) as error:
        raise _absent(error, cls, subject) from error
    schema = registry.parse(latest.schema)
    _check_holds(cls, derived, schema, f"version {latest.version} of subject `{subject}`")
    return Written(schema, latest.schema.schema_id)


def _existing(
    connection: "KafkaConnection", cls: "type[BaseModel]", declaration: "Declaration"
) -> Written:
    schema = _whole_schema(cls, declaration)
    subject = declaration.subject(schema.name)
    try:
        found = connection.schema_registry().lookup(subject, schema)
    except (SubjectNotFound, SchemaNotFound) as error:
        raise _absent(error, cls, subject) from error
    return Written(schema, found.schema.schema_id)


def _whole_schema(cls: "type[BaseModel]", declaration: "Declaration") -> Schema:
    """The schema that a class brings along, if a registry understands it by itself.

    Raises:
        SchemaError: It uses a type that another subject defines, and cannot say which.
    """
    schema = own_schema(cls, declaration)
    if schema.external:
        names = ", ".join(f"`{name}`" for name in sorted(schema.external))
        raise SchemaError(
            f"the schema of `{cls.__name__}` leaves {names} to another subject",
            hint='set `register = "latest"` in its `Settings`: the registry knows which',
        )
    return schema


def _absent(
    error: SubjectNotFound | SchemaNotFound, cls: type, subject: str
) -> SubjectNotFound | SchemaNotFound:
    return type(error)(
        f"the schema of `{cls.__name__}` is not under subject `{subject}`: {error.message}",
        status=error.status,
        code=error.code,
        hint=f"register it: `{cls.__name__}.register_schema()`",
    )


def _refuse_unasked(connection: "KafkaConnection", cls: type, subject: str) -> None:
    """Refuse to register by the way, before anything is sent."""
    context = connection.context
    if context.protected or context.read_only:
        state = "read-only" if context.read_only else "protected"
        raise ChangeRefused(
            f"context `{context.name}` is {state}, and writing `{cls.__name__}` would register"
            f" its schema under `{subject}`",
            hint=f"register it by hand, `{cls.__name__}.register_schema()`, and set"
            ' `register = "never"` (or "latest") in its `Settings`',
        )
    connection.check_change("register")


def _check_holds(cls: type, derived: Schema, schema: Schema, where: str) -> None:
    """Refuse a schema that would drop a field of a class, or wants one that it does not have."""
    if errors := field_misfits(derived, schema):
        raise SchemaValidationError(
            f"`{cls.__name__}` does not hold to {where}: {'; '.join(errors)}",
            errors=errors,
            hint="change the class, or have the schema take the field",
        )
