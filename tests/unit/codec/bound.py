"""Pydantic classes for any schema, bound by hand, and instances of them from encoded values.

The fields take anything: what is tested is the codec, not what a class would validate.
"""

import enum
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, RootModel, create_model

from flowodm.avro import Schema
from flowodm.avro.binding import Binding, EnumBinding, FieldBinding, RecordBinding
from flowodm.avro.types import Enum, Fixed, Record, Type, Union
from flowodm.avro.values import Convert, Duration, RawNumber, conversion

__all__ = ["bound", "instances"]


def bound(schema: Schema, *, plain_enums: bool = False) -> Binding:
    """A class for every record and enum of a schema; every fixed has a class of its own.

    Args:
        schema: The schema; where its root is no record, the model is a `RootModel`.
        plain_enums: Whether the symbols stand for themselves, as with a `Literal`.
    """
    records = {
        name: RecordBinding(
            create_model(f"M{place}", **{f"a{n}": (Any, ...) for n in range(len(node.fields))}),  # type: ignore[call-overload]
            tuple(FieldBinding(each.name, f"a{n}", f"a{n}") for n, each in enumerate(node.fields)),
        )
        for place, (name, node) in enumerate(schema.names.items())
        if isinstance(node, Record)
    }
    enums = {
        name: (
            EnumBinding(None, {each: each for each in node.symbols}) if plain_enums else _enum(node)
        )
        for name, node in schema.names.items()
        if isinstance(node, Enum)
    }
    fixeds = {name: _fixed(node) for name, node in schema.names.items() if isinstance(node, Fixed)}
    root = schema.deref(schema.root)
    model = records[root.fullname].cls if isinstance(root, Record) else RootModel[Any]
    return Binding(model, schema, records, enums, fixeds=fixeds)


def _enum(node: Enum) -> EnumBinding:
    cls = enum.Enum("E", {f"m{place}": each for place, each in enumerate(node.symbols)})  # type: ignore[misc]
    return EnumBinding(cls, {member.value: member for member in cls})


def _fixed(node: Fixed) -> type:
    logical = None if node.logical is None else node.logical.name
    bases: dict[str | None, type] = {"decimal": Decimal, "uuid": UUID, "duration": Duration}
    base = bases.get(logical, bytes)
    return type("Own", (base,), {"__slots__": ()})


def instances(binding: Binding) -> "_Instances":
    """A style that decodes bytes into instances of a binding's classes, unvalidated."""
    return _Instances(binding)


class _Instances:
    name = "instances"

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def convert(self, node: Type) -> Convert | None:
        match node:
            case Record(fullname=name):
                return _constructor(self._binding.records[name])
            case Enum(fullname=name):
                return self._binding.enums[name].members.__getitem__
            case Fixed(fullname=name):
                return _own(self._binding.fixeds[name], conversion(node))
        return conversion(node, raw=RawNumber)

    def branch(self, union: Union, index: int) -> Convert | None:
        return None


def _constructor(record: RecordBinding) -> Callable[[dict[str, Any]], BaseModel]:
    attributes = {field.name: field.attribute for field in record.fields}
    return lambda value: record.cls.model_construct(  # type: ignore[attr-defined]
        **{attributes[name]: each for name, each in value.items()}
    )


def _own(cls: Any, convert: Convert | None) -> Convert:
    def make(data: bytes) -> Any:
        value = data if convert is None else convert(data)
        if isinstance(value, UUID):
            return cls(int=value.int)
        return cls(*value) if isinstance(value, Duration) else cls(value)

    return make
