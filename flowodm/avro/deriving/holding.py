"""Whether a Python value is one of a node, by its type alone."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flowodm.avro.binding import EnumBinding, RecordBinding
from flowodm.avro.types import Array, Enum, Fixed, Map, NamedType, Primitive, Record, Ref, Union
from flowodm.avro.values import ARRAYS, Duration, python_type

__all__ = ["holds", "symbol_of"]


def holds(
    node: Primitive | Array | Map | NamedType | Union | Ref,
    value: Any,
    records: Mapping[str, RecordBinding],
    enums: Mapping[str, EnumBinding],
) -> bool:
    """Whether a value has a Python type of a definition that is no union.

    Args:
        node: The definition, which no conversion is kept for.
        value: The value.
        records: The classes, by full name.
        enums: The members, by full name.
    """
    match node:
        case Record(fullname=name):
            return isinstance(value, records[name].cls)
        case Enum(fullname=name):
            return symbol_of(enums[name], value) is not None
        case Array():
            return isinstance(value, ARRAYS) and not isinstance(value, Duration)
        case Map():
            return isinstance(value, Mapping)
        case Fixed() | Primitive():
            wanted = python_type(node)
            return isinstance(value, wanted) and not _is_of_narrower(value, wanted)
    return False


def _is_of_narrower(value: Any, wanted: type) -> bool:
    """True is an int to Python, and a datetime a date; to Avro they are not."""
    return (wanted is int and isinstance(value, bool)) or (
        wanted is date and isinstance(value, datetime)
    )


def symbol_of(enum: EnumBinding, value: Any) -> str | None:
    """The symbol that stands for a value, if one does."""
    for symbol, member in enum.members.items():
        if value is member or (enum.cls is None and isinstance(value, str) and value == member):
            return symbol
    return None
