"""Defects 1 to 6, 25 and 26: bytes, the schema they were written with, and what both stand for."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from flowodm import DeserializationError, RegistryUnreachable, SchemaValidationError
from flowodm.avro import AvroName, parse
from flowodm.codec.framing import frame
from flowodm.sandbox.registry import RegistryServer
from tests.integration.defects.conftest import PATIENCE, settings

pytestmark = pytest.mark.integration


def a_record(*fields: tuple[str, Any], name: str = "Event") -> dict[str, Any]:
    """A schema, by the name that most classes here have."""
    listed = [{"name": field, "type": type_} for field, type_ in fields]
    return {"type": "record", "name": name, "fields": listed}


def register(base: Any, topic: str, schema: dict[str, Any]) -> int:
    registry = base.get_connection().schema_registry()
    return int(registry.register(f"{topic}-value", parse(schema)).schema_id)


def test_01_the_header_is_never_guessed_from_the_first_byte(
    base: Any, topic: str, written: Callable[[str, int], list[bytes]]
) -> None:
    """0.3.1 took five bytes off raw Avro that began with zero, and lost the record."""

    class Event(base):
        Settings: ClassVar = settings(topic, confluent_wire_format=False)

        number: int
        text: str

    class Framed(base):
        Settings: ClassVar = settings(topic)

        number: int
        text: str

    Event(number=0, text="hello").produce()
    assert written(topic, 1) == [b"\0\x0ahello"]
    found = Event.consume_one(PATIENCE)
    assert (found.number, found.text) == (0, "hello")
    with pytest.raises(DeserializationError):  # nor is it taken for raw Avro
        Framed.consume_one(PATIENCE, group_id=f"{topic}-framed")


def test_02_a_record_is_read_with_the_schema_of_its_writer(
    base: Any, other_base: Any, topic: str
) -> None:
    """0.3.1 ignored the id in the header: fields in another order came out swapped."""

    class Before(base):
        __avro__ = AvroName("Person")
        Settings: ClassVar = settings(topic)

        family: str
        given: str

    class Now(other_base):
        __avro__ = AvroName("Person")
        Settings: ClassVar = settings(topic)

        given: str
        family: str

    Before(family="Lovelace", given="Ada").produce()
    register(base, topic, a_record(("given", "string"), ("family", "string"), name="Person"))
    Now(family="Hopper", given="Grace").produce()
    found = Now.consume_batch(2, PATIENCE)
    assert [(one.given, one.family) for one in found] == [("Ada", "Lovelace"), ("Grace", "Hopper")]


def test_03_header_and_body_are_of_one_schema(
    base: Any,
    topic: str,
    written: Callable[[str, int], list[bytes]],
    by_header: Callable[[bytes], Any],
) -> None:
    """0.3.1 kept the id it knew, and wrote the body with the registry's latest version."""

    class Event(base):
        Settings: ClassVar = settings(topic)

        first: str
        second: str

    Event(first="a", second="b").produce()
    register(base, topic, a_record(("second", "string"), ("first", "string")))
    Event(first="c", second="d").produce()
    assert [by_header(value) for value in written(topic, 2)] == [
        {"first": "a", "second": "b"},
        {"first": "c", "second": "d"},
    ]


def test_04_a_new_field_is_never_dropped_for_the_registrys_latest(
    base: Any,
    topic: str,
    written: Callable[[str, int], list[bytes]],
    by_header: Callable[[bytes], Any],
) -> None:
    """0.3.1 wrote with the registry's latest version: a field it did not have was left out."""
    register(base, topic, a_record(("old", "string")))
    base.get_connection().schema_registry().set_compatibility_level("NONE", f"{topic}-value")

    class Event(base):
        Settings: ClassVar = settings(topic)

        old: str
        new: int

    class Latest(Event):
        __avro__ = AvroName("Event")
        Settings: ClassVar = settings(topic, register="latest")

    with pytest.raises(SchemaValidationError, match="new"):
        Latest(old="a", new=1).produce()
    Event(old="a", new=2).produce()
    assert by_header(*written(topic, 1)) == {"old": "a", "new": 2}


def test_05_classes_of_one_name_have_each_their_schema(
    base: Any,
    make_topic: Callable[..., str],
    written: Callable[[str, int], list[bytes]],
    by_header: Callable[[bytes], Any],
) -> None:
    """0.3.1 kept ids by a class's name: the second class wrote with the id of the first."""

    def event(name: str, kind: type) -> Any:
        class Event(base):
            Settings: ClassVar = settings(name)

            value: kind  # type: ignore[valid-type]

        return Event

    texts, numbers = make_topic(), make_topic()
    Texts, Numbers = event(texts, str), event(numbers, int)
    Texts(value="seven").produce()
    Numbers(value=7).produce()
    assert by_header(*written(texts, 1)) == {"value": "seven"}
    assert by_header(*written(numbers, 1)) == {"value": 7}


def test_06_without_the_registry_nothing_is_decoded_by_guessing(
    make_base: Callable[..., Any],
    topic: str,
    committed: Callable[[str], dict[int, int]],
    tmp_path: Path,
) -> None:
    """0.3.1 read with the class's own schema when the registry was down, and committed that."""
    with RegistryServer(tmp_path / "registry", port=0) as server:
        writing, reading = make_base(server.url), make_base(server.url)

        class Before(writing):
            __avro__ = AvroName("Person")
            Settings: ClassVar = settings(topic)

            family: str
            given: str

        class Now(reading):
            __avro__ = AvroName("Person")
            Settings: ClassVar = settings(topic)

            given: str
            family: str

        Before(family="Lovelace", given="Ada").produce()
        server.stop()
        for _ in range(2):
            with pytest.raises(RegistryUnreachable):
                Now.consume_one(PATIENCE)
        Now.commit()
        assert committed(topic) == {}
        server.start()
        found = Now.consume_one(PATIENCE)
        assert (found.given, found.family) == ("Ada", "Lovelace")


class Level(StrEnum):
    LOW = "low"
    HIGH = "high"


class Place(BaseModel):
    name: str
    altitude: float | None = None


def test_25_every_type_has_its_own_avro_and_comes_back(
    base: Any,
    topic: str,
    written: Callable[[str, int], list[bytes]],
    by_header: Callable[[bytes], Any],
) -> None:
    """0.3.1 made a "string" of every type but six, and could not write what was none."""

    class Event(base):
        Settings: ClassVar = settings(topic)

        key: UUID
        price: Decimal = Field(max_digits=9, decimal_places=2)
        day: date
        lasts: timedelta
        level: Level
        tags: list[str]
        counts: dict[str, int]
        place: Place
        places: list[Place]
        either: int | str
        perhaps: float | None

    event = Event(
        key=UUID(int=7),
        price=Decimal("12.34"),
        day=date(2024, 5, 1),
        lasts=timedelta(minutes=3),
        level=Level.HIGH,
        tags=["a", "b"],
        counts={"x": 1},
        place=Place(name="Bern", altitude=540.0),
        places=[Place(name="Basel")],
        either="text",
        perhaps=None,
    )
    event.produce()
    assert Event.consume_one(PATIENCE) == event
    fields = json.loads(Event.avro_schema().to_json())["fields"]
    assert [one["name"] for one in fields if one["type"] == "string"] == []
    seen = by_header(*written(topic, 1))
    assert (seen["price"], seen["day"], seen["tags"]) == (event.price, event.day, ["a", "b"])
    assert (seen["counts"], seen["either"]) == ({"x": 1}, "text")
    assert seen["place"] == {"name": "Bern", "altitude": 540.0}


def test_26_microseconds_are_microseconds(
    base: Any,
    topic: str,
    written: Callable[[str, int], list[bytes]],
    by_header: Callable[[bytes], Any],
    write: Callable[..., None],
    tmp_path: Path,
) -> None:
    """0.3.1 wrote milliseconds into timestamp-micros, and read them so: a date in January 1970."""
    stamp = {"type": "long", "logicalType": "timestamp-micros"}
    path = tmp_path / "event.avsc"
    path.write_text(parse(a_record(("at", stamp))).to_json())
    at = datetime(2024, 5, 1, 12, 30, 15, 123_456, tzinfo=UTC)

    class Event(base):
        Settings: ClassVar = settings(topic, schema_path=str(path))

        at: datetime

    Event(at=at).produce()
    (value,) = written(topic, 1)
    assert by_header(value) == {"at": at}
    micros = 1_714_566_615_123_456
    assert value[5:] == zigzag(micros)
    write(topic, frame(Event.register_schema()) + zigzag(micros))
    assert [one.at for one in Event.consume_batch(2, PATIENCE)] == [at, at]


def zigzag(number: int) -> bytes:
    """A long that is not negative, as Avro writes it."""
    rest, out = number << 1, bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])
