"""Two readings of one value: where they mean something else, and where they only look so."""

import json
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.avro import parse
from flowodm.avro.bare import without_logical_types
from flowodm.codec.encode import compile_encoder
from flowodm.subjects.trial.meaning import Told, differences
from flowodm.subjects.trial.writers import Writer, read
from tests.strategies import avro_encodings, avro_schemas

pytestmark = pytest.mark.unit


def reading(
    writer: Any, candidate: Any, value: Any, latest: Any = None
) -> list[tuple[str, str, str]] | str:
    """Write a value, read it with the candidate, and return what means something else."""
    schema = parse(writer)
    data = compile_encoder(schema).encode(value)
    latest_schema = None if latest is None else parse(latest)
    both = Writer(schema, parse(candidate), latest_schema)
    written, found = read(both.written, data, 0), read(both.candidate, data, 0)
    assert isinstance(written, Told)
    if not isinstance(found, Told):
        return found.reason
    beside = None if both.latest is None else read(both.latest, data, 0)
    assert beside is None or isinstance(beside, Told)
    return [tuple(change) for change in differences(written, beside, found)]


def record(**fields: Any) -> dict[str, Any]:
    entries = [
        {"name": name, **(kind if isinstance(kind, dict) and "default" in kind else {"type": kind})}
        for name, kind in fields.items()
    ]
    return {"type": "record", "name": "R", "fields": entries}


def logical(base: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": base, "logicalType": name, **more}


def decimal(scale: int) -> dict[str, Any]:
    return logical("bytes", "decimal", precision=12, scale=scale)


SAME = [
    ("int", "long", 7),
    ("long", "double", 2**53),
    ("int", "float", 2**24),
    ("float", "double", 0.1),
    ("double", "double", float("nan")),
    ("string", "bytes", "Köln"),
    ("bytes", "string", "Köln".encode()),
    (decimal(2), logical("bytes", "decimal", precision=20, scale=2), D("12.34")),
    (logical("string", "uuid"), "string", "2d3a68c7-4fae-6064-811c-660532362436"),
    ("string", logical("string", "uuid"), "2D3A68C7-4fae-6064-811c-660532362436"),
    ("string", ["null", "string"], "a"),
    (["null", "int"], ["null", "long"], 3),
    ({"type": "array", "items": "int"}, {"type": "array", "items": "long"}, [1, 2]),
    ({"type": "map", "values": "int"}, {"type": "map", "values": "double"}, {"k": 1}),
    (record(a="int", b="int"), record(b="int"), {"a": 1, "b": 2}),
    (record(a="int"), record(a="int", n={"type": "int", "default": 5}), {"a": 1}),
    (record(a="int"), record(x={"type": "int", "aliases": ["a"], "default": 0}), {"a": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("writer", "candidate", "value"), SAME, ids=lambda value: str(value)[:40])
def test_what_only_looks_different_means_the_same(writer: Any, candidate: Any, value: Any) -> None:
    assert reading(writer, candidate, value) == []


ENUM = {"type": "enum", "name": "E", "symbols": ["A", "B"]}
FEWER = {"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}
MILLIS, MICROS = logical("long", "timestamp-millis"), logical("long", "timestamp-micros")

OTHER = [
    (decimal(2), decimal(4), D("12.34"), ("", "12.34", "0.1234")),
    (decimal(2), "bytes", D("12.34"), ("", "12.34", "0x04d2")),
    ("bytes", decimal(2), b"\x04\xd2", ("", "0x04d2", "12.34")),
    (ENUM, FEWER, "B", ("", "B", "A")),
    ("long", "double", 2**53 + 1, ("", "9007199254740993", "9007199254740992.0")),
    ("int", "float", 2**24 + 1, ("", "16777217", "16777216.0")),
    (MILLIS, MICROS, 1704067200000, ("", "2024-01-01T00:00:00Z", "1970-01-20T17:21:07.200000Z")),
    (MILLIS, "long", 0, ("", "1970-01-01T00:00:00Z", "0")),
    (MILLIS, logical("long", "local-timestamp-millis"), 0, ("", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00")),
    (logical("int", "date"), "int", 3, ("", "1970-01-04", "3")),
    (record(p=decimal(2)), record(p=decimal(0)), {"p": D("1.50")}, ("p", "1.50", "150")),
    (record(a=record(p=decimal(2)) | {"name": "I"}), record(a=record(p=decimal(0)) | {"name": "I"}), {"a": {"p": D("1.50")}}, ("a.p", "1.50", "150")),
    (record(p=["null", decimal(2)]), record(p=["null", decimal(0)]), {"p": D("1.50")}, ("p", "1.50", "150")),
    ({"type": "array", "items": decimal(2)}, {"type": "array", "items": decimal(0)}, [D("0.00"), D("1.50")], ("[]", "1.50", "150")),
    ({"type": "map", "values": ENUM}, {"type": "map", "values": FEWER}, {"k": "B"}, ("{}", "B", "A")),
    (record(a=decimal(2)), record(x={"type": decimal(0), "aliases": ["a"], "default": ""}), {"a": D("1.50")}, ("x", "1.50", "150")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("writer", "candidate", "value", "change"), OTHER, ids=lambda value: str(value)[:40].replace('\\x', 'x')
)  # fmt: skip
def test_what_means_something_else_is_told_with_both_values(
    writer: Any, candidate: Any, value: Any, change: tuple[str, str, str]
) -> None:
    assert reading(writer, candidate, value) == [change]


def test_another_default_is_another_meaning_of_what_was_never_written() -> None:
    latest = record(a="int", n={"type": "int", "default": 1})
    candidate = record(a="int", n={"type": "int", "default": 2})
    assert reading(record(a="int"), candidate, {"a": 1}, latest) == [("n", "1", "2")]
    assert reading(latest, candidate, {"a": 1, "n": 1}, latest) == []


@pytest.mark.parametrize(
    ("writer", "candidate", "value"),
    [
        ("bytes", "string", b"\xff"),
        (ENUM, {**FEWER, "default": "A", "symbols": ["A"], "name": "Other"}, "B"),
        (["null", "int"], "int", None),
        (record(a="int"), record(a="int", b="int"), {"a": 1}),
    ],
    ids=["not UTF-8", "another name", "null", "no default"],
)
def test_what_cannot_be_read_says_why(writer: Any, candidate: Any, value: Any) -> None:
    assert isinstance(reading(writer, candidate, value), str)


def test_one_place_is_told_once_however_many_items_it_has() -> None:
    writer = {"type": "array", "items": decimal(2)}
    candidate = {"type": "array", "items": decimal(0)}
    assert reading(writer, candidate, [D("1.50")] * 1_000) == [("[]", "1.50", "150")]


def test_a_schema_of_many_levels_is_stripped() -> None:
    text = '{"type":"array","items":' * 900 + json.dumps(MILLIS) + "}" * 900
    bare = without_logical_types(parse(text))
    assert "logicalType" in parse(text).to_json()
    node: Any = bare.root
    while hasattr(node, "items"):
        node = node.items
    assert node.logical is None


def test_a_recursive_schema_is_stripped() -> None:
    writer = record(at=MILLIS, next=["null", "R"])
    candidate = record(at=MICROS, next=["null", "R"])
    value = {"at": 0, "next": {"at": 1000, "next": None}}
    found = reading(writer, candidate, value)
    assert found == [("next.at", "1970-01-01T00:00:01Z", "1970-01-01T00:00:00.001000Z")]


@given(st.data())
def test_a_schema_read_as_itself_changes_no_meaning(data: st.DataObject) -> None:
    schema = parse(data.draw(avro_schemas()))
    encoded = data.draw(avro_encodings(schema))
    both = Writer(schema, schema, schema)
    written = read(both.written, encoded, 0)
    if isinstance(written, Told):
        candidate = read(both.candidate, encoded, 0)
        assert isinstance(candidate, Told)
        assert [*differences(written, candidate, candidate)] == []


@given(st.data())
def test_no_pair_of_schemas_and_no_bytes_are_too_strange(data: st.DataObject) -> None:
    schema, other = parse(data.draw(avro_schemas())), parse(data.draw(avro_schemas()))
    encoded = data.draw(avro_encodings(schema))
    both = Writer(schema, other, schema)
    written, candidate = read(both.written, encoded, 0), read(both.candidate, encoded, 0)
    if isinstance(written, Told) and isinstance(candidate, Told):
        for change in differences(written, written, candidate):
            assert change.before
            assert change.after
