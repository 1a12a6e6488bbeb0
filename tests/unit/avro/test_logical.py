"""Which logical types are valid where; all others are ignored and kept."""

from typing import Any

import pytest

from flowodm.avro import parse
from flowodm.avro.logical import LOGICAL_TYPES
from flowodm.avro.types import Fixed, Logical, Primitive, Record

pytestmark = pytest.mark.unit


def logical_of(document: Any) -> Logical | None:
    node = parse(document).root
    assert isinstance(node, Primitive | Fixed | Record)
    assert node.props.get("logicalType") == document.get("logicalType")
    return node.logical


def fixed(size: int, **props: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": "F", "size": size, **props}


SIMPLE = [
    ("int", "date"),
    ("int", "time-millis"),
    ("long", "time-micros"),
    ("long", "timestamp-millis"),
    ("long", "timestamp-micros"),
    ("long", "timestamp-nanos"),
    ("long", "local-timestamp-millis"),
    ("long", "local-timestamp-micros"),
    ("long", "local-timestamp-nanos"),
    ("string", "uuid"),
    ("bytes", "big-decimal"),
]


@pytest.mark.parametrize(("carrier", "name"), SIMPLE)
def test_a_logical_type_on_its_own_carrier(carrier: str, name: str) -> None:
    assert logical_of({"type": carrier, "logicalType": name}) == Logical(name)


@pytest.mark.parametrize("name", [*LOGICAL_TYPES, "made-up", "", 5, None, ["date"]])
@pytest.mark.parametrize(
    "carrier", ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
)
def test_a_logical_type_elsewhere_is_ignored(carrier: str, name: Any) -> None:
    if (carrier, name) not in SIMPLE:
        assert logical_of({"type": carrier, "logicalType": name}) is None


def test_a_logical_type_on_a_record_is_ignored() -> None:
    assert logical_of({"type": "record", "name": "R", "fields": [], "logicalType": "date"}) is None


@pytest.mark.parametrize(("name", "size"), [("uuid", 16), ("duration", 12)])
def test_uuid_and_duration_need_their_size(name: str, size: int) -> None:
    assert logical_of(fixed(size, logicalType=name)) == Logical(name)
    assert logical_of(fixed(size + 1, logicalType=name)) is None


@pytest.mark.parametrize(
    ("props", "valid"),
    [
        ({"precision": 4, "scale": 2}, Logical("decimal", 4, 2)),
        ({"precision": 4}, Logical("decimal", 4, 0)),
        ({"precision": 4, "scale": 4}, Logical("decimal", 4, 4)),
        ({"precision": 2**31 - 1}, Logical("decimal", 2**31 - 1, 0)),
        ({}, None),
        ({"precision": 0}, None),
        ({"precision": -1}, None),
        ({"precision": 4.0}, None),
        ({"precision": "4"}, None),
        ({"precision": True}, None),
        ({"precision": 2**31}, None),
        ({"precision": 4, "scale": 5}, None),
        ({"precision": 4, "scale": -1}, None),
        ({"precision": 4, "scale": None}, None),
        ({"precision": 4, "scale": "1"}, None),
    ],
)
def test_decimal_on_bytes(props: dict[str, Any], valid: Logical | None) -> None:
    assert logical_of({"type": "bytes", "logicalType": "decimal", **props}) == valid


@pytest.mark.parametrize(("size", "most"), [(1, 2), (2, 4), (4, 9), (5, 11), (8, 18), (16, 38)])
def test_decimal_on_fixed_holds_as_many_digits_as_always_fit(size: int, most: int) -> None:
    assert 10**most <= 2 ** (8 * size - 1) < 10 ** (most + 1)
    assert logical_of(fixed(size, logicalType="decimal", precision=most)) == Logical(
        "decimal", most, 0
    )
    assert logical_of(fixed(size, logicalType="decimal", precision=most + 1)) is None


def test_decimal_on_an_empty_fixed_is_ignored() -> None:
    assert logical_of(fixed(0, logicalType="decimal", precision=1)) is None


def test_java_properties_beside_a_logical_type_do_not_hide_it() -> None:
    """Java ignores the uuid here; the specification does not."""
    document = {"type": "string", "avro.java.string": "String", "logicalType": "uuid"}
    assert logical_of(document) == Logical("uuid")
