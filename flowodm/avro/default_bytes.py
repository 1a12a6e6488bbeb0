"""A field's default as the bytes that a writer would have written for it.

So a default is read by the same decoder as everything else: filled from the defaults of its own
fields, with its logical types converted. No value is padded, cut or truncated to make it fit.
"""

import struct
from collections.abc import Iterator
from typing import Final

from flowodm.avro.schema import Schema
from flowodm.avro.types import (
    Array,
    Enum,
    Fixed,
    Json,
    Map,
    NoDefault,
    Primitive,
    Record,
    Type,
    Union,
)
from flowodm.avro.walk import Walk, run

__all__ = ["default_bytes"]

_MOST_VALUES: Final = 100_000
_DEEPEST: Final = 1_000
_BOUNDS: Final = {"int": 2**31, "long": 2**63}


class _TooLarge(Exception):
    """The default grows without end, or nearly so."""


def default_bytes(schema: Schema, node: Type, value: Json) -> bytes | str:
    """Write a default.

    Args:
        schema: The schema that `node` belongs to.
        node: The field's type.
        value: The default, in Avro's JSON encoding of defaults.

    Returns:
        The bytes; or in words why there are none.
    """
    try:
        data = run(_Writer(schema).write(node, value, 0))
    except _TooLarge:
        return "the default is too large or too deep"
    return "the default is no value of the field's type" if data is None else data


class _Writer:
    """Writes values; None where a value is none of its type."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._left = _MOST_VALUES

    def write(self, node: Type, value: Json, depth: int) -> Walk[bytes | None]:
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise _TooLarge
        match self._schema.deref(node), value:
            case Union(branches=branches), _:
                data: bytes | None = yield self._union(branches, value, depth + 1)
                return data
            case Record() as record, dict():
                parts = (
                    (field.type, value.get(field.name, field.default)) for field in record.fields
                )
                written = yield self._each(parts, depth + 1)
                return None if written is None else b"".join(written)
            case Array(items=items), list():
                written = yield self._each(((items, item) for item in value), depth + 1)
                return None if written is None else _block(written)
            case Map(values=values), dict():
                keys = [_text(key) for key in value]
                written = yield self._each(((values, item) for item in value.values()), depth + 1)
                if written is None or None in keys:
                    return None
                return _block([key + item for key, item in zip(keys, written, strict=True) if key])
            case leaf, _:
                return _leaf(leaf, value)

    def _union(self, branches: tuple[Type, ...], value: Json, depth: int) -> Walk[bytes | None]:
        """The first branch that the whole value fits."""
        for index, branch in enumerate(branches):
            written: bytes | None = yield self.write(branch, value, depth)
            if written is not None:
                return _zigzag(index) + written
        return None

    def _each(
        self, parts: Iterator[tuple[Type, Json | NoDefault]], depth: int
    ) -> Walk[list[bytes] | None]:
        done: list[bytes] = []
        for node, value in parts:
            written = None
            if not isinstance(value, NoDefault):
                written = yield self.write(node, value, depth)
            if written is None:
                return None
            done.append(written)
        return done


def _leaf(node: Type, value: Json) -> bytes | None:
    match node, value:
        case Primitive(name="null"), None:
            return b""
        case Primitive(name="boolean"), bool():
            return bytes([value])
        case _, bool():
            return None
        case Primitive(name="int" | "long" as name), int():
            return _zigzag(value) if -_BOUNDS[name] <= value < _BOUNDS[name] else None
        case Primitive(name="float" | "double" as name), int() | float():
            return _float(name, value)
        case Primitive(name="string"), str():
            return _text(value)
        case Primitive(name="bytes"), str():
            data = _latin(value)
            return None if data is None else _zigzag(len(data)) + data
        case Fixed(size=size), str() if len(value) == size:
            return _latin(value)
        case Enum(symbols=symbols), str() if value in symbols:
            return _zigzag(symbols.index(value))
    return None


def _float(name: str, value: float) -> bytes | None:
    try:
        return struct.pack("<f" if name == "float" else "<d", value)
    except OverflowError:
        return None


def _text(text: str) -> bytes | None:
    try:
        data = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return None
    return _zigzag(len(data)) + data


def _latin(text: str) -> bytes | None:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return None


def _block(items: list[bytes]) -> bytes:
    return (_zigzag(len(items)) if items else b"") + b"".join(items) + b"\0"


def _zigzag(number: int) -> bytes:
    number = number << 1 if number >= 0 else (~number << 1) | 1
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    groups.append(number)
    return bytes(groups)
