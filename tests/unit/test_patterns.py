"""Regular expressions in linear time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import UsageError
from flowodm.patterns import compile_pattern

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("ord", "my order", True),
        ("Ord", "my order", False),
        ("(?i)Ord", "my order", True),
        ("^order$", "order", True),
        ("^order$", "my order", False),
        (r"\d{3}", "a123", True),
        (r"\d", "٣", False),
        (r"^\w+$", "a_9", True),
        (r"\w", "é", False),
        (r"^[\d\-a]+$", "1-a", True),
        (r"^[^\d]+$", "ab", True),
        (r"^[^\D]+$", "12", True),
        (r"\bab\b", "x ab y", True),
        (r"\bab\b", "xaby", False),
        (r"a\sb", "a\tb", True),
        (r"^\S+$", "a b", False),
        (r"\\d", "\\d", True),
        (r"\\d", "5", False),
        (r"\.", "a.b", True),
        (r"\x41", "A", True),
        (r"\p{Greek}", "α", True),
        ("a|b", "xb", True),
        ("", "", True),
        ("é+", "caféé", True),
        (".", "\ud800", True),
        ("x", "\ud800x", True),
    ],
)
def test_a_pattern_is_searched_for(pattern: str, text: str, matches: bool) -> None:
    assert compile_pattern(pattern, "key")(text) is matches


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a|bc", "bc", True),
        ("a|bc", "abc", False),
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("a.c", "a.c\n", False),
    ],
)
def test_a_whole_pattern_matches_all_of_a_text(pattern: str, text: str, matches: bool) -> None:
    assert compile_pattern(pattern, "topic", whole=True)(text) is matches


@pytest.mark.parametrize("pattern", ["(", "a{1000}{1000}{1000}", r"(a)\1", "(?=a)", "[", "\ud800("])
def test_what_is_no_pattern_is_a_usage_error(pattern: str) -> None:
    with pytest.raises(UsageError, match="grep pattern"):
        compile_pattern(pattern, "grep")


def test_no_text_makes_a_pattern_slow() -> None:
    """With Python's `re` this takes longer than the universe."""
    began = time.monotonic()
    assert not compile_pattern("^(a|a)*(b|a+)+$", "grep")("a" * 5_000 + "!")
    assert not compile_pattern(".*.*.*x", "grep")("y" * 1_000_000)
    assert time.monotonic() - began < 10


@given(st.text(), st.text())
def test_a_plain_pattern_is_a_part_of_the_text(pattern: str, text: str) -> None:
    if not set(pattern) & set("\\.^$*+?{}[]|()"):
        assert compile_pattern(pattern, "grep")(text) is (pattern in text)
