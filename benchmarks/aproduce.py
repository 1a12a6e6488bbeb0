"""An event loop with 1,000 `aproduce` at once: how long it is held up, and a delivery's latency.

Beside `aproduce` stands the asyncio producer that people write: fastavro, a future per message,
one thread that polls, `call_soon_threadsafe` for each report. Beside `produce` stands fastavro
with confluent's `produce` and `flush`.

usage: python -m benchmarks.aproduce
"""

import asyncio
import statistics
import threading
import time
from collections.abc import Awaitable, Callable

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.library import avro_of, written
from benchmarks.messages import events
from benchmarks.models import Event
from benchmarks.rounds import interleaved
from flowodm import FlowBaseModel, connect
from flowodm.sandbox import Sandbox

AT_ONCE = 1_000
WAVES = 5
BEAT = 0.001
TOPIC = "aproduce"

Send = Callable[["Record"], Awaitable[object]]


class Record(FlowBaseModel, Event):
    class Settings:
        topic = TOPIC
        key_field = "user"


RECORDS = tuple(Record.model_validate(value) for value in events(AT_ONCE).values)


def main() -> None:
    with Sandbox() as sandbox:
        servers = sandbox.bootstrap_servers
        admin = AdminClient(sandbox.client_config)
        for future in admin.create_topics([NewTopic(TOPIC, 4, 1)]).values():
            future.result()
        connection = connect(bootstrap_servers=servers, schema_registry_url=sandbox.registry_url)
        with connection:
            measure(HandWritten(servers))


def measure(by_hand: "HandWritten") -> None:
    def both(figure: Callable[[Send], Awaitable[float]]) -> dict[str, Callable[[], float]]:
        return {
            "FlowODM": lambda: asyncio.run(figure(Record.aproduce)),  # type: ignore[arg-type]
            "hand-written": lambda: asyncio.run(figure(by_hand.send)),  # type: ignore[arg-type]
        }

    for case, figure in (
        (f"worst delay of a heartbeat under {AT_ONCE:,} concurrent aproduce", worst_delay),
        (f"{AT_ONCE:,} concurrent aproduce", elapsed),
    ):
        print(*interleaved(case, "ms", both(figure)).lines(), sep="\n", flush=True)
    contenders = {
        "FlowODM": lambda: latency(Record.produce),
        "produce and flush": lambda: latency(by_hand.produce_and_flush),
    }
    print(*interleaved("one produce, waited for", "ms", contenders).lines(), sep="\n", flush=True)
    by_hand.close()


async def worst_delay(send: Send) -> float:
    """Milliseconds by which the heartbeat came late at worst."""
    await send(RECORDS[0])
    late: list[float] = []

    async def heartbeat() -> None:
        while True:
            due = time.perf_counter() + BEAT
            await asyncio.sleep(BEAT)
            late.append(time.perf_counter() - due)

    beating = asyncio.create_task(heartbeat())
    for _ in range(WAVES):
        await asyncio.gather(*(send(record) for record in RECORDS))
    await asyncio.sleep(BEAT * 2)
    beating.cancel()
    return max(late) * 1e3


async def elapsed(send: Send) -> float:
    """Milliseconds until all of a wave are delivered."""
    await send(RECORDS[0])
    began = time.perf_counter()
    for _ in range(WAVES):
        await asyncio.gather(*(send(record) for record in RECORDS))
    return (time.perf_counter() - began) / WAVES * 1e3


def latency(send: Callable[["Record"], object], times: int = 200) -> float:
    """Milliseconds, the median of so many deliveries one after the other."""
    seconds = []
    for record in RECORDS[:times]:
        began = time.perf_counter()
        send(record)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1e3


class HandWritten:
    """The asyncio producer that people write."""

    def __init__(self, servers: str) -> None:
        config = {"bootstrap.servers": servers, "enable.idempotence": True}
        self._producer = confluent_kafka.Producer(config)
        self._flushed = confluent_kafka.Producer(config)
        self._schema = avro_of(Record)
        self._prefix = RECORDS[0].to_bytes()[:5]
        self._closing = False
        self._thread = threading.Thread(target=self._poll)
        self._thread.start()

    def _poll(self) -> None:
        while not self._closing:
            self._producer.poll(0.1)

    def close(self) -> None:
        self._closing = True
        self._thread.join()
        self._producer.flush()

    async def send(self, record: Record) -> confluent_kafka.Message:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[confluent_kafka.Message] = loop.create_future()

        def settle(
            error: confluent_kafka.KafkaError | None, message: confluent_kafka.Message
        ) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(confluent_kafka.KafkaException(error))
            else:
                future.set_result(message)

        def report(
            error: confluent_kafka.KafkaError | None, message: confluent_kafka.Message
        ) -> None:
            loop.call_soon_threadsafe(settle, error, message)

        self._producer.produce(TOPIC, self._written(record), record.user, on_delivery=report)
        return await future

    def produce_and_flush(self, record: Record) -> None:
        self._flushed.produce(TOPIC, self._written(record), record.user)
        self._flushed.flush()

    def _written(self, record: Record) -> bytes:
        return written(record, self._schema, self._prefix)


if __name__ == "__main__":
    main()
