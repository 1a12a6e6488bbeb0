"""Nothing that would steer or fool a terminal leaves the sanitizer."""

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.codec.unseen import escape_unseen
from flowodm.display.sanitize import visible, visible_block
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.unit

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_hostile_text_becomes_visible(text: str) -> None:
    assert not MUST_NOT_SHOW & set(visible(text))
    assert "\n" not in visible(text)


@given(ANY_TEXT)
def test_no_control_format_or_surrogate_character_is_left(text: str) -> None:
    shown = visible(text)
    assert not MUST_NOT_SHOW & set(shown)
    left = {character for character in shown if unicodedata.category(character) in ("Cc", "Cs")}
    assert not left
    shown.encode()


@given(ANY_TEXT)
def test_a_shown_text_is_shown_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_readable_text_of_any_script_is_untouched(text: str) -> None:
    kept = "".join(character for character in text if character not in "\u3164\uffa0\u115f\u1160")
    assert visible(kept) == kept


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u202e", "\\u202e"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("Köln 日本 é €", "Köln 日本 é €"),
        ("[/nope]", "[/nope]"),
    ],
)
def test_escapes_are_those_a_programmer_knows(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_block_keeps_its_lines_and_nothing_else() -> None:
    assert visible_block("a\n\tb\x1b\r") == "a\n\tb\\x1b\\r"


@given(st.recursive(ANY_TEXT | st.integers() | st.none(), lambda x: st.dictionaries(ANY_TEXT, x)))
def test_escaped_json_is_the_same_document(value: object) -> None:
    document = escape_unseen(json.dumps(value, ensure_ascii=False))
    assert json.loads(document) == value
    assert not (MUST_NOT_SHOW | {"\n"}) & set(document)


def test_json_and_text_escape_the_same_characters() -> None:
    for code in range(0x20, sys.maxunicode + 1):
        character = chr(code)
        assert (visible(character) == character) is (escape_unseen(character) == character)
