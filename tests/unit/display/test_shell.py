"""What is pasted into a shell is one command with these very words, whatever they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.display.shell import command, quoted
from tests.pasting import SHELL_TEXTS, words_of
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.unit


def test_a_pasted_command_has_the_words_that_it_was_made_of(tmp_path):
    texts = [text for text in (*HOSTILE_TEXTS, *SHELL_TEXTS) if "\0" not in text]
    commands = [command("tail", text, "-p", "0") for text in texts]
    wanted = [
        ["tail", "-p", "0", "--", text] if text.startswith("-") else ["tail", text, "-p", "0"]
        for text in texts
    ]
    assert words_of(commands, str(tmp_path)) == wanted
    assert not list(tmp_path.iterdir())


def test_a_nul_does_not_cut_a_name_to_another_one(tmp_path):
    assert words_of([f"flowodm {quoted(chr(0).join('ab'))}"], str(tmp_path)) == [["a\\x00b"]]


@given(st.text(st.characters(codec=None)))
def test_a_quoted_word_has_nothing_that_acts_when_it_is_pasted(text: str):
    assert not MUST_NOT_SHOW.union("\n").intersection(quoted(text))


def test_a_plain_word_stays_as_it_is():
    assert command("tail", "orders", "-p", "0") == "flowodm tail orders -p 0"
    assert quoted("größe") == "'größe'"
