"""The list of topics and one topic, over sources that say what a test wants."""

import pytest
from textual.pilot import Pilot

from flowodm.errors import BrokerUnreachable, RegistryUnreachable
from tests.tui.fakes import Clock, Fakes, FakeTopics
from tests.tui.pilots import lines, play, settle, shown

pytestmark = pytest.mark.tui


def fakes_of(*names: str) -> Fakes:
    return Fakes(topics=FakeTopics(names=list(names)))


def test_topics_are_listed_by_name_with_their_offsets():
    async def script(pilot: Pilot[None]) -> None:
        rows = lines(pilot.app)[4:6]
        assert rows[0].split()[:5] == ["▸", "orders", "3", "2", "✔"]
        assert rows[1].split()[-3:] == ["10", "none", "…"]

    play(script, fakes_of("orders", "payments"))


def test_offsets_are_asked_for_the_rows_in_view_only():
    fakes = fakes_of(*(f"topic-{number:06d}" for number in range(100_000)))

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("G")
        pilot.app.screen.feeds["ends"].now()
        await settle(pilot)
        assert len(fakes.topics.asked[-1]) < 30
        assert fakes.topics.asked[-1][-1] == "topic-099999"
        assert "100,000 of 100,000 topics" in shown(pilot.app)

    play(script, fakes)


def test_a_rate_is_told_once_two_answers_are_there():
    fakes, clock = fakes_of("orders"), Clock()

    async def script(pilot: Pilot[None]) -> None:
        clock.now += 2.0
        fakes.topics.spans["orders"] = 3_010
        pilot.app.screen.feeds["ends"].now()
        await settle(pilot)
        assert lines(pilot.app)[4].split()[-1] == "1.5k"

    play(script, fakes, clock=clock)


def test_a_filter_narrows_the_list_as_it_is_typed_and_esc_clears_it():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"PAY")
        await pilot.pause()
        assert "orders" not in shown(pilot.app)
        await pilot.press("enter", "escape")
        await pilot.pause()
        assert "orders" in shown(pilot.app)

    play(script)


def test_a_megabyte_that_is_pasted_into_the_filter_is_refused_and_told():
    from textual import events

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("slash")
        pilot.app.post_message(events.Paste("\x1b[2J" * 250_000))
        pilot.app.post_message(events.Paste("x" * 1_000_000))
        await settle(pilot)
        assert len(pilot.app.focused.value) <= 1_000
        assert "✗ too long to paste: 1,000 characters are the most" in shown(pilot.app)
        await pilot.press("x")
        await settle(pilot)
        assert "too long" not in shown(pilot.app)
        await pilot.press("escape")

    play(script)


def test_sorting_goes_round_the_columns_and_the_cursor_stays_on_its_topic():
    fakes = fakes_of("a", "b", "c")
    fakes.topics.spans.update(a=1, b=5, c=9)

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("j", "o", "o")
        await settle(pilot)
        assert [line.split()[0] for line in lines(pilot.app)[4:7]] == ["c", "▸", "a"]

    play(script, fakes)


def test_topics_that_lack_copies_stand_out_by_a_word():
    async def script(pilot: Pilot[None]) -> None:
        text = shown(pilot.app)
        assert "! 1 behind" in text
        assert "✗ 1 offline" in text
        assert "! 2 with missing copies" in text

    play(script, fakes_of("behind", "offline", "fine"))


def test_internal_topics_are_hidden_until_they_are_asked_for():
    async def script(pilot: Pilot[None]) -> None:
        assert "Only 1 internal topics are here." in shown(pilot.app)
        await pilot.press("i")
        await pilot.pause()
        assert "__consumer_offsets" in shown(pilot.app)

    play(script, fakes_of("__consumer_offsets"))


def test_a_cluster_without_topics_says_how_to_make_one():
    async def script(pilot: Pilot[None]) -> None:
        assert "This cluster has no topics yet." in shown(pilot.app)
        assert "flowodm topics create" in shown(pilot.app)

    play(script, fakes_of())


def test_what_fails_is_told_with_its_cure_and_asked_again():
    fakes = fakes_of("orders")
    fakes.topics.error = BrokerUnreachable("cannot reach a broker", hint="flowodm doctor")

    async def script(pilot: Pilot[None]) -> None:
        assert "✗ cannot reach a broker" in shown(pilot.app)
        assert "flowodm doctor" in shown(pilot.app)
        fakes.topics.error = None
        await pilot.press("r")
        await settle(pilot)
        assert "orders" in shown(pilot.app)

    play(script, fakes)


def test_old_data_stays_and_says_how_old_it_is():
    fakes, clock = fakes_of("orders"), Clock()

    async def script(pilot: Pilot[None]) -> None:
        fakes.topics.error = BrokerUnreachable("cannot reach a broker")
        clock.now += 12.0
        await pilot.press("r")
        await settle(pilot)
        assert "! 12 s old: cannot reach a broker" in shown(pilot.app)
        assert "orders" in shown(pilot.app)

    play(script, fakes, clock=clock)


def test_schemas_and_own_settings_are_told_and_those_asked_for_the_rows_in_view_only():
    fakes = fakes_of("orders", "other", *(f"topic-{number:04d}" for number in range(1_000)))

    async def script(pilot: Pilot[None]) -> None:
        rows = [line.split() for line in lines(pilot.app)[4:6]]
        assert rows[0][4:9] == ["✔", "key", "value", "1", "10"]
        assert rows[1][3:6] == ["✔", "none", "1"]
        assert "own settings: retention.ms 1000" in lines(pilot.app)[-2]
        asked = [name for names in fakes.topics.settings_asked for name in names]
        assert len(asked) == len(set(asked)) < 40

    play(script, fakes, size=(130, 36))


def test_a_registry_and_brokers_that_tell_neither_schemas_nor_settings_leave_the_list():
    fakes = fakes_of("orders")
    fakes.topics.schemas_error = RegistryUnreachable("cannot reach the registry")
    fakes.topics.settings_error = BrokerUnreachable("cannot reach a broker")

    async def script(pilot: Pilot[None]) -> None:
        assert lines(pilot.app)[4].split()[4:8] == ["✔", "–", "–", "10"]
        assert "schemas: cannot reach the registry" in lines(pilot.app)[-2]
        assert "orders" in lines(pilot.app)[4]

    play(script, fakes, size=(130, 36))


def test_a_topic_shows_all_settings_with_their_sources_its_own_first():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("d")
        await settle(pilot)
        assert "1 setting of its own · 2 others: a shows them" in shown(pilot.app)
        assert "static broker" not in shown(pilot.app)
        await pilot.press("a")
        await pilot.pause()
        text = shown(pilot.app)
        assert text.index("retention.ms") < text.index("cleanup.policy")
        assert "static broker" in text

    play(script, size=(130, 36))


def test_a_topic_shows_its_schemas_and_its_readers_and_opens_both():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("d")
        await settle(pilot)
        assert "orders-key v1 (id 41, AVRO) · orders-value v3" in shown(pilot.app)
        assert "1 group that reads it, or did" in shown(pilot.app)
        await pilot.press("s")
        await settle(pilot)
        assert pilot.app.steps == ("schemas", "orders-value")
        await pilot.press("1")
        await settle(pilot)
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert pilot.app.steps == ("groups", "billing")

    play(script, size=(130, 36))


def test_a_topic_is_shown_where_registry_and_groups_cannot_be_asked():
    fakes = fakes_of("orders")
    fakes.topics.schemas_error = RegistryUnreachable("cannot reach the registry")
    fakes.topics.readers_error = BrokerUnreachable("no coordinator")

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("d")
        await settle(pilot)
        text = shown(pilot.app)
        assert "schemas ! cannot reach the registry" in text
        assert "readers ! no coordinator" in text
        assert "12,345" in text

    play(script, fakes)


def test_a_topic_shows_its_partitions_and_its_own_settings():
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("d")
        await settle(pilot)
        text = shown(pilot.app)
        assert "12,345" in text
        assert "✗ offline" in text
        assert "! under-replicated" in text
        assert "retention.ms" in text

    play(script)


def test_the_lag_of_the_group_that_is_behind_most_stands_beside_a_topic():
    fakes = fakes_of("orders", "payments", "unseen")
    fakes.topics.lagging = {"orders": 2_345, "unseen": None}

    async def script(pilot: Pilot[None]) -> None:
        at = lines(pilot.app)[3].index("   LAG") + 3

        def told() -> list[str]:
            return [line[: at + 3].split()[-1] for line in lines(pilot.app)[4:7]]

        assert told() == ["2.3k", "none", "?"]
        fakes.topics.lags_error = BrokerUnreachable("gone")
        await pilot.press("r")
        await settle(pilot)
        assert told() == ["–", "–", "–"]
        fakes.topics.lags_error, fakes.topics.lagging = None, None
        await pilot.press("r")
        await settle(pilot)
        assert told() == ["–", "–", "–"]
        assert "lag: only of up to 50 groups" in shown(pilot.app)

    play(script, fakes, size=(130, 36))
