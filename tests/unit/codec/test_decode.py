"""Decoding: what comes out of the generated decoder."""

import io
import math
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
import pytest

from flowodm.avro import Schema, parse
from flowodm.avro.types import Enum, Map, Record, Type, Union
from flowodm.codec.decode import compile_decoder
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.limits import Limits
from flowodm.codec.style import PHYSICAL, Duration
from flowodm.errors import SchemaError
from tests.generators import zigzag

pytestmark = pytest.mark.unit


def record(name: str = "R", **fields: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": key, "type": kind} for key, kind in fields.items()],
    }


def logical(word: str, name: str, **attributes: Any) -> dict[str, Any]:
    return {"type": word, "logicalType": name, **attributes}


def read(schema: Any, data: bytes, reader: Any = None, **options: Any) -> Any:
    decoder = compile_decoder(parse(schema), None if reader is None else parse(reader), **options)
    return decoder.decode(data)


def written(schema: Any, value: Any) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), value)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("schema", "data", "value"),
    [
        ('"null"', b"", None),
        ('"boolean"', b"\1", True),
        ('"boolean"', b"\0", False),
        ('"int"', b"\xff\xff\xff\xff\x0f", -(2**31)),
        ('"int"', b"\xfe\xff\xff\xff\x0f", 2**31 - 1),
        ('"int"', b"\x82\x80\x80\x80\x00", 1),
        ('"long"', b"\xfe" + b"\xff" * 8 + b"\1", 2**63 - 1),
        ('"long"', b"\xff" * 9 + b"\1", -(2**63)),
        ('"float"', b"\0\0\xc0\x3f", 1.5),
        ('"double"', b"\0" * 6 + b"\xf8\x7f", math.nan),
        ('"string"', b"\4\xc3\xa9", "é"),
        ('"string"', b"\0", ""),
        ('"bytes"', b"\4\xff\0", b"\xff\0"),
    ],
)
def test_a_primitive_is_read(schema: str, data: bytes, value: Any) -> None:
    assert repr(read(schema, data)) == repr(value)


@pytest.mark.parametrize("length", [0, 1, 63, 64, 127, 128, 8191, 8192, 70_000])
def test_text_of_any_length_is_read(length: int) -> None:
    assert read('"string"', zigzag(length) + b"x" * length) == "x" * length


@pytest.mark.parametrize("bits", range(1, 64))
def test_a_long_of_any_size_is_read(bits: int) -> None:
    for number in (2**bits - 1, -(2**bits), 2 ** (bits - 1)):
        assert read('"long"', zigzag(number)) == number


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (logical("bytes", "decimal", precision=9, scale=2), Decimal("-12.30")),
        (logical("int", "date"), date(2026, 11, 23)),
        (logical("int", "time-millis"), time(12, 4, 5, 118_000)),
        (logical("long", "time-micros"), time(23, 59, 59, 999_999)),
        (logical("long", "timestamp-millis"), datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC)),
        (logical("long", "timestamp-micros"), datetime(2026, 11, 23, 1, 2, 3, 4, UTC)),
        (logical("long", "local-timestamp-millis"), datetime(2026, 11, 23, 1, 2, 3)),
        (logical("long", "local-timestamp-micros"), datetime(1, 1, 1)),
        (logical("string", "uuid"), UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
    ],
)
def test_a_logical_value_that_fastavro_writes_is_read(schema: Any, value: Any) -> None:
    found = read(schema, written(schema, value))
    assert found == value
    assert type(found) is type(value)
    assert repr(found) == repr(value)


def test_a_decimal_keeps_the_scale_of_the_schema() -> None:
    found = read(logical("bytes", "decimal", precision=9, scale=2), b"\2\x64")
    assert str(found) == "1.00"


def test_a_decimal_of_more_digits_than_its_precision_keeps_them() -> None:
    digits = 10**60 + 7
    data = digits.to_bytes(26, "big")
    found = read(logical("bytes", "decimal", precision=2, scale=1), zigzag(26) + data)
    assert found == Decimal(digits).scaleb(-1, compile_context())


def compile_context() -> Any:
    from decimal import Context

    return Context(prec=100)


@pytest.mark.parametrize(
    ("schema", "number"),
    [
        (logical("int", "date"), 2**31 - 1),
        (logical("int", "date"), -(2**31)),
        (logical("int", "time-millis"), 86_400_000),
        (logical("int", "time-millis"), -1),
        (logical("long", "time-micros"), 2**62),
        (logical("long", "timestamp-millis"), 2**63 - 1),
        (logical("long", "timestamp-micros"), -(2**63)),
        (logical("long", "local-timestamp-millis"), 2**60),
        (logical("long", "local-timestamp-micros"), 2**63 - 1),
        (logical("long", "timestamp-nanos"), 1_700_000_000_123_456_789),
        (logical("long", "local-timestamp-nanos"), -5),
    ],
)
def test_a_time_that_python_cannot_hold_stays_a_number(schema: Any, number: int) -> None:
    found = read(schema, zigzag(number))
    assert found == number
    assert type(found) is int


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a uuid",
        "6ba7b8109dad11d180b400c04fd430c8",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
        "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
        "6ba7b810-9dad-11d1-80b4-0_c04fd430c8",
        "6ba7b810-9dad-11d1-80b4-00c04fd43 c8",
        "6ba7b810-9dad-11d1-80b4-00c04fd430é8",
        "6ba7b81-09dad-11d1-80b4-00c04fd430c8",
    ],
)
def test_a_text_that_is_no_uuid_stays_a_text(text: str) -> None:
    data = text.encode()
    assert read(logical("string", "uuid"), zigzag(len(data)) + data) == text


def test_fixed_logical_types_are_read() -> None:
    duration = {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}
    amounts = b"\1\0\0\0\2\0\0\0\xff\xff\xff\xff"
    assert read(duration, amounts) == Duration(1, 2, 2**32 - 1)
    uuid = {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"}
    assert read(uuid, bytes(range(16))) == UUID(bytes=bytes(range(16)))
    price = {**logical("fixed", "decimal", precision=4, scale=3), "name": "P", "size": 2}
    assert str(read(price, b"\xff\xfe")) == "-0.002"


@pytest.mark.parametrize(
    ("writer", "reader", "data", "value"),
    [
        (("timestamp-millis"), ("timestamp-micros"), zigzag(1_500), 1_500_000),
        (("timestamp-millis"), ("timestamp-nanos"), zigzag(-7), -7_000_000),
        (("timestamp-nanos"), ("timestamp-millis"), zigzag(5_000_000), 5),
        (("local-timestamp-micros"), ("local-timestamp-millis"), zigzag(-3_000), -3),
    ],
)
def test_another_unit_is_converted_exactly(
    writer: str, reader: str, data: bytes, value: int
) -> None:
    found = read(logical("long", writer), data, logical("long", reader), style=PHYSICAL)
    assert found == value


def test_a_time_in_milliseconds_is_read_in_microseconds() -> None:
    found = read(logical("int", "time-millis"), zigzag(5), logical("long", "time-micros"))
    assert found == time(0, 0, 0, 5_000)


@pytest.mark.parametrize(
    ("writer", "reader", "number"),
    [
        ("timestamp-micros", "timestamp-millis", 1_001),
        ("timestamp-nanos", "timestamp-micros", -1),
        ("timestamp-millis", "timestamp-micros", 2**62),
        ("timestamp-millis", "local-timestamp-millis", 0),
        ("local-timestamp-micros", "timestamp-micros", 0),
        ("time-micros", "timestamp-micros", 0),
    ],
)
def test_what_the_other_unit_cannot_hold_is_an_error(writer: str, reader: str, number: int) -> None:
    with pytest.raises(DecodeFailure):
        read(logical("long", writer), zigzag(number), logical("long", reader))


@pytest.mark.parametrize(
    ("scales", "number", "text"),
    [
        ((2, 4), 1234, "12.3400"),
        ((4, 2), 123400, "12.34"),
        ((0, 3), -1, "-1.000"),
        ((5, 0), 0, "0"),
    ],
)
def test_another_scale_is_converted_exactly(
    scales: tuple[int, int], number: int, text: str
) -> None:
    writer, reader = (logical("bytes", "decimal", precision=20, scale=each) for each in scales)
    data = number.to_bytes(8, "big", signed=True)
    assert str(read(writer, zigzag(8) + data, reader)) == text


def test_a_scale_that_would_lose_digits_is_an_error() -> None:
    writer, reader = (logical("bytes", "decimal", precision=9, scale=each) for each in (2, 1))
    with pytest.raises(DecodeFailure, match="cannot hold it exactly"):
        read(writer, b"\2\x01", reader)


def test_a_fixed_decimal_must_hold_the_new_scale() -> None:
    writer, reader = (
        {**logical("fixed", "decimal", precision=4, scale=each), "name": "D", "size": 2}
        for each in (0, 2)
    )
    assert str(read(writer, b"\xff\xff", reader)) == "-1.00"
    assert str(read(writer, (-327).to_bytes(2, "big", signed=True), reader)) == "-327.00"
    with pytest.raises(DecodeFailure):
        read(writer, (328).to_bytes(2, "big"), reader)


def test_a_plain_number_is_taken_as_the_reader_says() -> None:
    assert read('"int"', zigzag(1), logical("int", "date")) == date(1970, 1, 2)
    assert read(logical("long", "timestamp-millis"), zigzag(1), '"long"') == 1


DEFAULTS = {
    **record(k="int"),
    "fields": [
        {"name": "k", "type": "int"},
        {"name": "list", "type": {"type": "array", "items": "int"}, "default": [1]},
        {"name": "empty", "type": {"type": "array", "items": "int"}, "default": []},
        {"name": "map", "type": {"type": "map", "values": "string"}, "default": {"a": "b"}},
        {"name": "none", "type": {"type": "map", "values": "string"}, "default": {}},
        {
            "name": "inner",
            "type": {
                "type": "record",
                "name": "I",
                "fields": [
                    {"name": "raw", "type": "bytes", "default": "\xff"},
                    {"name": "day", "type": logical("int", "date"), "default": 1},
                    {
                        "name": "price",
                        "type": logical("bytes", "decimal", precision=4, scale=2),
                        "default": "\x04\xd2",
                    },
                ],
            },
            "default": {},
        },
        {
            "name": "choice",
            "type": ["null", {"type": "array", "items": "string"}],
            "default": ["x"],
        },
    ],
}


def test_defaults_are_converted_like_written_values() -> None:
    assert read(record(k="int"), b"\2", DEFAULTS) == {
        "k": 1,
        "list": [1],
        "empty": [],
        "map": {"a": "b"},
        "none": {},
        "inner": {"raw": b"\xff", "day": date(1970, 1, 2), "price": Decimal("12.34")},
        "choice": ["x"],
    }


def test_no_two_values_share_a_default() -> None:
    decoder = compile_decoder(parse(record(k="int")), parse(DEFAULTS))
    first, second = decoder.decode(b"\2"), decoder.decode(b"\2")
    for name in ("list", "empty", "choice"):
        first[name].append("mine")
    for name in ("map", "none", "inner"):
        first[name]["mine"] = 1
    assert second == decoder.decode(b"\2") == read(record(k="int"), b"\2", DEFAULTS)


def test_the_reader_decides_the_order_of_the_fields() -> None:
    writer = record(a="int", b="string", c="boolean")
    reader = record(c="boolean", a="long", b="bytes")
    assert list(read(writer, b"\2\2x\1", reader).items()) == [("c", True), ("a", 1), ("b", b"x")]


@pytest.mark.parametrize("count", [1, 15, 16, 17, 40, 499, 500, 501, 1_203])
def test_a_record_of_any_number_of_fields_is_read(count: int) -> None:
    writer = record(**{f"f{number}": "int" for number in range(count)})
    data = b"".join(zigzag(number) for number in range(count))
    assert read(writer, data) == {f"f{number}": number for number in range(count)}
    kept = record(**{f"f{number}": "long" for number in reversed(range(0, count, 3))})
    assert list(read(writer, data, kept).items()) == [
        (f"f{number}", number) for number in reversed(range(0, count, 3))
    ]


@pytest.mark.parametrize("count", [1, 2, 8, 9, 64, 65, 300])
def test_a_union_of_any_number_of_branches_is_read(count: int) -> None:
    branches = [record(f"R{number}", **{f"f{number}": "int"}) for number in range(count)]
    for number in (0, count // 2, count - 1):
        data = zigzag(number) + b"\x0e"
        assert read(branches, data) == {f"f{number}": 7}
        assert read(branches, data, branches[::-1]) == {f"f{number}": 7}


def test_neighbours_of_constant_size_are_read_together() -> None:
    fixed = {"type": "fixed", "name": "F", "size": 3}
    schema = record(a="double", b="float", c=fixed, d="boolean", e="double", f="int")
    value = {"a": 1.5, "b": -0.0, "c": b"abc", "d": True, "e": math.inf, "f": 1}
    found = read(schema, written(schema, value))
    assert repr(found) == repr(value)


def test_a_recursive_value_is_read() -> None:
    node = record("Node", v="int", next=["null", "Node"])
    found = read(node, b"\2\2\4\2\6\0")
    assert found == {"v": 1, "next": {"v": 2, "next": {"v": 3, "next": None}}}


def test_nesting_beyond_what_one_function_can_hold_is_read() -> None:
    schema: Any = "int"
    for level in range(120):
        inner = {"type": "array", "items": schema} if level % 2 else record(f"R{level}", f=schema)
        schema = ["null", inner]
    value: Any = 5
    for level in range(120):
        value = [value] if level % 2 else {"f": value}
    assert read(schema, written_nested(120)) == value


def written_nested(levels: int) -> bytes:
    data = zigzag(5)
    for level in range(levels):
        data = b"\2" + (b"\2" + data + b"\0" if level % 2 else data)
    return data


def test_a_chain_of_ten_thousand_records_is_compiled() -> None:
    chain = [
        record(f"R{number}", next=["null", f"R{number + 1}"] if number < 9_999 else "null")
        for number in reversed(range(10_000))
    ]
    decoder = compile_decoder(parse(chain))
    assert decoder.decode(zigzag(9_999) + b"\2\2\0") == {"next": {"next": {"next": None}}}


def test_too_large_a_pair_of_schemas_is_one_error() -> None:
    def ring(size: int) -> Any:
        schema: Any = "R0"
        for number in reversed(range(size)):
            schema = record(f"R{number}", next=["null", schema])
        return schema

    with pytest.raises(SchemaError, match="too large"):
        compile_decoder(parse(ring(241)), parse(ring(240)))


def test_a_field_that_is_skipped_costs_no_value() -> None:
    writer = record(a="int", gone={"type": "array", "items": record("I", s="string")}, z="int")
    assert read(writer, b"\2\4\2x\2y\0\4", record(a="int", z="int")) == {"a": 1, "z": 2}


def test_blocks_that_say_their_size_are_jumped_over_when_skipped() -> None:
    writer = record(gone={"type": "array", "items": "string"}, z="int")
    jumped = b"\1\6\xff\xff\xff\0"  # one item in three bytes that are no string
    assert read(writer, jumped + b"\4", record(z="int")) == {"z": 2}
    with pytest.raises(DecodeFailure):
        read(writer, jumped + b"\4")


def test_the_value_may_begin_after_a_prefix() -> None:
    decoder = compile_decoder(parse('"string"'))
    assert decoder.decode(b"\0\0\0\0\1\2x", 5) == "x"
    with pytest.raises(DecodeFailure) as caught:
        decoder.decode(b"\0\0\0\0\1\6x", 5)
    assert caught.value.position == 1


def test_the_schema_of_a_decoder_is_the_readers() -> None:
    writer, reader = parse('"int"'), parse('"long"')
    assert compile_decoder(writer).schema is writer
    assert compile_decoder(writer, reader).schema is reader


def test_only_bytes_are_decoded() -> None:
    with pytest.raises(TypeError, match="NoneType"):
        compile_decoder(parse('"int"')).decode(None)  # type: ignore[arg-type]


def test_a_decoder_may_be_shared_between_threads() -> None:
    schema = {"type": "array", "items": record(a="string", b={"type": "map", "values": "long"})}
    data = written(schema, [{"a": "x" * 70, "b": {"k": 2**40}}] * 200)
    decoder = compile_decoder(parse(schema))
    expected = decoder.decode(data)
    wrong: list[Any] = []

    def work() -> None:
        wrong.extend(found for _ in range(30) if (found := decoder.decode(data)) != expected)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_nearly_full_stack_does_not_change_the_value() -> None:
    node = record("Node", next=["null", "Node"])
    decoder = compile_decoder(parse(node))
    data = b"\2" * 150 + b"\0"
    expected = decoder.decode(data)

    def deeper() -> Any:
        try:
            return deeper()
        except RecursionError:
            return decoder.decode(data)

    try:
        found = deeper()
    except RecursionError:  # too full even to begin: the caller's, not ours
        return
    assert found == expected


def test_a_style_that_makes_containers_shares_none_of_them() -> None:
    reader = record()
    reader["fields"] = [{"name": "x", "type": ["int", "null"], "default": 5}]
    decoder = compile_decoder(parse(record()), parse(reader), style=Upper())
    first, second = decoder.decode(b""), decoder.decode(b"")
    assert first == second == ("R", {"x": {0: 5}})
    assert first[1]["x"] is not second[1]["x"]


class Upper:
    """A style that shows which conversions are called, and with what."""

    name = "upper"

    def convert(self, node: Type) -> Callable[[Any], Any] | None:
        match node:
            case Enum():
                return lambda symbol: symbol.lower()
            case Record(fullname=name):
                return lambda fields: (name, fields)
            case Map():
                return lambda entries: sorted(entries.items())
        return None

    def branch(self, union: Union, index: int) -> Callable[[Any], Any] | None:
        return lambda value: {index: value}


def test_a_style_converts_containers_symbols_and_branches() -> None:
    schema = record(
        e={"type": "enum", "name": "E", "symbols": ["A", "B"]},
        m={"type": "map", "values": ["null", "int"]},
    )
    data = b"\2" + b"\4\2b\2\x0e\2a\0\0"
    assert read(schema, data, style=Upper()) == (
        "R",
        {"e": "b", "m": [("a", {0: None}), ("b", {1: 7})]},
    )


def test_a_style_sees_the_readers_types() -> None:
    writer = {"type": "enum", "name": "E", "symbols": ["A"]}
    assert read(writer, b"\0", ["null", writer], style=Upper()) == {1: "a"}


def test_no_name_of_a_schema_is_in_the_source() -> None:
    marker = "Zz_marker_zZ"
    schema = {
        "type": "record",
        "name": marker,
        "fields": [
            {
                "name": f"{marker}_field",
                "type": {"type": "enum", "name": f"{marker}E", "symbols": [f"{marker}_symbol"]},
                "default": f"{marker}_symbol",
            },
            {"name": "f", "type": {"type": "fixed", "name": f"{marker}F", "size": 987_654}},
        ],
    }
    for writer in (schema, record(marker)):
        source = compile_decoder(parse(writer), parse(schema)).source
        assert marker.lower() not in source.lower()
        assert "987654" not in source


def test_a_schema_of_two_hundred_fields_compiles_to_little_source() -> None:
    schema = record(**{f"f{number}": ["null", "string"] for number in range(200)})
    assert len(compile_decoder(parse(schema)).source) < 60_000


def test_shared_records_are_written_once() -> None:
    """Thirty levels of two fields each would be a billion values written out."""
    schema: list[Any] = [record("R0", v=["null", "int"])]
    for level in range(1, 30):
        schema.append(record(f"R{level}", a=f"R{level - 1}", b=f"R{level - 1}"))
    decoder = compile_decoder(parse(schema), limits=Limits())
    assert len(decoder.source) < 60_000
    assert decoder.decode(zigzag(1) + b"\0\0") == {"a": {"v": None}, "b": {"v": None}}


def test_schemas_are_not_kept_alive_by_name() -> None:
    first: Schema = parse(record("R", a="int"))
    second: Schema = parse(record("R", a="string"))
    assert compile_decoder(first).decode(b"\2") == {"a": 1}
    assert compile_decoder(second).decode(b"\2x") == {"a": "x"}
