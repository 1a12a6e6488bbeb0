"""Reasons and cures in plain words."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from flowodm.avro.compatibility.engine import Cause, Engine
from flowodm.avro.compatibility.incompatibility import Incompatibility
from flowodm.avro.compatibility.places import causes, location
from flowodm.avro.matching import kind_of
from flowodm.avro.names import full_name, namespace_of
from flowodm.avro.type_words import type_words
from flowodm.avro.types import Enum, Fixed, NamedType, Record, Type, Union
from flowodm.avro.words import listed, shown

__all__ = ["Changing", "Words"]

Changing: TypeAlias = Literal["reader", "writer"] | None
"""Which side a cure may change; None: either."""

_LOSSLESS: Final = {"int": ("long", "double"), "float": ("double",), "string": ("bytes",)}
"""The promotions that a cure may name: they keep every value."""
_DEEPEST: Final = 3
"""Branches inside each other whose reasons a message tells."""


class _Words(NamedTuple):
    message: str
    reader: str
    """What the reader has."""
    writer: str
    """What the writer has."""
    reader_cure: str
    """What to change in the reader's schema."""
    writer_cure: str
    """What to change in the writer's schema."""


class Words:
    """Tells causes in plain words.

    Args:
        engine: Who found them.
        exact: Whether the message is Java's own.
        changing: Which side a cure may change.
    """

    def __init__(self, engine: Engine, *, exact: bool, changing: Changing) -> None:
        self._engine = engine
        self._exact = exact
        self._changing = changing
        self._known: dict[int, _Words] = {}

    def told(self, location: str, cause: Cause) -> Incompatibility:
        """Tell a cause at a place."""
        words = self._known.get(id(cause))
        if words is None:
            words = self._known[id(cause)] = self._words(cause)
        return Incompatibility(
            type=cause.type,
            location=location,
            message=cause.java_message if self._exact else words.message,
            cure=self._cure(words),
            reader=words.reader,
            writer=words.writer,
            java_message=cause.java_message,
        )

    def _words(self, cause: Cause, depth: int = 0) -> _Words:
        """Tell a cause; of a branch that is there and does not fit, why."""
        if cause.type != "MISSING_UNION_BRANCH":
            return _words(cause)
        union = cause.reader
        assert isinstance(union, Union)
        for branch in self._engine.like(union, cause.writer) if depth < _DEEPEST else ():
            inner = self._engine.settled(branch, cause.writer)
            if inner is not None and inner.reasons:
                place, first = next(causes(inner, exact=False))
                why = self._words(first, depth + 1)
                return _inner_words(cause.writer, union, branch, location(place), why)
        return _branch_words(union, cause.writer)

    def _cure(self, words: _Words) -> str:
        if self._changing == "reader":
            return words.reader_cure
        if self._changing == "writer":
            return words.writer_cure
        return f"in the reader, {words.reader_cure}; or in the writer, {words.writer_cure}"


def _words(cause: Cause) -> _Words:
    reader, writer = cause.reader, cause.writer
    match cause.type, reader, writer:
        case "NAME_MISMATCH", (Record() | Enum() | Fixed()), (Record() | Enum() | Fixed()):
            return _name_words(reader, writer)
        case "FIXED_SIZE_MISMATCH", Fixed(), Fixed():
            return _size_words(reader, writer)
        case "MISSING_ENUM_SYMBOLS", Enum(), Enum():
            return _symbol_words(reader, writer)
        case "AMBIGUOUS_FIELD", Record(), Record():
            return _ambiguous_words(cause, writer)
        case "READER_FIELD_MISSING_DEFAULT_VALUE", Record(), Record():
            return _field_words(cause, writer)
    return _type_words(reader, writer)


def _name_words(reader: NamedType, writer: NamedType) -> _Words:
    old, new = shown(writer.fullname), shown(reader.fullname)
    return _Words(
        f"{_a(kind_of(writer))} {old} was written, and the reader's is {new}",
        new,
        old,
        _name_cure(reader, writer),
        f"keep the name {new}",
    )


def _name_cure(reader: NamedType, writer: NamedType) -> str:
    """An alias; but Java cannot write one without a namespace for a type that has one."""
    new = shown(reader.fullname)
    namespace = namespace_of(reader.fullname)
    if namespace and not namespace_of(writer.fullname):
        return f"rename {new} to {shown(full_name(writer.fullname, namespace))}"
    return f"give {new} the alias {shown(writer.fullname)}"


def _size_words(reader: Fixed, writer: Fixed) -> _Words:
    name = shown(reader.fullname)
    return _Words(
        f"{writer.size} bytes were written, and the reader's {name} has {reader.size}",
        f"{reader.size} bytes",
        f"{writer.size} bytes",
        f"make {name} {writer.size} bytes, and add a field of a new type for another size",
        f"keep {reader.size} bytes, and add a field of a new type for another size",
    )


def _symbol_words(reader: Enum, writer: Enum) -> _Words:
    known = set(reader.symbols)
    missing = listed([symbol for symbol in writer.symbols if symbol not in known])
    name = shown(reader.fullname)
    return _Words(
        f"the reader's {name} does not know {missing}, and has no `default` symbol",
        f"{name} without {missing}",
        f"{shown(writer.fullname)} with {missing}",
        f"add {missing} to {name}, or give {name} a `default` symbol",
        f"leave {missing} out until every reader knows it or has a `default` symbol",
    )


def _branch_words(reader: Union, writer: Type) -> _Words:
    union, branch = type_words(reader), type_words(writer)
    return _Words(
        f"{branch} was written, and the reader's union {union} has no branch that reads it",
        f"union {union}",
        branch,
        f"add {branch} to the union",
        f"leave {branch} out",
    )


def _inner_words(writer: Type, union: Union, branch: Type, place: str, inner: _Words) -> _Words:
    """Why the branch that is meant does not read the type."""
    inside = f" (at `{place}` in it)" if place != "/" else ""
    return inner._replace(
        message=f"{type_words(writer)} was written, and the reader's {type_words(branch)}, a branch"
        f" of its union, does not read it: {inner.message}{inside}",
        reader=f"union {type_words(union)}",
        writer=type_words(writer),
    )


def _ambiguous_words(cause: Cause, writer: Record) -> _Words:
    assert cause.field is not None
    field = cause.field
    written = {other.name for other in writer.fields}
    claimed = [name for name in dict.fromkeys((field.name, *field.aliases)) if name in written]
    names, name = listed(claimed), shown(field.name)
    if len(claimed) == 1:  # twice the same, as the check counts them
        return _Words(
            f"the reader's field {name} has the name {names} twice, and Java takes it for two",
            f"field {name}, aliases included",
            f"field {names}",
            f"give {name} no alias that is its own name, and none twice",
            f"leave {names} out",
        )
    return _Words(
        f"the reader's field {name} is each of the written fields {names}: which one is not said",
        f"field {name}, aliases included",
        f"fields {names}",
        f"leave {name} at most one name that was written",
        f"keep one of {names}",
    )


def _field_words(cause: Cause, writer: Record) -> _Words:
    assert cause.field is not None
    name = shown(cause.field.name)
    return _Words(
        f"the reader's field {name} was not written, and has no default",
        f"field {name} without a default",
        f"no field {name}",
        f"give {name} a default, or an alias if it was written under another name",
        f"keep {name}",
    )


def _type_words(reader: Type, writer: Type) -> _Words:
    wanted, written = type_words(reader), type_words(writer)
    return _Words(
        f"{written} was written, and the reader wants {wanted}",
        wanted,
        written,
        _reader_type_cure(reader, writer),
        _writer_type_cure(reader),
    )


def _reader_type_cure(reader: Type, writer: Type) -> str:
    wanted, written = type_words(reader), type_words(writer)
    if kind_of(writer) == "null":
        return f"make {wanted} a union with `null`"
    return (
        f"read {written}{_or(_LOSSLESS.get(kind_of(writer), ()))}, or the union of {written} and"
        f" {wanted}"
    )


def _writer_type_cure(reader: Type) -> str:
    narrower = [kind for kind, wider in _LOSSLESS.items() if kind_of(reader) in wider]
    return f"keep {type_words(reader)}{_or(narrower)}"


def _or(kinds: Sequence[str]) -> str:
    return f" (or {listed(kinds)})" if kinds else ""


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
