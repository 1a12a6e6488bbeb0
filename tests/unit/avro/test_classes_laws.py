"""The law of classes: the schema of the class of a schema is that schema, to the last character."""

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from flowodm.avro import Schema, build_model, canonical_form, parse
from flowodm.avro.bind import derive
from flowodm.errors import SchemaParseError
from tests.generators import random_schema
from tests.round_trips import CASES, Case
from tests.strategies import avro_schemas

pytestmark = pytest.mark.unit

VECTORS = Path(__file__).parents[2] / "vectors"


def assert_comes_back(schema: Schema) -> None:
    derived = derive(build_model(schema))
    assert derived.to_json() == schema.to_json()
    assert canonical_form(derived) == canonical_form(schema)


def vectors(name: str) -> list[dict[str, Any]]:
    data = (VECTORS / name).read_bytes()
    found = json.loads(gzip.decompress(data) if name.endswith(".gz") else data)
    cases: list[dict[str, Any]] = found["cases"] if isinstance(found, dict) else found
    return cases


def pairs(name: str) -> list[Any]:
    """The schemas of pairs of a writer and a reader, each once."""
    listed = [case[side] for case in vectors(name) for side in ("writer", "reader")]
    return list({json.dumps(each): each for each in listed}.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_schema_comes_back_from_its_class(case: Case) -> None:
    schema = case.parsed()
    derived = derive(build_model(schema))
    assert derived.to_json() == schema.to_json()
    assert canonical_form(derived) == canonical_form(schema)
    assert derived.external == schema.external
    assert derived == schema


@pytest.mark.parametrize("case", vectors("canonical_cases.json"), ids=lambda case: case["name"])
def test_every_schema_of_the_canonical_vectors_comes_back(case: dict[str, Any]) -> None:
    schema = parse(json.dumps(case["input"]))
    assert_comes_back(schema)
    assert canonical_form(derive(build_model(schema))) == case["parsingCanonicalForm"]


@pytest.mark.parametrize("case", vectors("to_json_cases.json"), ids=lambda case: case["name"])
def test_every_schema_of_the_text_vectors_comes_back_as_java_writes_it(
    case: dict[str, Any],
) -> None:
    references: list[Schema] = []
    for text in case.get("references", ()):
        references.append(parse(text, references=references))
    schema = parse(case["schema"], references=references)
    assert derive(build_model(schema)).to_json() == case["to_json"]
    assert_comes_back(schema)


@pytest.mark.parametrize("name", ["resolution_cases.json", "evolved_cases.json.gz"])
def test_every_schema_of_the_resolution_vectors_comes_back(name: str) -> None:
    for document in pairs(name):
        assert_comes_back(parse(json.dumps(document), validate_defaults=False))


@given(document=avro_schemas())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_schema_comes_back(document: Any) -> None:
    try:
        schema = parse(json.dumps(document))
    except SchemaParseError:
        reject()  # a default without end, which a shrinking `Random` may come to
    assert_comes_back(schema)
    assert derive(build_model(schema)) == schema


@given(seed=st.integers(0, 2**32))
@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_schema_of_any_seed_comes_back(seed: int) -> None:
    assert_comes_back(parse(json.dumps(random_schema(Random(seed)))))
