"""Writing instances: the generated encoder, and the explaining one that it must never outdo."""

import enum
import io
import json
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model

from flowodm.avro import parse
from flowodm.avro.annotations import AvroType
from flowodm.avro.bind import bind
from flowodm.avro.binding import Binding, Conversion
from flowodm.avro.types import Array, Record
from flowodm.avro.values import Duration, RawNumber
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.codec.model_encode import compile_model_encoder
from flowodm.codec.model_source import generate
from flowodm.codec.model_values import model_values
from flowodm.errors import SerializationError
from tests.strategies import avro_encodings, avro_schemas
from tests.unit.codec.bound import bound, instances

Encode = Callable[[Any, bytes], bytes]

pytestmark = pytest.mark.unit

PREFIX = b"prefix"


def explaining(binding: Binding) -> Encode:
    """What the generated encoder falls back on: values, checked and written one by one."""
    encoder = compile_encoder(binding.schema)
    values = model_values(binding, every_branch=True)
    return lambda instance, prefix: encoder.encode(values(instance), prefix)


def outcome(encode: Encode, instance: Any) -> bytes | tuple[str, str | None]:
    """The bytes, or where and how the instance was refused."""
    try:
        return encode(instance, PREFIX)
    except SerializationError as error:
        return error.path, error.hint


def refused(instance: BaseModel) -> SerializationError:
    with pytest.raises(SerializationError) as caught:
        compile_model_encoder(bind(type(instance)))(instance, b"")
    return caught.value


@pytest.fixture
def fast_only(monkeypatch: pytest.MonkeyPatch) -> Callable[[Binding], Encode]:
    """Makes a generated encoder that has nothing to fall back on."""

    def explain(instance: Any, prefix: bytes) -> bytes:
        raise AssertionError("the generated code does not write it")

    monkeypatch.setattr("flowodm.codec.model_encode._explainer", lambda binding: explain)
    return compile_model_encoder


@given(st.data())
def test_an_instance_is_written_as_the_explaining_encoder_writes_it(data: st.DataObject) -> None:
    schema = parse(data.draw(avro_schemas()))
    binding = bound(schema, plain_enums=data.draw(st.booleans()))
    read = compile_decoder(schema, style=instances(binding)).decode
    value = read(data.draw(avro_encodings(schema)))
    instance: Any = value
    if not isinstance(value, binding.model):
        instance = RootModel[Any].model_construct(value)
    fast = outcome(compile_model_encoder(binding), instance)
    assert fast == outcome(explaining(binding), instance)
    if isinstance(fast, bytes):
        assert repr(read(fast, len(PREFIX))) == repr(value)


class Color(enum.StrEnum):
    RED = "RED"
    BLUE = "BLUE"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Text(str):
    __slots__ = ()


class Point(BaseModel):
    x: int
    y: float = 0.5


class Circle(BaseModel):
    x: int
    y: float = 0.5


class Point3(Point):
    z: int = 0


class Md5(bytes):
    __slots__ = ()


class Every(BaseModel):
    """One field of every kind."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    flag: bool
    small: Annotated[int, AvroType("int")]
    large: int
    single: Annotated[float, AvroType("float")]
    double: float
    data: bytes
    text: str
    color: Color
    level: Level
    word: Literal["a", "b"]
    md5: Annotated[Md5, AvroType({"type": "fixed", "name": "Md5", "size": 16})]
    price: Decimal = Field(max_digits=6, decimal_places=2)
    key: UUID
    day: date
    clock: time
    milli_clock: Annotated[time, AvroType({"type": "int", "logicalType": "time-millis"})]
    at: datetime
    milli_at: Annotated[datetime, AvroType({"type": "long", "logicalType": "timestamp-millis"})]
    local: Annotated[datetime, AvroType({"type": "long", "logicalType": "local-timestamp-micros"})]
    span: timedelta
    duration: Annotated[
        Duration,
        AvroType({"type": "fixed", "name": "Months", "size": 12, "logicalType": "duration"}),
    ]
    point: Point
    maybe: str | None
    either: int | str | Point | Circle | Color | None
    items: list[int]
    doubles: list[float]
    flags: list[bool]
    points: list[Point]
    names: set[str]
    counts: dict[str, int]
    nested: dict[str, list[Point | None]]


def every(**changes: Any) -> Every:
    """An instance that fits, but for the changes, which nothing has checked."""
    instance = Every(
        flag=True,
        small=-3,
        large=2**40,
        single=0.5,
        double=0.1,
        data=b"\0\xff",
        text="ä€😀",
        color=Color.BLUE,
        level=Level.HIGH,
        word="b",
        md5=Md5(16),
        price=Decimal("-12.5"),
        key=UUID(int=2**127 + 5),
        day=date(2026, 1, 2),
        clock=time(23, 59, 59, 999_999),
        milli_clock=time(1, 2, 3, 4000),
        at=datetime(2026, 1, 2, 3, 4, 5, 678_901, timezone(timedelta(hours=2))),
        milli_at=datetime(1969, 12, 31, 23, 59, 59, 999_000, UTC),
        local=datetime(2026, 1, 2, 3, 4, 5, 6),
        span=timedelta(days=3, milliseconds=4),
        duration=Duration(1, 2, 3),
        point=Point(x=1),
        maybe=None,
        either=Circle(x=2),
        items=[1, -(2**63), 2**63 - 1, 5000],
        doubles=[0.1, float("inf")],
        flags=[True, False],
        points=[Point(x=1), Point(x=2, y=3.0)],
        names={"a"},
        counts={"ä": 1, "b": 2**33},
        nested={"k": [None, Point(x=9)], "empty": []},
    )
    instance.__dict__.update(changes)
    return instance


EVERY = bind(Every)
ENCODE = compile_model_encoder(EVERY)
EXPLAINING = explaining(EVERY)


def test_every_kind_of_value_is_written_by_the_generated_code(
    fast_only: Callable[[Binding], Encode],
) -> None:
    written = fast_only(EVERY)(every(), PREFIX)
    assert written == EXPLAINING(every(), PREFIX)


class Fake:
    """Looks like a text, a time and a number."""

    tzinfo = None
    hour = minute = second = microsecond = int = 0

    def encode(self) -> bytes:
        return b"fake"

    def toordinal(self) -> int:
        return 5


ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63) - 1, 0.0, 1.0, 1e300, float("nan")),
    *("", "a", "RED", "LOW", "\ud800", Text("RED"), Text("x"), b"", bytes(16), Md5(16), Md5(15)),
    *(
        bytearray(16),
        memoryview(b"ab"),
        RawNumber(99),
        10**400,
        object(),
        Fake(),
        Point,
        Color,
        int,
    ),
    *(*Color, *Level),
    *(Decimal("1.5"), Decimal("1.234"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity")),
    *(Decimal("1E+999999"), Decimal("0E+50"), Decimal("-0"), Decimal("12345.67"), Decimal("1E1")),
    *(UUID(int=0), timedelta(0), timedelta(-1), timedelta(microseconds=1), timedelta.max),
    *(date(1, 1, 1), date.max, datetime.min, datetime(1, 1, 1, tzinfo=UTC), datetime.max),
    *(datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-23))), time(0), time(0, tzinfo=UTC)),
    *(time(0, 0, 0, 1), Duration(1, 2, 3), Duration(True, 0, 0), Duration(-1, 0, 0)),
    *(Duration(0, 0, 2**32), Point(x=1), Circle(x=1), Point3(x=1), Point.model_construct(x="1")),
    *(Point.model_construct(y=1.0), Point.model_construct(x=True, y=1), {"x": 1, "y": 1.0}),
    *([], [1], [True], [1, 1.0], [1.0, 2], (1,), {1}, frozenset({1}), deque([1]), range(2)),
    *([2**63], [[]], [None], [Point(x=1)], [Circle(x=1)], [Point3(x=1)], ["a"], {"a"}, [Fake()]),
    *({}, {"a": 1}, {"a": True}, {1: 1}, {"\ud800": 1}, {Fake(): 1}, {Text("a"): 1}),
    *(OrderedDict(a=1), {"k": [None]}, {"k": [Point3(x=1)]}, {"k": None}, {"k": 5}),
)


@pytest.mark.parametrize("name", [*Every.model_fields])
def test_an_odd_value_is_written_as_the_explaining_encoder_writes_it_or_refused(name: str) -> None:
    for value in ODD:
        instance = every(**{name: value})
        assert outcome(ENCODE, instance) == outcome(EXPLAINING, instance), value


WILD = st.one_of(
    st.sampled_from(ODD),
    st.integers(-(2**65), 2**65),
    st.integers(-70, 70),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=4),
    st.binary(max_size=20),
    st.decimals(),
    st.decimals(min_value=-10_000, max_value=10_000, places=3),
    st.uuids(),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.timedeltas(),
)


@given(st.data())
def test_whatever_an_instance_holds_it_is_never_written_more_leniently(
    data: st.DataObject,
) -> None:
    names = data.draw(st.sets(st.sampled_from([*Every.model_fields]), min_size=1, max_size=3))
    instance = every(**{name: data.draw(WILD, label=name) for name in names})
    assert outcome(ENCODE, instance) == outcome(EXPLAINING, instance)


@given(WILD)
def test_a_wild_value_in_each_field_is_written_alike_or_refused_alike(value: Any) -> None:
    for name in Every.model_fields:
        instance = every(**{name: value})
        assert outcome(ENCODE, instance) == outcome(EXPLAINING, instance), name


def test_fastavro_writes_the_same_bytes_of_what_pydantic_dumps() -> None:
    class Event(BaseModel):
        id: str
        at: datetime
        items: Annotated[int, AvroType("int")]
        amount: float
        price: Decimal = Field(max_digits=9, decimal_places=2)
        express: bool
        color: Color
        note: str | None = None
        tags: dict[str, list[int]]

    binding = bind(Event)
    event = Event(id="ä" * 5000, at=datetime.now(UTC), items=-70, amount=0.1, price=Decimal("1.2"), express=True, color=Color.RED, tags={"a": [1, 2**40]})  # fmt: skip
    buffer = io.BytesIO()
    parsed = fastavro.parse_schema(json.loads(binding.schema.to_json()))
    fastavro.schemaless_writer(buffer, parsed, event.model_dump())
    assert compile_model_encoder(binding)(event, b"") == buffer.getvalue()


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"large": 2**63}, "large", "`9223372036854775808` does not fit in `long` (64 bits)"),
        ({"large": True}, "large", "expected a whole number; found true"),
        ({"small": 2**31}, "small", "does not fit in `int` (32 bits)"),
        ({"at": datetime(2026, 1, 1)}, "at", "expected an aware datetime; found one without a zone"),
        ({"local": datetime(2026, 1, 1, tzinfo=UTC)}, "local", "expected a datetime without a zone"),
        ({"milli_at": datetime(2026, 1, 1, 0, 0, 0, 1, UTC)}, "milli_at", "finer than the schema's milliseconds"),
        ({"price": Decimal("12345.67")}, "price", "more digits than precision 6 at scale 2"),
        ({"price": Decimal("1.234")}, "price", "more than 2 digits after the point"),
        ({"price": Decimal("NaN")}, "price", "expected a decimal; found `NaN`"),
        ({"text": "\ud800"}, "text", "half of a surrogate pair"),
        ({"single": 1e300}, "single", "too large for a `float`"),
        ({"md5": Md5(15)}, "md5", "expected 16 bytes; found 15"),
        ({"color": "GREEN"}, "color", "expected a symbol of the enum `Color`"),
        ({"color": Level.LOW}, "color", "expected a symbol of the enum `Color`"),
        ({"span": timedelta(microseconds=1)}, "span", "cannot be converted"),
        ({"point": Circle(x=1)}, "point", "expected an instance of `Point`; found a Python `Circle`"),
        ({"points": [Point(x=1), Point.model_construct(x="1")]}, "points[1].x", "expected a whole number"),
        ({"nested": {"k": [Point.model_construct(y=1.0)]}}, 'nested["k"][0].x', "the instance has no attribute `x`"),
        ({"counts": {"k": "1"}}, 'counts["k"]', "expected a whole number"),
        ({"items": "abc"}, "items", "expected a list; found the text `abc`"),
        ({"names": {1}}, "names[0]", "expected text; found the number 1"),
        ({"either": 2.5}, "either", "expected one of"),
        ({"either": Point3}, "either", "expected one of"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_class_and_field(
    changes: dict[str, Any], path: str, message: str
) -> None:
    error = refused(every(**changes))
    assert error.path == path
    assert message in error.message
    assert error.message.startswith("`Every` cannot be written: ")
    assert error.message.endswith(f"at `{path}`")


def test_an_attribute_that_was_never_set_is_refused_and_not_defaulted() -> None:
    bare = Point.model_construct(x=1)
    del bare.__dict__["y"]
    error = refused(bare)
    assert error.path == "y"
    assert error.hint is not None
    assert "model_construct" in error.hint


def test_an_instance_of_another_class_is_refused() -> None:
    encode = compile_model_encoder(bind(Point))
    with pytest.raises(SerializationError, match="expected an instance of `Point`"):
        encode(Circle(x=1), b"")
    with pytest.raises(SerializationError, match="expected an instance of `Point`"):
        encode({"x": 1, "y": 1.0}, b"")  # type: ignore[arg-type]


def test_an_instance_of_a_subclass_is_written_as_its_base() -> None:
    assert ENCODE(every(point=Point3(x=1, z=9)), b"") == ENCODE(every(point=Point(x=1)), b"")
    point3 = compile_model_encoder(bind(Point))(Point3(x=1, z=9), b"")
    assert point3 == compile_model_encoder(bind(Point))(Point(x=1), b"")


class Node(BaseModel):
    value: int
    next: "Node | None" = None
    children: dict[str, list["Node"]] = {}


def chain(length: int) -> Node:
    node = Node(value=0)
    for _ in range(length - 1):
        node = Node.model_construct(value=1, next=node, children={})
    return node


def test_a_recursive_record_is_written_as_deep_as_it_can_be_read(
    fast_only: Callable[[Binding], Encode],
) -> None:
    binding = bind(Node)
    encode = fast_only(binding)
    deepest = chain(199)  # and in it an empty map
    assert encode(deepest, b"") == explaining(binding)(deepest, b"")
    assert compile_decoder(binding.schema).decode(encode(deepest, b""))["value"] == 1
    with pytest.raises(AssertionError, match="does not write"):
        encode(chain(200), b"")


def test_what_is_deeper_than_can_be_read_again_is_refused_and_so_is_a_cycle() -> None:
    endless = Node(value=0)
    endless.next = endless
    for node in (chain(200), endless, Node(value=1, children={"a": [endless]})):
        assert "nested deeper than 200" in refused(node).message


def test_the_branch_of_a_union_is_told_by_the_exact_class(
    fast_only: Callable[[Binding], Encode],
) -> None:
    class Holder(BaseModel):
        shape: Point | Circle | dict[str, int] | Color | str | bytes | bool | None

    binding = bind(Holder)
    encode, read = (
        fast_only(binding),
        compile_decoder(binding.schema, style=instances(binding)).decode,
    )
    for value in (Point(x=1), Circle(x=1), {"x": 1}, Color.RED, "RED", b"RED", True, None):
        got = read(encode(Holder(shape=value), b"")).shape
        assert type(got) is type(value)
        assert got == value


def test_a_union_of_many_branches_is_written(
    fast_only: Callable[[Binding], Encode],
) -> None:
    classes = [create_model(f"C{place}", x=(int, ...)) for place in range(150)]
    union: Any = None
    for cls in classes:
        union = cls | union if union is not None else cls | None
    holder = create_model("Holder", of=(union, ...))
    binding = bind(holder)
    encode = fast_only(binding)
    for value in (None, *(cls(x=5) for cls in classes)):
        instance = holder.model_construct(of=value)
        assert encode(instance, b"") == explaining(binding)(instance, b"")


class Numbers(BaseModel):
    longs: list[int]
    ints: list[Annotated[int, AvroType("int")]]
    doubles: list[float]
    floats: list[Annotated[float, AvroType("float")]]
    flags: list[bool]


def numbers(**lists: list[Any]) -> Numbers:
    return Numbers.model_construct(
        **{"longs": [], "ints": [], "doubles": [], "floats": [], "flags": [], **lists}
    )


@pytest.mark.parametrize("length", [1, 11, 12, 100, 3000])
def test_long_lists_of_numbers_are_written_at_once(
    length: int, fast_only: Callable[[Binding], Encode]
) -> None:
    longs = [(-1) ** place * (2**63 - 1) // (place + 1) for place in range(length)]
    ints = [number >> 32 for number in longs]
    halves = [number / 2 for number in ints]
    flags = [number % 3 == 0 for number in ints]
    instance = numbers(longs=longs, ints=ints, doubles=halves, floats=halves, flags=flags)
    small = numbers(longs=[*range(-length, length)], ints=[2047, -2048] * length)
    encode, explain = fast_only(bind(Numbers)), explaining(bind(Numbers))
    for each in (instance, small):
        assert encode(each, b"") == explain(each, b"")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("longs", 2**63),
        ("longs", -(2**63) - 1),
        ("longs", True),
        ("longs", 1.0),
        ("ints", 2**31),
        ("ints", -(2**31) - 1),
        ("doubles", 2**53 + 1),
        ("doubles", None),
        ("floats", 1e39),
        ("floats", True),
        ("flags", 1),
    ],
)
@pytest.mark.parametrize("length", [0, 50])
def test_one_wrong_number_in_a_list_is_found_at_its_place(
    name: str, wrong: Any, length: int
) -> None:
    right: Any = {"flags": True, "longs": 5000, "ints": 5000}.get(name, 0.5)
    error = refused(numbers(**{name: [*[right] * length, wrong, right]}))
    assert error.path == f"{name}[{length}]"


def test_a_record_of_very_many_fields_is_written(
    fast_only: Callable[[Binding], Encode],
) -> None:
    names = [f"f{place}" for place in range(1_300)]
    model = create_model("Wide", **dict.fromkeys(names, (int | None, ...)))  # type: ignore[call-overload]
    instance = model(**{name: place or None for place, name in enumerate(names)})
    assert fast_only(bind(model))(instance, b"") == explaining(bind(model))(instance, b"")


def test_a_union_of_very_many_branches_is_left_to_the_explaining_encoder() -> None:
    document = [{"type": "record", "name": f"R{place}", "fields": []} for place in range(2_000)]
    binding = bound(parse(document))
    encode = compile_model_encoder(binding)
    for place in (0, 1_999):
        value = binding.records[f"R{place}"].cls.model_construct()  # type: ignore[attr-defined]
        instance = RootModel[Any].model_construct(value)
        assert encode(instance, b"") == explaining(binding)(instance, b"")


def test_deeply_nested_containers_are_written(fast_only: Callable[[Binding], Encode]) -> None:
    document: Any = "long"
    value: Any = 7
    for place in range(60):
        document = {"type": "array", "items": document} if place % 2 else {"type": "map", "values": ["null", document]}  # fmt: skip
        value = [value] if place % 2 else {"k": value}
    binding = bound(parse(document))
    instance = RootModel[Any].model_construct(value)
    assert fast_only(binding)(instance, b"") == explaining(binding)(instance, b"")


def test_what_changes_while_it_is_written_does_not_break_the_bytes() -> None:
    """A conversion, or another thread, may add to a list whose length is written already."""

    class Batch(BaseModel):
        items: list[Point]

    batch = Batch(items=[Point(x=1), Point(x=2)])
    plain = bind(Batch)
    assert isinstance(plain.schema.root, Record)
    array = plain.schema.root.fields[0].type
    assert isinstance(array, Array)

    def grow(point: Point) -> Point:
        batch.items.append(Point(x=3))
        return point

    binding = Binding(
        Batch,
        plain.schema,
        plain.records,
        plain.enums,
        {plain.schema.deref(array.items): Conversion(grow)},
    )
    written = compile_model_encoder(binding)(batch, b"")
    assert len(compile_decoder(plain.schema).decode(written)["items"]) == 2


def test_root_models_stand_for_what_is_in_them(fast_only: Callable[[Binding], Encode]) -> None:
    class Tags(RootModel[dict[str, int]]):
        pass

    class Holder(BaseModel):
        tags: Tags
        maybe: Tags | None

    assert fast_only(bind(Tags))(Tags({"a": 1}), b"") == b"\x02\x02a\x02\x00"
    holder = Holder(tags=Tags({"a": 1}), maybe=None)
    assert fast_only(bind(Holder))(holder, b"") == b"\x02\x02a\x02\x00\x02"


def test_an_enum_that_pydantic_holds_by_value_is_written(
    fast_only: Callable[[Binding], Encode],
) -> None:
    class Used(BaseModel):
        model_config = ConfigDict(use_enum_values=True)
        color: Color
        level: Level

    used = Used(color=Color.BLUE, level=Level.HIGH)
    assert type(used.color) is str
    assert fast_only(bind(Used))(used, b"") == b"\x02\x02"


def test_no_text_of_the_schema_is_in_the_source() -> None:
    hostile = "Zq_import_os"
    document = {
        "type": "record",
        "name": hostile,
        "fields": [
            {"name": f"{hostile}_a", "type": {"type": "enum", "name": f"{hostile}_e", "symbols": [f"{hostile}_s"]}},
            {"name": f"{hostile}_b", "type": ["null", {"type": "fixed", "name": f"{hostile}_f", "size": 7}]},
            {"name": f"{hostile}_c", "type": ["null", hostile], "default": None},
        ],
    }  # fmt: skip
    generated = generate(bound(parse(document)), root_attribute=None)
    source = "\n".join(generated.functions)
    assert "Zq" not in source
    assert "a0" not in source  # the attributes neither
    assert len(source) > 300
