"""What a worker tells arrives as it was."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.consumer.events import LoopEvent
from flowodm.consumer.status import LoopStatus, PartitionStatus
from flowodm.health import Standing
from flowodm.running.wire import event_from, event_of, standing_from, standing_of

pytestmark = pytest.mark.unit

NUMBERS = st.none() | st.integers(0, 2**62)
EVENTS = st.builds(
    LoopEvent,
    kind=st.sampled_from(["started", "retry", "dead letter", "assigned"]),
    loop=st.text(),
    at=st.datetimes(timezones=st.just(UTC)),
    topic=st.text(),
    group=st.text(),
    partitions=st.lists(st.integers(0, 9)).map(tuple),
    partition=NUMBERS,
    offset=NUMBERS,
    attempt=NUMBERS,
    delay=st.none() | st.floats(0, 1e6),
    text=st.text(),
)


@given(EVENTS)
def test_an_event_arrives_as_it_was(event: LoopEvent) -> None:
    assert event_from(json.loads(json.dumps(event_of(event)))) == event


def test_an_event_says_only_what_it_knows() -> None:
    event = LoopEvent(
        kind="dead letter",
        loop="audit",
        at=datetime(2026, 11, 23, 12, 4, 5, tzinfo=UTC),
        topic="t",
        group="g",
        partition=0,
        offset=7,
        text="ValueError: no",
    )
    assert event_of(event) == {
        "event": "dead letter",
        "loop": "audit",
        "time": "2026-11-23T12:04:05Z",
        "topic": "t",
        "group": "g",
        "partition": 0,
        "offset": 7,
        "text": "ValueError: no",
    }


def test_a_standing_arrives_with_the_number_of_its_worker() -> None:
    part = PartitionStatus(partition=1, watermark=4, lag_records=2, lag_seconds=0.5)
    status = LoopStatus(name="a", topic="t", group="g", state="running", partitions=(part,))
    sent = json.loads(json.dumps(standing_of(Standing(status=status, rebalances=3))))
    assert standing_from(sent, worker=2) == Standing(status=status, worker=2, rebalances=3)
