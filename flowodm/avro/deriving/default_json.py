"""Python values as defaults in Avro's JSON; those without values inside are `scalar_json.py`'s."""

from collections.abc import Mapping
from enum import Enum as PythonEnum
from typing import Any, Final

from flowodm.avro.default_bytes import default_bytes
from flowodm.avro.deriving.holding import holds, symbol_of
from flowodm.avro.deriving.scalar_json import no_value, scalar_json
from flowodm.avro.deriving.table import Table
from flowodm.avro.schema import Schema
from flowodm.avro.text import json_text
from flowodm.avro.types import (
    Array,
    Enum,
    Json,
    Map,
    Record,
    Type,
    Union,
    type_name,
)
from flowodm.avro.values import ARRAYS
from flowodm.avro.words import counted, shown

__all__ = ["DefaultWriter"]

_DEEPEST: Final = 100


class DefaultWriter:
    """Writes Python values as defaults; a value that is none of the type is a `ValueError`.

    Args:
        schema: The schema.
        table: How values stand to its nodes.
        is_ordered: Whether unions have their branches in the final order. Only then is it known
            whether a reader would take a value inside a container for one of another branch.
    """

    def __init__(self, schema: Schema, table: Table, *, is_ordered: bool) -> None:
        self._schema = schema
        self._table = table
        self._is_ordered = is_ordered

    def write(self, node: Type, value: Any, depth: int = 0) -> Json:
        """The default that a value is."""
        if depth > _DEEPEST:
            raise ValueError("it is nested too deep")
        definition = self._schema.deref(node)
        conversion = self._table.conversions.get(definition)
        if conversion is not None:
            value = conversion.to_avro(value)
        match definition:
            case Union():
                return self._inside_union(definition, value, depth)
            case Record():
                return self._record(definition, value, depth)
            case Array(items=items):
                return self._array(items, value, depth)
            case Map(values=values):
                return self._map(values, value, depth)
            case Enum():
                return self._symbol(definition, value)
        return scalar_json(definition, value)

    def branch(self, union: Union, value: Any, depth: int = 0) -> tuple[int, Json]:
        """The branch that holds a value, and the value's default there."""
        reasons = []
        for index, node in self._candidates(union, value):
            try:
                return index, self.write(node, value, depth + 1)
            except (ValueError, TypeError) as error:
                reasons.append(error)
        if len(reasons) == 1:
            raise reasons[0]
        names = ", ".join(shown(type_name(node)) for node in union.branches)
        raise ValueError(f"none of {names} holds it")

    def _candidates(self, union: Union, value: Any) -> list[tuple[int, Type]]:
        """The branches that could hold a value: those of its own type, else all others."""
        own: list[tuple[int, Type]] = []
        others: list[tuple[int, Type]] = []
        for index, node in enumerate(union.branches):
            is_own = self._is_own(self._schema.deref(node), value)
            (own if is_own else others).append((index, node))
        return own or [each for each in others if type_name(each[1]) != "null"]

    def _is_own(self, node: Type, value: Any) -> bool:
        """Whether a value is of the type itself, and not only one that it could pass for."""
        if isinstance(value, PythonEnum) and not isinstance(node, Enum):
            return False
        if node in self._table.conversions:
            return False
        return holds(node, value, self._table.records, self._table.enums)

    def _inside_union(self, union: Union, value: Any, depth: int) -> Json:
        """The default inside a container, where the first branch that it fits is meant."""
        index, written = self.branch(union, value, depth)
        for node in union.branches[:index] if self._is_ordered else ():
            if isinstance(default_bytes(self._schema, node, written), bytes):
                raise ValueError(f"in Avro's JSON it would be read as {shown(type_name(node))}")
        return written

    def _record(self, node: Record, value: Any, depth: int) -> Json:
        binding = self._table.records[node.fullname]
        if not isinstance(value, binding.cls):
            raise no_value(node, value)
        return {
            field.name: self.write(field.type, value.__dict__.get(bound.attribute), depth + 1)
            for field, bound in zip(node.fields, binding.fields, strict=True)
        }

    def _array(self, items: Type, value: Any, depth: int) -> Json:
        if not isinstance(value, ARRAYS):
            raise ValueError(f"{counted(type(value).__name__)} is no array")
        written = [self.write(items, item, depth + 1) for item in value]
        return sorted(written, key=json_text) if isinstance(value, set | frozenset) else written

    def _map(self, values: Type, value: Any, depth: int) -> Json:
        if not isinstance(value, Mapping):
            raise ValueError(f"{counted(type(value).__name__)} is no map")
        if not all(isinstance(key, str) for key in value):
            raise ValueError("a map's keys are texts")
        return {str.__str__(key): self.write(values, value[key], depth + 1) for key in value}

    def _symbol(self, node: Enum, value: Any) -> Json:
        enum = self._table.enums[node.fullname]
        symbol = symbol_of(enum, value)
        if symbol is not None:
            return symbol
        for symbol, member in enum.members.items():  # as `use_enum_values` keeps them
            own = getattr(member, "value", member)
            if type(own) is type(value) and own == value:
                return symbol
        raise no_value(node, value)
