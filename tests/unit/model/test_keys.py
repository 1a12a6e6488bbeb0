"""Keys: each serializer, both ways, and what cannot be one."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any, ClassVar

import pytest
from confluent_kafka import Message
from pydantic import BaseModel, Field

from flowodm.codec.decode import compile_decoder
from flowodm.errors import RegistryUnreachable, SerializationError, SubjectNotFound
from flowodm.model.attached import reading_of, writing_of
from flowodm.sandbox.registry import RegistryServer
from tests.models import based_on, to_registry

pytestmark = pytest.mark.unit


class Color(StrEnum):
    RED = "red"


class Size(Enum):
    BIG = 3


class Place(BaseModel):
    zone: str
    shelf: int


def keyed(base: Any, annotation: Any, serializer: str, **said: Any) -> Any:
    settings = {"topic": f"t-{uuid.uuid4().hex[:8]}", "key_field": "key", **said}

    class Keyed(base):
        Settings: ClassVar = type("Settings", (), {**settings, "key_serializer": serializer})

        key: annotation
        n: int = 0

    return Keyed


def written(cls: Any, value: Any) -> bytes | None:
    data: bytes | None = writing_of(cls).key(cls(key=value))
    return data


def read(cls: Any, key: bytes | None) -> Any:
    message = Message(topic="t", partition=0, offset=0, key=key, value=None)
    return reading_of(cls).decode(message).key


UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")


@pytest.mark.parametrize(
    ("annotation", "value", "data"),
    [
        (str, "a", b"a"),
        (str, "é", b"\xc3\xa9"),
        (str, "", b""),
        (int, 7, b"7"),
        (uuid.UUID, UUID, b"12345678-1234-5678-1234-567812345678"),
        (Color, Color.RED, b"red"),
        (Size, Size.BIG, b"3"),
        (date, date(2024, 2, 29), b"2024-02-29"),
        (datetime, datetime(2024, 1, 1, tzinfo=UTC), b"2024-01-01T00:00:00+00:00"),
        (Annotated[Decimal, Field(max_digits=4, decimal_places=2)], Decimal("1.50"), b"1.50"),
    ],
)
def test_a_string_key_is_the_usual_text_of_its_value(base, annotation, value, data):
    cls = keyed(base, annotation, "string")
    assert written(cls, value) == data
    assert read(cls, data) == data.decode()


@pytest.mark.parametrize(
    ("annotation", "value"), [(bytes, b"x"), (bool, True), (list[int], [1]), (float, 1.5)]
)
def test_what_has_no_usual_text_is_no_string_key(base, annotation, value):
    with pytest.raises(
        SerializationError, match=r"`Keyed` cannot be written: .* at `key`"
    ) as caught:
        written(keyed(base, annotation, "string"), value)
    assert caught.value.path == "key"
    assert caught.value.hint is not None
    assert '"json"' in caught.value.hint


def test_half_a_surrogate_pair_is_no_key(base):
    cls = keyed(base, str, "string")
    with pytest.raises(SerializationError, match="surrogate"):
        writing_of(cls).key(None, "\ud800")


@pytest.mark.parametrize("serializer", ["string", "json", "bytes"])
def test_none_is_no_key(base, serializer):
    cls = keyed(base, str | None, serializer)
    assert written(cls, None) is None
    assert read(cls, None) is None


@pytest.mark.parametrize(
    ("annotation", "value", "data"),
    [(str, "a", b'"a"'), (int, 7, b"7"), (list[int], [1, 2], b"[1,2]")],
)
def test_a_json_key(base, annotation, value, data):
    cls = keyed(base, annotation, "json")
    assert written(cls, value) == data
    assert read(cls, data) == value


def test_a_json_key_may_be_a_model(base):
    cls = keyed(base, Place, "json")
    assert written(cls, Place(zone="a", shelf=1)) == b'{"zone":"a","shelf":1}'


def test_a_bytes_key(base):
    cls = keyed(base, bytes, "bytes")
    assert written(cls, b"\xff\x00") == b"\xff\x00"
    assert read(cls, b"\xff\x00") == b"\xff\x00"
    with pytest.raises(SerializationError, match="takes bytes"):
        writing_of(cls).key(None, "text")


@pytest.mark.parametrize(("serializer", "key"), [("string", b"\xff"), ("json", b"{")])
def test_a_key_that_cannot_be_read_stays_bytes(base, serializer, key):
    assert read(keyed(base, str, serializer), key) == key


def test_a_key_that_is_given_goes_before_the_field(base):
    cls = keyed(base, str, "string")
    assert writing_of(cls).key(cls(key="a"), "b") == b"b"


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (str, "a"),
        (str | None, "a"),
        (int, -3),
        (uuid.UUID, UUID),
        (Color, Color.RED),
        (Place, Place(zone="a", shelf=1)),
        (Annotated[Decimal, Field(max_digits=4, decimal_places=2)], Decimal("1.50")),
    ],
)
def test_an_avro_key_is_framed_with_the_schema_of_its_field(base, annotation, value):
    cls = keyed(base, annotation, "avro")
    data = written(cls, value)
    assert data is not None
    registry = cls.get_connection().schema_registry()
    subject = f"{cls.__declaration__.topic}-key"
    assert registry.version(subject).schema.schema_id == int.from_bytes(data[1:5])
    compile_decoder(registry.parsed(int.from_bytes(data[1:5]))).decode(data, 5)
    assert read(cls, data) == value


def test_an_avro_key_that_does_not_fit_names_class_and_field(base):
    cls = keyed(base, int, "avro")
    with pytest.raises(SerializationError, match=r"`Keyed` cannot be written: .* at `key`"):
        writing_of(cls).key(None, "seven")


@pytest.mark.parametrize("key", [b"plain", b"\0\0\0\0", b"\0\x7f\xff\xff\xff\x02"])
def test_an_avro_key_that_cannot_be_read_stays_bytes(base, key):
    assert read(keyed(base, str, "avro"), key) == key


def test_an_avro_key_is_looked_up_where_nothing_may_be_registered(base):
    cls = keyed(base, str, "avro", register="never")
    with pytest.raises(SubjectNotFound, match="-key`") as caught:
        written(cls, "a")
    assert caught.value.hint == "register it: `Keyed.register_schema()`"
    cls.register_schema()
    assert written(cls, "a")


def test_meta_of_a_record_with_an_avro_key_needs_no_registry():
    with RegistryServer(port=0) as server, to_registry(server) as connection:
        cls = keyed(based_on(connection), str, "avro")
        instance = cls(key="a", n=1)
        key, value = writing_of(cls).key(instance), writing_of(cls).value(instance)
        found = reading_of(cls).decode(
            Message(topic="t", partition=0, offset=0, key=key, value=value)
        )
        server.stop()
        assert found.meta.key == "a"


def test_an_outage_at_the_key_is_an_outage():
    with RegistryServer(port=0) as server, to_registry(server) as connection:
        cls = keyed(based_on(connection), str, "avro")
        key = writing_of(cls).key(cls(key="a"))
        connection.close()
        server.stop()
        with pytest.raises(RegistryUnreachable):
            read(cls, key)
