"""A value of a hundred megabytes, and a hundred thousand topics."""

import pytest
from textual.pilot import Pilot

from flowodm.tui.palette import MOST_MEANINGS
from flowodm.tui.sources.ring import Ring
from flowodm.tui.sources.sizes import MOST_DECODED, decode_bounded
from flowodm.tui.sources.tail import Tail, TailRequest
from tests.tui.fakes import FakeRecords, Fakes, FakeTopics, record
from tests.tui.pilots import play, settle, shown, typed

pytestmark = pytest.mark.tui

MANY = 100_000_000


def test_a_value_of_a_hundred_megabytes_is_shown_as_bytes_and_said_to_be_too_large():
    value = b'{"text":"' + b"x" * MANY + b'"}'
    fakes = Fakes(records=FakeRecords([record(value, key=b"huge")]))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.pause(0.3)
        await settle(pilot)
        told = f"{len(value):,} bytes are too many"
        assert told in shown(pilot.app)
        await pilot.press("enter")
        await settle(pilot)
        assert '{"text":' in shown(pilot.app)
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert "huge" in shown(pilot.app)
        await pilot.press("y")
        await settle(pilot)
        assert f"{told} to copy · e writes them" in shown(pilot.app)
        await pilot.press("S")
        await settle(pilot)
        assert "1 not decoded" in shown(pilot.app)
        await pilot.press("escape", "p")
        await settle(pilot)
        assert f"{len(value):,} bytes, too many for a form" in shown(pilot.app)

    play(script, fakes, topic="orders", size=(130, 36), may_write=True)


def test_a_filter_decodes_no_value_that_is_too_large_for_it_and_counts_it():
    large = b'{"n": 1, "text": "' + b"x" * MOST_DECODED + b'"}'
    source = FakeRecords([record(large), record(b'{"n": 1}', offset=1)], ends=True)
    tail = Tail(source, TailRequest("orders", filter="value.n == 1"), Ring())
    tail.run(lambda: False)
    assert tail.status.scanned == 2
    assert tail.status.matched == 1
    assert tail.status.undecoded == 1


def test_text_stays_text_however_much_it_is():
    source = FakeRecords()
    text = b"a line\n" * (MOST_DECODED // 6)
    assert decode_bounded(record(text), source.tree).value.encoding == "text"
    assert "too many" in decode_bounded(record(b"  [" + text), source.tree).value.error


def test_a_hundred_thousand_topics_are_listed_filtered_and_found():
    fakes = Fakes(topics=FakeTopics([f"orders.{number:06}" for number in range(100_000)]))

    async def script(pilot: Pilot[None]) -> None:
        assert "100,000 of 100,000 topics" in shown(pilot.app)
        assert max(map(len, fakes.topics.asked), default=0) < 50  # those in view alone
        await pilot.press("G")
        await settle(pilot)
        assert "orders.099999" in shown(pilot.app)
        await pilot.press("slash")
        await typed(pilot, "00123", "enter")
        await settle(pilot)
        assert "11 of 100,000 topics" in shown(pilot.app)
        meanings = [text for text, _ in pilot.app._topics_like("orders.0001")]
        assert len(meanings) == MOST_MEANINGS
        assert meanings[0] == "topic orders.000100"

    play(script, fakes)
