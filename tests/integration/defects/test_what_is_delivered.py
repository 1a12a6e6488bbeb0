"""Defects 13, 14 and 23: what a produce verb says of its own record, and who sends it."""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from confluent_kafka import Consumer, TopicPartition

from flowodm import Delivery, DeliveryError
from flowodm.config import Context
from flowodm.connection import KafkaConnection
from tests.integration.defects.conftest import PATIENCE, settings
from tests.models import based_on

pytestmark = pytest.mark.integration


def an_event(base: Any, topic: str) -> Any:
    class Event(base):
        Settings: ClassVar = settings(topic)

        text: str

    return Event


def test_13_a_delivery_is_told_when_it_has_happened_and_only_then(
    base: Any, make_topic: Callable[..., str], kafka: str
) -> None:
    """0.3.1's `aproduce` returned at once, and its `produce_many` counted what was refused."""
    topic, narrow = make_topic(), make_topic(config={"max.message.bytes": "1000"})
    Event, Narrow = an_event(base, topic), an_event(base, narrow)
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "none"})

    async def one_by_one() -> None:
        for number in range(20):
            delivery = await Event(text="a").aproduce()
            _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=PATIENCE)
            assert (delivery.offset, end) == (number, number + 1)
        with pytest.raises(DeliveryError, match=narrow):
            await Narrow(text=secrets.token_hex(1000)).aproduce()

    try:
        asyncio.run(one_by_one())
    finally:
        consumer.close()
    delivered = Event.produce_many([Event(text="a"), Event(text="b")])
    assert [one.offset for one in delivered] == [20, 21]
    with pytest.raises(DeliveryError, match="2 of 2") as caught:
        Narrow.produce_many([Narrow(text=secrets.token_hex(1000)) for _ in range(2)])
    assert [type(outcome) for outcome in caught.value.outcomes] == [DeliveryError] * 2


def test_14_a_record_that_cannot_be_delivered_fails_no_other(
    base: Any, admin: Any, make_topic: Callable[..., str]
) -> None:
    """0.3.1's `produce` waited for everything on its way, and failed for the failure of another."""
    gone, topic = make_topic(), make_topic()
    Gone, Event = an_event(base, gone), an_event(base, topic)
    Gone(text="a").produce()
    admin.delete_topics([gone], operation_timeout=10)[gone].result(timeout=15)
    outcomes: list[Any] = []
    Gone(text="b").produce_nowait(outcomes.append)
    assert Event(text="a").produce(timeout=PATIENCE).offset == 0
    assert asyncio.run(Event(text="b").aproduce(timeout=PATIENCE)).offset == 1
    assert not any(isinstance(outcome, Delivery) for outcome in outcomes)
    base.get_connection().close(timeout=0)


def test_23_sixteen_threads_send_with_one_producer(
    kafka: str, registry_url: str, topic: str
) -> None:
    """0.3.1 made one for each thread that came while the first was being made, and kept the last."""
    made: list[Any] = []

    class Slow(KafkaConnection):
        """A connection on which making a client takes its time."""

        def _make(self, kind: Any, config: Any) -> Any:
            client = super()._make(kind, config)
            if kind.__name__ == "Producer":
                time.sleep(0.2)
                made.append(client)
            return client

    context = {
        "name": "test",
        "bootstrap_servers": kafka,
        "schema_registry": {"url": registry_url},
    }
    with Slow(Context.model_validate(context)) as connection:
        Event = an_event(based_on(connection), topic)
        start = threading.Barrier(16)
        offsets: list[int] = []

        def work() -> None:
            start.wait(PATIENCE)
            offsets.append(Event(text="a").produce(timeout=PATIENCE).offset)

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * PATIENCE)
        assert sorted(offsets) == list(range(16))
        assert made == [Event.get_producer()]
