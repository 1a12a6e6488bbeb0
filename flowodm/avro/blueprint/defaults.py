"""A field's default: from Avro's JSON to a plan of Python's value, and the JSON it gives back.

The value is the one that reading the field from nothing gives (`resolve.py`): a union's is of the
first branch that it fits, a `float` is rounded, a record's missing fields have their own defaults.
"""

import struct
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, cast

from flowodm.avro.blueprint.names import Names
from flowodm.avro.blueprint.plan import Constant, Instance, Listed, Mapped, Member, Of, Value
from flowodm.avro.default_bytes import default_bytes
from flowodm.avro.schema import Schema
from flowodm.avro.text import json_text
from flowodm.avro.types import (
    NO_DEFAULT,
    Array,
    Enum,
    Field,
    Fixed,
    Json,
    Map,
    NoDefault,
    Primitive,
    Record,
    Type,
    Union,
)
from flowodm.avro.values import RawNumber, conversion

__all__ = ["Defaults", "natural_json"]

_DEEPEST: Final = 40
"""Lists, dicts and records inside one another in one default."""


class _NoValue(Exception):
    """A default that a Python class cannot have."""


class Defaults:
    """Plans the defaults of one schema."""

    def __init__(self, schema: Schema, names: Names) -> None:
        self._schema = schema
        self._names = names
        self._written: dict[tuple[int, str], bool] = {}
        self._planned: dict[int, Value | None] = {}

    def plan(self, field: Field) -> Value | None:
        """The default in Python; None where there is none, or none that its class would take."""
        if id(field) not in self._planned:
            self._planned[id(field)] = self._plan(field)
        return self._planned[id(field)]

    def _plan(self, field: Field) -> Value | None:
        if isinstance(field.default, NoDefault) or not self._fits(field.type, field.default):
            return None
        try:
            return self._value(field.type, field.default, 0)
        except _NoValue:
            return None

    def _fits(self, node: Type, value: Json) -> bool:
        """Whether a value is a default that can be written: finite, and of the type."""
        key = id(node), json_text(value)
        if key not in self._written:
            self._written[key] = isinstance(default_bytes(self._schema, node, value), bytes)
        return self._written[key]

    def _value(self, node: Type, value: Json, depth: int) -> Value:
        if depth > _DEEPEST:
            raise _NoValue
        match self._schema.deref(node), value:
            case Union(branches=branches), _:
                fitting = next(branch for branch in branches if self._fits(branch, value))
                return self._value(fitting, value, depth)
            case Record() as record, dict():
                return Instance(
                    self._names.classes[record.fullname], self._arguments(record, value, depth)
                )
            case Array(items=items), list():
                return Listed(tuple(self._value(items, item, depth + 1) for item in value))
            case Map(values=values), dict():
                return Mapped(
                    tuple(
                        (key, self._value(values, item, depth + 1)) for key, item in value.items()
                    )
                )
            case Enum(fullname=fullname), str():
                members = self._names.members(fullname)
                return Member(self._names.classes[fullname], members[value], value)
            case leaf, _:
                return self._leaf(leaf, value)

    def _arguments(
        self, record: Record, value: dict[str, Json], depth: int
    ) -> tuple[tuple[str, Value], ...]:
        attributes = self._names.attributes(record.fullname)
        arguments = []
        for field in record.fields:
            if field.name in value:
                given = self._value(field.type, value[field.name], depth + 1)
                arguments.append((attributes[field.name], given))
            elif self.plan(field) is None:
                raise _NoValue
        return tuple(arguments)

    def _leaf(self, node: Type, value: Json) -> Constant | Of:
        if isinstance(node, Fixed) or (isinstance(node, Primitive) and node.name == "bytes"):
            assert isinstance(value, str)
            physical: Any = value.encode("latin-1")
        elif isinstance(node, Primitive) and node.name in ("float", "double"):
            assert isinstance(value, int | float)
            physical = _rounded(node.name, value)
        else:
            physical = value
        convert = conversion(node, raw=RawNumber)
        constant = Constant(physical if convert is None else convert(physical))
        if not _is_taken(node, constant):
            raise _NoValue
        if isinstance(node, Fixed) and node.fullname in self._names.classes:
            return Of(self._names.classes[node.fullname], constant)
        return constant


def _is_taken(node: Type, constant: Constant) -> bool:
    """Whether the annotation of a type lets the value pass that the schema has for it."""
    logical = node.logical if isinstance(node, Primitive | Fixed) else None
    match constant.value:
        case Decimal() as number if logical is not None and number:
            return number.adjusted() + 1 + (logical.scale or 0) <= (logical.precision or 0)
        case str() if logical is not None and logical.name == "uuid":
            return False
    return True


def _rounded(name: str, value: float) -> float:
    return struct.unpack("<f", struct.pack("<f", value))[0] if name == "float" else float(value)


def natural_json(value: Value) -> Json | NoDefault:
    """The default, in Avro's JSON, that a class has for a plain value; none for other values.

    Dates, decimals and the like have one too; a mark says theirs, as everything that a reader of
    the class could get wrong.
    """
    match value:
        case Constant(value=RawNumber()):
            return NO_DEFAULT
        case Member(symbol=symbol):
            return symbol
        case Constant(value=bytes(data)):
            return data.decode("latin-1")
        case Constant(value=None | bool() | int() | float() | str() as plain):
            return plain
        case Listed(items=()):
            return []
        case Mapped(entries=()):
            return {}
        case Listed(items=items):
            return _all(map(natural_json, items))
    return NO_DEFAULT


def _all(parts: Iterable[Json | NoDefault]) -> Json | NoDefault:
    listed = list(parts)
    if any(isinstance(part, NoDefault) for part in listed):
        return NO_DEFAULT
    return cast("Json", listed)
