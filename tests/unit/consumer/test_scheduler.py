"""Whose turn it is: every record once, those of a lane one after the other."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from flowodm.consumer.job import Job
from flowodm.consumer.scheduler import ORDERINGS, Ordering, Scheduler
from tests.unit.consumer.jobs import job

pytestmark = pytest.mark.unit

KEYS = (None, b"a", b"b")
GONE = 10


def same_lane(ordering: Ordering, one: Job, other: Job) -> bool:
    """The definition of an order that counts."""
    if ordering == "none" or one.partition != other.partition:
        return False
    return ordering == "partition" or (one.key is not None and one.key == other.key)


class Scheduling(RuleBasedStateMachine):
    """Records come, are taken, done, tried again and dropped, in any order."""

    ordering: Ordering = "key"

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = Scheduler(self.ordering)
        self.waiting: list[Job] = []
        """In the order they came."""
        self.hands: list[list[Job]] = []
        self.due: dict[Job, float] = {}
        self.now = 0.0
        self.offset = 0

    @rule(partition=st.integers(0, 1), key=st.sampled_from(KEYS))
    def add(self, partition: int, key: bytes | None) -> None:
        self.offset += 1
        new = job(self.offset, partition, key)
        self.scheduler.add(new)
        self.waiting.append(new)

    @rule(most=st.sampled_from([None, 1, 2, 5]))
    def take(self, most: int | None) -> None:
        if most is None:
            one = self.scheduler.take(self.now)
            taken = [] if one is None else [one]
        else:
            taken = self.scheduler.take_some(self.now, most)
            assert len(taken) <= most
            assert len(taken) < 2 or not any(one.is_alone for one in taken)
        busy = [one for hand in self.hands for one in hand]
        for one in taken:
            assert not any(same_lane(self.ordering, one, other) for other in busy)
            before = self.waiting[: self.waiting.index(one)]
            assert not any(same_lane(self.ordering, one, other) for other in before)
            assert self.due.pop(one, self.now) <= self.now
            self.waiting.remove(one)
        if taken:
            self.hands.append(taken)
        elif not self.scheduler.held:
            assert not self.could_be_taken(), "it hands out nothing, and something is ready"

    def could_be_taken(self) -> bool:
        busy = [one for hand in self.hands for one in hand]
        for place, one in enumerate(self.waiting):
            lane = [*busy, *self.waiting[:place]]
            first = not any(same_lane(self.ordering, one, other) for other in lane)
            if first and self.due.get(one, 0.0) <= self.now:
                return True
        return False

    @precondition(lambda self: self.hands)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        hand = self.hands.pop(data.draw(st.integers(0, len(self.hands) - 1)))
        self.scheduler.finish_some(hand)

    @precondition(lambda self: self.hands)
    @rule(data=st.data(), delay=st.floats(0, 10), hold=st.booleans())
    def retry(self, data: st.DataObject, delay: float, hold: bool) -> None:
        hand = self.hands.pop(data.draw(st.integers(0, len(self.hands) - 1)))
        self.scheduler.retry(hand, self.now + delay, hold=hold)
        self.give_back(hand)
        for one in hand:
            if one.partition < GONE:
                self.due[one] = self.now + delay

    @precondition(lambda self: self.hands)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        hand = self.hands.pop(data.draw(st.integers(0, len(self.hands) - 1)))
        hand[0].is_alone = True
        self.scheduler.put_back(hand)
        self.give_back(hand)

    def give_back(self, hand: list[Job]) -> None:
        ours = [one for one in hand if one.partition < GONE]
        self.waiting = sorted([*ours, *self.waiting], key=lambda one: one.offset)

    @rule(partition=st.integers(0, 1))
    def drop(self, partition: int) -> None:
        self.scheduler.drop(partition)
        self.waiting = [one for one in self.waiting if one.partition != partition]
        busy = [one for hand in self.hands for one in hand if one.partition == partition]
        for one in busy:  # they belong to an assignment that is over
            one.partition = GONE + one.offset

    @rule(partition=st.integers(0, 1))
    def release(self, partition: int) -> None:
        self.scheduler.release(partition)

    @rule(seconds=st.floats(0, 5))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def every_record_is_counted_once(self) -> None:
        assert self.scheduler.queued == len(self.waiting)
        assert set(self.scheduler.waiting()) == set(self.waiting)
        assert len(self.scheduler.running) == sum(map(len, self.hands))

    def teardown(self) -> None:
        """In the end everything can be had, and nothing is left behind."""
        for hand in self.hands:
            self.scheduler.finish_some(hand)
        for partition in (0, 1):
            self.scheduler.release(partition)
        self.now += 1_000
        taken = set()
        while (one := self.scheduler.take(self.now)) is not None:
            taken.add(one)
            self.scheduler.finish(one)
        assert taken == set(self.waiting)
        assert not self.scheduler._lanes


def machine(ordering: Ordering) -> type:
    made = type(f"Scheduling{ordering.title()}", (Scheduling,), {"ordering": ordering})
    case = made.TestCase
    case.pytestmark = [pytest.mark.unit]
    return case


TestByKey, TestByPartition, TestByNothing = (machine(one) for one in ORDERINGS)


def test_a_record_that_waits_to_be_tried_again_keeps_its_lane_waiting_and_no_other():
    scheduler = Scheduler("key")
    first, second, other = job(1, key=b"a"), job(2, key=b"a"), job(3, key=b"b")
    for one in (first, second, other):
        scheduler.add(one)
    assert scheduler.take(0.0) is first
    scheduler.retry([first], 5.0)
    assert scheduler.take(1.0) is other
    assert scheduler.take(1.0) is None
    assert scheduler.due == 5.0
    assert scheduler.take(5.0) is first
    scheduler.finish(first)
    assert scheduler.take(5.0) is second


def test_in_an_outage_one_record_of_a_partition_tries_and_the_others_wait():
    scheduler = Scheduler("key")
    first, second = job(1, key=b"a"), job(2, key=b"b")
    elsewhere = job(3, partition=1, key=b"c")
    for one in (first, second, elsewhere):
        scheduler.add(one)
    assert scheduler.take(0.0) is first
    scheduler.retry([first], 5.0, hold=True)
    assert scheduler.held == {0}
    assert scheduler.take(1.0) is elsewhere
    assert scheduler.take(1.0) is None
    assert scheduler.take(5.0) is first
    assert scheduler.take(5.0) is None
    scheduler.finish(first)
    assert scheduler.take(5.0) is second


def test_records_without_a_key_wait_for_nobody():
    scheduler = Scheduler("key")
    one, other = job(1), job(2)
    scheduler.add(one)
    scheduler.add(other)
    assert [scheduler.take(0.0), scheduler.take(0.0)] == [one, other]


def test_once_stopped_nothing_is_handed_out():
    scheduler = Scheduler("none")
    scheduler.add(job(1))
    scheduler.is_stopped = True
    assert scheduler.take(0.0) is None
    assert scheduler.take_some(0.0, 5) == []


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_one_worker_goes_through_records_in_the_order_they_came(ordering: Ordering) -> None:
    scheduler = Scheduler(ordering)
    jobs = [job(n, key=key) for n, key in enumerate([b"a", b"a", b"a", b"b", b"a", None, b"b"])]
    for one in jobs:
        scheduler.add(one)
    taken = []
    while (one_taken := scheduler.take(0.0)) is not None:
        taken.append(one_taken)
        scheduler.finish(one_taken)
    assert taken == jobs
