"""Defaults, judged as Java's parser with validation on does."""

from typing import Any

import pytest

from flowodm.avro import parse
from flowodm.avro.defaults import Defaults
from flowodm.avro.types import Record
from flowodm.errors import SchemaParseError

pytestmark = pytest.mark.unit

FIXED = {"type": "fixed", "name": "F", "size": 2}
ENUM = {"type": "enum", "name": "E", "symbols": ["A"]}
INNER = {
    "type": "record",
    "name": "S",
    "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "string", "default": "x"}],
}
ARRAY = {"type": "array", "items": ["null", "int"]}
MAP = {"type": "map", "values": "long"}


def schema_with(kind: Any, default: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "R",
        "fields": [{"name": "f", "type": kind, "default": default}],
    }


def default_of(kind: Any, default: Any) -> Any:
    root = parse(schema_with(kind, default)).root
    assert isinstance(root, Record)
    return root.fields[0].default


GOOD: list[tuple[Any, Any]] = [
    ("null", None),
    ("boolean", False),
    ("int", -(2**31)),
    ("int", 2**31 - 1),
    ("long", -(2**63)),
    ("long", 2**63 - 1),
    ("float", 1),
    ("float", 1.5),
    ("double", 10**30),
    ("string", ""),
    ("bytes", "\x00ÿ"),
    (FIXED, "ab"),
    (ENUM, "A"),
    (ARRAY, []),
    (ARRAY, [None, 1, None]),
    (MAP, {}),
    (MAP, {"a": 1, "": 2}),
    (INNER, {"a": 1}),
    (INNER, {"a": 1, "b": "y", "unknown": []}),
    (["null", "int"], None),
    (["null", "int"], 5),
    (["int", INNER], {"a": 1}),
    ({"type": "int", "logicalType": "date"}, 5),
    ({"type": "bytes", "logicalType": "decimal", "precision": 3}, "\x01"),
]


@pytest.mark.parametrize(("kind", "default"), GOOD)
def test_a_default_that_fits(kind: Any, default: Any) -> None:
    assert default_of(kind, default) == default


BAD: list[tuple[Any, Any, str, str]] = [
    ("null", 0, "", "`0` is not null"),
    ("boolean", 1, "", "`1` is not true or false"),
    ("int", True, "", "`true` is not an integer"),
    ("int", 1.0, "", "`1.0` is not an integer"),
    ("int", "1", "", "`1` is not an integer"),
    ("int", 2**31, "", "`2147483648` does not fit in int"),
    ("int", -(2**31) - 1, "", "does not fit in int"),
    ("long", 2**63, "", "does not fit in long"),
    ("float", None, "", "`null` is not a number"),
    ("double", "abc", "", "`abc` is not a number"),
    ("double", True, "", "`true` is not a number"),
    ("string", 1, "", "`1` is not a string"),
    ("bytes", [1], "", "an array is not a string"),
    (FIXED, 1, "", "`1` is not a string"),
    (ENUM, None, "", "`null` is not a string"),
    (ARRAY, {}, "", "an object is not an array"),
    (ARRAY, [1, "x"], "/1", "`x` fits no branch of the union"),
    (MAP, [], "", "an array is not an object"),
    (MAP, {"a": 1, "b": "x"}, "/b", "`x` is not an integer"),
    (INNER, None, "", "`null` is not an object"),
    (INNER, {}, "", "the field `a` is missing and has no default"),
    (INNER, {"a": "x"}, "/a", "`x` is not an integer"),
    (["null", "int"], "x", "", "`x` fits no branch of the union"),
    ([], None, "", "`null` fits no branch of the union"),
    (
        {"type": "array", "items": {"type": "array", "items": "int"}},
        [[1], [2, None]],
        "/1/1",
        "null",
    ),
]


@pytest.mark.parametrize(("kind", "default", "path", "reason"), BAD)
def test_a_default_that_does_not_fit(kind: Any, default: Any, path: str, reason: str) -> None:
    with pytest.raises(SchemaParseError) as caught:
        parse(schema_with(kind, default))
    assert caught.value.path == f"/fields/0/default{path}"
    assert caught.value.reason.startswith("the default of the field `f` does not fit: ")
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        (" -2e3\t", -2000.0),
        ("7", 7.0),
        ("+.5f", 0.5),
        ("1.d", 1.0),
        ("Infinity", float("inf")),
        ("-Infinity", float("-inf")),
    ],
)
@pytest.mark.parametrize("kind", ["float", "double", {"type": "double", "x": 1}])
def test_a_string_may_stand_for_a_float_as_in_java(kind: Any, text: str, value: float) -> None:
    found = default_of(kind, text)
    assert found == value
    assert isinstance(found, float)


def test_the_string_nan_is_not_a_number() -> None:
    found = default_of("double", "NaN")
    assert found != found


@pytest.mark.parametrize(
    "text", ["", "x", "1.5x", "1 5", "0x", "nan", "inf", "١", "9" * 2_000_000 + "x"]
)
def test_other_strings_do_not_stand_for_a_float(text: str) -> None:
    with pytest.raises(SchemaParseError, match="is not a number"):
        parse(schema_with("double", text))


def test_a_string_does_not_stand_for_a_float_inside_a_union() -> None:
    with pytest.raises(SchemaParseError, match="fits no branch"):
        parse(schema_with(["double"], "1.5"))


def test_a_default_may_leave_out_fields_of_its_own_record_that_have_defaults() -> None:
    parse(
        {
            "type": "record",
            "name": "R",
            "fields": [
                {"name": "next", "type": ["null", "R"], "default": None},
                {"name": "other", "type": ["R", "null"], "default": None},
            ],
        }
    )


@pytest.mark.parametrize(
    "kind",
    [
        "R",
        ["R"],
        {"type": "record", "name": "S", "fields": [{"name": "r", "type": "R", "default": {}}]},
    ],
)
def test_a_default_that_holds_itself_without_end_is_refused(kind: Any) -> None:
    with pytest.raises(SchemaParseError, match=r"fits no branch|without end"):
        parse(schema_with(kind, {}))


def test_a_chain_of_ten_thousand_record_defaults_is_judged_without_recursion() -> None:
    chain: list[Any] = [{"type": "record", "name": "R0", "fields": []}]
    for number in range(1, 10_000):
        fields = [{"name": "f", "type": f"R{number - 1}", "default": {}}]
        chain.append({"type": "record", "name": f"R{number}", "fields": fields})
    parse(chain)
    chain[0]["fields"].append({"name": "needed", "type": "int"})
    with pytest.raises(SchemaParseError, match="`needed` is missing"):
        parse(chain)


def test_a_default_that_is_met_on_many_ways_is_judged_once() -> None:
    """Two ways in at each of 200 levels: judged anew on each way, that would never end."""
    kinds: list[Any] = [{"type": "record", "name": "R0", "fields": [{"name": "x", "type": "int"}]}]
    value: Any = {"x": "wrong"}
    for number in range(1, 200):
        inner = f"R{number - 1}"
        fields = [
            {"name": "f", "type": ["int", inner]},
            {"name": "g", "type": [{"type": "map", "values": inner}, inner]},
        ]
        kinds.append({"type": "record", "name": f"R{number}", "fields": fields})
        value = {"f": value, "g": value}
    schema = parse(kinds)
    assert not Defaults(schema.names).fits(schema.names["R199"], value)
