"""Foreign text is quoted on one line, short, printable, without secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.registry.words import quoted

pytestmark = pytest.mark.unit


@given(st.text(), st.integers(2, 80))
def test_any_text_is_one_short_printable_line(text: str, limit: int) -> None:
    line = quoted(text, limit=limit)
    assert line.isprintable()
    assert len(line) <= limit * 10


@given(st.text(alphabet="ab", min_size=3, max_size=6), st.text(alphabet="abc", max_size=200))
def test_no_secret_survives(secret: str, text: str) -> None:
    assert secret not in quoted(text + secret + text, secrets=(secret,)).replace("***", "-")


def test_a_secret_is_not_shown_by_halves() -> None:
    secret = "s" * 1000
    assert "sss" not in quoted((secret + " ") * 20, secrets=(secret,))


def test_escapes_are_visible() -> None:
    assert quoted("a\x1b[2Jb\u202ec\ud800") == r"a\x1b[2Jb\u202ec\ud800"


def test_a_long_text_is_cut() -> None:
    assert quoted("x" * 500, limit=10) == "xxxxxxxxx…"
