"""Brokers and contexts, over sources that say what a test wants."""

from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from flowodm.contexts.listing import ContextEntry
from flowodm.errors import BrokerUnreachable
from flowodm.tui.sources.brokers import Broker, Brokers, brokers_of
from tests.tui.fake_brokers import FakeBrokers
from tests.tui.fakes import Fakes
from tests.tui.pilots import lines, play, settle, shown, typed
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.tui

WIDE = (130, 36)


def metadata(*partitions: tuple[int, list[int], list[int]]):
    found = {
        number: SimpleNamespace(leader=leader, replicas=replicas, isrs=in_sync)
        for number, (leader, replicas, in_sync) in enumerate(partitions)
    }
    brokers = {1: SimpleNamespace(host="k1", port=9092), 2: SimpleNamespace(host="k2", port=9092)}
    topics = {"orders": SimpleNamespace(partitions=found)}
    return SimpleNamespace(cluster_id="abc", controller_id=2, brokers=brokers, topics=topics)


def test_what_brokers_lead_hold_and_lack_is_added_up_and_one_that_is_gone_is_named():
    found = brokers_of(metadata((1, [1, 2], [1, 2]), (-1, [3, 1], [])), {1: "a"})
    assert found == Brokers(
        "abc",
        (
            Broker(1, "k1:9092", "a", False, 1, 2, 1),
            Broker(2, "k2:9092", None, True, 0, 1, 0),
            Broker(3, None, None, False, 0, 1, 1),
        ),
        2,
        1,
    )


def test_brokers_are_listed_with_the_controller_and_what_is_wrong():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("4")
        await settle(pilot)
        text = shown(pilot.app)
        assert lines(pilot.app)[4].split() == [
            "▸",
            "1",
            "k1:9092",
            "controller",
            "a",
            "4",
            "80",
            "%",
            "6",
            "✔",
        ]
        assert "! 2 behind" in text
        assert "✗ gone" in text
        assert "6 partitions · ✗ 1 without a leader · cluster abc-123" in text

    play(script, size=WIDE)


def test_brokers_that_cannot_be_asked_say_why():
    fakes = Fakes(brokers=FakeBrokers(error=BrokerUnreachable("no broker", hint="flowodm doctor")))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("4")
        await settle(pilot)
        assert "✗ no broker" in shown(pilot.app)
        assert "flowodm doctor" in shown(pilot.app)

    play(script, fakes)


def test_a_context_is_gone_to_from_the_list_and_the_one_at_hand_is_stayed_in():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("4", "c")
        await settle(pilot)
        assert pilot.app.steps == ("brokers", "contexts")
        assert "here" in lines(pilot.app)[4]
        assert "read-only" in lines(pilot.app)[5]
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.next_context is None
        await pilot.press("j", "enter")

    assert play(script).next_context == "prod"


def test_the_palette_goes_to_a_context_by_a_part_of_its_name():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("colon")
        await typed(pilot, "ctx pr")
        await pilot.pause(0.5)
        assert "ctx prod" in shown(pilot.app)
        await pilot.press("down", "enter")
        await pilot.pause(0.2)

    assert play(script, size=WIDE).next_context == "prod"


def test_hostile_brokers_and_contexts_are_texts():
    text = " ".join(HOSTILE_TEXTS)
    fakes = Fakes(
        brokers=FakeBrokers(
            Brokers(text, (Broker(1, text, text, True, 1, 1, 0),), 1, 0),
            (ContextEntry(text, text, False, text),),
        )
    )

    async def script(pilot: Pilot[None]) -> None:
        for key, more in (("4", ""), ("c", ""), ("colon", "ctx ")):
            await pilot.press(key)
            if more:
                await typed(pilot, more)
            await settle(pilot)
            await pilot.pause(0.2)
            for line in lines(pilot.app):
                assert not MUST_NOT_SHOW.intersection(line)
            assert pilot.app.is_running

    play(script, fakes, size=WIDE)
