"""`flowodm tui`: how soon it shows something, how fast it reads, and how the keys feel meanwhile.

usage: python -m benchmarks.tui [SECONDS]

SECONDS is how long the live tail lasts; a first frame is measured on a pseudo-terminal, the rest
inside the process, without one.
"""

import asyncio
import json
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic
from textual.pilot import Pilot

from benchmarks.inspector import FILTER, SIZE, Inspector
from benchmarks.messages import events
from benchmarks.tail import produce, report
from flowodm.cli.collections import rare_collections
from flowodm.cli.tui import screen_loop
from flowodm.codec.framing import frame
from flowodm.config import Context, RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.positions import End, Range, Start
from flowodm.registry import SchemaRegistry
from flowodm.sandbox import Sandbox
from flowodm.tui.app import InspectorApp
from flowodm.tui.screens.records import RecordsPage
from flowodm.tui.sources.bundle import sources_of
from flowodm.tui.sources.tail import TailRequest
from flowodm.tui.widgets.detail import Detail
from flowodm.tui.widgets.record_log import RecordLog

SCANNED = 200_000
LIVE_RATES = (20_000, 40_000, 60_000, 80_000)
"""Records a second that are offered to the live tail: the first is what an hour is held at."""
TRIES = 5


def main(seconds: float) -> None:
    with Sandbox() as sandbox, silent_server() as silent:
        registry = sandbox.registry_url
        assert registry is not None
        env = {
            "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
            "SCHEMA_REGISTRY_URL": registry,
        }
        fill(sandbox.bootstrap_servers, registry)
        case("first frame", best(lambda: shown_after([], "Topics(1)", env)), "s")
        case("topic names", best(lambda: shown_after([], "backlog", env)), "s")
        case(
            "a topic of five, from the start", best(lambda: shown_after(["five"], "user", env)), "s"
        )
        refused = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
        case("refused, told", shown_after([], "cannot reach", env | refused), "s")
        for name, arguments in (("topics", []), ("records", ["five"])):
            hanging = env | {"KAFKA_BOOTSTRAP_SERVERS": silent}
            case(
                f"silent broker, told on {name}",
                shown_after(arguments, "cannot reach", hanging),
                "s",
            )
        long_tail(env, registry, seconds)
        context = Context(
            name="bench",
            bootstrap_servers=sandbox.bootstrap_servers,
            schema_registry=RegistryConfig(url=registry),
        )
        with KafkaConnection(context) as connection:
            loop = screen_loop()
            with rare_collections():
                loop.run_until_complete(
                    inside(connection, sandbox.bootstrap_servers, registry, seconds)
                )
            loop.close()


async def inside(
    connection: KafkaConnection, servers: str, registry_url: str, seconds: float
) -> None:
    app = InspectorApp(sources_of(connection))
    async with app.run_test(size=SIZE) as pilot:
        case("memory once it is open", megabytes(), "MB")
        await small_topic(pilot)
        await large_value(pilot)
        await scan(pilot)
        for rate in LIVE_RATES:
            await live(pilot, servers, registry_url, rate, seconds)
        case("memory at the end, highest", peak_megabytes(), "MB")


async def small_topic(pilot: Pilot[None]) -> None:
    await until(lambda: len(pilot.app.sources.topics.known) > 0)
    await pilot.pause(1.0)  # a person looks at the list before
    began = time.perf_counter()
    await pilot.app.open_records("five")
    page = pilot.app.screen
    assert isinstance(page, RecordsPage)
    await until(lambda: bool(page.query(RecordLog)) and has_decoded(page, 5))
    case("a topic of five, from the list", time.perf_counter() - began, "s")


async def large_value(pilot: Pilot[None]) -> None:
    page = await open_records(pilot, "large-json")
    await until(lambda: has_decoded(page, 1))
    before, began = megabytes(), time.perf_counter()
    page.query_one(RecordLog).action_choose()  # what Enter does; a pilot's press waits besides
    await until(lambda: page.query_one(Detail).display)
    await drawn(page)
    case("1 MB of JSON, opened", time.perf_counter() - began, "s")
    case("1 MB of JSON, memory", megabytes() - before, "MB")
    began = time.perf_counter()
    page.leave()
    await drawn(page)
    case("1 MB of JSON, closed", time.perf_counter() - began, "s")


async def drawn(page: RecordsPage) -> None:
    """Wait until the screen is drawn anew."""
    done = asyncio.Event()
    page.call_after_refresh(done.set)
    await done.wait()


async def scan(pilot: Pilot[None]) -> None:
    for name, text in (("all", None), ("filtered", "value.items > 190")):
        page = await open_records(pilot, "backlog")
        lags: list[float] = []
        watch = asyncio.create_task(watch_lag(lags))
        began = time.perf_counter()
        page.restart(TailRequest("backlog", Range(Start(), End()), text))
        await until(partial(is_done, page), 60)
        took = time.perf_counter() - began
        watch.cancel()
        status = page._tail.status
        case(f"scan of {status.scanned:,}, {name} ({status.matched:,} kept)", took, "s")
        case(f"scan, {name}, rate", status.scanned / took, "records/s")
        tell_lags(f"scan, {name}", lags)


def is_done(page: RecordsPage) -> bool:
    return page._tail is not None and page._tail.status.is_done


async def live(
    pilot: Pilot[None], servers: str, registry_url: str, rate: int, seconds: float
) -> None:
    page = await open_records(pilot, "live")
    page.restart(TailRequest("live", Range(End()), FILTER))
    await until(lambda: page._tail is not None and page._tail.status.partitions > 0)
    lags: list[float] = []
    with subprocess.Popen(
        stream(servers, registry_url, rate, seconds), stdout=subprocess.DEVNULL
    ) as producer:
        await until(lambda: page._tail.status.scanned > 0)
        watch = asyncio.create_task(watch_lag(lags))
        began, cpu, before = time.perf_counter(), time.process_time(), page._tail.status.scanned
        behind: list[int] = []
        while time.perf_counter() - began < seconds - 1:
            await asyncio.sleep(0.1)
            behind.append(page._tail.status.to_go)
        took = time.perf_counter() - began
        count = page._tail.status.scanned - before
        cpu = time.process_time() - cpu
        watch.cancel()
        while producer.poll() is None:
            await asyncio.sleep(0.1)
    name = f"live tail, {rate:,} offered"
    case(f"{name}, decoded and filtered", count / took, "records/s")
    case(f"{name}, behind, median", statistics.median(behind), "records")
    case(f"{name}, share of a core", 100 * cpu / took, "%")
    case(f"{name}, dropped from the buffer", page._ring.span.dropped, "records")
    case(f"{name}, memory", megabytes(), "MB")
    tell_lags(name, lags)


def stream(servers: str, registry_url: str, rate: int, seconds: float) -> list[str]:
    """A process that produces to `live`."""
    arguments = [servers, registry_url, "live", str(rate), str(seconds)]
    return [sys.executable, "-m", "benchmarks.inspector", *arguments]


async def open_records(pilot: Pilot[None], topic: str) -> RecordsPage:
    await pilot.app.open_records(topic)
    await pilot.pause()
    page = pilot.app.screen
    assert isinstance(page, RecordsPage)
    return page


def has_decoded(page: RecordsPage, count: int) -> bool:
    log = page.query_one(RecordLog)
    return log.count == count and len(log._decoded) == count


async def until(is_so: Callable[[], bool], patience: float = 20.0) -> None:
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > patience:
            raise RuntimeError("it never came")
        await asyncio.sleep(0.005)


async def watch_lag(lags: list[float]) -> None:
    """Note how late the event loop is, a hundred times a second."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.01)
        lags.append(time.perf_counter() - began - 0.01)


def tell_lags(name: str, lags: list[float]) -> None:
    lags.sort()
    for share in (95, 99):
        late = lags[min(len(lags) * share // 100, len(lags) - 1)]
        case(f"{name}, event loop late, p{share}", late * 1000, "ms")


def shown_after(arguments: list[str], text: str, env: dict[str, str]) -> float:
    """Seconds from the start of a process until a terminal shows a text."""
    with Inspector(arguments, env) as inspector:
        return inspector.see(text)


def long_tail(env: dict[str, str], registry_url: str, seconds: float) -> None:
    """A whole process that follows and filters: its memory and its share of a core."""
    command = stream(env["KAFKA_BOOTSTRAP_SERVERS"], registry_url, LIVE_RATES[0], seconds)
    with Inspector(["live"], env) as inspector:
        inspector.see("from")
        inspector.type(f"/{FILTER}")
        inspector.see("where")
        inspector.type("\r")
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as producer:
            inspector.watch(1.0)
            began, cpu, halfway = time.perf_counter(), inspector.cpu, 0.0
            while producer.poll() is None:
                inspector.watch(0.5)
                if not halfway and time.perf_counter() - began > seconds / 2:
                    halfway = inspector.memory("VmRSS")
            took = time.perf_counter() - began
        case("a process, share of a core", 100 * (inspector.cpu - cpu) / took, "%")
        case("a process, memory halfway", halfway, "MB")
        case("a process, memory at the end", inspector.memory("VmRSS"), "MB")
        case("a process, memory at most", inspector.memory("VmHWM"), "MB")


def best(measure: Callable[[], float]) -> float:
    """The median of some tries."""
    return sorted(measure() for _ in range(TRIES))[TRIES // 2]


@contextmanager
def silent_server() -> Iterator[str]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def fill(servers: str, registry_url: str) -> None:
    names = {"backlog": 4, "five": 1, "large-json": 1, "live": 4}
    admin = AdminClient({"bootstrap.servers": servers})
    for future in admin.create_topics([NewTopic(n, p, 1) for n, p in names.items()]).values():
        future.result()
    messages = events()
    registry = SchemaRegistry(RegistryConfig(url=registry_url))
    prefix = frame(registry.register("backlog-value", json.dumps(messages.schema)).schema_id)
    values = [prefix + each for each in messages.encoded]
    produce(servers, "backlog", values, SCANNED)
    produce(servers, "five", values, 5)
    produce(servers, "large-json", [large_json()], 1)


def large_json() -> bytes:
    """A megabyte."""
    items = [{"number": number, "name": f"item {number}"} for number in range(24_000)]
    return json.dumps({"items": items}).encode()


def megabytes() -> float:
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def case(name: str, figure: float, unit: str) -> None:
    digits = 0 if figure >= 100 else 1 if figure >= 10 else 2
    report([f"| {name} | flowodm tui | {figure:,.{digits}f} {unit} |"])


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
