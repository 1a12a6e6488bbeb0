"""Python values of a decoded record → the values of CEL, exactly or not at all.

CEL has null, bool, int (64 bits, signed or not), double, string, bytes, timestamp, duration, list
and map. Dates, times of day and UUIDs become their text, as in the JSON form; an Avro duration
becomes a map of its three numbers. CEL has no decimal: see `Numbers`.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

__all__ = [
    "EXACT",
    "LARGEST",
    "MOST_DEEP",
    "MOST_NODES",
    "SMALLEST",
    "Numbers",
    "Unconvertible",
    "to_cel",
]

MOST_DEEP: Final = 200
"""Lists and maps inside one another; the engine overflows its stack far beyond that."""
MOST_NODES: Final = 100_000
"""Values in one field, all together; the engine takes about a microsecond for each."""

EXACT: Final = frozenset({str, bool, float, type(None), bytes, datetime, timedelta})
"""The types that the engine takes as they are."""

SMALLEST: Final = -(2**63)
LARGEST: Final = 2**64 - 1


class Unconvertible(Exception):
    """A value that CEL has no value for."""


class Numbers:
    """How decimals, and integers beyond 64 bits, become doubles without telling a lie.

    An expression that only compares is handed the nearest double, moved by one step where that
    would equal a number of the expression that the decimal does not: a comparison with a literal
    is exact, however many digits there are, and so is one of two decimals, or they are
    unconvertible. One that calculates, or makes text of its numbers, is handed the double that
    reads as the same decimal; where there is none (there is with up to 15 digits), the decimal is
    unconvertible.

    Args:
        literals: The number literals of the expression, without their signs.
        only_compares: The expression neither calculates nor converts.
    """

    def __init__(self, literals: Iterable[str], *, only_compares: bool) -> None:
        self._only_compares = only_compares
        self._literals: dict[float, Decimal] = {}
        for text in literals:
            exact = _literal(text)
            self._literals |= {float(exact): exact, -float(exact): exact.copy_negate()}
        self.doubles: dict[float, Decimal] = {}
        """What was made of one record's decimals; to be cleared before the next."""

    def double(self, exact: Decimal) -> float:
        """Return the double that stands for a decimal.

        Raises:
            Unconvertible: None can.
        """
        nearest = float(exact) if exact.is_finite() else math.inf
        if math.isinf(nearest):
            raise Unconvertible("a number beyond a double")
        if self._only_compares:
            literal = self._literals.get(nearest)
            if literal is not None and literal != exact:
                nearest = math.nextafter(nearest, math.inf if exact > literal else -math.inf)
        elif Decimal(repr(nearest)) != exact:
            raise Unconvertible("a decimal with more digits than a double, in a calculation")
        return self._noted(nearest, exact)

    def _noted(self, nearest: float, exact: Decimal) -> float:
        """Two decimals of one record must not meet in one double."""
        if self.doubles.setdefault(nearest, exact) != exact:
            raise Unconvertible("two decimals that no double tells apart")
        return nearest


def to_cel(value: Any, numbers: Numbers) -> Any:
    """Convert a value.

    Args:
        value: What a decoder gave.
        numbers: The rule for decimals; its memory is one record's.

    Raises:
        Unconvertible: CEL has no such value, or it is too deep or too large.
    """
    if type(value) is int and SMALLEST <= value <= LARGEST:
        return value
    if type(value) is Decimal:
        return numbers.double(value)
    return _Conversion(numbers).convert(value, MOST_DEEP)


class _Conversion:
    """One value's conversion, with its budget."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._nodes = MOST_NODES

    def convert(self, value: Any, depth: int) -> Any:
        self._nodes -= 1
        if self._nodes < 0:
            raise Unconvertible(f"more than {MOST_NODES} values in one field")
        kind = type(value)
        if kind in EXACT:
            return value
        if kind is dict:
            return self._map(value, depth - 1)
        if kind is list or kind is tuple:
            return self._list(value, depth - 1)
        if kind is int:
            return value if SMALLEST <= value <= LARGEST else self._double(Decimal(value))
        if kind is Decimal:
            return self._double(value)
        text = _TEXTS.get(kind)
        if text is None:
            return self._other(value, depth)
        return text(value)

    def _double(self, value: Decimal) -> float:
        return self._numbers.double(value)

    def _map(self, value: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
        _check_depth(depth)
        return {key: self.convert(item, depth) for key, item in value.items()}

    def _list(self, value: Iterable[Any], depth: int) -> list[Any]:
        _check_depth(depth)
        return [self.convert(item, depth) for item in value]

    def _other(self, value: Any, depth: int) -> Any:
        """Values by shape: an Avro duration, and subclasses of what is known."""
        if hasattr(value, "months") and hasattr(value, "milliseconds"):
            parts = ("months", "days", "milliseconds")
            return {part: int(getattr(value, part)) for part in parts}
        for known in _KNOWN:
            if isinstance(value, known):
                return self.convert(known(value), depth)
        raise Unconvertible(f"CEL has no `{type(value).__name__}`")


_KNOWN: Final[tuple[Any, ...]] = (str, int, float, Decimal, bytes, dict, list)


def _check_depth(depth: int) -> None:
    if depth < 0:
        raise Unconvertible(f"more than {MOST_DEEP} lists and maps inside one another")


def _clock(value: time) -> str:
    return value.isoformat("microseconds" if value.microsecond % 1000 else "milliseconds")


_TEXTS: Final[Mapping[type, Callable[[Any], str]]] = {
    UUID: str,
    date: date.isoformat,
    time: _clock,
}


def _literal(text: str) -> Decimal:
    bare = text.rstrip("uU")
    return Decimal(int(bare, 16)) if bare[:2] in ("0x", "0X") else Decimal(bare)
