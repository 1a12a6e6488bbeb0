"""Whether a default fits its type (Avro 1.12 spec, "Complex Types", field default values).

Judged as Java's parser with validation on does: a union's default may fit any branch; a record's
default may leave out fields that have defaults of their own. Every pair of type and value is
judged once, and never by recursion.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from flowodm.avro.types import (
    Array,
    Enum,
    Fixed,
    Json,
    Map,
    NamedType,
    NoDefault,
    Primitive,
    Record,
    Ref,
    Type,
    Union,
)
from flowodm.avro.walk import Walk, run
from flowodm.avro.words import Path, shown

__all__ = ["Defaults"]

_INTEGERS: Final = {"int": 2**31, "long": 2**63}


class Defaults:
    """Judges defaults against the types of one schema."""

    def __init__(self, names: Mapping[str, NamedType]) -> None:
        self._names = names
        self._judged: dict[tuple[int, int], bool] = {}

    def fits(self, node: Type, value: Json) -> bool:
        """Whether `value` is a default of `node`."""
        return run(self._fits(node, value))

    def _fits(self, node: Type, value: Json) -> Walk[bool]:
        if isinstance(node, Ref):
            node = self._names[node.fullname]
        if not isinstance(node, Union | Array | Map | Record):
            return _fault(node, value) is None
        pair = (id(node), id(value))
        if pair not in self._judged:
            self._judged[pair] = False  # met again inside itself, a value would never end
            self._judged[pair] = yield self._container_fits(node, value)
        return self._judged[pair]

    def _container_fits(self, node: Type, value: Json) -> Walk[bool]:
        if isinstance(node, Union):
            for branch in node.branches:
                if (yield self._fits(branch, value)):
                    return True
            return False
        if _fault(node, value) is not None:
            return False
        for inner, part, _ in _parts(node, value):
            if isinstance(part, NoDefault) or not (yield self._fits(inner, part)):
                return False
        return True

    def explain(self, node: Type, value: Json, path: Path) -> tuple[str, Path]:
        """Why `value` is no default of `node`, and where in it."""
        seen: set[tuple[int, int]] = set()
        while True:
            if isinstance(node, Ref):
                node = self._names[node.fullname]
            fault = _fault(node, value)
            if fault is not None or isinstance(node, Union):
                return fault or f"{shown(value)} fits no branch of the union", path
            if (id(node), id(value)) in seen:
                return "the default of a record holds itself, without end", path
            seen.add((id(node), id(value)))
            for inner, part, step in _parts(node, value):
                if isinstance(part, NoDefault):
                    return f"the field {shown(step)} is missing and has no default", path
                if not self.fits(inner, part):
                    node, value = inner, part
                    path = (path, step)
                    break


def _parts(node: Type, value: Json) -> Iterator[tuple[Type, Json | NoDefault, str | int]]:
    """The types and values inside a container's default."""
    if isinstance(node, Array):
        assert isinstance(value, list)
        yield from ((node.items, item, index) for index, item in enumerate(value))
    elif isinstance(node, Map):
        assert isinstance(value, dict)
        yield from ((node.values, item, key) for key, item in value.items())
    elif isinstance(node, Record):
        assert isinstance(value, dict)
        yield from (
            (each.type, value.get(each.name, each.default), each.name) for each in node.fields
        )


def _fault(node: Type, value: Json) -> str | None:
    """Why `value` by itself is no default of `node`, parts left aside; None when it may be."""
    match node:
        case Primitive(name="null"):
            wanted = None if value is None else "null"
        case Primitive(name="boolean"):
            wanted = None if isinstance(value, bool) else "true or false"
        case Primitive(name="int" | "long" as name):
            return _integer_fault(name, value)
        case Primitive(name="float" | "double"):
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            wanted = None if fits else "a number"
        case Primitive() | Enum() | Fixed():
            wanted = None if isinstance(value, str) else "a string"
        case Array():
            wanted = None if isinstance(value, list) else "an array"
        case Map() | Record():
            wanted = None if isinstance(value, dict) else "an object"
        case _:
            wanted = None
    return wanted and f"{shown(value)} is not {wanted}"


def _integer_fault(name: str, value: Json) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"{shown(value)} is not an integer"
    limit = _INTEGERS[name]
    return None if -limit <= value < limit else f"{shown(value)} does not fit in {name}"
