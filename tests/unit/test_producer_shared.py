"""The producer that a connection's users share: one, kept, served by a thread, ended with it."""

import threading
from collections.abc import Iterator

import pytest

from flowodm.connection import KafkaConnection
from flowodm.errors import DeliveryError, TopicNotFound
from flowodm.producer import Delivery, Outgoing, producer_of
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
