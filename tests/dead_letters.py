"""Dead letters as other tools write them, header by header, by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Producer

__all__ = ["STYLES", "Letter", "connect_headers", "produce_letters", "smallrye_headers"]

Pairs = list[tuple[str, bytes | None]]


def spring_headers(topic: str, partition: int, offset: int) -> Pairs:
    """As Spring Kafka's `DeadLetterPublishingRecoverer` writes them: numbers are big-endian."""
    return [
        ("kafka_dlt-original-topic", topic.encode()),
        ("kafka_dlt-original-partition", partition.to_bytes(4, "big")),
        ("kafka_dlt-original-offset", offset.to_bytes(8, "big")),
        ("kafka_dlt-original-timestamp", (1_700_000_000_000 + offset).to_bytes(8, "big")),
        ("kafka_dlt-original-timestamp-type", b"CreateTime"),
        ("kafka_dlt-original-consumer-group", b"billing"),
        ("kafka_dlt-exception-fqcn", b"org.example.PaymentDeclined"),
        ("kafka_dlt-exception-cause-fqcn", b"java.lang.IllegalStateException"),
        ("kafka_dlt-exception-message", b"the card was declined"),
        ("kafka_dlt-exception-stacktrace", b"org.example.PaymentDeclined\n\tat A.b(A.java:1)"),
    ]


def connect_headers(topic: str, partition: int, offset: int) -> Pairs:
    """As Kafka Connect's `DeadLetterQueueReporter` writes them: all of it is text."""
    return [
        ("__connect.errors.topic", topic.encode()),
        ("__connect.errors.partition", str(partition).encode()),
        ("__connect.errors.offset", str(offset).encode()),
        ("__connect.errors.connector.name", b"sink"),
        ("__connect.errors.task.id", b"0"),
        ("__connect.errors.stage", b"VALUE_CONVERTER"),
        ("__connect.errors.class.name", b"org.apache.kafka.connect.json.JsonConverter"),
        ("__connect.errors.exception.class.name", b"org.apache.kafka.connect.DataException"),
        ("__connect.errors.exception.message", b"no date"),
        ("__connect.errors.exception.stacktrace", b"org.apache.kafka.connect.DataException"),
    ]


def smallrye_headers(topic: str, partition: int, offset: int) -> Pairs:
    """As SmallRye Reactive Messaging's `dead-letter-queue` strategy writes them: text."""
    return [
        ("dead-letter-exception-class-name", b"java.lang.RuntimeException"),
        ("dead-letter-cause-class-name", b"java.lang.IllegalStateException"),
        ("dead-letter-reason", b"no stock"),
        ("dead-letter-cause", b"the shelf is empty"),
        ("dead-letter-topic", topic.encode()),
        ("dead-letter-partition", str(partition).encode()),
        ("dead-letter-offset", str(offset).encode()),
    ]


STYLES: Final = {
    "spring": spring_headers,
    "connect": connect_headers,
    "smallrye": smallrye_headers,
}


@dataclass(frozen=True)
class Letter:
    """One dead letter, as bytes."""

    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    partition: int = 0


def produce_letters(config: Mapping[str, str], topic: str, letters: Iterable[Letter]) -> None:
    """Write dead letters, and wait until all of them are there."""
    # idempotent, so that a retry on a new topic does not change their order
    producer, refused = Producer(dict(config) | {"enable.idempotence": True}), []
    for one in letters:
        producer.produce(
            topic,
            one.value,
            one.key,
            one.partition,
            headers=list(one.headers),
            on_delivery=lambda error, _: refused.append(error) if error else None,
        )
        producer.poll(0)
    assert producer.flush(30) == 0
    assert not refused
