"""A schema comes out of whatever says one, and out of nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from flowodm.avro import parse
from flowodm.errors import SchemaParseError, UsageError
from flowodm.schema import load_schema_from_file
from flowodm.schema.sources import schema_of

pytestmark = pytest.mark.unit

ORDER = {"type": "record", "name": "shop.Order", "fields": [{"name": "id", "type": "string"}]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "order.avsc"
    path.write_text(json.dumps(ORDER, indent=2))
    return path


def test_a_document_a_text_a_file_and_a_schema_say_the_same(path: Path) -> None:
    schema = parse(ORDER)
    for source in (ORDER, json.dumps(ORDER), f"\n {json.dumps(ORDER)}", path, str(path), schema):
        assert schema_of(source) == schema


@pytest.mark.parametrize("text", ['"string"', "string", ' ["null", "int"]'])
def test_a_schema_may_be_a_word_or_a_union(text: str) -> None:
    assert schema_of(text) == parse(text)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match=r"there is no schema file `nope\.avsc`") as caught:
        load_schema_from_file("nope.avsc")
    assert caught.value.hint == f"relative paths start at `{Path.cwd()}`"
    assert caught.value.exit_code == 2


def test_a_directory_is_no_schema_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_schema_from_file(tmp_path)


def test_bad_json_is_told_with_file_and_line(path: Path) -> None:
    path.write_text('{"type": "record",\n "name": }')
    with pytest.raises(SchemaParseError) as caught:
        load_schema_from_file(path)
    assert str(path) in caught.value.message
    assert "line 2, column 10" in caught.value.message


def test_a_wrong_schema_is_told_with_file_and_place(path: Path) -> None:
    path.write_text(json.dumps(ORDER | {"fields": [{"name": "id", "type": "strnig"}]}))
    with pytest.raises(SchemaParseError) as caught:
        load_schema_from_file(path)
    assert str(path) in caught.value.message
    assert caught.value.path == "/fields/0/type"


def test_a_file_may_use_the_types_of_another(tmp_path: Path) -> None:
    basket = {
        "type": "record",
        "name": "shop.Basket",
        "fields": [{"name": "orders", "type": {"type": "array", "items": "shop.Order"}}],
    }
    path = tmp_path / "basket.avsc"
    path.write_text(json.dumps(basket))
    loaded = load_schema_from_file(path, references=[parse(ORDER)])
    assert loaded.external == {"shop.Order"}


@pytest.mark.parametrize("source", [7, None, b"x", 1.5])
def test_anything_else_is_refused(source: Any) -> None:
    with pytest.raises(UsageError, match="is no source of a schema"):
        schema_of(source)
