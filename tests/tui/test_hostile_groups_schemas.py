"""Names, members, errors and schemas that someone wrote to harm, on the groups' and schemas' screens."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from flowodm.errors import BrokerError, RegistryError
from flowodm.tui.screens.confirm import ConfirmScreen
from flowodm.tui.screens.difference import DifferencePage
from flowodm.tui.screens.group import GroupPage
from flowodm.tui.screens.reset import ResetPage
from flowodm.tui.screens.subject import SubjectPage
from flowodm.tui.screens.trial import TrialPage
from tests.tui.fake_groups import FakeGroups, group, member, partition
from tests.tui.fake_schemas import FakeSchemas, record
from tests.tui.fakes import Fakes
from tests.tui.pilots import lines, play, settle, shown, typed
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.tui

WIDE = (130, 36)
PILES = [" ".join(HOSTILE_TEXTS[start::3]) for start in range(3)]


def check(pilot: Pilot[None]) -> None:
    """Nothing raw is shown, and nothing was done that nobody asked for."""
    for line in lines(pilot.app):
        assert not MUST_NOT_SHOW.intersection(line), repr(line)
    assert pilot.app.is_running
    assert pilot.app.return_code is None


def hostile_group(name: str, text: str):
    held = replace(member(text, 0, topic=text), host=text, instance_id=text)
    odd = replace(partition(1, topic=text), error=BrokerError(text))
    base = group(name, topic=text)
    return replace(base, protocol=text, members=(held,), partitions=(*base.partitions, odd))


def hostile_versions(text: str):
    return (
        record(("id", "string"), ("amount", "double"), doc=text),
        record(("id", "string"), ("amount", "string"), doc=text + text, note=text),
    )


def test_hostile_names_in_lists_and_in_the_palette():
    fakes = Fakes(
        groups=FakeGroups([hostile_group(text, text) for text in HOSTILE_TEXTS]),
        schemas=FakeSchemas({text: hostile_versions(text) for text in HOSTILE_TEXTS}),
    )

    async def script(pilot: Pilot[None]) -> None:
        for section, word in (("2", "group"), ("3", "subject")):
            await pilot.press(section)
            await settle(pilot)
            check(pilot)
            assert "[red]markup" in shown(pilot.app)
            await pilot.press("j", "j", "colon")
            await typed(pilot, f"{word} ")
            await pilot.pause(0.3)
            check(pilot)
            await pilot.press("escape")
            await settle(pilot)

    play(script, fakes, size=WIDE)


@pytest.mark.parametrize("pile", range(3))
def test_hostile_texts_on_every_screen_below_the_lists(pile: int):
    text = PILES[pile]
    fakes = Fakes(
        groups=FakeGroups([hostile_group(text, text)]),
        schemas=FakeSchemas({text: hostile_versions(text)}, files={text: record(("x", "int"))}),
    )
    pages = (
        lambda: GroupPage(text),
        lambda: ResetPage(text, text, "start"),
        lambda: SubjectPage(text),
        lambda: DifferencePage(text, 1, 2),
        lambda: TrialPage(text, text),
        lambda: ConfirmScreen(text, (), text, text),
    )

    async def script(pilot: Pilot[None]) -> None:
        for make in pages:
            await pilot.app.push_screen(make())
            await settle(pilot)
            check(pilot)
        await pilot.press("escape", "down", "tab", "down")
        for column in (0, 30):
            await pilot.click("Crumbs", offset=(column, 0))
            await settle(pilot)
            check(pilot)

    play(script, fakes, size=WIDE, may_write=True)


def test_hostile_errors_in_the_place_of_data_and_above_old_data():
    text = " ".join(HOSTILE_TEXTS)
    fakes = Fakes(
        groups=FakeGroups(error=BrokerError(text, hint=text)),
        schemas=FakeSchemas(error=RegistryError(text, hint=text)),
    )

    async def script(pilot: Pilot[None]) -> None:
        for section in "23":
            await pilot.press(section)
            await settle(pilot)
            check(pilot)
        fakes.groups.error = None
        await pilot.press("2", "r")
        await settle(pilot)
        fakes.groups.error = BrokerError(text, hint=text)
        await pilot.press("r")
        await settle(pilot)
        assert "0 s old" in shown(pilot.app)
        check(pilot)

    play(script, fakes)
