"""A model's schema against another schema: every difference, where it is, what follows from it.

Pure. What keeps a type, a field, a branch or a symbol from being read or written is an error;
what only looks different, or stops some values only, is a warning. The rules of reading are those
of `avro/matching.py`, by which the decoder reads; the rules of writing are the encoder's.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from flowodm.avro import Schema
from flowodm.avro.matching import PROMOTIONS, is_alike, kind_of, match_fields
from flowodm.avro.type_words import type_words
from flowodm.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    NamedType,
    NoDefault,
    Primitive,
    Record,
    Type,
    Union,
)
from flowodm.avro.words import shown
from flowodm.schema import leaves
from flowodm.schema.difference import (
    Difference,
    field_looks,
    listed,
    look,
    named_looks,
    prop_looks,
)

__all__ = ["differences"]

_NEITHER: Final = "it can be neither read nor written"
_NOT_READ: Final = "it cannot be read"
_NOT_WRITTEN: Final = "it cannot be written"
_NO_FIELD: Final = "no such field"
_TEXTS: Final = frozenset((("enum", "string"), ("string", "enum")))


def differences(model: Schema, schema: Schema) -> tuple[Difference, ...]:
    """Compare a model's schema with the one that its records are written with.

    What is inside a named type is told once, at the first place where it is met.

    Args:
        model: The schema of the model.
        schema: The other one: of a file, or of the registry.
    """
    return tuple(_Comparison(model, schema).run())


_Pair: TypeAlias = tuple[str, Type, Type]


class _Comparison:
    """The pairs of types still to compare."""

    def __init__(self, model: Schema, schema: Schema) -> None:
        self._model = model
        self._schema = schema
        self._todo: list[_Pair | Difference] = [("", model.root, schema.root)]
        self._inside: list[_Pair | Difference] = []
        """The parts of the pair at hand, and what was found between them."""
        self._seen: set[tuple[int, int]] = set()

    def run(self) -> Iterator[Difference]:
        while self._todo:
            item = self._todo.pop()
            if isinstance(item, Difference):
                yield item
                continue
            path, model, schema = item
            model, schema = self._model.deref(model), self._schema.deref(schema)
            if (id(model), id(schema)) in self._seen:
                continue
            self._seen.add((id(model), id(schema)))
            yield from self._pair(path, model, schema)
            self._todo.extend(reversed(self._inside))  # in the order of the schema
            self._inside.clear()

    def _pair(self, path: str, model: Type, schema: Type) -> Iterator[Difference]:
        match model, schema:
            case (Union(), _) | (_, Union()):
                yield from self._unions(path, model, schema)
            case Record(), Record():
                yield from look(path, "name", model.fullname, schema.fullname)
                yield from named_looks(path, model, schema)
                self._fields(path, model, schema)
            case Enum(), Enum():
                yield from _names(path, model, schema)
                yield from _symbols(path, model, schema)
            case (Primitive() | Fixed()), (Primitive() | Fixed()):
                if isinstance(model, Fixed) and isinstance(schema, Fixed):
                    yield from _names(path, model, schema)
                yield from _leaves(path, model, schema)
            case Array(), Array():
                self._inside.append((f"{path}[]", model.items, schema.items))
            case Map(), Map():
                self._inside.append((f"{path}{{}}", model.values, schema.values))
            case _:
                yield _kinds(path, model, schema)
                return
        yield from prop_looks(path, model, schema)

    def _fields(self, path: str, model: Record, schema: Record) -> None:
        dot, put = f"{path}." if path else "", self._inside
        written = {field.name: field for field in schema.fields}
        match = match_fields(schema, model)
        sources = {target: source for source, target in match.written.items()}
        for field in model.fields:
            place, other = f"{dot}{field.name}", written.get(field.name)
            source = sources.get(field.name)
            if other is None:
                put.append(_not_in_schema(place, field, source))
            else:
                put.extend(field_looks(place, field, other))
                put.append((place, field.type, other.type))
            if source not in (None, field.name):
                put.append((place, field.type, written[str(source)].type))
        own = {field.name for field in model.fields}
        for field in schema.fields:
            if field.name not in own:
                put.append(_not_in_model(f"{dot}{field.name}", field))
        if match.ambiguous is not None:
            sides = "a name and an alias for it", "a field of each"
            put.append(Difference(f"{dot}{match.ambiguous}", *sides, _NOT_READ, True))
        put.extend(_field_orders(path, model, schema))

    def _unions(self, path: str, model: Type, schema: Type) -> Iterator[Difference]:
        sides = type_words(model), type_words(schema)
        ours, theirs = _branches(self._model, model), _branches(self._schema, schema)
        pairs = _partners(ours, theirs)
        self._inside += [(path, ours[here], theirs[there]) for here, there in pairs.items()]
        for branch in (branch for here, branch in enumerate(ours) if here not in pairs):
            yield Difference(path, *sides, f"{type_words(branch)} cannot be written", True)
        taken = set(pairs.values())
        for branch in (branch for there, branch in enumerate(theirs) if there not in taken):
            effect, is_error = _unpaired(branch, ours)
            yield Difference(path, *sides, effect, is_error)
        order = list(pairs.values())
        if order != sorted(order):
            yield Difference(path, *sides, "", False)


def _field_orders(path: str, model: Record, schema: Record) -> Iterator[Difference]:
    """Compare the order of the fields that both have."""
    ours, theirs = ({field.name: None for field in node.fields} for node in (model, schema))
    kept = tuple(name for name in ours if name in theirs)
    other = tuple(name for name in theirs if name in ours)
    if kept != other:
        yield from look(path, "fields in the order", listed(kept), listed(other))


def _kinds(path: str, model: Type, schema: Type) -> Difference:
    """Two types that are no pair; of them, only a symbol passes for a text when it is written."""
    effect = _NOT_READ if (kind_of(model), kind_of(schema)) in _TEXTS else _NEITHER
    return Difference(path, type_words(model), type_words(schema), effect, True)


def _not_in_schema(path: str, field: Field, source: str | None) -> Difference:
    effect = _NOT_WRITTEN
    if source is not None:
        effect = f"it is read from {shown(source)}, its alias, and cannot be written"
    elif isinstance(field.default, NoDefault):
        effect = f"{_NEITHER}: it has no default"
    return Difference(path, type_words(field.type), _NO_FIELD, effect, True)


def _not_in_model(path: str, field: Field) -> Difference:
    sides = _NO_FIELD, type_words(field.type)
    if isinstance(field.default, NoDefault):
        return Difference(path, *sides, "no record can be written: it has no default", True)
    return Difference(path, *sides, "its default is written, and it is not read", False)


def _names(path: str, model: NamedType, schema: NamedType) -> Iterator[Difference]:
    """Compare the names of two enums or fixed, which the decoder wants to be alike."""
    short = {node.fullname.rpartition(".")[2] for node in (model, schema)}
    if len(short) == 1 or schema.fullname in model.aliases:
        yield from look(path, "name", model.fullname, schema.fullname)
    else:
        effect = f"{_NOT_READ}: the names differ"
        yield Difference(path, type_words(model), type_words(schema), effect, True)
    yield from named_looks(path, model, schema)


def _symbols(path: str, model: Enum, schema: Enum) -> Iterator[Difference]:
    ours, theirs = set(model.symbols), set(schema.symbols)
    sides = f"symbols {_symbols_of(model)}", f"symbols {_symbols_of(schema)}"
    if extra := listed(tuple(one for one in model.symbols if one not in theirs)):
        yield Difference(path, *sides, f"{shown(extra)} cannot be written", True)
    if unknown := listed(tuple(one for one in schema.symbols if one not in ours)):
        is_error = model.default not in ours
        effect = "cannot be read" if is_error else f"is read as `{model.default}`"
        yield Difference(path, *sides, f"{shown(unknown)} {effect}", is_error)
    if ours == theirs and model.symbols != schema.symbols:
        yield Difference(path, *sides, "", False)


def _symbols_of(node: Enum) -> str:
    return shown(listed(node.symbols) or "")


def _leaves(path: str, model: leaves.Leaf, schema: leaves.Leaf) -> Iterator[Difference]:
    sides = leaves.words(model), leaves.words(schema)
    is_read, is_written = leaves.is_read(model, schema), leaves.is_written(model, schema)
    if not (is_read and is_written):
        effect = _NOT_WRITTEN if is_read else _NOT_READ if is_written else _NEITHER
        yield Difference(path, *sides, effect, True)
    elif sides[0] != sides[1]:
        yield Difference(path, *sides, leaves.limits(model, schema), False)


def _branches(schema: Schema, node: Type) -> tuple[Type, ...]:
    if not isinstance(node, Union):
        return (node,)
    return tuple(schema.deref(branch) for branch in node.branches)


def _partners(ours: tuple[Type, ...], theirs: tuple[Type, ...]) -> dict[int, int]:
    """Give each branch of the model at most one of the schema: the same one, else what is near."""
    pairs: dict[int, int] = {}
    left = dict(enumerate(theirs))
    for is_partner in (_is_same, _is_near, _is_same_kind, _is_other_size):
        for here, branch in enumerate(ours):
            if here not in pairs:
                there = next((at for at, one in left.items() if is_partner(branch, one)), None)
                if there is not None:
                    pairs[here] = there
                    del left[there]
    return dict(sorted(pairs.items()))


def _is_same(model: Type, schema: Type) -> bool:
    names = {getattr(node, "fullname", "") for node in (model, schema)}
    return kind_of(model) == kind_of(schema) and len(names) == 1


def _is_near(model: Type, schema: Type) -> bool:
    if isinstance(model, NamedType) and isinstance(schema, NamedType):
        short = {node.fullname.rpartition(".")[2] for node in (model, schema)}
        is_named = len(short) == 1 or schema.fullname in model.aliases
        return kind_of(model) == kind_of(schema) and is_named
    return False


def _is_same_kind(model: Type, schema: Type) -> bool:
    return kind_of(model) == kind_of(schema)


def _is_other_size(model: Type, schema: Type) -> bool:
    """Whether two differ in their size alone, and are told as one that has changed."""
    return (kind_of(model), kind_of(schema)) in leaves.TAKEN


def _unpaired(branch: Type, ours: tuple[Type, ...]) -> tuple[str, bool]:
    """What becomes of a branch that only the schema has."""
    promoted = PROMOTIONS.get(kind_of(branch), ())
    reader = next((one for one in ours if kind_of(one) in promoted), None)
    if reader is None or not is_alike(branch, reader):
        return f"{type_words(branch)} cannot be read", True
    return f"{type_words(branch)} is read as {type_words(reader)}, and never written", False
