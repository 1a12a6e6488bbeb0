"""How far a partition is done, against the definition: the first offset that is not."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from flowodm.consumer.job import Job
from flowodm.consumer.tracker import Tracker
from tests.unit.consumer.jobs import job

pytestmark = pytest.mark.unit


class Tracking(RuleBasedStateMachine):
    """Offsets come with gaps, and are done in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker = Tracker(0, 1)
        self.received: list[Job] = []
        self.done: set[int] = set()
        self.stored: int | None = None
        self.next = 0

    @rule(gap=st.integers(0, 1_000))
    def receive(self, gap: int) -> None:
        new = job(self.next + gap)
        self.tracker.receive(new)
        self.received.append(new)
        self.next = new.offset + 1

    @precondition(lambda self: self.received)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.received))
        self.tracker.finish(one)
        self.done.add(one.offset)

    @precondition(lambda self: self.received)
    @rule(data=st.data())
    def finish_for_another_assignment(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.received))
        self.tracker.finish(job(one.offset, epoch=0))

    @rule()
    def store(self) -> None:
        advanced = self.tracker.advanced()
        if advanced is not None:
            assert self.stored is None or advanced > self.stored
            self.stored = advanced

    @invariant()
    def the_watermark_is_the_first_that_is_not_done(self) -> None:
        open_offsets = [one.offset for one in self.received if one.offset not in self.done]
        last = self.received[-1].offset + 1 if self.received else None
        assert self.tracker.watermark == min(open_offsets, default=last)
        assert (self.tracker.first and self.tracker.first.offset) == min(open_offsets, default=None)

    @invariant()
    def what_is_stored_passes_nothing_that_is_open(self) -> None:
        if self.stored is not None:
            assert all(one.offset in self.done for one in self.received if one.offset < self.stored)


Tracking.TestCase.pytestmark = [pytest.mark.unit]
TestTracking = Tracking.TestCase


def test_nothing_is_stored_before_something_is_done():
    tracker = Tracker(0, 1)
    assert tracker.advanced() is None
    tracker.receive(job(41))
    assert tracker.advanced() is None


def test_a_gap_is_passed_with_the_record_before_it():
    """Compaction and transactions leave gaps: the offset after 4 may be 9."""
    tracker, first, second = Tracker(0, 1), job(4), job(9)
    tracker.receive(first)
    tracker.receive(second)
    tracker.finish(first)
    assert tracker.advanced() == 9
    assert tracker.advanced() is None
    tracker.finish(second)
    assert tracker.advanced() == 10


def test_an_offset_below_what_came_is_known():
    tracker = Tracker(0, 1)
    assert not tracker.is_known(3)
    tracker.receive(job(5))
    assert tracker.is_known(5)
    assert tracker.is_known(2)
    assert not tracker.is_known(6)
