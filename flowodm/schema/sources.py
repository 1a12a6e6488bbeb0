"""A schema out of whatever says one: a model, a parsed schema, a document, a text, a file."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from flowodm.avro import Schema, parse
from flowodm.avro.names import PRIMITIVES
from flowodm.avro.types import Json
from flowodm.errors import SchemaParseError, UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["SchemaSource", "load_schema_from_file", "schema_of"]

SchemaSource: TypeAlias = "type[BaseModel] | Schema | dict[str, Any] | list[Any] | str | Path"
"""A model class, a parsed schema, a JSON document, a text of JSON, or a file's path."""


def load_schema_from_file(
    path: str | os.PathLike[str], *, references: Iterable[Schema] = ()
) -> Schema:
    """Read an Avro schema from a file (`.avsc`).

    Args:
        path: The file.
        references: Schemas whose named types it may use.

    Raises:
        UsageError: There is no such file, or it cannot be read.
        SchemaParseError: It is no Avro schema; with the file, and the line where it is no JSON.
    """
    name = os.fspath(path)
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        hint = None if os.path.isabs(name) else f"relative paths start at `{Path.cwd()}`"
        raise UsageError(f"there is no schema file `{name}`", hint=hint) from None
    except OSError as error:
        raise UsageError(f"the schema file `{name}` cannot be read: {error.strerror}") from error
    try:
        return parse(data, references=references)
    except SchemaParseError as error:
        reason = f"`{name}`: {error.reason}"
        raise SchemaParseError(reason, path=error.path, hint=error.hint) from error


def schema_of(source: SchemaSource, *, references: Iterable[Schema] = ()) -> Schema:
    """Return the schema that a source says.

    Args:
        source: A text that begins as JSON does is a schema, any other the path of a file.
        references: Schemas whose named types a document, text or file may use.

    Raises:
        UsageError: There is no such file, or the source is nothing of the kind.
        SchemaParseError: It is no Avro schema.
        SchemaError: The model has an annotation without a meaning in Avro.
    """
    match source:
        case Schema():
            return source
        case dict() | list():
            document: dict[str, Json] | list[Json] = source
            return parse(document, references=references)
        case str() if source.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", '"') or _is_word(source):
            return parse(source, references=references)
        case str() | os.PathLike():
            return load_schema_from_file(source, references=references)
        case type():
            return _schema_of_model(source)
    raise UsageError(
        f"a `{type(source).__name__}` is no source of a schema",
        hint="give a model class, a dict, a text of JSON, or the path of a file",
    )


def _is_word(text: str) -> bool:
    """Whether a text is a whole schema without looking like JSON: `string`."""
    return text.strip() in PRIMITIVES


def _schema_of_model(model: "type[BaseModel]") -> Schema:
    from flowodm.avro import derive
    from flowodm.model import FlowBaseModel
    from flowodm.model.schemas import own_schema

    if issubclass(model, FlowBaseModel) and model.__declaration__ is not None:
        return own_schema(model, model.__declaration__)
    return derive(model)
