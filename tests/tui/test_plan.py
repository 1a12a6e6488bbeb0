"""The plan's screen, over a source that says what a test wants."""

from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from flowodm.errors import BrokerUnreachable
from flowodm.plan import Blocker, Desired, DesiredTopic
from flowodm.tui.sources.patience import Patience
from flowodm.tui.sources.plan import KafkaPlan
from flowodm.tui.widgets.laid_out import LaidOut
from tests.tui.fake_plan import FakePlan, planned
from tests.tui.fakes import Fakes
from tests.tui.pilots import lines, play, settle, shown
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW
from tests.unit.display.test_plan import BLOCKED, CONTEXT, DESIRED, made

pytestmark = pytest.mark.tui

WIDE = (130, 36)


def read_only():
    return CONTEXT.model_copy(update={"read_only": True})


def test_a_plan_is_shown_as_the_command_line_words_it_and_drift_beside_it():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await settle(pilot)
        text = shown(pilot.app)
        assert pilot.app.steps == ("plan",)
        assert "plan 7 changes · 9 not as declared · made at 12:04:05" in lines(pilot.app)[3]
        assert "+ topic    orders" in text
        assert "3 topics are not declared: legacy-a, legacy-b, orders-dlt" in text
        assert "Apply with: flowodm apply flowodm.yaml --context prod" in " ".join(text.split())
        await pilot.press("d")
        await settle(pilot)
        assert "Drift in context prod" in shown(pilot.app)
        assert "things are not as declared." in shown(pilot.app)

    play(script, size=WIDE)


def test_a_blocked_plan_says_why_and_the_cure_and_that_drift_is_not_known():
    fakes = Fakes(plan=FakePlan(planned(made(BLOCKED), read_only())))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await settle(pilot)
        text = shown(pilot.app)
        assert "blockers ·" in lines(pilot.app)[3]
        assert "read-only: apply is refused" in lines(pilot.app)[3]
        assert "nothing of it can be applied" in text
        assert "Cure: " in text
        await pilot.press("d")
        await settle(pilot)
        assert "✗ " in lines(pilot.app)[4]
        assert "! drift not known" in lines(pilot.app)[3]

    play(script, fakes, size=WIDE)


def test_that_nothing_is_declared_is_said_with_how_to_and_r_looks_again():
    fakes = Fakes(plan=FakePlan(None))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5", "d")
        await settle(pilot)
        assert "There is no flowodm.yaml here that declares anything." in shown(pilot.app)
        assert "under topics: and schemas:" in shown(pilot.app)
        fakes.plan.found = "flowodm.yaml"
        await pilot.press("r")
        await settle(pilot)
        assert "flowodm.yaml declares no topics and no schemas." in shown(pilot.app)
        fakes.plan.found = planned(made(DESIRED))
        await pilot.press("r")
        await settle(pilot)
        assert "Plan for context prod" in shown(pilot.app)
        assert fakes.plan.asked == 3

    play(script, fakes, size=WIDE)


def test_a_plan_that_cannot_be_made_says_why_and_one_that_was_made_stays():
    fakes = Fakes(plan=FakePlan(error=BrokerUnreachable("no broker", hint="flowodm doctor")))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await settle(pilot)
        assert "✗ no broker" in shown(pilot.app)
        assert "flowodm doctor" in shown(pilot.app)
        assert fakes.plan.asked == 1
        fakes.plan.error = None
        await pilot.press("r")
        await settle(pilot)
        fakes.plan.error = BrokerUnreachable("gone")
        await pilot.press("r")
        await settle(pilot)
        assert "! 0 s old: gone" in shown(pilot.app)
        assert "Plan for context prod" in shown(pilot.app)

    play(script, fakes)


def test_a_plan_is_worded_anew_for_another_width_down_to_sixty_columns():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await settle(pilot)
        wide = lines(pilot.app)
        await pilot.resize_terminal(60, 15)
        await settle(pilot)
        await pilot.press("G", "j", "d", "d")
        await settle(pilot)
        assert pilot.app.is_running
        assert all(len(line) <= 60 for line in lines(pilot.app))
        await pilot.resize_terminal(*WIDE)
        await settle(pilot)
        assert lines(pilot.app)[4:20] == wide[4:20]

    play(script, size=WIDE)


async def go_to(pilot: Pilot[None], text: str) -> None:
    """Put the cursor on the first line with a text."""
    view = pilot.app.screen.query_one(LaidOut)
    at = next(
        index
        for index in range(view.count)
        if text in "".join(span.text for span in view.line(index, 200))
    )
    view.go(at)
    await pilot.pause()


def test_enter_opens_what_is_said_of_a_thing_and_both_schemas_of_a_subject():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await settle(pilot)
        await pilot.press("enter")
        assert pilot.app.steps == ("plan",)  # the head is said of no thing
        await go_to(pilot, "topic    orders")
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.steps == ("plan", "topic orders")
        assert "+ topic orders" in shown(pilot.app)
        await pilot.press("y", "escape")
        assert "+ topic orders" in pilot.app.clipboard
        await settle(pilot)
        await go_to(pilot, "v3 → v4")
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.steps == ("plan", "v3 → v4")
        assert "CLASS" in shown(pilot.app)
        assert "+ safe" in shown(pilot.app)
        await pilot.press("escape", "d")
        await settle(pilot)
        await go_to(pilot, "≠")
        await pilot.press("enter")
        await settle(pilot)
        assert len(pilot.app.steps) == 2
        assert "≠ " in shown(pilot.app)

    play(script, size=WIDE)


def test_what_stands_in_the_way_is_opened_with_its_cure():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await settle(pilot)
        await go_to(pilot, "Cure: ")
        await pilot.press("enter")
        await settle(pilot)
        assert "Open" not in lines(pilot.app)[-1]
        assert "Cure: " in shown(pilot.app)

    play(script, Fakes(plan=FakePlan(planned(made(BLOCKED)))), size=(60, 15))


def test_y_copies_what_is_said_of_a_thing_and_Y_the_command_that_does_it():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await settle(pilot)
        await pilot.press("y")
        assert pilot.app.clipboard == ""
        await go_to(pilot, "topic    orders")
        await pilot.press("y")
        assert pilot.app.clipboard.startswith("+ topic orders\n  ")
        assert "copied: topic orders" in shown(pilot.app)
        await pilot.press("Y")
        await pilot.pause()
        assert pilot.app.clipboard == "flowodm apply flowodm.yaml --context prod"

    play(script, size=WIDE)


def test_no_command_is_offered_for_what_cannot_be_applied():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await settle(pilot)
        await pilot.press("Y")
        assert pilot.app.clipboard == ""

    play(script, Fakes(plan=FakePlan(planned(made(BLOCKED)))))


def test_how_far_the_planning_is_is_told_before_the_plan_and_beside_the_old_one():
    going = Event()
    fakes = Fakes(plan=FakePlan(told=("read 3 of 9 subjects", "read 4 of 9 subjects"), going=going))

    async def script(pilot: Pilot[None]) -> None:
        for said in ("proving it (read 3 of 9 subjects)", " read 3 of 9 subjects "):
            going.clear()
            await pilot.press("r" if pilot.app.current_mode == "plan" else "5")
            for _ in range(100):
                await pilot.pause(0.02)
                if "3 of 9" in shown(pilot.app):
                    break
            assert said in " ".join(shown(pilot.app).split("\n")[3:6])
            going.set()
            await settle(pilot)
            assert "3 of 9" not in shown(pilot.app)

    play(script, fakes, size=WIDE)


@pytest.mark.parametrize("start", range(3))
def test_hostile_declarations_are_texts(start: int):
    text = " ".join(HOSTILE_TEXTS[start::3])
    desired = Desired(
        (DesiredTopic(text, 1, None, {text: text}),),
        faults=(Blocker("subject", text, text, text, (text,), text),),
        models=(text,),
        source=text,
    )
    context = CONTEXT.model_copy(update={"name": text})
    found = planned(made(desired), context)
    fakes = Fakes(plan=FakePlan(found))

    async def script(pilot: Pilot[None]) -> None:
        for other in (found, replace(found, unknown=None), text):
            fakes.plan.found = other
            await pilot.press("5", "r")
            await settle(pilot)
            for key in ("j", "y", "enter", "escape", "d", "G"):
                if key == "escape" and len(pilot.app.steps) == 1:
                    continue
                await pilot.press(key)
                await settle(pilot)
                for line in lines(pilot.app):
                    assert not MUST_NOT_SHOW.intersection(line), repr(line)
                assert pilot.app.is_running

    play(script, fakes, size=WIDE)


def test_a_project_s_file_is_looked_for_as_the_command_line_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    monkeypatch.delenv("FLOWODM_CONFIG", raising=False)
    nowhere = SimpleNamespace(schema_registry=None)
    project = tmp_path / "project"
    project.mkdir()
    source = KafkaPlan(nowhere, Patience(), directory=project)  # type: ignore[arg-type]
    assert source.plan() is None
    (project / "flowodm.yaml").write_text("version: 1\n")
    assert source.plan() == "flowodm.yaml"
