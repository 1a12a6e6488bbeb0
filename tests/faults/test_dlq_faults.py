"""A replay while its broker is killed and comes back, or does not."""

import json
import logging
import threading
import uuid
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.dead_letters import Progress, Replay, ReplayOptions, ReplayPlan, build_plan
from flowodm.errors import FlowODMError, PlanError
from flowodm.sandbox import Sandbox
from tests.dead_letters import Letter, connect_headers, produce_letters
from tests.servers import wait_until
from tests.topics import create_topics

pytestmark = pytest.mark.faults

TOTAL = 4_000
_QUIET = logging.getLogger("flowodm.tests.quiet")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(registry=False) as sandbox:
        yield sandbox


@pytest.fixture
def connection(sandbox: Sandbox) -> Iterator[KafkaConnection]:
    kafka = {"reconnect.backoff.max.ms": "200", "retry.backoff.max.ms": "200"}
    context = Context(
        name="test", source="test", bootstrap_servers=sandbox.bootstrap_servers, kafka=kafka
    )
    with KafkaConnection(context) as connection:
        yield connection


@pytest.fixture
def topics(sandbox: Sandbox) -> tuple[str, str]:
    """A topic, and that of its dead letters, which is full of them."""
    name = f"orders-{uuid.uuid4().hex[:8]}"
    admin = AdminClient(sandbox.client_config, logger=_QUIET)
    create_topics(admin, *(NewTopic(n, 3, 1) for n in (name, f"{name}-dlt")))
    produce_letters(
        sandbox.client_config,
        f"{name}-dlt",
        [
            Letter(
                key=b"k-%d" % (number % 6),
                value=b"%d" % number,
                headers=tuple(connect_headers(name, number % 3, number)),
                partition=number % 3,
            )
            for number in range(TOTAL)
        ],
    )
    return name, f"{name}-dlt"


def planned(connection: KafkaConnection, letters: str) -> tuple[ReplayPlan, Progress]:
    progress = Progress(connection, letters, timeout=30)
    return build_plan(connection, letters, sent=progress.marks, timeout=30), progress


def numbers(connection: KafkaConnection, topic: str) -> list[tuple[bytes | None, int]]:
    """The numbers in a topic with their keys, each partition in its order."""
    from flowodm.reader import ReadOptions, read

    found = sorted(read(connection, topic, options=ReadOptions(timeout=30)), key=itemgetter(1, 2))
    return [(one.key, json.loads(one.value or b"null")) for one in found]


def assert_nothing_lost(found: list[tuple[Any, int]]) -> None:
    assert {number for _, number in found} == set(range(TOTAL))
    newest: dict[Any, int] = {}
    seen: set[int] = set()
    for key, number in found:
        if number not in seen:
            seen.add(number)
            assert number >= newest.get(key, 0)
            newest[key] = number


def test_a_replay_outlasts_an_outage_without_a_loss_or_a_copy(
    sandbox: Sandbox, connection: KafkaConnection, topics: tuple[str, str]
) -> None:
    name, letters = topics
    plan, progress = planned(connection, letters)

    def outage() -> None:
        sandbox.kill_node()
        sandbox.start_node()

    killer = threading.Thread(target=outage)
    with Replay(connection, plan, progress, ReplayOptions(rate=2_000)) as replay:
        for sent in replay.steps():
            if sent > TOTAL // 4 and killer.ident is None:
                killer.start()
    killer.join(60)
    assert replay.sent == TOTAL
    found = numbers(connection, name)
    assert len(found) == TOTAL
    assert_nothing_lost(found)


def test_an_outage_that_lasts_ends_a_replay_and_the_next_one_sends_the_rest(
    sandbox: Sandbox, connection: KafkaConnection, topics: tuple[str, str]
) -> None:
    name, letters = topics
    plan, progress = planned(connection, letters)

    def send_until_it_ends() -> None:
        is_down = False
        options = ReplayOptions(rate=2_000, patience=1.5)
        with Replay(connection, plan, progress, options) as replay:
            for sent in replay.steps():
                if sent > TOTAL // 4 and not is_down:
                    is_down = True
                    sandbox.kill_node()

    with pytest.raises(FlowODMError):
        send_until_it_ends()
    sandbox.start_node()
    with KafkaConnection(connection.context) as again:
        plan, progress = planned(again, letters)
        assert plan.count < TOTAL
        with Replay(again, plan, progress) as replay:
            assert [*replay.steps()][-1] == plan.count
        found = numbers(again, name)
    assert len(found) - TOTAL <= 500
    assert_nothing_lost(found)


def test_of_two_replays_at_once_one_ends(
    connection: KafkaConnection, topics: tuple[str, str]
) -> None:
    _, letters = topics
    plan, progress = planned(connection, letters)
    other_plan, other_progress = planned(connection, letters)

    def send_both() -> None:
        with Replay(connection, plan, progress, ReplayOptions(rate=5_000)) as replay:
            steps = replay.steps()
            wait_until(lambda: next(steps) > 700, seconds=30)
            with Replay(connection, other_plan, other_progress) as other:
                assert [*other.steps()][-1] == TOTAL
            for _ in steps:
                pass

    with pytest.raises(PlanError, match="another replay"):
        send_both()
