"""A field's default: from Avro's JSON to a plan of Python's value, and the JSON it gives back.

The value is the one that reading the field from nothing gives (`resolve.py`): a union's is of the
first branch that it fits, a `float` is rounded, a record's missing fields have their own defaults.
"""

import struct
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast

from flowodm.avro.blueprint.names import Names
from flowodm.avro.blueprint.plan import Constant, Instance, Listed, Mapped, Member, Of, Value
from flowodm.avro.default_bytes import default_bytes
from flowodm.avro.schema import Schema
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
    type_name,
)
from flowodm.avro.values import RawNumber, conversion

__all__ = ["Defaults", "natural_json"]

_DEEPEST: Final = 40
"""Lists, dicts and records inside one another in one default."""

_MOST_VALUES: Final = 10_000
"""In one default, with the defaults that the records in it have themselves."""


class _Unfit(Exception):
    """A value that is none of its type."""


class _NoValue(Exception):
    """A default that fits its type, but that a Python class cannot have."""


class _Made(NamedTuple):
    """A planned default."""

    value: Value
    weight: int
    """How many values it makes."""


class Defaults:
    """Plans the defaults of one schema.

    Every pair of a type and a JSON value is looked at once, however the types lead into one
    another, and every default of a field is planned once.
    """

    def __init__(self, schema: Schema, names: Names) -> None:
        self._schema = schema
        self._names = names
        self._planned: dict[int, _Made | None] = {}
        self._seen: dict[tuple[int, int], _Made | type[Exception]] = {}
        self._left = 0

    def plan(self, field: Field) -> Value | None:
        """The default in Python; None where there is none, or none that its class would take."""
        self._left = _MOST_VALUES
        made = self._plan(field)
        return made and made.value

    def _plan(self, field: Field) -> _Made | None:
        if id(field) not in self._planned:
            self._planned[id(field)] = None  # met again inside itself, it would never end
            if not isinstance(field.default, NoDefault):
                with suppress(_Unfit, _NoValue):
                    self._planned[id(field)] = self._made(field.type, field.default, 0)
        return self._planned[id(field)]

    def _made(self, node: Type, value: Json, depth: int) -> _Made:
        """What a type makes of a value.

        Raises:
            _Unfit: It is no value of the type.
            _NoValue: It is one, but none for Python.
        """
        node = self._schema.deref(node)
        pair = id(node), id(value)
        if pair not in self._seen:
            try:
                self._seen[pair] = self._make(node, value, depth)
            except (_Unfit, _NoValue) as reason:
                self._seen[pair] = type(reason)
        found = self._seen[pair]
        if isinstance(found, type):
            raise found
        return found

    def _make(self, node: Type, value: Json, depth: int) -> _Made:
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            raise _NoValue
        match node, value:
            case Union(branches=branches), _:
                return self._branch(branches, value, depth)
            case Record(), dict():
                return self._instance(node, value, depth)
            case Array(items=items), list():
                parts = [self._made(items, item, depth + 1) for item in value]
                return _whole(Listed(tuple(part.value for part in parts)), parts)
            case Map(values=values), dict():
                parts = [self._made(values, item, depth + 1) for item in value.values()]
                entries = zip(value, (part.value for part in parts), strict=True)
                return _whole(Mapped(tuple(entries)), parts)
        return _Made(self._leaf(node, value), 1)

    def _branch(self, branches: tuple[Type, ...], value: Json, depth: int) -> _Made:
        """The first branch that the whole value fits, as the resolution chooses it."""
        for branch in branches:
            with suppress(_Unfit):
                return self._made(branch, value, depth + 1)
        raise _Unfit

    def _instance(self, record: Record, value: dict[str, Json], depth: int) -> _Made:
        attributes = self._names.attributes(record.fullname)
        arguments = []
        parts = []
        for field in record.fields:
            if field.name in value:
                part = self._made(field.type, value[field.name], depth + 1)
                arguments.append((attributes[field.name], part.value))
            else:
                part = self._own(field)
            parts.append(part)
        name = self._names.classes[record.fullname]
        return _whole(Instance(name, tuple(arguments)), parts)

    def _own(self, field: Field) -> _Made:
        if isinstance(field.default, NoDefault):
            raise _Unfit
        own = self._plan(field)
        if own is None:
            raise _NoValue
        return own

    def _leaf(self, node: Type, value: Json) -> Constant | Member | Of:
        if isinstance(default_bytes(self._schema, node, value), str):
            raise _Unfit
        if isinstance(node, Enum):
            assert isinstance(value, str)
            member = self._names.members(node.fullname)[value]
            return Member(self._names.classes[node.fullname], member, value)
        convert = conversion(node, raw=RawNumber)
        physical = _physical(node, value)
        constant = Constant(physical if convert is None else convert(physical))
        if not _is_taken(node, constant):
            raise _NoValue
        if isinstance(node, Fixed) and node.fullname in self._names.classes:
            return Of(self._names.classes[node.fullname], constant)
        return constant


def _whole(value: Value, parts: Iterable[_Made]) -> _Made:
    weight = 1 + sum(part.weight for part in parts)
    if weight > _MOST_VALUES:
        raise _NoValue
    return _Made(value, weight)


def _physical(node: Type, value: Json) -> Any:
    """A leaf's value as the decoder would read it."""
    if isinstance(value, str) and (isinstance(node, Fixed) or type_name(node) == "bytes"):
        return value.encode("latin-1")
    if isinstance(value, int | float) and type_name(node) == "float":
        return struct.unpack("<f", struct.pack("<f", value))[0]
    if isinstance(value, int) and type_name(node) == "double":
        return float(value)
    return value


def _is_taken(node: Type, constant: Constant) -> bool:
    """Whether the annotation of a type lets the value pass that the schema has for it."""
    logical = node.logical if isinstance(node, Primitive | Fixed) else None
    match constant.value:
        case Decimal() as number if logical is not None and number:
            return number.adjusted() + 1 + (logical.scale or 0) <= (logical.precision or 0)
        case str() if logical is not None and logical.name == "uuid":
            return False
    return True


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
