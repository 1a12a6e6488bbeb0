"""The published JSON Schema takes what the program takes, and knows every key."""

import pytest
import yaml
from jsonschema import Draft202012Validator

from flowodm.manifest import LoopSettings, manifest_schema
from tests.pages import ROOT, read_page
from tests.unit.manifest.test_read import LEAST, WHOLE

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = manifest_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("text", [WHOLE, LEAST], ids=["whole", "least"])
def test_a_manifest_that_is_taken_is_valid(validator: Draft202012Validator, text: str) -> None:
    assert list(validator.iter_errors(yaml.safe_load(text))) == []


def test_the_manifest_of_the_documentation_is_valid(validator: Draft202012Validator) -> None:
    page = read_page(ROOT / "docs" / "manifests.md")
    (block,) = (block for block in page.blocks if block.mark == "file: manifest.yaml")
    assert list(validator.iter_errors(yaml.safe_load(block.text))) == []


@pytest.mark.parametrize(
    "line",
    [
        *("handle: app:x", "concurrency: 0", "ordering: keys", "topic: t", "retry: {max: 30}"),
        *("handler: app.handlers", "retry: {attempts: 0}", "group: null", "settings: {a: [1]}"),
    ],
)
def test_a_manifest_that_is_refused_is_not_valid(
    validator: Draft202012Validator, line: str
) -> None:
    assert list(validator.iter_errors(yaml.safe_load(LEAST + f"    {line}\n"))) != []


def test_every_key_is_described() -> None:
    schema = manifest_schema()
    models = [schema, *schema["$defs"].values()]
    keys = [(name, key) for model in models for name, key in model["properties"].items()]
    assert [name for name, key in keys if not key.get("description")] == []
    assert {name for name, _ in keys} > set(LoopSettings.model_fields)
