"""The loop a careful person writes to print a topic: what `tail -e -o ndjson` is measured against.

usage: python -m benchmarks.handwritten_tail BOOTSTRAP REGISTRY TOPIC
"""

import io
import json
import sys

import fastavro
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient

TIMESTAMP_TYPES = {0: "unknown", 1: "create", 2: "logappend"}


def main(bootstrap: str, registry_url: str, topic: str) -> None:
    registry = SchemaRegistryClient({"url": registry_url})
    schemas: dict[int, object] = {}
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "handwritten", "enable.auto.commit": False}
    )
    partitions = list(consumer.list_topics(topic).topics[topic].partitions)
    ends = {}
    for partition in partitions:
        start, end = consumer.get_watermark_offsets(TopicPartition(topic, partition))
        if end > start:
            ends[partition] = end
    consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
    write = sys.stdout.write
    while ends:
        for message in consumer.consume(1000, 1.0):
            if message.error():
                raise SystemExit(str(message.error()))
            value = message.value()
            schema_id = int.from_bytes(value[1:5], "big")
            schema = schemas.get(schema_id)
            if schema is None:
                text = registry.get_schema(schema_id).schema_str
                schema = schemas[schema_id] = fastavro.parse_schema(json.loads(text))
            payload = fastavro.schemaless_reader(io.BytesIO(value[5:]), schema)
            timestamp_type, timestamp = message.timestamp()
            key = message.key()
            envelope = {
                "topic": message.topic(),
                "partition": message.partition(),
                "offset": message.offset(),
                "tstype": TIMESTAMP_TYPES[timestamp_type],
                "ts": timestamp,
                "headers": [[name, raw.decode()] for name, raw in message.headers() or ()],
                "key_encoding": "null" if key is None else "text",
                "key": None if key is None else key.decode(),
                "payload_encoding": "avro",
                "payload": payload,
                "key_schema_id": None,
                "value_schema_id": schema_id,
            }
            write(json.dumps(envelope) + "\n")
            if message.offset() + 1 >= ends.get(message.partition(), 0):
                ends.pop(message.partition(), None)
    consumer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
