"""The records of a topic, over a read that a test feeds and the real decoder."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from flowodm.codec.framing import frame
from flowodm.config import RegistryConfig
from flowodm.errors import BrokerUnreachable, RegistryUnreachable
from flowodm.registry import SchemaRegistry
from flowodm.registry.exchange import Limits
from flowodm.testing.registry import MockRegistry
from flowodm.tui.screens.records import RecordsPage
from flowodm.tui.sources.ring import Row
from flowodm.tui.sources.rows import rows_of
from tests.tui.fakes import Clock, FakeRecords, Fakes, record
from tests.tui.pilots import lines, play, settle, shown

pytestmark = pytest.mark.tui

SCHEMA = {
    "type": "record",
    "name": "Order",
    "fields": [{"name": "id", "type": "long"}, {"name": "note", "type": "string"}],
}


@pytest.fixture
def avro() -> Iterator[tuple[SchemaRegistry, bytes]]:
    """A registry, and the framing of its one schema."""
    url = "http://registry.tui.test"
    with MockRegistry(url):
        registry = SchemaRegistry(RegistryConfig(url=url))
        yield registry, frame(registry.register("orders-value", json.dumps(SCHEMA)).schema_id)
        registry.close()


def numbered(count: int, start: int = 0) -> list:
    return [record(b'{"n": %d}' % number, offset=number) for number in range(start, start + count)]


def fakes_of(records: list, *, ends: bool = False) -> Fakes:
    return Fakes(records=FakeRecords(records, ends=ends))


async def see(pilot: Pilot[None], text: str) -> str:
    """Wait until something is shown, and return all that is."""
    for _ in range(300):
        await pilot.pause(0.03)
        if text in (now := shown(pilot.app)):
            return now
    raise AssertionError(f"{text!r} is not shown:\n{shown(pilot.app)}")


def on_records(script, fakes: Fakes, **options) -> None:
    play(script, fakes, topic="orders", **options)


def test_records_are_listed_newest_last_with_what_is_in_them(avro):
    registry, framing = avro
    fakes = fakes_of([record(framing + b"\x0e\x04hi", offset=12_345)])
    fakes.records.registry = registry

    async def script(pilot: Pilot[None]) -> None:
        text = await see(pilot, "id=7 note=hi")
        assert "12,345" in text
        assert "Order v1" in text

    on_records(script, fakes)


def test_a_record_that_does_not_decode_is_a_row_with_its_cause(avro):
    registry, framing = avro
    fakes = fakes_of([record(framing + b"\x0e", offset=1)])
    fakes.records.registry = registry

    async def script(pilot: Pilot[None]) -> None:
        text = await see(pilot, "✗ not decoded")
        assert "value.note" in text

    on_records(script, fakes, size=(130, 36))


def test_a_registry_that_does_not_answer_is_told_in_each_row():
    fakes = fakes_of(numbered(3))
    fakes.records.decode_error = RegistryUnreachable("the registry does not answer")

    async def script(pilot: Pilot[None]) -> None:
        text = await see(pilot, "the registry does not answer")
        assert text.count("✗ not decoded") == 3

    on_records(script, fakes, size=(130, 36))


def test_rows_are_decoded_by_themselves_once_their_registry_answers_again(avro):
    registry, framing = avro
    fakes, clock = fakes_of([record(framing + b"\x0e\x04hi")]), Clock()
    fakes.records.registry = registry
    fakes.records.decode_error = RegistryUnreachable("the registry does not answer")

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "the registry does not answer")
        fakes.records.decode_error = None
        clock.now += 3
        text = await see(pilot, "id=7 note=hi")
        assert "does not answer" not in text

    on_records(script, fakes, size=(130, 36), clock=clock)


def test_following_keeps_the_newest_record_in_view():
    fakes = fakes_of(numbered(100))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=99")
        fakes.records.queue.put(numbered(50, 100))
        text = await see(pilot, "n=149")
        assert "FOLLOW" in text

    on_records(script, fakes)


def test_looking_back_ends_the_following_and_G_begins_it_again():
    fakes = fakes_of(numbered(100))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=99")
        await pilot.press("g")
        await see(pilot, "n=0")
        fakes.records.queue.put(numbered(1, 100))
        await see(pilot, "101 read")
        assert "n=100" not in shown(pilot.app)
        await pilot.press("G")
        await see(pilot, "n=100")

    on_records(script, fakes)


def test_a_pause_takes_no_records_and_its_end_takes_them_up():
    fakes = fakes_of(numbered(1))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=0")
        await pilot.press("space")
        await see(pilot, "PAUSED")
        fakes.records.queue.put(numbered(1, 1))
        await pilot.pause(0.3)
        assert "n=1" not in shown(pilot.app)
        await pilot.press("space")
        await see(pilot, "n=1")

    on_records(script, fakes)


def test_following_ends_a_pause():
    fakes = fakes_of(numbered(1))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=0")
        await pilot.press("Y")
        await see(pilot, "copied: ")
        await pilot.press("space")
        await see(pilot, "PAUSED")  # at once, and not after what was said before
        fakes.records.queue.put(numbered(1, 1))
        await pilot.press("f")
        await see(pilot, "n=1")
        assert "FOLLOW" in shown(pilot.app)

    on_records(script, fakes)


def test_a_read_that_begins_anew_is_not_paused_by_a_look_at_another_section():
    fakes = fakes_of(numbered(1))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=0")
        await pilot.press("space")
        await see(pilot, "PAUSED")
        await pilot.press("t", *"start", "enter")
        await see(pilot, "FOLLOW")
        await pilot.press("2")
        await settle(pilot)
        await pilot.press("1")
        await see(pilot, "FOLLOW")

    on_records(script, fakes)


def test_a_match_that_is_found_takes_back_that_there_is_none():
    fakes = fakes_of(numbered(10))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=9")
        await pilot.press("slash", *"value.n % 4 == 0", "enter")
        await see(pilot, "matched 3 of 10")
        await pilot.press("m")
        await see(pilot, "● ")
        await pilot.press("G", "n")
        await see(pilot, "no more matches")
        await pilot.press("N")
        await see(pilot, "matched 3 of 10")

    on_records(script, fakes)


def test_a_filter_keeps_what_matches_and_says_of_how_many():
    fakes = fakes_of(numbered(100))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=99")
        await pilot.press("slash", *"value.n >= 98", "enter")
        text = await see(pilot, "matched 2 of 100")
        assert "n=98" in text
        assert "n=97" not in text
        assert "where value.n >= 98" in text

    on_records(script, fakes)


def test_a_filter_without_meaning_says_so_as_it_is_typed_and_is_not_taken():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"value.n >")
        await see(pilot, "✗ the filter is not CEL")
        await pilot.press("enter")
        await see(pilot, "✗ the filter is not CEL")
        await pilot.press("escape")

    on_records(script, fakes_of(numbered(3)))


def test_filters_are_remembered():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"value.n == 1", "enter")
        await settle(pilot)
        await pilot.press("slash", "home", *(["delete"] * 20), "up")
        await see(pilot, "value.n == 1")
        await pilot.press("escape")

    on_records(script, fakes_of(numbered(3)))


def test_marking_keeps_all_and_n_goes_from_match_to_match():
    fakes = fakes_of(numbered(10))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=9")
        await pilot.press("slash", *"value.n % 4 == 0", "enter")
        await see(pilot, "matched 3 of 10")
        await pilot.press("m")
        await see(pilot, "● ")
        await pilot.press("g", "n")
        await see(pilot, "▸ 0       4")
        await pilot.press("n", "N", "N")
        await see(pilot, "▸ 0       0")

    on_records(script, fakes)


def test_seeking_reads_from_elsewhere_by_offset_and_by_time():
    fakes = fakes_of(numbered(3))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("t", *"100:200", "enter")
        await see(pilot, "from 100:200")
        await pilot.press("t", *"nowhere")
        await see(pilot, "✗ `nowhere` is not a position; expected")
        await pilot.press("escape", "t", *"-15m", "enter")
        await see(pilot, "from -15m")

    on_records(script, fakes)
    asked = [str(where) for _, where in fakes.records.asked]
    assert asked[1] == "100:200"
    assert asked[2].startswith("@")


def test_the_palette_seeks_too():
    fakes = fakes_of(numbered(3))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("colon", *"seek -5")
        await pilot.pause(0.5)
        await pilot.press("down", "enter")
        await see(pilot, "from -5")

    on_records(script, fakes)


def test_an_open_record_shows_value_key_headers_schema_and_bytes(avro):
    registry, framing = avro
    fakes = fakes_of([record(framing + b"\x0e\x04hi", headers=(("trace", b"abc"),))])
    fakes.records.registry = registry

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "id=7")
        await pilot.press("enter")
        assert "note 'hi'" in await see(pilot, "▾ Order (2 fields)")
        await pilot.press("x")
        assert "00 00 00 00 01 0e 04 68" in await see(pilot, "9 bytes")
        await pilot.press("s")
        assert '"name": "Order"' in await see(pilot, "schema id 1")
        await pilot.press("enter", "left_square_bracket")
        await see(pilot, "trace: abc")
        await pilot.press("left_square_bracket")
        await see(pilot, "'k'")
        await pilot.press("escape")
        await settle(pilot)
        assert "Headers" not in shown(pilot.app)

    on_records(script, fakes)


def test_a_value_and_its_command_are_copied():
    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=0")
        await pilot.press("y")
        await see(pilot, "copied 7 characters")
        assert pilot.app.clipboard == '{"n":0}'
        await pilot.press("Y")
        await settle(pilot)
        assert (
            pilot.app.clipboard == "flowodm tail orders -p 0 --offset 0:1 --context local"
        )  # elsewhere, another context may be the current one

    on_records(script, fakes_of(numbered(1)))


def test_what_is_kept_is_exported_as_ndjson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=4")
        await pilot.press("e")
        await see(pilot, "wrote 5 records to orders-")

    on_records(script, fakes_of(numbered(5)))
    (file,) = tmp_path.iterdir()
    assert [json.loads(line)["offset"] for line in file.read_text().splitlines()] == [*range(5)]


def test_a_read_that_cannot_begin_says_why_and_reads_again():
    fakes = fakes_of(numbered(1))
    fakes.records.error = BrokerUnreachable("cannot reach a broker", hint="flowodm doctor")

    async def script(pilot: Pilot[None]) -> None:
        assert "flowodm doctor" in await see(pilot, "✗ cannot reach a broker")
        fakes.records.error = None
        await pilot.press("r")
        await see(pilot, "n=0")

    on_records(script, fakes)


def test_no_records_and_no_matches_say_what_to_do():
    async def nothing(pilot: Pilot[None]) -> None:
        await see(pilot, "No records there.")

    async def no_match(pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"value.n == 5", "enter")
        await see(pilot, "Nothing matched yet")

    on_records(nothing, fakes_of([]))
    on_records(no_match, fakes_of(numbered(1)))


def test_a_large_value_is_opened_part_by_part():
    value = json.dumps({"items": [{"n": number} for number in range(60_000)]}).encode()

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "items=")
        await pilot.press("enter")
        await see(pilot, "▾ items [60,000]")
        await pilot.press("enter", "G")
        await see(pilot, "… 59,500 more")
        await pilot.press("enter", "G")
        await see(pilot, "… 59,000 more")

    on_records(script, fakes_of([record(value)]))


def test_leaving_the_page_ends_its_read():
    fakes = fakes_of(numbered(1))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=0")
        await pilot.press("escape")
        for _ in range(100):
            await asyncio.sleep(0.02)
            if not any(w.group == "read" and w.is_running for w in pilot.app.workers):
                break
        else:
            raise AssertionError("the read goes on")
        assert not isinstance(pilot.app.screen, RecordsPage)

    on_records(script, fakes)


def test_the_terminal_may_be_resized_while_records_come():
    fakes = fakes_of(numbered(100))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=99")
        for number, size in enumerate([(60, 15), (200, 50), (12, 4), (80, 24)]):
            await pilot.resize_terminal(*size)
            fakes.records.queue.put(numbered(10, 100 + 10 * number))
            await pilot.press("enter")
            await settle(pilot)
            await pilot.press("escape", "G")
        await see(pilot, "n=139")
        assert len(lines(pilot.app)) == 24

    on_records(script, fakes)


def test_a_read_that_breaks_off_keeps_what_it_has_and_says_so():
    fakes = fakes_of(numbered(5))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "n=4")
        fakes.records.broken = BrokerUnreachable("the cluster is gone", hint="flowodm doctor")
        await see(pilot, "! reading stopped: the cluster is gone · flowodm doctor · r reads again")
        assert "n=4" in shown(pilot.app)
        fakes.records.broken = None
        await pilot.press("r")
        await see(pilot, "FOLLOW")

    on_records(script, fakes)


def test_a_registry_that_does_not_answer_is_asked_for_one_record_in_view_alone():
    source, asked = FakeRecords(), []

    def tree(one):
        asked.append(one.offset)
        if one.value.startswith(b"\0"):
            raise RegistryUnreachable("no registry answers")
        return FakeRecords.tree(source, one)

    source.tree = tree
    values = (b"\0\0\0\0\7a", b'{"n": 1}', b"\0\0\0\0\7b", b'{"n": 3}')
    rows = [(n, Row(record(value, offset=n))) for n, value in enumerate(values)]
    found = rows_of(rows, source, datetime.now(UTC))
    assert [row.value for row in found] == [
        "no registry answers",
        "n=1",
        "no registry answers",
        "n=3",
    ]
    assert asked == [0, 1, 3]


def test_a_record_is_opened_without_its_registry_as_its_bytes_and_why():
    value = b"\0\0\0\0\x07rest"
    fakes = fakes_of([record(b'{"n": 0}'), record(value, key=b'{"k": 1}', offset=1)])
    nobody = RegistryConfig(url="http://127.0.0.1:1")
    fakes.records.registry = SchemaRegistry(nobody, limits=Limits(attempts=1))

    async def script(pilot: Pilot[None]) -> None:
        await see(pilot, "✗ registry `http://127.0.0.1:1` refused")
        await pilot.press("enter")
        await see(pilot, "00 00 00 07 72")
        await pilot.press("right_square_bracket")
        await see(pilot, "k 1")
        await pilot.press("left_square_bracket", "up")
        await see(pilot, "n 0")

    with fakes.records.registry:
        on_records(script, fakes, size=(130, 36))
