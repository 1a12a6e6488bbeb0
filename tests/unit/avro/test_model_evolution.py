"""Records of older and newer writers, read into a class: what Java reads, in Python's types."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pytest
from pydantic import BaseModel, Field, ValidationError

from flowodm.avro import build_model, parse
from flowodm.avro.annotations import AvroField, AvroName
from flowodm.avro.bind import bind
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.model_style import model_style
from tests import adapters
from tests.unit.avro.test_resolve_choices import UNLIKE_JAVA
from tests.vectors.run_resolution import failure

pytestmark = pytest.mark.unit

Model = TypeVar("Model", bound=BaseModel)

CASES = json.loads(
    (Path(__file__).parents[2] / "vectors" / "resolution_cases.json").read_text("utf-8")
)["cases"]


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case["name"] not in UNLIKE_JAVA],
    ids=lambda case: f"{case['group']}/{case['name']}",
)
def test_a_class_reads_what_java_reads(case: dict[str, Any]) -> None:
    assert failure(adapters.resolve_in_class, case) is None


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case["name"] in UNLIKE_JAVA],
    ids=lambda case: f"{case['group']}/{case['name']}",
)
def test_a_class_chooses_what_the_dict_codec_chooses(case: dict[str, Any]) -> None:
    arguments = case["writer"], case["reader"], bytes.fromhex(case["hex"])
    try:
        expected = adapters.resolve(*arguments)
    except DecodeFailure:
        with pytest.raises(DecodeFailure):
            adapters.resolve_in_class(*arguments)
    else:
        assert adapters.resolve_in_class(*arguments) == expected


def record(fullname: str, /, **fields: Any) -> dict[str, Any]:
    listed = [{"name": field, "type": kind} for field, kind in fields.items()]
    return {"type": "record", "name": fullname, "fields": listed}


def read(model: type[Model], writer: Any, value: Mapping[str, Any]) -> Model:
    """What a class makes of a value that another schema's writer wrote."""
    written = parse(writer)
    binding = bind(model)
    decode = compile_decoder(written, binding.schema, style=model_style(binding)).decode
    values = decode(compile_encoder(written).encode(value))
    return model.__pydantic_validator__.validate_python(values)  # type: ignore[return-value]


class Level(StrEnum):
    __avro__ = AvroName(default="OTHER")

    LOW = "LOW"
    OTHER = "OTHER"


class Place(BaseModel):
    city: str = "nowhere"
    code: int


class Order(BaseModel):
    """What the newest version of a service reads."""

    id: int
    name: Annotated[str, AvroField(aliases=("title",))] = "?"
    price: Annotated[Decimal, Field(max_digits=9, decimal_places=2)] = Decimal("1.50")
    digest: bytes = b"\x00\xff"
    day: date = date(2024, 2, 29)
    at: datetime = datetime(2024, 2, 29, 12, tzinfo=UTC)
    place: Annotated[Place, AvroField(default={"code": 7})] = Field(
        default_factory=lambda: Place(code=7)
    )
    level: Level = Level.LOW
    tags: list[str] = []
    note: int | str | None = None


V1 = record("Order", id="int")


def test_fields_that_the_writer_did_not_know_have_their_defaults() -> None:
    assert read(Order, V1, {"id": 5}) == Order(id=5)


def test_defaults_are_not_shared_between_instances() -> None:
    first, second = read(Order, V1, {"id": 1}), read(Order, V1, {"id": 2})
    first.tags.append("x")
    first.place.city = "x"
    assert second.tags == []
    assert second.place == Place(city="nowhere", code=7)


def test_a_field_that_the_reader_does_not_know_is_passed_over() -> None:
    writer = record("Order", gone={"type": "array", "items": "string"}, id="long", more="bytes")
    assert read(Order, writer, {"gone": ["a", "b"], "id": 5, "more": b"xyz"}) == Order(id=5)


def test_fields_in_another_order_go_to_their_names() -> None:
    writer = record("Order", name="string", id="long")
    assert read(Order, writer, {"name": "n", "id": 5}) == Order(id=5, name="n")


def test_a_renamed_field_is_found_by_its_alias() -> None:
    writer = record("Order", id="int", title="string")
    assert read(Order, writer, {"id": 5, "title": "old"}).name == "old"


def test_a_promoted_number_and_text_are_read() -> None:
    writer = record("Order", id="int", name="bytes", digest="string")
    found = read(Order, writer, {"id": -1, "name": "é".encode(), "digest": "é"})
    assert (found.id, found.name, found.digest) == (-1, "é", "é".encode())


def test_a_symbol_that_the_reader_does_not_know_is_its_default() -> None:
    level = {"type": "enum", "name": "Level", "symbols": ["NEW", "LOW"]}
    writer = record("Order", id="int", level=level)
    assert read(Order, writer, {"id": 1, "level": "NEW"}).level is Level.OTHER
    assert read(Order, writer, {"id": 1, "level": "LOW"}).level is Level.LOW


@pytest.mark.parametrize(("kind", "value"), [("int", 3), ("string", "s"), ("null", None)])
def test_a_type_is_read_into_a_union_that_has_it(kind: str, value: Any) -> None:
    found = read(Order, record("Order", id="int", note=kind), {"id": 1, "note": value})
    assert found.note == value


def test_a_union_is_read_into_a_wider_one() -> None:
    writer = record("Order", id="int", note=["string", "int"])
    assert read(Order, writer, {"id": 1, "note": 4}).note == 4
    assert read(Order, writer, {"id": 1, "note": "4"}).note == "4"


def test_a_nested_record_grows_too() -> None:
    writer = record("Order", id="int", place=record("Place", code="int"))
    found = read(Order, writer, {"id": 1, "place": {"code": 3}})
    assert found.place == Place(city="nowhere", code=3)


def test_a_logical_type_in_other_units_is_converted() -> None:
    price = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1}
    at = {"type": "long", "logicalType": "timestamp-millis"}
    moment = datetime(2020, 1, 1, 1, 2, 3, 4000, UTC)
    writer = record("Order", id="int", price=price, at=at)
    found = read(Order, writer, {"id": 1, "price": Decimal("12.3"), "at": moment})
    assert (str(found.price), found.at) == ("12.30", moment)


def test_a_value_beyond_the_digits_of_the_class_is_refused() -> None:
    price = {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}
    writer = record("Order", id="int", price=price)
    with pytest.raises((ValidationError, DecodeFailure), match="digits"):
        read(Order, writer, {"id": 1, "price": Decimal("1234567890.00")})


def test_a_missing_field_without_a_default_is_an_error() -> None:
    with pytest.raises(DecodeFailure, match="id"):
        read(Order, record("Order", name="string"), {"name": "x"})


def test_a_type_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(DecodeFailure, match="id"):
        read(Order, record("Order", id="string"), {"id": "5"})


def test_a_type_that_took_another_name_reads_its_old_one() -> None:
    class Renamed(BaseModel):
        __avro__ = AvroName("shop.Place", aliases=("Place",))
        code: int

    class Holder(BaseModel):
        at: Renamed | str

    found = read(Holder, record("Holder", at=record("Place", code="int")), {"at": {"code": 3}})
    assert found == Holder(at=Renamed(code=3))


def test_a_class_of_the_new_schema_and_one_by_hand_read_the_same() -> None:
    built = build_model(bind(Order).schema)
    writer = record("Order", id="int", title="string")
    by_hand = read(Order, writer, {"id": 5, "title": "x"})
    made = read(built, writer, {"id": 5, "title": "x"})
    assert made.model_dump() == by_hand.model_dump()


def test_a_date_beyond_python_stays_readable() -> None:
    """A record of the year 294276 must not stop the reading of a topic."""
    at = {"type": "long", "logicalType": "timestamp-micros"}
    model = build_model(parse(record("Event", at=at, n="int")))
    found = read(model, record("Event", at=at, n="int"), {"at": 9_223_372_036_854_775_807, "n": 1})
    assert found.at == 9_223_372_036_854_775_807  # type: ignore[attr-defined]
