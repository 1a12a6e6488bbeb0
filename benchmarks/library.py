"""`FlowBaseModel` on a broker: consuming and producing, against the loops people write by hand.

usage: python -m benchmarks.library [RECORDS]
"""

import asyncio
import io
import json
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import fastavro
from confluent_kafka import Consumer, KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from pydantic import BaseModel

from benchmarks.messages import Messages, events, payments
from benchmarks.models import Event, Payment
from benchmarks.rounds import interleaved
from flowodm import FlowBaseModel, connect, get_kafka_connection
from flowodm.sandbox import Sandbox

RECORDS = 200_000
PARTITIONS = 4
GROUP_SETTINGS = {
    "auto.offset.reset": "earliest",
    "enable.auto.offset.store": False,
    "enable.auto.commit": True,
}


class EventRecord(FlowBaseModel, Event):
    class Settings:
        topic = "events"


class PaymentRecord(FlowBaseModel, Payment):
    class Settings:
        topic = "payments"


class OutRecord(FlowBaseModel, Event):
    class Settings:
        topic = "out"


def main(records: int) -> None:
    with Sandbox() as sandbox:
        registry = sandbox.registry_url
        assert registry is not None
        connect(bootstrap_servers=sandbox.bootstrap_servers, schema_registry_url=registry)
        admin = AdminClient(sandbox.client_config)
        topics = [NewTopic(name, PARTITIONS, 1) for name in ("events", "payments", "out")]
        for future in admin.create_topics(topics).values():
            future.result()
        fill(EventRecord, events(), records)
        fill(PaymentRecord, payments(), records)
        servers = sandbox.bootstrap_servers
        consume_events(servers, registry, records)
        consume_payments(servers, records)
        produce(servers, records)


def fill(model: type[FlowBaseModel], messages: Messages, records: int) -> None:
    instances = [model.model_validate(value) for value in messages.values]
    for _ in range(records // len(instances)):
        model.produce_many(instances)


def report(case: str, contenders: dict[str, Callable[[], float]]) -> None:
    print(*interleaved(case, "µs", contenders).lines(), sep="\n", flush=True)


# --- consuming -------------------------------------------------------------------------------


def consume_events(servers: str, registry: str, records: int) -> None:
    schema = avro_of(EventRecord)
    deserializer = AvroDeserializer(SchemaRegistryClient({"url": registry}))
    context = SerializationContext("events", MessageField.VALUE)

    def by_hand(message: Message) -> Event:
        return Event.model_validate(read_body(message, schema))

    def by_confluent(message: Message) -> Event:
        return Event.model_validate(deserializer(message.value(), context))

    ours = lambda: consumed(EventRecord, records)  # noqa: E731
    case = f"consume {records:,} validated models"
    hand = lambda: polled(servers, "events", by_hand, records)  # noqa: E731
    report(case, {"FlowODM": ours, "hand-written poll loop": hand})
    confluent = lambda: polled(servers, "events", by_confluent, records)  # noqa: E731
    report(case, {"FlowODM": ours, "confluent's AvroDeserializer": confluent})
    report(case, {"FlowODM, async": lambda: asyncio.run(aconsumed(records)), "FlowODM": ours})


def consume_payments(servers: str, records: int) -> None:
    schema = avro_of(PaymentRecord)

    def by_hand(message: Message) -> Payment:
        return Payment.model_validate(read_body(message, schema))

    report(
        f"consume {records:,}, logical types",
        {
            "FlowODM": lambda: consumed(PaymentRecord, records),
            "hand-written poll loop": lambda: polled(servers, "payments", by_hand, records),
        },
    )


def avro_of(model: type[FlowBaseModel]) -> Any:
    return fastavro.parse_schema(json.loads(model.avro_schema().to_json()))


def read_body(message: Message, schema: Any) -> Any:
    value = message.value()
    assert value is not None
    assert value[0] == 0
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schema)


def polled(servers: str, topic: str, decode: Callable[[Message], BaseModel], records: int) -> float:
    """The loop that a careful person writes; microseconds a record, from the first on."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": new_group(), **GROUP_SETTINGS})
    consumer.subscribe([topic])
    seen = 0
    began = 0.0
    while seen < records:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise RuntimeError(message.error())
        if not seen:
            began = time.perf_counter()
        decode(message)
        consumer.store_offsets(message=message)
        seen += 1
    elapsed = time.perf_counter() - began
    consumer.close()
    return elapsed / records * 1e6


def consumed(model: type[FlowBaseModel], records: int) -> float:
    seen = 0
    began = 0.0
    with model.consume_iter(group_id=new_group(), max_messages=records) as stream:
        for _ in stream:
            if not seen:
                began = time.perf_counter()
            seen += 1
        elapsed = time.perf_counter() - began
    assert seen == records
    get_kafka_connection().close()  # or the group's consumer would go on reading ahead
    return elapsed / records * 1e6


async def aconsumed(records: int) -> float:
    seen = 0
    began = 0.0
    async with EventRecord.aconsume_iter(group_id=new_group(), max_messages=records) as stream:
        async for _ in stream:
            if not seen:
                began = time.perf_counter()
            seen += 1
        elapsed = time.perf_counter() - began
    assert seen == records
    get_kafka_connection().close()  # or the group's consumer would go on reading ahead
    return elapsed / records * 1e6


def new_group() -> str:
    return f"benchmark-{uuid.uuid4().hex[:12]}"


# --- producing -------------------------------------------------------------------------------


def produce(servers: str, records: int) -> None:
    models = [OutRecord.model_validate(value) for value in events().values]
    schema = avro_of(OutRecord)
    prefix = models[0].to_bytes()[:5]
    batch = [models[number % 1000] for number in range(records)]
    producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True})

    def ours() -> float:
        began = time.perf_counter()
        deliveries = OutRecord.produce_many(batch)
        elapsed = time.perf_counter() - began
        assert len(deliveries) == records
        return elapsed / records * 1e6

    def by_hand() -> float:
        failures: list[KafkaError] = []

        def on_delivery(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                failures.append(error)

        began = time.perf_counter()
        for model in batch:
            while True:
                try:
                    producer.produce(
                        "out", value=written(model, schema, prefix), on_delivery=on_delivery
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(60) == 0
        assert not failures
        return (time.perf_counter() - began) / records * 1e6

    report(f"produce_many, {records:,} models", {"FlowODM": ours, "hand-written": by_hand})
    report(
        "serialise a model",
        {
            "FlowODM to_bytes": lambda: each(models, OutRecord.to_bytes),
            "hand-written": lambda: each(models, lambda model: written(model, schema, prefix)),
        },
    )


def written(model: BaseModel, schema: Any, prefix: bytes) -> bytes:
    buffer = io.BytesIO()
    buffer.write(prefix)
    fastavro.schemaless_writer(buffer, schema, model.model_dump())
    return buffer.getvalue()


def each(models: list[OutRecord], function: Callable[[Any], bytes], times: int = 50) -> float:
    began = time.perf_counter()
    for _ in range(times):
        for model in models:
            function(model)
    return (time.perf_counter() - began) / (times * len(models)) * 1e6


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS)
