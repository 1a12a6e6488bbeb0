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
    from confluent_kafka import KafkaError, Message

    from flowodm.producer.sender import Sender

__all__ = ["Bridge", "deliver", "deliver_many", "send_many"]

_A_TURN: Final = 64
"""Records that are handled before the loop gets its turn."""
_ROOM: Final = 0.01
"""Seconds between two looks at a full queue."""
_PATIENCE: Final = 4.0


class Bridge:
    """Carries outcomes from the threads that get them into one event loop.

    Args:
        sender: Whose records.
        loop: Where they are waited for.
    """

    def __init__(self, sender: "Sender", loop: asyncio.AbstractEventLoop) -> None:
        self.turn = asyncio.Lock()
        """Held by the one who waits for room; the others wait behind it."""
        self.questions: dict[tuple[str, int | None], asyncio.Future[int]] = {}
        """The topics and partitions that are being asked for."""
        self.waiting: dict[asyncio.Future[Delivery], tuple[float, str, float]] = {}
        """Until when each record is waited for, on the loop's clock; its topic and timeout."""
        self._sender = sender
        self._loop = loop
        self._settled: deque[tuple[asyncio.Future[Delivery], Outcome]] = deque()
        self._is_crossing = False
        self._alarm: asyncio.TimerHandle | None = None

    def take(
        self,
        future: "asyncio.Future[Delivery]",
        error: "KafkaError | None",
        message: "Message",
    ) -> None:
        """Take the report of a record in; in any thread."""
        self._settled.append((future, self._sender.outcome(error, message)))
        if not self._is_crossing:
            self._is_crossing = True
            _call(self._loop, self._cross)

    def offer(self, record: Outgoing, report: Report) -> bool:
        """Hand a record over; False when there is no room, or the topic is not known yet."""
        if self.turn.locked():
            return False
        try:
            return self._sender.offer(record, report)
        except LookupError:
            return False

    def watch(
        self, future: "asyncio.Future[Delivery]", until: float, topic: str, timeout: float
    ) -> None:
        """See that nobody waits longer than that; one timer serves all."""
        self.waiting[future] = until, topic, timeout
        if self._alarm is None or until < self._alarm.when():
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(until, self._expire)

    def _cross(self) -> None:
        self._is_crossing = False  # first: what comes from now on calls again
        for _ in range(min(len(self._settled), _A_TURN)):
            future, outcome = self._settled.popleft()
            if not isinstance(outcome, FlowODMError):
                if not future.done():
                    future.set_result(outcome)
            elif not future.done():
                future.set_exception(outcome)
            else:  # cancelled, or out of time
                self._sender.poller().unheard.add(outcome)
        if self._settled:
            self._is_crossing = True
            self._loop.call_soon(self._cross)

    def _expire(self) -> None:
        self._alarm, now = None, self._loop.time()
        for future, (until, topic, timeout) in list(self.waiting.items()):
            if until <= now and not future.done():
                future.set_exception(expired(topic, timeout, self._sender.connection))
        later = [until for until, _, _ in self.waiting.values() if until > now]
        if later:
            self._alarm = self._loop.call_at(min(later), self._expire)


async def deliver(sender: "Sender", record: Outgoing, timeout: float) -> Delivery:
    """Do what `Producer.adeliver` says."""
    loop = asyncio.get_running_loop()
    bridge, poller = sender.bridges.get(loop) or _bridge(sender, loop), sender.poller()
    until = loop.time() + timeout
    future: asyncio.Future[Delivery] = loop.create_future()
    report = partial(bridge.take, future)
    poller.awaited.add(future)
    try:
        if not bridge.offer(record, report):
            try:
                async with asyncio.timeout_at(until):
                    await _enqueue(sender, bridge, record, report, timeout)
            except TimeoutError:
                raise expired(record.topic, timeout, sender.connection, is_queued=False) from None
        poller.wake()
        bridge.watch(future, until, record.topic, timeout)
        return await future
    finally:
        poller.awaited.discard(future)
        bridge.waiting.pop(future, None)


async def deliver_many(sender: "Sender", records: Iterable[Outgoing]) -> list[Outcome]:
    """Do what `Producer.adeliver_many` says."""
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    bridge, poller = _bridge(sender, loop), sender.poller()
    batch = Batch(sender, on_settled=partial(_call, loop, news.set))
    try:
        for place, record in enumerate(records):
            batch.outcomes.append(None)
            try:
                report = batch.report(place)
                if not bridge.offer(record, report):
                    batch.check(record.topic)
                    await _enqueue(sender, bridge, record, report)
            except FlowODMError as error:
                batch.refuse(place, record.topic, error)
            if place % _A_TURN == 0:
                poller.wake()
                await asyncio.sleep(0)
        poller.awaited.add(batch)
        poller.wake()
        while (place := batch.missing()) < len(batch.outcomes):
            news.clear()
            batch.watched = place
            if batch.outcomes[place] is None:  # it was not settled just before it was watched
                await news.wait()
    except BaseException:
        batch.is_left = True
        raise
    finally:
        poller.awaited.discard(batch)
    return batch.complete()


async def send_many(sender: "Sender", records: Iterable[Outgoing], report: Report) -> None:
    """Do what `Producer.asend_many` says."""
    bridge, poller = _bridge(sender, asyncio.get_running_loop()), sender.poller()
    for place, record in enumerate(records):
        if not bridge.offer(record, report):
            await _enqueue(sender, bridge, record, report)
        if place % _A_TURN == 0:
            poller.wake()
            await asyncio.sleep(0)
    poller.wake()


async def _enqueue(
    sender: "Sender",
    bridge: Bridge,
    record: Outgoing,
    report: Report,
    timeout: float = _PATIENCE,
) -> None:
    """Hand a record over, behind those that wait for room already."""
    while True:
        try:
            if bridge.turn.locked() or not sender.offer(record, report):
                await _wait_for_room(sender, bridge, record, report)
        except LookupError:
            await _learn(sender, bridge, record, timeout)
            continue
        sender.poller().wake()
        return


async def _wait_for_room(
    sender: "Sender", bridge: Bridge, record: Outgoing, report: Report
) -> None:
    async with bridge.turn:
        while not sender.offer(record, report):
            sender.poller().wake()
            await asyncio.sleep(_ROOM)


async def _learn(sender: "Sender", bridge: Bridge, record: Outgoing, timeout: float) -> None:
    """Ask for a topic in a thread, once for everyone who wants to know."""
    key = record.topic, record.partition
    question = bridge.questions.get(key)
    if question is None:
        question = asyncio.ensure_future(asyncio.to_thread(sender.learn, *key, timeout))
        question.add_done_callback(partial(_answered, bridge, key))
        bridge.questions[key] = question
    await asyncio.shield(question)


def _answered(bridge: Bridge, key: tuple[str, int | None], question: "asyncio.Future[int]") -> None:
    bridge.questions.pop(key, None)
    if not question.cancelled():
        question.exception()  # seen, even when nobody waits for it any more


def _bridge(sender: "Sender", loop: asyncio.AbstractEventLoop) -> Bridge:
    bridge = sender.bridges.get(loop)
    if bridge is None:
        for other in list(sender.bridges):
            if other.is_closed():
                sender.bridges.pop(other, None)
        bridge = sender.bridges.setdefault(loop, Bridge(sender, loop))
    return bridge


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], object]) -> None:
    """Call a function in a loop, unless it is closed: nobody waits there any more."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function)
