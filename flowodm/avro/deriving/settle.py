"""A class's defaults in Avro's JSON, once the tree is whole."""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from pydantic.fields import FieldInfo

from flowodm.avro.attributes import default_of
from flowodm.avro.default_bytes import default_bytes
from flowodm.avro.defaults import Defaults
from flowodm.avro.deriving.holding import ARRAYS, holds, symbol_of
from flowodm.avro.deriving.numbers import days_of, stamp_of, ticks_of, unscaled_of
from flowodm.avro.deriving.place import Place
from flowodm.avro.deriving.table import Table
from flowodm.avro.document import copy_document
from flowodm.avro.schema import Schema
from flowodm.avro.text import json_text
from flowodm.avro.types import (
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
from flowodm.avro.values import Duration
from flowodm.avro.words import shown
from flowodm.errors import SchemaParseError

__all__ = ["Defaulted", "settle"]

_EMPTY: Final = (list, dict, set, frozenset, tuple, str, bytes, int, float, bool)
"""Factories whose value is always the same."""
_DEEPEST: Final = 100
_CURE: Final = (
    "give a value of the annotation's type, say it in Avro's JSON with `AvroField(default=…)`,"
    " or take a `default_factory`, which Avro does not see"
)


class Defaulted(NamedTuple):
    """A field whose default is still to be found."""

    field: Field
    info: FieldInfo
    said: Json | NoDefault
    """The mark's default."""
    place: Place


def settle(each: Defaulted, schema: Schema, table: Table) -> None:
    """Put a field's default into it, and the branch of a union that holds it first.

    The tree is not shown to anybody yet, so the field is completed in place.

    Raises:
        SchemaError: The default is none of the field's type.
    """
    if not isinstance(each.said, NoDefault):
        _set(each.field, default=_said(each, schema))
        return
    value = _class_default(each.info)
    if isinstance(value, NoDefault):
        return
    writer = _Writer(schema, table)
    try:
        if isinstance(each.field.type, Union):
            index, written = writer.branch(each.field.type, value, 0)
            _put_first(each.field, index)
        else:
            written = writer.write(each.field.type, value, 0)
        _refuse_infinite(each.field, written)
    except (ValueError, TypeError, OverflowError) as error:
        raise each.place.fault(
            f"its default {shown(_text(value))} cannot be one in Avro: {error}", _CURE
        ) from error
    _set(each.field, default=written)


def _set(field: Field, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(field, name, value)


def _put_first(field: Field, index: int) -> None:
    assert isinstance(field.type, Union)
    branches = list(field.type.branches)
    branches.insert(0, branches.pop(index))
    if index:
        _set(field, type=Union(tuple(branches)))


def _text(value: Any) -> str:
    try:
        return repr(value)
    except RecursionError:
        return type(value).__name__


def _said(each: Defaulted, schema: Schema) -> Json:
    """The default of the mark, if it is one of the type."""
    try:
        value = default_of({"default": copy_document(each.said)}, each.field.type)
    except SchemaParseError as error:
        raise each.place.fault(f"the default in its `AvroField`: {error.message}") from error
    judge = Defaults(schema.names)
    value = cast(Json, value)
    if not judge.fits(each.field.type, value):
        reason, _ = judge.explain(each.field.type, value, None)
        raise each.place.fault(
            f"the default in its `AvroField` does not fit: {reason}",
            "it is written in Avro's JSON: bytes as text of one character a byte, a date in days",
        )
    return value


def _class_default(info: FieldInfo) -> Any:
    """The value that a class gives, if it is always the same; else `NoDefault`."""
    if info.is_required():
        return NoDefault()
    factory = cast("Callable[[], Any] | None", info.default_factory)
    if factory is None:
        return info.default
    return factory() if factory in _EMPTY else NoDefault()


def _refuse_infinite(field: Field, value: Json) -> None:
    """JSON has no infinity; Avro reads one only from the default of a plain float or double."""
    if isinstance(field.type, Primitive):
        return
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, float) and not math.isfinite(item):
            raise ValueError(f"JSON has no {item}")
        if isinstance(item, list | dict):
            todo += item.values() if isinstance(item, dict) else item


class _Writer:
    """Writes Python values as defaults; a value that is none of the type is a `ValueError`."""

    def __init__(self, schema: Schema, table: Table) -> None:
        self._schema = schema
        self._table = table

    def write(self, node: Type, value: Any, depth: int) -> Json:
        """The default that a value is."""
        if depth > _DEEPEST:
            raise ValueError("it is nested too deep")
        definition = self._schema.deref(node)
        conversion = self._table.conversions.get(definition)
        if conversion is not None:
            value = conversion.to_avro(value)
        match definition:
            case Union():
                return self._inner_branch(definition, value, depth)
            case Record():
                return self._record(definition, value, depth)
            case Array(items=items):
                return self._array(items, value, depth)
            case Map(values=values):
                if not isinstance(value, Mapping):
                    raise _misfit(definition, value)
                written = ((_key(key), self.write(values, value[key], depth + 1)) for key in value)
                return dict(written)
            case Enum(fullname=name):
                symbol = self._symbol(name, value)
                if symbol is None:
                    raise _misfit(definition, value)
                return symbol
        assert isinstance(definition, Primitive | Fixed)
        return _scalar(definition, value)

    def branch(self, union: Union, value: Any, depth: int) -> tuple[int, Json]:
        """The branch that holds a value, and the value's default there."""
        reasons = []
        for index, node in self._candidates(union, value):
            try:
                return index, self.write(node, value, depth + 1)
            except (ValueError, TypeError, OverflowError) as error:
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
            definition = self._schema.deref(node)
            is_own = definition not in self._table.conversions and holds(
                definition, value, self._table.records, self._table.enums
            )
            (own if is_own else others).append((index, node))
        return own or [each for each in others if type_name(each[1]) != "null"]

    def _inner_branch(self, union: Union, value: Any, depth: int) -> Json:
        """The default inside a container, where the first branch that it fits is meant."""
        index, written = self.branch(union, value, depth)
        for node in union.branches[:index]:
            if isinstance(default_bytes(self._schema, node, written), bytes):
                raise ValueError(f"in Avro's JSON it would be read as {shown(type_name(node))}")
        return written

    def _record(self, node: Record, value: Any, depth: int) -> Json:
        binding = self._table.records[node.fullname]
        if not isinstance(value, binding.cls):
            raise _misfit(node, value)
        return {
            field.name: self.write(field.type, value.__dict__.get(bound.attribute), depth + 1)
            for field, bound in zip(node.fields, binding.fields, strict=True)
        }

    def _array(self, items: Type, value: Any, depth: int) -> Json:
        if not isinstance(value, ARRAYS):
            raise ValueError(f"a `{type(value).__name__}` is no array")
        written = [self.write(items, item, depth + 1) for item in value]
        return sorted(written, key=json_text) if isinstance(value, set | frozenset) else written

    def _symbol(self, name: str, value: Any) -> str | None:
        return symbol_of(self._table.enums[name], value)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError(f"{shown(_text(key))} is no text, and a map's keys are texts")
    return str.__str__(key)


def _misfit(node: Type, value: Any) -> ValueError:
    return ValueError(f"a `{type(value).__name__}` is no {shown(type_name(node))}")


def _scalar(node: Primitive | Fixed, value: Any) -> Json:
    word = node.name if isinstance(node, Primitive) else "fixed"
    if node.logical is not None:
        write = _LOGICAL.get(node.logical.name)
        if write is not None:
            return write(node, value)
    match word, value:
        case ("null", None) | ("boolean", bool()):
            return cast(Json, value)
        case ("int" | "long"), int() if not isinstance(value, bool):
            bits = 31 if word == "int" else 63
            if not -(1 << bits) <= value < 1 << bits:
                raise ValueError(f"it does not fit in `{word}` ({bits + 1} bits)")
            return int(value)
        case ("float" | "double"), int() | float() if not isinstance(value, bool):
            return _float(word, value)
        case "string", str():
            text = str.__str__(value)
            text.encode()
            return text
        case "bytes", bytes():
            return value.decode("latin-1")
        case "fixed", bytes():
            return _fixed(node, value)
    raise _misfit(node, value)


def _float(word: str, value: float) -> float:
    import struct

    number = float(value)
    if number != value and value == value:
        raise ValueError(f"a `{word}` does not hold it exactly")
    if word == "float":
        struct.pack("<f", number)
    return number


def _fixed(node: Primitive | Fixed, data: bytes) -> str:
    size = node.size if isinstance(node, Fixed) else len(data)
    if len(data) != size:
        raise ValueError(f"it has {len(data)} bytes, not {size}")
    return data.decode("latin-1")


def _decimal(node: Primitive | Fixed, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or node.logical is None:
        raise _misfit(node, value)
    number = unscaled_of(node.logical, value)
    if isinstance(node, Fixed):
        return number.to_bytes(node.size, "big", signed=True).decode("latin-1")
    bits = (number if number >= 0 else ~number).bit_length()
    return number.to_bytes(bits // 8 + 1, "big", signed=True).decode("latin-1")


def _uuid(node: Primitive | Fixed, value: Any) -> str:
    if isinstance(node, Fixed):
        return _fixed(node, value.bytes if isinstance(value, UUID) else value)
    if not isinstance(value, UUID | str):
        raise _misfit(node, value)
    return str(value)


def _duration(node: Primitive | Fixed, value: Any) -> str:
    import struct

    if not isinstance(value, Duration):
        raise _misfit(node, value)
    try:
        return struct.pack("<3I", *value).decode("latin-1")
    except struct.error:
        raise ValueError("months, days and milliseconds are whole numbers of 32 bits") from None


def _date(node: Primitive | Fixed, value: Any) -> int:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _misfit(node, value)
    return days_of(value)


def _time(node: Primitive | Fixed, value: Any) -> int:
    if not isinstance(value, time) or node.logical is None:
        raise _misfit(node, value)
    return ticks_of(node.logical, value)


def _stamp(node: Primitive | Fixed, value: Any) -> int:
    if not isinstance(value, datetime) or node.logical is None:
        raise _misfit(node, value)
    return stamp_of(node.logical, value)


_LOGICAL: Final[dict[str, Callable[[Primitive | Fixed, Any], Json]]] = {
    "date": _date,
    "decimal": _decimal,
    "duration": _duration,
    "local-timestamp-micros": _stamp,
    "local-timestamp-millis": _stamp,
    "time-micros": _time,
    "time-millis": _time,
    "timestamp-micros": _stamp,
    "timestamp-millis": _stamp,
    "uuid": _uuid,
}
