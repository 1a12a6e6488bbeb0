"""Delivery from event loops: several at once, cancelled, closed, with a full queue."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from flowodm.connection import KafkaConnection
from flowodm.errors import DeliveryTimeout, FlowODMError, TopicNotFound, UsageError
from flowodm.producer import Delivery, Outgoing, Producer, producer_of
from tests.mock_cluster import MockCluster
from tests.servers import wait_until

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def cluster() -> Iterator[MockCluster]:
    cluster = MockCluster.start("user-events")
    yield cluster
    cluster.end()


@pytest.fixture
def connection(cluster: MockCluster) -> Iterator[KafkaConnection]:
    with cluster.connection() as made:
        yield made


@pytest.fixture
def producer(connection: KafkaConnection) -> Producer:
    return producer_of(connection)


def test_a_delivery_says_where_the_record_is(producer: Producer) -> None:
    delivery = asyncio.run(producer.adeliver("user-events", b"k", b"v", partition=2))
    assert (delivery.topic, delivery.partition) == ("user-events", 2)


def test_a_thousand_at_once_are_all_delivered(producer: Producer) -> None:
    async def work() -> list[Delivery]:
        sends = (producer.adeliver("user-events", None, b"%d" % i) for i in range(1_000))
        return await asyncio.gather(*sends)

    places = {(delivery.partition, delivery.offset) for delivery in asyncio.run(work())}
    assert len(places) == 1_000


def test_loops_in_several_threads_share_a_producer(producer: Producer) -> None:
    found: list[Delivery] = []

    async def work() -> None:
        sends = (producer.adeliver("user-events", None, b"x") for _ in range(200))
        found.extend(await asyncio.gather(*sends))

    threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 800


def test_many_have_their_outcomes_in_order(producer: Producer) -> None:
    records = [Outgoing("user-events", None, b"x", partition=i % 4) for i in range(1_000)]
    outcomes = asyncio.run(producer.adeliver_many(records))
    assert [o.partition for o in outcomes if isinstance(o, Delivery)] == [
        record.partition for record in records
    ]


def test_none_are_delivered_at_once(producer: Producer) -> None:
    assert asyncio.run(producer.adeliver_many([])) == []


def test_what_is_wrong_with_one_record_is_its_outcome(producer: Producer) -> None:
    records = [
        Outgoing("user-events", None, b"x"),
        Outgoing("user-events", None, b"x", partition=9),
        Outgoing("nowhere", None, b"x"),
        Outgoing("user-events", None, b"x", timestamp=0),
        Outgoing("user-events", None, b"x"),
    ]
    kinds = [type(outcome) for outcome in asyncio.run(producer.adeliver_many(records))]
    assert kinds == [Delivery, UsageError, TopicNotFound, UsageError, Delivery]


def test_a_missing_topic_is_asked_for_once_and_told_to_everyone(producer: Producer) -> None:
    async def work() -> list[Any]:
        sends = (producer.adeliver("nowhere", None, b"x") for _ in range(100))
        return await asyncio.gather(*sends, return_exceptions=True)

    assert {type(outcome) for outcome in asyncio.run(work())} == {TopicNotFound}


def test_a_cancelled_delivery_takes_no_other_with_it(producer: Producer) -> None:
    async def work() -> tuple[asyncio.Task[Delivery], Delivery]:
        first = asyncio.create_task(producer.adeliver("user-events", None, b"first"))
        second = asyncio.create_task(producer.adeliver("user-events", None, b"second"))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        return first, await second

    first, delivery = asyncio.run(work())
    assert first.cancelled()
    assert delivery.topic == "user-events"


def test_a_loop_that_is_closed_early_harms_no_later_one(producer: Producer) -> None:
    async def leave() -> None:
        for _ in range(100):
            sending = asyncio.create_task(producer.adeliver("user-events", None, b"x"))
            await asyncio.sleep(0)
            sending.cancel()

    asyncio.run(producer.adeliver("user-events", None, b"known from here on"))
    for _ in range(3):
        asyncio.run(leave())
    assert asyncio.run(producer.adeliver("user-events", None, b"x")).topic == "user-events"
    wait_until(lambda: producer.outstanding == 0, seconds=30)
    assert len(producer._sender.bridges) == 1


def test_a_full_queue_makes_tasks_wait_and_leaves_the_loop_alone(cluster: MockCluster) -> None:
    async def work(producer: Producer) -> tuple[list[Delivery], int]:
        beats, done = 0, False

        async def heartbeat() -> None:
            nonlocal beats
            while not done:
                beats += 1
                await asyncio.sleep(0.001)

        beating = asyncio.create_task(heartbeat())
        sends = (producer.adeliver("user-events", None, b"x", timeout=60) for _ in range(300))
        delivered = await asyncio.gather(*sends)
        done = True
        await beating
        return delivered, beats

    with cluster.connection(producer={"queue.buffering.max.messages": "10"}) as made:
        delivered, beats = asyncio.run(work(producer_of(made)))
    assert len(delivered) == 300
    assert beats > 10


def test_many_wait_for_room_too(cluster: MockCluster) -> None:
    records = [Outgoing("user-events", None, b"%d" % i, partition=0) for i in range(300)]
    with cluster.connection(producer={"queue.buffering.max.messages": "10"}) as made:
        outcomes = asyncio.run(producer_of(made).adeliver_many(records))
    offsets = [outcome.offset for outcome in outcomes if isinstance(outcome, Delivery)]
    assert len(offsets) == 300
    assert offsets == sorted(offsets)


def test_time_that_is_up_says_whether_the_record_may_still_land() -> None:
    cluster = MockCluster.start("t")

    async def work(producer: Producer) -> list[Any]:
        sends = (producer.adeliver("t", None, b"x", timeout=0.3) for _ in range(15))
        return await asyncio.gather(*sends, return_exceptions=True)

    with cluster.connection(producer={"queue.buffering.max.messages": "10"}) as made:
        producer = producer_of(made)
        producer.deliver("t", None, b"x")
        cluster.end()
        begun = time.monotonic()
        outcomes = asyncio.run(work(producer))
        assert time.monotonic() - begun < 5
        producer.cancel()
    assert {type(outcome) for outcome in outcomes} == {DeliveryTimeout}
    assert [outcome.may_be_delivered for outcome in outcomes] == [True] * 10 + [False] * 5


def test_the_first_question_for_a_topic_leaves_the_loop_alone(
    cluster: MockCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cluster.connection() as made:
        producer, asked_in = producer_of(made), []
        call = made.call

        def ask(*arguments: Any, **more: Any) -> Any:
            asked_in.append(threading.current_thread())
            return call(*arguments, **more)

        monkeypatch.setattr(made, "call", ask)

        async def work() -> None:
            sends = (producer.adeliver("user-events", None, b"x") for _ in range(50))
            await asyncio.gather(*sends)

        asyncio.run(work())
    assert len(asked_in) == 1
    assert asked_in[0] is not threading.current_thread()


def test_deliver_works_inside_a_running_loop(producer: Producer) -> None:
    async def work() -> Delivery:
        return producer.deliver("user-events", None, b"x")

    assert asyncio.run(work()).topic == "user-events"


def test_failures_that_nobody_waits_for_any_more_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cluster = MockCluster.start("t")

    async def leave(producer: Producer) -> None:
        sending = asyncio.create_task(producer.adeliver("t", None, b"x", timeout=30))
        await asyncio.sleep(0.01)
        sending.cancel()
        while producer.outstanding:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0)

    with cluster.connection(producer={"message.timeout.ms": "3000"}) as made:
        producer = producer_of(made)
        producer.deliver("t", None, b"x")
        cluster.end()
        with caplog.at_level(logging.ERROR, logger="flowodm"):
            asyncio.run(leave(producer))
            made.close()
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(said) == 1
    assert said[0].startswith("1 record was not delivered; the last: a record for topic `t`")


def test_an_error_of_a_lone_delivery_is_raised(cluster: MockCluster) -> None:
    made = cluster.connection(producer={"message.max.bytes": "1000000"})
    with made, pytest.raises(FlowODMError, match="larger than topic `user-events` takes"):
        asyncio.run(producer_of(made).adeliver("user-events", None, bytes(2_000_000)))


def test_records_that_are_not_waited_for_leave_the_loop_alone_when_the_queue_is_full(
    cluster: MockCluster,
) -> None:
    records = [Outgoing("user-events", None, b"%d" % i) for i in range(300)]

    async def work(producer: Producer) -> int:
        beats, sending = 0, asyncio.create_task(producer.asend_many(records))
        while not sending.done():
            beats += 1
            await asyncio.sleep(0.001)
        await sending
        return beats

    with cluster.connection(producer={"queue.buffering.max.messages": "10"}) as made:
        producer = producer_of(made)
        beats = asyncio.run(work(producer))
        producer.flush(30)
        assert (producer.delivered, producer.failed) == (300, 0)
    assert beats > 10
