"""Texts that anybody may write, on every screen: shown as they are, and nothing else happens."""

import json

import pytest
from textual.pilot import Pilot

from flowodm.errors import BrokerError, RegistryUnreachable
from flowodm.topics import ConfigEntry, TopicSubject
from flowodm.tui.app import InspectorApp
from flowodm.tui.spans import seen
from flowodm.tui.widgets.record_log import RecordLog
from tests.tui.fake_groups import group
from tests.tui.fakes import FakeCluster, FakeRecords, Fakes, FakeTopics, record
from tests.tui.pilots import play, settle, shown
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.tui

MARKUP = ("[/x]", "[@click=app.quit]quit[/]", "[link=http://evil]y[/link]", "[bold red]b[/]")
TEXTS = (*HOSTILE_TEXTS, *MARKUP)
ALL = "".join(TEXTS)


def check(app: InspectorApp) -> str:
    """Nothing of what is on the screen may steer a terminal."""
    text = shown(app)
    assert not MUST_NOT_SHOW & set(text) - {"\n"}
    assert app.is_running
    assert app.return_code is None
    return text


def hostile_records() -> list:
    values = [text.encode("utf-8", "surrogatepass") for text in TEXTS]
    values += [json.dumps({text: [text, {text: text}]}).encode() for text in TEXTS]
    values += [b"\0\0\0\0\x63" + b"\xff" * 40, b"", b"\xff\xfe\x1b[2J"]
    return [
        record(
            value,
            key=value[:50],
            offset=number,
            topic=ALL,
            headers=((TEXTS[number % len(TEXTS)], value), (ALL, None)),
        )
        for number, value in enumerate(values)
    ]


def test_names_on_the_list_and_the_header_cannot_steer_anything():
    fakes = Fakes(FakeCluster(name=ALL), FakeTopics(names=[*TEXTS, ALL]))

    async def script(pilot: Pilot[None]) -> None:
        assert "\\x1b[2J" in check(pilot.app)
        for _ in range(len(TEXTS)):
            await pilot.press("j")
            check(pilot.app)
        await pilot.click("#list", offset=(8, 3))
        assert pilot.app.is_running

    play(script, fakes, size=(130, 40))


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_a_topic_and_its_settings_may_be_called_anything(number: int):
    text = TEXTS[number]
    config = (ConfigEntry(text, text), ConfigEntry(text, text, text), ConfigEntry("x", ALL))
    topics = FakeTopics(
        names=[text],
        config=config,
        found=(TopicSubject(text, 1, 2, text),),
        groups=(group(text, topic=text),),
    )
    fakes = Fakes(topics=topics)

    async def script(pilot: Pilot[None]) -> None:
        if text.startswith("__"):
            return
        await pilot.press("d")
        await settle(pilot)
        check(pilot.app)
        await pilot.press("tab", "j", "a")
        check(pilot.app)

    play(script, fakes)


def test_errors_and_hints_are_texts_too():
    error = BrokerError(f"the broker says {ALL}", hint=ALL)
    fakes = Fakes(
        FakeCluster(error=error, registry_error=RegistryUnreachable(ALL)),
        FakeTopics(names=["fine"], error=error),
        FakeRecords(),
    )
    fakes.records.error = error

    async def script(pilot: Pilot[None]) -> None:
        assert "the broker says" in check(pilot.app)
        fakes.topics.error = None
        await pilot.press("r")
        await settle(pilot)
        fakes.topics.error = error
        await pilot.press("r")
        await settle(pilot)
        assert "0 s old" in check(pilot.app)
        await pilot.press("d")
        await settle(pilot)
        check(pilot.app)
        await pilot.app.open_records("fine")
        await settle(pilot)
        assert "the broker says" in check(pilot.app)

    play(script, fakes, size=(130, 36))


def test_records_may_hold_anything_on_every_tab():
    records = hostile_records()
    fakes = Fakes(records=FakeRecords(records))

    async def script(pilot: Pilot[None]) -> None:
        app = pilot.app
        await app.open_records(ALL)
        log = app.screen.query_one(RecordLog)
        for _ in range(100):
            await settle(pilot)
            if log.count == len(records):
                break
        assert "\\x1b[2J" in check(app)
        await pilot.press("g", "enter")
        await settle(pilot)
        for index in range(0, len(records), 3):
            log.go(index)
            await pilot.pause(0.05)
            check(app)
        for index in (0, len(TEXTS), len(records) - 2):
            log.go(index)
            await settle(pilot)
            for _ in range(5):
                app.screen.query_one("#detail").turn_to("next")
                await settle(pilot)
                check(app)
        await pilot.press("Y", "y")
        await settle(pilot)
        check(app)

    play(script, fakes, size=(130, 60))


def test_what_is_typed_and_pasted_may_be_anything():
    from textual import events

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("slash")
        for text in TEXTS:
            pilot.app.post_message(events.Paste(text))
            await pilot.pause()
            check(pilot.app)
        await pilot.press("enter")
        await settle(pilot)
        check(pilot.app)
        await pilot.press("escape", "colon")
        pilot.app.post_message(events.Paste("topic [/x]\x1b[2J"))
        await pilot.pause(0.3)
        check(pilot.app)

    play(script, Fakes(topics=FakeTopics(names=["[/x]a", "[@click=app.quit]b", *TEXTS])))


def test_the_palette_lists_topics_of_any_name():
    names = [f"evil{text}" for text in TEXTS]

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("colon")
        pilot.app.post_message(events.Paste("topic evil"))
        await pilot.pause(0.5)
        assert "topic evil" in check(pilot.app)

    from textual import events

    play(script, Fakes(topics=FakeTopics(names=names)), size=(100, 60))


def test_no_more_of_a_text_is_made_visible_than_a_line_can_show():
    assert len(seen("\U000e0041" * 1_000_000)) <= 20_000


def test_help_and_key_line_show_no_stranger_s_text_but_the_user_s_keys():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        check(pilot.app)

    play(script, keys={"page.sort": "x,[/x]"})
