"""`Schema.to_json()` against Java's `Schema.toString()`, and the laws of both texts."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from flowodm.avro import Schema, canonical_form, fingerprint, parse
from flowodm.avro.names import namespace_of
from flowodm.avro.text import json_text
from tests.strategies import avro_schemas, json_values

pytestmark = pytest.mark.unit

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors/to_json_cases.json").read_text("utf-8")
)["cases"]


def parsed(case: dict[str, Any]) -> Schema:
    references: list[Schema] = []
    for text in case.get("references", ()):
        references.append(parse(text, references=references))
    return parse(case["schema"], references=references)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_text_equals_java(case: dict[str, Any]) -> None:
    assert parsed(case).to_json() == case["to_json"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_canonical_form_equals_java(case: dict[str, Any]) -> None:
    assert canonical_form(parsed(case)) == case["canonical"]


@given(document=avro_schemas())
@settings(max_examples=300, deadline=None)
def test_a_schema_is_what_its_text_parses_to(document: Any) -> None:
    schema = parse(document)
    again = parse(schema.to_json())
    assert again.to_json() == schema.to_json()
    assert canonical_form(again) == canonical_form(schema)
    assert list(again.names) == list(schema.names)


@given(document=avro_schemas())
@settings(max_examples=200, deadline=None)
def test_text_and_document_parse_alike(document: Any) -> None:
    assert parse(json.dumps(document)) == parse(document)
    assert parse(json.dumps(document, ensure_ascii=False, indent=1)) == parse(document)


@given(document=avro_schemas())
@settings(max_examples=200, deadline=None)
def test_the_canonical_form_is_its_own(document: Any) -> None:
    """Except where a name without a namespace stands inside one: the form has no way to say so."""
    schema = parse(document)
    if all(namespace_of(name) for name in schema.names) or not any(map(namespace_of, schema.names)):
        form = canonical_form(schema)
        assert canonical_form(form) == form
        assert fingerprint(form) == fingerprint(schema)


@given(value=json_values())
@settings(max_examples=300, deadline=None)
def test_a_json_value_is_written_so_that_it_reads_the_same(value: Any) -> None:
    text = json_text(value)
    read = json.loads(text)
    assert read == value
    assert json.dumps(read, sort_keys=True) == json.dumps(value, sort_keys=True)


def test_a_lone_surrogate_is_escaped_so_that_the_text_is_utf_8() -> None:
    schema = parse('{"type": "int", "x": "a\\ud800b"}')
    assert schema.to_json() == '{"type":"int","x":"a\\uD800b"}'
    assert parse(schema.to_json().encode()) == schema


def test_a_definition_of_a_reference_is_written_as_its_name() -> None:
    inner = parse({"type": "fixed", "name": "n.F", "size": 1})
    schema = parse({"type": "array", "items": "n.F"}, references=[inner])
    assert schema.to_json() == '{"type":"array","items":"n.F"}'
    assert canonical_form(schema) == (
        '{"type":"array","items":{"name":"n.F","type":"fixed","size":1}}'
    )


def test_a_long_chain_of_references_is_written_without_recursion() -> None:
    schema = parse({"type": "record", "name": "R0", "fields": []})
    for number in range(1, 1500):
        fields = [{"name": "f", "type": f"R{number - 1}"}]
        document = {"type": "record", "name": f"R{number}", "fields": fields}
        schema = parse(document, references=[schema])
    assert schema.to_json().endswith('"type":"R1498"}]}')
    assert canonical_form(schema).endswith('"fields":[]}' + "}]}" * 1499)
    assert schema == Schema(schema.root, schema.names, schema.external)
