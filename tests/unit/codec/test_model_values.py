"""Instances as plain values: what `to_avro_dict` shows."""

import enum
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import AliasChoices, BaseModel, Field, HttpUrl, RootModel, SecretStr

from flowodm.avro.annotations import AvroType
from flowodm.avro.bind import bind
from flowodm.avro.values import Duration, RawNumber
from flowodm.codec.branch import Branch
from flowodm.codec.model_values import model_values
from flowodm.errors import SerializationError

pytestmark = pytest.mark.unit


class Color(enum.Enum):
    RED = "RED"


class Level(enum.IntEnum):
    LOW = 1


class Left(BaseModel):
    x: int


class Right(BaseModel):
    x: int


class Best(Right):
    pass


class Md5(bytes):
    __slots__ = ()


class Small(Decimal):
    __slots__ = ()


class Sha(bytes):
    __slots__ = ()


def values(instance: BaseModel) -> Any:
    return model_values(bind(type(instance)))(instance)


def test_an_instance_is_a_dict_by_the_names_of_the_schema() -> None:
    class Order(BaseModel):
        number: int = Field(alias="orderNumber")
        color: Color
        level: Level
        size: Literal["s", "m"]
        lines: list[Left]
        tags: set[str]
        ratio: float | None
        price: Decimal = Field(max_digits=6, decimal_places=2)
        key: UUID
        at: datetime
        span: timedelta
        site: HttpUrl
        secret: SecretStr

    at = datetime(2026, 1, 1, tzinfo=UTC)
    order = Order(orderNumber=7, color=Color.RED, level=Level.LOW, size="m", lines=[Left(x=1)], tags={"a"}, ratio=None, price=Decimal("1.5"), key=UUID(int=1), at=at, span=timedelta(days=1), site=HttpUrl("https://example.com/"), secret=SecretStr("s"))  # fmt: skip
    assert values(order) == {
        "orderNumber": 7,
        "color": "RED",
        "level": "LOW",
        "size": "m",
        "lines": [{"x": 1}],
        "tags": ["a"],
        "ratio": None,
        "price": Decimal("1.5"),
        "key": UUID(int=1),
        "at": at,
        "span": Duration(0, 1, 0),
        "site": "https://example.com/",
        "secret": "s",
    }


@pytest.mark.parametrize(
    ("annotation", "value", "shown"),
    [
        (Left | None, Left(x=1), {"x": 1}),
        (Left | None, None, None),
        (Left | str, Left(x=1), {"x": 1}),
        (Left | Right, Left(x=1), Branch("Left", {"x": 1})),
        (Left | Right, Right(x=1), Branch("Right", {"x": 1})),
        (Left | Right, Best(x=1), Branch("Right", {"x": 1})),
        (Left | dict[str, int], Left(x=1), Branch("Left", {"x": 1})),
        (Left | dict[str, int], {"x": 1}, Branch("map", {"x": 1})),
        (Color | str, Color.RED, Branch("Color", "RED")),
        (Color | str, "RED", Branch("string", "RED")),
        (Color | int, Color.RED, "RED"),
        (Color | Level, Level.LOW, Branch("Level", "LOW")),
        (int | float, 1, 1),
        (int | float, 1.0, 1.0),
        (UUID | Color, UUID(int=1), UUID(int=1)),
        (date | float, date(2026, 1, 1), date(2026, 1, 1)),
        (timedelta | int, 5, 5),
        (timedelta | int, timedelta(1), Branch("Duration", Duration(0, 1, 0))),
        (bytes | str | None, b"a", b"a"),
        (list[Left] | Left, [Left(x=1)], [{"x": 1}]),
    ],
)
def test_a_value_of_a_union_says_its_branch_only_where_it_must(
    annotation: Any, value: Any, shown: Any
) -> None:
    class Holder(BaseModel):
        of: annotation

    assert values(Holder.model_construct(of=value)) == {"of": shown}


def test_two_fixed_types_are_told_by_their_classes() -> None:
    md5 = Annotated[Md5, AvroType({"type": "fixed", "name": "Md5", "size": 4})]
    sha = Annotated[Sha, AvroType({"type": "fixed", "name": "Sha", "size": 4})]

    class Holder(BaseModel):
        of: md5 | sha  # type: ignore[valid-type]

    assert values(Holder(of=Sha(b"abcd"))) == {"of": Branch("Sha", b"abcd")}
    assert values(Holder(of=Md5(b"abcd"))) == {"of": Branch("Md5", b"abcd")}


def test_a_fixed_of_a_logical_type_is_told_from_its_bytes() -> None:
    small = {"type": "fixed", "name": "Small", "size": 4, "logicalType": "decimal", "precision": 9}

    class Holder(BaseModel):
        of: Annotated[Small, AvroType(small)] | Annotated[Decimal, Field(max_digits=9)]

    assert values(Holder(of=Small(5))) == {"of": Branch("Small", Decimal(5))}
    assert values(Holder(of=Decimal(5))) == {"of": Branch("bytes", Decimal(5))}


def test_bytes_that_a_fixed_of_another_kind_would_take_say_their_branch() -> None:
    plain = {"type": "fixed", "name": "Plain", "size": 16}
    key = {"type": "fixed", "name": "Key", "size": 16, "logicalType": "uuid"}

    class Holder(BaseModel):
        of: Annotated[bytes, AvroType(plain)] | Annotated[UUID, AvroType(key)] | str

    assert values(Holder(of=bytes(16))) == {"of": Branch("Plain", bytes(16))}
    assert values(Holder(of=UUID(int=5))) == {"of": UUID(int=5)}
    assert values(Holder(of="a")) == {"of": "a"}


def test_every_value_of_a_union_says_its_branch_when_asked() -> None:
    class Holder(BaseModel):
        of: list[int | str | None]

    told = model_values(bind(Holder), every_branch=True)(Holder(of=[1, "a", None]))
    assert told == {"of": [Branch("long", 1), Branch("string", "a"), Branch("null", None)]}


def test_a_raw_number_of_a_time_says_its_branch() -> None:
    class Holder(BaseModel):
        of: Annotated[date, AvroType({"type": "int", "logicalType": "date"})] | float | None

    assert values(Holder(of=RawNumber(9))) == {"of": Branch("int", 9)}


def test_a_raw_number_that_may_be_of_two_times_is_refused() -> None:
    class Holder(BaseModel):
        of: (
            Annotated[date, AvroType({"type": "int", "logicalType": "date"})]
            | Annotated[datetime, AvroType({"type": "long", "logicalType": "timestamp-micros"})]
        )

    with pytest.raises(SerializationError, match="the number 9 may be of several types"):
        values(Holder(of=RawNumber(9)))


def test_a_root_model_is_what_is_in_it() -> None:
    class Tags(RootModel[list[Left]]):
        pass

    class Holder(BaseModel):
        tags: Tags

    assert values(Tags([Left(x=1)])) == [{"x": 1}]
    assert values(Holder(tags=Tags([Left(x=1)]))) == {"tags": [{"x": 1}]}


def test_the_validation_alias_is_no_name_of_the_schema() -> None:
    class Aliased(BaseModel):
        user: int = Field(validation_alias=AliasChoices("userId", "uid"), serialization_alias="u")

    assert values(Aliased(userId=5)) == {"u": 5}


def test_a_value_that_a_conversion_does_not_take_is_refused_with_its_path() -> None:
    class Holder(BaseModel):
        spans: list[timedelta]

    with pytest.raises(SerializationError) as caught:
        values(Holder(spans=[timedelta(1), timedelta(microseconds=1)]))
    assert caught.value.path == "spans[1]"
    assert caught.value.message.startswith("`Holder` cannot be written: ")
