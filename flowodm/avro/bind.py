"""A Pydantic class → its Avro schema.

The schema is the class's own: its names, docs, aliases, defaults and order of fields. What a
Python annotation cannot say is said with the marks of `annotations.py`; the way back is
`classes.py`'s.
"""

from threading import RLock
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, RootModel

from flowodm.avro.binding import Binding
from flowodm.avro.deriving.tree import Tree
from flowodm.avro.schema import Schema
from flowodm.errors import SchemaError

__all__ = ["bind", "derive"]

_ATTRIBUTE: Final = "__avro_binding__"
_LOCK: Final = RLock()


def derive(model: type[BaseModel]) -> Schema:
    """Derive the Avro schema of a Pydantic class.

    Args:
        model: A `BaseModel`, or a `RootModel` for a schema that is no record.

    Raises:
        SchemaError: Something in the class has no meaning in Avro; the message names the class
            and the field, the hint what to write instead.
    """
    return bind(model).schema


def bind(model: type[BaseModel]) -> Binding:
    """Derive the schema of a Pydantic class, with how the class's values stand to it.

    It is kept with the class, so that a class that nobody uses any more takes it along, and made
    again when Pydantic has rebuilt the class.

    Raises:
        SchemaError: As `derive`.
    """
    if not _is_model(model):
        raise SchemaError(
            f"a schema is derived from a Pydantic class, not from {_what(model)}",
            hint="`class Order(BaseModel): …`, or a `RootModel[T]` for what is no record",
        )
    with _LOCK:
        known: _Kept | None = model.__dict__.get(_ATTRIBUTE)
        if known is None or known.validator is not model.__pydantic_validator__:
            binding = Tree(model).binding()
            known = _Kept(binding, model.__pydantic_validator__)
            setattr(model, _ATTRIBUTE, known)
    return known.binding


class _Kept(NamedTuple):
    """A binding, and what tells that the class is still the same."""

    binding: Binding
    validator: Any


_BARE: Final = (BaseModel, RootModel)


def _is_model(model: object) -> bool:
    return isinstance(model, type) and issubclass(model, BaseModel) and model not in _BARE


def _what(model: object) -> str:
    if isinstance(model, type):
        return f"`{model.__name__}`"
    return f"an instance of `{type(model).__name__}`"
