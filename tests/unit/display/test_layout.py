"""Values of any size and depth become a bounded number of lines that say what they leave out."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.display.layout import (
    JSON,
    Drawing,
    Limits,
    bare_line,
    draw,
    hex_lines,
    one_line,
    text_lines,
)
from flowodm.display.text import display_width
from flowodm.display.tree import Branch, Shown, Symbol, TypedRecord
from tests.unit.cli.hostile import MUST_NOT_SHOW

pytestmark = pytest.mark.unit

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
SCALARS = (
    ANY_TEXT
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.none()
    | st.binary()
    | st.decimals()
    | st.builds(Symbol, ANY_TEXT, ANY_TEXT)
    | st.builds(Shown, ANY_TEXT, ANY_TEXT)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(ANY_TEXT, inner)
        | st.builds(TypedRecord, ANY_TEXT, st.dictionaries(ANY_TEXT, inner))
        | st.builds(Branch, ANY_TEXT, inner)
    ),
)


@given(VALUES, st.integers(1, 200))
def test_every_value_is_drawn_without_a_control_character(value: Any, width: int) -> None:
    drawing = draw(value, width)
    assert drawing.lines
    assert not (MUST_NOT_SHOW | {"\n"}) & set("".join(drawing.lines))


@given(VALUES, st.integers(1, 200))
def test_one_line_is_never_wider_than_asked(value: Any, width: int) -> None:
    assert display_width(one_line(value, width)) <= width
    assert display_width(bare_line(value, width)) <= width


@given(VALUES)
def test_a_value_that_fits_stands_on_one_line(value: Any) -> None:
    drawing = draw(value, 10_000_000)
    assert len(drawing.lines) == 1


def test_a_record_that_fits_is_written_as_it_is_constructed() -> None:
    address = TypedRecord("Address", {"city": "Köln", "zip": "50667"})
    assert draw(address, 40).lines == ("Address(city='Köln', zip='50667')",)


def test_a_record_that_does_not_fit_has_a_line_for_each_field() -> None:
    address = TypedRecord("Address", {"city": "Köln", "zip": "50667"})
    assert draw(address, 20).lines == ("Address(", "  city='Köln',", "  zip='50667',", ")")


def test_numbers_stand_side_by_side() -> None:
    assert draw(list(range(12)), 16).lines == (
        "[",
        "  0, 1, 2, 3, 4,",
        "  5, 6, 7, 8, 9,",
        "  10, 11,",
        "]",
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("it's", r"'it\'s'"),
        ("back\\slash", r"'back\\slash'"),
        (b"\x00a", r"b'\x00a'"),
        (2**63 - 1, "9223372036854775807"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (1e-320, "1e-320"),
        (Decimal("1.20"), "Decimal('1.20')"),
        (None, "None"),
        (True, "True"),
        ([], "[]"),
        ({}, "{}"),
        (TypedRecord("Empty", {}), "Empty()"),
        (Branch("long", 5), "long(5)"),
        (Symbol("Action", "BUY"), "Action.BUY"),
        ({"k": None}, "{'k': None}"),
    ],
)
def test_scalars_are_written_as_python_writes_them(value: Any, shown: str) -> None:
    assert draw(value, 80) == Drawing((shown,), True)


def test_json_is_written_as_json() -> None:
    value = {"a": [None, True, False, 'q"'], "b": Decimal("1.10")}
    assert draw(value, 80, notation=JSON).lines == (
        '{"a": [null, true, false, "q\\""], "b": 1.10}',
    )


@pytest.mark.parametrize(
    ("value", "left_out"),
    [
        (list(range(60)), "… 10 more"),
        ({str(number): number for number in range(55)}, "… 5 more"),
        ("x" * 450, "… 50 more characters"),
        (b"x" * 30, "… 6 more bytes"),
        ([[[list(range(7))]]], "… 7 deeper"),
    ],
)
def test_what_is_left_out_is_counted(value: Any, left_out: str) -> None:
    drawing = draw(value, 80, Limits(depth=3) if "deeper" in left_out else Limits())
    assert left_out in "\n".join(drawing.lines)
    assert not drawing.is_whole


def test_a_value_deeper_than_the_stack_is_drawn() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    drawing = draw(value, 80)
    assert len(drawing.lines) < 60
    assert not drawing.is_whole


def test_a_wide_tree_costs_a_bounded_number_of_lines() -> None:
    value: Any = 1
    for _ in range(20):
        value = [value] * 50
    assert len(draw(value, 20).lines) < 1_500


def test_an_integer_of_more_digits_than_python_writes_is_measured() -> None:
    assert draw(1 << 100_000, 80).lines == ("a whole number of 100,001 bits",)


@pytest.mark.parametrize(
    ("size", "lines"),
    [
        (0, [("", "0 bytes")]),
        (2, [("61 61", "2 bytes")]),
        (17, [(" ".join(["61"] * 16), ""), ("61", "17 bytes")]),
        (40, [(" ".join(["61"] * 16), ""), (" ".join(["61"] * 16) + " …", "40 bytes")]),
    ],
)
def test_a_dump_shows_the_first_bytes_and_the_size(size: int, lines: list[tuple[str, str]]) -> None:
    assert list(hex_lines(b"a" * size)) == lines


def test_text_keeps_its_lines() -> None:
    assert text_lines("one\ntwo\x1b", 80) == Drawing(("one", "two\\x1b"), True)


def test_long_text_is_cut_in_both_directions() -> None:
    drawing = text_lines("\n".join(["word " * 40] * 30), 40, lines=3)
    assert len(drawing.lines) == 4
    assert all(len(line) <= 40 for line in drawing.lines)
    assert drawing.lines[-1] == "… of 6,029 characters"
    assert not drawing.is_whole


def test_a_cell_shows_values_bare() -> None:
    event = TypedRecord(
        "E",
        {
            "id": "u-17",
            "action": Symbol("A", "BUY"),
            "amount": Shown("Decimal('1.2')", "1.2"),
            "none": None,
            "in": TypedRecord("In", {"a": 1}),
        },
    )
    assert bare_line(event, 80) == "id=u-17 action=BUY amount=1.2 none=null in={'a': 1}"
    assert bare_line(event, 20) == "id=u-17 action=BUY…"
