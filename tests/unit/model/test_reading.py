"""Messages to instances: by the writer's schema, with errors as values and outages raised."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from confluent_kafka import Message
from pydantic import Field

from flowodm.avro import parse
from flowodm.codec.encode import compile_encoder
from flowodm.codec.framing import frame
from flowodm.errors import DeserializationError, RegistryUnreachable
from flowodm.model import Tombstone
from flowodm.model.attached import reading_of
from flowodm.record import Undecodable
from flowodm.registry import RegisteredSchema, SchemaRegistry
from flowodm.sandbox.registry import RegistryServer
from tests.models import based_on, to_registry

pytestmark = pytest.mark.unit

MOMENT = 1_700_000_000_123


def fresh() -> str:
    return f"events-{uuid.uuid4().hex[:8]}"


def message(value: bytes | None, key: bytes | None = None, **more: Any) -> Message:
    settings = {"topic": "t", "partition": 2, "offset": 41, "timestamp": (1, MOMENT), **more}
    return Message(key=key, value=value, **settings)


def decode(cls: Any, *arguments: Any, **more: Any) -> Any:
    return reading_of(cls).decode(message(*arguments, **more))


def an_event(base: Any, **said: Any) -> Any:
    class Event(base):
        Settings: ClassVar = type("Settings", (), {"topic": fresh(), **said})

        id: str
        n: Annotated[int, Field(ge=0)] = 0

    return Event


def register(base: Any, fields: list[dict[str, Any]], name: str = "Event") -> Any:
    """Another program's schema: a function that writes values of it, framed."""
    text = json.dumps({"type": "record", "name": name, "fields": fields})
    found = base.get_connection().schema_registry().register(f"{fresh()}-value", text)
    encoder = compile_encoder(parse(text))
    return lambda value: encoder.encode(value, frame(found.schema_id))


ID = {"name": "id", "type": "string"}


def test_a_value_is_read_by_the_schema_that_it_was_written_with(base):
    write = register(base, [{"name": "extra", "type": "double"}, {"name": "n", "type": "int"}, ID])
    Event = an_event(base)
    for _ in range(2):  # the long way, and the short one
        found = decode(Event, write({"id": "a", "n": 3, "extra": 1.5}))
        assert (type(found), found) == (Event, Event(id="a", n=3))


def test_two_writers_take_turns(base):
    old = register(base, [ID])
    new = register(base, [{"name": "n", "type": "long"}, ID])
    Event = an_event(base)
    values = [old({"id": "a"}), new({"id": "b", "n": 1})] * 3
    assert [decode(Event, value) for value in values] == [Event(id="a"), Event(id="b", n=1)] * 3


def test_meta_says_where_it_stood(base):
    write = register(base, [ID])
    value = write({"id": "a"})
    found = decode(an_event(base), value, b"k", headers=[("x", b"1"), ("x", None)]).meta
    assert (found.topic, found.partition, found.offset) == ("t", 2, 41)
    assert found.timestamp == datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)
    assert (found.key, found.headers) == ("k", (("x", b"1"), ("x", None)))
    assert found.schema_id == int.from_bytes(value[1:5])


def test_a_record_without_key_headers_and_timestamp_says_so(base):
    write = register(base, [ID])
    found = decode(an_event(base), write({"id": "a"}), timestamp=(0, -1)).meta
    assert (found.key, found.headers, found.timestamp) == (None, (), None)


def test_a_timestamp_beyond_pythons_is_none(base):
    write = register(base, [ID])
    assert decode(an_event(base), write({"id": "a"}), timestamp=(1, 2**62)).meta.timestamp is None


def test_a_tombstone_has_its_key_and_its_class(base):
    Event = an_event(base)
    found = decode(Event, None, b"k")
    assert found == Tombstone(Event, "k", found.meta)
    assert (found.meta.offset, found.meta.schema_id) == (41, None)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"", "not framed Avro: it is empty"),
        (b"{}", "not framed Avro: it starts with byte 0x7b and names no schema"),
        (b"\0\0\0", "not framed Avro: it starts with byte 0x00 and names no schema"),
        (b"\0\x7f\xff\xff\xff\2a", "has no schema id 2147483647"),
    ],
)
def test_what_names_no_schema_is_a_value_and_not_an_exception(base, value: bytes, said: str):
    found = decode(an_event(base), value)
    assert type(found) is Undecodable
    assert said in found.error
    assert (found.raw, found.meta.offset) == (value, 41)


def test_bytes_that_are_cut_off_name_class_field_and_position(base):
    write = register(base, [ID, {"name": "n", "type": "long"}])
    Event = an_event(base)
    good = write({"id": "abc", "n": 3})
    for _ in range(2):
        decode(Event, good)
        found = decode(Event, good[:7])
        assert type(found) is Undecodable
        assert "at Event.id" in found.error
        assert (found.path, found.schema_id) == ("id", int.from_bytes(good[1:5]))
        assert found.position is not None


def test_a_value_that_fails_validation_names_class_and_field_without_quoting_it(base):
    write = register(base, [ID, {"name": "n", "type": "long"}])
    Event = an_event(base)
    found = decode(Event, write({"id": "a", "n": -123456}))
    assert type(found) is Undecodable
    assert found.error == "`Event.n`: Input should be greater than or equal to 0"
    assert found.path == "n"
    assert found.schema_id is not None


def test_a_field_that_was_not_written_and_has_no_default_is_named(base):
    write = register(base, [{"name": "n", "type": "long"}])
    found = decode(an_event(base), write({"n": 1}))
    assert type(found) is Undecodable
    assert "id" in found.error


def test_a_type_that_cannot_be_read_is_named(base):
    write = register(base, [ID, {"name": "n", "type": "string"}])
    found = decode(an_event(base), write({"id": "a", "n": "three"}))
    assert (type(found), found.path) == (Undecodable, "n")


def test_a_validator_of_the_users_own_may_say_several_lines(base):
    from pydantic import field_validator

    class Event(base):
        class Settings:
            topic = "t"

        id: str

        @field_validator("id")
        @classmethod
        def _check(cls, value: str) -> str:
            raise ValueError("one\ntwo")

    found = decode(Event, register(base, [ID])({"id": "a"}))
    assert found.error == "`Event.id`: Value error, one two"


def test_a_guid_in_a_header_names_the_schema_and_leaves_the_bytes_alone(base):
    write = register(base, [{"name": "n", "type": "long"}, ID])
    framed = write({"id": "", "n": 0})
    registry = base.get_connection().schema_registry()
    guid = registry.schema_by_id(int.from_bytes(framed[1:5])).guid
    assert guid is not None
    headers = [("__value_schema_id", b"\1" + uuid.UUID(guid).bytes)]
    found = decode(an_event(base), framed[5:], headers=headers)
    assert (found.id, found.n, found.meta.schema_id) == ("", 0, None)


def test_beside_such_a_header_a_body_that_looks_like_a_prefix_is_a_body(base):
    """Four empty strings and a number are the bytes of the prefix of schema 1."""
    fields = [{"name": name, "type": "string"} for name in "abcd"] + [{"name": "n", "type": "long"}]

    class Quiet(base):
        class Settings:
            topic = "t"

        a: str
        b: str
        c: str
        d: str
        n: int

    write = register(base, fields, "Quiet")
    framed = write({"a": "", "b": "", "c": "", "d": "", "n": 0})
    schema_id = int.from_bytes(framed[1:5])
    assert schema_id < 64
    number = (schema_id >> 1) ^ -(schema_id & 1)
    framed = write({"a": "", "b": "", "c": "", "d": "", "n": number})
    assert decode(Quiet, framed).n == number  # the prefix is known now
    body = framed[5:]
    assert body == framed[:5]
    guid = base.get_connection().schema_registry().schema_by_id(schema_id).guid
    headers = [("other", b""), ("__value_schema_id", b"\1" + uuid.UUID(guid).bytes)]
    assert decode(Quiet, body, headers=headers).n == number


def test_a_schema_of_another_language_is_said_to_be_one(base, monkeypatch: pytest.MonkeyPatch):
    """The registry of these tests keeps Avro alone."""

    def schema_by_id(self: Any, schema_id: int, subject: str | None = None) -> RegisteredSchema:
        return RegisteredSchema(text="{}", schema_type="JSON", schema_id=schema_id)

    monkeypatch.setattr(SchemaRegistry, "schema_by_id", schema_by_id)
    bad = decode(an_event(base), frame(7) + b"{}")
    assert bad.error == "its schema is a JSON Schema, and `Event` reads Avro"
    assert bad.schema_id == 7


def test_an_outage_is_raised_and_over_when_the_registry_is_back(tmp_path: Path):
    with RegistryServer(tmp_path / "registry", port=0) as server, to_registry(server) as connection:
        base = based_on(connection)
        value = register(base, [ID])({"id": "a"})
        connection.close()  # what is known of the schema is forgotten
        Event = an_event(base)
        server.stop()
        with pytest.raises(RegistryUnreachable):
            decode(Event, value)
        server.start()
        assert decode(Event, value) == Event(id="a")


def test_a_schema_that_was_met_is_not_asked_for_again():
    with RegistryServer(port=0) as server, to_registry(server) as connection:
        base = based_on(connection)
        write = register(base, [ID])
        Event = an_event(base)
        assert decode(Event, write({"id": "a"})) == Event(id="a")
        server.stop()
        assert decode(Event, write({"id": "b"})) == Event(id="b")
        guid = [("__value_schema_id", b"\0" + write({"id": "c"})[1:5])]
        assert decode(Event, write({"id": "c"})[5:], headers=guid) == Event(id="c")


def test_json_is_read_by_pydantic_alone(base):
    Event = an_event(base, value_serializer="json")
    assert decode(Event, b'{"id": "a", "n": 2}') == Event(id="a", n=2)
    bad = decode(Event, b'{"id": "a", "n": -2}')
    assert (bad.error, bad.path) == ("`Event.n`: Input should be greater than or equal to 0", "n")
    bad = decode(Event, b"\0\0\0\0\1{}")
    assert bad.error.startswith("`Event`: Invalid JSON")


def test_from_bytes_reads_what_to_bytes_wrote(base):
    Event = an_event(base)
    event = Event(id="a", n=3)
    assert Event.from_bytes(event.to_bytes()) == event


def test_from_bytes_raises_what_is_a_value_elsewhere(base):
    Event = an_event(base)
    with pytest.raises(DeserializationError, match="names no schema") as caught:
        Event.from_bytes(b"{}")
    assert caught.value.hint is not None
    assert "confluent_wire_format = False" in caught.value.hint
