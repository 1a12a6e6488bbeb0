"""Reasons and cures in plain words."""

from typing import Final, Literal, NamedTuple, TypeAlias

from flowodm.avro.compatibility.engine import Cause, Engine
from flowodm.avro.compatibility.incompatibility import Incompatibility
from flowodm.avro.matching import PROMOTIONS, kind_of
from flowodm.avro.names import namespace_of
from flowodm.avro.type_words import type_words
from flowodm.avro.types import Enum, Fixed, NamedType, Primitive, Record, Type, Union
from flowodm.avro.words import shown

__all__ = ["Changing", "Words"]

Changing: TypeAlias = Literal["reader", "writer"] | None
"""Which side a cure may change; None: either."""

_MOST_NAMES: Final = 8


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
            words = self._known[id(cause)] = _words(cause)
        return Incompatibility(
            type=cause.type,
            location=location,
            message=cause.java_message if self._exact else words.message,
            cure=self._cure(words),
            reader=words.reader,
            writer=words.writer,
            java_message=cause.java_message,
        )

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
        case "MISSING_UNION_BRANCH", Union(), _:
            return _branch_words(reader, writer)
        case "AMBIGUOUS_FIELD", Record(), Record():
            return _ambiguous_words(cause, writer)
        case "READER_FIELD_MISSING_DEFAULT_VALUE", Record(), Record():
            return _field_words(cause, writer)
    return _type_words(reader, writer)


def _name_words(reader: NamedType, writer: NamedType) -> _Words:
    old, new = shown(writer.fullname), shown(reader.fullname)
    is_bare = namespace_of(reader.fullname) and not namespace_of(writer.fullname)
    alias = shown(f".{writer.fullname}") if is_bare else old
    return _Words(
        f"{_a(kind_of(writer))} {old} was written, and the reader's is {new}",
        new,
        old,
        f"give {new} the alias {alias}",
        f"keep the name {new}",
    )


def _size_words(reader: Fixed, writer: Fixed) -> _Words:
    name = shown(reader.fullname)
    return _Words(
        f"{writer.size} bytes were written, and the reader's {name} has {reader.size}",
        f"{reader.size} bytes",
        f"{writer.size} bytes",
        f"make {name} {writer.size} bytes long; for another size, add a field of a new type",
        f"keep {reader.size} bytes; for another size, add a field of a new type",
    )


def _symbol_words(reader: Enum, writer: Enum) -> _Words:
    known = set(reader.symbols)
    missing = _listed([symbol for symbol in writer.symbols if symbol not in known])
    name = shown(reader.fullname)
    return _Words(
        f"the reader's {name} does not know {missing}, and has no symbol for what it does not know",
        f"{name} without {missing}",
        f"{shown(writer.fullname)} with {missing}",
        f"add {missing} to {name}, or give {name} a `default` symbol",
        f"leave {missing} out until every reader knows it or has a `default` symbol",
    )


def _branch_words(reader: Union, writer: Type) -> _Words:
    union, branch = type_words(reader), type_words(writer)
    return _Words(
        f"{branch} was written, and no branch of the reader's {union} reads it",
        union,
        branch,
        f"add {branch} to the union",
        f"leave {branch} out",
    )


def _ambiguous_words(cause: Cause, writer: Record) -> _Words:
    assert cause.field is not None
    field = cause.field
    written = {other.name for other in writer.fields}
    names = _listed([name for name in (field.name, *field.aliases) if name in written])
    name = shown(field.name)
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
    wider = PROMOTIONS.get(kind_of(writer), ())
    others = f" (or {_listed(list(wider))})" if wider else ""
    return f"read {written}{others}, or the union of {written} and {wanted}"


def _writer_type_cure(reader: Type) -> str:
    promoted = [kind for kind, wider in PROMOTIONS.items() if kind_of(reader) in wider]
    others = f" (or {_listed(promoted)})" if isinstance(reader, Primitive) and promoted else ""
    return f"keep {type_words(reader)}{others}"


def _listed(names: list[str]) -> str:
    words = [shown(name) for name in names[:_MOST_NAMES]]
    hidden = len(names) - len(words)
    return ", ".join([*words, f"{hidden} more"] if hidden else words)


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
