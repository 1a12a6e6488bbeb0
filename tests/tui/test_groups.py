"""Groups, one group and its reset, over sources that say what a test wants."""

import threading

import pytest
from textual.pilot import Pilot

from flowodm.errors import AuthorizationError, BrokerError, BrokerUnreachable
from flowodm.groups import Group, GroupReading
from flowodm.tui.screens.reset import ResetPage
from tests.tui.fake_groups import FakeGroups, group
from tests.tui.fakes import Clock, FakeCluster, Fakes
from tests.tui.pilots import lines, play, settle, shown, typed

pytestmark = pytest.mark.tui

WIDE = (130, 36)


async def look(pilot: Pilot[None], clock: Clock, seconds: float = 2.0) -> None:
    clock.now += seconds
    pilot.app.screen.feeds["main"].now()
    await settle(pilot)


def test_groups_are_listed_with_state_lag_and_what_the_lag_leaves_out():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await settle(pilot)
        text = shown(pilot.app)
        assert "✔ stable" in text
        assert "2,345" in text
        assert "4 min" in text
        assert "no commit in 1 of 3" in text
        assert "3 of 3 groups · 2 behind" in text

    play(script, size=WIDE)


def test_a_group_without_any_commit_says_so_in_place_of_a_lag():
    fakes = Fakes(groups=FakeGroups([Group("new", "stable", "", partitions=(_uncommitted(),))]))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await settle(pilot)
        assert "no commit" in lines(pilot.app)[4]

    play(script, fakes)


def _uncommitted():
    from tests.tui.fake_groups import partition

    return partition(0, None)


def test_a_filter_and_an_order_work_on_groups_and_esc_clears_the_filter():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2", "slash", *"AUD", "enter")
        await settle(pilot)
        assert "1 of 3 groups" in shown(pilot.app)
        assert "billing" not in shown(pilot.app)
        await pilot.press("escape", "o")
        await settle(pilot)
        assert "LAG ▾" in lines(pilot.app)[3]

    play(script)


def test_a_group_shows_members_partitions_and_an_honest_no_commit():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2", "enter")
        await settle(pilot)
        assert pilot.app.steps == ("groups", "audit")
        assert "no members" in shown(pilot.app)
        await pilot.press("escape", "j", "enter")
        await settle(pilot)
        text = shown(pilot.app)
        assert "classic, range" in text
        assert "10.0.0.7" in text
        assert "orders 0-1" in text
        assert "no commit in 1: not in the lag" in text
        assert text.count("no commit") == 2

    play(script, size=WIDE)


def test_rate_time_left_and_ten_minutes_of_lag_come_from_looks_that_follow_each_other():
    fakes, clock = Fakes(groups=FakeGroups([group()])), Clock()
    clock.now = 105.0

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2", "enter")
        await settle(pilot)
        assert "reads –" in shown(pilot.app)
        for _ in range(6):
            fakes.groups.move(100)
            await look(pilot, clock)
        told = "lag 1,745 · 4 min behind · reads 50/s ▼ · done in 34 s   10 min █▇"
        assert told in lines(pilot.app)[4]

    play(script, fakes, clock=clock, size=WIDE)


def test_two_looks_at_nearly_the_same_time_are_no_speed():
    fakes, clock = Fakes(groups=FakeGroups([group()])), Clock()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2", "enter")
        await settle(pilot)
        for seconds, count in ((60.0, 600), (60.0, 600), (0.01, 50)):
            fakes.groups.move(count)
            await look(pilot, clock, seconds)
        assert "reads 10/s" in shown(pilot.app)

    play(script, fakes, clock=clock, size=WIDE)


def test_a_reset_elsewhere_is_no_rate():
    fakes, clock = Fakes(groups=FakeGroups([group()])), Clock()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2", "enter")
        await settle(pilot)
        fakes.groups.move(-9_000)
        await look(pilot, clock)
        assert "reads –" in shown(pilot.app)

    play(script, fakes, clock=clock, size=WIDE)


def test_old_groups_stay_and_say_how_old_they_are_and_what_to_do():
    fakes, clock = Fakes(), Clock()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await settle(pilot)
        fakes.groups.error = BrokerUnreachable("cannot reach a broker", hint="flowodm doctor")
        await look(pilot, clock, 12.0)
        assert "! 12 s old: cannot reach a broker · flowodm doctor" in shown(pilot.app)
        assert "billing" in shown(pilot.app)

    play(script, fakes, clock=clock)


def test_what_fails_at_first_is_told_with_its_cure():
    fakes = Fakes(groups=FakeGroups(error=BrokerUnreachable("no broker", hint="flowodm doctor")))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await settle(pilot)
        assert "✗ no broker" in shown(pilot.app)
        assert "flowodm doctor" in shown(pilot.app)

    play(script, fakes)


def test_a_screen_that_waits_says_at_once_what_the_header_knows():
    fakes = Fakes(FakeCluster(error=BrokerUnreachable("no broker", hint="flowodm doctor")))
    answered = threading.Event()
    fakes.groups.groups = lambda: answered.wait(10) and GroupReading(())  # type: ignore[assignment]

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await pilot.pause(0.2)
        assert "✗ no broker" in shown(pilot.app)
        assert "flowodm doctor" in shown(pilot.app)
        answered.set()
        await settle(pilot)
        assert "no consumer groups yet" in shown(pilot.app)

    play(script, fakes)


def test_no_groups_and_groups_that_may_not_be_seen_say_so():
    fakes = Fakes(groups=FakeGroups([]))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await settle(pilot)
        assert "no consumer groups yet" in shown(pilot.app)
        error = AuthorizationError("not allowed to describe group `secret`")
        fakes.groups.found = [Group("secret", "stable", "classic", error=error)]
        fakes.groups.failures = (BrokerError("broker 2 did not answer"),)
        await pilot.press("r")
        await settle(pilot)
        assert "not seen" in shown(pilot.app)
        assert "not allowed to describe group `secret`" in shown(pilot.app)
        assert "! there may be more: broker 2 did not answer" in shown(pilot.app)

    play(script, fakes, size=WIDE)


def test_a_group_that_is_gone_meanwhile_says_so():
    fakes = Fakes()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2", "enter")
        await settle(pilot)
        fakes.groups.found = []
        await pilot.press("r")
        await settle(pilot)
        assert "group `audit` does not exist" in shown(pilot.app)

    play(script, fakes)


@pytest.mark.parametrize("is_read_only", [False, True], ids=["no --write", "read-only"])
def test_without_write_no_key_resets(is_read_only: bool):
    fakes = Fakes(FakeCluster(is_read_only=is_read_only))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("2", "enter")
        await settle(pilot)
        assert "Reset" not in shown(pilot.app)
        await pilot.press("R")
        await settle(pilot)
        assert pilot.app.steps == ("groups", "audit")
        await pilot.app.push_screen(ResetPage("audit", "orders", "start"))
        await settle(pilot)
        assert "Do it" not in shown(pilot.app)
        await pilot.press("D")
        await settle(pilot)
        assert not fakes.groups.resets

    play(script, fakes, size=WIDE, may_write=is_read_only)


async def to_reset(pilot: Pilot[None], position: str, *, moves: int = 0) -> None:
    await pilot.press("2")
    await settle(pilot)
    await pilot.press(*["j"] * moves, "enter")
    await settle(pilot)
    await pilot.press("R")
    await typed(pilot, position, "enter")
    await settle(pilot)


def test_a_reset_is_shown_then_done_once_the_name_is_typed():
    fakes = Fakes()

    async def script(pilot: Pilot[None]) -> None:
        await to_reset(pilot, "start")
        text = shown(pilot.app)
        assert pilot.app.steps == ("groups", "audit", "reset to start")
        assert "-10,000 replayed" in text
        assert "first commit" in text
        assert "3 partitions would move: 0 skipped, 22,345 read again" in text
        assert "! 1 has no commit yet: its first one cannot be taken away again" in text
        await pilot.press("D")
        await typed(pilot, "audi", "enter")
        await settle(pilot)
        assert "type audit" in shown(pilot.app)
        assert not fakes.groups.resets
        await pilot.press("t", "enter")
        await settle(pilot)
        assert len(fakes.groups.resets) == 1
        assert "✔ done" in shown(pilot.app)
        assert "flowodm groups reset audit --undo undo.json" in shown(pilot.app)
        assert "Do it" not in shown(pilot.app)

    play(script, fakes, size=WIDE, may_write=True)


def test_looking_at_a_reset_again_does_nothing():
    fakes = Fakes()

    async def script(pilot: Pilot[None]) -> None:
        await to_reset(pilot, "start")
        await pilot.press("D", "escape", "r", "1", "2", "r")
        await settle(pilot)
        assert not fakes.groups.resets

    play(script, fakes, may_write=True)


def test_a_reset_of_an_active_group_is_refused_before_anything_is_typed():
    fakes = Fakes()

    async def script(pilot: Pilot[None]) -> None:
        await to_reset(pilot, "end", moves=1)
        assert "✗ refused while the group is active (stable)" in shown(pilot.app)
        await pilot.press("D")
        await settle(pilot)
        assert type(pilot.app.screen).__name__ == "ResetPage"
        assert not fakes.groups.resets

    play(script, fakes, may_write=True)


def test_what_the_core_refuses_is_told():
    fakes = Fakes(groups=FakeGroups(reset_error=BrokerError("it is active", hint="stop it")))

    async def script(pilot: Pilot[None]) -> None:
        await to_reset(pilot, "start")
        await pilot.press("D")
        await typed(pilot, "audit", "enter")
        await settle(pilot)
        assert "✗ it is active\n stop it" in shown(pilot.app)

    play(script, fakes, may_write=True)


def test_a_wrong_position_is_told_as_it_is_typed_and_goes_nowhere():
    async def script(pilot: Pilot[None]) -> None:
        await to_reset(pilot, "yesteryear")
        assert pilot.app.steps == ("groups", "audit")
        assert "✗ `yesteryear` is not a position" in shown(pilot.app)
        await pilot.press("escape")
        await settle(pilot)
        assert type(pilot.app.focused).__name__ == "Grid"

    play(script, may_write=True)
