"""Defects 7 to 9 and 15 to 17: what is committed, and when.

Work that ends out of order is several threads that take records of one model; consumer loops are
not in this version.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from flowodm import (
    BaseSettings,
    BatchSettings,
    DeserializationError,
    HighThroughputSettings,
    LongRunningSettings,
    RealTimeSettings,
    ReliableSettings,
    SettingsError,
    Tombstone,
)
from tests.faces import AsyncFace, play
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
    event.produce_many([event(key=f"k{number % 7}", number=number) for number in range(count)])


def test_07_nothing_unfinished_is_committed_and_nothing_goes_backwards(
    base: Any, topic: str, committed: Committed
) -> None:
    """0.3.1 committed each record as its handler ended: past others at work, and backwards."""
    count = 400
    Event = an_event(base, topic, profile=BaseSettings(auto_commit_interval_ms=20))
    Event.register_schema()
    at_work: dict[int, int] = {}
    done: set[int] = set()
    first_may_end, is_over = threading.Event(), threading.Event()

    def work(name: int) -> None:
        while len(done) < count and not is_over.is_set():
            event = Event.consume_one(0.1)
            if event is None:
                continue
            at_work[name] = event.number
            if event.number == 0:
                first_may_end.wait(PATIENCE)
            else:
                time.sleep(random.random() * 0.004)
            del at_work[name]
            done.add(event.number)
        Event.commit()  # else what an ended thread took last would come again

    workers = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for worker in workers:
        worker.start()
    fill(Event, count)  # while all of them wait for a record
    try:
        seen = [0]
        until = time.monotonic() + 2 * PATIENCE
        while (len(done) < count or seen[-1] < count) and time.monotonic() < until:
            before = dict(at_work)
            seen.append(committed(topic).get(0, 0))
            still = [at for name, at in before.items() if at_work.get(name) == at]
            assert seen[-1] <= min(still, default=count)
            if len(done) == count - 1:
                assert seen[-1] == 0
                first_may_end.set()
            if len(done) == count:
                assert Event.consume_one(0.1) is None
    finally:
        is_over.set()
        first_may_end.set()
        for worker in workers:
            worker.join(PATIENCE)
    assert seen == sorted(seen)
    assert seen[-1] == count


def test_08_commit_has_committed_when_it_returns(
    base: Any, topic: str, committed: Committed
) -> None:
    """0.3.1 handed the commit to the background, and its failure to nobody."""
    profile = BaseSettings(auto_commit_interval_ms=3_600_000)
    Event = an_event(base, topic, profile=profile)
    fill(Event, 20)

    async def scenario() -> None:
        for _ in range(10):
            event = await AsyncFace().one(Event, PATIENCE)
            await Event.acommit()
            assert committed(topic) == {0: event.number + 1}

    for number in range(10):
        assert Event.consume_one(PATIENCE).number == number
        Event.commit()
        assert committed(topic) == {0: number + 1}
    play(scenario)


def test_09_a_failure_is_raised_and_commits_nothing(
    base: Any, topic: str, committed: Committed, write: Callable[..., None]
) -> None:
    """0.3.1 committed a record whose handler had failed, and passed over what it could not read."""
    Event = an_event(base, topic)
    fill(Event, 3)
    write(topic, b"no avro")

    def fail_at_two() -> None:
        with Event.consume_iter() as events:
            for event in events:
                1 / (event.number - 2)

    with pytest.raises(ZeroDivisionError):
        fail_at_two()
    Event.commit()
    assert committed(topic) == {0: 2}
    with Event.consume_iter(max_messages=1) as events:
        assert [event.number for event in events] == [2]
    for _ in range(2):
        with pytest.raises(DeserializationError, match="offset 3"):
            Event.consume_one(PATIENCE)
    Event.commit()
    assert committed(topic) == {0: 3}


PROFILES = (
    BaseSettings,
    BatchSettings,
    HighThroughputSettings,
    LongRunningSettings,
    RealTimeSettings,
    ReliableSettings,
)


def test_15_what_commits_by_itself_commits_only_what_is_done(
    base: Any, topic: str, committed: Committed
) -> None:
    """0.3.1's real-time and high-throughput profiles committed what was delivered, done or not."""
    Event = an_event(base, topic)
    fill(Event, 3)
    for profile in PROFILES:
        group = f"{topic}-{profile.__name__}"
        quick = replace(profile(), auto_commit_interval_ms=20, auto_offset_reset="earliest")
        for _ in range(2):
            Event.consume_one(PATIENCE, group_id=group, settings=quick)
        wait_until(lambda group=group: committed(topic, group) == {0: 1}, seconds=PATIENCE)
    until = time.monotonic() + 1
    while time.monotonic() < until:  # the second records are in work, and stay uncommitted
        for profile in PROFILES:
            group = f"{topic}-{profile.__name__}"
            assert committed(topic, group) == {0: 1}
    with pytest.raises(SettingsError, match=r"enable\.auto\.offset\.store"):
        BaseSettings(extra_config={"enable.auto.offset.store": True})


def test_16_the_record_at_which_a_loop_breaks_does_not_come_again(
    base: Any, other_base: Any, topic: str, committed: Committed
) -> None:
    """0.3.1 committed a record when the next was asked for: `break` made it come again."""
    fill(an_event(base, topic), 5)
    with an_event(base, topic).consume_iter() as events:
        for event in events:
            if event.number == 2:
                break
    base.get_connection().close()
    assert committed(topic) == {0: 3}
    with an_event(other_base, topic).consume_iter() as events:
        assert next(events).number == 3


def test_17_a_tombstone_is_committed_like_any_record(
    base: Any, topic: str, committed: Committed
) -> None:
    """0.3.1 passed over records without a value: it never committed them, and never showed them."""
    Event = an_event(base, topic)
    fill(Event, 1)
    Event.produce_tombstone("k0")
    first, second = Event.consume_batch(2, PATIENCE)
    assert (first.number, type(second), second.key) == (0, Tombstone, "k0")
    Event.commit()
    assert committed(topic) == {0: 2}
