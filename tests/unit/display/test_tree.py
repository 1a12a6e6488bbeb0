"""Avro's types stay visible in what is drawn."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.avro import parse
from flowodm.avro.types import Record, Type, Union
from flowodm.codec.decode import compile_decoder
from flowodm.display.layout import bare_line, draw, one_line
from flowodm.display.tree import TREE
from tests.generators import random_encoding, random_schema
from tests.unit.cli.hostile import MUST_NOT_SHOW

pytestmark = pytest.mark.unit


def node_of(schema: Any) -> Type:
    return parse(json.dumps(schema)).root


def shown(schema: Any, physical: Any) -> tuple[str, str]:
    convert = TREE.convert(node_of(schema))
    value = physical if convert is None else convert(physical)
    return one_line(value, 200), bare_line(value, 200)


def branch_of(branches: list[Any], index: int, value: Any) -> str:
    union = node_of(branches)
    assert isinstance(union, Union)
    named = TREE.branch(union, index)
    return one_line(value if named is None else named(value), 200)


@pytest.mark.parametrize(
    ("schema", "physical", "text", "bare"),
    [
        ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, b"\x04\xd2",
         "Decimal('12.34')", "12.34"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 8}, b"\x01",
         "Decimal('0.00000001')", "0.00000001"),
        ({"type": "long", "logicalType": "timestamp-millis"}, 1795435445118,
         "2026-11-23 12:04:05.118Z", "2026-11-23 12:04:05.118Z"),
        ({"type": "long", "logicalType": "timestamp-micros"}, 1795435445118007,
         "2026-11-23 12:04:05.118007Z", "2026-11-23 12:04:05.118007Z"),
        ({"type": "long", "logicalType": "timestamp-nanos"}, 1795435445118007001,
         "2026-11-23 12:04:05.118007001Z", "2026-11-23 12:04:05.118007001Z"),
        ({"type": "long", "logicalType": "timestamp-nanos"}, -1,
         "1969-12-31 23:59:59.999999999Z", "1969-12-31 23:59:59.999999999Z"),
        ({"type": "long", "logicalType": "local-timestamp-millis"}, 0,
         "1970-01-01 00:00:00.000", "1970-01-01 00:00:00.000"),
        ({"type": "long", "logicalType": "timestamp-millis"}, 2**63 - 1,
         "9223372036854775807", "9223372036854775807"),
        ({"type": "int", "logicalType": "date"}, 20780, "2026-11-23", "2026-11-23"),
        ({"type": "int", "logicalType": "time-millis"}, 43445118, "12:04:05.118", "12:04:05.118"),
        ({"type": "long", "logicalType": "time-micros"}, -5, "-5", "-5"),
        ({"type": "string", "logicalType": "uuid"}, "6a0e3b1c-6f5f-4c1f-9f44-0d6c5b1d2e3f",
         "UUID('6a0e3b1c-6f5f-4c1f-9f44-0d6c5b1d2e3f')", "6a0e3b1c-6f5f-4c1f-9f44-0d6c5b1d2e3f"),
        ({"type": "string", "logicalType": "uuid"}, "not one", "'not one'", "not one"),
        ({"type": "enum", "name": "a.b.Action", "symbols": ["BUY"]}, "BUY", "Action.BUY", "BUY"),
        ("string", "x", "'x'", "x"),
        ("long", 5, "5", "5"),
    ],
)  # fmt: skip
def test_a_value_shows_its_type(schema: Any, physical: Any, text: str, bare: str) -> None:
    assert shown(schema, physical) == (text, bare)


def test_a_duration_names_its_parts() -> None:
    schema = {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}
    octets = (1).to_bytes(4, "little") + (2).to_bytes(4, "little") + (3).to_bytes(4, "little")
    assert shown(schema, octets)[0] == "Duration(months=1, days=2, milliseconds=3)"


def test_a_record_shows_its_short_name() -> None:
    schema = {"type": "record", "name": "app.v1.Point", "fields": [{"name": "x", "type": "int"}]}
    assert isinstance(node_of(schema), Record)
    assert shown(schema, {"x": 1})[0] == "Point(x=1)"


@pytest.mark.parametrize(
    ("branches", "index", "value", "text"),
    [
        (["null", "string"], 1, "x", "'x'"),
        (["null", "string"], 0, None, "None"),
        (["null", "int", "long"], 2, 5, "long(5)"),
        (["null", "int", "long"], 1, 5, "int(5)"),
        (["float", "double"], 0, 1.5, "float(1.5)"),
        (["int", "double"], 0, 5, "5"),
        (["bytes", {"type": "fixed", "name": "F", "size": 1}], 1, b"a", "F(b'a')"),
    ],
)
def test_a_branch_is_named_where_its_value_does_not_tell(
    branches: list[Any], index: int, value: Any, text: str
) -> None:
    assert branch_of(branches, index, value) == text


def test_branches_of_the_same_short_name_show_their_full_names() -> None:
    records = [
        {"type": "record", "name": f"{space}.Event", "fields": [{"name": "x", "type": "int"}]}
        for space in ("a", "b")
    ]
    assert branch_of(records, 1, 1) == "b.Event(1)"


@given(st.randoms(use_true_random=False))
def test_whatever_the_schema_its_values_can_be_drawn(random: Random) -> None:
    schema = parse(json.dumps(random_schema(random)))
    data = random_encoding(random, schema)
    value = compile_decoder(schema, style=TREE).decode(data)
    drawing = draw(value, 60)
    shown = "".join((*drawing.lines, bare_line(value, 60)))
    assert not (MUST_NOT_SHOW | {"\n"}) & set(shown)
