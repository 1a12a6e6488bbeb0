"""Unions: which branch became which, what came and went, in which order they stand."""

from collections.abc import Iterator
from typing import Final, TypeAlias

from flowodm.avro.default_bytes import default_bytes
from flowodm.avro.difference.change import ChangeKind
from flowodm.avro.difference.found import NOTHING, Claim, Found, Pair, Side
from flowodm.avro.difference.leaves import reading_danger
from flowodm.avro.difference.subjects import subject
from flowodm.avro.matching import PROMOTIONS, kind_of, short_name
from flowodm.avro.schema import Schema
from flowodm.avro.text import json_text
from flowodm.avro.type_words import short_words
from flowodm.avro.types import (
    NO_DEFAULT,
    Enum,
    Fixed,
    NamedType,
    NoDefault,
    Primitive,
    Record,
    Type,
    Union,
)
from flowodm.avro.words import shown

__all__ = ["Unions"]

_Key: TypeAlias = tuple[str, ...]


class Unions:
    """Two types, one of them at least a union.

    Args:
        pair: The two.
        schemas: The schemas that they belong to.
    """

    def __init__(self, pair: Pair, schemas: tuple[Schema, Schema]) -> None:
        self._pair = pair
        self._schemas = schemas
        self._old = _branches(schemas[0], pair.old)
        self._new = _branches(schemas[1], pair.new)
        self._partners = _partners(self._old, self._new)
        """The old branch's index → the new one's."""
        self._short_names: dict[tuple[_Key, ...], list[NamedType]] = {}
        for branch in self._new:
            if isinstance(branch, NamedType):
                self._short_names.setdefault(_short(branch), []).append(branch)

    def compare(self) -> Iterator[Found | Pair]:
        """Compare branch by branch; a type that has no partner at all has changed as a whole."""
        taken = set(self._partners.values())
        gone = [at for at in range(len(self._old)) if at not in self._partners]
        come = [at for at in range(len(self._new)) if at not in taken]
        if not self._partners and gone and come and not self._are_unions():
            yield self._changed()
            return
        for there, here in sorted(self._partners.items(), key=lambda item: item[1]):
            yield self._inner(there, here)
        yield from (self._come(at) for at in come)
        yield from (self._gone(at) for at in gone)
        if not gone and not come and not self._are_unions():
            yield self._wrapped()
        yield from self._order()

    def _wrapped(self) -> Found:
        """A type alone, and a union of nothing else: other bytes, the same values."""
        word = "now" if isinstance(self._pair.new, Union) else "no longer"
        before, after = (
            f"union of {short_words(node)}" if isinstance(node, Union) else short_words(node)
            for node in (self._pair.old, self._pair.new)
        )
        what = f"{subject(self._pair)} is {word} a union, of one branch"
        return Found(ChangeKind.TYPE_CHANGED, self._pair.place, before, after, what)

    def _are_unions(self) -> bool:
        return isinstance(self._pair.old, Union) and isinstance(self._pair.new, Union)

    def _changed(self) -> Found:
        before, after = short_words(self._pair.old), short_words(self._pair.new)
        old, new = self._pair.old, self._pair.new
        side = Side((Claim(old, new),), cure=f"keep `{before}`, or add a field of the new type")
        what = f"{subject(self._pair)} was `{before}` and is `{after}`"
        return Found(ChangeKind.TYPE_CHANGED, self._pair.place, before, after, what, side, side)

    def _inner(self, there: int, here: int) -> Pair:
        old, new = self._pair.old, self._pair.new
        steps = (there,) if isinstance(old, Union) else (), (
            (here,) if isinstance(new, Union) else ()
        )
        place = self._pair.place.parts(*steps)
        return Pair(place, self._old_type(there), self._new_type(here), unions=(old, new))

    def _old_type(self, at: int) -> Type:
        """The branch as it stands, a `Ref` too: where it is defined is told by it."""
        return self._pair.old.branches[at] if isinstance(self._pair.old, Union) else self._pair.old

    def _new_type(self, at: int) -> Type:
        return self._pair.new.branches[at] if isinstance(self._pair.new, Union) else self._pair.new

    def _come(self, at: int) -> Found:
        branch = self._new[at]
        words = short_words(branch)
        place = self._pair.place.parts((), (at,) if isinstance(self._pair.new, Union) else ())
        what, kind = f"{subject(self._pair)} takes `{words}` too", ChangeKind.UNION_BRANCH_ADDED
        before, after = "", words
        if words == "null":
            what, kind = f"{subject(self._pair)} can be null", ChangeKind.MADE_NULLABLE
            before, after = short_words(self._pair.old), short_words(self._pair.new)
        cure = f"move consumers to the new schema before `{words}` is written"
        side = Side((Claim(self._pair.old, branch),), _lossy(branch, self._old), cure)
        return Found(kind, place, before, after, what, self._namesake(at), side)

    def _namesake(self, at: int) -> Side:
        """Readers that know branches by short name, as fastavro, take the first that fits."""
        branch = self._new[at]
        for other in self._short_names.get(_short(branch), ()):
            if other is not branch:
                danger = f"some readers know branches by short name: {shown(other.fullname)} too"
                return Side(danger=danger, cure=f"give `{short_words(branch)}` another short name")
        return NOTHING

    def _gone(self, at: int) -> Found:
        branch = self._old[at]
        words = short_words(branch)
        place = self._pair.place.parts((at,) if isinstance(self._pair.old, Union) else (), ())
        what = f"{subject(self._pair)} no longer takes `{words}`"
        kind, before, after = ChangeKind.UNION_BRANCH_REMOVED, words, ""
        cure = f"keep `{words}` in the union, and stop writing it"
        if words == "null":
            what, kind = f"{subject(self._pair)} can no longer be null", ChangeKind.MADE_REQUIRED
            before, after = short_words(self._pair.old), short_words(self._pair.new)
        claims = (Claim(branch, self._pair.new),)
        side = Side(claims, _lossy(branch, self._new), cure)
        return Found(kind, place, before, after, what, side)

    def _order(self) -> Iterator[Found]:
        order = [there for there, _ in sorted(self._partners.items(), key=lambda item: item[1])]
        if order == sorted(order):
            return
        before, after = short_words(self._pair.old), short_words(self._pair.new)
        what = f"the branches of {subject(self._pair)} stand in another order"
        side = Side(danger=self._misfit(), cure="keep the branch of the default first")
        yield Found(ChangeKind.UNION_REORDERED, self._pair.place, before, after, what, side)

    def _misfit(self) -> str:
        """Whether the default no longer fits the first branch, which Avro before 1.12 wants."""
        if self._pair.fields is None:
            return ""
        old, new = self._pair.fields
        if not _fits_first(self._schemas[0], self._old, old.default):
            return ""
        if isinstance(new.default, NoDefault) or _fits_first(
            self._schemas[1], self._new, new.default
        ):
            return ""
        return (
            f"its default {shown(json_text(new.default))} is no `{short_words(self._new[0])}`, the"
            " first branch, and Avro before 1.12 refuses the schema"
        )


def _fits_first(schema: Schema, branches: tuple[Type, ...], default: object) -> bool:
    if default is NO_DEFAULT or not branches:
        return True
    return isinstance(default_bytes(schema, branches[0], default), bytes)  # type: ignore[arg-type]


def _branches(schema: Schema, node: Type) -> tuple[Type, ...]:
    if not isinstance(node, Union):
        return (node,)
    return tuple(schema.deref(branch) for branch in node.branches)


def _lossy(branch: Type, readers: tuple[Type, ...]) -> str:
    """Why a branch that has no partner is read as another one, and not quite the same."""
    if not isinstance(branch, Primitive):
        return ""
    wider = PROMOTIONS.get(branch.name, ())
    kinds = [kind for node in readers if (kind := kind_of(node)) in wider]
    return reading_danger(branch.name, kinds[0]) if kinds else ""


def _partners(old: tuple[Type, ...], new: tuple[Type, ...]) -> dict[int, int]:
    """Give each old branch at most one new one: the same, a renamed, a promoted, a similar one."""
    pairs: dict[int, int] = {}
    left = dict(enumerate(new))
    for keys_of_old, keys_of_new in _ROUNDS:
        index: dict[_Key, int] = {}
        for here, branch in left.items():
            for key in keys_of_new(branch):
                index.setdefault(key, here)
        for there, branch in enumerate(old):
            keys = () if there in pairs else keys_of_old(branch)
            here_at = next((index[key] for key in keys if index.get(key) in left), None)
            if here_at is not None:
                pairs[there] = here_at
                del left[here_at]
    _pair_leftovers(pairs, old, left)
    return pairs


def _same(node: Type) -> tuple[_Key, ...]:
    return ((kind_of(node), node.fullname if isinstance(node, NamedType) else ""),)


def _short(node: Type) -> tuple[_Key, ...]:
    return ((kind_of(node), short_name(node)),) if isinstance(node, NamedType) else ()


def _aliases(node: Type) -> tuple[_Key, ...]:
    if not isinstance(node, NamedType):
        return ()
    return tuple((kind_of(node), alias) for alias in node.aliases)


def _full(node: Type) -> tuple[_Key, ...]:
    return _same(node) if isinstance(node, NamedType) else ()


_ROUNDS: Final = ((_same, _same), (_full, _aliases), (_short, _short), (_aliases, _full))


def _pair_leftovers(pairs: dict[int, int], old: tuple[Type, ...], left: dict[int, Type]) -> None:
    """Pair the only two that are left of a kind, when they are alike enough; then promotions."""
    gone = {at: branch for at, branch in enumerate(old) if at not in pairs}
    for kind in (Record, Enum, Fixed):
        there = [at for at, branch in gone.items() if isinstance(branch, kind)]
        here = [at for at, branch in left.items() if isinstance(branch, kind)]
        if len(there) == len(here) == 1 and _is_similar(gone[there[0]], left[here[0]]):
            pairs[there[0]] = here[0]
            del gone[there[0]], left[here[0]]
    kinds = {kind_of(branch): at for at, branch in left.items() if isinstance(branch, Primitive)}
    for at, branch in gone.items():
        like = next((kind for kind in kinds if _is_promotion(kind_of(branch), kind)), None)
        if like is not None:
            pairs[at] = kinds.pop(like)


def _is_similar(old: Type, new: Type) -> bool:
    match old, new:
        case Record(), Record():
            before, after = ({each.name for each in node.fields} for node in (old, new))
            return 2 * len(before & after) >= max(len(before), len(after), 1)
        case Enum(), Enum():
            before, after = set(old.symbols), set(new.symbols)
            return 2 * len(before & after) >= max(len(before), len(after), 1)
        case Fixed(), Fixed():
            return old.size == new.size
    return False


def _is_promotion(old: str, new: str) -> bool:
    return new in PROMOTIONS.get(old, ()) or old in PROMOTIONS.get(new, ())
