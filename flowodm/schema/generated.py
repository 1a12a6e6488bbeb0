"""A model class out of a schema, at run time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flowodm.errors import UsageError
from flowodm.schema.sources import SchemaSource, schema_of
from flowodm.schema.subjects import load_schema_from_registry

if TYPE_CHECKING:
    from flowodm.avro import Schema
    from flowodm.connection import KafkaConnection
    from flowodm.model import FlowBaseModel
    from flowodm.registry.rules import Version

__all__ = ["generate_model_from_registry", "generate_model_from_schema"]


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
