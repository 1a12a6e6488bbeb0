"""Which logical types are valid on which types (Avro 1.12 spec, "Logical Types").

An unknown or invalid one is ignored, as the specification asks; it stays in the props.
"""

import math
from typing import Final

from flowodm.avro.types import Logical, Props

__all__ = ["LOGICAL_TYPES", "logical_type"]

LOGICAL_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "big-decimal": ("bytes",),
    "date": ("int",),
    "decimal": ("bytes", "fixed"),
    "duration": ("fixed",),
    "local-timestamp-micros": ("long",),
    "local-timestamp-millis": ("long",),
    "local-timestamp-nanos": ("long",),
    "time-micros": ("long",),
    "time-millis": ("int",),
    "timestamp-micros": ("long",),
    "timestamp-millis": ("long",),
    "timestamp-nanos": ("long",),
    "uuid": ("string", "fixed"),
}
"""Each logical type with the types that may carry it."""

_SIZES: Final = {"duration": 12, "uuid": 16}
_LARGEST_INT: Final = 2**31 - 1


def logical_type(word: str, props: Props, *, size: int | None = None) -> Logical | None:
    """The logical type that `props` give the type `word`, if they give it a valid one.

    Args:
        word: The type that carries it: `bytes`, `fixed`, `record`, …
        props: The attributes of that type.
        size: In bytes, for `fixed`.
    """
    name = props.get("logicalType")
    if not isinstance(name, str) or word not in LOGICAL_TYPES.get(name, ()):
        return None
    if name == "decimal":
        return _decimal(props, size)
    if size is not None and size != _SIZES[name]:
        return None
    return Logical(name)


def _decimal(props: Props, size: int | None) -> Logical | None:
    precision, scale = props.get("precision"), props.get("scale", 0)
    if not (_is_int(precision) and _is_int(scale)):
        return None
    assert isinstance(precision, int)
    assert isinstance(scale, int)
    if not 0 <= scale <= precision or not 0 < precision <= _most_digits(size):
        return None
    return Logical("decimal", precision, scale)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_INT


def _most_digits(size: int | None) -> int:
    """Decimal digits that always fit in so many bytes of two's complement."""
    return _LARGEST_INT if size is None else math.floor(math.log10(2) * (8 * size - 1))
