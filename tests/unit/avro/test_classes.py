"""Classes made of schemas, as their users meet them; the laws have files of their own."""

import sys
import time as clock
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, RootModel, ValidationError

from flowodm import FlowBaseModel
from flowodm.avro import build_model, derive, parse
from flowodm.avro.bind import bind
from flowodm.avro.values import Duration, RawNumber
from flowodm.codec.decode import compile_decoder
from flowodm.codec.model_style import model_style
from flowodm.errors import SchemaError
from tests.round_trips import DEFAULTS, Case

pytestmark = pytest.mark.unit


def record(fullname: str, /, *fields: dict[str, Any], **kinds: Any) -> dict[str, Any]:
    listed = [*fields, *({"name": name, "type": kind} for name, kind in kinds.items())]
    return {"type": "record", "name": fullname, "fields": listed}


def with_default(name: str, kind: Any, default: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "default": default}


def built(document: Any, **more: Any) -> Any:
    return build_model(parse(document), **more)


def problem(model: Any, **values: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        model(**values)
    return str(caught.value.errors()[0]["msg"])


ORDER = record(
    "shop.Order",
    with_default("tags", {"type": "array", "items": "string"}, ["new"]),
    with_default(
        "to", record("Place", with_default("city", "string", "x"), code="int"), {"code": 1}
    ),
    with_default("seen", {"type": "map", "values": "long"}, {}),
    {"name": "class", "type": "string", "doc": "What it is."},
)


def test_a_class_is_an_ordinary_model() -> None:
    order = built(ORDER)
    made = order(class_="a")
    assert issubclass(order, BaseModel)
    assert (order.__name__, order.__qualname__, order.__module__) == (
        "Order",
        "Order",
        "flowodm.models",
    )
    assert made.to.model_dump() == {"city": "x", "code": 1}
    assert made.model_dump(by_alias=True)["class"] == "a"
    assert order.model_fields["class_"].description == "What it is."


def test_a_field_takes_its_value_by_its_avro_name_and_by_its_attribute() -> None:
    order = built(ORDER)
    assert order(**{"class": "a"}) == order(class_="a")
    assert order.model_validate_json('{"class": "a"}') == order(class_="a")


def test_a_field_without_a_default_is_required() -> None:
    assert problem(built(ORDER)) == "Field required"


def test_no_instance_shares_its_defaults() -> None:
    order = built(ORDER)
    first, second = order(class_="a"), order(class_="b")
    first.tags.append("x")
    first.seen["x"] = 1
    first.to.city = "changed"
    assert (second.tags, second.seen, second.to.city) == (["new"], {}, "x")
    assert order(class_="c").tags == ["new"]


@pytest.mark.parametrize(
    "case",
    [case for case in DEFAULTS if case.name != "default beyond its precision"],
    ids=lambda case: case.name,
)
def test_a_default_is_what_reading_a_record_without_the_field_gives(case: Case) -> None:
    schema = case.parsed()
    model: Any = build_model(schema)
    binding = bind(model)
    writer = parse(record(schema.name))
    values = compile_decoder(writer, binding.schema, style=model_style(binding)).decode(b"")
    read = model.__pydantic_validator__.validate_python(values)
    assert repr(read) == repr(model())


def test_a_default_that_the_class_would_not_take_leaves_the_field_required() -> None:
    price = {"type": "bytes", "logicalType": "decimal", "precision": 2}
    schema = parse(record("Holder", with_default("price", price, "\u0001\u0000\u0000")))
    model = build_model(schema)
    assert problem(model) == "Field required"
    assert derive(model) == schema


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("int", 2**31, "less than or equal to 2147483647"),
        ("int", -(2**31) - 1, "greater than or equal to -2147483648"),
        ("long", 2**63, "less than or equal to 9223372036854775807"),
        ({"type": "fixed", "name": "F", "size": 2}, b"123", "at most 2 bytes"),
        ({"type": "fixed", "name": "F", "size": 2}, b"1", "at least 2 bytes"),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 3, "scale": 1},
            Decimal("0.01"),
            "no more than 1 decimal place",
        ),
        (
            {"type": "fixed", "name": "F", "size": 4, "logicalType": "decimal", "precision": 3},
            Decimal(1000),
            "no more than 3 digits",
        ),
        ({"type": "long", "logicalType": "timestamp-micros"}, datetime(2024, 1, 1), "timezone"),
        (
            {"type": "long", "logicalType": "local-timestamp-micros"},
            datetime(2024, 1, 1, tzinfo=UTC),
            "not have timezone",
        ),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "B", "Input should be 'A'"),
    ],
)
def test_a_value_that_its_avro_type_cannot_hold_is_refused_at_once(
    kind: Any, value: Any, message: str
) -> None:
    assert message in problem(built(record("Holder", v=kind)), v=value)


def test_text_is_taken_for_what_pydantic_takes_it_for() -> None:
    model = built(
        record(
            "Holder",
            at={"type": "long", "logicalType": "timestamp-millis"},
            day={"type": "int", "logicalType": "date"},
            clock={"type": "long", "logicalType": "time-micros"},
            id={"type": "string", "logicalType": "uuid"},
            sum={"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2},
        )
    )
    text = (
        '{"at": "2024-02-29T12:00:00Z", "day": "2024-02-29", "clock": "12:00:00",'
        ' "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "sum": "1.50"}'
    )
    made = model.model_validate_json(text)
    assert made == model(
        at=datetime(2024, 2, 29, 12, tzinfo=UTC),
        day=date(2024, 2, 29),
        clock=time(12),
        id=UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        sum=Decimal("1.50"),
    )
    assert model.model_validate_json(made.model_dump_json()) == made


def test_a_number_beyond_pythons_dates_is_held_and_dumped() -> None:
    model = built(record("Holder", day={"type": "int", "logicalType": "date"}))
    made = model(day=RawNumber(86_400 * 1_000))
    assert made.day == 86_400_000
    assert made.model_dump_json() == '{"day":86400000}'


def test_a_plain_number_for_a_date_is_what_pydantic_takes_it_for() -> None:
    model = built(record("Holder", day={"type": "int", "logicalType": "date"}))
    assert model(day=86_400).day == date(1970, 1, 2)


def test_every_class_has_a_json_schema() -> None:
    model = built(
        [
            "null",
            record(
                "Holder",
                at={"type": "long", "logicalType": "timestamp-millis"},
                span={"type": "fixed", "name": "S", "size": 12, "logicalType": "duration"},
                either=[
                    {"type": "fixed", "name": "A", "size": 2},
                    {"type": "fixed", "name": "B", "size": 2},
                ],
            ),
        ]
    )
    properties = model.model_json_schema()["$defs"]["Holder"]["properties"]
    assert properties["at"]["format"] == "date-time"
    assert set(properties) == {"at", "span", "either"}


def test_fixeds_that_share_a_union_have_classes_that_tell_them_apart() -> None:
    one = {"type": "fixed", "name": "Md5", "size": 2}
    other = {"type": "fixed", "name": "Token", "size": 2}
    model = built(
        record("Holder", a=[one, other], b="Token", c={"type": "fixed", "name": "Z", "size": 1})
    )
    token = type(model(a=b"12", b=b"12", c=b"1").b)
    made = model(a=token(b"34"), b=b"56", c=b"1")
    assert (token.__name__, type(made.a), type(made.c)) == ("Token", token, bytes)
    assert made.a == b"34"


def test_a_duration_is_its_three_amounts() -> None:
    span = {"type": "fixed", "name": "Span", "size": 12, "logicalType": "duration"}
    made = built(record("Holder", v=span))(v=(1, 2, 3))
    assert made.v == Duration(months=1, days=2, milliseconds=3)


def test_a_root_that_is_no_record_is_a_root_model() -> None:
    model = built({"type": "array", "items": "long"}, name="Numbers")
    assert issubclass(model, RootModel)
    assert model.__name__ == "Numbers"
    assert model([1, 2]).root == [1, 2]


def test_the_base_and_more_of_the_body_are_the_roots_only() -> None:
    class Base(BaseModel):
        def hello(self) -> str:
            return "hello"

    class Settings:
        topic = "sales"

    model = built(ORDER, base=Base, name="Sale", namespace={"Settings": Settings})
    made = model(class_="a")
    assert (made.hello(), model.__name__, model.Settings) == ("hello", "Sale", Settings)
    assert type(made.to).__mro__[1] is BaseModel
    assert derive(model).to_json() == parse(ORDER).to_json()


def test_what_a_base_has_already_keeps_its_name() -> None:
    class Settings:
        topic = "orders"

    names = ("meta", "produce", "Settings", "commit")
    schema = parse(record("Order", **dict.fromkeys(names, "int")))
    model: Any = build_model(schema, base=FlowBaseModel, namespace={"Settings": Settings})
    made = model(meta=1, produce=2, Settings=3, commit=4)
    assert (made.meta_, made.produce_, made.Settings_, made.commit_) == (1, 2, 3, 4)
    assert callable(made.produce)
    assert derive(model).to_json() == schema.to_json()


def test_a_base_with_fields_of_its_own_is_refused() -> None:
    class Base(BaseModel):
        id: int

    with pytest.raises(SchemaError, match="`Base` has fields of its own: `id`"):
        built(ORDER, base=Base)


def test_a_class_of_the_same_name_in_the_module_is_not_taken_for_one_of_the_schema(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pydantic looks up what a class waits for in the module that the class says it is of."""
    module = ModuleType("app_models")
    module.Node = module.House = int  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "app_models", module)
    house = record("House", owner=["null", "Node"])
    node = built(record("Node", next=["null", "Node"], home=["null", house]), module="app_models")
    inner = node(next=None, home=None)
    made = node(next=inner, home={"owner": inner})
    assert type(made.home.owner) is type(made.next) is node


def test_classes_in_a_circle_of_a_model_are_complete() -> None:
    class Settings:
        topic = "people"

    house = record("House", owner=["null", "Person"])
    schema = parse(record("Person", home=["null", house]))
    model: Any = build_model(schema, base=FlowBaseModel, namespace={"Settings": Settings})
    assert model(home={"owner": {"home": None}}).home.owner == model(home=None)


def test_names_are_data_and_never_code() -> None:
    names = ("__import__", "exec", "eval", "print", "__builtins__", "__class__", "__init__")
    document = record("__import__", **dict.fromkeys(names, "int"))
    document["doc"] = '""" + __import__("os").system("true") + """'
    model = built(document)
    assert [field.alias or name for name, field in model.model_fields.items()] == list(names)
    assert model(**dict.fromkeys(names, 1)).model_dump(by_alias=True) == dict.fromkeys(names, 1)
    assert model.__doc__ == document["doc"]


def circle(count: int) -> dict[str, Any]:
    inner: Any = "C0"
    for index in reversed(range(count)):
        inner = record(f"C{index}", next=["null", inner])
    return inner  # type: ignore[no-any-return]  # at least one


def chain(count: int) -> dict[str, Any]:
    inner: Any = "int"
    for index in range(count):
        inner = record(f"C{index}", inner=inner, more="string")
    return inner  # type: ignore[no-any-return]  # at least one


@pytest.mark.parametrize("document", [circle(300), chain(300)], ids=["circle", "chain"])
def test_records_too_deep_inside_one_another_are_refused(document: Any) -> None:
    with pytest.raises(SchemaError, match="deep"):
        built(document)


def test_a_long_circle_is_made_or_refused_but_does_not_fail() -> None:
    for count in (30, 60, 90, 150, 190):
        try:
            model = built(circle(count))
        except SchemaError:
            continue
        assert model(next=None).next is None


def bomb(levels: int, uses: int) -> dict[str, Any]:
    """Defaults that hold two of the next record's, and so double with every level."""
    inner = record("R0", with_default("x", "int", 1))
    for index in range(1, levels):
        inner = record(
            f"R{index}",
            with_default("a", inner, {}),
            with_default("b", f"R{index - 1}", {}),
        )
    more = [with_default(f"e{index}", f"R{levels - 1}", {}) for index in range(uses)]
    return record("Top", {"name": "z", "type": inner}, *more)


@pytest.mark.parametrize(
    "document",
    [
        bomb(30, 300),
        record("Wide", **{f"f{index}": "long" for index in range(10_000)}),
        record("Many", **{f"f{index}": record(f"S{index}", x="int") for index in range(2_000)}),
        [record(f"S{index}", x="int") for index in range(1_000)],
        {"type": "enum", "name": "E", "symbols": [f"s{index}" for index in range(20_000)]},
    ],
    ids=["defaults that double", "fields", "records", "branches", "symbols"],
)
def test_a_large_schema_takes_seconds_at_most(document: Any) -> None:
    """Each of them takes about one second; what grows with the square would take minutes."""
    schema = parse(document)
    start = clock.process_time()
    build_model(schema)
    assert clock.process_time() - start < 30
