"""How dead letters are counted."""

from datetime import UTC, datetime

import pytest

from flowodm.consumer.dead_letter import DeadLetter, read_dead_letter
from flowodm.dead_letters import DeadRecord, Marks, Summary
from flowodm.record import Record
from tests.unit.dead_letters.letters import dead_record

pytestmark = pytest.mark.unit


def seen(record: Record) -> DeadRecord:
    return DeadRecord(record, read_dead_letter(record))


def letter(**said: object) -> DeadLetter:
    return DeadLetter(**{"topic": "orders", "exception": "E", **said})  # type: ignore[arg-type]


def test_kinds_are_told_apart_by_origin_error_and_group_the_most_frequent_first():
    summary = Summary()
    summary.add([seen(dead_record(letter(exception="F")))])
    summary.add(seen(dead_record(letter(), offset=offset)) for offset in (1, 2))
    summary.add([seen(dead_record(letter(group="g"), offset=3))])
    found = [(one.exception, one.group, one.count) for one in summary.counts()]
    assert found == [("E", None, 2), ("E", "g", 1), ("F", None, 1)]


def test_first_and_last_are_the_earliest_and_the_latest_whatever_the_order():
    summary = Summary()
    summary.add(
        seen(dead_record(letter(), timestamp=time)) for time in (2_000, 1_000, None, 10**18, 3_000)
    )
    (one,) = summary.counts()
    assert one.first == datetime.fromtimestamp(1, tz=UTC)
    assert one.last == datetime.fromtimestamp(3, tz=UTC)


def test_what_was_sent_again_does_not_wait():
    summary = Summary({("orders-dlt", 0): Marks([(0, 2), (5, 6)])})
    summary.add(seen(dead_record(letter(), offset=offset)) for offset in range(6))
    summary.add([seen(dead_record(letter(), partition=1))])
    (one,) = summary.counts()
    assert (one.count, one.waiting) == (7, 4)


def test_records_without_headers_are_no_dead_letters():
    summary = Summary()
    summary.add([seen(dead_record())])
    (one,) = summary.counts()
    assert not one.is_letter


def test_names_without_end_are_counted_together():
    summary = Summary()
    summary.add(seen(dead_record(letter(exception=f"E{number}"))) for number in range(5_000))
    counts = summary.counts()
    assert len(counts) == 1_001
    assert sum(one.count for one in counts) == 5_000
    assert [one.count for one in counts if one.is_rest] == [4_000]
