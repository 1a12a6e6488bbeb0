"""Which schema an instance is written with: derived, a file's, the registry's; and its id."""

import json
import uuid
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flowodm.avro import build_model, parse
from flowodm.avro.annotations import AvroName
from flowodm.codec.decode import compile_decoder
from flowodm.errors import (
    ChangeRefused,
    ConfigurationError,
    RegistryUnreachable,
    SchemaError,
    SchemaParseError,
    SchemaValidationError,
    SerializationError,
    SettingsError,
    SubjectNotFound,
)
from flowodm.registry import Reference, SchemaRegistry
from flowodm.sandbox.registry import RegistryServer
from tests.mock_cluster import MockCluster
from tests.models import based_on, connection_to, to_registry

pytestmark = pytest.mark.unit


def fresh() -> str:
    return f"events-{uuid.uuid4().hex[:8]}"


def registry(base: Any) -> SchemaRegistry:
    found: SchemaRegistry = base.get_connection().schema_registry()
    return found


def schema_id(data: bytes) -> int:
    assert data[0] == 0
    return int.from_bytes(data[1:5])


def read_back(base: Any, data: bytes) -> Any:
    """What another program reads: by the schema that the header names, and nothing else."""
    return compile_decoder(registry(base).parsed(schema_id(data))).decode(data, 5)


def record(fields: list[dict[str, Any]], name: str = "Event") -> str:
    return json.dumps({"type": "record", "name": name, "fields": fields})


ID = {"name": "id", "type": "string"}


def an_event(base: Any, name: str, **said: Any) -> Any:
    """A class of two fields on a topic, with more settings."""

    class Event(base):
        Settings: ClassVar = type("Settings", (), {"topic": name, **said})

        id: str
        n: int = 0

    return Event


def test_auto_registers_the_schema_of_the_class_under_the_subject_of_its_topic(base):
    Event = an_event(base, name := fresh())
    data = Event(id="a", n=3).to_bytes()
    latest = registry(base).version(f"{name}-value")
    assert latest.schema.schema_id == schema_id(data)
    assert parse(latest.schema.text) == Event.avro_schema()
    assert read_back(base, data) == {"id": "a", "n": 3}


def test_a_second_instance_asks_nobody(base):
    Event = an_event(base, fresh())
    with RegistryServer(port=0) as server, to_registry(server) as connection:
        Event = an_event(based_on(connection), fresh())
        first = Event(id="a").to_bytes()
        server.stop()
        assert Event(id="b").to_bytes()[:5] == first[:5]


def test_a_new_connection_asks_again(base):
    Event = an_event(base, name := fresh())
    first = schema_id(Event(id="a").to_bytes())
    registry(base).register(f"{name}-value", record([ID, {"name": "n", "type": "long"}]))
    base.get_connection().close()
    assert schema_id(Event(id="a").to_bytes()) == first
    with RegistryServer(port=0) as other, to_registry(other) as connection:
        base.get_connection().configure(connection.context)
        assert schema_id(Event(id="a").to_bytes()) == 1


def test_two_classes_of_one_name_share_nothing(base):
    class Event(base):
        class Settings:
            topic = "one"

        id: str

    first = Event

    class Event(base):  # type: ignore[no-redef]
        class Settings:
            topic = "two"

        n: int

    one, two = first(id="a").to_bytes(), Event(n=1).to_bytes()
    assert schema_id(one) != schema_id(two)
    assert (read_back(base, one), read_back(base, two)) == ({"id": "a"}, {"n": 1})


def test_one_class_on_two_topics_is_registered_under_each(base):
    Event = an_event(base, first := fresh())

    class Elsewhere(Event):
        class Settings:
            topic = "elsewhere"

    Event(id="a").to_bytes()
    Elsewhere(id="a").to_bytes()
    assert {f"{first}-value", "elsewhere-value"} <= set(registry(base).subjects())


def test_a_strategy_names_the_subject_by_the_schemas_full_name(base):
    name = fresh()

    class Event(base):
        __avro__ = AvroName("shop.Ordered")

        class Settings:
            topic = name
            subject_strategy = "topic_record"

        id: str

    Event(id="a").to_bytes()
    assert registry(base).versions(f"{name}-shop.Ordered") == (1,)


@pytest.mark.parametrize("state", ["protected", "read_only"])
def test_auto_registers_nothing_by_the_way_where_the_context_forbids_it(registry_server, state):
    with to_registry(registry_server, **{state: True}) as connection:
        Event = an_event(based_on(connection), name := fresh())
        with pytest.raises(
            ChangeRefused, match=rf"would register its schema under `{name}-value`"
        ) as caught:
            Event(id="a").to_bytes()
        assert caught.value.hint is not None
        assert "`Event.register_schema()`" in caught.value.hint
        assert 'register = "never"' in caught.value.hint
        assert f"{name}-value" not in connection.schema_registry().subjects()


def test_registering_by_hand_is_how_a_protected_context_gets_a_schema(registry_server):
    with to_registry(registry_server, protected=True) as connection:
        Event = an_event(based_on(connection), fresh(), register="never")
        assert Event.register_schema() == schema_id(Event(id="a").to_bytes())


def test_a_read_only_context_refuses_that_too(registry_server):
    with to_registry(registry_server, read_only=True) as connection:
        Event = an_event(based_on(connection), fresh())
        with pytest.raises(ChangeRefused, match="read-only"):
            Event.register_schema()


@pytest.mark.parametrize("way", ["by hand", "by the way"])
def test_the_registry_of_another_cluster_gets_no_schema(
    way: str, cluster: MockCluster, registry_server
):
    with connection_to(cluster.bootstrap_servers, registry_server.url, cluster_id="no") as other:
        Event = an_event(based_on(other), name := fresh())
        with pytest.raises(ChangeRefused, match="is for cluster `no`"):
            Event.register_schema() if way == "by hand" else Event(id="a").to_bytes()
        assert f"{name}-value" not in other.schema_registry().subjects()


def test_json_has_no_schema_to_register(base):
    Event = an_event(base, fresh(), value_serializer="json")
    with pytest.raises(SettingsError, match="`Event` writes JSON"):
        Event.register_schema()


async def _aregister(cls: Any) -> int:
    found: int = await cls.aregister_schema()
    return found


def test_registering_has_an_async_twin(base):
    import asyncio

    Event = an_event(base, fresh())
    assert asyncio.run(_aregister(Event)) == Event.register_schema()


def test_never_fails_where_the_schema_is_not_registered_and_says_how(base):
    Event = an_event(base, name := fresh(), register="never")
    with pytest.raises(
        SubjectNotFound, match=f"`Event` is not under subject `{name}-value`"
    ) as caught:
        Event(id="a").to_bytes()
    assert caught.value.hint == "register it: `Event.register_schema()`"
    with pytest.raises(SubjectNotFound):
        registry(base).version(f"{name}-value")


def test_never_finds_a_schema_that_is_not_the_latest(base):
    Event = an_event(base, name := fresh(), register="never")
    own = Event.register_schema()
    more = [ID, {"name": "n", "type": "long", "default": 0}, {**ID, "name": "x", "default": ""}]
    registry(base).register(f"{name}-value", record(more))
    assert schema_id(Event(id="a").to_bytes()) == own


def test_latest_writes_with_the_registrys_version_and_fills_what_the_model_has_not(base):
    Event = an_event(base, name := fresh(), register="latest")
    fields = [
        {"name": "source", "type": "string", "default": "web"},
        {"name": "n", "type": "int"},
        ID,
    ]
    found = registry(base).register(f"{name}-value", record(fields, "shop.Other"))
    data = Event(id="a", n=3).to_bytes()
    assert schema_id(data) == found.schema_id
    assert read_back(base, data) == {"source": "web", "n": 3, "id": "a"}
    assert Event.from_bytes(data) == Event(id="a", n=3)


def test_latest_refuses_to_drop_a_field_of_the_model(base):
    Event = an_event(base, name := fresh(), register="latest")
    registry(base).register(f"{name}-value", record([ID]))
    said = f"`Event` does not hold to version 1 of subject `{name}-value`: it has no field `n`"
    with pytest.raises(SchemaValidationError, match=said) as caught:
        Event(id="a", n=3).to_bytes()
    assert caught.value.errors == ["it has no field `n`"]


def test_latest_refuses_to_drop_a_field_deep_inside(base):
    from pydantic import BaseModel

    name = fresh()

    class Line(BaseModel):
        sku: str
        note: str = ""

    class Order(base):
        class Settings:
            topic = name
            register = "latest"

        lines: list[Line]
        extra: dict[str, Line | None] = {}  # noqa: RUF012

    line = {"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}]}
    fields = [
        {"name": "lines", "type": {"type": "array", "items": line}},
        {"name": "extra", "type": {"type": "map", "values": ["null", "Line"]}, "default": {}},
    ]
    registry(base).register(f"{name}-value", record(fields, "Order"))
    with pytest.raises(SchemaValidationError, match=r"no field `lines\[\]\.note`"):
        Order(lines=[]).to_bytes()


def test_latest_names_a_field_that_the_model_cannot_fill(base):
    Event = an_event(base, name := fresh(), register="latest")
    fields = [ID, {"name": "n", "type": "long"}, {"name": "tenant", "type": "string"}]
    registry(base).register(f"{name}-value", record(fields))
    with pytest.raises(SchemaValidationError, match="wants a field `tenant`, which has no default"):
        Event(id="a").to_bytes()


def test_latest_without_a_subject_says_how_to_register(base):
    Event = an_event(base, fresh(), register="latest")
    with pytest.raises(SubjectNotFound) as caught:
        Event(id="a").to_bytes()
    assert caught.value.hint == "register it: `Event.register_schema()`"


def test_a_value_that_does_not_fit_the_latest_version_names_class_and_field(base):
    Event = an_event(base, name := fresh(), register="latest")
    registry(base).register(f"{name}-value", record([ID, {"name": "n", "type": "int"}]))
    with pytest.raises(SerializationError, match=r"`Event` cannot be written: .* at `n`"):
        Event(id="a", n=2**31).to_bytes()


def test_a_file_is_what_is_registered_and_written(base, tmp_path: Path):
    path = tmp_path / "event.avsc"
    fields = [{"name": "n", "type": "long"}, {**ID, "doc": "who"}]
    path.write_text(record(fields, "shop.Event"))
    Event = an_event(base, name := fresh(), schema_path=str(path))
    data = Event(id="a", n=3).to_bytes()
    assert parse(registry(base).version(f"{name}-value").schema.text) == parse(path.read_text())
    assert data[5:] == b"\x06\x02a"  # in the order of the file
    assert Event.from_bytes(data) == Event(id="a", n=3)


def test_a_file_that_drops_a_field_is_refused(base, tmp_path: Path):
    path = tmp_path / "event.avsc"
    path.write_text(record([ID]))
    Event = an_event(base, fresh(), schema_path=path)
    with pytest.raises(SchemaValidationError, match=r"event\.avsc`: it has no field `n`"):
        Event(id="a").to_bytes()


def test_a_file_that_is_not_there_is_named_with_class_and_setting(base, tmp_path: Path):
    Event = an_event(base, fresh(), schema_path=tmp_path / "gone.avsc")
    with pytest.raises(SettingsError, match=r"`Event\.Settings\.schema_path`: .*gone\.avsc"):
        Event(id="a").to_bytes()


def test_a_file_that_is_no_schema_is_named_with_the_place(base, tmp_path: Path):
    path = tmp_path / "event.avsc"
    path.write_text('{"type": "record", "name": "E", "fields": [{"name": "x", "type": "strin"}]}')
    Event = an_event(base, fresh(), schema_path=path)
    with pytest.raises(SchemaParseError, match=r"event\.avsc` is no schema for `Event`") as caught:
        Event(id="a").to_bytes()
    assert caught.value.path == "/fields/0/type"


@pytest.mark.parametrize("mode", ["auto", "never"])
def test_a_type_of_another_subject_is_the_registrys_to_find(base, mode: str):
    money = (
        '{"type": "record", "name": "shop.Money", "fields": [{"name": "cents", "type": "long"}]}'
    )
    fields = [ID, {"name": "total", "type": "shop.Money"}]
    name, kept = fresh(), registry(base)
    kept.register(f"{name}-money", money)
    references = [Reference("shop.Money", f"{name}-money", 1)]
    found = kept.register(f"{name}-value", record(fields, "shop.Order"), references)
    schema = kept.parsed(found.schema_id)

    def order(register: str) -> Any:
        settings = type("Settings", (), {"topic": name, "register": register})
        cls: Any = build_model(schema, base=base, namespace={"Settings": settings})
        return cls(id="a", total={"cents": 3})

    with pytest.raises(
        SchemaError, match=r"`Order` leaves `shop\.Money` to another subject"
    ) as caught:
        order(mode).to_bytes()
    assert caught.value.hint is not None
    assert 'register = "latest"' in caught.value.hint
    assert schema_id(order("latest").to_bytes()) == found.schema_id


def test_raw_avro_needs_no_registry(tmp_path: Path):
    from flowodm.config import Context
    from flowodm.connection import KafkaConnection

    base = based_on(KafkaConnection(Context(name="alone", bootstrap_servers="127.0.0.1:1")))
    Event = an_event(base, fresh(), confluent_wire_format=False)
    assert Event(id="a", n=3).to_bytes() == b"\x02a\x06"
    assert Event.from_bytes(b"\x02a\x06") == Event(id="a", n=3)


def test_raw_avro_that_begins_with_a_zero_keeps_all_its_bytes(base):
    Event = an_event(base, fresh(), confluent_wire_format=False)
    data = Event(id="", n=3).to_bytes()
    assert data == b"\x00\x06"
    assert Event.from_bytes(data) == Event(id="", n=3)


def test_a_framing_without_a_registry_says_which_setting_is_missing():
    from flowodm.config import Context
    from flowodm.connection import KafkaConnection

    base = based_on(KafkaConnection(Context(name="alone", bootstrap_servers="127.0.0.1:1")))
    with pytest.raises(ConfigurationError, match="context `alone` names no schema registry"):
        an_event(base, fresh())(id="a").to_bytes()


def test_a_registry_that_is_down_is_an_outage_and_not_a_guess(tmp_path: Path):
    with RegistryServer(tmp_path / "registry", port=0) as server, to_registry(server) as connection:
        Event = an_event(based_on(connection), fresh())
        server.stop()
        with pytest.raises(RegistryUnreachable):
            Event(id="a").to_bytes()
        server.start()
        assert Event(id="a").to_bytes()[:1] == b"\0"  # the failure was not kept
