"""Consumer loops on Apache Kafka: delivery, order, retries, dead letters, stopping; both kinds."""

import asyncio
import sys
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from flowodm import (
    AsyncConsumerLoop,
    BaseSettings,
    BrokerError,
    ConsumerLoop,
    DeadLetterPolicy,
    DrainTimeout,
    LoopError,
    LoopEvent,
    RetryPolicy,
    Tombstone,
    TopicNotFound,
    TransactionalLoop,
    UsageError,
    consumer_loop,
)
from flowodm.consumer import read_dead_letter
from flowodm.producer import producer_of
from flowodm.reader import read
from flowodm.record import Record
from tests.loops import KINDS, Kind, Running, running
from tests.models import based_on, connection_to
from tests.servers import wait_until

pytestmark = pytest.mark.integration

QUICK = RetryPolicy(attempts=3, initial=0.05, max=0.1)
PARTITIONS = 3


@pytest.fixture
def base(kafka: str, registry_url: str) -> Iterator[Any]:
    with connection_to(kafka, registry_url) as connection:
        yield based_on(connection)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def event(base: Any, make_topic: Callable[..., str]) -> Any:
    """A model with a topic of its own."""
    return an_event(base, make_topic(PARTITIONS))


def an_event(base: Any, name: str, **said: Any) -> Any:
    group = f"g-{uuid.uuid4().hex[:12]}"
    settings = {"topic": name, "key_field": "id", "consumer_group": group, **said}

    class UserEvent(base):
        Settings: ClassVar = type("Settings", (), settings)

        id: str
        n: int = 0

    return UserEvent


@pytest.fixture
def letters(event: Any, make_topic: Callable[..., str]) -> str:
    """A topic for dead letters."""
    return make_topic(PARTITIONS, prefix="letters")


def topic_of(cls: Any) -> str:
    return str(cls.__declaration__.topic)


def fill(cls: Any, count: int, keys: int = 5) -> None:
    cls.produce_many([cls(id=f"k{number % keys}", n=number) for number in range(count)])


def committed(cls: Any, partitions: int = PARTITIONS) -> dict[int, int]:
    """What the group has committed."""
    from confluent_kafka import TopicPartition

    said = cls.__declaration__
    consumer = cls.get_connection().consumer({"group.id": said.consumer_group})
    try:
        asked = [TopicPartition(said.topic, number) for number in range(partitions)]
        found = consumer.committed(asked, timeout=10)
    finally:
        consumer.close()
    return {one.partition: one.offset for one in found if one.offset >= 0}


def ends(cls: Any) -> dict[int, int]:
    """Where each partition ends."""
    counts: dict[int, int] = defaultdict(int)
    for record in read(cls.get_connection(), topic_of(cls)):
        counts[record.partition] = record.offset + 1
    return dict(counts)


def records_of(cls: Any, topic: str) -> list[Record]:
    return list(read(cls.get_connection(), topic))


def test_every_record_is_handled_in_the_order_of_its_key_and_then_committed(
    kind: Kind, event: Any
) -> None:
    fill(event, 600)
    seen: dict[str, list[int]] = defaultdict(list)
    loop = kind.make(event, lambda one: seen[one.id].append(one.n), concurrency=8)
    kind.run(loop, to_end=True)
    assert dict(seen) == {f"k{key}": list(range(key, 600, 5)) for key in range(5)}
    assert committed(event) == ends(event)
    status = loop.status()
    assert (status.state, status.handled, status.in_flight) == ("stopped", 600, 0)


def test_a_loop_runs_again_from_where_it_stopped(kind: Kind, event: Any) -> None:
    seen: list[int] = []
    loop = kind.make(event, lambda one: seen.append(one.n))
    for run in range(3):
        event.produce_many([event(id="a", n=run)])
        kind.run(loop, to_end=True)
    assert seen == [0, 1, 2]
    assert loop.status().handled == 3


def test_stop_finishes_what_is_worked_on_and_leaves_the_rest(kind: Kind, event: Any) -> None:
    fill(event, 50, keys=1)
    seen: list[int] = []

    def handle(one: Any) -> None:
        if one.n == 10:
            loop.stop()
            time.sleep(0.3)
        seen.append(one.n)

    loop = kind.make(event, handle)
    kind.run(loop)
    assert seen == list(range(11))
    assert sum(committed(event).values()) == 11
    rest = kind.make(event, lambda one: seen.append(one.n))
    kind.run(rest, to_end=True)
    assert seen == list(range(50))


def test_a_batch_handler_takes_lists_and_one_bad_record_fails_alone(
    kind: Kind, event: Any, letters: str
) -> None:
    fill(event, 100, keys=10)
    sizes: list[int] = []
    seen: list[int] = []

    def handle(batch: list[Any]) -> None:
        sizes.append(len(batch))
        if any(one.n == 42 for one in batch):
            raise ValueError("not 42")
        seen.extend(one.n for one in batch)

    loop = kind.make(event, handle, batch_size=16, dead_letter=letters)
    kind.run(loop, to_end=True)
    assert sorted(set(seen)) == [n for n in range(100) if n != 42]
    assert max(sizes) > 1
    assert [one.key for one in records_of(event, letters)] == [b"k2"]
    assert committed(event) == ends(event)
    for key in range(10):
        of_key = [n for n in dict.fromkeys(seen) if n % 10 == key]
        assert of_key == sorted(of_key)


def test_a_tombstone_reaches_the_handler_with_its_key(kind: Kind, event: Any) -> None:
    event.produce_tombstone("gone")
    seen: list[Any] = []
    kind.run(kind.make(event, seen.append), to_end=True)
    (found,) = seen
    assert isinstance(found, Tombstone)
    assert found.key == "gone"
    assert sum(committed(event).values()) == 1


@pytest.mark.parametrize("style", ["spring", "connect", "smallrye"])
def test_what_is_given_up_becomes_a_dead_letter_and_the_loop_goes_on(
    kind: Kind, event: Any, letters: str, style: Any
) -> None:
    event(id="a", n=1).produce(headers={"trace": "4bf9"})
    event(id="a", n=2).produce()
    tried, seen = [], []

    def handle(one: Any) -> None:
        tried.append(one.n)
        if one.n == 1:
            raise ValueError("no such account")
        seen.append(one.n)

    policy = DeadLetterPolicy(topic=letters, headers=style)
    kind.run(kind.make(event, handle, retry=QUICK, dead_letter=policy), to_end=True)
    assert (tried, seen) == ([1, 1, 1, 2], [2])
    original, _ = records_of(event, topic_of(event))
    (letter,) = records_of(event, letters)
    assert (letter.key, letter.value) == (original.key, original.value)
    assert letter.partition == original.partition
    assert letter.headers[0] == ("trace", b"4bf9")
    said = read_dead_letter(letter)
    assert said is not None
    assert (said.topic, said.partition, said.offset) == original[:3]
    assert (said.timestamp, said.timestamp_type) == (original.timestamp, "create")
    assert said.group == event.__declaration__.consumer_group
    assert (said.exception, said.message) == ("builtins.ValueError", "no such account")
    assert (said.attempts, said.stage, said.style) == (3, "handler", style)
    assert said.schema_id is not None
    assert "no such account" in (said.stacktrace or said.message or "")
    assert committed(event) == ends(event)


def test_bytes_that_are_no_record_go_to_the_dead_letters_untried(
    kind: Kind, event: Any, letters: str
) -> None:
    producer_of(event.get_connection()).deliver(topic_of(event), b"a", b"\x01no avro", partition=0)
    event(id="a", n=2).produce(partition=0)
    seen: list[int] = []
    told: list[tuple[BaseException, Record, Any]] = []
    loop = kind.make(
        event,
        lambda one: seen.append(one.n),
        retry=QUICK,
        dead_letter=letters,
        error_handler=lambda *what: told.append(what),
    )
    kind.run(loop, to_end=True)
    assert seen == [2]
    (letter,) = records_of(event, letters)
    said = read_dead_letter(letter)
    assert letter.value == b"\x01no avro"
    assert said is not None
    assert (said.attempts, said.stage) == (1, "decode")
    ((error, record, instance),) = told
    assert "not framed Avro" in str(error)
    assert record.value == b"\x01no avro"
    assert instance is None


def test_a_schema_that_the_registry_gets_to_know_late_costs_nothing(
    kind: Kind, base: Any, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that it never knows ends in the dead letters, after its time."""
    from flowodm.consumer import policy

    monkeypatch.setattr(policy, "_UNKNOWN_SCHEMA", 1.0)
    unknown = b"\0" + (2_000_000_000).to_bytes(4) + b"\2a"
    producer_of(event.get_connection()).deliver(topic_of(event), b"a", unknown)
    loop = kind.make(event, print, on_failure="skip")
    kind.run(loop, to_end=True)
    status = loop.status()
    assert (status.skipped, status.handled) == (1, 0)
    assert status.retried >= 1


def test_without_dead_letters_the_loop_stops_at_the_record_and_does_not_pass_it(
    kind: Kind, event: Any
) -> None:
    fill(event, 20, keys=1)

    def handle(one: Any) -> None:
        if one.n == 7:
            raise ValueError("no seven")

    with pytest.raises(LoopError) as caught:
        kind.run(kind.make(event, handle))
    assert "ValueError: no seven" in caught.value.message
    assert "offset 7" in caught.value.message
    assert "`dead_letter=`" in (caught.value.hint or "")
    assert isinstance(caught.value.__cause__, ValueError)
    assert sum(committed(event).values()) == 7


def test_a_record_is_skipped_where_that_was_asked_for_and_it_is_logged(
    kind: Kind, event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fill(event, 3, keys=1)

    def handle(one: Any) -> None:
        if one.n == 1:
            raise ValueError("no one")

    loop = kind.make(event, handle, on_failure="skip")
    kind.run(loop, to_end=True)
    assert committed(event) == ends(event)
    assert loop.status().skipped == 1
    assert any("skipped" in one.message and "no one" in one.message for one in caplog.records)


def test_a_record_that_waits_for_its_next_attempt_holds_up_its_key_alone(
    kind: Kind, event: Any
) -> None:
    """And no worker: there is only one."""
    event.produce_many([event(id=key, n=n) for n, key in enumerate("abab")])
    seen: list[int] = []

    def handle(one: Any) -> None:
        if one.n == 0 and not {1, 3} <= set(seen):
            raise OSError("not yet")
        seen.append(one.n)

    retry = RetryPolicy(attempts=100, initial=0.05, max=0.1)
    kind.run(kind.make(event, handle, retry=retry), to_end=True)
    assert sorted(seen) == [0, 1, 2, 3]
    assert seen.index(0) < seen.index(2)
    assert seen.index(3) < seen.index(0)


def test_each_attempt_gets_the_record_as_it_was_written(kind: Kind, event: Any) -> None:
    event(id="a", n=1).produce()
    seen: list[int] = []

    def handle(one: Any) -> None:
        seen.append(one.n)
        one.n = 99
        if len(seen) < 3:
            raise OSError("again")

    kind.run(kind.make(event, handle, retry=QUICK), to_end=True)
    assert seen == [1, 1, 1]


def exits(_: Any) -> None:
    sys.exit(3)


def interrupts(_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("handler", [exits, interrupts])
def test_what_is_no_exception_ends_the_loop_and_commits_nothing(event: Any, handler: Any) -> None:
    event(id="a", n=1).produce()
    with pytest.raises(LoopError) as caught:
        ConsumerLoop(event, handler, dead_letter=None).run()
    assert "raised `" in caught.value.message
    assert "`loop.stop()`" in (caught.value.hint or "")
    assert committed(event) == {}


def test_sys_exit_in_a_coroutine_ends_the_loop_too(event: Any) -> None:
    event(id="a", n=1).produce()

    async def handle(one: Any) -> None:
        sys.exit(3)

    with pytest.raises(LoopError, match="raised `SystemExit`"):
        asyncio.run(AsyncConsumerLoop(event, handle).run())
    assert committed(event) == {}


def test_a_handler_that_kills_its_thread_is_noticed(event: Any) -> None:
    """Whatever way it found to do that."""
    loop = ConsumerLoop(event, print)
    gone = threading.Thread(target=int)
    gone.start()
    gone.join()

    with running(KINDS[0], loop) as found:
        wait_until(lambda: loop.status().state == "running", seconds=30)
        run = loop._run
        assert run is not None
        hands: Any = run.owner._hands
        hands._threads.append(gone)
        with pytest.raises(LoopError, match="ended the thread"):
            found.join()
        found.failure = None


def test_a_coroutine_that_a_plain_loop_gets_ends_it_with_the_cure(event: Any, letters: str) -> None:
    event(id="a", n=1).produce()

    async def work(one: Any) -> None:
        raise AssertionError("nobody awaits it")

    with pytest.raises(LoopError) as caught:
        ConsumerLoop(event, lambda one: work(one), dead_letter=letters).run()
    assert "returned a `coroutine`, which nothing awaits" in caught.value.message
    assert "AsyncConsumerLoop" in (caught.value.hint or "")
    assert records_of(event, letters) == []


def test_a_plain_function_that_an_async_loop_gets_ends_it_with_the_cure(event: Any) -> None:
    event(id="a", n=1).produce()
    with pytest.raises(LoopError) as caught:
        asyncio.run(AsyncConsumerLoop(event, lambda one: None).run())  # type: ignore[arg-type]
    assert "this loop awaits what it returns" in caught.value.message
    assert "`ConsumerLoop`" in (caught.value.hint or "")


def test_a_handler_that_hangs_is_left_behind_when_the_time_is_up(kind: Kind, event: Any) -> None:
    event.produce_many([event(id="a", n=0), event(id="b", n=1)])
    hangs, done = threading.Event(), threading.Event()

    def handle(one: Any) -> None:
        if one.n == 0:
            hangs.set()
            done.wait(60)

    loop = kind.make(event, handle, shutdown_timeout=1.0, concurrency=2)
    try:
        found = Running(kind, loop)
        found.thread.start()
        assert hangs.wait(30)
        wait_until(lambda: loop.status().handled == 1)
        begun = time.monotonic()
        loop.stop()
        run = loop._run
        assert run.finished.wait(20)
        assert time.monotonic() - begun < 10
        done.set()  # asyncio waits for the thread that the test's handler blocks
        with pytest.raises(DrainTimeout) as caught:
            found.join()
    finally:
        done.set()
    assert caught.value.exit_code == 5
    assert "offset" in caught.value.message
    assert len(committed(event)) == 1, "the other was done"


def test_cancel_breaks_off_what_is_worked_on_and_commits_what_is_done(event: Any) -> None:
    event.produce_many([event(id="a", n=0), event(id="b", n=1)])
    cancelled: list[int] = []

    async def handle(one: Any) -> None:
        if one.n == 0:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(one.n)
                raise

    loop = AsyncConsumerLoop(event, handle, concurrency=2)
    with running(KINDS[1], loop):
        wait_until(lambda: loop.status().handled == 1, seconds=30)
        loop.stop()
        loop.cancel()
    assert cancelled == [0]
    assert len(committed(event)) == 1


def test_cancelling_run_ends_it_in_order(event: Any) -> None:
    fill(event, 10, keys=1)
    seen: list[int] = []

    async def main() -> None:
        first = asyncio.Event()

        async def handle(one: Any) -> None:
            first.set()
            await asyncio.sleep(0.2)
            seen.append(one.n)

        task = asyncio.create_task(AsyncConsumerLoop(event, handle, concurrency=1).run())
        await first.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen
    assert sum(committed(event).values()) == len(seen)


def test_a_task_that_a_handler_cancels_itself_is_a_failure(event: Any, letters: str) -> None:
    event(id="a", n=1).produce()

    async def handle(one: Any) -> None:
        raise asyncio.CancelledError

    loop = AsyncConsumerLoop(event, handle, dead_letter=letters)
    asyncio.run(loop.run(to_end=True))
    assert loop.status().dead_lettered == 1


def test_a_loop_refuses_to_run_twice_at_once(kind: Kind, event: Any) -> None:
    loop = kind.make(event, print)
    with running(kind, loop):
        wait_until(lambda: loop.status().state == "running", seconds=30)
        with pytest.raises(UsageError, match="runs already"):
            kind.run(loop)


def test_the_hooks_run_in_pairs(kind: Kind, event: Any) -> None:
    called: list[str] = []
    loop = kind.make(
        event,
        print,
        on_startup=lambda: called.append("up"),
        on_shutdown=lambda: called.append("down"),
    )
    kind.run(loop, to_end=True)
    kind.run(loop, to_end=True)
    assert called == ["up", "down"] * 2

    def fails() -> None:
        called.append("fails")
        raise RuntimeError("no database")

    broken = kind.make(event, print, on_startup=fails, on_shutdown=lambda: called.append("no"))
    with pytest.raises(RuntimeError, match="no database"):
        kind.run(broken)
    assert called[-1] == "fails"


def test_a_dead_letter_topic_that_is_not_there_is_said_before_anything_is_read(
    kind: Kind, event: Any
) -> None:
    fill(event, 1)
    seen: list[Any] = []
    loop = kind.make(event, seen.append, dead_letter=DeadLetterPolicy())
    with pytest.raises(TopicNotFound) as caught:
        kind.run(loop)
    assert f"`{topic_of(event)}-dlt`" in caught.value.message
    assert "dead letters" in caught.value.message
    assert seen == []


def test_before_processing_the_broker_has_the_commit_when_the_handler_begins(
    kind: Kind, event: Any
) -> None:
    fill(event, 3, keys=1)
    found: list[tuple[int, int]] = []

    def handle(one: Any) -> None:
        found.append((one.meta.offset, sum(committed(event).values())))

    kind.run(kind.make(event, handle, commit_strategy="before_processing"), to_end=True)
    assert [offset for offset, _ in found] == [0, 1, 2]
    assert all(upto > offset for offset, upto in found)


def test_a_decorated_function_is_a_loop_and_stays_a_function(event: Any) -> None:
    fill(event, 3)
    seen: list[int] = []

    @consumer_loop(event, concurrency=2)
    def book(one: Any) -> str:
        """Book it."""
        seen.append(one.n)
        return "booked"

    assert book(event(id="x", n=7)) == "booked"
    assert book.__doc__ == "Book it."
    assert book.name == "book"
    book.run(to_end=True)
    assert sorted(seen) == [0, 1, 2, 7]


def test_a_loop_says_what_it_does(kind: Kind, event: Any, letters: str) -> None:
    fill(event, 10, keys=1)
    told: list[LoopEvent] = []
    held, go = threading.Event(), threading.Event()

    def handle(one: Any) -> None:
        if one.n == 4:
            raise TypeError("four")
        if one.n == 5:
            held.set()
            assert go.wait(30)

    loop = kind.make(event, handle, dead_letter=letters, on_event=told.append, name="audit")
    assert loop.status().state == "new"
    with running(kind, loop):
        assert held.wait(30)
        wait_until(
            lambda: any(one.lag_records == 5 for one in loop.status().partitions), seconds=20
        )
        status = loop.status()
        go.set()
        wait_until(lambda: loop.status().handled == 9)
    assert (status.name, status.state, status.handled) == ("audit", "running", 4)
    assert (status.running, status.in_flight, status.dead_lettered) == (1, 5, 1)
    assert status.is_ready
    assert status.is_live()
    assert 0 < (status.oldest_seconds or 0) < 30
    (busy,) = [one for one in status.partitions if one.in_flight]
    assert (busy.watermark, busy.in_flight, busy.lag_records) == (5, 5, 5)
    assert 0 < (busy.lag_seconds or 0) < 60
    kinds = [one.kind for one in told]
    assert kinds[:2] == ["started", "assigned"]
    assert kinds[-1] == "stopped"
    (letter,) = [one for one in told if one.kind == "dead letter"]
    assert (letter.loop, letter.offset, letter.text) == ("audit", 4, "TypeError: four")


@pytest.mark.parametrize(
    "settings",
    [
        BaseSettings(),
        BaseSettings(partition_assignment_strategy="range"),
        BaseSettings(group_protocol="consumer"),
    ],
    ids=["cooperative", "eager", "KIP-848"],
)
def test_a_member_that_joins_begins_where_the_first_has_finished(
    kind: Kind, event: Any, settings: BaseSettings
) -> None:
    """What is worked on when partitions are taken away is finished and committed first (S8)."""
    fill(event, 1_000, keys=30)
    seen: list[int] = []

    def handle(one: Any) -> None:
        time.sleep(0.001 if second.status().handled else 0.04)
        seen.append(one.n)

    first = kind.make(event, handle, settings=settings, name="first")
    second = kind.make(event, handle, settings=settings, name="second")
    with running(kind, first):
        wait_until(lambda: len(seen) > 20, seconds=30)
        with running(kind, second):
            wait_until(lambda: second.status().handled > 0, seconds=60)
            wait_until(lambda: len(set(seen)) == 1_000, seconds=60)
    assert sorted(seen) == list(range(1_000))
    assert committed(event) == ends(event)


def test_a_loop_that_is_full_pauses_and_goes_on(kind: Kind, event: Any) -> None:
    fill(event, 1_000, keys=50)
    go, seen = threading.Event(), []

    def handle(one: Any) -> None:
        assert go.wait(60)
        seen.append(one.n)

    loop = kind.make(event, handle, concurrency=2)
    with running(kind, loop):
        wait_until(lambda: any(one.is_paused for one in loop.status().partitions), seconds=30)
        assert loop.status().in_flight <= 300
        go.set()
        wait_until(lambda: len(seen) == 1_000, seconds=60)
    assert committed(event) == ends(event)


def test_ctrl_c_is_a_stop(event: Any) -> None:
    import os
    import signal

    fill(event, 5, keys=1)
    seen: list[int] = []

    def handle(one: Any) -> None:
        if one.n == 2:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
        seen.append(one.n)

    with pytest.raises(KeyboardInterrupt):
        ConsumerLoop(event, handle).run()
    assert seen == [0, 1, 2]
    assert sum(committed(event).values()) == 3


def test_what_a_transactional_handler_returns_is_written_with_the_offset(
    base: Any, event: Any, make_topic: Callable[..., str]
) -> None:
    fill(event, 30, keys=3)
    out = an_event(base, make_topic(PARTITIONS, prefix="out"))

    def double(one: Any) -> Any:
        if one.n == 0:
            return None
        return [out(id=one.id, n=one.n), out(id=one.id, n=-one.n)]

    loop = TransactionalLoop(event, double, transactional_id=topic_of(event), concurrency=4)
    loop.run(to_end=True)
    written = out.consume_batch(100, timeout=3)
    assert sorted(one.n for one in written) == sorted([*range(-29, 0), *range(1, 30)])
    assert committed(event) == ends(event)


def test_a_transactional_loop_keeps_dead_letters_too(event: Any, letters: str, base: Any) -> None:
    fill(event, 5, keys=1)

    def handle(one: Any) -> None:
        if one.n == 2:
            raise TypeError("two")

    TransactionalLoop(event, handle, transactional_id=topic_of(event), dead_letter=letters).run(
        to_end=True
    )
    assert [one.key for one in records_of(event, letters)] == [b"k0"]
    assert committed(event) == ends(event)


def test_what_cannot_be_written_ends_a_transactional_loop_with_the_cure(event: Any) -> None:
    event(id="a", n=1).produce()
    with pytest.raises(LoopError) as caught:
        TransactionalLoop(event, lambda one: 5, transactional_id=topic_of(event)).run()
    assert "returned a `int`, which cannot be written" in caught.value.message
    assert "an instance of a model, a list of some, or None" in (caught.value.hint or "")
    assert committed(event) == {}


def test_a_second_producer_of_the_same_name_fences_the_first_off(event: Any) -> None:
    seen: list[int] = []
    name = topic_of(event)
    first = TransactionalLoop(event, lambda one: seen.append(one.n), transactional_id=name)
    found = Running(KINDS[0], first)
    found.thread.start()
    event(id="a", n=1).produce()
    wait_until(lambda: seen == [1], seconds=30)
    other = event.get_connection().producer({"transactional.id": name})
    other.init_transactions(20)
    event(id="a", n=2).produce()
    with pytest.raises(BrokerError, match="cannot go on"):
        found.join(30)


def test_an_idle_partition_has_no_lag(event: Any) -> None:
    loop = ConsumerLoop(event, print)
    with running(KINDS[0], loop):
        wait_until(
            lambda: [one.lag_records for one in loop.status().partitions] == [0, 0, 0], seconds=30
        )
