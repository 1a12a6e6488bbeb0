"""Bytes into instances: what the style gives is what the class's own validator takes."""

import enum
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, HttpUrl, RootModel, ValidationError

from flowodm.avro import parse
from flowodm.avro.annotations import AvroType
from flowodm.avro.bind import bind
from flowodm.avro.values import Duration
from flowodm.codec.branch import Branch
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.model_encode import compile_model_encoder
from flowodm.codec.model_kinds import RawInt, RawLong
from flowodm.codec.model_style import model_style

pytestmark = pytest.mark.unit


def reader(model: type[BaseModel], writer: Any = None) -> Callable[[bytes], Any]:
    """Decode and validate, as `from_bytes` does."""
    binding = bind(model)
    written = binding.schema if writer is None else parse(writer)
    decode = compile_decoder(written, binding.schema, style=model_style(binding)).decode
    return lambda data: model.__pydantic_validator__.validate_python(decode(data), strict=False)


@cache
def both(model: type[BaseModel]) -> tuple[Callable[[bytes], Any], Callable[[Any, bytes], bytes]]:
    return reader(model), compile_model_encoder(bind(model))


def back(instance: BaseModel) -> Any:
    read, write = both(type(instance))
    return read(write(instance, b""))


class Color(enum.StrEnum):
    RED = "RED"
    BLUE = "BLUE"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Left(BaseModel):
    x: int = Field(ge=0)


class Right(BaseModel):
    x: int = 0


class Md5(bytes):
    __slots__ = ()


class Sha(bytes):
    __slots__ = ()


class Node(BaseModel):
    value: "int | Left | Right"
    next: "Node | None" = None


MD5 = Annotated[Md5, AvroType({"type": "fixed", "name": "Md5", "size": 2})]
SHA = Annotated[Sha, AvroType({"type": "fixed", "name": "Sha", "size": 2})]


class Holder(BaseModel):
    """A field of every kind that needs something besides what was read."""

    color: Color
    level: Level
    word: Literal["a", "b"]
    either: Color | str | bytes | Level | None
    shape: Left | Right | dict[str, Left] | list[Right] | None
    hashed: MD5 | SHA | bytes
    key: UUID
    maybe_key: UUID | bytes | None
    price: Decimal = Field(max_digits=8, decimal_places=2)
    day: date | datetime
    clock: time | float
    span: timedelta | int
    duration: Annotated[
        Duration, AvroType({"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"})
    ]
    site: HttpUrl
    names: set[str]
    numbers: tuple[int, ...]
    node: Node
    aliased: int = Field(validation_alias=AliasChoices("aliasOne", "two"), serialization_alias="n")


AT = datetime(2026, 1, 2, 3, 4, 5, 678_901, UTC)
EITHER = st.sampled_from([*Color, *Level, "RED", "HIGH", "x", b"RED", None])
SHAPES = st.sampled_from([Left(x=1), Right(x=1), {"x": Left(x=2)}, {}, [Right(x=1)], [], None])
NODES = st.recursive(
    st.builds(Node, value=st.sampled_from([5, Left(x=0), Right(x=0)])),
    lambda inner: st.builds(Node, value=st.sampled_from([Left(x=3), Right(x=3)]), next=inner),
    max_leaves=6,
)
HOLDERS = st.builds(
    Holder,
    color=st.sampled_from(Color),
    level=st.sampled_from(Level),
    word=st.sampled_from("ab"),
    either=EITHER,
    shape=SHAPES,
    hashed=st.sampled_from([Md5(b"ab"), Sha(b"ab"), b"ab"]),
    key=st.uuids(),
    maybe_key=st.none() | st.uuids() | st.binary(min_size=16, max_size=16),
    price=st.decimals(-9999, 9999, places=2),
    day=st.dates() | st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(fold=0)),
    clock=st.times().map(lambda clock: clock.replace(fold=0)) | st.floats(allow_nan=False),
    span=st.integers(-5, 5) | st.integers(0, 10**6).map(lambda days: timedelta(days)),
    duration=st.just(Duration(1, 2, 3)),
    site=st.just(HttpUrl("https://example.com/a")),
    names=st.sets(st.text(max_size=3), max_size=1),
    numbers=st.lists(st.integers(-5, 2**62)).map(tuple),
    node=NODES,
    aliasOne=st.integers(0, 9),
)


@given(HOLDERS)
def test_what_is_written_is_read_back_with_every_class_kept(holder: Holder) -> None:
    assert repr(back(holder)) == repr(holder)
    assert back(holder) == holder


def test_records_of_one_shape_keep_their_branch_everywhere() -> None:
    class Shapes(BaseModel):
        one: Left | Right
        many: list[Left | Right | None]
        named: dict[str, Right | Left]

    shapes = Shapes(one=Right(x=1), many=[Left(x=1), None, Right(x=1)], named={"a": Left(x=1)})
    assert repr(back(shapes)) == repr(shapes)


def test_a_map_of_records_is_not_taken_for_a_record_that_needs_nothing() -> None:
    class Loose(BaseModel):
        x: int = 0

    class Holder(BaseModel):
        of: Loose | dict[str, list[Right]]

    holder = Holder(of={"y": [Right(x=1)]})
    assert repr(back(holder)) == repr(holder)


def test_a_nested_instance_that_is_not_valid_is_a_failure_with_field_reason_and_cause() -> None:
    class Holder(BaseModel):
        shapes: list[Left | Right]

    shapes = [Branch("Right", {"x": 5}), Branch("Left", {"x": -5})]
    data = compile_encoder(bind(Holder).schema).encode({"shapes": shapes})
    with pytest.raises(DecodeFailure) as caught:
        reader(Holder)(data)
    assert caught.value.path == "shapes[1]"
    assert "`Left` does not take it" in caught.value.message
    assert "greater than or equal to 0 at `x`" in caught.value.message
    assert "\n" not in caught.value.message
    assert isinstance(caught.value.__cause__, ValidationError)


def test_a_value_that_the_class_refuses_is_a_validation_error_of_the_whole() -> None:
    data = compile_encoder(bind(Left).schema).encode({"x": -1})
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        reader(Left)(data)


def test_a_writer_of_another_version_is_read_into_the_class() -> None:
    class Later(BaseModel):
        model_config = ConfigDict(extra="forbid")
        x: float
        color: Color = Color.BLUE
        shape: Left | Right = Right(x=7)
        key: UUID | None = None

    writer = {
        "type": "record",
        "name": "Later",
        "fields": [{"name": "gone", "type": "string"}, {"name": "x", "type": "int"}],
    }
    data = compile_encoder(parse(writer)).encode({"gone": "a", "x": 3})
    later = reader(Later, writer)(data)
    assert repr(later) == repr(Later(x=3.0))


def test_root_models_are_read() -> None:
    class Tags(RootModel[dict[str, Left | Right]]):
        pass

    tags = Tags({"a": Right(x=1)})
    assert repr(back(tags)) == repr(tags)


@pytest.mark.parametrize(
    ("annotation", "written", "reason"),
    [
        (date | None, Branch("int", 2_937_600), "beyond what Python's dates and times can hold"),
        (datetime | float, Branch("long", 2**62), "beyond what Python's dates and times can hold"),
        (time | float, Branch("long", -1), "beyond what Python's dates and times can hold"),
        (
            Annotated[Decimal, Field(max_digits=2)] | float,
            Branch("bytes", b"\x7f"),
            "`127` has more digits than precision 2 at scale 0 holds",
        ),
    ],
)
def test_what_a_class_cannot_hold_is_not_taken_for_something_else(
    annotation: Any, written: Any, reason: str
) -> None:
    class Holder(BaseModel):
        of: annotation

    schema = bind(Holder).schema
    plain = json.loads(schema.to_json())
    for branch in plain["fields"][0]["type"]:  # the writer knows no logical types
        if isinstance(branch, dict):
            del branch["logicalType"]
    data = compile_encoder(parse(plain)).encode({"of": written})
    with pytest.raises(DecodeFailure, match=reason) as caught:
        reader(Holder)(data)
    assert caught.value.path == "of"


def test_a_number_beyond_every_date_keeps_its_branch() -> None:
    class Holder(BaseModel):
        of: list[
            Annotated[date, AvroType({"type": "int", "logicalType": "date"})]
            | Annotated[datetime, AvroType({"type": "long", "logicalType": "timestamp-micros"})]
        ]

    write, read = compile_encoder(bind(Holder).schema).encode, reader(Holder)
    data = write({"of": [Branch("int", 2**31 - 1), Branch("long", 2**62), date(2026, 1, 1)]})
    holder = read(data)
    assert [type(each) for each in holder.of[:2]] == [RawInt, RawLong]
    assert holder.of == [2**31 - 1, 2**62, date(2026, 1, 1)]
    assert compile_model_encoder(bind(Holder))(holder, b"") == data


def test_a_strict_class_reads_what_it_wrote() -> None:
    class Inner(BaseModel):
        model_config = ConfigDict(strict=True)
        names: set[str]

    class Strict(BaseModel):
        model_config = ConfigDict(strict=True)
        numbers: tuple[int, ...]
        inner: Inner
        either: Inner | Left
        path: Path

    inner = Inner(names={"a"})
    strict = Strict(numbers=(1, 2), inner=inner, either=inner, path=Path("/a"))
    assert repr(back(strict)) == repr(strict)


def test_two_styles_of_one_name_do_not_share_what_they_make() -> None:
    def made() -> type[BaseModel]:
        class Twin(BaseModel):
            color: Color
            shape: Left | Right

        return Twin

    first, second = made(), made()
    for model in (first, second, first):
        twin = model(color=Color.RED, shape=Right(x=1))
        assert type(back(twin)) is model


def test_a_uuid_in_no_usual_form_is_for_the_class_to_judge() -> None:
    class Keyed(BaseModel):
        key: UUID

    written = compile_encoder(bind(Keyed).schema).encode
    hexed = UUID(int=5).hex
    assert reader(Keyed)(written({"key": hexed})).key == UUID(int=5)
    with pytest.raises(ValidationError):
        reader(Keyed)(written({"key": "no uuid"}))
