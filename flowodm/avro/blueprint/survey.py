"""What has to be known of a whole schema before one class of it can be planned.

Everything here goes over the tree without Python's stack: how deep a schema is, is its author's
choice. What is too large or too deep for classes ends here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flowodm.avro.schema import Schema
from flowodm.avro.types import (
    Array,
    Enum,
    Fixed,
    Map,
    NamedType,
    Primitive,
    Record,
    Type,
    Union,
)
from flowodm.avro.words import shown
from flowodm.errors import SchemaError

__all__ = ["Survey", "survey"]

_MOST_TYPES: Final = 10_000
_MOST_FIELDS: Final = 100_000
_DEEPEST: Final = 200
_TALLEST: Final = 32
"""Arrays, maps and unions inside one another, in one field."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found."""

    types: tuple[NamedType, ...]
    """The named types that the roots lead to, as they come when the schema is read."""
    order: tuple[NamedType, ...]
    """The same, each after those that it needs, as far as they do not need each other."""
    own: frozenset[str]
    """The fixeds that need a class of their own."""


def survey(schema: Schema, roots: tuple[Type, ...]) -> Survey:
    """Look over a schema.

    Args:
        schema: The named types.
        roots: Where to begin.

    Raises:
        SchemaError: It is too large for Python classes.
    """
    types: dict[str, NamedType] = {}
    order: list[NamedType] = []
    own: set[str] = set()
    fields = 0
    stack: list[Iterator[Type]] = [_parts(schema, roots, own)]
    open_types: list[NamedType | None] = [None]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            done = open_types.pop()
            if done is not None:
                order.append(done)
            continue
        named = schema.deref(node)
        assert isinstance(named, Record | Enum | Fixed)
        if named.fullname in types:
            continue
        types[named.fullname] = named
        if isinstance(named, Record):
            fields += len(named.fields)
            _check_size(len(types), fields, len(stack), schema)
            stack.append(_record_parts(schema, named, own))
            open_types.append(named)
        else:
            order.append(named)
    return Survey(tuple(types.values()), tuple(order), frozenset(own))


def _check_size(types: int, fields: int, depth: int, schema: Schema) -> None:
    what = None
    if types > _MOST_TYPES:
        what = f"more than {_MOST_TYPES:,} named types"
    elif fields > _MOST_FIELDS:
        what = f"more than {_MOST_FIELDS:,} fields"
    elif depth > _DEEPEST:
        what = f"records more than {_DEEPEST} deep inside one another"
    if what is not None:
        raise SchemaError(f"{shown(schema.name)} has {what}: too many for Python classes")


def _record_parts(schema: Schema, record: Record, own: set[str]) -> Iterator[Type]:
    for field in record.fields:
        yield from _parts(schema, (field.type,), own)


def _parts(schema: Schema, roots: tuple[Type, ...], own: set[str]) -> Iterator[Type]:
    """The named types in some types, in order; the fixeds that share a union are added to `own`."""
    stack: list[tuple[Type, int]] = [(root, 0) for root in reversed(roots)]
    while stack:
        node, depth = stack.pop()
        if depth > _TALLEST:
            raise SchemaError(f"{shown(schema.name)} nests types too deeply for Python classes")
        match node:
            case Array(items=inner) | Map(values=inner):
                stack.append((inner, depth + 1))
            case Union(branches=branches):
                own.update(_alike(schema, branches))
                stack.extend((branch, depth + 1) for branch in reversed(branches))
            case Primitive():
                pass
            case _:
                yield node


def _alike(schema: Schema, branches: tuple[Type, ...]) -> set[str]:
    """The fixeds of a union that have the same Python values as another branch of it."""
    by_kind: dict[str, list[Type]] = {}
    for branch in branches:
        node = schema.deref(branch)
        kind = _value_kind(node)
        if kind is not None:
            by_kind.setdefault(kind, []).append(node)
    return {
        node.fullname
        for nodes in by_kind.values()
        if len(nodes) > 1
        for node in nodes
        if isinstance(node, Fixed)
    }


def _value_kind(node: Type) -> str | None:
    if not isinstance(node, Fixed | Primitive):
        return None
    logical = node.logical
    if logical is not None and logical.name in ("decimal", "uuid", "duration"):
        return logical.name
    return "bytes" if isinstance(node, Fixed) or node.name == "bytes" else None
