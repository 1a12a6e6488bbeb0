"""How far each partition has been read."""

import pytest

from flowodm.reading.spans import Partition, Span, Until
from flowodm.reading.tracker import Tracker, Where
from flowodm.record import Record

pytestmark = pytest.mark.unit

A, B = ("t", 0), ("t", 1)


def record(where: Where, offset: int, timestamp: int | None = 0) -> Record:
    return Record(*where, offset, "create", timestamp, None, None, ())


def span(where: Where, start: int, stop: int | None, latest: int = 10) -> Span:
    return Span(Partition(*where), start, stop, latest)


def tracker(*spans: Span) -> Tracker:
    made = Tracker()
    for one in spans:
        made.add(one)
    return made


def test_records_before_the_stop_are_kept_and_counted() -> None:
    read = tracker(span(A, 0, 10))
    records = [record(A, 0), record(A, 1)]
    assert read.accept(records, lambda _: {A: 2}) == records
    assert read.open == {A}
    (progress,) = read.progress({})
    assert (progress.position, progress.records, progress.remaining) == (2, 2, 8)


def test_a_partition_is_done_where_its_position_is_the_stop() -> None:
    read = tracker(span(A, 0, 2), span(B, 0, 2))
    read.accept([record(A, 0), record(A, 1)], lambda _: {A: 2})
    assert read.open == {B}
    assert read.take_closed() == [A]
    assert read.take_closed() == []


def test_records_past_the_stop_are_dropped_though_they_came_in_the_same_batch() -> None:
    read = tracker(span(A, 0, 2), span(B, 0, 9))
    records = [record(A, 0), record(B, 0), record(A, 1), record(A, 2), record(B, 1)]
    kept = read.accept(records, lambda _: {A: 3, B: 2})
    assert kept == [record(A, 0), record(B, 0), record(A, 1), record(B, 1)]
    assert [one.records for one in read.progress({})] == [2, 2]


def test_records_that_come_after_the_stop_was_reached_are_dropped() -> None:
    read = tracker(span(A, 0, 2))
    read.accept([record(A, 0), record(A, 1)], lambda _: {A: 2})
    assert read.accept([record(A, 2)], lambda _: {}) == []


def test_a_gap_at_the_end_is_passed_by_the_position_alone() -> None:
    read = tracker(span(A, 0, 8))
    read.accept([record(A, 3)], lambda _: {A: 4})
    assert read.open == {A}
    read.advance({A: 8})
    assert not read.open


def test_a_record_beyond_a_gap_that_holds_the_stop_ends_the_partition() -> None:
    read = tracker(span(A, 0, 5))
    assert read.accept([record(A, 3), record(A, 9)], lambda _: {A: 10}) == [record(A, 3)]
    assert not read.open


def test_records_of_a_partition_nobody_asked_for_are_dropped() -> None:
    read = tracker(span(A, 0, 10))
    assert read.accept([record(B, 0)], lambda _: {B: 1}) == []


def test_an_empty_span_is_never_open() -> None:
    read = tracker(span(A, 5, 5))
    assert not read.open
    assert read.known == {A}
    assert read.progress({})[0].is_done


def test_a_position_never_goes_back() -> None:
    read = tracker(span(A, 5, None))
    read.advance({A: 9})
    read.advance({A: 7})
    assert read.position(A) == 9


def test_a_partition_that_begins_anew_keeps_its_count() -> None:
    read = tracker(span(A, 5, None))
    read.accept([record(A, 5)], lambda _: {A: 6})
    read.add(span(A, 50, None, latest=60))
    (progress,) = read.progress({A: 70})
    assert (progress.position, progress.records, progress.end) == (50, 1, 70)
    assert progress.remaining == 20


def test_a_partition_that_is_closed_early_is_done() -> None:
    read = tracker(span(A, 0, None))
    read.close(A)
    read.close(A)
    assert read.take_closed() == [A]
    assert read.progress({})[0].remaining == 0


def test_a_partition_that_is_removed_is_forgotten() -> None:
    read = tracker(span(A, 0, None))
    read.remove(A)
    assert not read.open
    assert not read.known


def test_older_records_before_the_first_of_an_age_are_not_meant() -> None:
    read = tracker(Span(Partition(*A), 3, 9, 9, since=50))
    batch = [record(A, 3, 10), record(A, 4, None), record(A, 5, 50), record(A, 6, 20)]
    assert [one.offset for one in read.accept(batch, lambda _: {A: 7})] == [5, 6]
    assert [one.offset for one in read.accept([record(A, 7, 1)], lambda _: {A: 8})] == [7]


def test_a_stop_by_time_is_the_first_record_of_that_age_from_an_offset_on() -> None:
    read = tracker(Span(Partition(*A), 0, 9, 9, until=Until(4, 50)))
    batch = [record(A, 2, 80), record(A, 4, 30), record(A, 5, None), record(A, 6, 50)]
    kept = read.accept([*batch, record(A, 7, 10)], lambda _: {A: 8})
    assert [one.offset for one in kept] == [2, 4, 5]
    assert not read.open
    assert read.take_closed() == [A]


def test_a_stop_by_time_that_no_record_reaches_is_the_end() -> None:
    read = tracker(Span(Partition(*A), 0, 9, 9, until=Until(4, 50)))
    batch = [record(A, offset, 10) for offset in range(10)]
    assert len(read.accept(batch, lambda _: {A: 10})) == 9
    assert not read.open
