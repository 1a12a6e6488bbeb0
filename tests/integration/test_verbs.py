"""Every verb of a model, over both faces: what goes in comes out, and is done when it says so."""

import asyncio
import inspect
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer
from pydantic import field_validator

from flowodm import FlowBaseModel, connect
from flowodm.config import Context
from flowodm.config.context import RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.errors import (
    ChangeRefused,
    DeliveryError,
    DeliveryTimeout,
    DeserializationError,
    RegistryUnreachable,
    SettingsError,
    TopicNotFound,
)
from flowodm.model import Tombstone
from flowodm.producer import Delivery
from flowodm.record import Undecodable
from flowodm.settings import BaseSettings, RealTimeSettings
from tests.faces import FACES, Face, play
from tests.raw_produce import RawRecord, produce_raw
from tests.servers import wait_until

pytestmark = pytest.mark.integration

VERBS = {
    "produce",
    "produce_many",
    "produce_tombstone",
    "consume_one",
    "consume_iter",
    "consume_batch",
    "commit",
    "register_schema",
    "get_producer",
    "get_consumer",
}
"""What waits for a cluster, and so has two forms."""


@pytest.fixture(scope="module")
def connection(kafka: str, registry_url: str) -> Iterator[KafkaConnection]:
    with connect(bootstrap_servers=kafka, schema_registry_url=registry_url) as made:
        yield made


@pytest.fixture
def make_model(connection: KafkaConnection, make_topic: Callable[..., str]) -> Callable[..., Any]:
    """Make a model of a new topic and a new group."""

    def make(partitions: int = 1, base: type = FlowBaseModel, **settings: Any) -> Any:
        name = settings.pop("topic", None) or make_topic(partitions)
        wait_until(lambda: name in connection.metadata().topics or "missing" in name)
        given = {"topic": name, "consumer_group": f"{name}-group", "key_field": "id"} | settings
        given = {setting: value for setting, value in given.items() if value is not None}

        class Event(base):
            class Settings:
                locals().update(given)

            id: str
            number: int
            note: str | None = None

            @field_validator("number")
            @classmethod
            def _refuse_minus_thirteen(cls, value: int) -> int:
                if value == -13:
                    raise ValueError("thirteen")
                return value

        return Event

    return make


@pytest.fixture
def event(make_model: Callable[..., Any]) -> Any:
    return make_model()


@pytest.fixture(params=FACES, ids=lambda face: face.name)
def face(request: pytest.FixtureRequest) -> Face:
    return request.param


@pytest.fixture
def committed(admin: Any) -> Callable[[Any], dict[int, int]]:
    def find(model: Any) -> dict[int, int]:
        asked = ConsumerGroupTopicPartitions(model.Settings.consumer_group)
        (answer,) = admin.list_consumer_group_offsets([asked]).values()
        return {one.partition: one.offset for one in answer.result(timeout=15).topic_partitions}

    return find


def some(model: Any, count: int, begin: int = 0) -> list[Any]:
    return [model(id=f"id-{number}", number=number) for number in range(begin, begin + count)]


def numbers(records: list[Any]) -> list[int]:
    return [record.number for record in records]


def write_raw(kafka: str, topic: str, *values: bytes | None) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    for value in values:
        producer.produce(topic, value, b"key")
    assert producer.flush(20) == 0


def test_every_verb_has_both_forms_with_the_same_arguments() -> None:
    asynchronous = {
        name[1:] if not name.startswith("get_") else name.replace("get_async_", "get_")
        for name in dir(FlowBaseModel)
        if name.startswith("get_async_")
        or (name[0] == "a" and hasattr(FlowBaseModel, name[1:]) and not name.startswith("_"))
    }
    assert asynchronous == VERBS
    for verb in VERBS:
        other = verb.replace("get_", "get_async_") if verb.startswith("get_") else f"a{verb}"
        one, two = getattr(FlowBaseModel, verb), getattr(FlowBaseModel, other)
        assert list(inspect.signature(one).parameters) == list(inspect.signature(two).parameters)
        assert [p.default for p in inspect.signature(one).parameters.values()] == [
            p.default for p in inspect.signature(two).parameters.values()
        ]
        is_awaited = inspect.iscoroutinefunction(two)
        assert is_awaited == (verb != "consume_iter")  # which is iterated, not awaited


def test_what_is_produced_is_consumed_with_all_that_came_with_it(event: Any, face: Face) -> None:
    async def scenario() -> None:
        moment = datetime.now(UTC).replace(microsecond=789_000)  # older ones may go at once
        sent = event(id="a", number=1, note="n")
        delivery = await face.call(
            sent,
            "produce",
            headers=[("h", "x"), ("h", b"\xff"), ("none", None)],
            partition=0,
            timestamp=moment,
        )
        assert isinstance(delivery, Delivery)
        assert (delivery.topic, delivery.partition, delivery.offset) == (event.Settings.topic, 0, 0)
        found = await face.one(event, 10)
        assert found == sent
        assert type(found) is event
        assert (found.meta.topic, found.meta.partition, found.meta.offset) == (delivery.topic, 0, 0)
        assert found.meta.timestamp == moment
        assert found.meta.key == "a"
        assert found.meta.headers == (("h", b"x"), ("h", b"\xff"), ("none", None))
        assert found.meta.schema_id == await face.call(event, "register_schema")

    play(scenario)


def test_a_key_of_the_call_goes_before_the_key_field(event: Any, face: Face) -> None:
    async def scenario() -> None:
        await face.call(event(id="a", number=1), "produce", key="b")
        assert (await face.one(event, 10)).meta.key == "b"

    play(scenario)


def test_many_are_delivered_in_their_order(event: Any, face: Face) -> None:
    async def scenario() -> None:
        deliveries = await face.call(event, "produce_many", some(event, 300))
        assert [one.offset for one in deliveries] == list(range(300))
        assert numbers(await face.batch(event, 300, 20)) == list(range(300))

    play(scenario)


def test_many_without_waiting_arrive_all_the_same(event: Any, face: Face) -> None:
    async def scenario() -> None:
        assert await face.call(event, "produce_many", some(event, 20), flush=False) == []
        assert numbers(await face.batch(event, 20, 20)) == list(range(20))

    play(scenario)


def test_one_that_cannot_be_written_is_named_among_many_and_the_others_arrive(
    event: Any, face: Face
) -> None:
    async def scenario() -> None:
        messages = some(event, 3)
        messages[1].number = 2**63
        with pytest.raises(DeliveryError, match="1 of 3") as raised:
            await face.call(event, "produce_many", messages)
        kinds = [isinstance(one, Delivery) for one in raised.value.outcomes]
        assert kinds == [True, False, True]
        assert numbers(await face.batch(event, 5, 2)) == [0, 2]

    play(scenario)


def test_nowait_tells_the_callback_once(event: Any) -> None:
    outcomes: list[Any] = []
    for one in some(event, 3):
        one.produce_nowait(outcomes.append)
    wait_until(lambda: len(outcomes) == 3, seconds=30)
    assert [one.offset for one in outcomes] == [0, 1, 2]
    assert numbers(event.consume_batch(3, 10)) == [0, 1, 2]


def test_a_tombstone_is_written_read_and_done_like_a_record(
    event: Any, face: Face, committed: Callable[[Any], dict[int, int]]
) -> None:
    async def scenario() -> None:
        await face.call(event(id="a", number=1), "produce")
        delivery = await face.call(event, "produce_tombstone", "a", headers={"why": "gone"})
        assert delivery.offset == 1
        first, second = await face.batch(event, 2, 10)
        assert first.number == 1
        assert isinstance(second, Tombstone)
        assert (second.model, second.key, second.meta.offset) == (event, "a", 1)
        assert second.meta.headers == (("why", b"gone"),)
        await face.commit(event)
        assert committed(event) == {0: 2}

    play(scenario)


def test_one_after_the_other_until_nothing_arrives(
    event: Any, face: Face, committed: Callable[[Any], dict[int, int]]
) -> None:
    async def scenario() -> None:
        await face.call(event, "produce_many", some(event, 3))
        found = [await face.one(event, 10) for _ in range(3)]
        assert numbers(found) == [0, 1, 2]
        assert await face.one(event, 0.2) is None
        await face.commit(event)
        assert committed(event) == {0: 3}

    play(scenario)


def test_break_is_done_and_an_exception_comes_again(
    event: Any, face: Face, committed: Callable[[Any], dict[int, int]]
) -> None:
    async def scenario() -> None:
        await face.call(event, "produce_many", some(event, 6))
        async with face.iterate(event) as records:
            async for record in records:
                if record.number == 2:
                    break
        await face.commit(event)
        assert committed(event) == {0: 3}
        try:
            async with face.iterate(event) as records:
                async for record in records:
                    1 / (record.number - 4)
        except ZeroDivisionError:
            pass
        await face.commit(event)
        assert committed(event) == {0: 4}
        async for record in face.iterate(event, max_messages=1):
            assert record.number == 4

    play(scenario)


def test_the_position_outlives_the_connection(
    event: Any, face: Face, kafka: str, registry_url: str, connection: KafkaConnection
) -> None:
    async def scenario() -> None:
        await face.call(event, "produce_many", some(event, 6))
        async with face.iterate(event, max_messages=2) as records:
            assert [record.number async for record in records] == [0, 1]
        await asyncio.to_thread(connection.close)  # it commits what is stored
        async with face.iterate(event, stop_when_idle=True) as records:
            assert [record.number async for record in records] == [2, 3, 4, 5]

    play(scenario)


def test_a_batch_is_done_by_ack(
    event: Any, face: Face, committed: Callable[[Any], dict[int, int]]
) -> None:
    async def scenario() -> None:
        await face.call(event, "produce_many", some(event, 5))
        batch = await face.batch(event, 3, 10)
        batch.ack()
        assert numbers(batch) == [0, 1, 2]
        assert numbers(await face.batch(event, 10, 1)) == [3, 4]
        wait_until(lambda: committed(event) == {0: 3}, seconds=30)

    play(scenario)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"", "it is empty"),
        (b"{}", "starts with byte 0x7b"),
        (b"\0\0\0\0\0\x02x", "no schema"),
        (b"\0\x7f\xff\xff\xff\x02x", "2147483647"),
    ],
)
def test_bytes_that_are_no_record_are_raised_and_stayed_on(
    event: Any, face: Face, kafka: str, value: bytes, says: str
) -> None:
    async def scenario() -> None:
        write_raw(kafka, event.Settings.topic, value)
        await face.call(event(id="a", number=7), "produce")
        for _ in range(2):
            with pytest.raises(DeserializationError, match=says) as raised:
                await face.one(event, 10)
            assert f"`{event.Settings.topic}`, partition 0, offset 0" in raised.value.message
            assert "on_error" in (raised.value.hint or "")
        bad, good = await face.batch(event, 2, 10, on_error="yield")
        assert isinstance(bad, Undecodable)
        assert bad.raw == value
        assert bad.meta is not None
        assert (bad.meta.offset, bad.meta.key) == (0, "key")
        assert good.number == 7

    play(scenario)


def test_what_fails_validation_names_the_field_and_keeps_the_value_secret(
    event: Any, face: Face
) -> None:
    class Writer(FlowBaseModel):
        class Settings:
            topic = event.Settings.topic

        id: str
        number: int
        note: str | None = None

    Writer.__name__ = "Event"

    async def scenario() -> None:
        await face.call(Writer(id="hidden", number=-13), "produce")
        with pytest.raises(DeserializationError, match=r"`Event\.number`: .*thirteen") as raised:
            await anext(face.iterate(event, 10))
        assert raised.value.path == "number"
        assert "hidden" not in str(raised.value)
        async for bad in face.iterate(event, 10, on_error="yield", max_messages=1):
            assert isinstance(bad, Undecodable)
            assert bad.schema_id == raised.value.schema_id

    play(scenario)


def test_header_names_that_are_no_text_do_not_stop_the_stream(
    event: Any, face: Face, kafka: str
) -> None:
    """Nor crash: CPython runs code that has run a hundred times without some of its checks."""
    now = int(time.time() * 1000)  # what is older than the topic keeps may go at any moment
    usual = [RawRecord(b"k", b"\0bad", [(b"name", b"v")], now)] * 100
    strange = [RawRecord(b"k", b"\0bad", [(b"\xff\xfe", b"v")], now)] * 2
    produce_raw(kafka, event.Settings.topic, usual + strange)

    async def scenario() -> None:
        await face.call(event(id="a", number=7), "produce")
        values = list(await face.batch(event, 103, 10, on_error="yield"))
        assert all(isinstance(value, Undecodable) for value in values[:-1])
        assert [len(value.meta.headers) for value in values[99:102]] == [1, 0, 0]
        assert values[-1].number == 7

    play(scenario)


def test_a_registry_that_is_down_is_an_outage_and_moves_nothing(
    event: Any, face: Face, kafka: str, committed: Callable[[Any], dict[int, int]]
) -> None:
    context = Context(
        name="lost",
        source="test",
        bootstrap_servers=kafka,
        schema_registry=RegistryConfig(url="http://127.0.0.1:9"),
    )

    class Lost(event):
        connection: ClassVar[KafkaConnection] = KafkaConnection(context)

        @classmethod
        def get_connection(cls) -> KafkaConnection:
            return cls.connection

    async def scenario() -> None:
        await face.call(event(id="a", number=7), "produce")
        for _ in range(2):
            with pytest.raises(RegistryUnreachable):
                await face.one(Lost, 10)
        with pytest.raises(RegistryUnreachable):
            await anext(face.iterate(Lost, on_error="yield"))
        with pytest.raises(RegistryUnreachable):
            await face.call(Lost(id="a", number=7), "produce")
        await face.commit(Lost)
        assert committed(event) == {}

    with Lost.connection:
        play(scenario)


def test_a_topic_that_is_not_there_is_named_within_five_seconds(
    make_model: Callable[..., Any], face: Face
) -> None:
    event = make_model(topic=f"missing-{uuid.uuid4().hex[:8]}")

    async def scenario() -> None:
        for call in (
            lambda: face.one(event),
            lambda: face.batch(event, 3),
            lambda: anext(face.iterate(event)),
            lambda: face.call(event(id="a", number=1), "produce"),
            lambda: face.call(event, "produce_many", some(event, 2)),
            lambda: face.call(event, "produce_tombstone", "a"),
        ):
            with pytest.raises(TopicNotFound, match=event.Settings.topic):
                await asyncio.wait_for(call(), 5)

    play(scenario)


def test_a_read_only_context_refuses_to_consume_and_to_produce(
    event: Any, face: Face, kafka: str, registry_url: str
) -> None:
    context = Context(
        name="careful",
        source="test",
        bootstrap_servers=kafka,
        schema_registry=RegistryConfig(url=registry_url),
        read_only=True,
    )

    class Careful(event):
        connection: ClassVar[KafkaConnection] = KafkaConnection(context)

        @classmethod
        def get_connection(cls) -> KafkaConnection:
            return cls.connection

    async def scenario() -> None:
        for call in (
            lambda: face.one(Careful),
            lambda: face.batch(Careful, 3),
            lambda: anext(face.iterate(Careful)),
            lambda: face.call(Careful(id="a", number=1), "produce"),
            lambda: face.call(Careful, "produce_tombstone", "a"),
        ):
            with pytest.raises(ChangeRefused, match="careful"):
                await call()

    with Careful.connection:
        play(scenario)


def test_a_group_is_needed_and_may_be_given_by_the_call(
    make_model: Callable[..., Any], face: Face
) -> None:
    event = make_model(consumer_group=None)

    async def scenario() -> None:
        await face.call(event(id="a", number=7), "produce")
        with pytest.raises(SettingsError, match="consumer group"):
            await face.one(event)
        for group in ("one", "two"):
            name = f"{event.Settings.topic}-{group}"
            assert (await face.one(event, 10, group_id=name)).number == 7

    play(scenario)


def test_another_profile_takes_over_and_loses_nothing(event: Any, face: Face) -> None:
    async def scenario() -> None:
        await face.call(event, "produce_many", some(event, 4))
        assert (await face.one(event, 10)).number == 0
        assert (await face.one(event, 10)).number == 1
        assert (await face.one(event, 10, settings=RealTimeSettings)).number == 1
        assert (await face.one(event, 10)).number == 2
        profile = BaseSettings(max_poll_records=1)
        assert numbers(await face.batch(event, 2, 10, settings=profile)) == [2, 3]

    play(scenario)


def test_a_hook_gives_the_consumer(event: Any, face: Face, kafka: str) -> None:
    made: list[tuple[str, Any, Any]] = []

    def consumer(hook: str, group_id: Any, settings: Any) -> Consumer:
        made.append((hook, group_id, settings))
        group = f"{event.Settings.topic}-hooked"
        return Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": group,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "latest" if group_id == "late" else "earliest",
            }
        )

    class Hooked(event):
        @classmethod
        def get_consumer(cls, group_id: Any = None, settings: Any = None) -> Consumer:
            return consumer("get_consumer", group_id, settings)

    class AsyncHooked(event):
        @classmethod
        async def get_async_consumer(cls, group_id: Any = None, settings: Any = None) -> Consumer:
            await asyncio.sleep(0)
            return consumer("get_async_consumer", group_id, settings)

    Hooked.__name__ = AsyncHooked.__name__ = "Event"
    model, hook = {"sync": (Hooked, "get_consumer"), "async": (AsyncHooked, "get_async_consumer")}[
        face.name
    ]

    async def scenario() -> None:
        await face.call(event, "produce_many", some(event, 2))
        assert [(await face.one(model, 10)).number for _ in range(2)] == [0, 1]
        assert made == [(hook, None, None)]

    play(scenario)


def test_a_hook_gives_the_producer(event: Any, face: Face, kafka: str) -> None:
    made: list[str] = []
    client = Producer({"bootstrap.servers": kafka, "client.id": "own"})

    class Hooked(event):
        @classmethod
        def get_producer(cls) -> Producer:
            made.append("get_producer")
            return client

    class AsyncHooked(event):
        @classmethod
        async def get_async_producer(cls) -> Producer:
            made.append("get_async_producer")
            return client

    model, hook = {"sync": (Hooked, "get_producer"), "async": (AsyncHooked, "get_async_producer")}[
        face.name
    ]

    async def scenario() -> None:
        delivery = await face.call(model(id="a", number=1), "produce")
        assert delivery.offset == 0
        assert set(made) == {hook}

    play(scenario)


def test_a_delivery_has_its_own_time(make_model: Callable[..., Any], face: Face) -> None:
    event = make_model()

    async def scenario() -> None:
        await face.call(event(id="a", number=0), "produce")
        with pytest.raises(DeliveryTimeout) as raised:
            await face.call(event(id="a", number=1), "produce", timeout=0.0)
        assert raised.value.may_be_delivered
        await face.call(event(id="a", number=2), "produce")
        found = numbers(await face.batch(event, 3, 5))
        assert found in ([0, 1, 2], [0, 2])

    play(scenario)


def test_records_of_one_key_keep_their_order_over_partitions_and_threads(
    make_model: Callable[..., Any],
) -> None:
    event = make_model(partitions=4)

    def write(thread: int) -> None:
        for number in range(50):
            event(id=f"id-{thread}", number=number).produce_nowait()

    threads = [threading.Thread(target=write, args=(one,)) for one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = event.consume_batch(400, 30)
    assert len(found) == 400
    for thread in range(8):
        mine = [record.number for record in found if record.id == f"id-{thread}"]
        assert mine == list(range(50))
