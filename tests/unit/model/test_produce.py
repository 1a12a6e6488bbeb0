"""The verbs that produce, both forms, on librdkafka's mock cluster."""

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar

import confluent_kafka
import pytest

from flowodm.connection import KafkaConnection
from flowodm.errors import (
    ChangeRefused,
    DeliveryError,
    DeliveryTimeout,
    RegistryUnreachable,
    SerializationError,
    TopicNotFound,
    UsageError,
)
from flowodm.model import FlowBaseModel
from flowodm.producer import Delivery
from flowodm.sandbox.registry import RegistryServer
from flowodm.settings import RealTimeSettings
from tests.mock_cluster import MockCluster, Silent
from tests.models import based_on

pytestmark = pytest.mark.unit


def awaited(twin: str) -> Callable[..., Any]:
    async def run(target: Any, *arguments: Any, **options: Any) -> Any:
        return await getattr(target, twin)(*arguments, **options)

    return lambda *arguments, **options: asyncio.run(run(*arguments, **options))


@pytest.fixture(params=["sync", "async"])
def verb(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Call a verb by its name, in one form and in the other."""

    def call(name: str, target: Any, *arguments: Any, **options: Any) -> Any:
        if request.param == "sync":
            return getattr(target, name)(*arguments, **options)
        return awaited(f"a{name}")(target, *arguments, **options)

    return call


def an_event(base: Any, **said: Any) -> Any:
    class UserEvent(base):
        Settings: ClassVar = type(
            "Settings", (), {"topic": "user-events", "key_field": "id", **said}
        )

        id: str
        n: int = 0

    return UserEvent


@pytest.fixture
def records(cluster: MockCluster) -> Iterator[Callable[[int], list[Any]]]:
    """Read so many records that are written from now on, in the order of their writing."""
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "group.id": uuid.uuid4().hex,
            "auto.offset.reset": "latest",
        },
        logger=Silent(),
    )
    partitions = consumer.list_topics("user-events", timeout=10).topics["user-events"].partitions
    ends = [
        confluent_kafka.TopicPartition("user-events", number, _end(consumer, number))
        for number in partitions
    ]
    consumer.assign(ends)

    def read(count: int) -> list[Any]:
        found: list[Any] = []
        until = time.monotonic() + 30
        while len(found) < count and time.monotonic() < until:
            if (message := consumer.poll(0.2)) is not None:
                assert message.error() is None, message.error()
                found.append(message)
        assert len(found) == count
        return found

    yield read
    consumer.close()


def _end(consumer: Any, partition: int) -> int:
    _, high = consumer.get_watermark_offsets(
        confluent_kafka.TopicPartition("user-events", partition), timeout=10
    )
    return int(high)


def test_produce_returns_where_the_record_is(verb, cluster_base, records):
    UserEvent = an_event(cluster_base)
    event = UserEvent(id="a", n=3)
    delivery = verb("produce", event)
    (message,) = records(1)
    assert type(delivery) is Delivery
    assert delivery[:3] == (message.topic(), message.partition(), message.offset())
    assert (message.key(), message.value()) == (b"a", event.to_bytes())


def test_a_record_carries_what_it_is_given(verb, cluster_base, records):
    event = an_event(cluster_base)(id="a")
    at = datetime(2024, 2, 29, 12, 0, 0, 123_900, tzinfo=timezone(timedelta(hours=2)))
    headers = {"text": "é", "bytes": b"\xff", "none": None}
    delivery = verb("produce", event, key="k", headers=headers, partition=2, timestamp=at)
    (message,) = records(1)
    assert (message.key(), delivery.partition) == (b"k", 2)
    assert message.headers() == [("text", "é".encode()), ("bytes", b"\xff"), ("none", None)]
    assert message.timestamp()[1] == 1_709_200_800_123


def test_headers_may_repeat_a_name(verb, cluster_base, records):
    verb("produce", an_event(cluster_base)(id="a"), headers=[("x", "1"), ("x", "2")])
    assert records(1)[0].headers() == [("x", b"1"), ("x", b"2")]


def test_a_naive_timestamp_is_refused(verb, cluster_base):
    event = an_event(cluster_base)(id="a")
    with pytest.raises(UsageError, match="names no moment"):
        verb("produce", event, timestamp=datetime(2024, 1, 1))


def test_many_are_delivered_in_their_order(verb, cluster_base, records):
    UserEvent = an_event(cluster_base)
    deliveries = verb("produce_many", UserEvent, (UserEvent(id="a", n=n) for n in range(50)))
    assert [UserEvent.from_bytes(one.value()).n for one in records(50)] == list(range(50))
    assert [type(delivery) for delivery in deliveries] == [Delivery] * 50
    offsets = [delivery.offset for delivery in deliveries]
    assert offsets == list(range(offsets[0], offsets[0] + 50))


def test_of_no_messages_there_are_no_deliveries(verb, cluster_base):
    assert verb("produce_many", an_event(cluster_base), []) == []


def test_many_need_not_be_waited_for(verb, cluster_base, records):
    UserEvent = an_event(cluster_base)
    assert verb("produce_many", UserEvent, [UserEvent(id="a"), UserEvent(id="b")], False) == []
    assert {message.key() for message in records(2)} == {b"a", b"b"}


def test_one_that_cannot_be_written_does_not_hold_up_the_others(verb, cluster_base, records):
    UserEvent = an_event(cluster_base)
    bad = UserEvent.model_construct(id="x", n=2**63)
    messages = [UserEvent(id="a"), bad, UserEvent(id="b"), bad]
    with pytest.raises(DeliveryError, match="2 of 4 `UserEvent` were not delivered") as caught:
        verb("produce_many", UserEvent, messages)
    assert "at `n`" in caught.value.message
    kinds = [type(outcome) for outcome in caught.value.outcomes]
    assert kinds == [Delivery, SerializationError, Delivery, SerializationError]
    assert {message.key() for message in records(2)} == {b"a", b"b"}


def test_an_instance_of_another_class_is_refused(verb, cluster_base):
    UserEvent, Other = an_event(cluster_base), an_event(cluster_base)
    with pytest.raises(UsageError, match="number 1 is a `UserEvent`"):
        verb("produce_many", UserEvent, [UserEvent(id="a"), Other(id="b")])


def test_a_tombstone_has_a_key_and_no_value(verb, cluster_base, records):
    UserEvent = an_event(cluster_base)
    delivery = verb("produce_tombstone", UserEvent, "a", headers={"why": "gdpr"})
    (message,) = records(1)
    assert (message.key(), message.value()) == (b"a", None)
    assert (delivery.offset, message.headers()) == (message.offset(), [("why", b"gdpr")])


def test_a_tombstone_without_a_key_would_delete_nothing(verb, cluster_base):
    with pytest.raises(UsageError, match="needs a key"):
        verb("produce_tombstone", an_event(cluster_base), None)


def test_what_does_not_fit_is_named_before_anything_is_sent(verb, cluster_base):
    bad = an_event(cluster_base).model_construct(id="x", n="three")
    with pytest.raises(SerializationError, match=r"`UserEvent` cannot be written: .* at `n`"):
        verb("produce", bad)


def test_a_topic_that_is_not_there_is_named_and_nothing_is_registered(
    verb, cluster: MockCluster, registry_server: RegistryServer
):
    with cluster.connection(schema_registry={"url": registry_server.url}) as connection:
        gone = f"gone-{uuid.uuid4().hex[:8]}"
        event = an_event(based_on(connection), topic=gone)(id="a")
        if gone in connection.metadata().topics:  # the mock creates what it is asked for
            pytest.fail("the question created the topic")
        with pytest.raises(TopicNotFound, match=f"topic `{gone}` does not exist"):
            verb("produce", event)
        assert f"{gone}-value" not in connection.schema_registry().subjects()


def test_a_registry_that_is_down_is_an_outage(verb, cluster: MockCluster):
    with RegistryServer(port=0) as server:
        url = server.url
    with cluster.connection(schema_registry={"url": url}) as connection:
        event = an_event(based_on(connection))(id="a")
        with pytest.raises(RegistryUnreachable):
            verb("produce", event)


def test_a_read_only_context_refuses_a_record_and_asks_nobody(verb, cluster: MockCluster):
    settings = {"read_only": True, "schema_registry": {"url": "http://127.0.0.1:1"}}
    with cluster.connection(**settings) as connection:
        event = an_event(based_on(connection))(id="a")
        with pytest.raises(ChangeRefused, match="read-only; `produce` was not tried"):
            verb("produce", event)


def test_a_timeout_is_the_callers_own(verb, registry_server: RegistryServer):
    cluster = MockCluster.start("user-events")
    settings = {"schema_registry": {"url": registry_server.url}}
    settings["producer"] = {"message.timeout.ms": "2000"}  # what closing waits for at most
    with cluster.connection(**settings) as connection:
        event = an_event(based_on(connection))(id="a")
        event.produce()
        cluster.end()
        with pytest.raises(DeliveryTimeout, match=r"0\.2 s") as caught:
            verb("produce", event, timeout=0.2)
        assert caught.value.may_be_delivered


def test_nowait_tells_its_callback_what_became_of_it(cluster_base):
    told: list[Any] = []
    heard = threading.Event()

    def callback(outcome: Any) -> None:
        told.append(outcome)
        heard.set()

    an_event(cluster_base)(id="a").produce_nowait(callback)
    assert heard.wait(30)
    assert [type(outcome) for outcome in told] == [Delivery]


def test_nowait_takes_what_produce_takes(cluster_base, records):
    an_event(cluster_base)(id="a").produce_nowait(key="k", headers={"x": "1"}, partition=1)
    (message,) = records(1)
    assert (message.key(), message.headers(), message.partition()) == (b"k", [("x", b"1")], 1)


def test_nowait_without_a_callback_logs_a_failure(
    cluster: MockCluster, registry_server: RegistryServer, caplog: pytest.LogCaptureFixture
):
    settings = {"schema_registry": {"url": registry_server.url}}
    settings["producer"] = {"message.timeout.ms": "1", "linger.ms": "0"}
    with cluster.connection(**settings) as connection:
        UserEvent = an_event(based_on(connection))
        with caplog.at_level(logging.ERROR, "flowodm"):
            until = time.monotonic() + 30
            while not caplog.records and time.monotonic() < until:
                for n in range(200):
                    UserEvent(id="a", n=n).produce_nowait()
                connection.close()
    assert any("deliver" in record.getMessage() for record in caplog.records)


def test_first_use_in_a_coroutine_leaves_the_loop_free(
    cluster: MockCluster, registry_server: RegistryServer, monkeypatch: pytest.MonkeyPatch
):
    """What asks, asks in another thread than the loop's."""
    from flowodm.registry import SchemaRegistry

    threads: list[int] = []
    asked = SchemaRegistry.register

    def register(self: Any, *arguments: Any, **options: Any) -> Any:
        threads.append(threading.get_ident())
        return asked(self, *arguments, **options)

    monkeypatch.setattr(SchemaRegistry, "register", register)
    with cluster.connection(schema_registry={"url": registry_server.url}) as connection:
        awaited("aproduce")(an_event(based_on(connection))(id="a"))
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


def test_a_hundred_tasks_wait_for_one_answer(
    cluster: MockCluster, registry_server: RegistryServer, monkeypatch: pytest.MonkeyPatch
):
    threads: list[Callable[..., Any]] = []
    to_thread = asyncio.to_thread

    async def counted(function: Callable[..., Any], *arguments: Any) -> Any:
        threads.append(function)
        return await to_thread(function, *arguments)

    monkeypatch.setattr(asyncio, "to_thread", counted)
    with cluster.connection(schema_registry={"url": registry_server.url}) as connection:
        UserEvent = an_event(based_on(connection))

        async def many() -> list[Delivery]:
            events = [UserEvent(id="a", n=n) for n in range(100)]
            return await asyncio.gather(*(event.aproduce() for event in events))

        deliveries = asyncio.run(many())
    assert len(deliveries) == 100
    assert len(threads) == 1


def test_a_failure_reaches_every_task_that_waits_and_is_not_kept(
    cluster: MockCluster, tmp_path: Path
):
    with (
        RegistryServer(tmp_path / "state", port=0) as server,
        cluster.connection(schema_registry={"url": server.url}) as connection,
    ):
        event = an_event(based_on(connection))(id="a")
        server.stop()

        async def three() -> list[Any]:
            tasks = [asyncio.ensure_future(event.aproduce()) for _ in range(3)]
            return await asyncio.gather(*tasks, return_exceptions=True)

        outcomes = asyncio.run(three())
        assert [type(outcome) for outcome in outcomes] == [RegistryUnreachable] * 3
        server.start()
        assert type(awaited("aproduce")(event)) is Delivery


def test_a_profile_is_in_force(cluster: MockCluster, registry_server: RegistryServer):
    with cluster.connection(schema_registry={"url": registry_server.url}) as connection:
        base = based_on(connection)
        plain = an_event(base)
        quick = an_event(base, profile=RealTimeSettings)
        assert plain.get_producer() is plain.get_producer()
        assert plain.get_producer() is not quick.get_producer()


def counting_client(cluster: MockCluster) -> tuple[Any, list[str]]:
    """A user's own client, and the topics of what it is given to send."""
    sent: list[str] = []

    class Counting(confluent_kafka.Producer):
        def produce(self, topic: str, *arguments: Any, **options: Any) -> None:
            sent.append(topic)
            super().produce(topic, *arguments, **options)

    return Counting({"bootstrap.servers": cluster.bootstrap_servers}, logger=Silent()), sent


def test_a_hook_of_the_users_own_is_what_every_verb_sends_with(cluster, cluster_base):
    own, sent = counting_client(cluster)

    class Hooked(an_event(cluster_base)):
        @classmethod
        def get_producer(cls) -> Any:
            return own

    event = Hooked(id="a")
    event.produce()
    event.produce_nowait()
    Hooked.produce_many([event])
    Hooked.produce_tombstone("a")

    async def twins() -> None:
        await event.aproduce()
        await Hooked.aproduce_many([event])
        await Hooked.aproduce_tombstone("a")

    asyncio.run(twins())
    assert sent == ["user-events"] * 7


def test_an_async_hook_is_for_the_async_verbs_alone(cluster, cluster_base):
    own, sent = counting_client(cluster)

    class Hooked(an_event(cluster_base)):
        @classmethod
        async def get_async_producer(cls) -> Any:
            return own

    event = Hooked(id="a")
    event.produce()
    assert sent == []
    awaited("aproduce")(event)
    assert sent == ["user-events"]


@pytest.mark.parametrize("hook", ["get_producer", "get_async_producer"])
def test_a_hook_that_gives_another_kind_of_client_is_refused(cluster_base, hook: str):
    """`AIOProducer.produce` is a coroutine: what it is given would be lost in silence."""

    class Hooked(an_event(cluster_base)):
        @classmethod
        async def get_async_producer(cls) -> Any:
            return object() if hook == "get_async_producer" else cls.get_producer()

        @classmethod
        def get_producer(cls) -> Any:
            return object()

    with pytest.raises(UsageError, match="a hook of `Hooked` gave a `object`") as caught:
        awaited("aproduce")(Hooked(id="a"))
    assert caught.value.hint is not None
    assert "`confluent_kafka.Producer`" in caught.value.hint


def test_two_connections_do_not_mix(cluster: MockCluster, registry_server: RegistryServer):
    """The hook decides at each call, as one does that goes by the tenant."""
    settings = {"schema_registry": {"url": registry_server.url}}
    with cluster.connection(**settings) as one, cluster.connection(**settings) as two:
        turns: list[KafkaConnection] = []

        class Base(FlowBaseModel, abstract=True):
            @classmethod
            def get_connection(cls) -> KafkaConnection:
                return turns[-1]

        UserEvent = an_event(Base)
        clients = []
        for connection in (one, two, one, two):
            turns.append(connection)
            UserEvent(id="a").produce()
            clients.append(UserEvent.get_producer())
        assert clients[0] is clients[2]
        assert clients[1] is clients[3]
        assert clients[0] is not clients[1]


def test_sixteen_threads_share_one_client_and_register_once(
    cluster: MockCluster, registry_server: RegistryServer, monkeypatch: pytest.MonkeyPatch
):
    from flowodm.registry import SchemaRegistry

    calls: list[None] = []
    asked = SchemaRegistry.register

    def register(self: Any, *arguments: Any, **options: Any) -> Any:
        calls.append(None)
        return asked(self, *arguments, **options)

    monkeypatch.setattr(SchemaRegistry, "register", register)
    with cluster.connection(schema_registry={"url": registry_server.url}) as connection:
        UserEvent = an_event(based_on(connection))
        clients: list[int] = []
        barrier = threading.Barrier(16)

        def work() -> None:
            barrier.wait(30)
            UserEvent(id="a").produce()
            clients.append(id(UserEvent.get_producer()))

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(clients) == 16
        assert len(set(clients)) == 1
        assert len(calls) == 1


def test_after_the_connection_was_closed_everything_is_made_anew(cluster_base, records):
    UserEvent = an_event(cluster_base)
    UserEvent(id="a").produce()
    before = UserEvent.get_producer()
    cluster_base.get_connection().close()
    UserEvent(id="b").produce()
    assert UserEvent.get_producer() is not before
    assert {message.key() for message in records(2)} == {b"a", b"b"}


@pytest.mark.parametrize(
    "headers", [{"a": 1}, {1: "a"}, "abc", b"abc", 5, [("a",)], [("a", "b", "c")]]
)
def test_headers_that_are_none_are_refused_with_the_cure(verb, cluster_base, headers):
    with pytest.raises(UsageError, match="header") as caught:
        verb("produce", an_event(cluster_base)(id="a"), headers=headers)
    assert "by name" in caught.value.hint


@pytest.mark.parametrize("options", [{"partition": "0"}, {"timestamp": 1.5}, {"timeout": None}])
def test_arguments_of_a_wrong_type_are_refused_with_the_cure(verb, cluster_base, options):
    with pytest.raises(UsageError) as caught:
        verb("produce", an_event(cluster_base)(id="a"), **options)
    assert caught.value.hint.startswith("give ")


def test_a_callback_that_cannot_be_called_is_refused_at_once(cluster_base):
    with pytest.raises(UsageError, match="the callback is a `str`"):
        an_event(cluster_base)(id="a").produce_nowait("callback")


def test_json_that_cannot_hold_a_field_names_it(verb, cluster_base):
    class Blob(cluster_base):
        class Settings:
            topic = "user-events"
            value_serializer = "json"

        name: str
        body: bytes

    with pytest.raises(SerializationError, match="`Blob` cannot be written") as caught:
        verb("produce", Blob(name="a", body=b"\xff"))
    assert caught.value.path == "body"
    assert "ser_json_bytes='base64'" in caught.value.hint


def test_handing_many_over_never_holds_up_the_loop(
    cluster: MockCluster, registry_server: RegistryServer
):
    settings = {"schema_registry": {"url": registry_server.url}}
    settings["producer"] = {"queue.buffering.max.messages": "10"}

    async def work(UserEvent: Any) -> int:
        beats = 0
        messages = (UserEvent(id="a", n=n) for n in range(300))
        sending = asyncio.create_task(UserEvent.aproduce_many(messages, flush=False))
        while not sending.done():
            beats += 1
            await asyncio.sleep(0.001)
        assert await sending == []
        return beats

    with cluster.connection(**settings) as connection:
        assert asyncio.run(work(an_event(based_on(connection)))) > 10
