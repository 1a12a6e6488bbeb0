"""What the tests of deriving share: a class of one field, and its type as JSON."""

import json
from typing import Any

from pydantic import BaseModel, create_model

from flowodm.avro import derive, parse

__all__ = ["field_of", "model_of", "type_of"]


def model_of(annotation: Any, default: Any = ...) -> type[BaseModel]:
    """A class `M` whose one field `x` has an annotation."""
    return create_model("M", x=(annotation, default))


def field_of(annotation: Any, default: Any = ...) -> dict[str, Any]:
    """The field as the derived schema writes it, once its text is known to be a schema's."""
    schema = derive(model_of(annotation, default))
    assert parse(schema.to_json()) == schema
    field: dict[str, Any] = json.loads(schema.to_json())["fields"][0]
    return field


def type_of(annotation: Any) -> Any:
    """The type that an annotation has."""
    return field_of(annotation)["type"]
