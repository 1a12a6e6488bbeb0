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

from flowodm.avro.types import (
    Enum,
    Fixed,
    Primitive,
    Record,
    Ref,
    Type,
    Union,
    type_name,
)

__all__ = ["TREE", "Branch", "Shown", "Symbol", "TreeStyle", "TypedRecord"]


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
    zone = "" if name.startswith("local-") else "Z"

    def show(physical: Any) -> Any:
        value = physical if convert is None else convert(physical)
        return _show(value, digits, zone) if value is not None else None

    if name.endswith("timestamp-nanos"):
        return lambda physical: _show_nanos(physical, zone)
    return show


def _show(value: Any, digits: int, zone: str) -> Any:
    match value:
        case Decimal():
            return Shown(f"Decimal('{value:f}')", f"{value:f}")
        case datetime():
            text = value.replace(tzinfo=None).isoformat(" ", "microseconds")
            text = text[: len(text) - 6 + digits].rstrip(".") + zone
            return Shown(text, text)
        case date():
            return Shown(value.isoformat(), value.isoformat())
        case time():
            text = value.isoformat("microseconds")
            text = text[: len(text) - 6 + digits].rstrip(".")
            return Shown(text, text)
        case UUID():
            return Shown(f"UUID('{value}')", str(value))
        case bool() | int() | float() | str() | bytes():
            return value  # beyond Python's range, or a logical type without a value of its own
    text = str(value)
    return Shown(text, text)


def _show_nanos(nanoseconds: int, zone: str) -> Any:
    seconds, rest = divmod(nanoseconds, _NANOS_PER_SECOND)
    try:
        whole = datetime.fromtimestamp(seconds, tz=UTC).replace(tzinfo=None).isoformat(" ")
    except (OverflowError, ValueError, OSError):
        return nanoseconds
    text = f"{whole}.{rest:09d}{zone}"
    return Shown(text, text)
