"""What the loop of `tail` says of itself when it ends."""

import pytest

from flowodm.cli.tail_loop import Tally
from flowodm.query import Filter
from tests.unit.cli.records import NULL, record, text, undecodable

pytestmark = pytest.mark.unit

BAD = undecodable(b"\0\0\0\0\x01", "end of data")


def tally_of(read: int, shown: int, *failures: tuple[str, int, int]) -> Tally:
    tally = Tally()
    tally.read, tally.shown = read, shown
    tally.add_failures(
        [record(BAD, topic=topic, partition=part, offset=at) for topic, part, at in failures]
    )
    return tally


def test_a_plain_read_counts_its_records() -> None:
    assert tally_of(18_204, 18_204).text(None, several=False) == "18,204 read"


def test_what_was_not_shown_is_told() -> None:
    assert tally_of(3, 2).text(None, several=False) == "3 read, 2 shown"


def test_failures_have_their_offsets() -> None:
    tally = tally_of(9, 9, ("t", 0, 99310), ("t", 0, 99412))
    assert tally.text(None, several=False) == "9 read, 2 not decoded (offsets 0:99310, 0:99412)"


def test_one_failure_has_one_offset() -> None:
    assert tally_of(1, 1, ("t", 0, 7)).text(None, several=False) == (
        "1 read, 1 not decoded (offset 0:7)"
    )


def test_failures_of_several_topics_have_their_topic() -> None:
    tally = tally_of(2, 2, ("a", 0, 1), ("b", 2, 3))
    assert tally.text(None, several=True).endswith("(offsets a 0:1, b 2:3)")


def test_only_the_first_failures_are_listed() -> None:
    tally = tally_of(9, 9, *(("t", 0, offset) for offset in range(9)))
    expected = "9 read, 9 not decoded (offsets 0:0, 0:1, 0:2, 0:3, 0:4, …)"
    assert tally.text(None, several=False) == expected


def test_a_bad_key_counts_once_with_a_bad_value() -> None:
    tally = Tally()
    tally.add_failures([record(BAD, key=BAD), record(NULL, key=BAD), record(text("fine"))])
    assert tally.failed == 2


def test_a_filter_tells_what_it_could_not_judge() -> None:
    filter_ = Filter(where="value.n > 1")
    filter_.matches(record(text("no number")))
    tally = tally_of(1, 0)
    assert tally.text(filter_, several=False).startswith("1 read, 0 shown, 1 ")
