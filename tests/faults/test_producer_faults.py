"""A shared producer while its broker is killed and comes back."""

import logging
import threading
import time
from collections.abc import Iterator

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.errors import DeliveryTimeout
from flowodm.producer import Delivery, Outcome, Outgoing, Producer, producer_of
from flowodm.sandbox import Sandbox
from tests.topics import create_topics

pytestmark = pytest.mark.faults

_QUIET = logging.getLogger("flowodm.tests.quiet")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def topic(sandbox: Sandbox, request: pytest.FixtureRequest) -> str:
    name = f"kept-{abs(hash(request.node.name))}"
    admin = AdminClient(sandbox.client_config, logger=_QUIET)
    create_topics(admin, NewTopic(name, 1, 1))
    return name


@pytest.fixture
def producer(sandbox: Sandbox) -> Iterator[Producer]:
    context = Context(name="test", source="test", bootstrap_servers=sandbox.bootstrap_servers)
    with KafkaConnection(context) as connection:
        patient = {"reconnect.backoff.max.ms": 200, "retry.backoff.max.ms": 200}
        yield producer_of(connection, patient)


def values(sandbox: Sandbox, topic: str) -> list[bytes | None]:
    """Everything in the topic, in its order."""
    config = sandbox.client_config | {"group.id": "unused"}
    consumer = confluent_kafka.Consumer(config, logger=_QUIET)
    try:
        place = confluent_kafka.TopicPartition(topic, 0, 0)
        _, end = consumer.get_watermark_offsets(place, timeout=30)
        consumer.assign([place])
        found: list[bytes | None] = []
        until = time.monotonic() + 60
        while len(found) < end and time.monotonic() < until:
            found += [m.value() for m in consumer.consume(10_000, 0.5) if not m.error()]
        return found
    finally:
        consumer.close()


def test_a_record_that_timed_out_lands_when_the_broker_is_back(
    sandbox: Sandbox, topic: str, producer: Producer
) -> None:
    producer.deliver(topic, None, b"before", timeout=60)
    sandbox.kill_node()
    begun = time.monotonic()
    with pytest.raises(DeliveryTimeout) as caught:
        producer.deliver(topic, None, b"during", timeout=1)
    assert 1 <= time.monotonic() - begun < 5
    assert caught.value.may_be_delivered
    sandbox.start_node()
    producer.deliver(topic, None, b"after", timeout=60)
    assert values(sandbox, topic) == [b"before", b"during", b"after"]


def test_many_outlast_a_kill_in_order_and_without_a_copy(
    sandbox: Sandbox, topic: str, producer: Producer
) -> None:
    started = threading.Event()

    def records() -> Iterator[Outgoing]:
        for number in range(50_000):
            if number == 10_000:
                started.set()
            if number > 10_000 and number % 1_000 == 0:
                time.sleep(0.02)  # so that the kill comes in the middle
            yield Outgoing(topic, None, b"%d" % number)

    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.extend(producer.deliver_many(records())))
    thread.start()
    assert started.wait(60)
    sandbox.kill_node()
    sandbox.start_node()
    thread.join(120)
    assert not thread.is_alive()
    assert len(outcomes) == 50_000
    assert [type(outcome) for outcome in outcomes] == [Delivery] * 50_000
    found = values(sandbox, topic)
    assert [found[outcome.offset] for outcome in outcomes if isinstance(outcome, Delivery)] == [
        b"%d" % number for number in range(50_000)
    ]
    assert len(found) == 50_000
