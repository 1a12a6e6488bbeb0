"""Loops in trouble: brokers and registries that go and come back, members that come and go.

`FLOWODM_SOAK=1` runs the full durations.
"""

import logging
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm import (
    BaseSettings,
    ConsumerLoop,
    LoopError,
    LoopEvent,
    RetryPolicy,
)
from flowodm.connection import KafkaConnection
from flowodm.sandbox import Sandbox
from tests.faults.test_consume import committed, outage
from tests.loops import KINDS, Kind, running
from tests.models import based_on, connection_to
from tests.reading import Topics
from tests.servers import wait_until
from tests.topics import create_topics

pytestmark = pytest.mark.faults

SOAK = bool(os.environ.get("FLOWODM_SOAK"))
QUICK = BaseSettings(
    session_timeout_ms=6_000,
    heartbeat_interval_ms=1_000,
    max_poll_interval_ms=6_000,
    auto_commit_interval_ms=100,
    revoke_drain_timeout=4.0,
)


@pytest.fixture(scope="module")
def servers() -> Iterator[Sandbox]:
    """A broker and a registry; a test that stops one starts it again."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def connection(servers: Sandbox) -> Iterator[KafkaConnection]:
    with connection_to(servers.bootstrap_servers, servers.registry_url) as made:
        yield made


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def create(servers: Sandbox, name: str, partitions: int, **config: str) -> str:
    admin = AdminClient(dict(servers.client_config))
    settings = {key.replace("_", "."): value for key, value in config.items()}
    new = NewTopic(name, partitions, 1, config=settings)
    create_topics(admin, new)
    return name


def an_event(servers: Sandbox, connection: KafkaConnection, partitions: int = 1) -> Any:
    name = create(servers, f"trouble-{time.time_ns()}", partitions)
    return a_model(connection, name)


def a_model(connection: KafkaConnection, name: str, **said: Any) -> Any:
    settings = {"topic": name, "key_field": "key", "consumer_group": name, **said}
    base: Any = based_on(connection)

    class Event(base):
        Settings: ClassVar = type("Settings", (), settings)

        n: int
        key: str = ""

    return Event


def fill(event: Any, numbers: range, keys: int = 10) -> None:
    event.produce_many([event(n=n, key=f"k{n % keys}") for n in numbers])


@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_a_broker_that_goes_and_comes_back_costs_no_record(
    servers: Sandbox, connection: KafkaConnection, kind: Kind, how: str
) -> None:
    event = an_event(servers, connection)
    fill(event, range(300))
    seen: list[int] = []
    told: list[LoopEvent] = []

    def handle(one: Any) -> None:
        time.sleep(0.005)
        seen.append(one.n)

    loop = kind.make(event, handle, settings=QUICK, concurrency=4, on_event=told.append)
    with running(kind, loop) as found:
        wait_until(lambda: len(seen) > 100, seconds=60)
        wait_until(lambda: len(seen) == 300 and loop.status().is_ready, seconds=60)
        with outage(servers, how):
            begun = time.monotonic()
            wait_until(lambda: not loop.status().is_ready, seconds=30)
            noticed = time.monotonic() - begun
            until = begun + 10
            while time.monotonic() < until:
                assert found.thread.is_alive()
                assert loop.status().is_live()
                time.sleep(0.1)
        wait_until(lambda: loop.status().is_ready, seconds=60)
        fill(event, range(300, 400))
        wait_until(lambda: set(seen) == set(range(400)), seconds=60)
    if how == "killed":
        assert noticed < 5
    for key in range(10):
        of_key = [n for n in dict.fromkeys(seen) if n % 10 == key]
        assert of_key == sorted(of_key)
    kinds = [one.kind for one in told if "outage" in one.kind]
    assert kinds == ["outage begins", "outage ends"]
    wait_until(lambda: committed(servers, loop.options.group) == {0: 400}, seconds=60)


def test_a_registry_that_is_down_stops_nothing_for_good_and_buries_nothing(
    servers: Sandbox, connection: KafkaConnection, kind: Kind
) -> None:
    event = an_event(servers, connection)
    letters = create(servers, f"letters-{time.time_ns()}", 1)
    fill(event, range(100))
    seen: list[int] = []
    with connection_to(servers.bootstrap_servers, servers.registry_url) as fresh:
        # nothing is known there of the schema that the records were written with
        reader = a_model(fresh, event.__declaration__.topic)
        loop = kind.make(
            reader, lambda one: seen.append(one.n), settings=QUICK, dead_letter=letters
        )
        servers.kill_registry()
        try:
            with running(kind, loop):
                wait_until(lambda: loop.status().outage, seconds=30)
                time.sleep(60 if SOAK else 3)  # nothing may happen
                status = loop.status()
                assert not status.is_ready
                assert status.is_live()
                assert (status.handled, status.dead_lettered) == (0, 0)
                assert committed(servers, loop.options.group) == {}
                servers.start_registry()
                begun = time.monotonic()
                wait_until(lambda: len(seen) == 100, seconds=60)
                assert time.monotonic() - begun < 40
                wait_until(lambda: loop.status().is_ready, seconds=10)
        finally:
            if not seen:
                servers.start_registry()
    assert seen == list(range(100))
    assert loop.status().dead_lettered == 0


def test_a_dead_letter_that_cannot_be_delivered_stops_the_loop_and_passes_nothing(
    servers: Sandbox,
    connection: KafkaConnection,
    kind: Kind,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from flowodm.consumer import policy

    monkeypatch.setattr(policy, "_LETTER_FIRST", 0.05)
    event = an_event(servers, connection)
    letters = create(servers, f"letters-{time.time_ns()}", 1, max_message_bytes="100")
    fill(event, range(10), keys=1)

    def handle(one: Any) -> None:
        if one.n == 4:
            raise TypeError("four" * 100)

    with pytest.raises(LoopError) as caught:
        kind.run(kind.make(event, handle, settings=QUICK, dead_letter=letters))
    assert f"its dead letter cannot be delivered to topic `{letters}`" in caught.value.message
    assert "larger than topic" in caught.value.message
    assert committed(servers, event.__declaration__.consumer_group) == {0: 4}


def test_a_handler_longer_than_the_poll_interval_keeps_its_membership(
    servers: Sandbox, connection: KafkaConnection, kind: Kind
) -> None:
    event = an_event(servers, connection)
    fill(event, range(3), keys=1)
    told: list[LoopEvent] = []
    seen: list[int] = []

    def handle(one: Any) -> None:
        if one.n == 1:
            time.sleep(9)  # half as long again
        seen.append(one.n)

    loop = kind.make(event, handle, settings=QUICK, on_event=told.append)
    kind.run(loop, to_end=True)
    assert seen == [0, 1, 2]
    assert [one.kind for one in told] == ["started", "assigned", "stopped"]
    assert committed(servers, loop.options.group) == {0: 3}


def test_members_that_come_and_go_share_the_work_and_no_record(
    servers: Sandbox, connection: KafkaConnection, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each finishes what it works on before its partitions go to another (S8)."""
    event = an_event(servers, connection, partitions=6)
    seconds, every = (120.0, 3.0) if SOAK else (18.0, 2.0)
    most = 6 if SOAK else 4
    seen: list[tuple[str, int]] = []
    in_hand: dict[int, str] = {}
    twice: list[int] = []
    told: list[LoopEvent] = []
    lock = threading.Lock()

    def handle(one: Any) -> None:
        me = threading.current_thread().name
        with lock:
            if one.n in in_hand:
                twice.append(one.n)
            in_hand[one.n] = me
        time.sleep(0.02)
        with lock:
            in_hand.pop(one.n, None)
            seen.append((one.key, one.n))

    def member(number: int) -> ConsumerLoop:
        return ConsumerLoop(
            event,
            handle,
            QUICK,
            name=f"member-{number}",
            concurrency=3,
            on_event=told.append,
        )

    loops = [member(number) for number in range(most)]
    threads: dict[int, threading.Thread] = {}

    def join(number: int) -> None:
        threads[number] = threading.Thread(target=loops[number].run)
        threads[number].start()

    join(0)
    produced, until, turn = 0, time.monotonic() + seconds, 0
    while time.monotonic() < until:
        fill(event, range(produced, produced + 200), keys=60)
        produced += 200
        turn += 1
        number = 1 + turn % (most - 1)
        if number in threads:
            loops[number].stop()
            threads.pop(number).join(60)
        else:
            join(number)
        time.sleep(every)
    wait_until(lambda: {n for _, n in seen} == set(range(produced)), seconds=120)
    for number, thread in threads.items():
        loops[number].stop()
        thread.join(60)
        assert not thread.is_alive()
    with capsys.disabled():
        print(
            f"\nmembers came and went: {turn}, produced: {produced}, handled: {len(seen)},"
            f" by two at once: {len(twice)}, told: {dict(Counter(one.kind for one in told))}"
        )
    assert twice == []
    # what was done beyond a record that waited for its key comes again, and nothing else
    ends = [one for one in told if one.kind in ("revoked", "stopped")]
    assert len(seen) - produced <= 3 * len(ends)
    assert not [one for one in told if one.kind in ("lost", "failed")]
    order: dict[str, list[int]] = defaultdict(list)
    for key, number in dict.fromkeys(seen):
        order[key].append(number)
    assert all(numbers == sorted(numbers) for numbers in order.values())
    assert sum(committed(servers, event.__declaration__.consumer_group).values()) == produced


def test_gaps_of_compaction_and_of_aborted_transactions_are_passed(
    servers: Sandbox, connection: KafkaConnection, kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    """Their records are no models, and skipped: what counts is how far the group gets."""
    caplog.set_level(logging.CRITICAL, "flowodm.consumer")
    topics = Topics(servers.client_config)
    compacted, transactional = topics.compacted(), topics.make("transactions")
    topics.transact(transactional, "cacca")
    for topic, count, end in ((compacted, 22, 61), (transactional, 9, 15)):
        model = a_model(connection, topic)
        loop = kind.make(
            model, print, settings=QUICK, on_failure="skip", concurrency=4, retry=RetryPolicy()
        )
        kind.run(loop, to_end=True)
        assert loop.status().skipped == count
        assert committed(servers, topic) == {0: end}
    topics.remove()
