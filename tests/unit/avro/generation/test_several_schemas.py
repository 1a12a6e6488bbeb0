"""Several schemas in one module: one class for each type, and each schema comes back."""

import itertools
import json
from typing import Any

import pytest

from flowodm.avro import AvroName, Schema, build_model, derive, parse
from flowodm.avro.generation import generate_module
from flowodm.errors import SchemaError
from tests.generated import imported

pytestmark = pytest.mark.unit


def record(name: str, **fields: Any) -> dict[str, Any]:
    listed = [{"name": name, "type": kind} for name, kind in fields.items()]
    return {"type": "record", "name": name, "fields": listed}


KIND = parse({"type": "enum", "name": "geo.Kind", "symbols": ["HOME", "WORK"]})
SUM = parse({"type": "fixed", "name": "Sum", "size": 4})
ADDRESS = parse(record("geo.Address", kind="geo.Kind", at="Sum"), references=[KIND, SUM])
INLINE = parse(
    record(
        "geo.Place", kind={"type": "enum", "name": "geo.Level", "symbols": ["A"]}, up="geo.Level"
    )
)
ORDER = parse(
    record("shop.Order", to="geo.Address", kind="geo.Kind", place="geo.Place", level="geo.Level"),
    references=[KIND, SUM, ADDRESS, INLINE],
)
LIST = parse(
    {"type": "array", "items": "shop.Order"}, references=[KIND, SUM, ADDRESS, INLINE, ORDER]
)
ALL = (KIND, SUM, ADDRESS, INLINE, ORDER, LIST)
ROOTS = {"Address": ADDRESS, "Place": INLINE, "Order": ORDER, "Root": LIST}


@pytest.mark.parametrize("order", [ALL, ALL[::-1], (ORDER, *ALL)], ids=["as", "back", "twice"])
def test_each_schema_comes_back_from_its_class(order: tuple[Schema, ...]) -> None:
    module = imported(generate_module(*order))
    for name, schema in ROOTS.items():
        derived = derive(getattr(module, name))
        assert derived.to_json() == schema.to_json()
        assert derived.external == schema.external
        assert derived == schema


def test_a_type_has_one_class() -> None:
    source = generate_module(*ALL)
    for name in ("Kind", "Address", "Place", "Level", "Order"):
        assert source.count(f"class {name}(") == 1
    assert "class Kind(StrEnum)" in source
    assert source.count("Sum = ") == 1


def test_each_pair_of_schemas_goes_together() -> None:
    for one, other in itertools.permutations(ALL, 2):
        module = imported(generate_module(one, other))
        for name, schema in ROOTS.items():
            if schema in (one, other) and hasattr(module, name):
                assert derive(getattr(module, name)) == schema


def test_two_definitions_of_one_name_are_refused() -> None:
    other = parse(record("geo.Address", zip="string"))
    with pytest.raises(SchemaError) as caught:
        generate_module(ORDER, other)
    assert caught.value.message == (
        "`shop.Order` and `geo.Address` define `geo.Address` differently"
    )
    assert caught.value.hint is not None


def test_a_class_leaves_the_types_it_names_to_other_schemas() -> None:
    model: Any = build_model(parse(json.loads(ADDRESS.to_json()), references=[KIND, SUM]))
    model.__avro__ = AvroName("geo.Address", references=("geo.Kind", "Sum"))
    assert derive(model).external == {"geo.Kind", "Sum"}


def test_schemas_may_all_be_the_same() -> None:
    text = generate_module(INLINE, parse(INLINE.to_json()), INLINE)
    assert derive(imported(text).Place) == INLINE


def test_every_origin_stands_in_the_header() -> None:
    origins = [f"schemas/{number}.avsc" for number in range(500)]
    text = generate_module(*ALL, origins=origins)
    assert derive(imported(text).Order) == ORDER
    assert all(f"\n- {origin}\n" in text for origin in origins)
