"""A model class out of a schema: at run time, or as source."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flowodm.avro.names import is_name
from flowodm.avro.words import shown
from flowodm.errors import UsageError
from flowodm.schema.sources import SchemaSource, schema_of
from flowodm.schema.subjects import load_schema_from_registry

if TYPE_CHECKING:
    from flowodm.avro import Schema
    from flowodm.avro.generation import Base
    from flowodm.connection import KafkaConnection
    from flowodm.model import FlowBaseModel
    from flowodm.registry.rules import Version

__all__ = [
    "generate_model_from_registry",
    "generate_model_from_schema",
    "generate_package",
    "generate_source",
]


def generate_model_from_schema(
    source: SchemaSource,
    topic: str,
    class_name: str | None = None,
    consumer_group: str | None = None,
) -> "type[FlowBaseModel]":
    """Make a model class of a schema; the class's own schema is that schema again.

    Args:
        source: A parsed schema, a document, a text or a file.
        topic: The topic of the class.
        class_name: The name of the class; None: the record's. Avro knows the record by its own
            name either way.
        consumer_group: The group that the class consumes in.

    Raises:
        UsageError: There is no such file, or the schema is no record.
        SchemaError: It is no Avro schema, or no class can be made of it.
        SettingsError: No topic is called so.
    """
    return _model(schema_of(source), class_name, topic=topic, consumer_group=consumer_group)


def generate_model_from_registry(
    subject: str,
    topic: str,
    version: "Version" = "latest",
    class_name: str | None = None,
    consumer_group: str | None = None,
    *,
    connection: "KafkaConnection | None" = None,
) -> "type[FlowBaseModel]":
    """Make a model class of a version of a subject, as `generate_model_from_schema` does.

    Args:
        subject: The subject; it is also the one that the class writes to.
        topic: The topic of the class.
        version: Its number, or the latest.
        class_name: The name of the class; None: the record's.
        consumer_group: The group that the class consumes in.
        connection: From which registry; None: the default connection's.

    Raises:
        SubjectNotFound: The registry has no such subject, or not that version.
        RegistryError: The registry cannot be asked.
        SchemaError: It is no Avro schema, or no class can be made of it.
    """
    schema = load_schema_from_registry(subject, version, connection=connection)
    return _model(
        schema, class_name, topic=topic, consumer_group=consumer_group, schema_subject=subject
    )


def generate_source(
    *sources: SchemaSource,
    topic: str | None = None,
    class_name: str | None = None,
    consumer_group: str | None = None,
    schema_subject: str | None = None,
    origins: Sequence[str] = (),
) -> str:
    """Write the Python module that holds the classes of schemas.

    The text is formatted, typed and documented, and the same for the same schemas, byte for byte.
    The schema of each class is the one that it was made of, to the last character.

    Args:
        sources: Parsed schemas, documents, texts or files. A type that one defines and another
            leaves to it has one class.
        topic: The topic of the class, which then produces and consumes; None: plain Pydantic
            classes. Only one schema can have one.
        class_name: The name of that class; None: the record's.
        consumer_group: The group that the class consumes in.
        schema_subject: The subject that it writes to; None: the topic's.
        origins: Where the sources came from, for the header.

    Raises:
        UsageError: There is no such file, or a topic was named for what is not one record.
        SettingsError: No topic is called so.
        SchemaError: It is no Avro schema, or no class can be made of it.
    """
    from flowodm.avro.generation import generate_module

    schemas = [schema_of(source) for source in sources]
    base = _base(
        schemas,
        class_name,
        topic=topic,
        schema_subject=schema_subject,
        consumer_group=consumer_group,
    )
    return generate_module(*schemas, origins=origins, base=base, name=class_name)


def generate_package(
    *sources: SchemaSource,
    topic: str | None = None,
    class_name: str | None = None,
    consumer_group: str | None = None,
    schema_subject: str | None = None,
    origins: Sequence[str] = (),
) -> dict[str, str]:
    """Write a package with a module for each namespace, otherwise as `generate_source`.

    Returns:
        Each file's text, by its path in the package.

    Raises:
        FlowODMError: As `generate_source`.
    """
    from flowodm.avro.generation import generate_package as generate

    schemas = [schema_of(source) for source in sources]
    base = _base(
        schemas,
        class_name,
        topic=topic,
        schema_subject=schema_subject,
        consumer_group=consumer_group,
    )
    return generate(*schemas, origins=origins, base=base, name=class_name)


def _base(
    schemas: "Sequence[Schema]", class_name: str | None, **settings: str | None
) -> "Base | None":
    """What the class of the root inherits from, once a topic is named for it."""
    from flowodm.avro.generation import Base
    from flowodm.avro.types import Record
    from flowodm.model import FlowBaseModel
    from flowodm.model.declaration import read_declaration

    if not schemas:
        raise UsageError("there is no schema to write classes of")
    if class_name is not None and (not is_name(class_name) or len(schemas) > 1):
        hint = "a letter A-Z, a-z or `_`, then letters, digits and `_`; for one schema"
        raise UsageError(f"{shown(class_name)} cannot be the name of the class", hint=hint)
    said = {name: value for name, value in settings.items() if value is not None}
    if not said:
        return None
    if len(schemas) > 1 or not isinstance(schemas[0].root, Record):
        what = f"{len(schemas):,} schemas" if len(schemas) > 1 else f"`{schemas[0].name}`"
        raise UsageError(
            f"a topic was named for {what}", hint="name it for one schema, which is a record"
        )
    name = class_name or schemas[0].name.rpartition(".")[2]
    declared = read_declaration(type(name, (), {"Settings": type("Settings", (), said)}), ())
    if declared is None:
        raise UsageError("a setting was named, and no topic", hint="name the topic too")
    reserved = frozenset(each for each in dir(FlowBaseModel) if not each.startswith("_"))
    return Base("FlowBaseModel", "flowodm", reserved, said)


def _model(schema: "Schema", name: str | None, **settings: str | None) -> "type[FlowBaseModel]":
    from flowodm.avro import build_model
    from flowodm.avro.types import Record
    from flowodm.model import FlowBaseModel

    if not isinstance(schema.deref(schema.root), Record):
        raise UsageError(
            f"a model is made of a record, and the schema is `{schema.name}`",
            hint="`flowodm.avro.build_model` makes a class of any schema",
        )
    namespace: Mapping[str, Any] = {"Settings": type("Settings", (), settings)}
    made = build_model(schema, base=FlowBaseModel, name=name, namespace=namespace)
    assert issubclass(made, FlowBaseModel)
    return made
