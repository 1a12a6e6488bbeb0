"""A schema laid out in lines stays the same schema."""

from typing import Any

import pytest
from hypothesis import given

from flowodm.avro import parse
from flowodm.avro.pretty import pretty_text
from tests.strategies import avro_schemas

pytestmark = pytest.mark.unit


@given(avro_schemas())
def test_formatting_is_stable_and_keeps_the_schema(document: Any) -> None:
    schema = parse(document)
    text = pretty_text(schema)
    again = parse(text)
    assert again.to_json() == schema.to_json()
    assert pretty_text(again) == text


def test_a_field_is_a_line() -> None:
    schema = parse('{"type":"record","name":"R","fields":[{"name":"a","type":["null","int"]}]}')
    assert pretty_text(schema).splitlines() == [
        "{",
        '  "type": "record",',
        '  "name": "R",',
        '  "fields": [',
        '    {"name": "a", "type": ["null", "int"]}',
        "  ]",
        "}",
    ]


def test_brackets_and_escapes_inside_texts_are_no_layout() -> None:
    schema = parse({"type": "enum", "name": "E", "symbols": ["A"], "doc": '"}],{[:\\"\n' * 9})
    assert parse(pretty_text(schema)) == schema


@pytest.mark.parametrize("text", ['"int"', "[]", '["null","int"]'])
def test_what_is_short_stands_on_one_line(text: str) -> None:
    assert pretty_text(parse(text)) == text.replace(",", ", ") + "\n"


def test_a_deep_schema_does_not_grow_by_its_indentation() -> None:
    node: object = "int"
    for number in range(320):
        node = {"type": "record", "name": f"R{number}", "fields": [{"name": "x", "type": node}]}
    schema = parse(node)  # type: ignore[arg-type]
    assert len(pretty_text(schema)) < 320 * 5_000
