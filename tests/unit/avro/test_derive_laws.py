"""Laws of deriving, for random classes: nested annotations with values, as fields and defaults."""

import enum
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, HttpUrl, RootModel, SecretStr, create_model

from flowodm.avro import AvroType, Schema, parse
from flowodm.avro.bind import bind
from flowodm.avro.binding import Binding
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.codec.model_encode import compile_model_encoder
from flowodm.codec.model_style import model_style
from flowodm.codec.model_values import model_values
from flowodm.errors import SchemaError

pytestmark = pytest.mark.unit


class Color(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Item(BaseModel):
    n: int = 1
    at: date | None = None


class Twin(BaseModel):
    n: int = 1
    at: date | None = None


class Tags(RootModel[list[str]]):
    pass


class Ref(RootModel[UUID]):
    pass


class Text(RootModel[str]):
    pass


class Number(RootModel[bool | str]):
    pass


@dataclass(frozen=True)
class Typed:
    """An annotation, its values, and what Avro tells it by in a union."""

    annotation: Any
    values: st.SearchStrategy[Any]
    tag: str

    def __repr__(self) -> str:
        return f"<{self.annotation}>"


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=5)
DATES = st.dates()
MOMENTS = st.datetimes(timezones=st.just(UTC))
MILLISECONDS = st.integers(0, 10**12).map(lambda number: timedelta(milliseconds=number))
SPANS = st.integers(-(2**63), 2**63 - 1).map(lambda number: timedelta(microseconds=number))
F2 = Annotated[bytes, AvroType({"type": "fixed", "name": "F2", "size": 2})]
MONEY = Annotated[Decimal, Field(max_digits=8, decimal_places=2)]
LEAVES = [
    Typed(bool, st.booleans(), "boolean"),
    Typed(int, st.integers(-(2**63), 2**63 - 1), "long"),
    Typed(Annotated[int, AvroType("int")], st.integers(-(2**31), 2**31 - 1), "int"),
    Typed(float, st.floats(allow_nan=False, allow_infinity=False), "double"),
    Typed(str, TEXTS, "string"),
    Typed(bytes, st.binary(max_size=5), "bytes"),
    Typed(F2, st.binary(min_size=2, max_size=2), "F2"),
    Typed(UUID, st.uuids(), "string"),
    Typed(date, DATES, "int"),
    Typed(time, st.times(), "long"),
    Typed(datetime, MOMENTS, "long"),
    Typed(timedelta, MILLISECONDS, "Duration"),
    Typed(Annotated[timedelta, AvroType("long")], SPANS, "long"),
    Typed(MONEY, st.decimals(-999_999, 999_999, places=2), "bytes"),
    Typed(Color, st.sampled_from(Color), "Color"),
    Typed(Level, st.sampled_from(Level), "Level"),
    Typed(Annotated[Color, AvroType("string")], st.sampled_from(Color), "string"),
    Typed(Annotated[Level, AvroType("int")], st.sampled_from(Level), "int"),
    Typed(HttpUrl, st.sampled_from(["http://a/", "http://b/?c"]).map(HttpUrl), "string"),
    Typed(PurePosixPath, st.sampled_from(["/", "a/b"]).map(PurePosixPath), "string"),
    Typed(SecretStr, TEXTS.map(SecretStr), "string"),
    Typed(Item, st.builds(Item, n=st.integers(0, 9), at=st.none() | DATES), "Item"),
    Typed(Twin, st.builds(Twin, n=st.integers(0, 9), at=st.none() | DATES), "Twin"),
    Typed(Tags, st.builds(Tags, st.lists(TEXTS, max_size=2)), "array"),
    Typed(Ref, st.builds(Ref, st.uuids()), "string"),
    Typed(Text, st.builds(Text, TEXTS), "string"),
    Typed(Number, st.builds(Number, st.booleans() | TEXTS), "number"),
    Typed(Literal["on", "off"], st.sampled_from(["on", "off"]), "literal"),
]


def listed(inner: Typed) -> Typed:
    return Typed(list[inner.annotation], st.lists(inner.values, max_size=3), "array")  # type: ignore[name-defined]


def mapped(inner: Typed) -> Typed:
    values = st.dictionaries(TEXTS, inner.values, max_size=3)
    return Typed(dict[str, inner.annotation], values, "map")  # type: ignore[name-defined]


def optional(inner: Typed) -> Typed:
    return Typed(inner.annotation | None, st.none() | inner.values, f"union {inner.tag}")


def united(inner: list[Typed]) -> Typed:
    annotation = reduce(or_, (each.annotation for each in inner))
    return Typed(annotation, st.one_of([each.values for each in inner]), "union")


def told_by(inner: Typed) -> str:
    return {"boolean": "number", "string": "number"}.get(inner.tag, inner.tag)


def is_plain(inner: Typed) -> bool:
    return not inner.tag.startswith("union")


TYPED = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        inner.map(listed),
        inner.map(mapped),
        inner.filter(is_plain).map(optional),
        st.lists(inner.filter(is_plain), min_size=2, max_size=4, unique_by=told_by).map(united),
    ),
    max_leaves=5,
)


def is_kept(instance: BaseModel) -> bool:
    """Whether Pydantic keeps a value as it is; it makes a secret of any text, where it may."""
    made = type(instance)(**instance.__dict__)
    return made == instance and repr(made) == repr(instance)


def read(binding: Binding, writer: Schema, data: bytes) -> Any:
    decode = compile_decoder(writer, binding.schema, style=model_style(binding)).decode
    model: Any = binding.model
    return model.__pydantic_validator__.validate_python(decode(data))


@settings(max_examples=200, deadline=None)
@given(data=st.data(), typed=TYPED)
def test_what_is_written_is_read_equal(data: st.DataObject, typed: Typed) -> None:
    model: Any = create_model("M", x=(typed.annotation, ...))
    binding = bind(model)
    assert parse(binding.schema.to_json()) == binding.schema
    instance = model.model_construct(x=data.draw(typed.values))
    assume(is_kept(instance))
    written = compile_model_encoder(binding)(instance, b"")
    assert compile_encoder(binding.schema).encode(model_values(binding)(instance)) == written
    assert read(binding, binding.schema, written) == instance


@settings(max_examples=200, deadline=None)
@given(data=st.data(), typed=TYPED)
def test_a_field_that_was_not_written_is_read_as_the_class_has_it(
    data: st.DataObject, typed: Typed
) -> None:
    """The default in the schema and the default of the class are one value."""
    model: Any = create_model("M", x=(typed.annotation, data.draw(typed.values)))
    assume(is_kept(model()))
    try:
        binding = bind(model)
    except SchemaError as error:
        event("refused")
        if "in Avro's JSON it would be read as" not in error.message:
            raise
        return  # inside a container, the JSON of one branch may mean another
    event("taken")
    assert parse(binding.schema.to_json()) == binding.schema
    nothing = parse('{"type": "record", "name": "M", "fields": []}')
    assert read(binding, nothing, b"") == model()
