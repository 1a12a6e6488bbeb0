"""Consuming models on Apache Kafka: the verbs in both forms, and bad records among good ones."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from flowodm import (
    ChangeRefused,
    ConsumerError,
    DeserializationError,
    FlowBaseModel,
    RegistryUnreachable,
    SettingsError,
    Tombstone,
    TopicNotFound,
    Undecodable,
    UsageError,
)
from flowodm.avro import parse
from flowodm.codec.encode import compile_encoder
from flowodm.codec.framing import frame
from flowodm.producer import producer_of
from flowodm.sandbox.registry import RegistryServer
from flowodm.settings import BatchSettings, RealTimeSettings
from tests.faces import FACES, Face, play
from tests.models import based_on, connection_to

pytestmark = pytest.mark.integration

PATIENCE = 30.0


@pytest.fixture
def base(kafka: str, registry_url: str) -> Iterator[type[FlowBaseModel]]:
    with connection_to(kafka, registry_url) as connection:
        yield based_on(connection)


@pytest.fixture(params=FACES, ids=lambda face: face.name)
def face(request: pytest.FixtureRequest) -> Face:
    found: Face = request.param
    return found


def an_event(base: Any, name: str, **said: Any) -> Any:
    group = f"g-{uuid.uuid4().hex[:12]}"
    settings = {"topic": name, "key_field": "id", "consumer_group": group, **said}

    class UserEvent(base):
        Settings: ClassVar = type("Settings", (), settings)

        id: str
        n: int = 0

    return UserEvent


def produce_raw(base: Any, name: str, *values: bytes | None) -> None:
    producer = producer_of(base.get_connection())
    for value in values:
        producer.deliver(name, b"k", value)


def committed(base: Any, cls: Any) -> int:
    """The group's committed offset of partition 0; -1001 where there is none."""
    from confluent_kafka import TopicPartition

    said = cls.__declaration__
    consumer = base.get_connection().consumer({"group.id": said.consumer_group})
    try:
        (found,) = consumer.committed([TopicPartition(said.topic, 0)], timeout=10)
    finally:
        consumer.close()
    return int(found.offset)


def test_every_verb_gives_instances_of_the_class_with_their_place(face, base, topic):
    UserEvent = an_event(base, topic)
    UserEvent.produce_many(UserEvent(id="a", n=n) for n in range(9))

    async def scenario() -> list[Any]:
        events = [await face.one(UserEvent, timeout=PATIENCE)]
        async with face.iterate(UserEvent, timeout=PATIENCE, max_messages=3) as iterator:
            events += [event async for event in iterator]
        batch = await face.batch(UserEvent, 5, timeout=PATIENCE)
        batch.ack()
        await face.commit(UserEvent)
        return events + batch

    events = play(scenario)
    assert {type(event) for event in events} == {UserEvent}
    assert [event.n for event in events] == list(range(9))
    assert [event.meta.offset for event in events] == list(range(9))
    assert {event.meta.topic for event in events} == {topic}
    assert committed(base, UserEvent) == 9


def test_an_idle_topic_ends_what_asks_for_that(face, base, topic):
    UserEvent = an_event(base, topic)

    async def scenario() -> Any:
        one = await face.one(UserEvent, timeout=0.2)
        async with face.iterate(UserEvent, timeout=0.2, stop_when_idle=True) as iterator:
            return one, [event async for event in iterator]

    assert play(scenario) == (None, [])


def test_a_tombstone_is_a_value_and_is_committed(face, base, topic):
    UserEvent = an_event(base, topic)
    UserEvent.produce_tombstone("a")

    async def scenario() -> Any:
        found = await face.one(UserEvent, timeout=PATIENCE)
        await face.commit(UserEvent)
        return found

    found = play(scenario)
    assert (type(found), found.model, found.key, found.meta.offset) == (
        Tombstone,
        UserEvent,
        "a",
        0,
    )
    assert committed(base, UserEvent) == 1


def test_a_bad_record_is_raised_with_its_place_and_stays(face, base, topic):
    UserEvent = an_event(base, topic)
    UserEvent(id="a").produce()
    produce_raw(base, topic, b"not avro")

    async def scenario() -> list[Any]:
        found = [await face.one(UserEvent, timeout=PATIENCE)]
        for _ in range(2):
            try:
                found.append(await face.one(UserEvent, timeout=PATIENCE))
            except DeserializationError as error:
                found.append(error)
        await face.commit(UserEvent)
        return found

    good, *errors = play(scenario)
    assert good.id == "a"
    assert [type(error) for error in errors] == [DeserializationError] * 2
    assert f"topic `{topic}`, partition 0, offset 1" in errors[0].message
    assert "names no schema" in errors[0].message
    assert errors[0].hint is not None
    assert 'on_error="yield"' in errors[0].hint
    assert committed(base, UserEvent) == 1


def test_a_bad_record_can_be_a_value_of_the_stream(face, base, topic):
    UserEvent = an_event(base, topic)
    good = UserEvent(id="a", n=3)
    produce_raw(base, topic, good.to_bytes(), b"bad", good.to_bytes()[:-1], good.to_bytes())

    async def scenario() -> list[Any]:
        options: dict[str, Any] = {"timeout": PATIENCE, "max_messages": 4, "on_error": "yield"}
        async with face.iterate(UserEvent, **options) as iterator:
            return [event async for event in iterator]

    first, bad, cut, last = play(scenario)
    assert (first, last) == (good, good)
    assert (type(bad), bad.raw, bad.meta.offset) == (Undecodable, b"bad", 1)
    assert (cut.path, cut.meta.offset) == ("n", 2)
    assert cut.schema_id == int.from_bytes(good.to_bytes()[1:5])


def test_records_of_an_older_and_a_newer_writer_are_read_into_the_model(face, base, topic):
    registry = base.get_connection().schema_registry()
    registry.set_compatibility_level("NONE", f"{topic}-value")
    text = {"name": "id", "type": "string"}
    versions = [
        ([text], {"id": "old"}),
        (
            [{"name": "n", "type": "int"}, text, {**text, "name": "more"}],
            {"n": 7, "id": "new", "more": ""},
        ),
    ]
    for fields, value in versions:
        schema = json.dumps({"type": "record", "name": "UserEvent", "fields": fields})
        found = registry.register(f"{topic}-value", schema)
        produce_raw(
            base, topic, compile_encoder(parse(schema)).encode(value, frame(found.schema_id))
        )
    UserEvent = an_event(base, topic)

    async def scenario() -> list[Any]:
        return [await face.one(UserEvent, timeout=PATIENCE) for _ in versions]

    assert play(scenario) == [UserEvent(id="old", n=0), UserEvent(id="new", n=7)]


def test_the_registry_down_stops_at_the_record_and_goes_on_from_it(
    face, kafka, topic, tmp_path: Path
):
    with RegistryServer(tmp_path / "state", port=0) as server:
        with connection_to(kafka, server.url) as connection:
            UserEvent = an_event(based_on(connection), topic)
            UserEvent.produce_many([UserEvent(id="a"), UserEvent(id="b")])
        with connection_to(kafka, server.url) as connection:
            UserEvent = an_event(based_on(connection), topic)
            server.stop()

            async def scenario() -> list[Any]:
                try:
                    await face.one(UserEvent, timeout=PATIENCE)
                except RegistryUnreachable as error:
                    server.start()
                    found = [await face.one(UserEvent, timeout=PATIENCE) for _ in range(2)]
                    return [error, *found]
                return []

            error, first, second = play(scenario, seconds=120)
    assert isinstance(error, RegistryUnreachable)
    assert (first.id, second.id) == ("a", "b")


def test_a_topic_that_is_not_there_is_named(face, base):
    name = f"gone-{uuid.uuid4().hex[:8]}"
    UserEvent = an_event(base, name)

    async def scenario() -> Any:
        await face.one(UserEvent)

    with pytest.raises(TopicNotFound, match=f"`{name}`") as caught:
        play(scenario)
    assert isinstance(caught.value, ConsumerError)
    assert name not in base.get_connection().metadata().topics


def test_without_a_group_nothing_is_consumed(face, base, topic):
    UserEvent = an_event(base, topic, consumer_group=None)

    async def scenario() -> Any:
        await face.one(UserEvent)

    with pytest.raises(SettingsError, match="`UserEvent` names no consumer group") as caught:
        play(scenario)
    assert caught.value.hint is not None
    assert "`group_id=`" in caught.value.hint


def test_a_read_only_context_refuses_to_consume_as_a_group(face, kafka, registry_url, topic):
    with connection_to(kafka, registry_url, read_only=True) as connection:
        UserEvent = an_event(based_on(connection), topic)

        async def scenario() -> Any:
            await face.one(UserEvent)

        with pytest.raises(ChangeRefused, match="read-only; `consume` was not tried"):
            play(scenario)


def test_the_group_that_is_given_goes_before_that_of_the_class(face, base, topic):
    UserEvent = an_event(base, topic)
    UserEvent(id="a").produce()
    other = f"g-{uuid.uuid4().hex[:12]}"

    async def scenario() -> list[Any]:
        return [
            await face.one(UserEvent, timeout=PATIENCE),
            await face.one(UserEvent, timeout=PATIENCE, group_id=other),
        ]

    assert play(scenario) == [UserEvent(id="a")] * 2


def test_a_profile_is_in_force(base, topic):
    UserEvent = an_event(base, topic, profile=RealTimeSettings)
    made: list[dict[str, Any]] = []
    connection = base.get_connection()
    consumer = connection.consumer

    def spy(config: Any = None) -> Any:
        made.append(dict(config))
        return consumer(config)

    connection.consumer = spy
    UserEvent.consume_one(timeout=0.1)
    UserEvent.consume_one(timeout=0.1, settings=BatchSettings)
    UserEvent.get_consumer().close()
    assert [config["fetch.wait.max.ms"] for config in made] == [20, 500, 20]
    assert [config["max.poll.interval.ms"] for config in made] == [60_000, 600_000, 60_000]


def test_a_hook_of_the_users_own_is_what_the_verbs_read_with(face, base, topic):
    asked: list[Any] = []

    class Hooked(an_event(base, topic)):
        @classmethod
        def get_consumer(cls, group_id: Any = None, settings: Any = None) -> Any:
            asked.append(group_id)
            return super().get_consumer(group_id, settings)

    Hooked(id="a").produce()

    async def scenario() -> Any:
        first = await face.one(Hooked, timeout=PATIENCE)
        await face.one(Hooked, timeout=0.1)
        return first

    assert play(scenario) == Hooked(id="a")
    assert asked == [None]  # one consumer, however often it is asked


def test_an_async_hook_is_run_by_the_callers_loop_once_for_all_of_them(base, topic):
    loops: list[Any] = []

    class Hooked(an_event(base, topic)):
        @classmethod
        async def get_async_consumer(cls, group_id: Any = None, settings: Any = None) -> Any:
            loops.append(asyncio.get_running_loop())
            return await super().get_async_consumer(group_id, settings)

    Hooked.produce_many([Hooked(id="a"), Hooked(id="b")])

    async def scenario() -> Any:
        found = await Hooked.aconsume_one(timeout=PATIENCE)
        await Hooked.acommit()
        return found, asyncio.get_running_loop()

    (first, loop), (second, _) = play(scenario), play(scenario)
    assert (first, second) == (Hooked(id="a"), Hooked(id="b"))
    assert loops == [loop]


def test_a_hook_that_gives_another_kind_of_client_is_refused(face, base, topic):
    class Hooked(an_event(base, topic)):
        @classmethod
        def get_consumer(cls, group_id: Any = None, settings: Any = None) -> Any:
            return object()

    async def scenario() -> Any:
        await face.one(Hooked)

    with pytest.raises(UsageError, match="a hook of `Hooked` gave a `object`"):
        play(scenario)


def test_raw_avro_is_read_by_the_schema_of_the_class(face, base, topic):
    UserEvent = an_event(base, topic, confluent_wire_format=False)
    events = [UserEvent(id="", n=0), UserEvent(id="a", n=1)]
    UserEvent.produce_many(events)

    async def scenario() -> list[Any]:
        return list(await face.batch(UserEvent, 2, timeout=PATIENCE))

    found = play(scenario)
    assert found == events
    assert [event.meta.schema_id for event in found] == [None, None]


def test_json_values_go_both_ways(face, base, topic):
    UserEvent = an_event(base, topic, value_serializer="json", key_serializer="json")
    UserEvent(id="a", n=1).produce()

    async def scenario() -> Any:
        return await face.one(UserEvent, timeout=PATIENCE)

    found = play(scenario)
    assert (found, found.meta.key) == (UserEvent(id="a", n=1), "a")
