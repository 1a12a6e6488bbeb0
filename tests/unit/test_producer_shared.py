"""The producer that a connection's users share: one, kept, served by a thread, ended with it."""

import gc
import logging
import threading
import time
from collections.abc import Iterator

import confluent_kafka
import pytest

from flowodm.connection import KafkaConnection
from flowodm.errors import DeliveryError, DeliveryTimeout, TopicNotFound, UsageError
from flowodm.producer import Delivery, Outcome, Outgoing, Producer, producer_of
from flowodm.producer.config import yielding
from tests.mock_cluster import MockCluster
from tests.mock_cluster import connection as connection_to
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


def our_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "flowodm-delivery"]


def test_sixteen_threads_get_one_producer(connection: KafkaConnection) -> None:
    start, found = threading.Barrier(16), []

    def ask() -> None:
        start.wait()
        found.append(producer_of(connection))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(map(id, found))) == 1


def test_other_defaults_have_a_producer_of_their_own(connection: KafkaConnection) -> None:
    plain, patient = producer_of(connection), producer_of(connection, {"linger.ms": 50})
    assert plain is not patient
    assert producer_of(connection, {"linger.ms": 50}) is patient


def test_a_closed_connection_hands_out_a_new_one(connection: KafkaConnection) -> None:
    before = producer_of(connection)
    connection.close()
    assert producer_of(connection) is not before


def test_a_delivery_says_where_the_record_is(connection: KafkaConnection) -> None:
    delivery = producer_of(connection).deliver("user-events", b"k", b"v", partition=2)
    assert isinstance(delivery, Delivery)
    assert (delivery.topic, delivery.partition) == ("user-events", 2)


def test_the_thread_starts_when_first_needed_and_ends_with_the_connection(
    connection: KafkaConnection,
) -> None:
    producer = producer_of(connection)
    assert our_threads() == []
    producer.deliver("user-events", None, b"x")
    assert len(our_threads()) == 1
    connection.close()
    wait_until(lambda: our_threads() == [], seconds=30)


def test_closing_hands_over_what_is_open(connection: KafkaConnection) -> None:
    producer = producer_of(connection, {"linger.ms": 1_000})
    for _ in range(100):
        producer.send("user-events", None, b"x")
    connection.close()
    assert (producer.delivered, producer.outstanding) == (100, 0)


def test_outcomes_are_in_the_order_of_their_records(connection: KafkaConnection) -> None:
    producer = producer_of(connection)
    records = [Outgoing("user-events", None, b"x", partition=i % 4) for i in range(1_000)]
    outcomes = producer.deliver_many(records)
    assert [outcome.partition for outcome in outcomes if isinstance(outcome, Delivery)] == [
        record.partition for record in records
    ]
    for partition in range(4):
        offsets = [
            o.offset for o in outcomes if isinstance(o, Delivery) and o.partition == partition
        ]
        assert offsets == sorted(offsets)


def test_one_refused_record_is_its_own_outcome_alone(cluster: MockCluster) -> None:
    with cluster.connection(producer={"message.max.bytes": "1000000"}) as made:
        outcomes = producer_of(made).deliver_many(
            [Outgoing("user-events", None, value) for value in (b"a", bytes(2_000_000), b"c")]
        )
    assert [type(outcome) for outcome in outcomes] == [Delivery, DeliveryError, Delivery]


def test_a_missing_topic_is_an_error_of_every_verb(connection: KafkaConnection) -> None:
    producer = producer_of(connection)
    with pytest.raises(TopicNotFound):
        producer.deliver("nowhere", None, b"x")
    with pytest.raises(TopicNotFound):
        producer.deliver_many([Outgoing("nowhere", None, b"x")])


def test_a_missing_topic_among_others_is_the_outcome_of_its_records(
    connection: KafkaConnection,
) -> None:
    topics = ("user-events", "nowhere", "user-events", "nowhere")
    outcomes = producer_of(connection).deliver_many(
        [Outgoing(topic, None, b"x") for topic in topics]
    )
    assert [type(outcome) for outcome in outcomes] == [
        Delivery, TopicNotFound, Delivery, TopicNotFound
    ]  # fmt: skip


def test_defaults_yield_to_the_context(cluster: MockCluster) -> None:
    with cluster.connection(producer={"linger.ms": "7", "acks": "1"}) as made:
        profile = {
            "queue.buffering.max.ms": 50,
            "compression.type": "lz4",
            "acks": "all",
            "enable.idempotence": True,
        }
        assert yielding(made.context, profile) == {"compression.type": "lz4"}
        assert producer_of(made, profile).deliver("user-events", None, b"x").partition in range(4)


def test_a_delivery_waits_for_its_own_record_alone(connection: KafkaConnection) -> None:
    producer = producer_of(connection, {"linger.ms": 60_000})
    heard: list[Outcome] = []
    for partition in (0, 1, 2):
        producer.send(
            "user-events", None, b"lingers", partition=partition, on_delivery=heard.append
        )
    assert producer.deliver("user-events", None, b"x", partition=3, timeout=30).partition == 3


def test_time_that_is_up_leaves_the_record_on_its_way() -> None:
    cluster = MockCluster.start("t")
    with cluster.connection() as made:
        producer = producer_of(made)
        producer.deliver("t", None, b"x")
        cluster.end()
        begun = time.monotonic()
        with pytest.raises(
            DeliveryTimeout, match=r"topic `t` was not acknowledged in 0\.3 s"
        ) as caught:
            producer.deliver("t", None, b"x", timeout=0.3)
        assert 0.3 <= time.monotonic() - begun < 3
        assert caught.value.may_be_delivered
        assert producer.outstanding == 1
        producer.cancel()


def test_a_queue_without_room_is_a_record_that_was_not_sent() -> None:
    cluster = MockCluster.start("t")
    with cluster.connection(producer={"queue.buffering.max.messages": "1"}) as made:
        producer = producer_of(made)
        producer.deliver("t", None, b"x")
        cluster.end()
        producer.send("t", None, b"fills the queue")
        with pytest.raises(DeliveryTimeout) as caught:
            producer.deliver("t", None, b"x", timeout=0.3)
        assert not caught.value.may_be_delivered
        producer.cancel()


def test_many_wait_for_room_and_keep_their_order(cluster: MockCluster) -> None:
    records = [Outgoing("user-events", None, b"%d" % i, partition=0) for i in range(500)]
    with cluster.connection(producer={"queue.buffering.max.messages": "10"}) as made:
        outcomes = producer_of(made).deliver_many(records)
    offsets = [outcome.offset for outcome in outcomes if isinstance(outcome, Delivery)]
    assert len(offsets) == 500
    assert offsets == sorted(offsets)


def test_what_an_iterable_raises_passes_and_what_it_gave_before_is_delivered(
    connection: KafkaConnection,
) -> None:
    def records() -> Iterator[Outgoing]:
        yield Outgoing("user-events", None, b"x")
        raise KeyError("a user's own")

    producer = producer_of(connection)
    with pytest.raises(KeyError, match="a user's own"):
        producer.deliver_many(records())
    wait_until(lambda: producer.outstanding == 0, seconds=30)


def test_a_callback_hears_without_anybody_asking(connection: KafkaConnection) -> None:
    heard: list[Outcome] = []
    producer_of(connection).send("user-events", None, b"x", on_delivery=heard.append)
    wait_until(lambda: heard, seconds=30)
    assert isinstance(heard[0], Delivery)


def test_a_callback_that_raises_is_logged_and_the_next_is_heard(
    connection: KafkaConnection, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Outcome) -> None:
        raise KeyError("a user's own")

    producer = producer_of(connection)
    producer.send("user-events", None, b"x", on_delivery=fail)
    wait_until(lambda: caplog.records, seconds=30)
    assert caplog.records[0].getMessage() == 'a delivery callback failed: KeyError("a user\'s own")'
    assert producer.deliver("user-events", None, b"x").topic == "user-events"


def test_a_callback_cannot_wait_for_a_delivery(connection: KafkaConnection) -> None:
    producer, raised = producer_of(connection), []

    def deliver(_: Outcome) -> None:
        try:
            producer.deliver("user-events", None, b"x")
        except UsageError as error:
            raised.append(error)

    producer.send("user-events", None, b"x", on_delivery=deliver)
    wait_until(lambda: raised, seconds=30)
    assert raised[0].hint == "use `send`"


def test_failures_without_a_callback_are_one_line_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cluster = MockCluster.start("t")
    with cluster.connection(producer={"message.timeout.ms": "3000"}) as made:
        producer = producer_of(made)
        producer.deliver("t", None, b"x")
        cluster.end()
        for _ in range(50):
            producer.send("t", None, b"x")
        wait_until(lambda: told(caplog), seconds=30)
    (line,) = told(caplog)
    assert line.startswith(
        "50 records were not delivered; the last: a record for topic `t` was not"
    )


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def test_what_is_open_when_closing_takes_too_long_is_told_or_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cluster = MockCluster.start("t")
    heard: list[Outcome] = []
    with cluster.connection() as made:
        producer = producer_of(made)
        producer.deliver("t", None, b"x")
        cluster.end()
        producer.send("t", None, b"x")
        producer.send("t", None, b"x", on_delivery=heard.append)
        producer.close(0.3)
        assert producer.outstanding == 0
    assert isinstance(heard[0], DeliveryError | DeliveryTimeout)
    (line,) = told(caplog)
    assert line.startswith("1 record was not delivered; the last: a record for topic `t` ")


def test_a_client_of_ones_own_is_sent_with(cluster: MockCluster) -> None:
    client = confluent_kafka.Producer({"bootstrap.servers": cluster.bootstrap_servers})
    with connection_to("127.0.0.1:1") as elsewhere:
        producer = Producer(elsewhere, client=client)
        assert producer.deliver("user-events", None, b"x").topic == "user-events"
        with pytest.raises(TopicNotFound):
            producer.deliver("nowhere", None, b"x")
        producer.close()


def test_a_partition_that_came_later_is_found(connection: KafkaConnection) -> None:
    producer = producer_of(connection)
    producer.deliver("user-events", None, b"x")
    producer._sender.partitions["user-events"] = 1  # as it was before somebody added three
    assert producer.deliver("user-events", None, b"x", partition=3).partition == 3


def test_a_dropped_producer_ends_its_thread(cluster: MockCluster) -> None:
    with cluster.connection() as made:
        producer = Producer(made)
        producer.deliver("user-events", None, b"x")
        assert len(our_threads()) == 1
        del producer
        gc.collect()
        wait_until(lambda: our_threads() == [], seconds=30)


def test_a_thread_with_nothing_to_do_rests(connection: KafkaConnection) -> None:
    producer_of(connection).deliver("user-events", None, b"x")
    (thread,) = our_threads()
    clock = time.pthread_getcpuclockid(thread.ident or 0)
    begun, used = time.monotonic(), time.clock_gettime(clock)
    wait_until(lambda: time.monotonic() - begun > 1, seconds=30)
    assert time.clock_gettime(clock) - used < 0.1


def test_failures_of_records_that_were_left_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    cluster = MockCluster.start("t")

    def records() -> Iterator[Outgoing]:
        yield Outgoing("t", None, b"x")
        raise KeyError("a user's own")

    with cluster.connection() as made:
        producer = producer_of(made)
        producer.deliver("t", None, b"x")
        cluster.end()
        with pytest.raises(KeyError):
            producer.deliver_many(records())
        producer.close(0.1)
    (line,) = told(caplog)
    assert line.startswith("1 record was not delivered")
