"""Texts, numbers and sparklines on their way to the screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.display.text import display_width
from flowodm.tui.spans import compact, safe, size_text, sparkline
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_a_safe_text_holds_nothing_that_steers_and_no_style(text: str):
    shown = safe(text)
    assert not MUST_NOT_SHOW & set(shown.plain)
    assert not shown.spans


def test_a_safe_text_is_cut_before_it_is_looked_at():
    assert display_width(safe("x" * 10_000_000, 20).plain) == 20


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *((0, "0"), (7, "7"), (0.4, "0.4"), (999, "999"), (999.6, "1.0k"), (4_200, "4.2k")),
        *((18_204, "18k"), (999_999, "1.0M"), (1_300_000, "1.3M"), (10**12, "1.0T")),
    ],
)
def test_numbers_are_short(number: float, text: str):
    assert compact(number) == text


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1_600, "1.6 kB"), (22_000_000, "22 MB")]
)
def test_sizes_have_a_space_before_their_unit(size: int, text: str):
    assert size_text(size) == text


@given(st.floats(0, 1e18))
def test_no_number_takes_more_than_five_columns(number: float):
    assert len(compact(number)) <= 5


@given(st.lists(st.floats(0, 1e12), max_size=80), st.integers(1, 40))
def test_a_sparkline_has_a_bar_for_each_of_the_last_values(values: list[float], width: int):
    assert len(sparkline(values, width)) == min(len(values), width)


def test_a_sparkline_of_nothing_is_low_and_the_highest_is_full():
    assert sparkline([0, 0], 5) == "▁▁"
    assert sparkline([0, 5, 10], 5) == "▁▅█"
