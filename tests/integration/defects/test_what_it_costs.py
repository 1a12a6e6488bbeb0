"""Defects 12, 22 and 24: what a verb costs others on the event loop, and what it keeps and does.

Work is counted, not timed: a machine may be slow.
"""

import asyncio
import gc
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from flowodm import BaseSettings, RegistryUnreachable
from flowodm.sandbox.registry import RegistryServer
from flowodm.sandbox.registry import server as registry_server
from flowodm.subscription.ledger import Hold
from tests.faces import play
from tests.integration.defects.conftest import PATIENCE, settings

pytestmark = pytest.mark.integration


def an_event(base: Any, topic: str, **said: Any) -> Any:
    class Event(base):
        Settings: ClassVar = settings(topic, key_field="key", **said)

        key: str
        number: int
        at: datetime = datetime(2024, 1, 1, tzinfo=UTC)
        note: str | None = None

    return Event


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes what is sent, and does not answer until it is closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


async def beats(waiting: Coroutine[Any, Any, Any]) -> tuple[int, Any]:
    """How often others had their turn while something waited, and what came of it."""
    count = 0
    task = asyncio.create_task(waiting)
    while not task.done():
        await asyncio.sleep(0.01)
        count += 1
    return count, task.exception() or task.result()


def test_12_async_verbs_do_not_hold_the_event_loop(
    base: Any, make_base: Callable[..., Any], topic: str, silent: socket.socket
) -> None:
    """0.3.1's async verbs polled, and asked the registry, on the event loop itself."""
    lost = make_base(f"http://127.0.0.1:{silent.getsockname()[1]}")
    Event, Lost = an_event(base, topic), an_event(lost, topic)

    async def scenario() -> None:
        await Event(key="a", number=1).aproduce()
        await Event.aconsume_one(PATIENCE)
        for waiting in (
            Event.aconsume_one(0.8),
            Event.aconsume_batch(10, 0.8),
            anext(Event.aconsume_iter(0.8, stop_when_idle=True), None),
        ):
            count, nothing = await beats(waiting)
            assert not nothing
            assert count > 10  # of 80 on a machine that has time; 0.3.1: one
        asyncio.get_running_loop().call_later(0.8, silent.close)
        count, error = await beats(Lost(key="a", number=1).aproduce())
        assert isinstance(error, RegistryUnreachable)
        assert count > 10

    play(scenario, seconds=3 * PATIENCE)


def living() -> dict[type, int]:
    """How many there are of what one record, or one who waits for it, may take."""
    gc.collect()
    found = Counter(type(one) for one in gc.get_objects())
    return {kind: found[kind] for kind in (asyncio.Task, asyncio.Future, Hold, threading.Thread)}


def test_22_what_is_kept_does_not_grow_with_what_has_passed(base: Any, topic: str) -> None:
    """0.3.1 kept a task for every record until there was nothing to poll for once."""
    Event = an_event(base, topic, profile=BaseSettings(max_poll_records=100))
    count = 3_000

    async def produce(number: int) -> None:
        await Event(key="a", number=number).aproduce()

    async def take() -> int:
        return int((await Event.aconsume_one(PATIENCE)).number)

    async def scenario() -> None:
        await produce(0)
        assert await take() == 0
        before = living()

        async def check() -> None:
            await asyncio.sleep(0)  # or the tasks of `gather` are still on their way out
            grown = {kind: many - before[kind] for kind, many in living().items()}
            assert max(grown.values()) <= 8, grown

        for begin in range(1, count, 500):
            end = min(begin + 500, count)
            await asyncio.gather(*(produce(number) for number in range(begin, end)))
            await check()
        seen = []
        async with Event.aconsume_iter(max_messages=1_000) as events:
            async for event in events:
                seen.append(event.number)
                if len(seen) % 200 == 0:
                    await check()
        while len(seen) < count - 1:
            wanted = min(200, count - 1 - len(seen))
            seen += await asyncio.gather(*(take() for _ in range(wanted)))
        assert sorted(seen) == list(range(1, count))
        await Event.acommit()
        await check()

    play(scenario, seconds=3 * PATIENCE)


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """The URL of a registry, and the requests that it has had."""
    requests: list[str] = []
    make = registry_server.application

    def counting(*arguments: Any) -> ASGIApp:
        application = make(*arguments)

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            requests.append(f"{scope['method']} {scope['path']}")
            await application(scope, receive, send)

        return serve

    monkeypatch.setattr(registry_server, "application", counting)
    with RegistryServer(tmp_path / "registry", port=0) as server:
        yield server.url, requests


def calls(work: Callable[[], Any]) -> int:
    """How many calls, of Python's functions and of built-in ones, some work makes here."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_24_a_record_costs_its_own_work_and_nothing_else(
    make_base: Callable[..., Any], topic: str, counted: tuple[str, list[str]]
) -> None:
    """0.3.1 looked the schema up, had it parsed, and went through the fields, for every record."""
    url, requests = counted
    Event = an_event(make_base(url), topic)
    count = 1_000
    events = [Event(key=f"k{number}", number=number) for number in range(count)]
    for event in events:
        event.produce_nowait()
    with Event.consume_iter(max_messages=count) as records:
        assert [record.number for record in records] == list(range(count))
    assert 1 <= len(requests) <= 4, requests

    assert calls(lambda: [event.to_bytes() for event in events]) <= 24 * count
    data = events[0].to_bytes()
    assert calls(lambda: [Event.from_bytes(data) for _ in range(count)]) <= 36 * count
    Event.produce_many(events)
    records = Event.consume_iter()
    next(records)
    assert calls(lambda: [next(records) for _ in range(count - 1)]) <= 30 * count
    assert len(requests) <= 4, requests
