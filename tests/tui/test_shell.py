"""The shell: header, tabs, the way here, keys, palette, help, themes, sizes, the end."""

import asyncio
import io
import subprocess
import sys

import pytest
from rich.console import Console
from textual.pilot import Pilot

from flowodm.errors import BrokerUnreachable, RegistryUnreachable
from flowodm.tui.app import InspectorApp
from flowodm.tui.widgets.header import Header
from tests.tui.fakes import Clock, FakeCluster, Fakes
from tests.tui.pilots import lines, play, settle, shown

pytestmark = pytest.mark.tui


def test_the_header_tells_the_context_the_brokers_and_the_registry():
    async def script(pilot: Pilot[None]) -> None:
        assert lines(pilot.app)[0].startswith(" local │ 3 brokers │ registry ✔ │ ")

    play(script)


def test_a_read_only_context_says_so_whatever_was_asked_for():
    async def script(pilot: Pilot[None]) -> None:
        assert "local read-only │" in lines(pilot.app)[0]

    app = play(script, Fakes(FakeCluster(is_read_only=True)), may_write=True)
    assert not app.may_write


def test_the_header_tells_how_fast_the_cluster_grows():
    fakes, clock = Fakes(), Clock()

    async def script(pilot: Pilot[None]) -> None:
        clock.now += 2.0
        fakes.cluster.ends += 8_400
        pilot.app.beat.now()
        await settle(pilot)
        assert "4.2k msg/s" in lines(pilot.app)[0]

    play(script, fakes, clock=clock)


def test_the_header_tells_that_brokers_and_registry_do_not_answer():
    fakes = Fakes(
        FakeCluster(
            error=BrokerUnreachable("cannot reach a broker"),
            registry_error=RegistryUnreachable("no answer"),
        )
    )

    async def script(pilot: Pilot[None]) -> None:
        assert "✗ no broker answers" in lines(pilot.app)[0]
        assert "registry ✗" in lines(pilot.app)[0]

    play(script, fakes)


def test_the_age_of_the_data_grows_while_nobody_answers():
    fakes, clock = Fakes(), Clock()

    async def script(pilot: Pilot[None]) -> None:
        fakes.cluster.error = BrokerUnreachable("gone")
        clock.now += 65.0
        pilot.app.beat.now()
        await settle(pilot)
        assert "age 65 s" in pilot.app.screen.query_one(Header).text

    play(script, fakes, clock=clock, size=(130, 36))


def test_another_cluster_behind_the_same_address_is_told_for_as_long_as_it_answers():
    fakes = Fakes(cluster=FakeCluster(cluster_id="first"))

    async def script(pilot: Pilot[None]) -> None:
        for cluster, is_other in (("second", True), ("first", False)):
            fakes.cluster.cluster_id = cluster
            pilot.app.beat.now()
            await settle(pilot)
            told = f"! another cluster answers: {cluster}" in lines(pilot.app)[0]
            assert told == is_other

    play(script, fakes, size=(130, 36))


def test_after_an_outage_the_next_question_does_not_wait_as_long_as_the_outage_did():
    fakes, clock = Fakes(), Clock()
    pauses: list[float] = []

    async def script(pilot: Pilot[None]) -> None:
        app = pilot.app

        def ask(seconds: float) -> None:
            app.beat.now()
            clock.now += seconds

        later = app.later
        app.later = lambda pause, ask: pauses.append(pause) or later(pause, ask)
        fakes.cluster.error = BrokerUnreachable("gone")
        ask(2.0)
        await settle(pilot)
        fakes.cluster.error = None
        ask(12.0)
        await settle(pilot)
        ask(3.0)
        await settle(pilot)

    play(script, fakes, clock=clock)
    assert pauses[-3:] == [1.0, 1.0, 12.0]


def test_help_is_made_from_the_bindings_and_names_their_ids():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        assert "page.filter" in shown(pilot.app)
        assert "Filter" in shown(pilot.app)
        await pilot.press("escape")
        assert type(pilot.app.screen).__name__ == "TopicsPage"

    play(script, size=(100, 40))


def test_the_palette_has_every_action_and_opens_topics_by_a_part_of_their_name():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("colon")
        await pilot.pause(0.2)
        text = shown(pilot.app)
        assert all(word in text for word in ("Filter  (/)", "Sort  (o)", "Quit  (q)"))
        await pilot.press(*"topic pay")
        await pilot.pause(0.5)
        assert "topic payments" in shown(pilot.app)
        await pilot.press("down", "enter")
        await pilot.pause()
        await settle(pilot)
        assert pilot.app.steps == ("topics", "payments > records")

    play(script, size=(100, 60))


def test_a_click_on_the_way_here_goes_back_to_a_step_of_it():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("d")
        await settle(pilot)
        assert lines(pilot.app)[2] == " topics > orders > details"
        await pilot.click("Crumbs", offset=(2, 0))
        await settle(pilot)
        assert lines(pilot.app)[2] == " topics"

    play(script)


def test_each_key_of_the_key_line_can_be_clicked():
    async def script(pilot: Pilot[None]) -> None:
        at = lines(pilot.app)[-1].index("/ Filter")
        await pilot.click("KeyLine", offset=(at, 0))
        await pilot.pause()
        assert pilot.app.focused is not None
        assert "filter" in lines(pilot.app)[-3]

    play(script)


def test_the_user_s_own_keys_take_the_place_of_the_usual_ones():
    async def script(pilot: Pilot[None]) -> None:
        assert "x Sort" in lines(pilot.app)[-1]
        await pilot.press("x")
        assert "MSG/S ▾" in lines(pilot.app)[3]

    play(script, keys={"page.sort": "x"}, size=(130, 36))


def test_both_themes_are_there_and_a_key_changes_them():
    async def script(pilot: Pilot[None]) -> None:
        assert pilot.app.current_theme.dark
        await pilot.press("T")
        assert not pilot.app.current_theme.dark

    play(script)


@pytest.mark.parametrize("size", [(60, 15), (20, 6), (1, 1), (300, 80)], ids=str)
def test_no_size_of_the_terminal_is_too_small(size: tuple[int, int]):
    async def script(pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(*size)
        await pilot.press("j", "d")
        await settle(pilot)
        await pilot.press("question_mark", "escape", "escape")
        await pilot.resize_terminal(80, 24)

    play(script)


def test_a_bug_ends_it_with_a_line_and_without_the_values_of_variables():
    app = InspectorApp(Fakes().sources)
    app.error_console = Console(file=io.StringIO(), width=200)

    async def explode() -> None:
        async with app.run_test() as pilot:
            pilot.app.call_later(_explode)
            await pilot.pause()

    with pytest.raises(RuntimeError):
        asyncio.run(explode())
    said = app.error_console.file.getvalue()
    assert "error: RuntimeError: [/x] \\x1b[2J went wrong" in said
    assert "hunter2" not in said
    assert app.return_code == 1


def _explode() -> None:
    password = "hunter2"  # noqa: F841 - a local that Textual's own page would print
    raise RuntimeError("[/x] \x1b[2J went wrong")


def test_without_a_terminal_it_says_so_and_ends_with_2(flowodm):
    done = flowodm("tui", "--context", "sandbox:none")
    assert done.exit_code == 2
    assert "`flowodm tui` needs a terminal" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("module", ["flowodm", "flowodm.tui.sources.bundle", "flowodm.cli.app"])
def test_textual_is_loaded_by_the_screens_alone(module: str):
    code = f"import sys, {module}; print([m for m in ('textual', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_in_sixteen_colours_nothing_is_written_in_the_colour_of_its_ground():
    async def script(pilot: Pilot[None]) -> None:
        for _ in pilot.app._themes:
            for strip in pilot.app.screen._compositor.render_strips():
                for segment in strip:
                    style = segment.style
                    if (
                        style
                        and segment.text.strip()
                        and style.color
                        and not style.color.is_default
                    ):
                        assert style.color != style.bgcolor, segment
            await pilot.press("T")
            await pilot.pause()

    play(script, has_few_colours=True)


def test_an_answer_may_come_while_a_page_is_taken_down():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.app.screen.remove_children()
        pilot.app.beat.now()
        await settle(pilot)
        assert lines(pilot.app)

    play(script)
