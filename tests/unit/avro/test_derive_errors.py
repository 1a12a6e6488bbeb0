"""Classes that have no schema: which class and field, and what to write instead."""

import collections.abc
import dataclasses
import enum
import math
import sys
import typing
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

import pydantic
import pytest
from pydantic import AliasPath, BaseModel, ConfigDict, Field, HttpUrl, RootModel, create_model
from typing_extensions import TypeAliasType

from flowodm.avro import AvroField, AvroName, AvroType, Duration, derive, ready
from flowodm.errors import SchemaError
from tests.unit.avro.deriving import model_of

pytestmark = pytest.mark.unit

T = TypeVar("T")
FIXED = {"type": "fixed", "name": "F", "size": 2}


class Spaced(enum.StrEnum):
    ON = "switched on"


class Mixed(enum.Enum):
    NUMBER = 1
    TEXT = "text"


class Flags(enum.Flag):
    READ = 1


class Page(BaseModel, Generic[T]):
    items: list[T]


class Item(BaseModel):
    n: int


class Number(RootModel[int | str]):
    pass


class Md5(bytes):
    pass


@dataclasses.dataclass
class Point:
    x: int


Quoted = TypeAliasType("Quoted", "list[int]")


def refused(model: Any) -> SchemaError:
    with pytest.raises(SchemaError) as caught:
        derive(model)
    assert caught.value.hint
    return caught.value


ANNOTATIONS: list[tuple[Any, str, str]] = [
    (Any, "no Avro type stands for `Any`", "a union"),
    (object, "no Avro type stands for `object`", "a union"),
    (complex, "no Avro type stands for `complex`", "BaseModel"),
    (Point, "no Avro type stands for `Point`", "make it a BaseModel"),
    (BaseModel, "any model is no type of Avro", "`A | B`"),
    (collections.abc.Callable[[int], int], "`Callable[[int], int]`", "annotate"),
    (collections.abc.Iterable[int], "`Iterable[int]`", "annotate"),
    (type[int], "`type[int]`", "annotate"),
    (typing.Pattern, "`Pattern`", "annotate"),
    (list, "`list`", "say of what"),
    (typing.Set, "`Set`", "say of what"),  # noqa: UP006
    (dict, "`dict`", "`dict[str, T]`"),
    (typing.Dict, "`Dict`", "`dict[str, T]`"),  # noqa: UP006
    (dict[int, str], "`dict[int, str]`", "a list of a BaseModel"),
    (dict[Spaced | int, str], "`dict[", "a list of a BaseModel"),
    (tuple, "`tuple`", "`tuple[T, ...]`"),
    (tuple[int, str], "`tuple[int, str]`", "make it a BaseModel"),
    (tuple[()], "`tuple[()]`", "make it a BaseModel"),
    (pydantic.Json[int], "decoded when it is validated", "the decoded value"),
    (pydantic.Base64Bytes, "decoded when it is validated", "the decoded value"),
    (Flags, "`Flags` combines its members", 'AvroType("long")'),
    (Spaced, "`switched on` cannot be the symbol", 'AvroType("string")'),
    (Literal["in progress"], "`in progress` cannot be the symbol", 'AvroType("string")'),
    (Literal["a", 1], "of several types", "one `Literal` for each type"),
    (Literal[b"a"], "`Literal[b'a']`", "an enum"),
    (Literal[2**64], "`Literal[18446744073709551616]`", "64 bits"),
    (Decimal, "needs a number of digits", "max_digits"),
    (
        Annotated[Decimal, Field(max_digits=2, decimal_places=4)],
        "of 2 digits cannot have 4 after the point",
        "all digits",
    ),
    (Annotated[int, Field(ge=0, le=2**64 - 1)], "64 bits do not hold", '"precision": 20'),
    (Annotated[int, Field(gt=-(2**63) - 2)], "64 bits do not hold", "tighten"),
    (Annotated[int, Field(ge=2**63)], "64 bits do not hold", "tighten"),
    (list[int] | list[str], "two types that are `array`", "`list[A | B]`"),
    (set[int] | list[int], "two types that are `array`", "`list[A | B]`"),
    (dict[str, int] | dict[str, str], "two types that are `map`", "`dict[str, A | B]`"),
    (str | HttpUrl, "two types that are `string`", "BaseModel"),
    (int | datetime, "two types that are `long`", "AvroType"),
    (bytes | pydantic.SecretBytes, "two types that are `bytes`", "BaseModel"),
    (
        Annotated[bytes, AvroType(FIXED)] | Annotated[bytes, AvroType(FIXED)],
        "two types that are `F`",
        "leave one",
    ),
    (Literal["a"] | Literal["b"], "two types are named `MX`", "AvroType"),
    (Duration | timedelta, "two types are named `Duration`", "AvroType"),
    (Quoted, "no Avro type stands for `'list[int]'`", "without quotes"),
    (Annotated[str, AvroType("long")], "`str` cannot hold the values of `long`", "an `int`"),
    (Annotated[int, AvroType("double")], "`int` cannot hold", "a `float`"),
    (Annotated[int | None, AvroType("int")], "`None` cannot hold", "AvroType(…)] | None"),
    (Annotated[Mixed, AvroType("string")], "`Mixed` cannot hold", "a `str`"),
    (Annotated[Item, AvroType("string")], "`Item` cannot hold", "a `str`"),
    (Annotated[bytes, AvroType({**FIXED, "size": 16, "logicalType": "uuid"})], "cannot hold", ""),
    (
        Annotated[
            int, AvroType({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2})
        ],
        '`int` cannot hold the values of `{"type":"bytes","logicalType":"decimal"',
        "",
    ),
    (
        Annotated[Literal["a"], AvroType({"type": "enum", "name": "E", "symbols": ["b"]})],
        "cannot hold",
        "same symbols",
    ),
    (Annotated[bytes, AvroType("Nope")], "defines a fixed or an enum `Nope`", "as a dict"),
    (Annotated[bytes, AvroType({"type": "fixed", "name": "F"})], "needs a `size`", "bytes"),
    (
        Annotated[list[int], AvroType({"type": "array", "items": "int"})],
        "must be a primitive type, a fixed or an enum",
        "`list[T]`",
    ),
    (Annotated[Item, AvroType(props={"a": 1})], "the attributes of `Item`", "AvroName(props={…})"),
    (Annotated[int | str, AvroType(props={"a": 1})], "the attributes of a union", ""),
    (Annotated[int, AvroType(props={"type": "x"})], "the attribute `type`", "arguments"),
    (Annotated[int, AvroType(props={"a": object()})], "its `props`", "dict, list, str"),
    (Annotated[int, AvroField(props={"name": "x"})], "the attribute `name`", "arguments"),
    (Annotated[int, AvroField(order="up")], "`up` is not an order", "`ascending`"),  # type: ignore[arg-type]
    (Annotated[int, AvroField(order="ignore")] | None, "a whole field", "AvroField(…)]"),
    (Annotated[int | str, AvroType(is_union=True)], "directly in a union", "is_union"),
]


@pytest.mark.parametrize(("annotation", "reason", "cure"), ANNOTATIONS, ids=lambda it: str(it)[:50])
def test_an_annotation_without_a_meaning_is_refused(
    annotation: Any, reason: str, cure: str
) -> None:
    class Holder(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)

    error = refused(create_model("M", __base__=Holder, x=(annotation, ...)))
    assert error.message.startswith("`M.x`: ")
    assert reason in error.message
    assert cure in (error.hint or "")


DEFAULTS: list[tuple[Any, Any, str]] = [
    (int, None, "a `NoneType` is no `long`"),
    (int, True, "a `bool` is no `long`"),
    (int, 2**63, "does not fit in `long` (64 bits)"),
    (ready.Int, 2**31, "does not fit in `int` (32 bits)"),
    (str, 5, "an `int` is no `string`"),
    (str, "\ud800", "half of a surrogate pair"),
    (float, 2**60 + 1, "does not hold it exactly"),
    (ready.Float, 1e300, "too large for a `float`"),
    (float | None, math.inf, "JSON has no `inf`"),
    (list[float], [math.nan], "JSON has no `nan`"),
    (datetime, datetime(2020, 1, 1), "it has no zone"),
    (pydantic.NaiveDatetime, datetime(2020, 1, 1, tzinfo=UTC), "it has a zone"),
    (time, time(1, tzinfo=UTC), "it has a zone"),
    (date, datetime(2020, 1, 1), "a `datetime` is no `int`"),
    (timedelta, timedelta(-1), "negative"),
    (timedelta, timedelta(microseconds=1), "finer than"),
    (ready.TimestampMillis, datetime(2020, 1, 1, 0, 0, 0, 5, UTC), "finer"),
    (Annotated[Decimal, Field(max_digits=3, decimal_places=1)], Decimal("1.25"), "1 digit after"),
    (Annotated[Decimal, Field(max_digits=3)], Decimal(1000), "more digits than precision 3"),
    (Annotated[Decimal, Field(max_digits=3)], Decimal("NaN"), "`NaN` is no number"),
    (Duration, Duration(-1, 0, 0), "whole numbers of 32 bits"),
    (Annotated[bytes, AvroType(FIXED)], b"x", "it has 1 byte, not 2"),
    (Literal["a"], "b", "a `str` is no `MX`"),
    (Item, {"n": 1}, "a `dict` is no `Item`"),
    (list[int], "12", "a `str` is no array"),
    (dict[str, int], [], "a `list` is no map"),
    (dict[str, int], {1: 1}, "keys are texts"),
    (HttpUrl, 5, "`AnyUrl`"),
    (pydantic.SecretStr, "x", "`SecretStr`"),
    (Number, 5.5, "none of `long`, `string` holds it"),
    (int | str, 1.5, "none of `long`, `string` holds it"),
    (int | None, "x", "a `str` is no `long`"),
    (list[bytes | str], ["é"], "it would be read as `bytes`"),
    (list[str | bytes], [b"x"], "it would be read as `string`"),
]


@pytest.mark.parametrize(("annotation", "value", "reason"), DEFAULTS, ids=lambda it: str(it)[:50])
def test_a_default_that_is_none_of_its_type_is_refused(
    annotation: Any, value: Any, reason: str
) -> None:
    error = refused(model_of(annotation, value))
    assert error.message.startswith("`M.x`: its default ")
    assert reason in error.message
    assert "AvroField(default=…)" in (error.hint or "")


def test_a_default_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    class Nested(BaseModel):
        inner: list["Nested"] = []

    first = Nested()
    first.inner.append(first)
    assert "nested too deep" in refused(model_of(Nested, first)).message


@pytest.mark.parametrize(
    ("annotation", "default", "reason"),
    [
        (int, "x", "`x` is not an integer"),
        (Item, {}, "the field `n` is missing"),
        (int | None, "x", "fits no branch"),
        (int, object(), "no place in a schema"),
    ],
)
def test_a_default_in_json_that_does_not_fit_is_refused(
    annotation: Any, default: Any, reason: str
) -> None:
    with pytest.raises(SchemaError, match=r"`M\.x`: the default in its `AvroField`") as caught:
        derive(model_of(Annotated[annotation, AvroField(default=default)]))
    assert reason in caught.value.message


def named(name: str, mark: Any = None, **fields: Any) -> Any:
    model: Any = create_model(name, **fields)
    if mark is not None:
        model.__avro__ = mark
    return model


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (named("Größe"), "`Größe`: `Größe` cannot be the name of an Avro type"),
        (named("M", AvroName("a-b")), "`M`: `a-b` cannot be the name"),
        (named("M", AvroName("")), "`M`: `` cannot be the name"),
        (named("M", AvroName("long")), "`long` is the name of a primitive type"),
        (named("M", "shop.M"), "`__avro__` of `M` must be an `AvroName`"),
        (named("M", AvroName(aliases=("a b",))), "the alias `a b` cannot be a name"),
        (named("M", AvroName(props={"fields": 1})), "the attribute `fields`"),
        (named("M", größe=(int, ...)), "`M.größe`: `größe` cannot be the name of an Avro field"),
        (named("M", x=(int, Field(alias="a-b"))), "`M.x`: `a-b` cannot be the name"),
        (named("M", a=(int, 1), b=(int, Field(alias="a"))), "`M.b`: `a` is the Avro name of `a`"),
        (named("M", x=(int, Field(exclude=True))), "`M.x`: a field that is excluded needs"),
        (named("M", x=(int, Field(validation_alias=AliasPath("a", 0)))), "`M.x`: its validation"),
        (Page, "`Page.items`: no Avro type stands for `~T`"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_a_name_or_a_field_that_avro_cannot_have_is_refused(model: Any, reason: str) -> None:
    assert reason in refused(model).message


def test_two_classes_of_one_name_are_refused() -> None:
    one, two = named("Item", n=(int, ...)), named("Item", s=(str, ...))
    error = refused(named("Both", one=(one, ...), two=(two, ...)))
    assert "`Both.two`: two types are named `Item`" in error.message
    assert 'AvroName("com.example.Item")' in (error.hint or "")


def test_a_fixed_of_two_sizes_is_refused() -> None:
    wide = {**FIXED, "size": 3}
    model = named(
        "M", a=(Annotated[bytes, AvroType(FIXED)], ...), b=(Annotated[bytes, AvroType(wide)], ...)
    )
    assert "`M.b`: two types are named `F`" in refused(model).message


def test_a_fixed_for_two_python_types_is_refused() -> None:
    """What is read has one class for each definition."""
    own = Annotated[Md5, AvroType(FIXED)]
    model = named("M", a=(Annotated[bytes, AvroType(FIXED)], ...), b=(own, ...))
    assert "two types are named `F`" in refused(model).message


def test_the_default_of_an_enum_is_one_of_its_symbols() -> None:
    class Color(enum.StrEnum):
        __avro__ = AvroName(default="green")
        RED = "red"

    error = refused(model_of(Color))
    assert "`green` is not one of its symbols" in error.message
    assert "`red`" in (error.hint or "")


def test_a_root_model_that_holds_itself_is_refused() -> None:
    class Tree(RootModel[list["Tree"]]):
        pass

    assert "`Tree` holds itself with no record between" in refused(Tree).message


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the `type` statement is of Python 3.12")
def test_an_alias_that_holds_itself_is_refused() -> None:
    names: dict[str, Any] = {}
    exec("type Endless = list[Endless]", names)
    error = refused(model_of(names["Endless"]))
    assert "the alias `Endless` holds itself" in error.message


def test_a_literal_that_nothing_names_is_refused() -> None:
    assert "nothing gives its enum a name" in refused(RootModel[Literal["a"]]).message


def test_a_root_model_that_names_nothing_is_refused() -> None:
    class Names(RootModel[list[str]]):
        __avro__ = AvroName("shop.Names")

    assert "names nothing" in refused(Names).message


class Waiting(BaseModel):
    later: "NeverDefined"  # type: ignore[name-defined]  # noqa: F821


def test_a_class_that_waits_for_a_name_is_refused() -> None:
    error = refused(Waiting)
    assert "`Waiting`: the class `Waiting` is not complete" in error.message
    assert "NeverDefined" in error.message
    assert "`Waiting.model_rebuild()`" in (error.hint or "")
    assert "NeverDefined" in refused(model_of(list[Waiting])).message


@pytest.mark.parametrize("thing", [int, 5, "Order", None, BaseModel, RootModel, list[int]])
def test_what_is_no_model_has_no_schema(thing: Any) -> None:
    assert "a schema is derived from a Pydantic class" in refused(thing).message


def test_types_deeper_than_any_parser_reads_are_refused() -> None:
    model: Any = named("L0", x=(int, ...))
    for level in range(1, 400):
        model = named(f"L{level}", x=(model, ...))
    with pytest.raises(SchemaError, match=r"deeper than 1,000 levels of JSON"):
        derive(model)
