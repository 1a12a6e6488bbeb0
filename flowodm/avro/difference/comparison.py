"""The walk over two schemas: pairs of types, each compared once, in the order of the new schema."""

from collections.abc import Iterable, Iterator
from typing import Final

from flowodm.avro.difference.fields import Fields
from flowodm.avro.difference.found import Found, Pair
from flowodm.avro.difference.leaves import changed_kind, logical_changes
from flowodm.avro.difference.named import enums, names, sizes, type_looks
from flowodm.avro.difference.place import ROOT, definitions
from flowodm.avro.difference.unions import Unions
from flowodm.avro.matching import kind_of
from flowodm.avro.schema import Schema
from flowodm.avro.types import Array, Enum, Fixed, Map, NamedType, Record, Union
from flowodm.avro.words import shown
from flowodm.errors import SchemaError

__all__ = ["compare"]

_MOST_WORK: Final = 4_000_000
"""Fields, branches and symbols that may be looked at, of all pairs together."""
_MOST_CHANGES: Final = 100_000


def compare(old: Schema, new: Schema) -> Iterator[Found]:
    """Find every change, not judged yet.

    What is inside two named types is told once, at the first place where they meet.

    Raises:
        SchemaError: The two schemas together are too large to compare.
    """
    return _Comparison(old, new).run()


class _Comparison:
    """The pairs of types still to compare."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._schemas = old, new
        self._places = definitions(old), definitions(new)
        self._seen: set[tuple[int, int]] = set()
        self._work = _MOST_WORK
        self._changes = 0

    def run(self) -> Iterator[Found]:
        old, new = self._schemas
        todo: list[Found | Pair] = [Pair(ROOT, old.root, new.root)]
        while todo:
            item = todo.pop()
            if isinstance(item, Found):
                self._changes += 1
                if self._changes > _MOST_CHANGES:
                    raise self._too_large(f"more than {_MOST_CHANGES:,} changes")
                yield item
            elif (pair := self._defined(item)) is not None:
                todo.extend(reversed([*self._pair(pair)]))

    def _defined(self, pair: Pair) -> Pair | None:
        """The pair with its definitions and their places; None when it was compared already."""
        old, new = self._schemas[0].deref(pair.old), self._schemas[1].deref(pair.new)
        if isinstance(old, NamedType) and isinstance(new, NamedType):
            if (id(old), id(new)) in self._seen:
                return None
            self._seen.add((id(old), id(new)))
        place = pair.place._replace(
            old=self._places[0].get(id(old), pair.place.old),
            new=self._places[1].get(id(new), pair.place.new),
        )
        return pair._replace(place=place, old=old, new=new)

    def _pair(self, pair: Pair) -> Iterable[Found | Pair]:
        old, new = pair.old, pair.new
        self._spend(_size(old) + _size(new))
        if isinstance(old, Union) or isinstance(new, Union):
            yield from Unions(pair, self._schemas).compare()
            return
        if kind_of(old) != kind_of(new):
            yield from changed_kind(pair)
            return
        if isinstance(old, NamedType) and isinstance(new, NamedType):
            yield from names(pair, old, new)
        yield from logical_changes(pair)
        yield from type_looks(pair, old, new)
        match old, new:
            case Array(), Array():
                place = pair.place.inside("items", field="[]")
                yield Pair(place, old.items, new.items)
            case Map(), Map():
                place = pair.place.inside("values", field="{}")
                yield Pair(place, old.values, new.values)
            case Enum(), Enum():
                yield from enums(pair, old, new)
            case Fixed(), Fixed():
                yield from sizes(pair, old, new)
            case Record(), Record():
                yield from Fields(pair, old, new, self._schemas).compare()

    def _spend(self, work: int) -> None:
        self._work -= work
        if self._work < 0:
            raise self._too_large("too many types to compare")

    def _too_large(self, what: str) -> SchemaError:
        old, new = (shown(schema.name) for schema in self._schemas)
        return SchemaError(
            f"{old} against {new}: {what}",
            hint="types that meet in ever other combinations cost the most",
        )


def _size(node: object) -> int:
    match node:
        case Record(fields=parts) | Union(branches=parts):
            return 1 + len(parts)
        case Enum(symbols=symbols):
            return 1 + len(symbols)
    return 1
