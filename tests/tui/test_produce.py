"""A record of one's own: the form, what it comes to, and that nothing is sent unasked."""

import json
from typing import Any

import pytest
from textual.pilot import Pilot

from flowodm.errors import (
    BrokerError,
    ChangeRefused,
    DeliveryTimeout,
    RegistryUnreachable,
    SchemaError,
)
from flowodm.tui.screens.confirm import ConfirmScreen
from flowodm.tui.screens.help import HelpScreen
from flowodm.tui.screens.produce import ProducePage
from flowodm.tui.widgets.form_view import FormView
from flowodm.tui.widgets.line import Line
from tests.tui.fake_produce import ORDER, VALUE, FakeProduce, hostile_schema
from tests.tui.fakes import FakeCluster, FakeRecords, Fakes, record
from tests.tui.pilots import lines, play, settle, shown, typed
from tests.tui.test_hostile import MARKUP, TEXTS, check
from tests.unit.cli.hostile import MUST_NOT_SHOW
from tests.unit.cli.test_golden import check as check_golden

pytestmark = pytest.mark.tui

WIDE = (130, 36)


def on_form(script: Any, fakes: Fakes | None = None, **options: Any) -> Fakes:
    """Run a script on the form of a topic, with no record to begin with."""
    fakes = fakes or Fakes()
    options = {"may_write": True, **options}

    async def opened(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("p")
        await settle(pilot)
        await script(pilot)

    play(opened, fakes, topic="orders", **options)
    return fakes


def with_record(value: object = VALUE, **options: Any) -> Fakes:
    return Fakes(records=FakeRecords([record(json.dumps(value).encode(), **options)]))


async def fill(pilot: Pilot[None], field: str, text: str) -> None:
    """Go to a field, and type something there."""
    view = pilot.app.screen.query_one(FormView)
    form = view._form
    assert form is not None
    view.go(next(n for n, one in enumerate(form.fields) if ".".join(one.path) == field))
    await pilot.press("enter", "ctrl+u")
    await typed(pilot, text, "enter")
    await pilot.pause()


async def complete(pilot: Pilot[None]) -> None:
    await fill(pilot, "value.id", "7")
    await fill(pilot, "value.total", "12.5")
    await fill(pilot, "value.at", "2026-11-23T12:04:05Z")


async def confirm(pilot: Pilot[None], word: str = "orders") -> None:
    await pilot.press("D")
    if not isinstance(pilot.app.screen, ConfirmScreen):
        await pilot.press("D")
    await typed(pilot, word, "enter")
    await settle(pilot)


def test_a_record_is_filled_in_shown_confirmed_and_sent_and_its_place_is_told():
    async def script(pilot: Pilot[None]) -> None:
        assert "3 fields are not right yet" in shown(pilot.app)
        await complete(pilot)
        text = shown(pilot.app)
        assert "✔ complete" in text
        assert "a value of 20 bytes, orders-value v3, id 43" in text
        assert "total Decimal('12.50')" in text
        await confirm(pilot)
        assert "✔ sent: partition 0, offset 1,234" in shown(pilot.app)

    fakes = on_form(script, size=WIDE)
    (draft,) = fakes.produce.sent
    assert draft.message.value is not None
    assert draft.message.value[:5] == b"\0\0\0\0\x2b"


def test_nothing_is_sent_before_the_topics_name_is_typed_to_the_letter():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("D")
        assert "Send a record to orders (local)" in shown(pilot.app)
        await typed(pilot, "order", "enter")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        assert "type orders" in shown(pilot.app)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ProducePage)

    assert on_form(script, with_record(), size=WIDE).produce.sent == []


def test_where_there_is_little_room_the_record_is_shown_before_it_is_confirmed():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("D")
        assert isinstance(pilot.app.screen, ProducePage)
        assert "This is what would be sent." in shown(pilot.app)
        assert "status Status.PAID" in shown(pilot.app)
        await confirm(pilot)
        assert "✔ sent: partition 0, offset 1,234" in shown(pilot.app)

    assert len(on_form(script, with_record()).produce.sent) == 1


def test_what_is_not_right_is_told_as_it_is_typed_and_cannot_be_entered():
    async def script(pilot: Pilot[None]) -> None:
        await fill(pilot, "value.status", "PAYD")
        row = next(line for line in lines(pilot.app) if "   status " in line)
        assert "PAYD" in row
        assert "✗ " in row
        assert "did you mean `PAID`?" in shown(pilot.app)
        await pilot.press("escape")
        await pilot.pause()
        row = next(line for line in lines(pilot.app) if "   status " in line)
        assert "NEW" in row
        assert "✗ " not in row

    on_form(script, size=WIDE)


def test_sending_what_is_not_complete_goes_to_the_first_field_that_is_wrong():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("D")
        assert "✗ value.id: a value is needed" in shown(pilot.app)
        current = pilot.app.screen.query_one(FormView).current
        assert current is not None
        assert current.name == "id"

    assert on_form(script).produce.sent == []


def test_choices_are_turned_through_records_opened_and_texts_cleared():
    async def script(pilot: Pilot[None]) -> None:
        view = pilot.app.screen.query_one(FormView)
        form = view._form
        assert form is not None
        texts = {}

        def go(name: str) -> None:
            view.go(next(n for n, one in enumerate(form.fields) if one.name == name))

        for name, keys in {"status": "right right", "gift": "left", "tags": "delete"}.items():
            go(name)
            await pilot.press(*keys.split())
            assert view.current is not None
            texts[name] = form.text(view.current)
        assert texts == {"status": "SHIPPED", "gift": "true", "tags": ""}
        go("address")
        await pilot.press("enter")
        assert "city" in shown(pilot.app)
        await pilot.press("enter")
        assert "city" not in shown(pilot.app)

    on_form(script, size=WIDE)


def test_a_record_under_the_cursor_is_what_the_form_begins_with_until_c():
    async def script(pilot: Pilot[None]) -> None:
        text = shown(pilot.app)
        assert "✔ complete · begun with 0:9" in text
        assert "`old` left out" in text
        await pilot.press("c")
        await settle(pilot)
        assert "3 fields are not right yet" in shown(pilot.app)
        await pilot.press("c")
        await settle(pilot)
        await confirm(pilot)

    fakes = on_form(script, with_record(offset=9, headers=(("a", b"1"),)), size=WIDE)
    (draft,) = fakes.produce.sent
    assert (draft.message.key, draft.message.headers) == (b"k", (("a", b"1"),))


def test_a_tombstone_a_header_and_a_partition_are_sent():
    async def script(pilot: Pilot[None]) -> None:
        await fill(pilot, "headers.header 1", "source=me")
        await fill(pilot, "partition", "2")
        pilot.app.screen.query_one(FormView).go(1)
        await pilot.press("x")
        assert "a tombstone" in shown(pilot.app)
        await confirm(pilot)
        assert "✔ sent: partition 2, offset 1,234" in shown(pilot.app)

    (draft,) = on_form(script, with_record({}, key=b"k-1"), size=WIDE).produce.sent
    assert draft.message == (b"k-1", None, (("source", b"me"),), None)
    assert draft.partition == 2


def test_without_a_schema_the_value_is_text_and_that_is_said():
    async def script(pilot: Pilot[None]) -> None:
        assert "text, no schema" in shown(pilot.app)
        await pilot.press("j")
        assert "Nothing is registered under orders-value" in shown(pilot.app)
        await fill(pilot, "value", "hello")
        await confirm(pilot)

    fakes = on_form(script, Fakes(produce=FakeProduce(value=None)), size=WIDE)
    assert fakes.produce.sent[0].message.value == b"hello"


def test_what_was_typed_is_not_lost_by_one_escape():
    async def script(pilot: Pilot[None]) -> None:
        await fill(pilot, "value.id", "7")
        await pilot.press("escape")
        assert "Esc again leaves it" in shown(pilot.app)
        await pilot.press("escape")
        await settle(pilot)
        assert not isinstance(pilot.app.screen, ProducePage)

    on_form(script)


def test_another_version_may_be_chosen_and_what_was_typed_stays():
    async def script(pilot: Pilot[None]) -> None:
        await fill(pilot, "value.id", "7")
        await pilot.press("V")
        await typed(pilot, "2", "enter")
        await settle(pilot)
        assert "2 fields are not right yet" in shown(pilot.app)

    assert on_form(script).produce.versions == [None, 2]


@pytest.mark.parametrize(
    "error",
    [
        ChangeRefused("context `prod` is read-only; `produce` was not tried", hint="set in x"),
        RegistryUnreachable("the registry does not answer", hint="flowodm doctor"),
        SchemaError("schema id 9 is JSON, not Avro"),
    ],
)
def test_a_topic_that_cannot_be_written_to_says_why_and_offers_nothing(error: Any):
    async def script(pilot: Pilot[None]) -> None:
        text = shown(pilot.app)
        assert f"✗ {error.message}" in text
        assert "Send" not in lines(pilot.app)[-1]
        await pilot.press("D", "v", "x", "c", "V", "enter")
        assert isinstance(pilot.app.screen, ProducePage)
        fakes.produce.error = None
        await pilot.press("r")
        await settle(pilot)
        assert "orders-value v3" in shown(pilot.app)

    fakes = Fakes(produce=FakeProduce(error=error))
    on_form(script, fakes)


@pytest.mark.parametrize(
    "error",
    [
        BrokerError("the record is too large for topic `orders`", hint="max.message.bytes"),
        DeliveryTimeout("no delivery report after 10 s", hint="it may still be delivered"),
    ],
)
def test_what_the_broker_refuses_is_told_and_the_form_stays(error: Any):
    async def script(pilot: Pilot[None]) -> None:
        await confirm(pilot)
        text = shown(pilot.app)
        assert f"✗ {error.message}" in text
        assert error.hint in text
        assert "✔ sent" not in text
        await pilot.press("r")
        await settle(pilot)
        assert "✔ complete" in shown(pilot.app)

    fakes = with_record()
    fakes.produce.send_error = error
    assert len(on_form(script, fakes, size=WIDE).produce.sent) == 1


@pytest.mark.parametrize(
    ("cluster", "may_write"), [(FakeCluster(), False), (FakeCluster(is_read_only=True), True)]
)
def test_without_write_it_is_in_no_key_line_no_palette_and_no_help(
    cluster: FakeCluster, may_write: bool
):
    async def script(pilot: Pilot[None]) -> None:
        await settle(pilot)
        app = pilot.app
        assert "Produce" not in lines(app)[-1]
        assert not [text for text, _ in app.actions_of(app.screen) if "Produce" in text]
        await pilot.press("p")
        assert not isinstance(app.screen, ProducePage)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "records.produce" not in shown(app)

    fakes = Fakes(cluster)
    play(script, fakes, topic="orders", may_write=may_write, size=WIDE)
    assert fakes.produce.versions == []


def test_it_is_reached_and_left_by_the_mouse_alone():
    async def script(pilot: Pilot[None]) -> None:
        await settle(pilot)
        assert [text for text, _ in pilot.app.actions_of(pilot.app.screen) if "Produce" in text]
        keys = lines(pilot.app)[-1]
        await pilot.click("KeyLine", offset=(keys.index("Produce"), 0))
        await settle(pilot)
        assert isinstance(pilot.app.screen, ProducePage)
        await pilot.click("#form", offset=(5, 2), times=2)
        await typed(pilot, "7", "enter")
        keys = lines(pilot.app)[-1]
        await pilot.click("KeyLine", offset=(keys.index("Send"), 0))
        await settle(pilot)
        assert "value.total: a value is needed" in shown(pilot.app)

    play(script, topic="orders", may_write=True, size=WIDE)


@pytest.mark.parametrize("size", [(60, 15), WIDE])
def test_hostile_docs_and_defaults_cannot_steer_anything(size: tuple[int, int]):
    async def script(pilot: Pilot[None]) -> None:
        view = pilot.app.screen.query_one(FormView)
        for number in range(1, view.count):
            view.go(number)
            await pilot.pause()
            check(pilot.app)
        for number in (3, 7):
            view.go(number)
            await pilot.press("enter")
            check(pilot.app)
            await pilot.press("escape")
        await pilot.press("v")
        check(pilot.app)
        assert isinstance(pilot.app.screen, ProducePage)

    value = {"a": TEXTS[0]}
    headers = tuple((text.encode("utf-8", "ignore").decode(), b"x") for text in TEXTS)
    fakes = with_record(value, topic="orders", headers=headers)
    fakes.produce = FakeProduce(hostile_schema(*TEXTS))
    on_form(script, fakes, size=size)


@pytest.mark.parametrize("text", [TEXTS[0], *MARKUP])
def test_what_a_source_says_cannot_steer_anything(text: str):
    async def script(pilot: Pilot[None]) -> None:
        check(pilot.app)

    on_form(script, Fakes(produce=FakeProduce(error=BrokerError(text, hint=text))))


def test_the_form_looks_as_it_was_reviewed_on_a_small_screen():
    found: dict[str, str] = {}

    async def script(pilot: Pilot[None]) -> None:
        def look(name: str) -> None:
            found[name] = "\n".join(lines(pilot.app)[2:]) + "\n"

        look("form")
        await fill(pilot, "value.status", "PAYD")
        look("form-trouble")
        await pilot.press("escape", "v")
        await settle(pilot)
        look("form-preview")
        await pilot.press("D")
        look("form-confirm")
        await typed(pilot, "orders", "enter")
        await settle(pilot)
        look("form-sent")

    on_form(script, with_record(), size=(60, 15))
    for name, text in found.items():
        assert not MUST_NOT_SHOW & set(text) - {"\n"}
        check_golden(f"tui-{name}-60x15.txt", text)


def test_a_form_shows_what_was_said_of_each_field():
    async def script(pilot: Pilot[None]) -> None:
        for _ in range(2):
            await pilot.press("j")
        assert "Counts from 1." in shown(pilot.app)
        await pilot.press("j")
        assert "one of NEW, PAID, SHIPPED" in shown(pilot.app)
        assert pilot.app.screen.query_one("#form-title", Line)

    on_form(script, Fakes(produce=FakeProduce(ORDER)))
