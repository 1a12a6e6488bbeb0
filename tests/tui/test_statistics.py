"""What the records of the log have in common, on a screen."""

import json
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from flowodm.tui.feed import FeedOwner
from flowodm.tui.screens.statistics import StatisticsPage
from tests.tui.fakes import FakeRecords, Fakes, record
from tests.tui.pilots import lines, play, settle, shown
from tests.tui.test_hostile import check, hostile_records
from tests.unit.cli.test_golden import check as check_golden

pytestmark = pytest.mark.tui


def some() -> list:
    """Two hundred records, four of them tombstones, and what does not decode."""
    states = ("NEW", "PAID", "PAID")
    values = [
        {
            "id": n,
            "status": states[n % 3],
            "amount": n * 1.5,
            "address": {"zip": None if n % 2 else "1"},
        }
        for n in range(200)
    ]
    found = [
        record(json.dumps(value).encode() if n % 50 else None, key=b"u-%d" % (n % 7), offset=n)
        for n, value in enumerate(values)
    ]
    odd = [record(b"\0\0\0\0\x2a\x06u-3\xff", offset=200), record(b"plain", key=None, offset=201)]
    return found + odd


async def open_statistics(pilot: Pilot[None]) -> None:
    await settle(pilot)
    for _ in range(100):
        if "202 read" in shown(pilot.app):
            break
        await pilot.pause(0.02)
    await pilot.press("S")
    await settle(pilot)


def test_statistics_look_as_they_were_reviewed_on_a_small_screen(monkeypatch: pytest.MonkeyPatch):
    asked_once = SimpleNamespace(stop=lambda: None)
    monkeypatch.setattr(FeedOwner, "later", lambda *_: asked_once)

    async def script(pilot: Pilot[None]) -> None:
        await open_statistics(pilot)
        found.extend(lines(pilot.app)[2:])

    found: list[str] = []
    play(script, Fakes(records=FakeRecords(some())), topic="orders", size=(60, 15))
    check_golden("tui-statistics-60x15.txt", "\n".join(found) + "\n")


def test_they_are_of_what_is_kept_now_and_r_counts_again():
    fakes = Fakes(records=FakeRecords(some()))

    async def script(pilot: Pilot[None]) -> None:
        assert "Statistics" in " ".join(text for text, _ in pilot.app.actions_of(pilot.app.screen))
        await open_statistics(pilot)
        assert "202 records · ✗ 1 not decoded · 4 tombstones" in shown(pilot.app)
        await pilot.press("escape")
        await settle(pilot)
        fakes.records.queue.put([record(b"{}", offset=300)])
        for _ in range(100):
            if "203 read" in shown(pilot.app):
                break
            await pilot.pause(0.02)
        await pilot.press("S")
        await settle(pilot)
        assert "203 records" in shown(pilot.app)
        await pilot.press("r")
        await settle(pilot)
        assert "203 records" in shown(pilot.app)

    play(script, fakes, topic="orders", size=(130, 36))


def test_without_records_that_is_said():
    async def script(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("S")
        await settle(pilot)
        assert isinstance(pilot.app.screen, StatisticsPage)
        assert "No records are kept yet." in shown(pilot.app)

    play(script, topic="orders")


def test_times_further_apart_than_python_counts_days_are_told_in_milliseconds():
    records = [record(b"{}", offset=n)._replace(timestamp=at) for n, at in enumerate((0, 2**62))]

    async def script(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await settle(pilot)
        await pilot.press("S")
        await settle(pilot)
        assert f"{2**62:,} ms" in shown(pilot.app)

    play(script, Fakes(records=FakeRecords(records)), topic="orders", size=(130, 36))


def test_hostile_records_cannot_steer_anything():
    async def script(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.pause(0.3)
        await pilot.press("S")
        await settle(pilot)
        for _ in range(6):
            check(pilot.app)
            await pilot.press("ctrl+d")
            await pilot.pause()

    play(script, Fakes(records=FakeRecords(hostile_records())), topic="orders", size=(130, 36))
