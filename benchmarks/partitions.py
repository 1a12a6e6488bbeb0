"""10,000 partitions looked at: seconds, memory, and the requests that were sent, counted.

usage: python -m benchmarks.partitions
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from benchmarks.processes import Usage, measured
from benchmarks.rounds import interleaved
from flowodm.sandbox import Sandbox

PARTITIONS = 10_000
SHAPES = (1, 100, 10_000)
"""How many topics they are in."""
GROUP = "reader"
FLOWODM = [sys.executable, "-m", "flowodm"]
BARE = """
import sys
from confluent_kafka.admin import AdminClient
metadata = AdminClient({"bootstrap.servers": sys.argv[1]}).list_topics(timeout=30)
for name, topic in metadata.topics.items():
    print(name, [(one.id, one.leader, one.replicas, one.isrs) for one in topic.partitions.values()])
"""
"""What kcat -L does: metadata, written out."""

# A broker of the sandbox has room for so many: small indexes, and one partition of commits.
SETTINGS = {"log.index.size.max.bytes": "4096", "offsets.topic.num.partitions": "1"}


def main() -> None:
    """Print the rows of each shape."""
    for topics in SHAPES:
        with cluster(topics) as servers:
            report(topics, servers)


@contextmanager
def cluster(topics: int) -> Iterator[str]:
    """Yield a broker with so many topics, and a group that is one record behind in each partition."""
    with Sandbox(registry=False, properties=SETTINGS) as sandbox:
        config = sandbox.client_config
        names = [f"many-{number:05d}" for number in range(topics)]
        each = PARTITIONS // topics
        make(AdminClient(dict(config)), names, each)
        places = [TopicPartition(name, number, 0) for name in names for number in range(each)]
        produce(config, places)
        commit(config, places)
        yield sandbox.bootstrap_servers


def make(admin: AdminClient, names: list[str], each: int) -> None:
    """Make topics a few at a time: the controller takes 10,000 records of its own log at once."""
    at_once, first = max(1, 2_000 // each), min(each, 5_000)
    for begin in range(0, len(names), at_once):
        new = [NewTopic(name, first, 1) for name in names[begin : begin + at_once]]
        for future in admin.create_topics(new, operation_timeout=60).values():
            future.result(120)
    if first < each:
        more = [NewPartitions(name, each) for name in names]
        for future in admin.create_partitions(more, operation_timeout=60).values():
            future.result(120)
        while len(admin.list_topics(timeout=30).topics[names[0]].partitions) < each:
            time.sleep(0.1)  # brokers hear of it a moment later


def produce(config: Mapping[str, str], places: list[TopicPartition]) -> None:
    """Write one record to each partition."""
    producer = Producer(
        {**config, "enable.idempotence": True, "queue.buffering.max.messages": 20_000}
    )
    failed: list[object] = []
    for one in places:
        producer.produce(
            one.topic,
            b"x",
            partition=one.partition,
            on_delivery=lambda error, _: failed.append(error),
        )
        producer.poll(0)
    if producer.flush(180) or any(failed):
        raise RuntimeError("not all records were delivered")


def commit(config: Mapping[str, str], places: list[TopicPartition]) -> None:
    """Commit, as soon as the coordinator is there."""
    consumer = Consumer({**config, "group.id": GROUP, "enable.auto.commit": False})
    for begin in range(0, len(places), 1000):
        until = time.monotonic() + 120
        while True:
            try:
                consumer.commit(offsets=places[begin : begin + 1000], asynchronous=False)
                break
            except KafkaException:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
    consumer.close()


def report(topics: int, servers: str) -> None:
    """Measure each command, and metadata beside a bare client."""
    shape = f"{topics:,} × {PARTITIONS // topics:,}"
    for words in (
        ["topics", "list"],
        ["topics", "list", "-o", "json"],
        ["topics", "describe", "many-00000"],
        ["groups", "list"],
        ["groups", "lag"],
        ["groups", "describe", GROUP],
    ):
        usages = [once([*FLOWODM, *words], servers) for _ in range(3)]
        walls = " / ".join(f"{wall:.2f}" for wall in sorted(usage.wall for usage in usages))
        peak = max(usage.peak_megabytes for usage in usages)
        sent = ", ".join(
            f"{count} {name}" for name, count in sorted(requests(words, servers).items())
        )
        print(
            f"| {shape}: `{' '.join(words)}` | FlowODM | {walls} s, {peak:.0f} MB; {sent} |",
            flush=True,
        )
    bare = [sys.executable, "-c", BARE, servers]
    start = [sys.executable, "-c", "pass"]

    def beyond(command: list[str]) -> float:
        return once(command, servers).wall - once(start, servers).wall

    names = [*FLOWODM, "topics", "list", "-o", "name"]
    contenders = {
        "topics list -o name": lambda: beyond(names),
        "bare metadata": lambda: beyond(bare),
    }
    for line in interleaved(f"{shape}: beyond Python's start", "s", contenders).lines():
        print(line, flush=True)


def once(command: list[str], servers: str) -> Usage:
    """Run a command whose output is thrown away."""
    env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": servers}
    done, usage = measured(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr!r}")
    return usage


def requests(words: list[str], servers: str) -> Counter[str]:
    """Count the requests that a command sends, as librdkafka's own log has them."""
    env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": servers}
    done = subprocess.run(
        [*FLOWODM, *words, "--set", "debug=protocol", "-vv"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return Counter(re.findall(r"Sent (\w+)Request", done.stderr))


if __name__ == "__main__":
    main()
