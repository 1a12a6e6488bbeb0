"""Values become instances of Pydantic classes, and what a class does not take is never lost."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator

from flowodm.avro import Schema, parse
from flowodm.cli.model_reading import GivenClass, MadeClasses
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.framing import frame
from flowodm.codec.style import VALUES
from flowodm.display.layout import draw
from flowodm.display.tree import TREE, Noted, TypedRecord
from flowodm.json_form import JSON
from flowodm.model import FlowBaseModel
from flowodm.record import Decoded, Record, Undecodable
from flowodm.registry import SchemaDocument
from tests.generators import random_encoding, random_schema

pytestmark = pytest.mark.unit

ORDER = {
    "type": "record",
    "name": "shop.Order",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "class", "type": {"type": "enum", "name": "Class", "symbols": ["NEW", "None"]}},
        {
            "name": "price",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2},
        },
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}
VALUE = {
    "id": "o-1",
    "class": "None",
    "price": Decimal("12.34"),
    "at": datetime(2026, 11, 23, 12, 4, 5, 118_000, tzinfo=UTC),
}
LOOK = "Order(id='o-1', class=Class.None, price=Decimal('12.34'), at=2026-11-23 12:04:05.118Z)"


def made(schema: Schema) -> tuple[Any, list[str]]:
    warnings: list[str] = []
    return MadeClasses(warnings.append).compile(schema), warnings


def look(value: Any) -> str:
    return "\n".join(draw(value, 200).lines)


def test_a_record_is_an_instance_of_a_class_made_of_its_schema() -> None:
    schema = parse(ORDER)
    decoder, warnings = made(schema)
    value = decoder.decode(compile_encoder(schema).encode(VALUE))
    assert isinstance(value, BaseModel)
    assert type(value).__name__ == "Order"
    assert look(value) == LOOK
    assert warnings == []


def test_an_instance_looks_as_the_bytes_do() -> None:
    schema = parse(ORDER)
    data = compile_encoder(schema).encode(VALUE)
    assert look(compile_decoder(schema, style=TREE).decode(data)) == LOOK


def test_what_a_made_class_does_not_take_is_shown_with_the_reason() -> None:
    schema = parse(ORDER)
    decoder, _ = made(schema)
    wide = ORDER | {"fields": [*ORDER["fields"]]}
    wide["fields"][2] = wide["fields"][2] | {"type": wide["fields"][2]["type"] | {"precision": 9}}
    data = compile_encoder(parse(wide)).encode(VALUE | {"price": Decimal("99999.99")})
    value = decoder.decode(data)
    assert isinstance(value, Noted)
    assert value.note.startswith("`Order` does not take it: ")
    assert value.note.endswith("at `price`")
    assert "price=Decimal('99999.99')" in look(value)


@pytest.mark.parametrize(
    "type_",
    [
        ["null", "int", "long"],
        {"type": "long", "logicalType": "timestamp-nanos"},
        {"type": "array", "items": ["float", "double"]},
    ],
)
def test_where_bytes_tell_more_than_a_class_they_are_shown(type_: Any) -> None:
    schema = parse({"type": "record", "name": "R", "fields": [{"name": "f", "type": type_}]})
    decoder, warnings = made(schema)
    value = decoder.decode(random_encoding(Random(1), schema))
    assert isinstance(value, TypedRecord)
    assert warnings == []


def test_a_very_large_schema_is_not_made_into_classes() -> None:
    fields = [{"name": f"f{number}", "type": "int"} for number in range(501)]
    decoder, warnings = made(parse({"type": "record", "name": "R", "fields": fields}))
    assert isinstance(decoder.decode(bytes(501)), TypedRecord)
    assert warnings == []


def test_the_classes_of_a_run_are_bounded_in_all() -> None:
    made_classes = MadeClasses(lambda line: None)
    fields = [{"name": f"f{number}", "type": "int"} for number in range(400)]
    kinds = []
    for number in range(30):
        schema = parse({"type": "record", "name": f"R{number}", "fields": fields})
        kinds.append(isinstance(made_classes.compile(schema).decode(bytes(400)), BaseModel))
    assert kinds == [True] * 25 + [False] * 5


def test_bytes_that_are_no_value_are_told_as_ever() -> None:
    decoder, _ = made(parse(ORDER))
    with pytest.raises(DecodeFailure) as own:
        decoder.decode(b"\x06o-1\x09")
    with pytest.raises(DecodeFailure) as usual:
        compile_decoder(parse(ORDER)).decode(b"\x06o-1\x09")
    assert str(own.value) == str(usual.value)
    assert own.value.position == usual.value.position


@given(st.randoms(use_true_random=False))
def test_whatever_the_schema_its_values_are_drawn_as_the_bytes_are(random: Random) -> None:
    schema = parse(json.dumps(random_schema(random)))
    data = random_encoding(random, schema)
    decoder, _ = made(schema)
    value = decoder.decode(data)
    usual = compile_decoder(schema, style=TREE).decode(data)
    if isinstance(value, Noted):
        assert value.value == usual or look(value.value) == look(usual)
    assert look(value)


class Order(BaseModel):
    """What one program makes of an order."""

    id: str
    price: Decimal = Field(max_digits=12, decimal_places=2)
    note: str = "none yet"

    @field_validator("id")
    @classmethod
    def check_id(cls, value: str) -> str:
        if value == "boom":
            raise KeyError("a bug of the user's own")
        if not value.startswith("o-"):
            raise ValueError("an id begins with `o-`")
        return value.upper()


class RegistryOfOne:
    """What a codec asks a registry, answered with one schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def schema_by_id(self, schema_id: int) -> SchemaDocument:
        return SchemaDocument(self.schema.to_json())

    def parsed(self, schema_id: int) -> Schema:
        return self.schema


def given_class(style: Any, model: type[BaseModel] = Order) -> GivenClass:
    registry: Any = RegistryOfOne(parse(ORDER))
    return GivenClass(model, registry, style=style)


def record_of(value: bytes | None) -> Record:
    return Record("orders", 0, 0, "create", 0, None, value, ())


def framed(**changes: Any) -> Record:
    return record_of(frame(7) + compile_encoder(parse(ORDER)).encode(VALUE | changes))


def test_a_given_class_reads_into_its_own_schema() -> None:
    value = given_class(TREE).decode(framed()).value
    assert isinstance(value, Decoded)
    assert value.value == Order(id="o-1", price=Decimal("12.34"))
    assert look(value.value) == "Order(id='O-1', price=Decimal('12.34'), note='none yet')"
    assert value.schema_id == 7


@pytest.mark.parametrize(
    ("style", "value"),
    [
        (VALUES, {"id": "o-1", "price": Decimal("12.34"), "note": "none yet"}),
        (JSON, {"id": "o-1", "price": "12.34", "note": "none yet"}),
    ],
)
def test_other_outputs_have_the_values_of_its_schema(style: Any, value: Any) -> None:
    decoded = given_class(style).decode(framed()).value
    assert isinstance(decoded, Decoded)
    assert decoded.value == value


@pytest.mark.parametrize("style", [TREE, VALUES, JSON], ids=lambda style: style.name)
@pytest.mark.parametrize(
    ("id_", "error"),
    [
        ("x-1", "`Order` does not take it: Value error, an id begins with `o-` at `id`"),
        ("boom", '`Order` fails: KeyError: "a bug of the user\'s own"'),
    ],
)
def test_what_a_given_class_does_not_take_did_not_decode(style: Any, id_: str, error: str) -> None:
    record = framed(id=id_)
    assert given_class(style).decode(record).value == Undecodable(error, record.value or b"", 7)


def test_a_schema_that_cannot_be_read_into_a_given_class_is_told() -> None:
    class Paid(BaseModel):
        id: str
        paid: bool

    value = given_class(TREE, Paid).decode(framed()).value
    assert isinstance(value, Undecodable)
    assert "`paid`" in value.error or "paid" in value.path
    assert "was not written, and has no default" in value.error


def test_what_names_no_schema_is_no_value_of_a_given_class() -> None:
    value = given_class(TREE).decode(record_of(b"plain text")).value
    assert isinstance(value, Undecodable)
    assert value.error == "not framed Avro: it starts with byte 0x70 and names no schema"


def test_a_tombstone_is_a_tombstone_for_every_class() -> None:
    assert given_class(TREE).decode(record_of(None)).value == Decoded(None, "null")


class RawOrder(FlowBaseModel):
    class Settings:
        topic = "orders"
        confluent_wire_format = False

    id: str
    count: int


class JsonOrder(FlowBaseModel):
    class Settings:
        topic = "orders"
        value_serializer = "json"

    id: str
    count: int


@pytest.mark.parametrize(
    ("model", "data"),
    [(RawOrder, b"\x02a\x0e"), (JsonOrder, b'{"id": "a", "count": 7}')],
    ids=["raw", "json"],
)
def test_the_settings_of_a_class_say_how_its_values_are_written(
    model: type[BaseModel], data: bytes
) -> None:
    instance = given_class(TREE, model).decode(record_of(data)).value
    plain = given_class(JSON, model).decode(record_of(data)).value
    assert isinstance(instance, Decoded)
    assert isinstance(plain, Decoded)
    assert instance.value == model.model_validate({"id": "a", "count": 7})
    assert plain.value == {"id": "a", "count": 7}


@pytest.mark.parametrize(
    ("model", "data", "error"),
    [
        (RawOrder, b"\x02a", "value"),
        (JsonOrder, b'{"id": "a"}', "`JsonOrder` does not take it: Field required at `count`"),
        (JsonOrder, b"{", "not JSON: "),
    ],
    ids=["raw", "json", "no-json"],
)
def test_what_is_wrong_in_their_form_is_told(
    model: type[BaseModel], data: bytes, error: str
) -> None:
    value = given_class(TREE, model).decode(record_of(data)).value
    assert isinstance(value, Undecodable)
    assert error in value.error
    assert value.raw == data
