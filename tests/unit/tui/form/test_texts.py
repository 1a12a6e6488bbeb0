"""What is typed into a field comes back as it was, whatever it holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm import avro
from flowodm.errors import SerializationError
from flowodm.tui.sources.form.texts import is_plain, read_text, spelling_of, write_text
from tests.unit.cli.hostile import HOSTILE_TEXTS

pytestmark = pytest.mark.unit

WHOLE = st.characters(exclude_categories=["Cs"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(WHOLE),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(WHOLE), inner),
)


@given(st.text(WHOLE))
def test_a_text_comes_back_as_it_was_and_all_of_it_can_be_seen(text: str):
    typed = write_text(text, "text")
    assert is_plain(typed)
    assert read_text(typed, "text") == text


@given(JSON)
def test_json_comes_back_as_it_was_and_all_of_it_can_be_seen(value: Any):
    typed = write_text(value, "json")
    assert is_plain(typed)
    if value is not None:
        assert read_text(typed, "json") == value


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_as_it_was(number: float):
    assert read_text(write_text(number, "number"), "number") == number


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_what_would_steer_a_terminal_is_typed_as_an_escape(text: str):
    assert is_plain(write_text(text, "text"))
    assert is_plain(write_text(text, "word"))


def test_two_quotes_are_the_empty_text_and_one_is_itself():
    assert read_text('""', "text") == ""
    assert read_text('"', "text") == '"'
    assert read_text('"a" and "b"', "text") == '"a" and "b"'


@pytest.mark.parametrize(
    ("typed", "value"), [("5", 5), ("-5", -5), ("2026-11-23", "2026-11-23"), ("5x", "5x")]
)
def test_a_time_may_be_its_number(typed: str, value: object):
    assert read_text(f" {typed} ", "time") == value


def test_what_is_no_number_is_left_for_the_type_to_refuse():
    assert read_text("NaN", "number") == "NaN"
    assert read_text("true", "number") == "true"
    assert read_text("maybe", "boolean") == "maybe"
    assert read_text("true", "boolean") is True


def test_what_has_to_be_json_and_is_none_says_why():
    with pytest.raises(SerializationError, match=r"not JSON: .*\(character 1\)"):
        read_text("[", "json")


@pytest.mark.parametrize(
    ("schema", "spelling"),
    [
        ('"string"', "text"),
        ('{"type": "string", "logicalType": "uuid"}', "word"),
        ('{"type": "int", "logicalType": "date"}', "time"),
        ('"long"', "number"),
        ('"double"', "number"),
        ('"bytes"', "word"),
        ('"boolean"', "boolean"),
        ('{"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}', "json"),
        ('{"type": "fixed", "name": "F", "size": 2}', "word"),
        ('{"type": "enum", "name": "E", "symbols": ["A"]}', "word"),
        ('["string", "long"]', "json"),
        ('{"type": "map", "values": "long"}', "json"),
    ],
)
def test_each_type_is_typed_in_its_way(schema: str, spelling: str):
    assert spelling_of(avro.parse(schema).root) == spelling
