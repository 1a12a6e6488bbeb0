"""Python values as values of CEL."""

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowodm.codec.style import Duration
from flowodm.expression.values import MOST_DEEP, MOST_NODES, Numbers, Unconvertible, to_cel

pytestmark = pytest.mark.unit

COMPARING = Numbers((), only_compares=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**63, 2**63),
        (-(2**63), -(2**63)),
        (2**64, 2.0**64),
        (Decimal("100.50"), 100.5),
        (Decimal("-0.1"), -0.1),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (date(2026, 11, 23), "2026-11-23"),
        (time(12, 4, 5, 118_000), "12:04:05.118"),
        (time(12, 4, 5, 118_001), "12:04:05.118001"),
        (time(12, 4), "12:04:00.000"),
        (Duration(1, 2, 3), {"months": 1, "days": 2, "milliseconds": 3}),
        ({"a": [1, {"b": Decimal(1)}]}, {"a": [1, {"b": 1.0}]}),
        ((1, UUID(int=0)), [1, str(UUID(int=0))]),
    ],
)
def test_a_value_becomes_what_cel_has_for_it(value: object, expected: object) -> None:
    found = to_cel(value, Numbers((), only_compares=True))
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "value",
    [None, True, 1.5, math.inf, "text", b"bytes", datetime(2026, 1, 1, tzinfo=UTC), timedelta(1)],
)
def test_what_cel_knows_is_kept(value: object) -> None:
    assert to_cel(value, COMPARING) is value


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, Decimal("NaN"), Decimal("Infinity"), Decimal("1e999"), 10**400]
)
def test_what_cel_has_nothing_for_is_unconvertible(value: object) -> None:
    with pytest.raises(Unconvertible):
        to_cel(value, Numbers((), only_compares=True))


def test_depth_is_bounded() -> None:
    value: object = 1
    for _ in range(MOST_DEEP):
        value = [value]
    to_cel(value, COMPARING)
    for deeper in ([value], {"a": value}):
        with pytest.raises(Unconvertible, match="inside one another"):
            to_cel(deeper, COMPARING)


def test_size_is_bounded() -> None:
    to_cel([0] * (MOST_NODES - 1), COMPARING)
    with pytest.raises(Unconvertible, match="values in one field"):
        to_cel([0] * MOST_NODES, COMPARING)


LONG = "12345678901234567890.12"


def test_a_long_decimal_is_unconvertible_in_a_calculation() -> None:
    numbers = Numbers((), only_compares=False)
    assert to_cel(Decimal("0.1"), numbers) == 0.1
    with pytest.raises(Unconvertible, match="more digits than a double"):
        to_cel(Decimal(LONG), numbers)


def test_two_long_decimals_that_no_double_tells_apart_are_unconvertible() -> None:
    numbers = Numbers((), only_compares=True)
    to_cel(Decimal(LONG), numbers)
    to_cel(Decimal(LONG), numbers)
    with pytest.raises(Unconvertible, match="tells apart"):
        to_cel(Decimal(LONG) + Decimal("0.01"), numbers)
    numbers.doubles.clear()
    to_cel(Decimal(LONG) + Decimal("0.01"), numbers)


def sign(difference: float) -> int:
    return (difference > 0) - (difference < 0)


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
NEARBY = st.decimals(allow_nan=False, allow_infinity=False, min_value=-2, max_value=2, places=25)


@given(DECIMALS, st.one_of(DECIMALS, NEARBY))
def test_a_decimal_compares_with_a_literal_as_the_decimals_do(
    literal: Decimal, other: Decimal
) -> None:
    for exact in (other, literal + other):
        assume(math.isfinite(float(exact)))
        numbers = Numbers((format(literal.copy_abs(), "f"),), only_compares=True)
        assert sign(to_cel(exact, numbers) - float(literal)) == (exact > literal) - (
            exact < literal
        )


@given(DECIMALS, DECIMALS)
def test_two_decimals_compare_as_they_are_or_not_at_all(one: Decimal, other: Decimal) -> None:
    numbers = Numbers((), only_compares=True)
    try:
        left, right = to_cel(one, numbers), to_cel(other, numbers)
    except Unconvertible:
        assert float(one) == float(other)
    else:
        assert sign(left - right) == (one > other) - (one < other)
