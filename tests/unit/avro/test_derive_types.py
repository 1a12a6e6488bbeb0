"""Which Avro type each Python annotation has."""

import collections.abc
import enum
import ipaddress
import pathlib
import typing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NewType, Optional, TypeVar
from uuid import UUID

import pydantic
import pytest
from pydantic import BaseModel, Field, RootModel
from typing_extensions import TypeAliasType

from flowodm.avro import AvroName, AvroType, Duration, derive, ready
from tests.unit.avro.deriving import type_of

pytestmark = pytest.mark.unit


class Color(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(enum.Enum):
    NUMBER = 1
    TEXT = "text"


class Spaced(enum.StrEnum):
    ON = "switched on"


class Flags(enum.IntFlag):
    READ = 1
    WRITE = 2


class Item(BaseModel):
    n: int


class Tags(RootModel[list[str]]):
    pass


class Md5(bytes):
    pass


ITEM = {"type": "record", "name": "Item", "fields": [{"name": "n", "type": "long"}]}
COLOR = {"type": "enum", "name": "Color", "symbols": ["red", "blue"]}
DURATION = {"type": "fixed", "name": "Duration", "size": 12, "logicalType": "duration"}
MD5 = {"type": "fixed", "name": "Md5", "size": 16}
Cents = NewType("Cents", int)
Rank = NewType("Rank", Annotated[int, Field(ge=0, le=9)])  # type: ignore[valid-newtype]
Weekday = TypeAliasType("Weekday", Literal["mon", "tue"])
T = TypeVar("T")
Pair = TypeAliasType("Pair", list[T] | None, type_params=(T,))


def logical(word: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": word, "logicalType": name, **more}


SCALARS = [
    (None, "null"),
    (bool, "boolean"),
    (int, "long"),
    (float, "double"),
    (str, "string"),
    (bytes, "bytes"),
    (UUID, logical("string", "uuid")),
    (date, logical("int", "date")),
    (time, logical("long", "time-micros")),
    (datetime, logical("long", "timestamp-micros")),
    (timedelta, DURATION),
    (Duration, DURATION),
    (Color, COLOR),
    (Level, {"type": "enum", "name": "Level", "symbols": ["LOW", "HIGH"]}),
    (Mixed, {"type": "enum", "name": "Mixed", "symbols": ["NUMBER", "TEXT"]}),
    (Literal["a", "b"], {"type": "enum", "name": "MX", "symbols": ["a", "b"]}),
    (Literal[1, 2], "long"),
    (Literal[True], "boolean"),
    (Literal[None], "null"),
    (Literal[Color.RED], COLOR),
    (Cents, "long"),
    (Rank, "int"),
    (Weekday, {"type": "enum", "name": "Weekday", "symbols": ["mon", "tue"]}),
    (pathlib.Path, "string"),
    (pathlib.PurePosixPath, "string"),
    (ipaddress.IPv4Address, "string"),
    (ipaddress.IPv6Network, "string"),
    (pydantic.AwareDatetime, logical("long", "timestamp-micros")),
    (pydantic.PastDatetime, logical("long", "timestamp-micros")),
    (pydantic.NaiveDatetime, logical("long", "local-timestamp-micros")),
    (pydantic.FutureDate, logical("int", "date")),
    (pydantic.UUID4, logical("string", "uuid")),
    (pydantic.HttpUrl, "string"),
    (pydantic.PostgresDsn, "string"),
    (pydantic.SecretStr, "string"),
    (pydantic.SecretBytes, "bytes"),
    (pydantic.IPvAnyAddress, "string"),
    (pydantic.FilePath, "string"),
    (pydantic.ByteSize, "long"),
    (pydantic.StrictInt, "long"),
    (pydantic.PositiveInt, "long"),
    (pydantic.constr(max_length=3), "string"),
]

CONTAINERS = [
    (list[int], {"type": "array", "items": "long"}),
    (set[str], {"type": "array", "items": "string"}),
    (frozenset[str], {"type": "array", "items": "string"}),
    (tuple[int, ...], {"type": "array", "items": "long"}),
    (tuple[float, float], {"type": "array", "items": "double"}),
    (collections.abc.Sequence[int], {"type": "array", "items": "long"}),
    (collections.abc.Set[int], {"type": "array", "items": "long"}),
    (typing.List[int], {"type": "array", "items": "long"}),  # noqa: UP006
    (dict[str, int], {"type": "map", "values": "long"}),
    (dict[Annotated[str, Field(max_length=3)], int], {"type": "map", "values": "long"}),
    (dict[Color, int], {"type": "map", "values": "long"}),
    (dict[Literal["a"], int], {"type": "map", "values": "long"}),
    (collections.abc.Mapping[str, bool], {"type": "map", "values": "boolean"}),
    (list[dict[str, Item]], {"type": "array", "items": {"type": "map", "values": ITEM}}),
    (Item, ITEM),
    (Tags, {"type": "array", "items": "string"}),
    (RootModel[Item], ITEM),
]

UNIONS = [
    (int | None, ["long", "null"]),
    (Optional[str], ["string", "null"]),  # noqa: UP045
    (None | int, ["null", "long"]),
    (int | str | Item, ["long", "string", ITEM]),
    (Optional[int | Optional[str]], ["long", "string", "null"]),  # noqa: UP045
    (int | Annotated[int, AvroType("int")], ["long", "int"]),
    (date | datetime, [logical("int", "date"), logical("long", "timestamp-micros")]),
    (Literal["a", None], [{"type": "enum", "name": "MX", "symbols": ["a"]}, "null"]),
    (Literal[None, 1], ["null", "long"]),
    (Tags | None, [{"type": "array", "items": "string"}, "null"]),
    (Color | str, [COLOR, "string"]),
    (Pair[int], [{"type": "array", "items": "long"}, "null"]),
    (list[int | None], {"type": "array", "items": ["long", "null"]}),
]

SAID = [
    (Annotated[int, AvroType("int")], "int"),
    (Annotated[float, AvroType("float")], "float"),
    (Annotated[bytes, AvroType(MD5)], MD5),
    (Annotated[Md5, AvroType(MD5)], MD5),
    (Annotated[UUID, AvroType("string")], "string"),
    (
        Annotated[UUID, AvroType({**MD5, "logicalType": "uuid"})],
        {**MD5, "logicalType": "uuid"},
    ),
    (Annotated[Decimal, AvroType("string")], "string"),
    (
        Annotated[Decimal, AvroType({**MD5, "logicalType": "decimal", "precision": 30})],
        {**MD5, "logicalType": "decimal", "precision": 30},
    ),
    (
        Annotated[int, AvroType({"type": "bytes", "logicalType": "decimal", "precision": 20})],
        logical("bytes", "decimal", precision=20),
    ),
    (Annotated[timedelta, AvroType("long")], "long"),
    (Annotated[int, AvroType(logical("int", "date"))], logical("int", "date")),
    (Annotated[str, AvroType(logical("string", "uuid"))], logical("string", "uuid")),
    (Annotated[Color, AvroType("string")], "string"),
    (Annotated[Spaced, AvroType("string")], "string"),
    (Annotated[Level, AvroType("int")], "int"),
    (Annotated[Flags, AvroType("long")], "long"),
    (Annotated[Literal["in progress"], AvroType("string")], "string"),
    (
        Annotated[str, AvroType({"type": "enum", "name": "E", "symbols": ["A"]})],
        {"type": "enum", "name": "E", "symbols": ["A"]},
    ),
    (
        Annotated[
            Literal["A", "B"],
            AvroType({"type": "enum", "name": "E", "symbols": ["B", "A"], "default": "A"}),
        ],
        {"type": "enum", "name": "E", "symbols": ["B", "A"], "default": "A"},
    ),
    (Annotated[str, AvroType(props={"pii": True})], {"type": "string", "pii": True}),
    (
        Annotated[datetime, AvroType(props={"source": ["a"]})],
        logical("long", "timestamp-micros", source=["a"]),
    ),
    (Annotated[list[int], AvroType(props={"k": 1})], {"type": "array", "items": "long", "k": 1}),
    (
        Annotated[dict[str, int], AvroType(props={"k": 1})],
        {"type": "map", "values": "long", "k": 1},
    ),
    (Annotated[timedelta, AvroType(props={"k": 1})], {**DURATION, "k": 1}),
    (Annotated[str, AvroType(is_union=True)], ["string"]),
    (Annotated[Item, AvroType(is_union=True)], [ITEM]),
    (Annotated[None, AvroType([])], []),
    (Annotated[ready.Int, AvroType(props={"k": 1})], {"type": "int", "k": 1}),
    (Annotated[int, AvroType("int"), AvroType("long")], "long"),
]

READY = [
    (ready.Int, "int"),
    (ready.Float, "float"),
    (ready.TimeMillis, logical("int", "time-millis")),
    (ready.TimestampMillis, logical("long", "timestamp-millis")),
    (ready.TimestampNanos, logical("long", "timestamp-nanos")),
    (ready.LocalTimestampMillis, logical("long", "local-timestamp-millis")),
    (ready.LocalTimestampNanos, logical("long", "local-timestamp-nanos")),
]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [*SCALARS, *CONTAINERS, *UNIONS, *SAID, *READY],
    ids=lambda value: str(value)[:60],
)
def test_an_annotation_has_its_type(annotation: Any, expected: Any) -> None:
    assert type_of(annotation) == expected


@pytest.mark.parametrize(
    ("least", "greatest", "expected"),
    [
        (0, 100, "int"),
        (-(2**31), 2**31 - 1, "int"),
        (-(2**31) - 1, 0, "long"),
        (0, 2**31, "long"),
        (-(2**63), 2**63 - 1, "long"),
    ],
)
def test_an_int_bounded_within_32_bits_is_an_int(least: int, greatest: int, expected: str) -> None:
    assert type_of(Annotated[int, Field(ge=least, le=greatest)]) == expected
    assert type_of(Annotated[int, Field(gt=least - 1, lt=greatest + 1)]) == expected
    assert type_of(pydantic.conint(ge=least, le=greatest)) == expected


def test_an_int_bounded_on_one_side_is_a_long() -> None:
    assert type_of(Annotated[int, Field(ge=0)]) == "long"


def test_what_a_field_says_of_an_optional_holds_for_its_other_type() -> None:
    assert type_of(Annotated[int | None, Field(ge=0, le=9)]) == ["int", "null"]
    assert type_of(Annotated[Decimal | None, Field(max_digits=4)]) == [
        logical("bytes", "decimal", precision=4, scale=0),
        "null",
    ]


@pytest.mark.parametrize(("places", "scale"), [(None, 0), (0, 0), (2, 2), (9, 9)])
def test_a_decimal_has_the_digits_of_its_field(places: int | None, scale: int) -> None:
    annotation = Annotated[Decimal, Field(max_digits=9, decimal_places=places)]
    assert type_of(annotation) == logical("bytes", "decimal", precision=9, scale=scale)


class Page(BaseModel, Generic[T]):
    """A page of things."""

    items: list[T]


def test_a_generic_class_with_its_arguments_is_a_record_of_its_own() -> None:
    assert type_of(Page[Item]) == {
        "type": "record",
        "name": "Page_Item",
        "doc": "A page of things.",
        "fields": [{"name": "items", "type": {"type": "array", "items": ITEM}}],
    }
    assert type_of(Page[list[int]])["name"] == "Page_list_int"


def test_a_root_model_at_the_root_gives_a_schema_that_is_no_record() -> None:
    assert derive(Tags).to_json() == '{"type":"array","items":"string"}'
    assert derive(RootModel[int | None]).to_json() == '["long","null"]'
    assert derive(RootModel[Color]).name == "Color"


def test_a_root_model_names_the_enum_of_its_literal() -> None:
    class Status(RootModel[Literal["open", "closed"]]):
        pass

    class Named(RootModel[Literal["a"]]):
        __avro__ = AvroName("shop.State")

    assert type_of(Status)["name"] == "Status"
    assert derive(Named).name == "shop.State"
