"""What can be known of a resolution before any bytes come: sizes, weights, depth, recursion."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flowodm.avro.resolution import (
    IntoUnion,
    Mismatch,
    Node,
    Read,
    ReadArray,
    ReadMap,
    ReadRecord,
    ReadUnion,
    Resolution,
    Skip,
)
from flowodm.avro.types import Array, Fixed, Map, Primitive, Record, Type, Union

__all__ = ["ENDLESS", "Measures", "children_of", "is_container", "measure", "static_size"]

ENDLESS: Final = 1 << 62
"""The size or weight of what never ends, or is too large to count."""

_PLACES: Final = 16
"""Decimal places that weigh as much as a value: as text they take that much memory."""

_HEAVIEST: Final = 1_000

_FIXED_SIZES: Final = {"null": 0, "boolean": 1, "float": 4, "double": 8}


@dataclass(frozen=True, slots=True)
class Measures:
    """Per node of a resolution, by its place."""

    smallest: tuple[int, ...]
    """The fewest bytes that a value takes."""
    weight: tuple[int, ...]
    """The fewest values that a value is made of, the inside of arrays and maps left aside."""
    height: tuple[int, ...]
    """The containers that may be open inside each other, itself included."""
    users: tuple[int, ...]
    """How many places use the node."""
    recursive: frozenset[int]
    """Nodes that a value may hold again inside themselves: one at least of every cycle."""


def measure(resolution: Resolution) -> Measures:
    """Measure every node, without recursion."""
    nodes = resolution.nodes
    children = [tuple(children_of(node)) for node in nodes]
    users = [0] * len(nodes)
    users[resolution.root] = 1
    for each in children:
        for child in each:
            users[child] += 1
    height, recursive = _heights(nodes, children)
    return Measures(
        smallest=tuple(_least(nodes, _smallest_parts(nodes))),
        weight=tuple(_least(nodes, _weight_parts(nodes))),
        height=tuple(height),
        users=tuple(users),
        recursive=frozenset(recursive),
    )


def children_of(node: Node) -> Iterator[int]:
    """The places of the nodes that a node names."""
    match node:
        case ReadArray(items=child) | ReadMap(values=child) | IntoUnion(node=child):
            yield child
        case ReadUnion(branches=parts) | Skip(parts=parts):
            yield from parts
        case ReadRecord():
            yield from (step.node for step in node.steps)
            yield from (default.node for default in node.defaults)


def is_container(node: Node) -> bool:
    """Whether the node opens a record, an array or a map, to keep or to skip."""
    if isinstance(node, Skip):
        return isinstance(node.writer, Record | Array | Map)
    return isinstance(node, ReadRecord | ReadArray | ReadMap)


def is_union(node: Node) -> bool:
    """Whether the node reads the index of a branch, to keep or to skip."""
    return isinstance(node, ReadUnion) or (
        isinstance(node, Skip) and isinstance(node.writer, Union)
    )


def static_size(writer: Type) -> int | None:
    """The bytes that every value of a type takes; None where they differ."""
    if isinstance(writer, Fixed):
        return writer.size
    return _FIXED_SIZES.get(writer.name) if isinstance(writer, Primitive) else None


_Parts = tuple[int, tuple[int, ...]]
"""A node's own amount, and the nodes whose amounts come to it: all of them, or for a union one."""


def _smallest_parts(nodes: Sequence[Node]) -> list[_Parts]:
    return [_smallest(node) for node in nodes]


def _smallest(node: Node) -> _Parts:
    match node:
        case Read(writer=writer) | Skip(writer=Primitive() | Fixed() as writer):
            size = static_size(writer)
            return (1 if size is None else size), ()
        case ReadRecord(steps=steps):
            return 0, tuple(step.node for step in steps)
        case ReadUnion(branches=parts) | Skip(writer=Union(), parts=parts):
            return 1, parts
        case Skip(writer=Record(), parts=parts):
            return 0, parts
        case IntoUnion(node=child):
            return 0, (child,)
        case Mismatch():
            return 0, ()
    return 1, ()


def _weight_parts(nodes: Sequence[Node]) -> list[_Parts]:
    return [_weight(node) for node in nodes]


def _weight(node: Node) -> _Parts:
    match node:
        case ReadRecord() | Skip(writer=Record()):
            return 2, tuple(children_of(node))
        case ReadUnion(branches=parts) | Skip(writer=Union(), parts=parts):
            return 0, parts
        case IntoUnion(node=child):
            return 0, (child,)
        case Read(reader=reader) if reader.logical is not None:
            return 1 + min((reader.logical.scale or 0) // _PLACES, _HEAVIEST), ()
    return 1, ()


def _least(nodes: Sequence[Node], parts: list[_Parts]) -> list[int]:
    """The least amount of every node: all parts summed, but only the least branch of a union.

    Amounts are settled from the smallest up (Knuth's generalisation of Dijkstra's algorithm);
    what is never settled has no end.
    """
    totals = [own for own, _ in parts]
    waiting = [len(each) for _, each in parts]
    users: list[list[int]] = [[] for _ in nodes]
    for place, (_, each) in enumerate(parts):
        for child in each:
            users[child].append(place)
    least = [ENDLESS] * len(nodes)
    done = [False] * len(nodes)
    heap = [(totals[place], place) for place, count in enumerate(waiting) if not count]
    heapq.heapify(heap)
    while heap:
        amount, place = heapq.heappop(heap)
        if done[place]:
            continue
        done[place], least[place] = True, amount
        for user in users[place]:
            if is_union(nodes[user]):
                heapq.heappush(heap, (totals[user] + amount, user))
                continue
            totals[user] = min(totals[user] + amount, ENDLESS)
            waiting[user] -= 1
            if not waiting[user]:
                heapq.heappush(heap, (totals[user], user))
    return least


def _heights(nodes: Sequence[Node], children: list[tuple[int, ...]]) -> tuple[list[int], set[int]]:
    """Depth first, with a stack of our own; a node met again while it is open closes a cycle."""
    height = [0] * len(nodes)
    state = bytearray(len(nodes))  # 1: open, 2: done
    recursive: set[int] = set()
    for start in range(len(nodes)):
        if state[start]:
            continue
        state[start] = 1
        stack = [(start, iter(children[start]))]
        while stack:
            place, rest = stack[-1]
            child = next(rest, None)
            if child is None:
                stack.pop()
                state[place] = 2
                inner = max((height[each] for each in children[place]), default=0)
                height[place] = inner + is_container(nodes[place])
            elif state[child] == 1:
                recursive.add(child)
            elif not state[child]:
                state[child] = 1
                stack.append((child, iter(children[child])))
    return height, recursive
