"""`flowodm tail` as a whole process: against the hand-written loop, for memory, for latency.

usage: python -m benchmarks.tail [RECORDS]
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.messages import events
from benchmarks.processes import run
from benchmarks.rounds import interleaved
from flowodm.codec.framing import frame
from flowodm.config import RegistryConfig
from flowodm.registry import SchemaRegistry
from flowodm.sandbox import Sandbox

RECORDS = 500_000
GIGABYTE = 1_000_000_000


def main(records: int) -> None:
    with Sandbox() as sandbox:
        registry = sandbox.registry_url
        assert registry is not None
        env = {
            "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
            "SCHEMA_REGISTRY_URL": registry,
        }
        fill_topics(sandbox.bootstrap_servers, registry, records)
        tail = [sys.executable, "-m", "flowodm", "tail"]
        handwritten = [
            *(sys.executable, "-m", "benchmarks.handwritten_tail"),
            *(sandbox.bootstrap_servers, registry, "backlog"),
        ]

        def wall(*command: str) -> Callable[[], float]:
            return lambda: run(command, env=env).wall

        ours = [*tail, "backlog", "-e", "-o", "ndjson"]
        contenders = {"flowodm tail": wall(*ours), "hand-written": wall(*handwritten)}
        report(interleaved(f"{records:,} Avro records to NDJSON", "s", contenders).lines())

        five = [*tail, "five", "-e", "-o", "ndjson"]
        contenders = {
            "flowodm tail": lambda: first_line(five, env),
            "python -c pass": wall(sys.executable, "-c", "pass"),
        }
        case = interleaved("first record of a topic of five", "s", contenders)
        report(case.lines()[:2])

        peak = run([*tail, "large", "-e", "-o", "ndjson"], env=env).peak_megabytes
        report([f"| 1 GB tailed, peak memory | flowodm tail | {peak:,.0f} MB |"])


def first_line(command: list[str], env: dict[str, str]) -> float:
    """Seconds from the start of a process to its first line."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **env}
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - started
        process.stdout.read()
    assert line.startswith(b"{"), line
    return seconds


def report(lines: Iterable[str]) -> None:
    print(*lines, sep="\n", flush=True)


def fill_topics(bootstrap_servers: str, registry_url: str, records: int) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    topics = [NewTopic("backlog", 4, 1), NewTopic("five", 1, 1), NewTopic("large", 4, 1)]
    for future in admin.create_topics(topics).values():
        future.result()
    messages = events()
    registry = SchemaRegistry(RegistryConfig(url=registry_url))
    prefix = frame(registry.register("backlog-value", json.dumps(messages.schema)).schema_id)
    values = [prefix + each for each in messages.encoded]
    produce(bootstrap_servers, "backlog", values, records)
    produce(bootstrap_servers, "five", values, 5)
    filler = [bytes([65 + number % 26]) * 10_000 for number in range(100)]
    produce(bootstrap_servers, "large", filler, GIGABYTE // 10_000)


def produce(bootstrap_servers: str, topic: str, values: list[bytes], count: int) -> None:
    producer = Producer({"bootstrap.servers": bootstrap_servers, "linger.ms": 20})
    for number in range(count):
        while True:
            try:
                producer.produce(
                    topic, key=f"key-{number % 1000}", value=values[number % len(values)]
                )
                break
            except BufferError:
                producer.poll(0.05)
        if number % 1000 == 0:
            producer.poll(0)
    if producer.flush(60):
        raise RuntimeError(f"{topic} was not filled")


if __name__ == "__main__":
    started = time.perf_counter()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS)
    print(f"{time.perf_counter() - started:,.0f} s in all", file=sys.stderr)
