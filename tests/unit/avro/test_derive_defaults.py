"""How a class's defaults are written in Avro's JSON."""

import enum
import math
from collections import deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, HttpUrl, NaiveDatetime, RootModel, SecretStr, create_model

from flowodm.avro import AvroField, AvroType, Duration, derive, parse, ready
from tests.names import case_name
from tests.unit.avro.deriving import field_of

pytestmark = pytest.mark.unit


class Color(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Item(BaseModel):
    n: int = 1
    name: str | None = None


class Other(BaseModel):
    item: Item


class Tags(RootModel[set[str]]):
    pass


class Number(RootModel[int | str]):
    pass


FIXED = {"type": "fixed", "name": "F", "size": 2}
MONEY = Annotated[Decimal, Field(max_digits=8, decimal_places=2)]
MOMENT = datetime(2024, 5, 1, 12, 30, 0, 250_000, UTC)
MICROS = 1_714_566_600_250_000

SIMPLE = [
    (None, None, None),
    (bool, True, True),
    (int, -5, -5),
    (float, 1.5, 1.5),
    (float, 3, 3.0),
    (float, math.inf, "Infinity"),
    (str, "é", "é"),
    (bytes, b"\x00\xff", "\x00ÿ"),
    (date, date(1970, 1, 3), 2),
    (date, date(1969, 12, 31), -1),
    (time, time(0, 0, 1, 5), 1_000_005),
    (ready.TimeMillis, time(0, 0, 1, 5_000), 1_005),
    (datetime, MOMENT, MICROS),
    (datetime, MOMENT.astimezone(timezone(timedelta(hours=5))), MICROS),
    (ready.TimestampMillis, MOMENT, MICROS // 1_000),
    (ready.TimestampNanos, 7, 7),
    (NaiveDatetime, MOMENT.replace(tzinfo=None), MICROS),
    (timedelta, timedelta(days=2, milliseconds=5), "\0\0\0\0\2\0\0\0\5\0\0\0"),
    (Duration, Duration(1, 2, 256), "\1\0\0\0\2\0\0\0\0\1\0\0"),
    (Annotated[timedelta, AvroType("long")], timedelta(microseconds=-3), -3),
    (UUID, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (MONEY, Decimal("1.5"), "\x00\x96"),
    (MONEY, Decimal("-1.28"), "\x80"),
    (MONEY, 0, "\x00"),
    (
        Annotated[Decimal, AvroType({**FIXED, "logicalType": "decimal", "precision": 4})],
        Decimal(-2),
        "ÿþ",
    ),
    (Annotated[bytes, AvroType(FIXED)], b"ab", "ab"),
    (Annotated[int, AvroType({"type": "int", "logicalType": "date"})], 3, 3),
    (Color, Color.BLUE, "blue"),
    (Level, Level.HIGH, "HIGH"),
    (Annotated[Level, AvroType("int")], Level.HIGH, 2),
    (Literal["a", "b"], "b", "b"),
    (HttpUrl, HttpUrl("https://example.org/"), "https://example.org/"),
    (HttpUrl, "https://example.org", "https://example.org"),
    (Path, Path("/tmp"), "/tmp"),
    (SecretStr, SecretStr("s3cret"), "s3cret"),
    (list[int], [1, 2], [1, 2]),
    (set[str], {"c", "a", "b"}, ["a", "b", "c"]),
    (tuple[int, ...], (2, 1), [2, 1]),
    (Sequence[int], deque([2, 1]), [2, 1]),
    (dict[str, list[date]], {"d": [date(1970, 1, 2)]}, {"d": [1]}),
    (Item, Item(n=4), {"n": 4, "name": None}),
    (list[Other], [Other(item=Item(name="x"))], [{"item": {"n": 1, "name": "x"}}]),
    (Tags, Tags({"b", "a"}), ["a", "b"]),
    (list[int | str], ["a", 1], ["a", 1]),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), SIMPLE, ids=case_name)
def test_a_default_is_written_in_avros_json(annotation: Any, value: Any, expected: Any) -> None:
    assert field_of(annotation, value)["default"] == expected


UNIONS = [
    (int | None, None, ["null", "long"], None),
    (str | None, "x", ["string", "null"], "x"),
    (None | int | str, "x", ["string", "null", "long"], "x"),
    (int | float, 1.5, ["double", "long"], 1.5),
    (float | None, 1, ["double", "null"], 1.0),
    (bool | int, 1, ["long", "boolean"], 1),
    (int | bool, True, ["boolean", "long"], True),
    (str | bytes, b"a", ["bytes", "string"], "a"),
    (Number, Number("x"), ["string", "long"], "x"),
    (Number | None, Number(3), ["long", "string", "null"], 3),
    (
        str | Color,
        Color.RED,
        [{"type": "enum", "name": "Color", "symbols": ["red", "blue"]}, "string"],
        "red",
    ),
    (Tags | int, Tags({"a"}), [{"type": "array", "items": "string"}, "long"], ["a"]),
]


@pytest.mark.parametrize(("annotation", "value", "types", "expected"), UNIONS, ids=case_name)
def test_the_branch_of_the_default_comes_first(
    annotation: Any, value: Any, types: Any, expected: Any
) -> None:
    field = field_of(annotation, value)
    assert field["type"] == types
    assert field["default"] == expected


def test_a_definition_stands_at_its_first_use_when_branches_change_places() -> None:
    """`Other` defines `Item`; its default puts the use of `Item` before that."""
    field = field_of(Other | Item | None, Item())
    assert [each["name"] for each in field["type"][:2]] == ["Item", "Other"]
    assert field["type"][1]["fields"][0]["type"] == "Item"


def test_a_default_of_a_class_whose_union_is_put_in_order_later() -> None:
    class Inner(BaseModel):
        v: str | bytes = b"q"

    class Outer(BaseModel):
        inner: Inner = Inner()

    assert derive(Outer).to_json() == (
        '{"type":"record","name":"Outer","fields":[{"name":"inner","type":{"type":"record",'
        '"name":"Inner","fields":[{"name":"v","type":["bytes","string"],"default":"q"}]},'
        '"default":{"v":"q"}}]}'
    )


@pytest.mark.parametrize(
    ("annotation", "factory", "expected"),
    [
        (list[int], list, []),
        (set[int], set, []),
        (dict[str, int], dict, {}),
        (tuple[int, ...], tuple, []),
        (str, str, ""),
        (int, int, 0),
        (bytes, bytes, ""),
        (bool | None, bool, False),
    ],
)
def test_a_factory_that_is_a_builtin_gives_its_empty_value(
    annotation: Any, factory: Any, expected: Any
) -> None:
    assert field_of(annotation, Field(default_factory=factory))["default"] == expected


def test_any_other_factory_gives_none() -> None:
    assert "default" not in field_of(list[int], Field(default_factory=lambda: [1]))
    assert "default" not in field_of(Item, Field(default_factory=Item))


def test_a_required_field_has_none() -> None:
    assert "default" not in field_of(int | None)


def test_a_default_in_avros_json_wins_and_leaves_the_union_as_it_is() -> None:
    marked = Annotated[int | str | None, AvroField(default="x")]
    assert field_of(marked, 5) == {"name": "x", "type": ["long", "string", "null"], "default": "x"}
    assert field_of(Annotated[int, AvroField(default=5)])["default"] == 5
    assert field_of(Annotated[int | None, AvroField(default=None)], 5)["default"] is None
    assert field_of(Annotated[bytes, AvroField(default="\xff")])["default"] == "ÿ"


def test_a_default_in_avros_json_may_leave_out_what_has_a_default() -> None:
    marked = Annotated[Item, AvroField(default={})]
    assert field_of(marked)["default"] == {}


def test_the_text_of_a_schema_does_not_change_from_run_to_run() -> None:
    """A set of texts has another order in each process."""
    model = create_model("M", x=(set[str], {str(n) for n in range(50)}))
    default = derive(model).to_json().partition('"default":')[2]
    assert default.startswith('["0","1","10","11"')
    assert parse(derive(model).to_json()) == derive(model)
