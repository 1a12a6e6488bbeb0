"""The shared producer on Apache Kafka: what one caller meets is not another's concern."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka.admin import NewPartitions

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.errors import DeliveryError, FlowODMError, TopicNotFound, UsageError
from flowodm.producer import Delivery, Outgoing, Producer, producer_of
from tests.servers import TestServers, wait_until

pytestmark = pytest.mark.integration

MakeTopic = Callable[..., str]


@pytest.fixture
def connection(sandbox: TestServers) -> Iterator[KafkaConnection]:
    context = Context(name="test", source="test", bootstrap_servers=sandbox.bootstrap_servers)
    with KafkaConnection(context) as made:
        yield made


@pytest.fixture
def producer(connection: KafkaConnection) -> Producer:
    return producer_of(connection)


def test_a_record_that_the_broker_refuses_fails_nobody_else(
    producer: Producer, make_topic: MakeTopic
) -> None:
    narrow, wide = make_topic(config={"max.message.bytes": "1000"}), make_topic()
    refused: list[FlowODMError] = []
    delivered: list[Delivery] = []
    start = threading.Barrier(2)

    def refuse() -> None:
        start.wait()
        for _ in range(20):
            with pytest.raises(
                DeliveryError, match=f"larger than topic `{narrow}` takes"
            ) as caught:
                producer.deliver(narrow, None, bytes(5_000), timeout=60)
            refused.append(caught.value)

    def deliver() -> None:
        start.wait()
        for _ in range(20):
            delivered.append(producer.deliver(wide, None, b"x", timeout=60))

    threads = [threading.Thread(target=refuse), threading.Thread(target=deliver)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), len(delivered)) == (20, 20)


def test_one_of_many_is_refused_by_the_broker_alone(
    producer: Producer, make_topic: MakeTopic
) -> None:
    narrow, wide = make_topic(config={"max.message.bytes": "1000"}), make_topic()
    records = [
        Outgoing(wide, None, b"x"),
        Outgoing(narrow, None, bytes(5_000)),
        Outgoing(wide, None, b"x"),
    ]
    expected = [Delivery, DeliveryError, Delivery]
    assert [type(outcome) for outcome in producer.deliver_many(records)] == expected
    outcomes = asyncio.run(producer.adeliver_many(records))
    assert [type(outcome) for outcome in outcomes] == expected


def test_sixteen_threads_deliver_at_once(producer: Producer, topic: str) -> None:
    found: list[Delivery] = []

    def work() -> None:
        for _ in range(50):
            found.append(producer.deliver(topic, None, b"x", timeout=60))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(delivery.offset for delivery in found) == list(range(800))


def test_a_topic_that_is_deleted_later_is_not_found_within_five_seconds(
    producer: Producer, connection: KafkaConnection, make_topic: MakeTopic
) -> None:
    topic = make_topic()
    producer.deliver(topic, None, b"x", timeout=60)
    for future in connection.admin().delete_topics([topic]).values():
        future.result(timeout=30)
    wait_until(lambda: topic not in connection.metadata(30).topics, seconds=60)
    begun = time.monotonic()
    with pytest.raises(TopicNotFound, match=f"topic `{topic}`"):
        producer.deliver(topic, None, b"x", timeout=60)
    assert time.monotonic() - begun < 5
    with pytest.raises(TopicNotFound, match=f"topic `{topic}` does not exist"):
        producer.deliver(topic, None, b"x", timeout=60)


def test_a_partition_that_is_added_later_is_written_to(
    producer: Producer, connection: KafkaConnection, topic: str
) -> None:
    producer.deliver(topic, None, b"x", timeout=60)
    with pytest.raises(UsageError, match=f"topic `{topic}` has no partition 1"):
        producer.deliver(topic, None, b"x", partition=1, timeout=60)
    for future in connection.admin().create_partitions([NewPartitions(topic, 2)]).values():
        future.result(timeout=30)
    wait_until(lambda: len(connection.metadata(30).topics[topic].partitions) == 2, seconds=60)
    assert producer.deliver(topic, None, b"x", partition=1, timeout=60).partition == 1


def test_a_loop_delivers_to_a_real_broker(producer: Producer, topic: str) -> None:
    async def work() -> list[Delivery]:
        sends = (producer.adeliver(topic, b"k", b"%d" % i, timeout=60) for i in range(500))
        return await asyncio.gather(*sends)

    assert sorted(delivery.offset for delivery in asyncio.run(work())) == list(range(500))
