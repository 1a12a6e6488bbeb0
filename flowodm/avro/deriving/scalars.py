"""What each Python type without types inside may be in Avro, and how its values get there.

Enums and `Literal`s are `symbols.py`'s.
"""

import ipaddress
import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID

import pydantic
import pydantic_core

from flowodm.avro.binding import Conversion
from flowodm.avro.deriving.annotation import Peeled, bounds_of, digits_of
from flowodm.avro.deriving.numbers import (
    days_of,
    duration_of,
    micros_of,
    stamp_of,
    ticks_of,
)
from flowodm.avro.logical import logical_type
from flowodm.avro.types import Fixed, Json, Logical, Primitive, PrimitiveName, Type
from flowodm.avro.values import Duration, RawNumber, Refused, conversion

__all__ = ["CLOCKS", "DURATION", "Kind", "converter", "kind_of", "own_type", "shape_of"]

Make: TypeAlias = Callable[[Primitive | Fixed], Conversion | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """The Avro types that hold the values of a Python type."""

    own: Callable[[Peeled], Json]
    """The Avro type that it has by itself."""
    holds: Mapping[str, Make]
    """By shape (`long`, `long timestamp-micros`): what makes the conversion for a node."""


def shape_of(node: Type) -> str:
    """A scalar's word, and its logical type if it has one that Python has values for."""
    if not isinstance(node, Primitive | Fixed):
        return ""
    word = node.name if isinstance(node, Primitive) else "fixed"
    if node.logical is None or node.logical.name == "big-decimal":
        return word
    return f"{word} {node.logical.name}"


def converter(kind: Kind, node: Primitive | Fixed) -> Conversion | None:
    """The conversion that values of a kind need to stand at a node.

    Raises:
        ValueError: They cannot stand there after all.
    """
    return kind.holds[shape_of(node)](node)


def own_type(kind: Kind, peeled: Peeled) -> Primitive | Json:
    """The Avro type that a kind has by itself: a node where it is a primitive, else a document."""
    document = kind.own(peeled)
    if isinstance(document, str):
        return primitive(document, {})
    assert isinstance(document, dict)
    word, *_ = document.values()
    if word == "fixed":
        return document
    assert isinstance(word, str)
    return primitive(word, {key: value for key, value in document.items() if key != "type"})


def primitive(word: str, props: dict[str, Json]) -> Primitive:
    """A primitive with its attributes."""
    name: PrimitiveName = word  # type: ignore[assignment]  # the words are this module's own
    return Primitive(name, logical_type(word, props), props)


def _plain(node: Primitive | Fixed) -> None:
    return None


def _by(to_avro: Callable[[Any], Any], from_avro: Callable[[Any], Any] | None = None) -> Make:
    made = Conversion(to_avro, from_avro)
    return lambda node: made


def _text_of(*types: type) -> Make:
    """A type whose `str` is its text, and which Pydantic makes of that text."""
    known = (*types, str)

    def to_avro(value: Any) -> str:
        if not isinstance(value, known):
            raise TypeError(f"expected {_listed(types)}, not a `{type(value).__name__}`")
        return str(value)

    return _by(to_avro)


def _listed(types: tuple[type, ...]) -> str:
    return " or ".join(f"`{each.__name__}`" for each in types)


def _secret(kind: type) -> Make:
    def to_avro(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(f"expected a `{kind.__name__}`, not a `{type(value).__name__}`")
        return value.get_secret_value()  # type: ignore[attr-defined]  # both secrets have it

    return _by(to_avro)


def _text(value: Any) -> str:
    """The text of a UUID, where the annotation is `str`."""
    if not isinstance(value, str):
        raise TypeError(f"expected a `str`, not a `{type(value).__name__}`")
    return value


def _raw_number(node: Primitive | Fixed) -> Conversion:
    """An annotation `int` on a date, a time or a timestamp: the number as it is written."""
    make = conversion(node, raw=RawNumber)
    assert make is not None
    assert node.logical is not None
    logical = node.logical

    def to_avro(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"expected a whole number, not a `{type(value).__name__}`")
        return make(value)

    return Conversion(to_avro, lambda value: _number_of(logical, value))


def _number_of(logical: Logical, value: Any) -> int:
    match value:
        case datetime():
            return stamp_of(logical, value)
        case date():
            return days_of(value)
        case time():
            return ticks_of(logical, value)
    return int(value)


def _whole_decimal(node: Primitive | Fixed) -> Conversion:
    """An annotation `int` on a decimal: only where it has no digits after the point."""
    if node.logical is not None and node.logical.scale:
        raise ValueError("it has digits after the point")
    return Conversion(_decimal_of_int, int)


def _decimal_of_int(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected a whole number, not a `{type(value).__name__}`")
    return Decimal(value)


def _nanos(node: Primitive | Fixed) -> Conversion:
    """An annotation `datetime` on nanoseconds, which Python's own only has by the thousand."""
    assert node.logical is not None
    logical = node.logical
    is_local = logical.name.startswith("local-")
    epoch = datetime(1970, 1, 1, tzinfo=None if is_local else UTC)

    def to_avro(value: Any) -> int:
        if not isinstance(value, datetime):
            raise TypeError(f"expected a `datetime`, not a `{type(value).__name__}`")
        return stamp_of(logical, value)

    def from_avro(number: int) -> datetime:
        micros, rest = divmod(number, 1_000)
        if rest:
            raise Refused(f"{number} nanoseconds, which a datetime cannot hold")
        return epoch + timedelta(0, 0, micros)

    return Conversion(to_avro, from_avro)


def _span_of(value: Any) -> timedelta:
    if not isinstance(value, timedelta):
        raise TypeError(f"expected a `timedelta`, not a `{type(value).__name__}`")
    return value


def _timedelta_of(value: Duration) -> timedelta:
    if value.months:
        raise Refused(f"{value.months} months, which are no fixed span of time")
    try:
        return timedelta(value.days, 0, 0, value.milliseconds)
    except OverflowError:
        raise Refused(f"{value.days} days, which a timedelta cannot hold") from None


_DURATION_OF_SPAN: Final = _by(lambda value: duration_of(_span_of(value)), _timedelta_of)
_MICROS_OF_SPAN: Final = _by(
    lambda value: micros_of(_span_of(value)), lambda number: timedelta(0, 0, number)
)
"""A timedelta holds every 64-bit number of microseconds."""
_STAMPS: Final = tuple(
    f"long {zone}timestamp-{unit}" for zone in ("", "local-") for unit in ("millis", "micros")
)
_NANOS: Final = ("long timestamp-nanos", "long local-timestamp-nanos")
CLOCKS: Final = ("int date", "int time-millis", "long time-micros", *_STAMPS)
"""The shapes of dates, times and timestamps that Python has values for, up to its own bounds."""

DURATION: Final[Json] = {
    "type": "fixed",
    "name": "Duration",
    "size": 12,
    "logicalType": "duration",
}
"""The fixed of a `timedelta` and of a `Duration`."""


def _int(peeled: Peeled) -> Json:
    least, greatest = bounds_of(peeled.metadata)
    if least >= -(2**31) and greatest < 2**31:
        return "int"
    is_least_far = least < -(2**63) and least != float("-inf")
    is_greatest_far = greatest >= 2**63 and greatest != float("inf")
    if is_least_far or is_greatest_far or least >= 2**63 or greatest < -(2**63):
        raise peeled.place.fault(
            "its bounds let numbers pass that 64 bits do not hold",
            'tighten them, or write a decimal: `Annotated[int, AvroType({"type": "bytes",'
            ' "logicalType": "decimal", "precision": 20})]`',
        )
    return "long"


def _decimal(peeled: Peeled) -> Json:
    digits, places = digits_of(peeled.metadata)
    if digits is None:
        raise peeled.place.fault(
            "a `Decimal` needs a number of digits",
            "`Field(max_digits=12, decimal_places=2)`, the second 0 when left out",
        )
    if not 0 < digits >= (places or 0):
        raise peeled.place.fault(
            f"a decimal of {digits} digits cannot have {places} after the point",
            "`max_digits` counts all digits, those after the point too",
        )
    return {"type": "bytes", "logicalType": "decimal", "precision": digits, "scale": places or 0}


def _always(document: Json) -> Callable[[Peeled], Json]:
    return lambda peeled: document


def _logical(word: str, name: str) -> Callable[[Peeled], Json]:
    return _always({"type": word, "logicalType": name})


_STRING: Final = _always("string")
_INT_HOLDS: Final[dict[str, Make]] = {
    "int": _plain,
    "long": _plain,
    **dict.fromkeys(_NANOS, _plain),
    **dict.fromkeys(CLOCKS, _raw_number),
}
_DATETIME_HOLDS: Final[dict[str, Make]] = {
    **dict.fromkeys(_STAMPS, _plain),
    **dict.fromkeys(_NANOS, _nanos),
}
_DATE: Final = Kind(_logical("int", "date"), {"int date": _plain})
_STAMP: Final = Kind(_logical("long", "timestamp-micros"), _DATETIME_HOLDS)
_LOCAL: Final = Kind(_logical("long", "local-timestamp-micros"), _DATETIME_HOLDS)
_IP: Final = (
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Interface,
    ipaddress.IPv6Interface,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
)

_KINDS: Final[dict[Any, Kind]] = {
    type(None): Kind(_always("null"), {"null": _plain}),
    bool: Kind(_always("boolean"), {"boolean": _plain}),
    int: Kind(
        _int,
        {**_INT_HOLDS, "bytes decimal": _whole_decimal, "fixed decimal": _whole_decimal},
    ),
    float: Kind(_always("double"), {"float": _plain, "double": _plain}),
    str: Kind(_STRING, {"string": _plain, "string uuid": _by(_text, str)}),
    bytes: Kind(_always("bytes"), {"bytes": _plain, "fixed": _plain}),
    Decimal: Kind(
        _decimal,
        {"bytes decimal": _plain, "fixed decimal": _plain, "string": _text_of(Decimal)},
    ),
    UUID: Kind(
        _logical("string", "uuid"),
        {"string uuid": _plain, "fixed uuid": _plain, "string": _text_of(UUID)},
    ),
    time: Kind(
        _logical("long", "time-micros"),
        {"int time-millis": _plain, "long time-micros": _plain},
    ),
    timedelta: Kind(
        _always(DURATION),
        {"fixed duration": _DURATION_OF_SPAN, "long": _MICROS_OF_SPAN},
    ),
    Duration: Kind(_always(DURATION), {"fixed duration": _plain}),
    RawNumber: Kind(_always(None), dict.fromkeys(CLOCKS, _plain)),
    **dict.fromkeys((date, pydantic.PastDate, pydantic.FutureDate), _DATE),
    **dict.fromkeys(
        (datetime, pydantic.AwareDatetime, pydantic.PastDatetime, pydantic.FutureDatetime), _STAMP
    ),
    pydantic.NaiveDatetime: _LOCAL,
    pydantic.ByteSize: Kind(_always("long"), {"int": _by(int), "long": _by(int)}),
    pydantic.SecretStr: Kind(_STRING, {"string": _secret(pydantic.SecretStr)}),
    pydantic.SecretBytes: Kind(_always("bytes"), {"bytes": _secret(pydantic.SecretBytes)}),
    pydantic.EmailStr: Kind(_STRING, {"string": _plain}),
}
"""By class; a class that is none of these may still be one of `_FAMILIES`."""

_FAMILIES: Final[tuple[tuple[Any, tuple[type, ...]], ...]] = (
    (pathlib.PurePath, (pathlib.PurePath,)),
    *((each, (each,)) for each in _IP),
    (pydantic.IPvAnyAddress, _IP),
    (pydantic.IPvAnyInterface, _IP),
    (pydantic.IPvAnyNetwork, _IP),
    (pydantic.AnyUrl, (pydantic.AnyUrl,)),
    (pydantic.PostgresDsn.__mro__[1], (pydantic.PostgresDsn.__mro__[1],)),
    (pydantic_core.Url, (pydantic_core.Url,)),
    (pydantic_core.MultiHostUrl, (pydantic_core.MultiHostUrl,)),
    (pydantic.NameEmail, (pydantic.NameEmail,)),
)
"""Classes whose subclasses all are texts, and the types of their values."""

_FIXED: Final = (bytes, Decimal, UUID, Duration)
"""What the class of a fixed may be a subclass of."""


def kind_of(bare: Any) -> Kind | None:
    """The kind of a Python type, if it is one that Avro has a scalar for."""
    if bare is None:
        bare = type(None)
    try:
        known = _KINDS.get(bare)
    except TypeError:  # an annotation that cannot be hashed
        return None
    if known is not None or not isinstance(bare, type):
        return known
    for family, types in _FAMILIES:
        if issubclass(bare, family):
            return Kind(_STRING, {"string": _text_of(*types)})
    return None


def fixed_base(bare: Any) -> type | None:
    """What the class of a fixed's values is a subclass of; None for any other class."""
    if not isinstance(bare, type) or bare in _FIXED:
        return None
    return next((base for base in _FIXED if issubclass(bare, base)), None)
