"""Delivery on librdkafka's own mock cluster: real protocol, real reports, in this process."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka.admin import ClusterMetadata

from flowodm.errors import (
    BrokerUnreachable,
    ChangeRefused,
    DeliveryError,
    DeliveryTimeout,
    TopicNotFound,
    UsageError,
)
from flowodm.producer import Delivery, Outcome, Producer, count_partitions
from tests.mock_cluster import MockCluster, Silent, connection

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def cluster() -> Iterator[MockCluster]:
    cluster = MockCluster.start("user-events")
    yield cluster
    cluster.end()


@pytest.fixture
def producer(cluster: MockCluster) -> Iterator[Producer]:
    with cluster.connection() as made:
        yield Producer(made)


def stored(cluster: MockCluster, delivery: Delivery) -> Any:
    """The record that a delivery speaks of, read with another client."""
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "none"}, logger=Silent()
    )
    where = confluent_kafka.TopicPartition(delivery.topic, delivery.partition, delivery.offset)
    consumer.assign([where])
    message = consumer.poll(10)
    consumer.close()
    return message


def test_a_record_is_reported_where_it_is_and_as_it_was_sent(
    cluster: MockCluster, producer: Producer
) -> None:
    outcomes: list[Outcome] = []
    headers = (("trace", b"1"), ("none", None), ("trace", b"2"))
    producer.send(
        "user-events", b"k", b"v", headers=headers, partition=2, timestamp=1_000, on_delivery=outcomes.append
    )  # fmt: skip
    producer.flush(10)
    (delivery,) = outcomes
    assert isinstance(delivery, Delivery)
    assert (delivery.topic, delivery.partition) == ("user-events", 2)
    message = stored(cluster, delivery)
    assert (message.key(), message.value(), message.headers()) == (b"k", b"v", list(headers))
    assert message.timestamp() == (confluent_kafka.TIMESTAMP_CREATE_TIME, 1_000)


def test_a_tombstone_has_no_value(cluster: MockCluster, producer: Producer) -> None:
    outcomes: list[Outcome] = []
    producer.send("user-events", b"k", None, on_delivery=outcomes.append)
    producer.flush(10)
    (delivery,) = outcomes
    assert isinstance(delivery, Delivery)
    assert stored(cluster, delivery).value() is None


def test_a_full_queue_makes_the_sender_wait_and_loses_nothing(cluster: MockCluster) -> None:
    with cluster.connection() as made:
        producer = Producer(made, config={"queue.buffering.max.messages": 10})
        for number in range(1_000):
            producer.send("user-events", None, b"%d" % number)
        producer.flush(20)
        assert (producer.delivered, producer.failed, producer.outstanding) == (1_000, 0, 0)


def test_threads_may_share_a_producer(producer: Producer) -> None:
    def work() -> None:
        for _ in range(500):
            producer.send("user-events", None, b"x")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    producer.flush(20)
    assert producer.delivered == 2_000


def test_a_topic_that_is_not_there_is_named_with_the_nearest_and_not_created(
    cluster: MockCluster, producer: Producer
) -> None:
    with pytest.raises(TopicNotFound) as caught:
        producer.send("user-event", None, b"x")
    assert "topic `user-event` does not exist on 127.0.0.1:" in caught.value.message
    assert caught.value.hint == "did you mean `user-events`?  (flowodm topics list)"
    assert list(cluster.host.list_topics(timeout=5).topics) == ["user-events"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"partition": 4}, "topic `user-events` has no partition 4"),
        ({"partition": -1}, "has no partition -1"),
        ({"timestamp": 0}, "cannot be sent with timestamp 0"),
        ({"timestamp": -1}, "cannot be sent with timestamp -1"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(
    producer: Producer, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        producer.send("user-events", None, b"x", **options)
    assert producer.outstanding == 0


def test_a_record_that_is_too_large_is_refused(cluster: MockCluster) -> None:
    with cluster.connection(producer={"message.max.bytes": "1000000"}) as made:
        producer = Producer(made)
        with pytest.raises(DeliveryError, match="larger than topic `user-events` takes"):
            producer.send("user-events", None, bytes(2_000_000))
        assert producer.outstanding == 0


def test_a_read_only_context_refuses_before_anything_is_asked() -> None:
    with connection("127.0.0.1:1", read_only=True) as made, pytest.raises(ChangeRefused):
        Producer(made).send("user-events", None, b"x")


def test_an_internal_topic_is_refused(cluster: MockCluster, producer: Producer) -> None:
    with pytest.raises(ChangeRefused, match="internal"):
        producer.send("__consumer_offsets", None, b"x")


def test_no_broker_is_an_error_within_five_seconds() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        begun = time.monotonic()
        with connection(f"127.0.0.1:{taken.getsockname()[1]}") as made:
            with pytest.raises(BrokerUnreachable):
                Producer(made).send("user-events", None, b"x")
            assert time.monotonic() - begun < 5


def test_records_that_no_broker_takes_are_reported_one_by_one() -> None:
    cluster = MockCluster.start("t")
    with cluster.connection() as made:
        producer = Producer(made, config={"message.timeout.ms": 500, "linger.ms": 0})
        producer.check_topic("t")
        cluster.end()
        outcomes: list[Outcome] = []
        for _ in range(3):
            producer.send("t", None, b"x", on_delivery=outcomes.append)
        producer.flush(20)
        assert [type(outcome) for outcome in outcomes] == [DeliveryTimeout] * 3
        assert (producer.delivered, producer.failed) == (0, 3)
        assert isinstance(producer.last_error, DeliveryTimeout)
        assert "topic `t`" in producer.last_error.message


def test_a_flush_that_runs_out_of_time_says_how_many_are_open_and_cancel_takes_them_back() -> None:
    cluster = MockCluster.start("t")
    with cluster.connection() as made:
        producer = Producer(made)
        producer.check_topic("t")
        cluster.end()
        for _ in range(3):
            producer.send("t", None, b"x")
        with pytest.raises(DeliveryTimeout, match=r"3 records have no delivery report") as caught:
            producer.flush(0.2)
        assert caught.value.may_be_delivered
        producer.cancel()
        assert (producer.delivered, producer.failed, producer.outstanding) == (0, 3, 0)


def test_leaving_by_an_exception_takes_back_what_has_not_left() -> None:
    cluster = MockCluster.start("t")
    with cluster.connection() as made:
        producer = Producer(made)
        producer.check_topic("t")
        cluster.end()

        def leave() -> None:
            with producer:
                producer.send("t", None, b"x")
                raise KeyError

        with pytest.raises(KeyError):
            leave()
        assert (producer.failed, producer.outstanding) == (1, 0)


@pytest.mark.parametrize("choice", [{"acks": "1"}, {"enable.idempotence": "false"}])
def test_a_context_that_chooses_what_a_delivery_is_worth_is_heeded(
    cluster: MockCluster, choice: dict[str, str]
) -> None:
    with cluster.connection(producer=choice) as made, Producer(made) as producer:
        producer.send("user-events", None, b"x")
        producer.flush(10)
        assert producer.delivered == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"partition": "0"}, "a partition cannot be `'0'`"),
        ({"timestamp": 1.5}, "a timestamp cannot be `1.5`"),
        ({"timestamp": 2**70}, "a timestamp cannot be"),
        ({"timeout": "1"}, "`timeout` cannot be `'1'`"),
        ({"timeout": -1}, "`timeout` cannot be `-1`"),
        ({"timeout": None}, "`timeout` cannot be `None`"),
        ({"timeout": float("nan")}, "`timeout` cannot be `nan`"),
    ],
)
def test_what_is_of_a_wrong_type_is_refused_with_a_cure(
    producer: Producer, options: dict[str, Any], message: str
) -> None:
    for _ in range(2):  # the first time the topic is not known yet
        with pytest.raises(UsageError) as caught:
            producer.deliver("user-events", None, b"x", **options)
        assert message in caught.value.message
        assert caught.value.hint is not None
        with pytest.raises(UsageError):
            asyncio.run(producer.adeliver("user-events", None, b"x", **options))


def test_a_topic_that_was_just_created_is_asked_for_again(cluster: MockCluster) -> None:
    with cluster.connection() as made:
        known, asked = made.metadata(), 0

        def ask() -> Any:
            nonlocal asked
            asked += 1
            if asked < 4:
                return ClusterMetadata()
            return known

        assert count_partitions(made, "user-events", ask) == 4
        assert asked == 4


def test_a_missing_topic_is_given_a_second_by_every_verb(producer: Producer) -> None:
    begun = time.monotonic()
    with pytest.raises(TopicNotFound):
        producer.check_topic("nowhere")
    assert time.monotonic() - begun >= 1
