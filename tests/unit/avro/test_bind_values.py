"""Values of every annotation go from an instance to bytes and back, by the binding alone."""

import collections.abc
import enum
import ipaddress
import pathlib
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar, get_origin
from uuid import UUID

import pydantic
import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model
from typing_extensions import TypeAliasType

from flowodm.avro import AvroType, Duration, parse, ready
from flowodm.avro.bind import bind
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.model_encode import compile_model_encoder
from flowodm.codec.model_style import model_style
from flowodm.codec.model_values import model_values
from flowodm.errors import SerializationError
from tests.names import case_name
from tests.unit.avro.deriving import model_of

pytestmark = pytest.mark.unit

T = TypeVar("T")
FIXED = {"type": "fixed", "name": "F", "size": 2}


class Color(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Flags(enum.IntFlag):
    READ = 1
    WRITE = 2


class Spaced(enum.Enum):
    ON = "switched on"


class Item(BaseModel):
    n: int = 1


class Twin(BaseModel):
    n: int = 1


class Tags(RootModel[set[str]]):
    pass


class Wrapped(RootModel[Item]):
    pass


class Number(RootModel[int | str]):
    pass


class Span(RootModel[timedelta]):
    pass


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: Optional["Page[T]"] = None


class Md5(bytes):
    pass


Switch = TypeAliasType("Switch", Literal["on"])
ColorText = Annotated[Color, AvroType("string")]
MONEY = Annotated[Decimal, Field(max_digits=8, decimal_places=2)]
MOMENT = datetime(2024, 5, 1, 12, 30, 0, 250_000, UTC)

VALUES: list[tuple[Any, Any]] = [
    (bool, True),
    (int, -(2**63)),
    (float, 1.5),
    (str, "é"),
    (bytes, b"\xff"),
    (UUID, UUID(int=7)),
    (MONEY, Decimal("-1.25")),
    (date, date(9999, 12, 31)),
    (time, time(23, 59, 59, 999_999)),
    (datetime, MOMENT),
    (pydantic.NaiveDatetime, MOMENT.replace(tzinfo=None)),
    (timedelta, timedelta(days=3, milliseconds=86_399_999)),
    (timedelta, timedelta()),
    (Duration, Duration(1, 2, 3)),
    (Color, Color.BLUE),
    (Level, Level.HIGH),
    (Literal["a", "b"], "b"),
    (Literal[1, 2], 2),
    (Annotated[timedelta, AvroType("long")], timedelta(days=-1, microseconds=1)),
    (Annotated[timedelta, AvroType("long")], timedelta(microseconds=2**63 - 1)),
    (Annotated[int, AvroType({"type": "int", "logicalType": "date"})], 2**31 - 1),
    (Annotated[int, AvroType({"type": "int", "logicalType": "date"})], -5),
    (Annotated[int, AvroType({"type": "int", "logicalType": "time-millis"})], 5),
    (Annotated[int, AvroType({"type": "long", "logicalType": "timestamp-micros"})], 2**62),
    (Annotated[int, AvroType({"type": "long", "logicalType": "timestamp-millis"})], 5),
    (ready.TimestampNanos, 2**62 + 1),
    (Annotated[datetime, AvroType({"type": "long", "logicalType": "timestamp-nanos"})], MOMENT),
    (
        Annotated[datetime, AvroType({"type": "long", "logicalType": "local-timestamp-nanos"})],
        MOMENT.replace(tzinfo=None),
    ),
    (
        Annotated[int, AvroType({"type": "bytes", "logicalType": "decimal", "precision": 20})],
        2**64 - 1,
    ),
    (
        Annotated[int, AvroType({**FIXED, "size": 9, "logicalType": "decimal", "precision": 20})],
        -(2**64),
    ),
    (Annotated[str, AvroType({"type": "string", "logicalType": "uuid"})], str(UUID(int=5))),
    (Annotated[UUID, AvroType("string")], UUID(int=5)),
    (Annotated[UUID, AvroType({**FIXED, "size": 16, "logicalType": "uuid"})], UUID(int=5)),
    (Annotated[Decimal, AvroType("string")], Decimal("1.50")),
    (Annotated[bytes, AvroType(FIXED)], b"ab"),
    (Annotated[Md5, AvroType(FIXED)], Md5(b"ab")),
    (Annotated[Color, AvroType("string")], Color.RED),
    (Annotated[Spaced, AvroType("string")], Spaced.ON),
    (Annotated[Level, AvroType("int")], Level.LOW),
    (Annotated[Flags, AvroType("long")], Flags.READ | Flags.WRITE),
    (Annotated[Literal["in progress"], AvroType("string")], "in progress"),
    (Annotated[str, AvroType({"type": "enum", "name": "E", "symbols": ["A"]})], "A"),
    (Annotated[str, AvroType(is_union=True)], "x"),
    (pydantic.HttpUrl, pydantic.HttpUrl("https://example.org/a?b=ü")),
    (pydantic.PostgresDsn, pydantic.PostgresDsn("postgres://u:p@h:5432/d")),
    (pydantic.SecretStr, pydantic.SecretStr("s3cret")),
    (pydantic.SecretBytes, pydantic.SecretBytes(b"s3cret")),
    (pydantic.ByteSize, pydantic.ByteSize(1024)),
    (pydantic.IPvAnyAddress, ipaddress.IPv6Address("::1")),
    (ipaddress.IPv4Network, ipaddress.IPv4Network("10.0.0.0/8")),
    (pathlib.PurePosixPath, pathlib.PurePosixPath("/a/b")),
    (list[int], [1, 2]),
    (set[str], {"a", "b"}),
    (frozenset[date], frozenset({date(2024, 1, 1)})),
    (tuple[int, ...], (1, 2)),
    (tuple[float, float], (1.0, 2.0)),
    (collections.abc.Sequence[str], ["a"]),
    (dict[str, timedelta], {"a": timedelta(1)}),
    (dict[Color, int], {Color.RED: 1}),
    (set[Color], {Color.RED}),
    (list[pydantic.SecretStr], [pydantic.SecretStr("x")]),
    (Item, Item(n=5)),
    (Tags, Tags({"a"})),
    (list[Tags], [Tags({"a"}), Tags(set())]),
    (Span, Span(timedelta(2))),
    (Number, Number("x")),
    (list[Number], [Number(1), Number("a")]),
    (Page[Item], Page[Item](items=[Item()], next=Page[Item](items=[]))),
    (Wrapped, Wrapped(Item(n=3))),
    (list[int | None], [1, None]),
    (list[Item | Twin], [Twin(n=1), Item(n=1)]),
    (list[timedelta | int | None], [timedelta(1), 5, None]),
    (list[Tags | int], [Tags({"b"}), 5]),
    (list[Number | None], [Number(1), None, Number("a")]),
    (list[date | datetime | None], [date(2024, 1, 2), MOMENT, None]),
    (list[set[int] | str], [{1}, "a"]),
    (list[Color | Level | int], [Color.RED, 5]),
    (list[bytes | ColorText], [Color.RED, b"red"]),
    (list[ColorText | Switch], [Color.RED, "on"]),
    (list[bytes | pydantic.HttpUrl], [pydantic.HttpUrl("http://a/"), b"http://a/"]),
    (list[Item | dict[str, ColorText]], [Item(n=2), {}, {"a": Color.RED}]),
    (list[bool | Annotated[timedelta, AvroType("long")] | ready.Int], [0, timedelta(0), True]),
    (list[bytes | Number], [Number("a"), b"a", Number(1)]),
]


@pytest.mark.parametrize(("annotation", "value"), VALUES, ids=case_name)
def test_a_value_comes_back(annotation: Any, value: Any) -> None:
    model = model_of(annotation)
    binding = bind(model)
    instance = model(x=value)
    assert instance.x == value  # type: ignore[attr-defined]
    data = compile_model_encoder(binding)(instance, b"")
    decode = compile_decoder(binding.schema, binding.schema, style=model_style(binding)).decode
    back = model.__pydantic_validator__.validate_python(decode(data))
    assert back == instance
    assert type(back.x) is type(instance.x)  # type: ignore[attr-defined]
    if not isinstance(value, set | frozenset):
        assert compile_encoder(binding.schema).encode(model_values(binding)(instance)) == data


@pytest.mark.parametrize(
    ("annotation", "value"),
    [pair for pair in VALUES if get_origin(pair[0]) is not Literal],
    ids=case_name,
)
def test_a_value_comes_back_as_the_root(annotation: Any, value: Any) -> None:
    model = RootModel[annotation]
    binding = bind(model)
    data = compile_model_encoder(binding)(model(value), b"")
    decode = compile_decoder(binding.schema, binding.schema, style=model_style(binding)).decode
    assert model.__pydantic_validator__.validate_python(decode(data)).root == value


def test_a_record_stands_inside_a_root_model_and_by_itself() -> None:
    """The two share one definition, and the codec knows definitions only."""
    model: Any = create_model("M", a=(Wrapped, ...), b=(Item, ...), c=(list[Wrapped], ...))
    instance = model(a=Wrapped(Item(n=2)), b=Item(n=3), c=[Wrapped(Item(n=4))])
    binding = bind(model)
    data = compile_model_encoder(binding)(instance, b"")
    assert data == b"\x04\x06\x02\x08\x00"
    decode = compile_decoder(binding.schema, binding.schema, style=model_style(binding)).decode
    assert model.__pydantic_validator__.validate_python(decode(data)) == instance


def test_aliases_are_used_both_ways() -> None:
    class Aliased(BaseModel):
        model_config = ConfigDict(validate_by_name=True)
        first: int = Field(alias="class")
        second: int = Field(serialization_alias="written", validation_alias="read")

    binding = bind(Aliased)
    instance = Aliased.model_validate({"class": 1, "read": 2})
    data = compile_model_encoder(binding)(instance, b"")
    decode = compile_decoder(binding.schema, binding.schema, style=model_style(binding)).decode
    assert Aliased.__pydantic_validator__.validate_python(decode(data)) == instance
    assert model_values(binding)(instance) == {"class": 1, "written": 2}


def test_enum_values_that_pydantic_keeps_as_values_are_written() -> None:
    class Plain(BaseModel):
        model_config = ConfigDict(use_enum_values=True)
        color: Color
        spaced: Annotated[Spaced, AvroType("string")]

    binding = bind(Plain)
    instance = Plain(color=Color.BLUE, spaced=Spaced.ON)
    assert instance.spaced == "switched on"  # type: ignore[comparison-overlap]
    data = compile_model_encoder(binding)(instance, b"")
    decode = compile_decoder(binding.schema, binding.schema, style=model_style(binding)).decode
    assert Plain.__pydantic_validator__.validate_python(decode(data)) == instance


@pytest.mark.parametrize(
    ("annotation", "value", "reason"),
    [
        (timedelta, timedelta(-1), "negative"),
        (timedelta, timedelta(microseconds=5), "finer than the milliseconds"),
        (Tags, "a", "`Tags`"),
        (pydantic.SecretStr, "x", "`SecretStr`"),
        (Annotated[Level, AvroType("int")], 7, "`Level`"),
        (int, 2**63, "long"),
        (datetime, datetime(2024, 1, 1), "zone"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_field(
    annotation: Any, value: Any, reason: str
) -> None:
    model = model_of(annotation)
    with pytest.raises(SerializationError) as caught:
        compile_model_encoder(bind(model))(model.model_construct(x=value), b"")
    assert caught.value.path == "x"
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("annotation", "writer", "number"),
    [
        (date, {"type": "int", "logicalType": "date"}, 86_400 * 40),
        (date, {"type": "int", "logicalType": "date"}, -(86_400 * 40)),
        (time, {"type": "long", "logicalType": "time-micros"}, 86_400_000_000),
        (time, {"type": "long", "logicalType": "time-micros"}, -1),
        (datetime, {"type": "long", "logicalType": "timestamp-micros"}, 2**62),
        (datetime, {"type": "long", "logicalType": "timestamp-micros"}, -(2**62)),
        (
            Annotated[datetime, AvroType({"type": "long", "logicalType": "timestamp-nanos"})],
            {"type": "long", "logicalType": "timestamp-nanos"},
            1_000_001,
        ),
    ],
)
def test_a_number_that_the_annotation_cannot_hold_is_never_another_value(
    annotation: Any, writer: Any, number: int
) -> None:
    model = model_of(annotation)
    schema = parse({"type": "record", "name": "M", "fields": [{"name": "x", "type": writer}]})
    data = compile_encoder(schema).encode({"x": number})
    binding = bind(model)
    decode = compile_decoder(schema, binding.schema, style=model_style(binding)).decode
    with pytest.raises((pydantic.ValidationError, DecodeFailure)):
        model.__pydantic_validator__.validate_python(decode(data))


@pytest.mark.parametrize("duration", [Duration(1, 0, 0), Duration(0, 2**32 - 1, 0)])
@pytest.mark.parametrize("annotation", [timedelta, timedelta | list[int]])
def test_a_duration_that_a_timedelta_cannot_hold_is_refused(
    annotation: Any, duration: Duration
) -> None:
    model = model_of(annotation)
    binding = bind(model)
    data = compile_encoder(binding.schema).encode({"x": duration})
    decode = compile_decoder(binding.schema, binding.schema, style=model_style(binding)).decode
    with pytest.raises(DecodeFailure, match=r"value at x: .* (months|days)"):
        decode(data)
