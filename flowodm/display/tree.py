"""Avro values with their types kept: what `pretty` draws.

`TREE` is a `flowodm.codec.style.Style`: a decoder made with it yields these nodes instead of plain
dictionaries, so that a record, an enum and the branch of a union can be told when they are drawn.
How they look on a line is `layout.py`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from flowodm.avro.schema import Schema
from flowodm.avro.types import (
    Array,
    Enum,
    Fixed,
    Logical,
    Map,
    NamedType,
    Primitive,
    Record,
    Ref,
    Type,
    Union,
    type_name,
)

__all__ = [
    "TREE",
    "Branch",
    "Noted",
    "Shown",
    "Symbol",
    "TreeStyle",
    "TypedRecord",
    "tells_more",
    "worded",
]


class TypedRecord(NamedTuple):
    """A record, by its short name."""

    name: str
    fields: dict[str, Any]


class Symbol(NamedTuple):
    """A symbol of an enum."""

    enum: str
    symbol: str


class Branch(NamedTuple):
    """A value of a union in which its look alone would not tell the branch."""

    branch: str
    value: Any


class Shown(NamedTuple):
    """A value of a logical type, worded: with its type, and bare for a narrow place."""

    text: str
    bare: str


class Noted(NamedTuple):
    """A whole value, and what has to be said of it."""

    value: Any
    note: str


class TreeStyle:
    """The style of values that are drawn as typed trees."""

    name = "tree"

    def convert(self, node: Type) -> Callable[[Any], Any] | None:
        """Return what turns a physical value of `node` into its node of the tree."""
        if getattr(node, "logical", None) is not None:
            return _logical(node)
        match node:
            case Record(fullname=name):
                short = name.rpartition(".")[2]
                return lambda fields: TypedRecord(short, fields)
            case Enum(fullname=name):
                short = name.rpartition(".")[2]
                return lambda symbol: Symbol(short, symbol)
        return None

    def branch(self, union: Union, index: int) -> Callable[[Any], Any] | None:
        """Return what names the branch of a union, where another branch looks the same."""
        looks = [_look(branch) for branch in union.branches]
        if looks.count(looks[index]) == 1:
            return None
        word = getattr(union.branches[index], "fullname", None) or _word(union.branches[index])
        return lambda value: value if value is None else Branch(word, value)


TREE: Final = TreeStyle()


def tells_more(schema: Schema) -> bool:
    """Whether the bytes of a schema's values tell more than an instance of its class could.

    Python has no time in nanoseconds, and an `int` does not say which of `int` and `long` it was.
    """
    todo: list[Type] = [schema.root, *schema.names.values()]
    while todo:
        node = todo.pop()
        match node:
            case Union():
                if any(TREE.branch(node, index) for index in range(len(node.branches))):
                    return True
                todo.extend(node.branches)
            case Array(items=inner) | Map(values=inner):
                todo.append(inner)
            case Record(fields=fields):
                todo.extend(field.type for field in fields if not _is_named(field.type))
            case Primitive(logical=Logical(name=name)) if name.endswith("-nanos"):
                return True
    return False


def _is_named(node: Type) -> bool:
    return isinstance(node, NamedType)


_DIGITS: Final = {"millis": 3, "micros": 6, "nanos": 9}
_NANOS_PER_SECOND: Final = 1_000_000_000


def _look(node: Type) -> str:
    match node:
        case Primitive(logical=None, name="int" | "long"):
            return "whole number"
        case Primitive(logical=None, name="float" | "double"):
            return "number"
        case Primitive(logical=None, name="bytes") | Fixed(logical=None):
            return "bytes"
        case Record() | Enum() | Ref():
            return _word(node)
    logical = getattr(node, "logical", None)
    if logical is None:
        return _word(node)
    return str(logical.name.replace("-micros", "").replace("-millis", "").replace("-nanos", ""))


def _word(node: Type) -> str:
    return type_name(node).rpartition(".")[2]


def _logical(node: Type) -> Callable[[Any], Any] | None:
    from flowodm.codec.style import VALUES

    name = node.logical.name  # type: ignore[union-attr]  # the caller has looked
    convert = VALUES.convert(node)
    digits = _DIGITS.get(name.rpartition("-")[2], 0)
    if name.endswith("timestamp-nanos"):
        zone = "" if name.startswith("local-") else "Z"
        return lambda physical: _show_nanos(physical, zone)

    def show(physical: Any) -> Any:
        return worded(physical if convert is None else convert(physical), digits)

    return show


def worded(value: Any, digits: int | None = None) -> Any:
    """Return a value of a logical type, worded; any other as it is.

    Args:
        value: The value, as Python has it.
        digits: Of the fraction of a second; None: three, or six where it has that many.
    """
    match value:
        case None | bool() | int() | float() | str() | bytes():
            return value  # beyond Python's range, or a logical type without a value of its own
        case Decimal():
            return Shown(f"Decimal('{value:f}')", f"{value:f}")
        case datetime():
            zone = "" if value.tzinfo is None else "Z"
            moment = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
            text = _to_digits(moment.isoformat(" ", "microseconds"), digits) + zone
        case date():
            text = value.isoformat()
        case time():
            text = _to_digits(value.replace(tzinfo=None).isoformat("microseconds"), digits)
        case UUID():
            return Shown(f"UUID('{value}')", str(value))
        case _:
            text = str(value)
    return Shown(text, text)


def _to_digits(text: str, digits: int | None) -> str:
    """Cut a time that ends in microseconds."""
    if digits is None:
        digits = 3 if text.endswith("000") else 6
    return text[: len(text) - 6 + digits].rstrip(".")


def _show_nanos(nanoseconds: int, zone: str) -> Any:
    seconds, rest = divmod(nanoseconds, _NANOS_PER_SECOND)
    try:
        whole = datetime.fromtimestamp(seconds, tz=UTC).replace(tzinfo=None).isoformat(" ")
    except (OverflowError, ValueError, OSError):
        return nanoseconds
    text = f"{whole}.{rest:09d}{zone}"
    return Shown(text, text)
