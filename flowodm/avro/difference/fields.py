"""Two records: which field became which, what each says of itself, what came and went."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from flowodm.avro.difference.change import ChangeKind
from flowodm.avro.difference.found import Claim, Found, Pair, Side
from flowodm.avro.difference.named import docs, plain, props
from flowodm.avro.difference.place import Place
from flowodm.avro.difference.subjects import path_words
from flowodm.avro.schema import Schema
from flowodm.avro.text import json_text
from flowodm.avro.type_words import short_words
from flowodm.avro.types import Field, NoDefault, Record
from flowodm.avro.words import listed, shown

__all__ = ["Fields"]

_MISSING: Final = "READER_FIELD_MISSING_DEFAULT_VALUE"


class _At(NamedTuple):
    """A field and where it stands."""

    position: int
    field: Field


class Fields:
    """The fields of two records, each given to at most one of the other side.

    Args:
        pair: The two records.
        old: The old one.
        new: The new one.
        schemas: The schemas that they belong to.
    """

    def __init__(self, pair: Pair, old: Record, new: Record, schemas: tuple[Schema, Schema]):
        self._place = pair.place
        self._old, self._new = old, new
        self._schemas = schemas
        self._old_at = {each.name: _At(at, each) for at, each in enumerate(old.fields)}
        self._new_at = {each.name: _At(at, each) for at, each in enumerate(new.fields)}
        self._partners = self._matched()
        """The new field's name → the old one's."""
        taken = set(self._partners.values())
        self._removed = [at for name, at in self._old_at.items() if name not in taken]
        self._lost: dict[str, list[str]] = {}
        """What was removed, by the words of its type."""
        for at in self._removed:
            self._lost.setdefault(short_words(at.field.type), []).append(at.field.name)

    def compare(self) -> Iterator[Found | Pair]:
        """Compare field by field, in the new order; then what is gone, then the order."""
        for name, at in self._new_at.items():
            source = self._partners.get(name)
            if source is None:
                yield self._added(at)
            else:
                yield from self._both(self._old_at[source], at)
        for at in self._removed:
            yield self._gone(at)
        yield from self._order()

    def _matched(self) -> dict[str, str]:
        """By name; then by an alias of the new field; then, where a renaming is undone, the old's."""
        partners = {name: name for name in self._new_at if name in self._old_at}
        taken = set(partners)
        for name, at in self._new_at.items():
            if name not in partners:
                source = next(
                    (a for a in at.field.aliases if a in self._old_at and a not in taken), None
                )
                if source is not None:
                    partners[name] = source
                    taken.add(source)
        for name, at in self._old_at.items():
            if name not in taken:
                target = next(
                    (a for a in at.field.aliases if a in self._new_at and a not in partners), None
                )
                if target is not None:
                    partners[target] = name
        return partners

    def _inside(self, old: _At, new: _At) -> Place:
        return self._place.parts(("fields", old.position), ("fields", new.position), new.field.name)

    def _both(self, old: _At, new: _At) -> Iterator[Found | Pair]:
        place = self._inside(old, new)
        words = path_words(place)
        if old.field.name != new.field.name:
            yield self._renamed(place, old.field, new.field)
        yield from self._aliases(place, old.field, new.field)
        yield from self._defaults(place, old.field, new.field)
        yield from docs(place, old.field.doc, new.field.doc, words)
        if old.field.order != new.field.order:
            what = f"the sort order of {words} was {old.field.order} and is {new.field.order}"
            at = place.inside("order")
            yield Found(ChangeKind.ORDER, at, old.field.order, new.field.order, what)
        yield from props(place, old.field.props, new.field.props, words)
        fields = old.field, new.field
        yield Pair(place.inside("type"), old.field.type, new.field.type, fields)

    def _added(self, at: _At) -> Found:
        place = self._place.parts((), ("fields", at.position), at.field.name)
        sources = self._claims_of_aliases(at.field, self._old_at, is_new=True)
        missing = Claim(self._old, self._new, _MISSING, at.field)
        words, default = self._typed(at.field, is_new=True)
        return Found(
            ChangeKind.FIELD_ADDED,
            place,
            "",
            f"{words}{default or ', no default'}",
            f"{path_words(place)} is new, `{words}` {_with(at.field)}",
            Side((missing, *sources), cure=self._added_cure(at.field, words)),
        )

    def _added_cure(self, field: Field, words: str) -> str:
        name = shown(field.name)
        lost = self._lost.get(words, [])
        if len(lost) == 1:
            other = shown(lost[0])
            return f"give {name} a default; if it is {other} renamed, give it the alias {other}"
        return f"give {name} a default"

    def _gone(self, at: _At) -> Found:
        place = self._place.parts(("fields", at.position), (), at.field.name)
        sources = self._claims_of_aliases(at.field, self._new_at, is_new=False)
        missing = Claim(self._old, self._new, _MISSING, at.field)
        name = shown(at.field.name)
        words, default = self._typed(at.field, is_new=False)
        return Found(
            ChangeKind.FIELD_REMOVED,
            place,
            f"{words}{default or ', no default'}",
            "",
            f"{path_words(place)} is gone{'' if default else ', and had no default'}",
            forward=Side(
                (missing, *sources),
                cure=f"keep {name}; give it a default first, and remove it when every consumer"
                " has that schema",
            ),
        )

    def _typed(self, field: Field, *, is_new: bool) -> tuple[str, str]:
        """The type of a field, named types by their names; and its default."""
        schema = self._schemas[1 if is_new else 0]
        words = short_words(schema.deref(field.type))
        default = _default(field)
        return words, "" if default is None else f", default {shown(default)[1:-1]}"

    def _claims_of_aliases(
        self, field: Field, others: dict[str, _At], *, is_new: bool
    ) -> tuple[Claim, ...]:
        """What stands in for a field that has no partner: those that its aliases name."""
        claims = [Claim(self._old, self._new, "AMBIGUOUS_FIELD", field)]
        old, new = self._schemas
        for alias in field.aliases:
            if alias in others:
                other = others[alias].field
                pair = (other, field) if is_new else (field, other)
                claims.append(Claim(old.deref(pair[0].type), new.deref(pair[1].type)))
        return tuple(claims)

    def _renamed(self, place: Place, old: Field, new: Field) -> Found:
        before, after = shown(old.name), shown(new.name)
        return Found(
            ChangeKind.FIELD_RENAMED,
            place,
            before[1:-1],
            after[1:-1],
            f"{path_words(place)} was {before}",
            Side(
                (
                    Claim(self._old, self._new, _MISSING, new),
                    Claim(self._old, self._new, "AMBIGUOUS_FIELD", new),
                ),
                cure=f"give {after} the alias {before}",
            ),
            Side(
                (Claim(self._old, self._new, _MISSING, old),),
                cure=f"keep {before} beside {after}, fill both, and drop {before} when every consumer"
                " has the new schema",
            ),
        )

    def _aliases(self, place: Place, old: Field, new: Field) -> Iterator[Found]:
        at, words = place.inside("aliases"), path_words(place)
        added = [a for a in new.aliases if a not in old.aliases and a != old.name]
        if added:
            yield Found(
                ChangeKind.FIELD_ALIAS_ADDED,
                at,
                "",
                plain(added),
                f"{words} has the alias {listed(added)}",
                Side(
                    (Claim(self._old, self._new, "AMBIGUOUS_FIELD", new),),
                    cure=f"leave {shown(new.name)} at most one name that was written",
                ),
            )
        removed = [a for a in old.aliases if a not in new.aliases and a != new.name]
        if removed:
            yield Found(
                ChangeKind.FIELD_ALIAS_REMOVED,
                at,
                plain(removed),
                "",
                f"{words} no longer has the alias {listed(removed)}",
                hazard=f"versions that wrote it as {listed(removed)} are not read the same any"
                " more",
                hazard_cure="keep the alias as long as such records are kept",
            )

    def _defaults(self, place: Place, old: Field, new: Field) -> Iterator[Found]:
        before, after = _default(old), _default(new)
        if before == after:
            return
        at, words = place.inside("default"), path_words(place)
        was, now = shown(before), shown(after)
        sides = was[1:-1] if before is not None else "", now[1:-1] if after is not None else ""
        if before is None:
            what = f"{words} has the default {now}"
            yield Found(ChangeKind.FIELD_DEFAULT_ADDED, at, *sides, what)
        elif after is None:
            yield Found(
                ChangeKind.FIELD_DEFAULT_REMOVED,
                at,
                *sides,
                f"{words} no longer has the default {was}",
                hazard=f"versions without {shown(new.name)} cannot be read any more",
                hazard_cure="keep the default",
            )
        else:
            danger = (
                f"records without {shown(new.name)} would be read with" f" {now} instead of {was}"
            )
            what = f"the default of {words} was {was} and is {now}"
            side = Side(danger=danger, cure="keep the default, or add a field for the new meaning")
            yield Found(ChangeKind.FIELD_DEFAULT_CHANGED, at, *sides, what, side)

    def _order(self) -> Iterator[Found]:
        """Compare the order of the fields that both have."""
        indexes = [self._old_at[source].position for source in self._in_new_order()]
        if indexes != sorted(indexes):
            was = [each.name for each in self._old.fields if each.name in self._old_at]
            now = [each.name for each in self._new.fields]
            what = f"the fields of {shown(self._new.fullname)} stand in another order"
            place = self._place.inside("fields")
            sides = plain(was), plain(now)
            yield Found(ChangeKind.FIELD_ORDER, place, *sides, what)

    def _in_new_order(self) -> list[str]:
        return [self._partners[name] for name in self._new_at if name in self._partners]


def _with(field: Field) -> str:
    default = _default(field)
    return "without a default" if default is None else f"with the default {shown(default)}"


def _default(field: Field) -> str | None:
    return None if isinstance(field.default, NoDefault) else json_text(field.default)
