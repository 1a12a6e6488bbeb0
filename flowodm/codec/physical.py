"""Python values of Avro's scalars as what stands in the bytes, exactly or not at all. Pure.

Nothing is rounded, cut, wrapped or padded: a value that its type cannot hold is a `Misfit`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from struct import Struct
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

from flowodm.avro.types import Enum, Fixed, Logical, Primitive
from flowodm.avro.words import shown, similar
from flowodm.codec.limits import Limits
from flowodm.codec.misfit import Misfit
from flowodm.codec.style import Duration
from flowodm.codec.words import found

__all__ = [
    "Physical",
    "bounded_integer",
    "enum_symbol",
    "exact_float",
    "fixed_bytes",
    "fixed_writer",
    "primitive_writer",
    "unscaled_decimal",
    "utf8_text",
]

_Written = TypeVar("_Written")
Physical: TypeAlias = Callable[[Any], _Written]
"""Takes a Python value; returns the value of the bare type."""

_FLOAT: Final = Struct("<f")
_DURATION: Final = Struct("<III")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH: Final = datetime(1970, 1, 1)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_TICKS: Final = {"millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}
_MOST_LISTED: Final = 12
_MOST_DIGITS: Final = Limits().decimal_digits
"""What can be read again, whatever precision a schema allows."""


def bounded_integer(name: str) -> Physical[int]:
    """A check that a value is an integer of `int` or `long`."""
    bound = 2**31 if name == "int" else 2**63

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Misfit(f"expected a whole number; found {found(value)}")
        if not -bound <= value < bound:
            raise Misfit(
                f"{shown(value)} does not fit in `{name}` ({bound.bit_length()} bits)",
                hint=f"{'`long`, ' if name == 'int' else ''}a decimal or a string holds more",
            )
        return value

    return check


def exact_float(name: str) -> Physical[float]:
    """A check that a value is a number of `float` or `double`; a fraction may be rounded."""

    def check(value: Any) -> float:
        number = value if isinstance(value, float) else _float_of(name, value)
        if name == "float":
            _check_float_range(number)
        return number

    return check


def _float_of(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Misfit(f"expected a number; found {found(value)}")
    try:
        number = float(value)
        exact = _FLOAT.unpack(_FLOAT.pack(number))[0] if name == "float" else number
    except OverflowError:
        raise Misfit(f"{shown(value)} is too large for a `{name}`") from None
    if int(exact) != value:
        raise Misfit(f"a `{name}` cannot hold {shown(value)} exactly")
    return number


def _check_float_range(value: float) -> None:
    try:
        _FLOAT.pack(value)
    except OverflowError:
        raise Misfit(f"{shown(value)} is too large for a `float`") from None


def utf8_text(value: Any) -> str:
    """A check that a value is text that UTF-8 can write."""
    if not isinstance(value, str):
        raise Misfit(f"expected text; found {found(value)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Misfit("the text holds half of a surrogate pair") from None
    return value


def bytes_value(value: Any) -> bytes:
    """A check that a value is bytes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    raise Misfit(f"expected bytes; found {found(value)}")


def fixed_bytes(size: int) -> Physical[bytes]:
    """A check that a value is so many bytes."""

    def check(value: Any) -> bytes:
        data = bytes_value(value)
        if len(data) != size:
            raise Misfit(f"expected {size} bytes; found {len(data)}")
        return data

    return check


def enum_symbol(node: Enum) -> Physical[str]:
    """A check that a value is a symbol."""
    symbols = frozenset(node.symbols)

    def check(value: Any) -> str:
        if isinstance(value, str) and value in symbols:
            return value
        near = similar(value, node.symbols) if isinstance(value, str) else None
        raise Misfit(
            f"expected a symbol of the enum `{node.fullname}`; found {found(value)}",
            hint=f"did you mean `{near}`?" if near else f"one of {_listed(node.symbols)}",
        )

    return check


def _listed(symbols: tuple[str, ...]) -> str:
    more = len(symbols) - _MOST_LISTED
    listed = ", ".join(f"`{symbol}`" for symbol in symbols[:_MOST_LISTED])
    return f"{listed} and {more} more" if more > 0 else listed


def decimal_writer(logical: Logical, size: int | None) -> Physical[bytes]:
    """A writer of a decimal, exactly at the schema's scale and within its precision.

    Args:
        logical: The precision and the scale.
        size: Of the fixed that carries it; None for bytes.
    """
    unscale = unscaled_decimal(logical)

    def write(value: Any) -> bytes:
        if isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if not isinstance(value, Decimal):
            raise Misfit(f"expected a decimal; found {found(value)}")
        number = unscale(value)
        if size is not None:  # the precision that a fixed may have always fits its size
            return number.to_bytes(size, "big", signed=True)
        return _minimal_bytes(number)

    return write


def unscaled_decimal(logical: Logical) -> Callable[[Decimal], int]:
    """A check that a decimal fits; it returns its digits at the schema's scale, as one integer."""
    precision, scale = min(logical.precision or 0, _MOST_DIGITS), logical.scale or 0

    def unscale(value: Decimal) -> int:
        sign, digits, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            raise Misfit(f"expected a decimal; found `{value}`")
        if not value:
            return 0
        if value.adjusted() + 1 + scale > precision:
            raise Misfit(
                f"{_short(value)} has more digits than precision {precision} at scale {scale} holds",
                hint="give the schema a larger precision, which is a model's `max_digits`",
            )
        places = exponent + scale
        if places < 0:
            if any(digits[places:]):
                raise Misfit(f"{_short(value)} has more than {scale} digits after the point")
            digits = digits[:places]
        return int(Decimal((sign, digits, max(places, 0))))

    return unscale


def _short(value: Decimal) -> str:
    return shown(str(value))


def _minimal_bytes(value: int) -> bytes:
    """An integer as the fewest bytes of two's complement, as Java writes it."""
    bits = (value if value >= 0 else ~value).bit_length()
    return value.to_bytes(bits // 8 + 1, "big", signed=True)


def _date(value: Any) -> int:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.toordinal() - _EPOCH_DAY
    return _raw_or_misfit(value, "a date", _INT)


def _time(per_second: int, check: Physical[int]) -> Physical[int]:
    def write(value: Any) -> int:
        if not isinstance(value, time):
            return _raw_or_misfit(value, "a time of day", check)
        if value.tzinfo is not None:
            raise Misfit("expected a time of day without a zone; found one with a zone")
        seconds = value.hour * 3_600 + value.minute * 60 + value.second
        return seconds * per_second + _fraction(value.microsecond, per_second)

    return write


def _timestamp(per_second: int, *, local: bool) -> Physical[int]:
    expected = "a datetime without a zone" if local else "an aware datetime"
    epoch = _LOCAL_EPOCH if local else _EPOCH

    def write(value: Any) -> int:
        if not isinstance(value, datetime):
            return _raw_or_misfit(value, expected, _LONG)
        if (value.utcoffset() is None) is not local:
            raise Misfit(
                f"expected {expected}; found one {'with' if local else 'without'} a zone",
                hint=None if local else "datetime.now(UTC), or value.replace(tzinfo=UTC)",
            )
        delta = value - epoch
        seconds = delta.days * 86_400 + delta.seconds
        return _LONG(seconds * per_second + _fraction(delta.microseconds, per_second))

    return write


def _fraction(micros: int, per_second: int) -> int:
    if per_second >= 1_000_000:
        return micros * (per_second // 1_000_000)
    ticks, rest = divmod(micros, 1_000_000 // per_second)
    if rest:
        raise Misfit(
            f"{micros} microseconds are finer than the schema's milliseconds",
            hint="round the value first, as in value.replace(microsecond=0)",
        )
    return ticks


def _raw_or_misfit(value: Any, expected: str, check: Physical[int]) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return check(value)
    raise Misfit(f"expected {expected}; found {found(value)}")


def _uuid_text(value: Any) -> str:
    return str(value) if isinstance(value, UUID) else utf8_text(value)


def _uuid_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return fixed_bytes(16)(value)
    if isinstance(value, UUID):
        return value.bytes
    raise Misfit(f"expected a UUID; found {found(value)}")


def _duration(value: Any) -> bytes:
    if isinstance(value, bytes):
        return fixed_bytes(12)(value)
    if not isinstance(value, Duration):
        raise Misfit(f"expected a Duration; found {found(value)}")
    for part, count in zip(value._fields, value, strict=True):
        if type(count) is not int or not 0 <= count < 2**32:
            wrong = Misfit(f"expected a whole number from 0 to 4294967295; found {found(count)}")
            wrong.inside_field(part)
            raise wrong
    return _DURATION.pack(*value)


def _null(value: Any) -> None:
    if value is not None:
        raise Misfit(f"expected null; found {found(value)}")


def _boolean(value: Any) -> bool:
    if value is True or value is False:
        return value
    raise Misfit(f"expected true or false; found {found(value)}")


def primitive_writer(node: Primitive) -> Physical[Any]:
    """The writer of a primitive's values, converted from its logical type if it has one."""
    if node.logical is None:
        return _PRIMITIVES[node.name]
    if node.logical.name == "decimal":
        return decimal_writer(node.logical, None)
    return _LOGICAL.get(node.logical.name, _PRIMITIVES[node.name])


def fixed_writer(node: Fixed) -> Physical[bytes]:
    """The writer of a fixed's values, converted from its logical type if it has one."""
    match node.logical:
        case Logical(name="decimal"):
            return decimal_writer(node.logical, node.size)
        case Logical(name="duration"):
            return _duration
        case Logical(name="uuid"):
            return _uuid_bytes
    return fixed_bytes(node.size)


_INT: Final = bounded_integer("int")
_LONG: Final = bounded_integer("long")
_PRIMITIVES: Final[dict[str, Physical[Any]]] = {
    "null": _null,
    "boolean": _boolean,
    "int": _INT,
    "long": _LONG,
    "float": exact_float("float"),
    "double": exact_float("double"),
    "bytes": bytes_value,
    "string": utf8_text,
}
_LOGICAL: Final[dict[str, Physical[Any]]] = {
    "uuid": _uuid_text,
    "date": _date,
    "time-millis": _time(_TICKS["millis"], _INT),
    "time-micros": _time(_TICKS["micros"], _LONG),
    **{
        f"{prefix}timestamp-{unit}": _timestamp(ticks, local=bool(prefix))
        for prefix in ("", "local-")
        for unit, ticks in _TICKS.items()
    },
}
