"""Delivery in an event loop: reports cross into it in batches, and nothing here blocks it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from flowodm.errors import FlowODMError
from flowodm.producer.delivery import Delivery, Outcome, Outgoing, Report
from flowodm.producer.failures import expired
from flowodm.producer.many import Batch

if TYPE_CHECKING:
    from flowodm.producer.producer import Producer

__all__ = ["Bridge", "deliver", "deliver_many"]

_A_TURN: Final = 64
"""Records that are handled before the loop gets its turn."""
_ROOM: Final = 0.01
"""Seconds between two looks at a full queue."""
_PATIENCE: Final = 4.0


class Bridge:
    """Carries outcomes from the threads that get them into one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._settled: deque[tuple[asyncio.Future[Delivery], Outcome]] = deque()
        self._is_crossing = False
        self.turn = asyncio.Lock()
        """Held by the one who waits for room; the others wait behind it."""
        self.questions: dict[str, asyncio.Future[int]] = {}
        """The topics that are being asked for."""

    def settle(self, future: "asyncio.Future[Delivery]", outcome: Outcome) -> None:
        """Take an outcome in; in any thread."""
        self._settled.append((future, outcome))
        if not self._is_crossing:
            self._is_crossing = True
            _call(self._loop, self._cross)

    def _cross(self) -> None:
        self._is_crossing = False  # first: what comes from now on calls again
        for _ in range(min(len(self._settled), _A_TURN)):
            future, outcome = self._settled.popleft()
            if future.done():
                continue
            if isinstance(outcome, FlowODMError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
        if self._settled:
            self._is_crossing = True
            self._loop.call_soon(self._cross)


async def deliver(producer: "Producer", record: Outgoing, timeout: float) -> Delivery:
    """Do what `Producer.adeliver` says."""
    loop = asyncio.get_running_loop()
    until = loop.time() + timeout
    bridge, poller = _bridge(producer, loop), producer._live()
    future: asyncio.Future[Delivery] = loop.create_future()
    report = partial(producer._report, partial(bridge.settle, future))
    poller.awaited.add(future)
    try:
        try:
            async with asyncio.timeout_at(until):
                await _enqueue(producer, bridge, record, report, timeout)
        except TimeoutError:
            raise expired(record.topic, timeout, producer.connection, is_queued=False) from None
        timer = loop.call_at(until, _expire, future, record.topic, timeout, producer)
        try:
            return await future
        finally:
            timer.cancel()
    finally:
        poller.awaited.discard(future)


async def deliver_many(producer: "Producer", records: Iterable[Outgoing]) -> list[Outcome]:
    """Do what `Producer.adeliver_many` says."""
    loop, finished = asyncio.get_running_loop(), asyncio.Event()
    bridge, poller = _bridge(producer, loop), producer._live()
    batch = Batch(producer, on_complete=partial(_call, loop, finished.set))
    for place, record in enumerate(records):
        batch.outcomes.append(None)
        try:
            batch.check(record.topic)
            await _enqueue(producer, bridge, record, partial(batch.settle, place))
        except FlowODMError as error:
            batch.refuse(place, record.topic, error)
        if place % _A_TURN == 0:
            await asyncio.sleep(0)
    poller.awaited.add(batch)
    try:
        poller.wake()
        batch.seal()
        await finished.wait()
    finally:
        poller.awaited.discard(batch)
    return batch.finished()


async def _enqueue(
    producer: "Producer",
    bridge: Bridge,
    record: Outgoing,
    report: Report,
    timeout: float = _PATIENCE,
) -> None:
    """Hand a record over, behind those that wait for room already."""
    if not producer._knows(record.topic, record.partition):
        await _learn(producer, bridge, record.topic, timeout)
    if bridge.turn.locked() or not producer._offer(record, report):
        async with bridge.turn:
            while not producer._offer(record, report):
                producer._live().wake()
                await asyncio.sleep(_ROOM)
    producer._live().wake()


async def _learn(producer: "Producer", bridge: Bridge, topic: str, timeout: float) -> None:
    """Ask for a topic in a thread, once for everyone who wants to know."""
    question = bridge.questions.get(topic)
    if question is None:
        question = asyncio.ensure_future(asyncio.to_thread(producer._learn, topic, timeout))
        question.add_done_callback(partial(_answered, bridge, topic))
        bridge.questions[topic] = question
    await asyncio.shield(question)


def _answered(bridge: Bridge, topic: str, question: "asyncio.Future[int]") -> None:
    bridge.questions.pop(topic, None)
    if not question.cancelled():
        question.exception()  # seen, even when nobody waits for it any more


def _expire(
    future: "asyncio.Future[Delivery]", topic: str, timeout: float, producer: "Producer"
) -> None:
    if not future.done():
        future.set_exception(expired(topic, timeout, producer.connection))


def _bridge(producer: "Producer", loop: asyncio.AbstractEventLoop) -> Bridge:
    bridge = producer._bridges.get(loop)
    if bridge is None:
        for other in list(producer._bridges):
            if other.is_closed():
                producer._bridges.pop(other, None)
        bridge = producer._bridges.setdefault(loop, Bridge(loop))
    return bridge


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], object]) -> None:
    """Call a function in a loop, unless it is closed: nobody waits there any more."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function)
