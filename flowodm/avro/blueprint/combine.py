"""Several schemas as one, so that their classes can stand in one module."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from flowodm.avro.schema import Schema
from flowodm.avro.text import definition_text
from flowodm.avro.types import (
    Array,
    Enum,
    Fixed,
    Map,
    NamedType,
    Record,
    Ref,
    Type,
    Union,
)
from flowodm.avro.words import shown
from flowodm.errors import SchemaError

__all__ = ["Combined", "combine"]


class Combined(NamedTuple):
    """What several schemas have together."""

    schema: Schema
    """Every named type; its root is the first one's."""
    types: tuple[Type, ...]
    """Every root."""
    roots: tuple[Type, ...]
    """Those that need a class of their own, each once."""
    references: Mapping[str | int, tuple[str, ...]]
    """What each of several schemas leaves to the others, by the full name of its record, or by
    the identity of another root."""


def combine(schemas: Sequence[Schema]) -> Combined:
    """Put schemas together.

    A type that one of them defines and another leaves to it has one class. Beside others, an enum
    or a fixed needs no class around it.

    Raises:
        SchemaError: Two define a type differently.
    """
    first, *others = schemas
    if not others:
        return Combined(first, (first.root,), (first.root,), {})
    names = _names(schemas)
    references: dict[str | int, tuple[str, ...]] = {}
    roots: dict[str | int, Type] = {}
    for schema in schemas:
        if not isinstance(schema.root, Enum | Fixed):
            key = schema.root.fullname if isinstance(schema.root, Record) else id(schema.root)
            roots.setdefault(key, schema.root)
            references.setdefault(key, _used_from_outside(schema))
    types = tuple(schema.root for schema in schemas)
    return Combined(Schema(first.root, names), types, tuple(roots.values()), references)


def _names(schemas: Iterable[Schema]) -> dict[str, NamedType]:
    names: dict[str, NamedType] = {}
    homes: dict[str, Schema] = {}
    for schema in schemas:
        for name, node in schema.names.items():
            other, home = names.setdefault(name, node), homes.setdefault(name, schema)
            if other is node:
                continue
            if definition_text(other, home.names) != definition_text(node, schema.names):
                raise SchemaError(
                    f"{shown(home.name)} and {shown(schema.name)} define {shown(name)} differently",
                    hint="put the two into modules of their own, or make the definitions agree",
                )
    return names


def _used_from_outside(schema: Schema) -> tuple[str, ...]:
    """The types of other schemas that a schema uses itself, and not only through one another."""
    uses = {node.fullname for node in _nodes(schema) if isinstance(node, Ref)}
    return tuple(sorted(uses & schema.external))


def _nodes(schema: Schema) -> Iterator[Type]:
    """Every node of a tree, however deep it is."""
    todo = [schema.root]
    while todo:
        node = todo.pop()
        yield node
        match node:
            case Record(fields=fields):
                todo += (field.type for field in fields)
            case Array(items=part) | Map(values=part):
                todo.append(part)
            case Union(branches=branches):
                todo += branches
