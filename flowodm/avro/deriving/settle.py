"""The defaults of a class's fields, put into the tree once it is whole.

Nobody has seen the tree by then, so its frozen nodes are completed in place: a default may be an
instance of a class that the walk had not finished when it met the field.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, cast

from pydantic.fields import FieldInfo

from flowodm.avro.attributes import default_of
from flowodm.avro.defaults import Defaults
from flowodm.avro.deriving.default_json import DefaultWriter
from flowodm.avro.deriving.place import Place
from flowodm.avro.deriving.table import Table
from flowodm.avro.document import copy_document
from flowodm.avro.schema import Schema
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
    Ref,
    Type,
    Union,
)
from flowodm.avro.walk import Walk, run
from flowodm.avro.words import shown
from flowodm.errors import SchemaParseError

__all__ = ["Defaulted", "settle"]

_EMPTY: Final = (list, dict, set, frozenset, tuple, str, bytes, int, float, bool)
"""Factories whose value is always the same."""
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


def settle(fields: Sequence[Defaulted], schema: Schema, table: Table) -> None:
    """Put each field's default into it, and first the branch of a union that holds it.

    Raises:
        SchemaError: A default is none of the field's type.
    """
    said = [each for each in fields if not isinstance(each.said, NoDefault)]
    for each in said:
        _set(each.field, "default", _said(each))
    values = list(_values(fields))
    unordered = DefaultWriter(schema, table, is_ordered=False)
    moved = [_put_first(each, value, unordered) for each, value in values]
    if any(moved):
        run(_placed(schema.root, schema, set(schema.external)))
    ordered = DefaultWriter(schema, table, is_ordered=True)
    for each, value in values:
        _set(each.field, "default", _written(each, value, ordered)[1])
    judge = Defaults(schema.names)
    for each in said:
        _check_said(each, judge)


def _set(node: Any, name: str, value: Any) -> None:
    object.__setattr__(node, name, value)


def _said(each: Defaulted) -> Json | NoDefault:
    """The default of the mark."""
    try:
        return default_of({"default": copy_document(each.said)}, each.field.type)
    except SchemaParseError as error:
        raise each.place.fault(f"the default in its `AvroField`: {error.message}") from error


def _check_said(each: Defaulted, judge: Defaults) -> None:
    """Refuse a mark's default that is none of the type, once all others are known."""
    value = cast(Json, each.field.default)
    if not judge.fits(each.field.type, value):
        reason, _ = judge.explain(each.field.type, value, None)
        raise each.place.fault(
            f"the default in its `AvroField` does not fit: {reason}",
            "it is written in Avro's JSON: bytes as text of one character a byte, a date in days",
        )


def _values(fields: Iterable[Defaulted]) -> Iterator[tuple[Defaulted, Any]]:
    """The fields whose class gives them a value, with it."""
    for each in fields:
        if isinstance(each.said, NoDefault):
            value = _class_default(each.info)
            if not isinstance(value, NoDefault):
                yield each, value


def _class_default(info: FieldInfo) -> Any:
    """The value that a class gives, if it is always the same; else `NoDefault`."""
    if info.is_required():
        return NoDefault()
    factory = cast("Callable[[], Any] | None", info.default_factory)
    if factory is None:
        return info.default
    return factory() if factory in _EMPTY else NoDefault()


def _put_first(each: Defaulted, value: Any, writer: DefaultWriter) -> bool:
    """Put the branch of a union that holds the default first; whether it was not."""
    union = each.field.type
    if not isinstance(union, Union):
        return False
    index, _ = _written(each, value, writer)
    branches = list(union.branches)
    branches.insert(0, branches.pop(index))
    _set(each.field, "type", Union(tuple(branches)))
    return index > 0


def _written(each: Defaulted, value: Any, writer: DefaultWriter) -> tuple[int, Json]:
    """The branch that holds a default, if the field is a union, and the default there."""
    node = each.field.type
    try:
        if isinstance(node, Union):
            index, written = writer.branch(node, value)
        else:
            index, written = 0, writer.write(node, value)
        if not isinstance(node, Primitive):
            _refuse_infinite(written)
    except (ValueError, TypeError) as error:
        raise each.place.fault(
            f"its default {shown(_text(value))} cannot be one in Avro: {error}", _CURE
        ) from error
    return index, written


def _text(value: Any) -> str:
    try:
        return repr(value)
    except RecursionError:
        return type(value).__name__


def _refuse_infinite(value: Json) -> None:
    """JSON has no infinity; Avro reads one only from the default of a plain float or double."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, float) and not math.isfinite(item):
            raise ValueError(f"JSON has no `{item}`")
        if isinstance(item, list | dict):
            todo += item.values() if isinstance(item, dict) else item


def _placed(node: Type, schema: Schema, seen: set[str]) -> Walk[Type]:
    """What is to stand in place of a node, so that each definition stands at its first use."""
    if isinstance(node, Primitive):
        return node
    if isinstance(node, Ref | Record | Enum | Fixed):
        if node.fullname in seen:
            return node if isinstance(node, Ref) else Ref(node.fullname)
        seen.add(node.fullname)
        node = schema.names[node.fullname]
    match node:
        case Record(fields=fields):
            for field in fields:
                _set(field, "type", (yield _placed(field.type, schema, seen)))
        case Array():
            _set(node, "items", (yield _placed(node.items, schema, seen)))
        case Map():
            _set(node, "values", (yield _placed(node.values, schema, seen)))
        case Union():
            branches = []
            for branch in node.branches:
                branches.append((yield _placed(branch, schema, seen)))
            _set(node, "branches", tuple(branches))
    return node
