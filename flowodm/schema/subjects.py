"""The registry's schemas: load, upload, list, delete.

How the registry is spoken with is `flowodm.registry`'s. What changes it passes the connection's
gate first: a read-only context, or one for another cluster, refuses.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from flowodm.avro import Schema
from flowodm.errors import RegistryError, UsageError
from flowodm.schema.sources import SchemaSource, schema_of

if TYPE_CHECKING:
    from flowodm.avro import CompatibilityLevel
    from flowodm.connection import KafkaConnection
    from flowodm.registry import Reference, SchemaRegistry
    from flowodm.registry.rules import Version

__all__ = [
    "connection_for",
    "delete_subject",
    "get_schema_versions",
    "list_subjects",
    "load_schema_from_registry",
    "subject_of",
    "upload_schema",
]

_HIDDEN: Final = 40404
"""The registry's code for a subject that is deleted, and not yet for good."""


def load_schema_from_registry(
    subject: str,
    version: "Version" = "latest",
    *,
    connection: "KafkaConnection | None" = None,
) -> Schema:
    """Fetch a version of a subject, parsed with what it references.

    Args:
        subject: The subject.
        version: Its number, or the latest.
        connection: To which registry; None: the default connection's.

    Raises:
        SubjectNotFound: The registry has no such subject, or not that version.
        RegistryError: The registry cannot be asked.
        SchemaError: It is no Avro schema.
    """
    registry = connection_for(connection).schema_registry()
    return registry.parse(registry.version(subject, version).schema)


def upload_schema(
    source: SchemaSource,
    subject: str | None = None,
    compatibility_level: "CompatibilityLevel | None" = None,
    *,
    references: Iterable["Reference"] = (),
    connection: "KafkaConnection | None" = None,
) -> int:
    """Register a schema under a subject; one that is there already keeps its id.

    Args:
        source: A model, a parsed schema, a document, a text or a file.
        subject: The subject; None: the model's own.
        compatibility_level: A level to set for the subject first. It stays set when the schema is
            then refused.
        references: What it references in the registry.
        connection: To which registry; None: that of the model's own connection, or the default one's.

    Returns:
        The id that records carry.

    Raises:
        ChangeRefused: The context is read-only, or for another cluster; nothing was sent.
        SchemaCompatibilityError: It breaks the subject's compatibility level.
        UsageError: There is no such file, or no subject is named.
        RegistryError: The registry cannot be asked, or refuses.
        SchemaError: The source is no Avro schema.
    """
    connection = connection_for(connection, source)
    registry = connection.schema_registry()
    name = subject_of(source) if subject is None else subject
    named = tuple(references)
    schema = schema_of(source, references=_referenced(registry, named))
    connection.check_change("upload_schema")
    if compatibility_level is not None:
        registry.set_compatibility_level(compatibility_level, name)
    return registry.register(name, schema, named).schema_id


def list_subjects(
    prefix: str | None = None, *, connection: "KafkaConnection | None" = None
) -> tuple[str, ...]:
    """List the registry's subjects.

    Args:
        prefix: How they begin; None: all.
        connection: Of which registry; None: the default connection's.

    Raises:
        RegistryError: The registry cannot be asked.
    """
    return connection_for(connection).schema_registry().subjects(prefix)


def get_schema_versions(
    subject: str, *, connection: "KafkaConnection | None" = None
) -> tuple[int, ...]:
    """List the versions of a subject, oldest first.

    Args:
        subject: The subject.
        connection: Of which registry; None: the default connection's.

    Raises:
        SubjectNotFound: The registry has no such subject.
        RegistryError: The registry cannot be asked.
    """
    return connection_for(connection).schema_registry().versions(subject)


def delete_subject(
    subject: str, permanent: bool = False, *, connection: "KafkaConnection | None" = None
) -> tuple[int, ...]:
    """Delete every version of a subject.

    Args:
        subject: The subject.
        permanent: Whether nothing of it shall remain. Otherwise it is only hidden: records
            written with its schemas are still read.
        connection: In which registry; None: the default connection's.

    Returns:
        The versions that are gone.

    Raises:
        ChangeRefused: The context is read-only, or for another cluster; nothing was sent.
        SubjectNotFound: The registry has no such subject.
        RegistryError: The registry cannot be asked, or refuses.
    """
    connection = connection_for(connection)
    registry = connection.schema_registry()
    connection.check_change("delete_subject")
    if not permanent:
        return registry.delete_subject(subject)
    try:
        registry.delete_subject(subject)
    except RegistryError as error:
        if error.code != _HIDDEN:
            raise
    return registry.delete_subject(subject, permanent=True)


def subject_of(source: SchemaSource) -> str:
    """Return the subject that a model's values are registered under.

    Raises:
        UsageError: It is no `FlowBaseModel`.
        SettingsError: It is an abstract one.
    """
    from flowodm.model import FlowBaseModel
    from flowodm.model.attached import declaration_of

    if isinstance(source, type) and issubclass(source, FlowBaseModel):
        return declaration_of(source).subject(schema_of(source).name)
    raise UsageError("only a `FlowBaseModel` has a subject of its own", hint="name the subject")


def connection_for(given: "KafkaConnection | None", source: object = None) -> "KafkaConnection":
    """Return the connection that was given, else the model's own, else the default one."""
    from flowodm.connection import get_kafka_connection
    from flowodm.model import FlowBaseModel

    if given is not None:
        return given
    if isinstance(source, type) and issubclass(source, FlowBaseModel):
        return source.get_connection()
    return get_kafka_connection()


def _referenced(
    registry: "SchemaRegistry", references: tuple["Reference", ...]
) -> tuple[Schema, ...]:
    """The schemas behind references, which the schema that uses them is parsed with."""
    found = []
    for reference in references:
        number: Version = "latest" if reference.version == -1 else reference.version
        found.append(registry.parse(registry.version(reference.subject, number).schema))
    return tuple(found)
