"""Defects 10, 11 and 18 to 21: a group whose members come, go and are slow; threads and signals.

0.3.1 had them in its consumer loops, which are not in this version: here the verbs stand the test,
alone and in several threads.
"""

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from typing import Any, ClassVar

import pytest

from flowodm import BaseSettings
from flowodm.avro import AvroName
from tests.integration.defects.conftest import PATIENCE, settings
from tests.servers import wait_until

pytestmark = pytest.mark.integration

Committed = Callable[..., dict[int, int]]


def an_event(base: Any, topic: str, **said: Any) -> Any:
    class Event(base):
        Settings: ClassVar = settings(topic, key_field="key", **said)

        key: str
        number: int

    return Event


def fill(event: Any, count: int) -> None:
    event.produce_many([event(key="k", number=number) for number in range(count)])


QUICK = BaseSettings(heartbeat_interval_ms=300)
"""A member hears of a rebalance with a heartbeat."""


class Members:
    """Two members of one group at work in two threads, and records for as long as they last.

    The second joins and leaves while the first is at work.
    """

    KEYS = 8

    def __init__(self, first: Any, second: Any) -> None:
        self.done: list[tuple[Any, str, int]] = []
        """Who was done with which number of which key."""
        self.written = 0
        self.ends: dict[int, int] = {}
        self._events = first, second

    def run(self, work: Callable[[Any, threading.Event], None]) -> None:
        """Run `work(event, is_over)` as the first, and for a while as the second too."""
        first, second = self._events
        stops = threading.Event(), threading.Event()
        threads = [threading.Thread(target=work, args=(first, stops[0]))]
        try:
            threads[0].start()
            self._supply(lambda: self._count(first) > 50)
            threads.append(threading.Thread(target=work, args=(second, stops[1])))
            threads[1].start()
            self._supply(lambda: self._count(second) > 100)
            stops[1].set()
            threads[1].join(PATIENCE)
            second.get_connection().close()
            before = self._count(first)
            self._supply(lambda: self._count(first) > before + 200)
            wait_until(lambda: len(self.done) >= self.written, seconds=PATIENCE)
        finally:
            for stop in stops:
                stop.set()
            for thread in threads:
                thread.join(PATIENCE)

    def numbers(self, key: int) -> list[int]:
        """The numbers of a key, in the order in which they were done."""
        return [number for _, its, number in self.done if its == f"k{key}"]

    def _count(self, event: Any) -> int:
        return sum(who is event for who, _, _ in self.done)

    def _supply(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < until, "the group does not get on"
            if self.written - len(self.done) < 200:
                self._write(25 * self.KEYS)  # all of it is in the buffer of a member for a while
            time.sleep(0.01)

    def _write(self, count: int) -> None:
        event = self._events[0]
        places = range(self.written, self.written + count)
        self.written += count
        events = [event(key=f"k{at % self.KEYS}", number=at // self.KEYS) for at in places]
        for delivery in event.produce_many(events):
            self.ends[delivery.partition] = delivery.offset + 1


def test_10_a_rebalance_loses_nothing_and_repeats_nothing(
    base: Any, other_base: Any, make_topic: Callable[..., str], committed: Committed
) -> None:
    """0.3.1 did not hear of a rebalance: it went on with what was another member's by then."""
    topic = make_topic(partitions=4)
    members = Members(*(an_event(one, topic, profile=QUICK) for one in (base, other_base)))

    def work(event: Any, is_over: threading.Event) -> None:
        while not is_over.is_set():
            if (one := event.consume_one(0.1)) is not None:
                members.done.append((event, one.key, one.number))
                time.sleep(0.003)
        event.commit()

    members.run(work)
    count = members.written // members.KEYS
    for key in range(members.KEYS):
        assert sorted(members.numbers(key)) == list(range(count))
    assert committed(topic) == members.ends


IMPATIENT = BaseSettings(
    session_timeout_ms=6_000, heartbeat_interval_ms=1_500, max_poll_interval_ms=6_000
)


def test_11_a_member_at_work_stays_a_member(
    base: Any,
    make_topic: Callable[..., str],
    committed: Committed,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """0.3.1 did not poll while all its handlers were busy, and was put out of the group.

    Now it is polled between the records of however long a buffer, and by any thread that asks. One
    body that alone lasts longer than `max.poll.interval.ms` still costs the partitions, as Kafka
    means it to: its record comes again, and is not lost.
    """
    topic, lonely = make_topic(), make_topic()
    Event, Lonely = (an_event(base, name, profile=IMPATIENT) for name in (topic, lonely))
    fill(Event, 72)
    fill(Lonely, 3)
    is_over = threading.Event()

    def hold_one() -> int:
        held = Event.consume_one(PATIENCE).number
        is_over.wait(PATIENCE)
        Event.commit()
        return held

    def work_alone() -> list[int]:
        numbers: list[int] = []
        with Lonely.consume_iter(PATIENCE, max_messages=4) as events:
            for event in events:
                numbers.append(event.number)
                if numbers == [0, 1]:
                    time.sleep(8)
        return numbers

    with ThreadPoolExecutor() as pool:
        alone, holder = pool.submit(work_alone), pool.submit(hold_one)
        numbers = []
        for _ in range(71):
            numbers.append(Event.consume_one(PATIENCE).number)
            time.sleep(0.11)
        assert committed(topic).get(0, 0) <= min({*range(72)} - {*numbers})
        Event.commit()
        is_over.set()
        assert sorted([*numbers, holder.result(PATIENCE)]) == list(range(72))
        assert committed(topic) == {0: 72}
        assert f"gave the partitions of `{topic}`" not in caplog.text
        assert alone.result(PATIENCE) == [0, 1, 1, 2]
    assert f"gave the partitions of `{lonely}` to others" in caplog.text


def test_18_records_of_one_key_come_in_their_order(
    base: Any, other_base: Any, make_topic: Callable[..., str]
) -> None:
    """0.3.1 ran a handler for each record at once, whatever their keys."""
    topic = make_topic(partitions=4)
    members = Members(*(an_event(one, topic, profile=QUICK) for one in (base, other_base)))
    luck = Random(18)

    class Hiccup(Exception):
        """Something that goes wrong in a body, and not the next time."""

    def work(event: Any, is_over: threading.Event) -> None:
        while not is_over.is_set():
            with suppress(Hiccup), event.consume_iter(0.1, stop_when_idle=True) as events:
                for one in events:
                    if luck.random() < 0.05:
                        raise Hiccup
                    members.done.append((event, one.key, one.number))
                    time.sleep(0.001)
                    if is_over.is_set():
                        break

    members.run(work)
    for key in range(members.KEYS):
        assert members.numbers(key) == list(range(members.written // members.KEYS))


def test_19_verbs_run_in_any_thread_and_leave_signal_handlers_alone(base: Any, topic: str) -> None:
    """0.3.1's loop failed off the main thread, and in it replaced the handlers for good."""
    Event = an_event(base, topic)

    async def on_a_loop() -> list[int]:
        await Event(key="a", number=3).aproduce()
        found = [await Event.aconsume_one(PATIENCE), *await Event.aconsume_batch(1, PATIENCE)]
        async with Event.aconsume_iter(max_messages=1) as events:
            found += [event async for event in events]
        await Event.acommit()
        return [event.number for event in found]

    def everything() -> list[int]:
        Event(key="a", number=0).produce()
        Event.produce_many([Event(key="a", number=number) for number in (1, 2)])
        assert Event.consume_one(PATIENCE).number == 0
        Event.commit()
        return asyncio.run(on_a_loop())

    def handlers() -> list[Any]:
        return [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]

    before = handlers()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(everything).result(2 * PATIENCE) == [1, 2, 3]
    Event(key="a", number=4).produce()
    with Event.consume_iter(max_messages=1) as events:
        for event in events:
            assert event.number == 4
            assert handlers() == before
    assert handlers() == before


def test_20_one_run_follows_another_and_two_at_once_do_not_meet(
    base: Any, make_topic: Callable[..., str]
) -> None:
    """0.3.1's second run met the consumer that the first had closed; two runs shared one."""
    topic = make_topic(partitions=2)
    Event = an_event(base, topic)
    fill(Event, 6)
    for begin in (0, 2, 4):
        with Event.consume_iter(max_messages=2) as events:
            assert [event.number for event in events] == [begin, begin + 1]
        if begin == 2:
            base.get_connection().close()
    two = [Event.consume_iter(group_id=f"{topic}-{name}") for name in ("one", "two")]
    assert [next(events).number for _ in range(3) for events in two] == [0, 0, 1, 1, 2, 2]

    class Narrow(base):
        __avro__ = AvroName("Event")
        Settings: ClassVar = settings(topic)

        number: int

    Event.produce_many([Event(key=f"k{at}", number=at) for at in range(200)])
    taken: list[tuple[type, Any]] = []

    def work(cls: Any) -> None:
        until = time.monotonic() + PATIENCE
        while len(taken) < 200 and time.monotonic() < until:
            if (event := cls.consume_one(0.1)) is not None:
                taken.append((cls, event))

    threads = [threading.Thread(target=work, args=(cls,)) for cls in (Event, Narrow)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
    assert all(type(event) is cls for cls, event in taken)
    places = sorted((event.meta.partition, event.meta.offset) for _, event in taken)
    assert len(places) == len({*places}) == 200


def test_21_closing_does_not_wait_for_a_body_that_hangs(
    base: Any, other_base: Any, topic: str, committed: Committed
) -> None:
    """0.3.1's `stop()` waited until the last handler had returned, if it ever did."""
    Event = an_event(base, topic)
    fill(Event, 3)
    hangs, may_end = threading.Event(), threading.Event()

    def work() -> None:
        with Event.consume_iter() as events:
            for event in events:
                if event.number == 1:
                    hangs.set()
                    may_end.wait(3 * PATIENCE)
                    return

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert hangs.wait(PATIENCE)
        begun = time.monotonic()
        base.get_connection().close()
        assert time.monotonic() - begun < 15
        assert worker.is_alive()
        assert committed(topic) == {0: 1}
        assert an_event(other_base, topic).consume_one(PATIENCE).number == 1
    finally:
        may_end.set()
        worker.join(PATIENCE)
    assert not worker.is_alive()
