"""Writing Avro: exact or refused, and the branch of a union never guessed."""

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowodm.avro import Schema, parse
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import Branch, compile_encoder
from flowodm.codec.style import Duration
from flowodm.errors import SerializationError
from tests.strategies import avro_schemas, avro_values

pytestmark = pytest.mark.unit


def logical(carrier: str, name: str) -> dict[str, Any]:
    return {"type": carrier, "logicalType": name}


def decimal(precision: int, scale: int, size: int | None = None) -> dict[str, Any]:
    kind = {"logicalType": "decimal", "precision": precision, "scale": scale}
    return {"type": "bytes", **kind} if size is None else {"type": "fixed", "name": "F", "size": size, **kind}  # fmt: skip


def encode(document: Any, value: Any) -> bytes:
    return compile_encoder(parse(document)).encode(value)


def back(document: Any, value: Any) -> Any:
    schema = parse(document)
    return compile_decoder(schema).decode(compile_encoder(schema).encode(value))


def refused(document: Any, value: Any) -> SerializationError:
    with pytest.raises(SerializationError) as caught:
        encode(document, value)
    return caught.value


def record(name: str, *fields: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields)}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


class Color(StrEnum):
    RED = "RED"


@given(st.data())
def test_a_value_is_read_as_it_was_written(data: st.DataObject) -> None:
    schema: Schema = parse(data.draw(avro_schemas()))
    value = data.draw(avro_values(schema))
    try:
        written = compile_encoder(schema).encode(value)
    except SerializationError as error:
        assume("alike" not in error.message)  # one of two named types, and nothing tells which
        raise
    read = compile_decoder(schema).decode(written)
    # the first branch that holds a mapping exactly may be a map of floats, and hold its ints as such
    assert repr(read) == repr(value) or (repr(floated(read)) == repr(floated(value)) != repr(value))


def floated(value: Any) -> Any:
    """A value with each integer inside a mapping as the float that equals it."""
    match value:
        case dict():
            return {
                key: float(part) if type(part) is int and abs(part) <= 2**53 else floated(part)
                for key, part in value.items()
            }
        case list():
            return [floated(part) for part in value]
    return value


def test_a_mapping_is_of_the_first_branch_that_holds_it_exactly():
    numbers = {"type": "map", "values": "float"}
    point = {"type": "record", "name": "Point", "fields": [field("a", "int"), field("b", "int")]}
    assert repr(back([numbers, point], {"a": 0, "b": 0})) == "{'a': 0.0, 'b': 0.0}"
    assert repr(back([point, numbers], {"a": 0, "b": 0})) == "{'a': 0, 'b': 0}"
    uneven = {"a": 2**24 + 1, "b": 0}
    assert back([numbers, point], uneven) == uneven


@pytest.mark.parametrize(
    ("document", "value", "data"),
    [
        ("long", 2**63 - 1, b"\xfe" + b"\xff" * 8 + b"\x01"),
        ("int", -1, b"\x01"),
        ("bytes", bytearray(b"ab"), b"\x04ab"),
        ({"type": "enum", "name": "E", "symbols": ["BLUE", "RED"]}, Color.RED, b"\x02"),
        (decimal(9, 2), Decimal("-1.28"), b"\x02\x80"),
        (decimal(9, 2), Decimal("1.2"), b"\x02\x78"),
        (decimal(9, 2), 1, b"\x02\x64"),
        (decimal(9, 2), Decimal("0E+50"), b"\x02\x00"),
        (decimal(4, 2, size=4), Decimal("-0.01"), b"\xff\xff\xff\xff"),
        (logical("int", "date"), date(1969, 12, 31), b"\x01"),
        (logical("int", "date"), -1, b"\x01"),
        (logical("int", "time-millis"), time(0, 0, 0, 1000), b"\x02"),
        (logical("long", "time-micros"), time(0, 0, 0, 1), b"\x02"),
        (logical("long", "timestamp-millis"), datetime(1970, 1, 1, 0, 0, 0, 1000, UTC), b"\x02"),
        (logical("long", "timestamp-micros"), datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), b"\x00"),
        (logical("long", "timestamp-nanos"), datetime(1970, 1, 1, 0, 0, 0, 1, UTC), b"\xd0\x0f"),
        (logical("long", "local-timestamp-micros"), datetime(1970, 1, 1, 0, 0, 0, 1), b"\x02"),
        (logical("string", "uuid"), UUID(int=0), b"\x48" + str(UUID(int=0)).encode()),
        ({**logical("fixed", "uuid"), "name": "U", "size": 16}, UUID(int=1), bytes(15) + b"\x01"),
        ({**logical("fixed", "duration"), "name": "D", "size": 12}, Duration(1, 2, 3), b"\x01\0\0\0\x02\0\0\0\x03\0\0\0"),
        ({"type": "array", "items": "int"}, (1, 2), b"\x04\x02\x04\x00"),
        (record("R"), {}, b""),
        ({"type": "fixed", "name": "F", "size": 0}, b"", b""),
    ],
)  # fmt: skip
def test_values_are_written_exactly(document: Any, value: Any, data: bytes) -> None:
    assert encode(document, value) == data


@pytest.mark.parametrize(
    ("document", "value", "message"),
    [
        ("null", 0, "expected null; found the number 0"),
        ("boolean", 1, "expected true or false; found the number 1"),
        ("int", True, "expected a whole number; found true"),
        ("int", 2**31, "does not fit in `int` (32 bits)"),
        ("int", -(2**31) - 1, "does not fit in `int` (32 bits)"),
        ("long", 2**63, "does not fit in `long` (64 bits)"),
        ("long", 1.0, "found the number 1.0"),
        ("long", "1", "found the text `1`"),
        ("float", 1e39, "too large for a `float`"),
        ("float", 2**24 + 1, "cannot hold `16777217` exactly"),
        ("double", 2**53 + 1, "cannot hold `9007199254740993` exactly"),
        ("double", 10**400, "too large for a `double`"),
        ("double", True, "expected a number; found true"),
        ("double", "1", "expected a number"),
        ("string", b"a", "expected text; found a Python `bytes`"),
        ("string", "\udc80", "half of a surrogate pair"),
        ("bytes", "a", "expected bytes; found the text `a`"),
        ({"type": "fixed", "name": "F", "size": 2}, b"abc", "expected 2 bytes; found 3"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "B", "expected a symbol of the enum `E`"),
        (decimal(4, 2), Decimal("100"), "more digits than precision 4 at scale 2"),
        (decimal(4, 2), Decimal("1.001"), "more than 2 digits after the point"),
        (decimal(4, 2), Decimal("NaN"), "expected a decimal; found `NaN`"),
        (decimal(4, 2), Decimal("1E+999999999"), "more digits than precision 4"),
        (decimal(2**31 - 1, 2), Decimal("1E+999999999"), "more digits than precision 2000"),
        (decimal(4, 2), 1.5, "expected a decimal; found the number 1.5"),
        (logical("int", "date"), datetime(2026, 1, 1, tzinfo=UTC), "expected a date"),
        (logical("int", "time-millis"), time(0, 0, 0, 1), "finer than the schema's milliseconds"),
        (logical("long", "time-micros"), time(0, tzinfo=UTC), "without a zone"),
        (logical("long", "timestamp-millis"), datetime(2026, 1, 1), "expected an aware datetime; found one without a zone"),
        (logical("long", "timestamp-millis"), datetime(2026, 1, 1, 0, 0, 0, 1, UTC), "finer than the schema's milliseconds"),
        (logical("long", "timestamp-nanos"), datetime(2300, 1, 1, tzinfo=UTC), "does not fit in `long`"),
        (logical("long", "local-timestamp-millis"), datetime(2026, 1, 1, tzinfo=UTC), "expected a datetime without a zone"),
        (logical("long", "timestamp-millis"), True, "expected an aware datetime; found true"),
        ({**logical("fixed", "uuid"), "name": "U", "size": 16}, "x", "expected a UUID"),
        ({**logical("fixed", "duration"), "name": "D", "size": 12}, Duration(-1, 0, 0), "a whole number from 0"),
        ({"type": "array", "items": "int"}, {1, 2}, "expected a list"),
        ({"type": "array", "items": "string"}, "ab", "expected a list"),
        ({"type": "map", "values": "int"}, [("a", 1)], "expected a mapping"),
        ({"type": "map", "values": "int"}, {1: 1}, "expected text; found the number 1"),
        (record("R", field("a", "int")), {}, "the record `R` needs it"),
        (record("R", field("amount", "int")), {"amount": 1, "amont": 2}, "has no field `amont`"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(document: Any, value: Any, message: str) -> None:
    assert message in refused(document, value).message


def test_the_path_of_a_misfit_is_told() -> None:
    line = record("Line", field("prices", {"type": "map", "values": "int"}))
    order = record("Order", field("lines", {"type": "array", "items": line}))
    value = {"lines": [{"prices": {}}, {"prices": {"net": 1, "gross": "2"}}]}
    error = refused(order, value)
    assert error.path == 'lines[1].prices["gross"]'
    assert str(error).endswith('at `lines[1].prices["gross"]`')


FILLED = record("a.Filled", field("x", "int", default=7))
LEFT = record("a.Left", field("x", "int"))
RIGHT = record("a.Right", field("x", "int"))
WIDE = record("a.Wide", field("x", "int"), field("y", "int", default=0))


@pytest.mark.parametrize(
    ("branches", "value", "data"),
    [
        (["null", "int"], None, b"\x00"),
        (["null", "int"], 1, b"\x02\x02"),
        (["float", "double"], 0.1, b"\x02" + b"\x9a\x99\x99\x99\x99\x99\xb9\x3f"),
        (["double", "long"], 1, b"\x02\x02"),
        (["int", "long"], 2**40, b"\x02" + b"\x80" * 5 + b"\x40"),
        (["boolean", "int"], True, b"\x00\x01"),
        (["int", "boolean"], True, b"\x02\x01"),
        (["string", "bytes"], b"a", b"\x02\x02a"),
        ([logical("string", "uuid"), {"type": "enum", "name": "E", "symbols": ["A"]}], "A", b"\x02\x00"),
        ([logical("int", "date"), "long"], 5, b"\x02\x0a"),
        ([logical("int", "date"), logical("long", "timestamp-millis")], datetime(1970, 1, 1, tzinfo=UTC), b"\x02\x00"),
        ([decimal(9, 2), "double"], Decimal("1.28"), b"\x00\x04\x00\x80"),
        ([LEFT, RIGHT], Branch("a.Right", {"x": 1}), b"\x02\x02"),
        (["int", "long"], Branch("long", 1), b"\x02\x02"),
        ([LEFT, {"type": "map", "values": "int"}], {"x": 1}, b"\x00\x02"),
        ([LEFT, {"type": "map", "values": "int"}], {"y": 1}, b"\x02\x02\x02y\x02\x00"),
        ([FILLED, {"type": "map", "values": "int"}], {}, b"\x02\x00"),
        ([FILLED, "null"], {}, b"\x00\x0e"),
        (["double", logical("long", "timestamp-nanos")], 5, b"\x02\x0a"),
        ([{"type": "array", "items": "string"}, {"type": "map", "values": "int"}], [], b"\x00\x00"),
        (["null", {"type": "array", "items": "int"}], ("int", 5), None),
    ],
)  # fmt: skip
def test_the_branch_of_a_union_is_the_one_that_holds_the_value(
    branches: Any, value: Any, data: bytes | None
) -> None:
    if data is None:
        assert "expected a whole number" in refused(branches, value).message
    else:
        assert encode(branches, value) == data


def test_a_value_of_two_named_types_is_refused_until_it_says_which() -> None:
    error = refused([LEFT, WIDE], {"x": 1})
    assert error.message == "the value is one of `a.Left` and of `a.Wide` alike"
    assert error.hint == 'say which: Branch("a.Left", value)'
    assert back([LEFT, WIDE], Branch("a.Wide", {"x": 1})) == {"x": 1, "y": 0}
    assert back([LEFT, WIDE], {"x": 1, "y": 2}) == {"x": 1, "y": 2}


def test_a_branch_that_the_union_does_not_have_is_named_with_those_it_has() -> None:
    error = refused(["null", "int"], Branch("string", "a"))
    assert error.message == "the union has no branch `string`"
    assert error.hint == "its branches are `null`, `int`"


def test_a_fault_inside_the_only_likely_branch_is_the_one_that_is_told() -> None:
    error = refused(["null", "int", LEFT], {"x": "1"})
    assert (error.path, error.message) == (
        "x",
        "expected a whole number; found the text `1` at `x`",
    )


def test_type_hints_of_fastavro_mean_nothing() -> None:
    assert "no field `-type`" in refused(["null", LEFT], {"-type": "a.Left", "x": 1}).message
    assert encode({"type": "map", "values": "string"}, {"-type": "a"}) == b"\x02\x0a-type\x02a\x00"


DEFAULTS = record(
    "Defaults",
    field("blob", "bytes", default="\u00ff"),
    field("price", decimal(9, 2), default="\u0000\u0080"),
    field("day", logical("int", "date"), default=1),
    field("either", ["null", "string", "int"], default=5),
    field("inner", record("Inner", field("a", "int", default=1), field("b", "float", default=0.5)), default={"a": 2}),
    field("state", {"type": "enum", "name": "State", "symbols": ["NEW", "OLD"]}, default="OLD"),
    field("lists", {"type": "array", "items": {"type": "map", "values": "long"}}, default=[{"k": 1}]),
)  # fmt: skip


def test_a_field_that_is_left_out_takes_its_default_in_full() -> None:
    assert back(DEFAULTS, {}) == {
        "blob": b"\xff",
        "price": Decimal("1.28"),
        "day": date(1970, 1, 2),
        "either": 5,
        "inner": {"a": 2, "b": 0.5},
        "state": "OLD",
        "lists": [{"k": 1}],
    }


def test_names_that_fastavro_would_refuse_or_mix_up_are_no_matter() -> None:
    named = {"type": "fixed", "name": "string", "namespace": "ns", "size": 1}
    document = record("ns.int", field("a", ["string", named]), field("b", ["null", "ns.string"]))
    value = {"a": Branch("ns.string", b"x"), "b": b"y"}
    assert encode(document, value) == b"\x02x\x02y"


def test_a_prefix_stands_in_front() -> None:
    assert compile_encoder(parse("int")).encode(1, b"\x00\x00\x00\x00\x07") == b"\0\0\0\0\x07\x02"


def test_the_same_schema_has_the_same_encoder() -> None:
    assert compile_encoder(parse('"int"')) is compile_encoder(parse({"type": "int"}))


HOSTILE = """
import sys
from flowodm.avro import parse
from flowodm.codec.encode import compile_encoder
from flowodm.errors import SerializationError
sys.setrecursionlimit(1_000_000)
node = parse({"type": "record", "name": "N", "fields": [{"name": "n", "type": ["null", "N"]}]})
value = None
for _ in range(300_000):
    value = {"n": value}
looped = {}
looped["n"] = looped
for hostile in (value, looped):
    try:
        compile_encoder(node).encode(hostile)
    except SerializationError as error:
        print(error.reason)
"""


def test_a_bottomless_value_is_an_error_and_not_the_end_of_the_process() -> None:
    run = subprocess.run(
        [sys.executable, "-c", HOSTILE], capture_output=True, text=True, timeout=60, check=False
    )
    deep = "the value is nested deeper than 200 records, arrays and maps\n"
    assert (run.returncode, run.stdout) == (0, deep * 2), run.stderr


LOOK_ALIKES = record("Root", field("n", [record("A", field("n", ["null", "int", "Root"])), record("B", field("n", ["null", "int", "Root"]))]))  # fmt: skip


def test_look_alike_branches_inside_each_other_do_not_multiply_without_end() -> None:
    value: Any = "wrong"
    for _ in range(60):
        value = {"n": {"n": value}}
    error = refused(LOOK_ALIKES, value)
    assert "nested deeper" in error.message
    assert error.hint is not None
    assert "say which" in error.hint
