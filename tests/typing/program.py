"""A user's program with every verb: `mypy --strict` accepts it, with these types."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, assert_type

from pydantic import Field

from flowodm import (
    AsyncConsumerLoop,
    BatchSettings,
    BrokerError,
    ConsumerLoop,
    DeadLetterPolicy,
    Delivery,
    DeliveryError,
    FlowBaseModel,
    KafkaConnection,
    LoopStatus,
    MaybeTombstone,
    Meta,
    Outcome,
    RetryPolicy,
    Tombstone,
    TransactionalLoop,
    Undecodable,
    connect,
    consumer_loop,
    upload_schema,
)
from flowodm.avro import Schema

T = TypeVar("T")


class Event(FlowBaseModel, abstract=True):
    class Settings:
        consumer_group = "auditors"
        profile = BatchSettings

    id: str


class UserEvent(Event):
    class Settings:
        topic = "user-events"
        key_field = "id"

    action: str
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Envelope(FlowBaseModel, Generic[T]):
    class Settings:
        topic = "envelopes"

    payload: T


class Elsewhere(UserEvent):
    @classmethod
    def get_connection(cls) -> KafkaConnection:
        return KafkaConnection("elsewhere")


def produces(event: UserEvent, many: Iterable[UserEvent]) -> None:
    assert_type(event.produce(), Delivery)
    event.produce(key="k", headers={"trace": "x"}, partition=1, timestamp=event.at, timeout=5)
    event.produce(headers=[("trace", b"x"), ("trace", None)], timestamp=1_700_000_000_000)
    event.produce_nowait()
    event.produce_nowait(callback=report, key=b"k")
    assert_type(UserEvent.produce_many(many), list[Delivery])
    assert_type(UserEvent.produce_many([event], flush=False), list[Delivery])
    assert_type(UserEvent.produce_tombstone("k"), Delivery)
    try:
        UserEvent.produce_many(many)
    except DeliveryError as error:
        assert_type(error.outcomes, tuple[Any, ...])
    except BrokerError as error:
        assert_type(error.hint, str | None)


def report(outcome: Outcome) -> None:
    if isinstance(outcome, Delivery):
        assert_type(outcome.offset, int)
    else:
        assert_type(outcome.message, str)


async def produces_async(event: UserEvent) -> None:
    assert_type(await event.aproduce(timeout=5), Delivery)
    assert_type(await UserEvent.aproduce_many([event]), list[Delivery])
    assert_type(await UserEvent.aproduce_tombstone("k"), Delivery)
    assert_type(await UserEvent.aregister_schema(), int)


def consumes() -> None:
    one = UserEvent.consume_one(timeout=1.0, group_id="g", settings=BatchSettings)
    assert_type(one, UserEvent | MaybeTombstone | None)
    if one is not None:
        print(one.action.upper())
    for event in UserEvent.consume_iter(stop_when_idle=True):
        assert_type(event, UserEvent | MaybeTombstone)
        assert_type(event.meta, Meta | Any)
        if isinstance(event, Tombstone):
            print(event.key)
            continue
        print(event.action.upper())
    with UserEvent.consume_iter(max_messages=10) as events:
        for event in events:
            print(event.at.year, event.meta.offset)
    batch = UserEvent.consume_batch(100, timeout=5.0)
    for event in batch:
        print(event.action)
    batch.ack()
    UserEvent.commit()
    for each in UserEvent.consume_iter(on_error="yield"):
        assert_type(each, UserEvent | Undecodable | MaybeTombstone)
        if isinstance(each, Undecodable):
            print(each.error, each.raw)
        else:
            print(each.action)


async def consumes_async() -> None:
    one = await UserEvent.aconsume_one()
    assert_type(one, UserEvent | MaybeTombstone | None)
    async for event in UserEvent.aconsume_iter():
        print(event.action.upper())
    async with UserEvent.aconsume_iter() as events:
        async for event in events:
            assert_type(event, UserEvent | MaybeTombstone)
    batch = await UserEvent.aconsume_batch(10, on_error="yield")
    for each in batch:
        assert_type(each, UserEvent | Undecodable | MaybeTombstone)
    batch.ack()
    await UserEvent.acommit()


def book(event: UserEvent) -> None:
    print(event.action)


async def notify(event: UserEvent) -> None:
    print(event.action)


def price(event: UserEvent) -> list[UserEvent]:
    return [event]


@consumer_loop(UserEvent, BatchSettings, concurrency="profile")
def audit(event: UserEvent) -> None:
    print(event.action)


async def loops() -> None:
    policy = RetryPolicy(attempts=3, permanent=(KeyError,))
    loop = ConsumerLoop(
        UserEvent,
        book,
        BatchSettings,
        concurrency=8,
        ordering="partition",
        retry=policy,
        dead_letter=DeadLetterPolicy(headers="connect"),
        error_handler=lambda error, record, event: print(error, record.offset, event),
        on_event=lambda event: print(event.kind),
    )
    assert_type(loop.status(), LoopStatus)
    loop.run()
    audit.run(to_end=True)
    await AsyncConsumerLoop(UserEvent, notify, max_concurrent=5, dead_letter="bad").run()
    TransactionalLoop(UserEvent, price, transactional_id="pricing-1").stop()


def shows(event: UserEvent) -> None:
    assert_type(UserEvent.avro_schema(), Schema)
    assert_type(event.to_avro_dict(), dict[str, Any])
    assert_type(event.to_bytes(), bytes)
    assert_type(UserEvent.from_bytes(b""), UserEvent)
    assert_type(UserEvent.register_schema(), int)
    assert_type(event.meta, Meta)
    assert_type(event.meta.timestamp, datetime | None)


def generic() -> None:
    assert_type(Envelope(payload=1).payload, int)
    assert_type(Envelope[int].from_bytes(b"").payload, int)


def main() -> None:
    assert_type(connect(bootstrap_servers="localhost:9092"), KafkaConnection)
    upload_schema(UserEvent, "user-events-value")
    UserEvent.get_producer().flush(1)
    UserEvent.get_consumer(group_id="g").close()
