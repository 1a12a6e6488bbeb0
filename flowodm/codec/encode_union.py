"""Which branch of a union a Python value is written as: exactly one, or an error.

A `Branch` says so itself. Otherwise it is the first branch, in the schema's order, that holds the
value exactly; but a branch of the value's own kind comes before one that it could pass for (an
`int` is a `long` before it is a `double`), and a value that is a value of two named types is
refused, since nothing tells which.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from flowodm.avro.types import Enum, Fixed, Map, Primitive, Record, Type, type_name
from flowodm.avro.words import shown
from flowodm.codec.branch import Branch
from flowodm.codec.misfit import AMBIGUITY_PRICE, Misfit, Shape, TooDeep
from flowodm.codec.words import found

__all__ = ["UnionBranch", "UnionPreparer"]

Prepare: TypeAlias = Callable[[Any, int], Any]


class UnionBranch(NamedTuple):
    """One branch: its definition, what fastavro calls it, what prepares its values."""

    node: Type
    word: str
    prepare: Prepare


class UnionPreparer:
    """Prepares the values of a union: (fastavro's word for the branch, the prepared value)."""

    def __init__(self, branches: tuple[UnionBranch, ...]) -> None:
        self._branches = branches
        self._tags = tuple(type_name(branch.node) for branch in branches)
        self._by_tag = dict(zip(self._tags, branches, strict=True))
        self._shapes = tuple(
            Shape(branch.node) if isinstance(branch.node, Record | Map) else None
            for branch in branches
        )
        self._orders: dict[type, tuple[int, ...]] = {}

    def prepare(self, value: Any, depth: int) -> tuple[str, Any]:
        """Find the branch, and prepare the value as one of it."""
        if type(value) is Branch:
            branch = self._by_tag.get(value.name)
            if branch is None:
                raise self._no_branch(value.name)
            return branch.word, branch.prepare(value.value, depth)
        candidates = self._candidates(value)
        if len(candidates) > 1 and isinstance(value, Mapping):
            depth -= AMBIGUITY_PRICE
        index, prepared = self._first_fit(candidates, value, depth)
        if isinstance(self._branches[index].node, _NAMED):
            self._refuse_second(index, candidates, value, depth)
        return self._branches[index].word, prepared

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

    def _first_fit(self, candidates: tuple[int, ...], value: Any, depth: int) -> tuple[int, Any]:
        misfits: list[Misfit] = []
        for index in candidates:
            try:
                return index, self._branches[index].prepare(value, depth)
            except TooDeep:
                raise
            except Misfit as misfit:
                misfits.append(misfit)
        likely = [index for index, tag in enumerate(self._tags) if tag != "null"]
        if len(likely) == 1 and value is not None:
            return likely[0], self._branches[likely[0]].prepare(value, depth)
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
            if type(self._branches[index].node) is not type(self._branches[first].node):
                continue
            try:
                self._branches[index].prepare(value, depth)
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


def _order(kind: type, branches: tuple[UnionBranch, ...]) -> tuple[int, ...]:
    own = _OWN.get(kind, ())

    def rank(index: int) -> int:
        node = branches[index].node
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
