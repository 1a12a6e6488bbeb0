"""Several schemas as one, so that their classes can stand in one module."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from flowodm.avro.schema import Schema
from flowodm.avro.text import definition_text
from flowodm.avro.types import Array, Map, NamedType, Record, Ref, Type, Union, type_name
from flowodm.avro.words import shown
from flowodm.errors import SchemaError

__all__ = ["Combined", "combine"]


class Combined(NamedTuple):
    """What several schemas have together."""

    schema: Schema
    """Every named type; its root is the first one's."""
    roots: tuple[Type, ...]
    """Of each schema that needs a class of its own."""


def combine(schemas: Sequence[Schema]) -> Combined:
    """Put schemas together.

    A type that one of them defines and another leaves to it has one class.

    Raises:
        SchemaError: Two define a type differently, or one class could not say both schemas.
    """
    first, *others = schemas
    if not others:
        return Combined(first, (first.root,))
    external = {name: schema for schema in schemas for name in _used_from_outside(schema)}
    for schema in schemas:
        for name in _defined_inside(schema) & external.keys():
            raise SchemaError(
                f"{shown(schema.name)} defines {shown(name)} itself, and"
                f" {shown(external[name].name)} leaves it to another schema:"
                " one class cannot say both",
                hint="put the two into modules of their own",
            )
    names = _names(schemas)
    own = {type_name(schema.root) for schema in schemas if isinstance(schema.root, Record)}
    roots = [
        schema.root
        for schema in schemas
        if isinstance(schema.root, Record) or type_name(schema.root) not in external
    ]
    outside = frozenset(external)
    unique = {id(root) if type_name(root) not in own else type_name(root): root for root in roots}
    return Combined(Schema(first.root, names, outside), tuple(unique.values()))


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


def _used_from_outside(schema: Schema) -> set[str]:
    """The types of other schemas that a schema uses itself, and not only through one another."""
    uses = {node.fullname for node in _nodes(schema) if isinstance(node, Ref)}
    return uses & schema.external


def _defined_inside(schema: Schema) -> set[str]:
    """The types that a schema defines below its root."""
    own = schema.names.keys() - schema.external
    return own - ({type_name(schema.root)} if not isinstance(schema.root, Ref) else set())


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
