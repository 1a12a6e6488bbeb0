"""An event loop with 1,000 deliveries at once: how long it is held up, and a delivery's latency.

Beside `Producer.adeliver` stands the asyncio producer that people write: a future per message,
one thread that polls, `call_soon_threadsafe` for each report. Beside `Producer.deliver` stands
`produce` and `flush`.

usage: python -m benchmarks.aproduce
"""

import asyncio
import statistics
import threading
import time
from collections.abc import Awaitable, Callable

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.rounds import interleaved
from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.producer import Delivery, Producer, producer_of
from flowodm.sandbox import Sandbox

AT_ONCE = 1_000
WAVES = 5
BEAT = 0.001
TOPIC = "aproduce"
VALUE = b"x" * 60

Send = Callable[[bytes], Awaitable[object]]


def main() -> None:
    with Sandbox() as sandbox:
        servers = sandbox.bootstrap_servers
        admin = AdminClient(sandbox.client_config)
        for future in admin.create_topics([NewTopic(TOPIC, 4, 1)]).values():
            future.result()
        context = Context(name="benchmark", source="benchmark", bootstrap_servers=servers)
        with KafkaConnection(context) as connection:
            measure(producer_of(connection), HandWritten(servers))


def measure(producer: Producer, by_hand: "HandWritten") -> None:
    async def ours(key: bytes) -> Delivery:
        return await producer.adeliver(TOPIC, key, VALUE)

    def both(figure: Callable[[Send], Awaitable[float]]) -> dict[str, Callable[[], float]]:
        return {
            "FlowODM": lambda: asyncio.run(figure(ours)),  # type: ignore[arg-type]
            "hand-written": lambda: asyncio.run(figure(by_hand.send)),  # type: ignore[arg-type]
        }

    for case, figure in (
        (f"worst delay of a heartbeat under {AT_ONCE:,} concurrent deliveries", worst_delay),
        (f"{AT_ONCE:,} concurrent deliveries", elapsed),
    ):
        print(*interleaved(case, "ms", both(figure)).lines(), sep="\n", flush=True)
    contenders = {
        "FlowODM": lambda: latency(lambda key: producer.deliver(TOPIC, key, VALUE)),
        "produce and flush": lambda: latency(by_hand.produce_and_flush),
    }
    case = "one delivery waited for, not async"
    print(*interleaved(case, "ms", contenders).lines(), sep="\n", flush=True)
    by_hand.close()


async def worst_delay(send: Send) -> float:
    """Milliseconds by which the heartbeat came late at worst."""
    await send(b"first")
    late: list[float] = []

    async def heartbeat() -> None:
        while True:
            due = time.perf_counter() + BEAT
            await asyncio.sleep(BEAT)
            late.append(time.perf_counter() - due)

    beating = asyncio.create_task(heartbeat())
    for _ in range(WAVES):
        await asyncio.gather(*(send(b"key-%d" % number) for number in range(AT_ONCE)))
    await asyncio.sleep(BEAT * 2)
    beating.cancel()
    return max(late) * 1e3


async def elapsed(send: Send) -> float:
    """Milliseconds until all of a wave are delivered."""
    await send(b"first")
    began = time.perf_counter()
    for _ in range(WAVES):
        await asyncio.gather(*(send(b"key-%d" % number) for number in range(AT_ONCE)))
    return (time.perf_counter() - began) / WAVES * 1e3


def latency(send: Callable[[bytes], object], times: int = 200) -> float:
    """Milliseconds, the median of so many deliveries one after the other."""
    seconds = []
    for number in range(times):
        began = time.perf_counter()
        send(b"key-%d" % number)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1e3


class HandWritten:
    """The asyncio producer that people write."""

    def __init__(self, servers: str) -> None:
        config = {"bootstrap.servers": servers, "enable.idempotence": True}
        self._producer = confluent_kafka.Producer(config)
        self._flushed = confluent_kafka.Producer(config)
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

    async def send(self, key: bytes) -> confluent_kafka.Message:
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

        self._producer.produce(TOPIC, VALUE, key, on_delivery=report)
        return await future

    def produce_and_flush(self, key: bytes) -> None:
        self._flushed.produce(TOPIC, VALUE, key)
        self._flushed.flush()


if __name__ == "__main__":
    main()
