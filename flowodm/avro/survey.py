"""What a walk over nodes that lead to each other tells: who uses one, what is recursive, how deep.

The nodes are a schema's definitions, or whatever else was made of them.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flowodm.avro.schema import Schema
from flowodm.avro.types import Array, Map, Record, Type, Union

__all__ = ["Survey", "survey", "survey_schema"]

Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Survey(Generic[Node]):
    """Per node that the root reaches."""

    root: Node
    parts: Mapping[Node, Sequence[Node]]
    """The nodes that a node is made of."""
    users: Mapping[Node, int]
    """How many places use the node."""
    height: Mapping[Node, int]
    """The containers that may be open inside each other, itself included, and nothing recursive."""
    recursive: frozenset[Node]
    """Nodes that a value may hold again inside themselves: one at least of every cycle."""


def survey(
    root: Node, parts_of: Callable[[Node], Sequence[Node]], is_container: Callable[[Node], bool]
) -> Survey[Node]:
    """Look at every node that the root reaches, depth first, without recursion."""
    parts = {root: parts_of(root)}
    users = {root: 1}
    height: dict[Node, int] = {}
    recursive: set[Node] = set()
    stack: list[tuple[Node, Iterator[Node]]] = [(root, iter(parts[root]))]
    while stack:
        node, rest = stack[-1]
        part = next(rest, None)
        if part is None:
            stack.pop()
            inner = max((height.get(each, 0) for each in parts[node]), default=0)
            height[node] = inner + is_container(node)
            continue
        users[part] = users.get(part, 0) + 1
        if users[part] == 1:
            parts[part] = parts_of(part)
            stack.append((part, iter(parts[part])))
        elif part not in height:  # it is still open
            recursive.add(part)
    return Survey(root, parts, users, height, frozenset(recursive))


def survey_schema(schema: Schema) -> Survey[Type]:
    """Look at every definition of a schema."""

    def parts_of(node: Type) -> tuple[Type, ...]:
        match node:
            case Record(fields=fields):
                return tuple(schema.deref(field.type) for field in fields)
            case Array(items=part) | Map(values=part):
                return (schema.deref(part),)
            case Union(branches=branches):
                return tuple(schema.deref(branch) for branch in branches)
        return ()

    root = schema.deref(schema.root)
    return survey(root, parts_of, lambda node: isinstance(node, Record | Array | Map))
