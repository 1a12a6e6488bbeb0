"""Consumer loops on a broker, against the loops people write by hand.

usage: python -m benchmarks.loops [RECORDS]
"""

import asyncio
import sys
import threading
import time
from typing import Any

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.library import (
    GROUP_SETTINGS,
    EventRecord,
    avro_of,
    fill,
    new_group,
    read_body,
    report,
)
from benchmarks.messages import events
from benchmarks.models import Event
from flowodm import AsyncConsumerLoop, BatchSettings, ConsumerLoop, RealTimeSettings, connect
from flowodm.sandbox import Sandbox

RECORDS = 200_000
SLOW = 20_000
PARTITIONS = 4
WAIT = 0.005
RATE = 1_000
SECONDS = 10


def main(records: int) -> None:
    with Sandbox() as sandbox:
        registry = sandbox.registry_url
        assert registry is not None
        connect(bootstrap_servers=sandbox.bootstrap_servers, schema_registry_url=registry)
        admin = AdminClient(sandbox.client_config)
        topics = [NewTopic(name, PARTITIONS, 1) for name in ("events", "latency")]
        for future in admin.create_topics(topics).values():
            future.result()
        fill(EventRecord, events(), records)
        servers = sandbox.bootstrap_servers
        nothing(servers, records)
        ordering(records)
        waiting(servers, min(SLOW, records))
        latency()


def nothing(servers: str, records: int) -> None:
    """A handler that does nothing."""
    by_hand = lambda: handwritten(servers, records)  # noqa: E731
    for concurrency in (1, 8):
        report(
            f"{records:,} records, a handler that does nothing, concurrency {concurrency}",
            {
                "FlowODM": lambda workers=concurrency: threads(records, concurrency=workers),
                "hand-written poll loop": by_hand,
            },
        )


def ordering(records: int) -> None:
    report(
        f"{records:,} records in the order of their keys, concurrency 8",
        {
            "by key": lambda: threads(records, concurrency=8, ordering="key"),
            "by none": lambda: threads(records, concurrency=8, ordering="none"),
        },
    )


def waiting(servers: str, records: int) -> None:
    """A handler that waits, as for another service."""
    report(
        f"{records:,} records, a handler that waits {WAIT * 1000:g} ms, 64 at once",
        {
            "FlowODM, async": lambda: asyncio.run(tasks(records)),
            "hand-written asyncio pool": lambda: asyncio.run(handwritten_pool(servers, records)),
        },
    )


class Counted:
    """Stops a loop after so many records; microseconds a record, from the first on."""

    def __init__(self, records: int) -> None:
        self.left = records
        self.records = records
        self.began = 0.0
        self.elapsed = 0.0
        self.loop: Any = None
        self._lock = threading.Lock()

    def __call__(self, _event: Any) -> None:
        if not self.began:
            self.began = time.perf_counter()
        with self._lock:
            self.left -= 1
            left = self.left
        if left == 0:
            self.elapsed = time.perf_counter() - self.began
            self.loop.stop()

    @property
    def figure(self) -> float:
        return self.elapsed / self.records * 1e6


def threads(records: int, **options: Any) -> float:
    counted = Counted(records)
    counted.loop = ConsumerLoop(
        EventRecord, counted, BatchSettings, new_group(), name="benchmark", **options
    )
    counted.loop.run()
    return counted.figure


async def tasks(records: int) -> float:
    counted = Counted(records)

    async def handle(event: Any) -> None:
        await asyncio.sleep(WAIT)
        counted(event)

    counted.loop = AsyncConsumerLoop(
        EventRecord, handle, BatchSettings, new_group(), concurrency=64, ordering="none"
    )
    await counted.loop.run()
    return counted.figure


def handwritten(servers: str, records: int) -> float:
    """Poll, decode, handle, store: the loop that a careful person writes."""
    schema = avro_of(EventRecord)
    config = {"bootstrap.servers": servers, "group.id": new_group(), **GROUP_SETTINGS}
    consumer = Consumer(config)
    consumer.subscribe(["events"])
    counted = Counted(records)
    counted.loop = Loop()
    while counted.left > 0:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise RuntimeError(message.error())
        counted(Event.model_validate(read_body(message, schema)))
        consumer.store_offsets(message=message)
    consumer.close()
    return counted.figure


class Quick(EventRecord):
    class Settings:
        topic = "latency"
        profile = RealTimeSettings


class Loop:
    def stop(self) -> None:
        pass


async def handwritten_pool(servers: str, records: int) -> float:
    """A thread that polls in batches, a queue, and 64 tasks; no order is kept, and nothing tracked."""
    schema = avro_of(EventRecord)
    config = {"bootstrap.servers": servers, "group.id": new_group(), **GROUP_SETTINGS}
    consumer = Consumer(config)
    consumer.subscribe(["events"])
    counted = Counted(records)
    counted.loop = Loop()
    queue: asyncio.Queue[Any] = asyncio.Queue(500)

    async def work() -> None:
        while True:
            message = await queue.get()
            event = Event.model_validate(read_body(message, schema))
            await asyncio.sleep(WAIT)
            counted(event)

    async def take() -> None:
        while True:
            for message in await asyncio.to_thread(consumer.consume, 500, 0.1):
                if not message.error():
                    await queue.put(message)

    workers = [asyncio.create_task(work()) for _ in range(64)]
    workers.append(asyncio.create_task(take()))
    while counted.left > 0:
        await asyncio.sleep(0.01)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    consumer.close()
    return counted.figure


def latency() -> None:
    """From `produce` to the handler, at a steady rate."""
    models = [Quick.model_validate(value) for value in events().values]
    seen: list[float] = []
    sent: dict[str, float] = {}
    skipped = threading.Event()
    group = new_group()

    def handle(event: Any) -> None:
        key = event.meta.key
        if key in sent:
            seen.append(time.perf_counter() - sent[key])
        elif key == "begin":
            skipped.set()

    class Latest(RealTimeSettings):
        auto_offset_reset = "latest"

    loop = ConsumerLoop(Quick, handle, Latest, group, name="latency", concurrency=4)
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    while not skipped.wait(0.5):
        models[0].produce(key="begin")
    begun = time.perf_counter()
    for number in range(RATE * SECONDS):
        time.sleep(max(begun + number / RATE - time.perf_counter(), 0.0))
        key = f"m{number}"
        sent[key] = time.perf_counter()
        models[number % len(models)].produce_nowait(key=key)
    until = time.monotonic() + 10
    while len(seen) < len(sent) and time.monotonic() < until:
        time.sleep(0.05)
    loop.stop()
    thread.join()
    seen.sort()
    figures = [seen[int(len(seen) * share)] * 1000 for share in (0.5, 0.99, 0.999)]
    print(
        f"| {RATE:,} records a second, RealTime, {len(seen):,} of {len(sent):,} seen | FlowODM |"
        f" p50 {figures[0]:.1f}, p99 {figures[1]:.1f}, p99.9 {figures[2]:.1f} ms |",
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS)
