"""Does a model say what a schema says? Against a file, or against the registry."""

from pathlib import Path
from typing import TYPE_CHECKING

from flowodm.avro import Schema
from flowodm.schema.differences import differences
from flowodm.schema.results import ValidationResult
from flowodm.schema.sources import load_schema_from_file
from flowodm.schema.subjects import connection_for, load_schema_from_registry, subject_of

if TYPE_CHECKING:
    from pydantic import BaseModel

    from flowodm.connection import KafkaConnection
    from flowodm.registry.rules import Version

__all__ = ["validate", "validate_against_file", "validate_against_registry"]


def validate(model: "type[BaseModel]", schema: Schema) -> ValidationResult:
    """Compare a model's schema with another, field by field.

    An error is what keeps records from being written with the schema, or read into the model:
    a field, a type, a branch of a union or a symbol that one side does not have. A warning is
    what only looks different (docs, order, aliases, defaults), or stops some values only, such
    as a `long` that is written as an `int`.

    Args:
        model: A Pydantic class.
        schema: What its records are written with.

    Returns:
        Every difference; one inside a named type is told where the type is first met.

    Raises:
        SchemaError: The model has an annotation without a meaning in Avro.
    """
    from flowodm.avro import derive

    found = differences(derive(model), schema)
    errors = tuple(difference.line() for difference in found if difference.is_error)
    warnings = tuple(difference.line() for difference in found if not difference.is_error)
    return ValidationResult(not errors, errors, warnings)


def validate_against_file(model: "type[BaseModel]", path: str | Path) -> ValidationResult:
    """Compare a model with the schema in a file, as `validate` does.

    Args:
        model: A Pydantic class.
        path: The file.

    Raises:
        UsageError: There is no such file, or it cannot be read.
        SchemaError: The file is no Avro schema, or the model has none.
    """
    return validate(model, load_schema_from_file(path))


def validate_against_registry(
    model: "type[BaseModel]",
    subject: str | None = None,
    version: "Version" = "latest",
    *,
    connection: "KafkaConnection | None" = None,
) -> ValidationResult:
    """Compare a model with a version of a subject, as `validate` does.

    Args:
        model: A Pydantic class.
        subject: The subject; None: the model's own.
        version: Its number, or the latest.
        connection: To which registry; None: that of the model's own connection.

    Raises:
        SubjectNotFound: The registry has no such subject, or not that version.
        RegistryError: The registry cannot be asked.
        SchemaError: What is registered is no Avro schema, or the model has none.
    """
    name = subject_of(model) if subject is None else subject
    where = connection_for(connection, model)
    return validate(model, load_schema_from_registry(name, version, connection=where))
