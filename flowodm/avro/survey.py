"""What a walk over a whole schema tells: who uses a node, what is recursive, how deep it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from flowodm.avro.schema import Schema
from flowodm.avro.types import Array, Map, Record, Type, Union

__all__ = ["Survey", "parts_of", "survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """Per definition, by its id."""

    users: dict[int, int]
    """How many places use the node."""
    recursive: frozenset[int]
    """Nodes that a value may hold again inside themselves: one at least of every cycle."""
    height: int
    """The containers that may be open inside each other, where nothing is recursive."""


def parts_of(schema: Schema, node: Type) -> tuple[Type, ...]:
    """The definitions that a definition is made of."""
    match node:
        case Record(fields=fields):
            return tuple(schema.deref(field.type) for field in fields)
        case Array(items=part) | Map(values=part):
            return (schema.deref(part),)
        case Union(branches=branches):
            return tuple(schema.deref(branch) for branch in branches)
    return ()


def survey(schema: Schema) -> Survey:
    """Look at every node that the root reaches, depth first, without recursion."""
    root = schema.deref(schema.root)
    users = {id(root): 1}
    heights: dict[int, int] = {}
    recursive: set[int] = set()
    parts = parts_of(schema, root)
    stack: list[tuple[Type, tuple[Type, ...], Iterator[Type]]] = [(root, parts, iter(parts))]
    while stack:
        node, parts, rest = stack[-1]
        part = next(rest, None)
        if part is None:
            stack.pop()
            inner = max((heights.get(id(each), 0) for each in parts), default=0)
            heights[id(node)] = inner + isinstance(node, Record | Array | Map)
            continue
        users[id(part)] = users.get(id(part), 0) + 1
        if id(part) in heights:
            continue
        if users[id(part)] > 1:  # it is still open
            recursive.add(id(part))
            continue
        inside = parts_of(schema, part)
        stack.append((part, inside, iter(inside)))
    return Survey(users, frozenset(recursive), heights[id(root)])
