"""What an `AvroType` says: its type as a node, and whether the annotation's values fit there."""

import types
import typing
from enum import Enum as PythonEnum
from typing import Any, Literal, get_args, get_origin

from flowodm.avro.binding import Conversion, EnumBinding
from flowodm.avro.deriving.annotation import Peeled, peel
from flowodm.avro.deriving.place import annotation_text
from flowodm.avro.deriving.scalars import converter, fixed_base, kind_of, primitive, shape_of
from flowodm.avro.deriving.symbols import literal_values, value_conversion
from flowodm.avro.deriving.table import Table
from flowodm.avro.names import PRIMITIVES, find_name
from flowodm.avro.parse import parse
from flowodm.avro.text import definition_text, exact_text
from flowodm.avro.types import Enum, Fixed, Json, Primitive, Ref, Type, Union
from flowodm.avro.words import shown
from flowodm.errors import SchemaError, SchemaParseError

__all__ = ["said_type"]


def said_type(peeled: Peeled, table: Table, document: Json) -> Type:
    """The node of a type that is said, or that a Python type has by itself.

    Args:
        peeled: The annotation.
        table: Gets the definition, and the conversion where one is needed.
        document: The type, as a schema writes it.

    Raises:
        SchemaError: It is no such type, or the annotation's values are none of it.
    """
    if document == []:
        return Union(())
    node = _parsed(peeled, table, document)
    alternatives = _alternatives(peeled)
    conversions = [_conversion(node, each) for each in alternatives]
    conversion = conversions[0] if len(conversions) == 1 else None
    if any(conversions) and conversion is None:
        raise peeled.place.fault(
            f"{annotation_text(peeled.bare)} cannot be one Avro type",
            "write a union of annotations that each have an `AvroType`",
        )
    if isinstance(node, Primitive):
        if conversion is not None:
            table.conversions[node] = conversion
        return node
    python = tuple(_python_type(each.bare) for each in alternatives)
    owner = (f"{shown(definition_text(node, {}))} of {annotation_text(peeled.bare)}", python)
    if not table.take(node.fullname, owner, peeled.place):
        return Ref(node.fullname)
    if conversion is not None:
        table.conversions[node] = conversion
    if isinstance(node, Enum):
        table.enums[node.fullname] = EnumBinding(None, {each: each for each in node.symbols})
    elif fixed_base(peeled.bare) is not None:
        table.fixeds[node.fullname] = peeled.bare
    return table.define(node, is_external=peeled.mark.is_external)


def _parsed(peeled: Peeled, table: Table, document: Json) -> Primitive | Fixed | Enum:
    """The type of a mark; a name that is known stands for its definition."""
    if isinstance(document, str):
        return _named(document, peeled, table)
    word = document.get("type") if isinstance(document, dict) else None
    if not isinstance(document, dict) or word not in (*PRIMITIVES, "fixed", "enum"):
        raise peeled.place.fault(
            "an `AvroType` must be a primitive type, a fixed or an enum",
            "Python's own annotations say what has types inside: `list[T]`, `dict[str, T]`,"
            " a union, a BaseModel",
        )
    return _read(peeled, {**document, **peeled.mark.props})


def _read(peeled: Peeled, document: dict[str, Json]) -> Primitive | Fixed | Enum:
    name = document.get("name")
    if peeled.place.namespace and isinstance(name, str) and "." not in name:
        document.setdefault("namespace", peeled.place.namespace)
    try:
        node = parse(document, strict_namespaces=False).root
    except SchemaParseError as error:
        raise peeled.place.fault(f"its `AvroType`: {error.message}", error.hint) from error
    assert isinstance(node, Primitive | Fixed | Enum)
    return node


def _named(name: str, peeled: Peeled, table: Table) -> Primitive | Fixed | Enum:
    if name in PRIMITIVES:
        return primitive(name, dict(peeled.mark.props))
    fullname = find_name(name, peeled.place.namespace, table.names)
    node = table.names[fullname] if fullname is not None else None
    if not isinstance(node, Fixed | Enum):
        raise peeled.place.fault(
            f"nothing before it defines a fixed or an enum {shown(name)}",
            "give the whole type at its first use, as a dict",
        )
    return node


def _alternatives(peeled: Peeled) -> list[Peeled]:
    """The annotation, or each of its union."""
    if get_origin(peeled.bare) not in (typing.Union, types.UnionType):
        return [peeled]
    return [peel(each, (), peeled.place) for each in get_args(peeled.bare)]


def _python_type(bare: Any) -> Any:
    return str if get_origin(bare) is Literal else bare


def _conversion(node: Primitive | Fixed | Enum, peeled: Peeled) -> Conversion | None:
    """The conversion that the values of an annotation need to stand at a node.

    Raises:
        SchemaError: They cannot stand there.
    """
    bare, shape = peeled.bare, shape_of(node)
    if isinstance(node, Enum):
        if _are_symbols(bare, node, peeled):
            return None
        raise _misfit(node, peeled)
    if isinstance(bare, type) and issubclass(bare, PythonEnum):
        kinds = {"string": str, "int": int, "long": int}
        conversion = value_conversion(bare, kinds[shape]) if shape in kinds else None
        if conversion is None:
            raise _misfit(node, peeled)
        return conversion
    if get_origin(bare) is Literal:
        values, has_none = literal_values(bare, peeled.place)
        bare = type(values[0]) if values and not has_none else None
    base = fixed_base(bare) if isinstance(node, Fixed) else None
    kind = kind_of(base or bare)
    if kind is None or shape not in kind.holds:
        raise _misfit(node, peeled)
    try:
        return converter(kind, node)
    except ValueError:
        raise _misfit(node, peeled) from None


def _are_symbols(bare: Any, node: Enum, peeled: Peeled) -> bool:
    if get_origin(bare) is Literal:
        return set(literal_values(bare, peeled.place)[0]) == set(node.symbols)
    return bare is str


def _misfit(node: Primitive | Fixed | Enum, peeled: Peeled) -> SchemaError:
    text = exact_text(node, {})
    if isinstance(node, Primitive) and node.logical is None:
        text = node.name
    if peeled.bare is type(None):
        return peeled.place.fault(
            f"`None` cannot hold the values of {shown(text)}",
            "mark the other type of the union only: `Annotated[int, AvroType(…)] | None`",
        )
    return peeled.place.fault(
        f"{annotation_text(peeled.bare)} cannot hold the values of {shown(text)}",
        _HINTS.get(shape_of(node).partition(" ")[0]),
    )


_HINTS = {
    "null": "annotate `None`",
    "boolean": "annotate a `bool`",
    "int": "annotate an `int`, or what its logical type stands for",
    "long": "annotate an `int`, or what its logical type stands for",
    "float": "annotate a `float`",
    "double": "annotate a `float`",
    "bytes": "annotate `bytes`, or what its logical type stands for",
    "fixed": "annotate `bytes`, or what its logical type stands for",
    "string": "annotate a `str`, or a type whose values are texts",
    "": "annotate a `str` or a `Literal` of the same symbols",
}
