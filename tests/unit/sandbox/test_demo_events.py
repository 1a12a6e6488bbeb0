"""The events of the demo and the schemas they are written with."""

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from itertools import islice

import pytest

from flowodm import avro
from flowodm.codec.decode import Decoder, compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.sandbox.demo import events_for, schema_text
from flowodm.sandbox.demo_events import DAMAGED_AT, TOMBSTONE_AT, TOPICS, Event, events

pytestmark = pytest.mark.unit

MANY = 200


def clock() -> datetime:
    return datetime(2026, 11, 23, 12, 4, 5, 118_456, tzinfo=UTC)


@cache
def schema(topic: str, version: int) -> avro.Schema:
    return avro.parse(schema_text(topic, version))


@cache
def decoder(topic: str, version: int, reader: int) -> Decoder:
    return compile_decoder(schema(topic, version), schema(topic, reader))


def encode(event: Event) -> bytes:
    return compile_encoder(schema(event.topic, event.version)).encode(event.value)


def test_a_seed_tells_the_same_story_each_time() -> None:
    assert list(islice(events(3, clock), MANY)) == list(islice(events(3, clock), MANY))
    assert list(islice(events(3, clock), MANY)) != list(islice(events(4, clock), MANY))


@pytest.mark.parametrize("seed", range(5))
def test_every_event_survives_its_own_schema(seed: int) -> None:
    for event in islice(events(seed, clock), MANY):
        if event.value is not None:
            own = decoder(event.topic, event.version, event.version)
            assert own.decode(encode(event)) == event.value


def test_every_event_is_read_by_the_newest_schema_of_its_topic() -> None:
    newest = {topic.name: topic.versions for topic in TOPICS}
    for event in islice(events(1, clock), MANY):
        if event.value is not None:
            value = decoder(event.topic, event.version, newest[event.topic]).decode(encode(event))
            assert {name: value[name] for name in event.value} == event.value


def test_every_topic_and_version_takes_part() -> None:
    seen = Counter((event.topic, event.version) for event in islice(events(2, clock), MANY))
    assert set(seen) == {(t.name, v) for t in TOPICS for v in range(1, t.versions + 1)}


def test_the_schemas_show_what_avro_has() -> None:
    texts = " ".join(schema_text(t.name, v) for t in TOPICS for v in range(1, t.versions + 1))
    for word in ("enum", "decimal", "timestamp-millis", "timestamp-micros", "uuid", "date"):
        assert f'"{word}"' in texts


@pytest.mark.parametrize("seed", range(5))
def test_one_event_is_a_tombstone_and_one_is_damaged(seed: int) -> None:
    found = list(islice(events(seed, clock), MANY))
    assert [at for at, event in enumerate(found) if event.value is None] == [TOMBSTONE_AT]
    assert [at for at, event in enumerate(found) if event.is_damaged] == [DAMAGED_AT]


@pytest.mark.parametrize("records", [1, 5, DAMAGED_AT, DAMAGED_AT + 1, 20, 100])
def test_as_many_events_are_made_as_it_takes_for_so_many_to_decode(records: int) -> None:
    made = list(islice(events(1, clock), events_for(records)))
    assert sum(not event.is_damaged for event in made) == records
