"""The JSON form of Avro values: what it looks like, that it comes back, and what it refuses."""

import struct
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic_core import to_json

from flowodm.avro import Schema, parse
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.codec.plain import read_json
from flowodm.errors import SerializationError
from flowodm.json_form import JSON, from_json
from tests.generators import zigzag
from tests.strategies import avro_schemas, avro_values, json_values

pytestmark = pytest.mark.unit


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def logical(carrier: str, name: str) -> dict[str, Any]:
    return {"type": carrier, "logicalType": name}


DURATION = {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}
UUID_BYTES = {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"}
LEFT = {"type": "record", "name": "a.Left", "fields": [{"name": "x", "type": "int"}]}
RIGHT = {"type": "record", "name": "a.Right", "fields": [{"name": "x", "type": "int"}]}


def decoded(schema: Schema, data: bytes) -> Any:
    """The JSON form after a trip through its own text."""
    return read_json(to_json(compile_decoder(schema, style=JSON).decode(data)).decode())


def both_ways(document: Any, data: bytes) -> Any:
    """The JSON form of some bytes, once it is proven to give the same bytes again."""
    schema = parse(document)
    form = decoded(schema, data)
    assert compile_encoder(schema).encode(from_json(schema, form)) == data
    return form


@pytest.mark.parametrize(
    ("document", "data", "form"),
    [
        ("null", b"", None),
        ("boolean", b"\x01", True),
        ("int", zigzag(-(2**31)), -(2**31)),
        ("long", zigzag(2**63 - 1), 2**63 - 1),
        ("string", b"\x0aK\xc3\xb6ln", "Köln"),
        ("bytes", b"\x04\x00\xff", "AP8="),
        ({"type": "fixed", "name": "F", "size": 3}, b"\x01\x02\x03", "AQID"),
        ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, b"\x02", "B"),
        (decimal(9, 2), b"\x04\x04\xce", "12.30"),
        (decimal(9, 2), b"\x02\xff", "-0.01"),
        (decimal(9, 2), b"\x02\x00", "0.00"),
        (decimal(9, 0), b"\x02\x80", "-128"),
        ({**decimal(4, 4), "type": "fixed", "name": "F", "size": 3}, b"\x00\x00\x07", "0.0007"),
        (logical("int", "date"), zigzag(20780), "2026-11-23"),
        (logical("int", "date"), zigzag(-719162), "0001-01-01"),
        (logical("int", "date"), zigzag(-719163), -719163),
        (logical("int", "date"), zigzag(2932896), "9999-12-31"),
        (logical("int", "date"), zigzag(2932897), 2932897),
        (logical("int", "time-millis"), zigzag(43445118), "12:04:05.118"),
        (logical("int", "time-millis"), zigzag(86400000), 86400000),
        (logical("long", "time-micros"), zigzag(1), "00:00:00.000001"),
        (logical("long", "time-micros"), zigzag(-1), -1),
        (logical("long", "timestamp-millis"), zigzag(1795435445118), "2026-11-23T12:04:05.118Z"),
        (logical("long", "timestamp-millis"), zigzag(-1), "1969-12-31T23:59:59.999Z"),
        (logical("long", "timestamp-micros"), zigzag(1), "1970-01-01T00:00:00.000001Z"),
        (logical("long", "timestamp-nanos"), zigzag(1), "1970-01-01T00:00:00.000000001Z"),
        (logical("long", "timestamp-nanos"), zigzag(2**63 - 1), "2262-04-11T23:47:16.854775807Z"),
        (logical("long", "timestamp-millis"), zigzag(2**63 - 1), 2**63 - 1),
        (logical("long", "local-timestamp-millis"), zigzag(0), "1970-01-01T00:00:00.000"),
        (logical("long", "local-timestamp-micros"), zigzag(0), "1970-01-01T00:00:00.000000"),
        (logical("long", "local-timestamp-nanos"), zigzag(0), "1970-01-01T00:00:00.000000000"),
        (UUID_BYTES, bytes(range(16)), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
        (DURATION, struct.pack("<III", 1, 2, 2**32 - 1), {"months": 1, "days": 2, "milliseconds": 2**32 - 1}),
        (logical("bytes", "big-decimal"), b"\x06\x02\x7b\x04", "AnsE"),
        ({"type": "array", "items": "int"}, b"\x00", []),
        ({"type": "map", "values": "int"}, b"\x00", {}),
        ({"type": "record", "name": "R", "fields": []}, b"", {}),
    ],
)  # fmt: skip
def test_each_type_has_its_form(document: Any, data: bytes, form: Any) -> None:
    assert both_ways(document, data) == form


@pytest.mark.parametrize(
    ("word", "code", "number", "form"),
    [
        ("double", "<d", float("nan"), "NaN"),
        ("double", "<d", float("-inf"), "-Infinity"),
        ("double", "<d", -0.0, -0.0),
        ("double", "<d", 5e-324, 5e-324),
        ("float", "<f", float("nan"), "NaN"),
        ("float", "<f", float("inf"), "Infinity"),
        ("float", "<f", -0.0, -0.0),
        ("float", "<f", 0.1, 0.1),
        ("float", "<f", 16777217.0, 16777216.0),
        ("float", "<f", 1e-45, 1.4013e-45),
    ],
)
def test_floats_are_readable_and_come_back(word: str, code: str, number: float, form: Any) -> None:
    assert repr(both_ways(word, struct.pack(code, number))) == repr(form)


@given(st.floats(width=32, allow_nan=False))
def test_every_float_comes_back(number: float) -> None:
    both_ways("float", struct.pack("<f", number))


@given(st.floats(allow_nan=False))
def test_every_double_comes_back(number: float) -> None:
    both_ways("double", struct.pack("<d", number))


@given(st.sampled_from(["millis", "micros", "nanos"]), st.integers(-(2**63), 2**63 - 1))
def test_every_timestamp_comes_back(unit: str, ticks: int) -> None:
    both_ways(logical("long", f"timestamp-{unit}"), zigzag(ticks))
    both_ways(logical("long", f"local-timestamp-{unit}"), zigzag(ticks))


NEW_YEAR_10000 = 253402300800000


@pytest.mark.parametrize(
    ("branches", "index", "body", "form"),
    [
        (["null", "string"], 0, b"", None),
        (["null", "string"], 1, b"\x02a", "a"),
        (["int", "null"], 0, b"\x02", 1),
        (["null", "int", "long"], 2, b"\x02", {"long": 1}),
        (["null", "int", "long"], 1, b"\x02", {"int": 1}),
        (["null", "int", "long"], 0, b"", None),
        (["null", "float", "double"], 1, struct.pack("<f", 0.1), {"float": 0.1}),
        (["string", "bytes"], 1, b"\x02a", {"bytes": "YQ=="}),
        (["string", {"type": "enum", "name": "n.E", "symbols": ["A"]}], 1, b"\x00", {"n.E": "A"}),
        (["string", decimal(4, 2)], 0, b"\x021", {"string": "1"}),
        (["string", decimal(4, 2)], 1, b"\x02\x01", {"bytes": "0.01"}),
        ([LEFT, RIGHT], 1, b"\x02", {"a.Right": {"x": 1}}),
        (["null", LEFT, {"type": "map", "values": "int"}], 1, b"\x02", {"a.Left": {"x": 1}}),
        (["null", LEFT, {"type": "map", "values": "int"}], 2, b"\x00", {"map": {}}),
        (["null", LEFT, "int"], 1, b"\x02", {"x": 1}),
        (["int", "long", LEFT], 2, b"\x02", {"a.Left": {"x": 1}}),
        (["null", {"type": "array", "items": "int"}, "string"], 1, b"\x00", []),
        (["double", "string"], 0, struct.pack("<d", 1.5), 1.5),
        (["double", "string"], 0, struct.pack("<d", float("inf")), {"double": "Infinity"}),
        (["double", "string"], 1, b"\x06NaN", "NaN"),
        (["double", "string", {"type": "map", "values": "string"}], 2, b"\x02\x02k\x02v\x00", {"k": "v"}),
        (["double", "string", {"type": "map", "values": "string"}], 2, b"\x02\x0cdouble\x06NaN\x00", {"map": {"double": "NaN"}}),
        (["double", "string", {"type": "map", "values": "string"}], 2, b"\x02\x06map\x02v\x00", {"map": {"map": "v"}}),
        (["null", {"type": "map", "values": "string"}], 1, b"\x02\x06map\x02v\x00", {"map": "v"}),
        (["int", logical("long", "timestamp-millis")], 1, zigzag(0), "1970-01-01T00:00:00.000Z"),
        (["int", logical("long", "timestamp-millis")], 1, zigzag(NEW_YEAR_10000), {"long": NEW_YEAR_10000}),
        (["null", logical("long", "timestamp-millis")], 1, zigzag(NEW_YEAR_10000), NEW_YEAR_10000),
        ([DURATION, LEFT], 0, bytes(12), {"D": {"months": 0, "days": 0, "milliseconds": 0}}),
    ],
)  # fmt: skip
def test_a_branch_is_tagged_where_the_json_would_not_tell(
    branches: list[Any], index: int, body: bytes, form: Any
) -> None:
    assert both_ways(branches, zigzag(index) + body) == form


def test_a_branch_that_is_named_by_reference_is_tagged_by_its_full_name() -> None:
    tree = {"type": "record", "name": "n.Tree", "fields": [{"name": "left", "type": ["null", "Tree"]}, {"name": "other", "type": ["Tree", {"type": "map", "values": "int"}, "null"]}]}  # fmt: skip
    data = b"\x02" + b"\x00\x04" + b"\x00" + b"\x00\x04"
    assert both_ways(tree, data) == {
        "left": {"left": None, "other": None},
        "other": {"n.Tree": {"left": None, "other": None}},
    }


def test_map_keys_may_be_any_text() -> None:
    document = {"type": "map", "values": {"type": "map", "values": "null"}}
    keys = ["", "long", '"', "\x00\x1b", "\u202e", "a.b", "😀"]
    inner = zigzag(1) + b"\x00\x00"
    entries = b"".join(zigzag(len(key.encode())) + key.encode() + inner for key in keys)
    assert list(both_ways(document, zigzag(len(keys)) + entries + b"\x00")) == keys


@given(st.data())
def test_what_was_read_is_written_again_byte_for_byte(data: st.DataObject) -> None:
    schema = parse(data.draw(avro_schemas()))
    encoder = compile_encoder(schema)
    value = data.draw(avro_values(schema))
    try:
        written = encoder.encode(value)
    except SerializationError as error:
        assume("alike" not in error.message)  # one of two named types, and nothing tells which
        raise
    form = decoded(schema, written)
    assert encoder.encode(from_json(schema, form, any_uuid=True)) == written


@given(st.data())
def test_any_json_is_a_value_of_the_schema_or_an_error(data: st.DataObject) -> None:
    schema = parse(data.draw(avro_schemas(depth=2)))
    encoder = compile_encoder(schema)
    try:
        written = encoder.encode(from_json(schema, data.draw(json_values())))
    except SerializationError:
        return
    assert encoder.encode(from_json(schema, decoded(schema, written), any_uuid=True)) == written


ORDER = parse(
    {
        "type": "record",
        "name": "shop.Order",
        "fields": [
            {"name": "id", "type": "long"},
            {"name": "amount", "type": ["null", decimal(9, 2)], "default": None},
            {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"]}, "default": "NEW"},
            {"name": "lines", "type": {"type": "array", "items": "int"}, "default": []},
            {"name": "tags", "type": {"type": "map", "values": "string"}, "default": {}},
            {"name": "at", "type": logical("long", "timestamp-millis"), "default": 0},
            {"name": "parent", "type": ["null", "Order"], "default": None},
            {"name": "either", "type": ["null", "int", "string", "double"], "default": None},
            {"name": "ratio", "type": "float", "default": 0},
            {"name": "blob", "type": {"type": "fixed", "name": "Blob", "size": 2}, "default": "\x00\x01"},
            {"name": "uid", "type": logical("string", "uuid"), "default": ""},
            {"name": "day", "type": logical("int", "date"), "default": 0},
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "path", "message", "hint"),
    [
        ([], "", "expected an object, for the record `shop.Order`; found an array", None),
        ({}, "", "the field `id` of the record `shop.Order` is missing", None),
        ({"id": 1, "amont": "1"}, "", "has no field `amont`", "did you mean `amount`?"),
        ({"id": "1"}, "id", "expected a whole number; found the text `1`", None),
        ({"id": True}, "id", "expected a whole number; found true", None),
        ({"id": 1.0}, "id", "expected a whole number; found the number 1.0", None),
        ({"id": 2**63}, "id", "`9223372036854775808` does not fit in `long` (64 bits)", "a decimal or a string holds more"),
        ({"id": 1, "amount": 12.3}, "amount", 'expected a decimal as text, like "12.34"; found the number 12.3', None),
        ({"id": 1, "amount": "12.345"}, "amount", "`12.345` has more than 2 digits after the point", None),
        ({"id": 1, "amount": "12345678"}, "amount", "more digits than precision 9 at scale 2 holds", "give the schema a larger precision, which is a model's `max_digits`"),
        ({"id": 1, "amount": "1e999999999"}, "amount", "more digits than precision 9", "give the schema a larger precision, which is a model's `max_digits`"),
        ({"id": 1, "state": "PAYD"}, "state", "expected a symbol of the enum `shop.State`", "did you mean `PAID`?"),
        ({"id": 1, "state": 1}, "state", "found the number 1", "one of `NEW`, `PAID`"),
        ({"id": 1, "lines": [1, 2, None]}, "lines[2]", "expected a whole number; found null", None),
        ({"id": 1, "lines": {}}, "lines", "expected an array; found an object", None),
        ({"id": 1, "tags": {"a b": 1}}, 'tags["a b"]', "expected text; found the number 1", None),
        ({"id": 1, "tags": {"a": "\ud800"}}, 'tags["a"]', "half of a surrogate pair", None),
        ({"id": 1, "at": "2026-11-23 12:00"}, "at", 'like "2026-11-23T12:04:05Z"', None),
        ({"id": 1, "at": "2026-11-23T12:04:05"}, "at", "a timestamp with its zone", None),
        ({"id": 1, "at": "2026-11-23T12:04:05.1234Z"}, "at", "more than 3 digits of a second", None),
        ({"id": 1, "at": "2026-11-23T25:04:05Z"}, "at", "expected a time of the clock", None),
        ({"id": 1, "day": "2026-02-30"}, "day", "expected a date of the calendar", None),
        ({"id": 1, "day": 2**31}, "day", "does not fit in `int`", "`long`, a decimal or a string holds more"),
        ({"id": 1, "parent": {"id": 2, "parent": {"id": None}}}, "parent.parent.id", "found null", None),
        ({"id": 1, "either": [1]}, "either", "expected one of `null`, `int`, `string`, `double`; found an array", None),
        ({"id": 1, "either": {"int": 1.5}}, "either", "expected a whole number", None),
        ({"id": 1, "ratio": 1e39}, "ratio", "too large for a `float`", None),
        ({"id": 1, "ratio": 16777217}, "ratio", "cannot hold `16777217` exactly", None),
        ({"id": 1, "ratio": "nan"}, "ratio", 'expected a number, "NaN", "Infinity" or "-Infinity"', None),
        ({"id": 1, "blob": "AAAA"}, "blob", "expected 2 bytes; found 3", None),
        ({"id": 1, "blob": "€"}, "blob", "expected bytes as base64 text", None),
        ({"id": 1, "uid": "u-17"}, "uid", "expected a UUID", None),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_its_path(
    value: Any, path: str, message: str, hint: str | None
) -> None:
    with pytest.raises(SerializationError) as caught:
        from_json(ORDER, value)
    assert message in caught.value.message
    assert (caught.value.path, caught.value.hint) == (path, hint)


def test_numbers_beyond_a_double_are_refused() -> None:
    with pytest.raises(SerializationError, match="too large for a double"):
        from_json(parse("double"), read_json("1e400"))


@pytest.mark.parametrize(
    ("document", "by_hand", "form"),
    [
        (["null", "string"], {"string": "a"}, "a"),
        (["null", LEFT], {"a.Left": {"x": 1}}, {"x": 1}),
        (["null", {"type": "map", "values": "int"}], {"map": {"a": 1}}, {"a": 1}),
        (["int", "long"], 5, {"int": 5}),
        (["int", "long"], 2**40, {"long": 2**40}),
        (["int", "double"], 1.5, {"double": 1.5}),
        (["float", "double"], 0.1, {"double": 0.1}),
        ([decimal(4, 2), "string"], "1.5", {"bytes": "1.50"}),
        ([decimal(4, 2), "string"], "abc", {"string": "abc"}),
        ([LEFT, {**RIGHT, "fields": [{"name": "y", "type": "int"}]}], {"y": 1}, {"a.Right": {"y": 1}}),
        ([LEFT, RIGHT], {"x": 1}, {"a.Left": {"x": 1}}),
        (decimal(9, 2), "1.5", "1.50"),
        (decimal(9, 2), "+1e3", "1000.00"),
        (decimal(9, 2), "1.500", "1.50"),
        (logical("long", "timestamp-millis"), 1795435445118, "2026-11-23T12:04:05.118Z"),
        (logical("long", "timestamp-millis"), "2026-11-23t13:04:05.118000+01:00", "2026-11-23T12:04:05.118Z"),
        (logical("int", "date"), 0, "1970-01-01"),
        ("double", 5, 5.0),
    ],
)  # fmt: skip
def test_what_a_person_would_write_is_taken(document: Any, by_hand: Any, form: Any) -> None:
    schema = parse(document)
    assert decoded(schema, compile_encoder(schema).encode(from_json(schema, by_hand))) == form


def test_a_field_that_is_left_out_takes_its_default() -> None:
    written = compile_encoder(ORDER).encode(from_json(ORDER, {"id": 7}))
    assert decoded(ORDER, written) == {
        "id": 7,
        "amount": None,
        "state": "NEW",
        "lines": [],
        "tags": {},
        "at": "1970-01-01T00:00:00.000Z",
        "parent": None,
        "either": None,
        "ratio": 0.0,
        "blob": "AAE=",
        "uid": "",
        "day": "1970-01-01",
    }


def test_a_text_under_uuid_that_is_none_comes_back_as_it_was_read() -> None:
    schema = parse(logical("string", "uuid"))
    assert from_json(schema, "u-17", any_uuid=True) == "u-17"
    assert both_ways(schema.to_json(), b"\x48" + b"0B6F3A1E-5C1D-4F0E-9A3B-2D1C0E9F8A7B").isupper()


NODE = parse(
    {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
)


def test_a_value_may_be_as_deep_as_what_can_be_read_and_no_deeper() -> None:
    form: Any = None
    for _ in range(200):
        form = {"next": form}
    assert decoded(NODE, compile_encoder(NODE).encode(from_json(NODE, form))) == form
    with pytest.raises(SerializationError, match="nested deeper than 200"):
        from_json(NODE, {"next": form})


def test_a_schema_may_be_deeper_than_the_values_that_it_allows() -> None:
    schema = parse('{"type":"array","items":' * 900 + '"int"' + "}" * 900)
    assert compile_encoder(schema).encode(from_json(schema, [[]])) == b"\x02\x00\x00"


LOOK_ALIKES = parse(
    {
        "type": "record",
        "name": "Root",
        "fields": [
            {
                "name": "n",
                "type": [
                    {"type": "record", "name": "A", "fields": [{"name": "n", "type": ["null", "Root"]}]},
                    {"type": "record", "name": "B", "fields": [{"name": "n", "type": ["null", "Root"]}]},
                ],
            }
        ],
    }
)  # fmt: skip


def test_look_alike_branches_inside_each_other_do_not_multiply_without_end() -> None:
    wrong: Any = "wrong"
    tagged: Any = None
    for _ in range(60):
        wrong = {"n": {"n": wrong}}
    with pytest.raises(SerializationError, match="nested deeper"):
        from_json(LOOK_ALIKES, wrong)
    for _ in range(100):
        tagged = {"n": {"B": {"n": tagged}}}
    data = compile_encoder(LOOK_ALIKES).encode(from_json(LOOK_ALIKES, tagged))
    assert data == b"\x02\x02" * 99 + b"\x02\x00"


SAME_NAME = parse({"type": "record", "name": "N", "fields": [{"name": "N", "type": ["null", "N"]}]})
MAPS = parse(
    {
        "type": "record",
        "name": "R",
        "fields": [{"name": "map", "type": ["null", {"type": "map", "values": "R"}]}],
    }
)


def test_a_name_that_is_both_a_field_and_a_tag_is_read_as_the_field() -> None:
    form: Any = None
    for _ in range(150):
        form = {"N": form}
    data = compile_encoder(SAME_NAME).encode(from_json(SAME_NAME, form))
    assert data == b"\x02" * 149 + b"\x00"


def test_a_map_with_a_key_that_is_also_its_tag_is_read_as_that_map() -> None:
    form: Any = {"map": None}
    for _ in range(90):
        form = {"map": {"map": form}}
    data = compile_encoder(MAPS).encode(from_json(MAPS, form))
    assert decoded(MAPS, data) == form
    by_hand = {"map": {"map": {"k": {"map": None}}}}
    assert decoded(MAPS, compile_encoder(MAPS).encode(from_json(MAPS, by_hand))) == {
        "map": {"k": {"map": None}}
    }
