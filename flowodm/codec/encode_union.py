"""Which branch of a union a Python value is written as: exactly one, or an error.

A `Branch` says so itself. Otherwise it is the first branch, in the schema's order, that holds the
value exactly; but a branch of the value's own kind comes before one that it could pass for (an
`int` is a `long` before it is a `double`), and a value that is a value of two named types is
refused, since nothing tells which.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from flowodm.avro.types import Enum, Fixed, Map, Primitive, Record, Type, type_name
from flowodm.avro.words import shown
from flowodm.codec.branch import Branch
from flowodm.codec.misfit import AMBIGUITY_PRICE, Misfit, Shape, TooDeep
from flowodm.codec.varint_write import long_bytes
from flowodm.codec.words import found

__all__ = ["UnionWriter"]

Write: TypeAlias = Callable[[Any, int], bytes]
"""Takes a value and how many more containers it may open."""


class UnionWriter:
    """Writes the values of a union: the branch's place, then the value.

    Args:
        branches: Definitions.
        writes: What writes the values of each.
    """

    def __init__(self, branches: tuple[Type, ...], writes: tuple[Write, ...]) -> None:
        self._branches = branches
        self._writes = writes
        self._tags = tuple(type_name(branch) for branch in branches)
        self._by_tag = {tag: index for index, tag in enumerate(self._tags)}
        self._places = tuple(long_bytes(index) for index in range(len(branches)))
        self._shapes = tuple(
            Shape(branch) if isinstance(branch, Record | Map) else None for branch in branches
        )
        self._orders: dict[type, tuple[int, ...]] = {}

    def write(self, value: Any, depth: int) -> bytes:
        """Find the branch, and write the value as one of it."""
        if type(value) is Branch:
            named = self._by_tag.get(value.name)
            if named is None:
                raise self._no_branch(value.name)
            return self._places[named] + self._writes[named](value.value, depth)
        candidates = self._candidates(value)
        if len(candidates) > 1 and isinstance(value, Mapping):
            depth -= AMBIGUITY_PRICE
        index, written = self._first_fit(candidates, value, depth)
        if isinstance(self._branches[index], _NAMED):
            self._refuse_second(index, candidates, value, depth)
        return self._places[index] + written

    def _candidates(self, value: Any) -> tuple[int, ...]:
        """The branches to try, in order."""
        if isinstance(value, Mapping):
            return self._mapping_candidates(value)
        kind = type(value)
        order = self._orders.get(kind)
        if order is None:
            order = self._orders[kind] = _order(kind, self._branches)
        return order

    def _mapping_candidates(self, value: Mapping[Any, Any]) -> tuple[int, ...]:
        """Branches that the keys fit; those that would add defaults to the value come last."""
        keys = value.keys()
        fitting = [
            (shape.lacks(keys), index)
            for index, shape in enumerate(self._shapes)
            if shape is not None and shape.fits(keys)
        ]
        return tuple(index for _, index in sorted(fitting))

    def _first_fit(self, candidates: tuple[int, ...], value: Any, depth: int) -> tuple[int, bytes]:
        misfits: list[Misfit] = []
        for index in candidates:
            try:
                return index, self._writes[index](value, depth)
            except TooDeep:
                raise
            except Misfit as misfit:
                misfits.append(misfit)
        likely = [index for index, tag in enumerate(self._tags) if tag != "null"]
        if len(likely) == 1 and value is not None:
            return likely[0], self._writes[likely[0]](value, depth)
        inside = [misfit for misfit in misfits if misfit.steps]
        if len(inside) == 1:  # one branch is of the value's kind, and the fault is inside it
            raise inside[0]
        names = ", ".join(shown(tag) for tag in self._tags)
        raise Misfit(f"expected one of {names}; found {found(value)}")

    def _refuse_second(
        self, first: int, candidates: tuple[int, ...], value: Any, depth: int
    ) -> None:
        """Refuse a value that another named type of the same sort could take as well."""
        for index in candidates[candidates.index(first) + 1 :]:
            if type(self._branches[index]) is not type(self._branches[first]):
                continue
            try:
                self._writes[index](value, depth)
            except TooDeep:
                raise
            except Misfit:
                continue
            raise Misfit(
                f"the value is one of `{self._tags[first]}` and of `{self._tags[index]}` alike",
                hint=f'say which: Branch("{self._tags[first]}", value)',
            )

    def _no_branch(self, name: str) -> Misfit:
        names = ", ".join(shown(tag) for tag in self._tags)
        return Misfit(f"the union has no branch {shown(name)}", hint=f"its branches are {names}")


_NAMED = Record | Enum | Fixed
_OWN: Final[dict[type, tuple[tuple[str, ...], ...]]] = {
    int: (("int", "long"), ("double",), ("float",)),
    float: (("double",), ("float",)),
    str: (("string", "enum"),),
    bytes: (("bytes", "fixed"),),
}
"""The types that values of a Python type are first of all; logical types come after."""
_AS_WRITTEN: Final = {"big-decimal", "local-timestamp-nanos", "timestamp-nanos"}
"""Logical types whose values in Python are the written ones."""


def _order(kind: type, branches: tuple[Type, ...]) -> tuple[int, ...]:
    own = _OWN.get(kind, ())

    def rank(index: int) -> int:
        node = branches[index]
        logical = getattr(node, "logical", None)
        if logical is None or logical.name in _AS_WRITTEN:
            for place, words in enumerate(own):
                if _type_word(node) in words:
                    return place
        return len(own)

    return tuple(sorted(range(len(branches)), key=rank))


def _type_word(node: Type) -> str:
    match node:
        case Primitive(name=name):
            return name
        case Enum():
            return "enum"
        case Fixed():
            return "fixed"
    return ""
