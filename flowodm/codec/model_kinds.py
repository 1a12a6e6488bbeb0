"""Which Python types the values of a node have in a model's instances, by its binding.

An exact type often tells the branch of a union by itself: both ways of writing, the generated
and the explaining one, take it from here, so that they never differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from flowodm.avro.binding import Binding
from flowodm.avro.types import Array, Enum, Fixed, Map, Primitive, Record, Type, Union
from flowodm.avro.values import ARRAYS, RawNumber, python_type

__all__ = ["UnionKinds", "kinds_of", "raw_number", "union_kinds"]

_TIMES: Final = frozenset({date, time, datetime})


def kinds_of(binding: Binding, node: Type) -> frozenset[type]:
    """The exact types of a node's values.

    Args:
        binding: The class and its schema.
        node: A definition, and no union.

    Returns:
        The types; empty where a conversion stands between, which only knows itself.
    """
    if node in binding.conversions:
        return frozenset()
    match node:
        case Record(fullname=name):
            return frozenset({binding.records[name].cls})
        case Enum(fullname=name):
            return frozenset({binding.enums[name].cls or str})
        case Array():
            return frozenset(ARRAYS)
        case Map():
            return frozenset({dict})
        case Fixed(fullname=name) if name in binding.fixeds:
            return frozenset({binding.fixeds[name]})
        case Fixed() | Primitive():
            return _scalars(node)
    raise AssertionError(node)


def _scalars(node: Fixed | Primitive) -> frozenset[type]:
    kind = python_type(node)
    if kind not in _TIMES or isinstance(node, Fixed):
        return frozenset({kind})
    return frozenset({kind, RawNumber, raw_number(node)})


def raw_number(node: Primitive) -> type[RawNumber]:
    """The class of the numbers of a time that Python's own cannot hold."""
    return RawInt if node.name == "int" else RawLong


class RawInt(RawNumber):
    """One that was read from an `int`; so that a union of two times keeps its branch."""

    __slots__ = ()


class RawLong(RawNumber):
    """One that was read from a `long`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class UnionKinds:
    """What the type of a value says about the branch of a union."""

    branches: tuple[Type, ...]
    """Definitions."""
    by_type: Mapping[type, tuple[int, ...]]
    """The branches that values of exactly this type may belong to."""
    converted: tuple[int, ...]
    """The branches that have a conversion."""

    @property
    def null(self) -> int | None:
        """The branch that is `null`."""
        return next(iter(self.by_type.get(type(None), ())), None)

    @property
    def only(self) -> int | None:
        """The one branch besides `null`, if there is just one."""
        others = [index for index in range(len(self.branches)) if index != self.null]
        return others[0] if len(others) == 1 else None

    @property
    def told(self) -> dict[int, frozenset[type]]:
        """The branches, besides `null` and `only`, that types tell, each with those types."""
        types: dict[int, frozenset[type]] = {}
        for kind, (index, *others) in self.by_type.items():
            if not others and index not in (self.null, self.only):
                types[index] = types.get(index, frozenset()) | {kind}
        return types

    @property
    def rest(self) -> int | None:
        """The branch that values of any other type can only belong to."""
        if self.only is None and len(self.converted) == 1:
            return self.converted[0]
        return self.only


def union_kinds(binding: Binding, union: Union) -> UnionKinds:
    """Sort the branches of a union by the types of their values."""
    branches = tuple(binding.schema.deref(branch) for branch in union.branches)
    by_type: dict[type, tuple[int, ...]] = {}
    converted: list[int] = []
    for index, branch in enumerate(branches):
        kinds = kinds_of(binding, branch)
        if not kinds:
            converted.append(index)
        for kind in kinds:
            by_type[kind] = (*by_type.get(kind, ()), index)
    return UnionKinds(branches, by_type, tuple(converted))
