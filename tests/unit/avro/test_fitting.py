"""Whether values of one schema can be written with another."""

import json
from typing import Any

import pytest

from flowodm.avro import parse
from flowodm.avro.fitting import field_misfits, has_layout

pytestmark = pytest.mark.unit

ID = {"name": "id", "type": "string"}


def record(fields: list[dict[str, Any]], name: str = "Event") -> str:
    return json.dumps({"type": "record", "name": name, "fields": fields})


def linked(name: str, *more: dict[str, Any]) -> str:
    return record([{"name": "next", "type": ["null", name]}, *more], name)


@pytest.mark.parametrize(
    ("own", "other", "errors"),
    [
        (record([ID]), record([ID], "x.Other"), []),
        (record([ID]), record([]), ["it has no field `id`"]),
        (record([]), record([ID]), ["it wants a field `id`, which has no default"]),
        (record([]), record([{**ID, "default": ""}]), []),
        (record([ID]), record([{**ID, "type": "long"}]), []),
        (linked("A", ID), linked("B"), ["it has no field `id`"]),
        (
            record(
                [{"name": "a", "type": {"type": "map", "values": json.loads(record([ID], "I"))}}]
            ),
            record([{"name": "a", "type": {"type": "map", "values": json.loads(record([], "I"))}}]),
            ["it has no field `a{}.id`"],
        ),
        (
            json.dumps(["null", json.loads(record([ID], "I")), json.loads(record([], "J"))]),
            json.dumps([json.loads(record([], "J")), json.loads(record([], "x.I")), "null"]),
            ["it has no field `id`"],
        ),
    ],
)
def test_a_field_without_a_place_is_named(own: str, other: str, errors: list[str]):
    assert field_misfits(parse(own), parse(other)) == errors


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("long", "long", True),
        ("long", "int", False),
        ('{"type": "long", "logicalType": "timestamp-micros"}', "long", False),
        ('{"type": "long", "x": 1}', "long", True),
        (
            '{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}',
            '{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1}',
            False,
        ),
        (record([ID], "a.E"), record([{**ID, "doc": "d", "default": "x"}], "b.F"), True),
        (record([ID]), record([{**ID, "name": "di"}]), False),
        ('["null", "long"]', '["long", "null"]', False),
        ('{"type": "array", "items": "int"}', '{"type": "map", "values": "int"}', False),
        (
            '{"type": "fixed", "name": "F", "size": 2}',
            '{"type": "fixed", "name": "F", "size": 3}',
            False,
        ),
        (
            '{"type": "enum", "name": "E", "symbols": ["A", "B"]}',
            '{"type": "enum", "name": "E", "symbols": ["B", "A"]}',
            False,
        ),
        (
            '{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]}]}',
            '{"type":"record","name":"x.M","fields":[{"name":"next","type":["null","M"]}]}',
            True,
        ),
    ],
)
def test_a_layout_is_what_the_bytes_depend_on(one: str, other: str, same: bool):
    assert has_layout(parse(one), parse(other)) is same
    assert has_layout(parse(other), parse(one)) is same
