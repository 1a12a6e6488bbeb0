"""Subjects, their versions, two of them compared, and files checked, over sources of a test."""

import pytest
from textual.pilot import Pilot

from flowodm.errors import RegistryUnreachable
from flowodm.tui.widgets.schema_text import SchemaText
from tests.tui.fake_schemas import ORDERS, FakeSchemas, record
from tests.tui.fakes import Clock, Fakes
from tests.tui.pilots import lines, play, settle, shown, typed

pytestmark = pytest.mark.tui

WIDE = (130, 36)
BROKEN = record(("id", "string"), ("amount", "string"), ("extra", "int"))


async def open_subject(pilot: Pilot[None], *more: str) -> None:
    await pilot.press("3")
    await settle(pilot)
    await pilot.press("enter")
    await settle(pilot)
    await pilot.press(*more)
    await settle(pilot)


async def check(pilot: Pilot[None], source: str) -> None:
    await open_subject(pilot, "c")
    await typed(pilot, source, "enter")
    await settle(pilot)


def marked(pilot: Pilot[None], side: str) -> list[str]:
    """What is marked in the text of a side."""
    view = pilot.app.screen.query_one(f"#{side}", SchemaText)
    return ["".join(span.text for span in view.line(one - 1, 80)) for one in sorted(view.marked)]


def test_subjects_are_listed_with_latest_version_type_and_level():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await settle(pilot)
        assert lines(pilot.app)[4].split() == ["▸", "orders-value", "v3", "42", "AVRO", "BACKWARD"]
        assert "2 of 2 subjects" in shown(pilot.app)

    play(script)


def test_levels_are_asked_for_the_subjects_in_view_only_and_their_failure_hides_no_list():
    fakes = Fakes()
    fakes.schemas.found = {f"topic-{number:05d}-value": ORDERS[:1] for number in range(5_000)}

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await settle(pilot)
        assert all(len(names) < 40 for names in fakes.schemas.asked)
        fakes.schemas.level_error = RegistryUnreachable("no answer")
        await pilot.press("r")
        await settle(pilot)
        assert "topic-00000-value" in shown(pilot.app)
        assert "BACKWARD" not in shown(pilot.app)

    play(script, fakes)


def test_a_subject_shows_its_versions_what_uses_it_and_the_text_of_one():
    async def script(pilot: Pilot[None]) -> None:
        await open_subject(pilot)
        text = shown(pilot.app)
        assert "AVRO · 3 versions · BACKWARD" in text
        assert "values of topic orders ✔" in text
        assert "the same schema: copies-value v1 · referenced by invoices-value" in text
        assert '"doc": "an order"' in text
        await pilot.press("j")
        await pilot.pause(0.15)
        await settle(pilot)
        assert "v2 · id 42" in shown(pilot.app)
        assert '"doc": "an order"' not in shown(pilot.app)

    play(script, size=WIDE)


def test_enter_on_the_latest_version_compares_the_last_two_and_marks_the_places():
    async def script(pilot: Pilot[None]) -> None:
        await open_subject(pilot, "enter")
        assert pilot.app.steps == ("schemas", "orders-value", "v2 → v3")
        text = shown(pilot.app)
        assert "✗ breaks    amount" in text
        assert "BACKWARD refuses it: it may not follow v2" in text
        assert "Consumers with the new schema cannot read what is in the topic" in text
        assert "Cure: add a field such as `amount_text`" in text
        assert marked(pilot, "left") == ['6     {"name": "amount", "type": "double"}']
        assert marked(pilot, "right") == ['7     {"name": "amount", "type": "string"}']

    play(script, size=WIDE)


def test_any_two_versions_are_compared_once_both_are_marked():
    async def script(pilot: Pilot[None]) -> None:
        await open_subject(pilot, "d", "d", "G", "d", "g", "d")
        assert pilot.app.steps[-1] == "v1 → v3"
        await pilot.press("j")
        await settle(pilot)
        assert "old: removed, string, no default" in shown(pilot.app)

    play(script, size=WIDE)


def test_zoom_gives_one_text_all_the_room_and_then_the_other():
    async def script(pilot: Pilot[None]) -> None:
        await open_subject(pilot, "enter")
        for has_old, has_new in ((False, True), (True, False), (True, True)):
            await pilot.press("z")
            await pilot.pause()
            assert ('"type": "double"' in shown(pilot.app)) is has_old
            assert ('"doc": "an order"' in shown(pilot.app)) is has_new

    play(script, size=WIDE)


def test_a_file_that_is_refused_tells_each_reason_with_its_place_marked():
    fakes = Fakes(schemas=FakeSchemas(files={"new.avsc": BROKEN}))

    async def script(pilot: Pilot[None]) -> None:
        await check(pilot, "new.avsc")
        text = shown(pilot.app)
        assert "new.avsc ✗ BACKWARD refuses it: it may not follow v3 · 1 break" in text
        assert "✗ breaks    extra" in text
        assert "Cure: give `extra` a default" in text
        assert marked(pilot, "right") == ['7     {"name": "extra", "type": "int"}']

    play(script, fakes, size=WIDE)


def test_a_file_is_read_again_when_that_is_asked_for():
    fakes = Fakes(schemas=FakeSchemas(files={"new.avsc": record(("id", "string"))}))

    async def script(pilot: Pilot[None]) -> None:
        await check(pilot, "new.avsc")
        text = shown(pilot.app)
        assert "✔ BACKWARD takes it (v3 checked) · " in text
        assert "amount" in text
        fakes.schemas.files["new.avsc"] = BROKEN
        await pilot.press("r")
        await settle(pilot)
        assert "✗ BACKWARD refuses it" in shown(pilot.app)
        fakes.schemas.files.clear()
        await pilot.press("r")
        await settle(pilot)
        assert "! 0 s old: `new.avsc` is no file · look where you are" in shown(pilot.app)

    play(script, fakes, size=WIDE)


def test_a_model_is_imported_only_once_that_was_asked_for_in_a_word():
    fakes = Fakes(schemas=FakeSchemas(files={"model:app:Order": ORDERS[1]}))

    async def script(pilot: Pilot[None]) -> None:
        await check(pilot, "model:app:Order")
        assert "Its code runs here, with your rights." in shown(pilot.app)
        await pilot.press("enter", "escape")
        await settle(pilot)
        assert fakes.schemas.checked == []
        await pilot.press("c")
        await typed(pilot, "model:app:Order", "enter")
        await typed(pilot, "import", "enter")
        await settle(pilot)
        assert fakes.schemas.checked[:1] == ["model:app:Order"]

    play(script, fakes)


def test_what_can_be_no_source_is_told_as_it_is_typed():
    fakes = Fakes()

    async def script(pilot: Pilot[None]) -> None:
        await open_subject(pilot)
        for source in ("-", "model:app:", "git:main"):
            await pilot.press("c")
            await typed(pilot, source, "enter")
            assert "✗ " in "".join(lines(pilot.app)[-4:-1])
            await pilot.press("escape")
        assert fakes.schemas.checked == []

    play(script, fakes)


def test_a_subject_that_is_not_avro_is_shown_and_says_so():
    fakes = Fakes(schemas=FakeSchemas(schema_type="PROTOBUF"))

    async def script(pilot: Pilot[None]) -> None:
        await open_subject(pilot)
        assert "PROTOBUF is shown as it was" in shown(pilot.app)

    play(script, fakes)


def test_no_subjects_no_registry_and_an_old_list_say_so():
    fakes, clock = Fakes(schemas=FakeSchemas(error=RegistryUnreachable("no answer"))), Clock()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await settle(pilot)
        assert "✗ no answer" in shown(pilot.app)
        fakes.schemas.error, fakes.schemas.found = None, {}
        await pilot.press("r")
        await settle(pilot)
        assert "This registry has no subjects yet." in shown(pilot.app)
        fakes.schemas.found = {"orders-value": ORDERS}
        await pilot.press("r")
        await settle(pilot)
        fakes.schemas.error = RegistryUnreachable("no answer")
        clock.now += 30
        await pilot.press("r")
        await settle(pilot)
        assert "! 30 s old: no answer" in shown(pilot.app)
        assert "orders-value" in shown(pilot.app)

    play(script, fakes, clock=clock)
