"""The plan of Python classes for a schema: which names they take, and that it is data."""

import keyword
from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from flowodm.avro import annotations, parse
from flowodm.avro.blueprint import Blueprint, blueprint, plan
from flowodm.avro.blueprint.naming import PYDANTIC_NAMES
from flowodm.avro.blueprint.plan import EnumPlan, RecordPlan
from flowodm.avro.types import NoDefault
from flowodm.avro.values import Duration
from flowodm.errors import SchemaError
from tests.round_trips import CASES, Case

pytestmark = pytest.mark.unit

PLAIN = (NoneType, bool, int, float, str, bytes, Decimal, UUID, date, time, Duration, NoDefault)


def record(*fields: Any, name: str = "Order", **more: Any) -> dict[str, Any]:
    listed = [each if isinstance(each, dict) else {"name": each, "type": "int"} for each in fields]
    return {"type": "record", "name": name, "fields": listed, **more}


def enum(name: str, *symbols: str) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols)}


def attributes(made: Blueprint, name: str = "Order") -> list[tuple[str, str | None]]:
    found = made.by_name[name]
    assert isinstance(found, RecordPlan)
    return [(field.attribute, field.alias) for field in found.fields]


def members(*symbols: str) -> list[str]:
    made = blueprint(parse(enum("Color", *symbols))).by_name["Color"]
    assert isinstance(made, EnumPlan)
    assert [symbol for _, symbol in made.members] == list(symbols)
    return [member for member, _ in made.members]


def test_a_name_that_python_can_have_stays_as_it_is() -> None:
    made = blueprint(parse(record("id", "type", "firstName", "match", "model_name", "x_")))
    assert attributes(made) == [
        (name, None) for name in ("id", "type", "firstName", "match", "model_name", "x_")
    ]


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("class", "class_"),
        ("None", "None_"),
        ("_id", "id"),
        ("__", "field"),
        ("_9", "field_9"),
        ("_from", "from_"),
        ("int", "int_"),
        ("list", "list_"),
        ("copy", "copy_"),
        ("model_dump", "field_model_dump"),
        ("model_validate_x", "field_model_validate_x"),
        ("model_config", "field_model_config"),
    ],
)
def test_a_name_that_python_or_pydantic_needs_becomes_another_with_an_alias(
    name: str, attribute: str
) -> None:
    assert attributes(blueprint(parse(record(name)))) == [(attribute, name)]


def test_names_of_pydantic_are_all_known() -> None:
    """A field with one of them would hide what the base class has, and Pydantic warns of it."""
    public = [name for name in dir(BaseModel) if not name.startswith("_")]
    found = attributes(blueprint(parse(record(*public))))
    assert [alias for _, alias in found] == public
    assert not {attribute for attribute, _ in found} & set(public)
    assert {name for name in public if not name.startswith("model_")} == PYDANTIC_NAMES


def test_names_that_the_base_has_are_left_to_it_in_the_root_only() -> None:
    inner = record("meta", name="Inner")
    made = blueprint(
        parse(record("meta", {"name": "inner", "type": inner})), reserved=frozenset(("meta",))
    )
    assert attributes(made) == [("meta_", "meta"), ("inner", None)]
    assert attributes(made, "Inner") == [("meta", None)]


def test_names_that_differ_in_case_only_get_names_that_differ_in_more() -> None:
    found = attributes(blueprint(parse(record("_ID", "id", "Id", "ID_", "iD"))))
    assert found == [
        ("ID_2", "_ID"),
        ("id", None),
        ("Id_3", "Id"),
        ("ID_", None),
        ("iD_4", "iD"),
    ]
    assert len({attribute.casefold() for attribute, _ in found}) == len(found)


def test_one_short_name_in_two_namespaces_takes_its_namespace_in_front() -> None:
    listed = [
        {"name": f"f{index}", "type": record("x", name=name)}
        for index, name in enumerate(("a.b.Line", "a.c.Line", "z.c.Line", "q.LINE"))
    ]
    made = blueprint(parse(record(*listed, namespace="shop")))
    assert [each.fullname for each in made.classes] == [
        "a.b.Line",
        "a.c.Line",
        "z.c.Line",
        "q.LINE",
        "shop.Order",
    ]
    assert list(made.by_name) == ["Line", "CLine", "ZCLine", "QLINE", "Order"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("order_item", "OrderItem"),
        ("order", "Order"),
        ("Decimal", "Decimal_"),
        ("list", "List"),
        ("None", "None_"),
        ("Exception", "Exception_"),
        ("_", "Type"),
        ("_7", "Type7"),
    ],
)
def test_a_class_has_a_capital_and_no_name_of_python(name: str, expected: str) -> None:
    made = blueprint(parse(record("x", name=name)))
    assert made.name == expected
    found = made.by_name[expected]
    assert isinstance(found, RecordPlan)
    assert found.avro is not None
    assert found.avro.name == name


def test_members_are_the_symbols_where_python_lets_them() -> None:
    assert members("RED", "red", "Green_1") == ["RED", "red", "Green_1"]


def test_members_that_an_enum_cannot_have_are_renamed() -> None:
    symbols = ("None", "mro", "name", "value", "class", "__x__", "_y_", "_", "_1", "title", "x")
    found = members(*symbols)
    assert len(set(found)) == len(symbols)
    assert found == [
        "None_",
        "mro_",
        "name_",
        "value_",
        "class_",
        "x2",
        "y",
        "UNDERSCORE",
        "N1",
        "title_",
        "x",
    ]
    assert not any(keyword.iskeyword(each) for each in found)


def test_a_namespace_with_hyphens_gives_names_without() -> None:
    schema = parse(
        record(
            {"name": "a", "type": record("x", name="my-company.X")},
            {"name": "b", "type": record("x", name="9th.my-company.X")},
            namespace="my-company",
        ),
        strict_namespaces=False,
    )
    assert list(blueprint(schema).by_name) == ["X", "MyCompanyX", "Order"]


def test_the_same_schema_has_the_same_plan() -> None:
    document = record("b", {"name": "e", "type": enum("E", "A", "B")}, "a")
    assert repr(blueprint(parse(document))) == repr(blueprint(parse(document)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_plan_is_data_that_source_can_say(case: Case) -> None:
    """No class, no function: only the plan's own parts, marks, and values with a literal."""
    todo: list[Any] = [blueprint(case.parsed())]
    while todo:
        part = todo.pop()
        if is_dataclass(part):
            assert type(part).__module__ in (plan.__name__, annotations.__name__)
            todo += (getattr(part, field.name) for field in fields(part))
        elif isinstance(part, dict):
            todo += (*part.keys(), *part.values())
        elif isinstance(part, list | tuple) and not isinstance(part, Duration):
            todo += part
        else:
            assert isinstance(part, PLAIN), part


def test_a_plan_of_many_clashing_names_takes_no_longer_than_they_are_many() -> None:
    names = [f"{'_' * count}a" for count in range(1, 3_000)]
    listed = [{"name": name, "type": record("x", name=f"n{name}.X")} for name in names]
    made = blueprint(parse(record(*listed)))
    assert len({name.casefold() for name in made.by_name}) == len(names) + 1


def test_a_schema_with_too_many_types_is_refused() -> None:
    listed = [{"name": f"f{n}", "type": enum(f"E{n}", "A")} for n in range(10_000)]
    listed.append({"name": "last", "type": record("x", name="Last")})
    with pytest.raises(SchemaError, match="10,000 named types"):
        blueprint(parse(record(*listed)))


def test_a_schema_that_is_too_deep_is_refused() -> None:
    deep: Any = "int"
    for _ in range(300):
        deep = {"type": "array", "items": deep}
    with pytest.raises(SchemaError, match="too deeply"):
        blueprint(parse(deep))
