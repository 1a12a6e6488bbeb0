"""How long leaving a group may take, with a consumer whose `close()` does not end by itself."""

import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from flowodm.subscription.leaving import Membership, others
from tests.servers import wait_until

pytestmark = pytest.mark.unit


class Stuck:
    """A consumer whose brokers are gone."""

    def __init__(self) -> None:
        self.is_closing = threading.Event()
        self.goes_on = threading.Event()

    def commit(self, asynchronous: bool) -> list[Any]:
        assert not asynchronous
        return []

    def close(self) -> None:
        self.is_closing.set()
        self.goes_on.wait(60)


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    made = Stuck()
    yield made
    made.goes_on.set()


def join(consumer: Any, topic: str, *partitions: int) -> Membership:
    made = Membership(consumer, "here", topic, "g")
    made.partitions.update(partitions)
    return made


def test_leaving_takes_no_longer_than_it_may(stuck: Stuck) -> None:
    begun = time.monotonic()
    join(stuck, "t").leave(0.2)
    assert time.monotonic() - begun < 30
    assert stuck.is_closing.wait(30)


class Refused(Stuck):
    """A consumer whose commits fail, so many times, with an error."""

    def __init__(self, code: int, times: int) -> None:
        super().__init__()
        self.goes_on.set()
        self._error, self.left = KafkaError(code), times

    def commit(self, asynchronous: bool) -> list[Any]:
        self.left -= 1
        if self.left < 0:
            return super().commit(asynchronous)
        raise KafkaException(self._error)


def test_a_commit_that_may_succeed_later_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    consumer = Refused(KafkaError.REBALANCE_IN_PROGRESS, 2)
    assert join(consumer, "t").leave(30)
    assert consumer.left == -1
    assert caplog.records == []


def test_a_commit_that_is_refused_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    consumer = Refused(KafkaError.UNKNOWN_MEMBER_ID, 9)
    assert join(consumer, "t").leave(30)
    assert consumer.left == 8
    (line,) = [record.message for record in caplog.records]
    assert line.startswith("topic `t`, group `g`: what was done last is not committed, and comes")


def test_leaving_waits_for_the_consumer_to_leave(stuck: Stuck) -> None:
    member = join(stuck, "t")
    threading.Timer(0.1, stuck.goes_on.set).start()
    member.leave(30)
    assert stuck.goes_on.is_set()


def test_the_consumer_outlives_whoever_had_it_until_it_has_left(stuck: Stuck) -> None:
    made = Stuck()
    made.goes_on, seen = stuck.goes_on, weakref.ref(made)
    member = join(made, "t")
    member.leave()
    del made, member
    gc.collect()
    assert seen() is not None
    stuck.goes_on.set()
    wait_until(lambda: seen() is None, seconds=30)


def test_others_are_members_of_the_same_group_and_topic_that_have_something(stuck: Stuck) -> None:
    mine, empty, full, elsewhere = (
        join(stuck, "same"),
        join(stuck, "same"),
        join(stuck, "same", 0),
        join(stuck, "else", 0),
    )
    assert others(mine) == [full]
    stuck.goes_on.set()
    for one in (mine, empty, full, elsewhere):
        one.leave(30)
    assert others(mine) == []


PROGRAM = """
import threading
from flowodm.subscription.leaving import Membership

class Stuck:
    def commit(self, asynchronous):
        return []
    def close(self):
        print("closing\\n", end="", flush=True)
        threading.Event().wait(120)

for number in range(3):
    Membership(Stuck(), "here", "t", "g")
"""


def test_a_program_ends_though_its_members_cannot_leave() -> None:
    begun = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert (ended.stdout, ended.stderr) == ("closing\n" * 3, "")
    assert 4 < time.monotonic() - begun < 60
