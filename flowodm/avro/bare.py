"""A schema without its logical types: what its bytes are before anyone gives them a meaning."""

from dataclasses import replace

from flowodm.avro.schema import Schema
from flowodm.avro.types import (
    Array,
    Enum,
    Fixed,
    Map,
    NamedType,
    Primitive,
    Record,
    Ref,
    Type,
    Union,
)
from flowodm.avro.walk import Walk, run

__all__ = ["without_logical_types"]


def without_logical_types(schema: Schema) -> Schema:
    """Return a schema that writes the same bytes, as plain numbers, bytes and texts."""
    names = {name: _definition(node) for name, node in schema.names.items()}
    return Schema(run(_use(schema.root)), names, schema.external)


def _definition(node: NamedType) -> NamedType:
    """A named type without what is inside of it: every other named type stands there as a name."""
    if isinstance(node, Record):
        fields = tuple(replace(field, type=run(_use(field.type))) for field in node.fields)
        return replace(node, fields=fields, logical=None)
    return replace(node, logical=None)


def _use(node: Type) -> Walk[Type]:
    match node:
        case Record() | Enum() | Fixed():
            return Ref(node.fullname)
        case Primitive():
            return replace(node, logical=None)
        case Array():
            return replace(node, items=(yield _use(node.items)), logical=None)
        case Map():
            return replace(node, values=(yield _use(node.values)), logical=None)
        case Union():
            branches = []
            for branch in node.branches:
                branches.append((yield _use(branch)))
            return Union(tuple(branches))
    return node
