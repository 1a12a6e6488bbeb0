"""A form comes to the record that was typed, and says where it does not."""

import json
from typing import Any

import pytest

from flowodm import avro
from flowodm.codec.decode import compile_decoder
from flowodm.codec.framing import frame
from flowodm.errors import SerializationError
from flowodm.json_form import JSON
from flowodm.lines.schemas import AvroWriter
from flowodm.record import Decoded, DecodedRecord, Record, Undecodable
from flowodm.tui.sources.form import Form, FormField, Target, copied_of
from tests.tui.fake_produce import ORDER, writer
from tests.unit.cli.hostile import HOSTILE_TEXTS

pytestmark = pytest.mark.unit


def form_of(value: Any, key: Any = None) -> Form:
    keys = None if key is None else writer(key, "orders-key v1, id 42", 42)
    return Form(Target("orders", 3, keys, None if value is None else writer(value)))


def record_of(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields)}


def at(form: Form, path: str) -> FormField:
    return next(one for one in form.fields if ".".join(one.path) == path)


def fill(form: Form, **texts: str) -> Form:
    for path, text in texts.items():
        form.type(at(form, f"value.{path}"), text)
    return form


def sent(form: Form) -> Any:
    """The JSON form of what would be sent, read by a decoder."""
    data = form.draft().message.value
    assert data is not None
    value = form.target.value
    assert value is not None
    assert data.startswith(frame(value.schema_id or 0))
    return compile_decoder(value.schema, style=JSON).decode(data, 5)


LOGICAL = {
    "day": ({"type": "int", "logicalType": "date"}, "2026-11-23"),
    "noon": ({"type": "int", "logicalType": "time-millis"}, "12:04:05.118"),
    "tick": ({"type": "long", "logicalType": "time-micros"}, "12:04:05.118001"),
    "at": ({"type": "long", "logicalType": "timestamp-millis"}, "2026-11-23T12:04:05.118Z"),
    "us": ({"type": "long", "logicalType": "timestamp-micros"}, "2026-11-23T12:04:05.118001Z"),
    "ns": ({"type": "long", "logicalType": "timestamp-nanos"}, "2026-11-23T12:04:05.118001002Z"),
    "here": ({"type": "long", "logicalType": "local-timestamp-millis"}, "2026-11-23T12:04:05.118"),
    "id": (
        {"type": "string", "logicalType": "uuid"},
        "0b6f3a1e-5c1d-4f0e-9a3b-2d1c0e9f8a7b",
    ),
    "price": (
        {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2},
        "-12.30",
    ),
    "fee": (
        {"type": "fixed", "name": "Fee", "size": 8, "logicalType": "decimal", "precision": 9},
        "17",
    ),
    "span": (
        {"type": "fixed", "name": "Span", "size": 12, "logicalType": "duration"},
        '{"months": 1, "days": 2, "milliseconds": 3}',
    ),
    "data": ("bytes", "aGk="),
    "half": ("double", "0.5"),
    "none": ("float", "NaN"),
    "yes": ("boolean", "true"),
    "count": ("int", "-7"),
    "more": ({"type": "map", "values": "long"}, '{"a": 1}'),
    "either": (["null", "int", "long"], '{"long": 5}'),
}


def test_every_type_is_typed_as_produce_reads_it_and_comes_back_the_same():
    schema = record_of(*({"name": name, "type": kind} for name, (kind, _) in LOGICAL.items()))
    form = fill(form_of(schema), **{name: text for name, (_, text) in LOGICAL.items()})
    assert [*form.troubles] == []
    found = sent(form)
    for name, (_, text) in LOGICAL.items():
        value = found[name]
        assert value == text or json.dumps(value) == text or value == json.loads(text), name


def test_each_field_has_its_type_and_doc_and_begins_with_its_default():
    form = form_of(ORDER)
    assert at(form, "value.id").doc == "Counts from 1."
    assert at(form, "value").doc == "What somebody wants to have."
    status = at(form, "value.status")
    assert (status.words, status.choices, form.text(status)) == (
        "enum shop.Status",
        ("NEW", "PAID", "SHIPPED"),
        "NEW",
    )
    assert form.text(at(form, "value.gift")) == "false"
    assert form.text(at(form, "value.tags")) == "[]"


def test_defaults_of_logical_types_are_spelled_as_they_are_typed():
    form = form_of(
        record_of(
            {"name": "day", "type": {"type": "int", "logicalType": "date"}, "default": 20_000},
            {
                "name": "price",
                "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2},
                "default": "\u0004Ò",
            },
            {"name": "data", "type": "bytes", "default": "hi"},
            {"name": "maybe", "type": ["string", "null"], "default": "x"},
        )
    )
    texts = [form.text(one) for one in form.fields if one.path[0] == "value"]
    assert texts == ["", "2024-10-04", "12.34", "aGk=", "x"]


def test_what_is_needed_and_not_there_is_told_at_each_field():
    form = form_of(ORDER)
    assert [".".join(one.path) for one, _ in form.troubles] == [
        "value.id",
        "value.total",
        "value.at",
    ]
    with pytest.raises(SerializationError) as caught:
        form.draft()
    assert caught.value.path == "value.id"


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("id", "x", "expected a whole number"),
        ("id", str(2**63), "does not fit in `long`"),
        ("status", "PAYD", "did you mean `PAID`"),
        ("total", "12.345", "more than 2 digits"),
        ("at", "yesterday", "expected a timestamp with its zone"),
        ("gift", "maybe", "expected"),
        ("tags", '["a", 5]', "[1]: expected text"),
        ("tags", "[", "not JSON"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(field: str, text: str, said: str):
    form = form_of(ORDER)
    trouble = form.trouble(at(form, f"value.{field}"), text)
    assert trouble is not None
    assert said in trouble


def complete(**texts: str) -> Form:
    given = {"id": "7", "total": "12.5", "at": "2026-11-23T12:04:05Z"}
    return fill(form_of(ORDER), **{**given, **texts})


def test_nothing_typed_is_null_and_two_quotes_are_an_empty_text():
    assert sent(complete())["note"] is None
    assert sent(complete(note='""'))["note"] == ""
    assert sent(complete(note="null"))["note"] == "null"


def test_a_record_that_may_be_null_is_opened_filled_in_and_closed_again():
    form = complete()
    assert sent(form)["address"] is None
    form.toggle(at(form, "value.address"))
    assert form.trouble(at(form, "value.address.city")) is None  # an empty text is one
    fill(form, **{"address.city": "Köln"})
    assert sent(form)["address"] == {"city": "Köln", "zip": "00000"}
    form.toggle(at(form, "value.address"))
    assert sent(form)["address"] is None


def test_a_field_that_is_cleared_takes_its_default():
    assert sent(complete(status="", tags=""))["status"] == "NEW"


def test_a_schema_that_contains_itself_is_opened_level_by_level_and_ends():
    node = record_of(
        {"name": "n", "type": "int", "default": 1},
        {"name": "next", "type": ["null", "R"], "default": None},
    )
    form, path = form_of(node), "value.next"
    while at(form, path).is_group:
        form.toggle(at(form, path))
        path += ".next"
        assert len(path) < 500
    assert at(form, path).spelling == "json"
    form.type(at(form, path), '{"n": 9}')
    assert "'n': 9" in str(sent(form))


def test_a_record_of_records_of_records_has_a_bounded_form():
    inner: Any = "long"
    for level in range(30):
        name = f"L{level}"
        fields = [
            {"name": f"f{n}", "type": inner if n == 0 else inner_name}
            for n, inner_name in enumerate(
                [inner] + [f"L{level - 1}"] * 9 if level else ["long"] * 10
            )
        ]
        inner = {"type": "record", "name": name, "fields": fields}
    assert len(form_of(inner).fields) < 2_500


def test_a_value_without_fields_is_one_field():
    form = form_of({"type": "array", "items": "long"})
    form.type(at(form, "value"), "[1, 2]")
    assert sent(form) == [1, 2]


def test_a_key_has_the_fields_of_its_own_schema():
    form = form_of({"type": "string"}, record_of({"name": "user", "type": "long"}))
    form.type(at(form, "key.user"), "5")
    form.type(at(form, "value"), "hello")
    message = form.draft().message
    assert message.key == frame(42) + b"\x0a"
    assert message.value == frame(43) + b"\x0ahello"


def test_without_schemas_key_and_value_are_text_and_no_text_is_no_key():
    form = form_of(None)
    form.type(at(form, "value"), '"hello"')
    assert form.draft().message[:2] == (None, b'"hello"')
    form.type(at(form, "key"), '""')
    assert form.draft().message.key == b""


def test_a_tombstone_has_no_value_and_a_record_may_have_no_key():
    form = form_of(ORDER, "string")
    form.toggle_side("value")
    form.type(at(form, "key"), "k")
    assert form.draft().message[:2] == (frame(42) + b"\x02k", None)
    form.toggle_side("key")
    assert form.draft().message[:2] == (None, None)


def test_headers_have_one_line_more_than_are_typed():
    form = form_of(None)
    form.type(at(form, "headers.header 1"), "source=backfill")
    form.type(at(form, "headers.header 2"), "b=")
    assert at(form, "headers.header 3")
    assert form.draft().message.headers == (("source", b"backfill"), ("b", b""))
    form.type(at(form, "headers.header 1"), "")
    assert form.draft().message.headers == (("b", b""),)


def test_a_header_without_a_name_and_a_partition_that_is_not_there_are_told():
    form = form_of(None)
    assert "name=value" in (form.trouble(at(form, "headers.header 1"), "x") or "")
    assert "no partition 3" in (form.trouble(at(form, "partition"), "3") or "")
    assert "number" in (form.trouble(at(form, "partition"), "-1") or "")
    form.type(at(form, "partition"), "2")
    assert form.draft().partition == 2


def test_what_was_typed_stays_where_another_schema_has_the_field_too():
    form = complete(note="hi")
    other = form_of(
        record_of({"name": "id", "type": "string"}, {"name": "x", "type": ["null", "int"]})
    )
    other.adopt(form)
    assert sent(other) == {"id": "7", "x": None}


def decoded(value: Any, data: bytes | None = b"{}", **others: Any) -> DecodedRecord:
    given = Record(
        "orders", 0, 123, "create", 1, others.get("key"), data, others.get("headers", ())
    )
    side = value if isinstance(value, Undecodable) else Decoded(value, "avro")
    key = Decoded((given.key or b"").decode(), "text" if given.key else "null")
    return DecodedRecord(given, key, side)


def test_a_form_begins_with_what_fits_of_a_record_and_tells_the_rest():
    target = form_of(ORDER).target
    headers = (("a", b"1"), ("b", None), ("c", b"\xff"), ("__value_schema_id", b"\x01\0\0\0\x2b"))
    found = decoded({"id": 5, "note": "", "old": 1}, key=b"k-1", headers=headers)
    form = Form(target, copied_of(found, target))
    assert form.copied.place == "0:123"
    assert form.text(at(form, "value.id")) == "5"
    assert form.text(at(form, "value.note")) == '""'
    assert form.text(at(form, "key")) == "k-1"
    assert [form.text(one) for one in form.fields if one.path[0] == "headers"] == ["a=1", ""]
    assert form.copied.notes == (
        "its value's `old` left out: the schema has no such field",
        "headers left out: 2 are no text",
    )


def test_a_record_that_does_not_decode_leaves_the_form_empty_and_says_so():
    target = form_of(ORDER).target
    copied = copied_of(decoded(Undecodable("bad", b"x")), target)
    assert copied.notes == ("its value does not decode",)
    assert Form(target, copied).text(at(form_of(ORDER), "value.id")) == ""


def test_a_tombstone_begins_as_one():
    target = form_of(ORDER).target
    form = Form(target, copied_of(decoded(None, None, key=b"k"), target))
    assert form.draft().message.value is None


def test_every_field_of_a_record_comes_back_through_the_form():
    filled = complete(note='say "hi"\\n', status="SHIPPED")
    filled.toggle(at(filled, "value.address"))
    fill(filled, tags='["a", "\\u202e"]', **{"address.city": '"\\u200b"'})
    value, target = sent(filled), filled.target
    assert sent(Form(target, copied_of(decoded(value), target))) == value


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_a_hostile_text_of_a_record_is_sent_again_as_it_was(text: str):
    text = text.encode("utf-8", "replace").decode()
    target = Target("t", 1, None, AvroWriter(avro.parse('"string"'), 7, ""))
    form = Form(target, copied_of(decoded(text), target))
    assert sent(form) == text
