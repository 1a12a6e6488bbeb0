"""Which branch of a union a JSON value is: what `union.py` settled, read back.

An object with a tag for its only key is a tag where the form would have tagged it, or where the
union could not hold such an object otherwise; one look at what is inside decides, never a second
try. Only where a person left out the tag of one of several look-alikes is each tried in turn.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, get_args

from flowodm.avro.schema import Schema
from flowodm.avro.types import Fixed, Map, Record, Type, Union, type_name
from flowodm.avro.words import shown
from flowodm.codec.branch import Branch
from flowodm.codec.misfit import AMBIGUITY_PRICE, Misfit, Shape, TooDeep
from flowodm.codec.words import found
from flowodm.json_form.union import BranchForm, Kind, kind_of, kinds_of, union_form

__all__ = ["union_reader"]

Reader: TypeAlias = Callable[[Any, int], Any]
_Looks: TypeAlias = Callable[[dict[str, Any]], bool]
"""Whether an object could be a value of a branch."""


def union_reader(schema: Schema, union: Union, readers: list[Reader]) -> Reader:
    """The reader of a union's values, given those of its branches."""
    definitions = tuple(schema.deref(branch) for branch in union.branches)
    tags = [type_name(node) for node in definitions]
    if len(tags) == 2 and "null" in tags:
        other = 1 - tags.index("null")
        return _nullable_reader(tags[other], _looks(schema, definitions[other]), readers[other])
    return _UnionReader(schema, definitions, readers).read


def _nullable_reader(tag: str, looks: _Looks, read_branch: Reader) -> Reader:
    """A union of null and one more, whose values carry no tag and no `Branch`."""

    def read(value: Any, depth: int) -> Any:
        if value is None:
            return None
        if type(value) is dict and len(value) == 1 and tag in value and not looks(value):
            value = value[tag]
        return read_branch(value, depth)

    return read


class _UnionReader:
    """Finds the branch by the tag, else by the kind of value."""

    def __init__(
        self, schema: Schema, definitions: tuple[Type, ...], readers: list[Reader]
    ) -> None:
        form = union_form(definitions)
        self._branches = form.branches
        self._certain = form.certain_tags
        self._readers = readers
        self._looks = [_looks(schema, node) for node in definitions]
        self._index = {branch.tag: index for index, branch in enumerate(form.branches)}
        self._by_kind = {kind: _candidates(form.branches, kind) for kind in get_args(Kind)}

    def read(self, value: Any, depth: int) -> Branch:
        """Find the branch, and read the value as one of it."""
        kind = kind_of(value)
        candidates = self._by_kind[kind] if kind else ()
        if kind == "object":
            candidates = tuple(index for index in candidates if self._looks[index](value))
            tag = next(iter(value)) if len(value) == 1 else None
            if tag in self._certain or (tag in self._index and not candidates):
                return self._as(self._index[tag], value[tag], depth)
            if len(candidates) > 1:
                depth -= AMBIGUITY_PRICE
        return self._first_fit(kind, candidates, value, depth)

    def _first_fit(
        self, kind: Kind | None, candidates: tuple[int, ...], value: Any, depth: int
    ) -> Branch:
        misfits: list[Misfit] = []
        for index in candidates:
            try:
                return self._as(index, value, depth)
            except TooDeep:
                raise
            except Misfit as misfit:
                misfits.append(misfit)
        if len(misfits) == 1:
            raise misfits[0]
        if not misfits and kind and len(self._by_kind[kind]) == 1:
            return self._as(self._by_kind[kind][0], value, depth)  # it says what is wrong
        names = ", ".join(shown(branch.tag) for branch in self._branches)
        raise Misfit(f"expected one of {names}; found {found(value)}")

    def _as(self, index: int, value: Any, depth: int) -> Branch:
        return Branch(self._branches[index].tag, self._readers[index](value, depth))


def _candidates(branches: tuple[BranchForm, ...], kind: Kind) -> tuple[int, ...]:
    """The branches that a value of a kind may be, in the order to try them."""
    primary = [index for index, branch in enumerate(branches) if branch.primary == kind]
    primary.sort(key=lambda index: branches[index].tag == "float")  # a double rounds nothing
    return *primary, *(index for index, branch in enumerate(branches) if branch.rare == kind)


def _looks(schema: Schema, node: Type) -> _Looks:
    """The look of a branch's objects: a record's fields, a map's only value, a duration's parts."""
    match node:
        case Record():
            shape = Shape(node)
            return lambda value: shape.fits(value)
        case Map():
            plausible = _plausible(schema, node.values)
            return lambda value: len(value) != 1 or plausible(next(iter(value.values())))
        case Fixed():
            return lambda value: len(value) == 3
    return lambda value: False


def _plausible(schema: Schema, node: Type) -> Callable[[Any], bool]:
    """Whether a JSON value could be one of a type, looking at its kind and at its keys."""
    node = schema.deref(node)
    branches = [schema.deref(each) for each in node.branches] if isinstance(node, Union) else [node]
    kinds = {kind for branch in branches for kind in kinds_of(branch)}
    tags = {type_name(branch) for branch in branches} if isinstance(node, Union) else set()
    shapes = [Shape(branch) for branch in branches if kinds_of(branch)[0] == "object"]

    def check(value: Any) -> bool:
        if type(value) is not dict:
            return kind_of(value) in kinds
        is_tag = len(value) == 1 and not tags.isdisjoint(value)
        return is_tag or any(shape.fits(value) for shape in shapes)

    return check
