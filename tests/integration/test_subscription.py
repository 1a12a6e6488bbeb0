"""When an offset is stored, and what comes again: both faces, against what the broker has."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Message, Producer

from flowodm.connection import KafkaConnection
from flowodm.errors import DeserializationError, RegistryUnreachable, UsageError
from flowodm.record import Undecodable
from flowodm.settings import BaseSettings
from flowodm.subscription import Subscription
from tests.faces import FACES, Face, play
from tests.mock_cluster import Silent
from tests.reading import connect
from tests.servers import wait_until

pytestmark = [pytest.mark.integration]

BAD = b"bad"


def decode(message: Message) -> Any:
    value = message.value()
    if value is not None and value.startswith(BAD):
        return Undecodable("it is bad", value, schema_id=7, path="a.b", position=3)
    return "tombstone" if value is None else int(value)


class Log:
    """A topic, a group, and what the broker knows of them."""

    def __init__(self, connection: KafkaConnection, admin: Any, config: dict[str, str]) -> None:
        self.connection = connection
        self.group = f"group-{uuid.uuid4().hex[:12]}"
        self._admin = admin
        self._config = config
        self._open: list[Subscription[Any]] = []
        self.topic = ""

    def write(self, *values: bytes | None, partition: int = 0) -> None:
        producer = Producer({**self._config, "enable.idempotence": True})
        for value in values:
            producer.produce(self.topic, value, b"key", partition=partition)
        assert producer.flush(20) == 0

    def subscribe(self, decode: Callable[[Message], Any] = decode, **more: Any) -> Any:
        made: Subscription[Any] = Subscription(
            self.connection, self.topic, self.group, decode=decode, **more
        )
        self._open.append(made)
        return made

    def committed(self) -> dict[int, int]:
        """The committed offsets, as another client sees them."""
        asked = ConsumerGroupTopicPartitions(self.group)
        (answer,) = self._admin.list_consumer_group_offsets([asked]).values()
        found = answer.result(timeout=15).topic_partitions
        return {one.partition: one.offset for one in found if one.topic == self.topic}

    def stored(self, subscription: Subscription[Any]) -> dict[int, int]:
        """What is stored, which closing commits; and nothing else."""
        subscription.close()
        return self.committed()

    def close(self) -> None:
        for one in self._open:
            one.close()


@pytest.fixture(scope="module")
def connection(sandbox) -> Iterator[KafkaConnection]:
    with connect(sandbox.client_config) as made:
        yield made


@pytest.fixture
def make_log(connection, admin, sandbox, make_topic) -> Iterator[Callable[..., Log]]:
    made: list[Log] = []

    def make(count: int = 10, partitions: int = 1) -> Log:
        log = Log(connection, admin, dict(sandbox.client_config))
        log.topic = make_topic(partitions=partitions)
        for partition in range(partitions):
            numbers = range(partition, count, partitions)
            log.write(*(b"%d" % number for number in numbers), partition=partition)
        made.append(log)
        return log

    yield make
    for log in made:
        log.close()


@pytest.fixture
def log(make_log) -> Log:
    return make_log()


@pytest.fixture(params=FACES, ids=lambda face: face.name)
def face(request: pytest.FixtureRequest) -> Face:
    return request.param


async def fail_at(number: int, records: Any) -> None:
    """Read under `with`, until an exception leaves it at a record."""
    try:
        async with records:
            async for value in records:
                1 / (value - number)
    except ZeroDivisionError:
        return
    raise AssertionError("the exception was swallowed")


def test_a_record_is_stored_when_the_next_is_asked_for(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        records = face.iterate(source)
        assert [await anext(records) for _ in range(4)] == [0, 1, 2, 3]
        return log.stored(source)

    assert play(scenario) == {0: 3}


def test_break_under_with_stores_the_record_at_hand(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        async with face.iterate(source) as records:
            async for value in records:
                if value == 3:
                    break
        return log.stored(source)

    assert play(scenario) == {0: 4}


def test_an_exception_under_with_leaves_the_record_at_hand_to_come_again(
    log: Log, face: Face
) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        await fail_at(3, face.iterate(source))
        async with face.iterate(source) as records:
            assert await anext(records) == 3
            assert await anext(records) == 4
        return log.stored(source)

    assert play(scenario) == {0: 5}


def test_nothing_is_stored_of_a_record_that_an_exception_interrupted(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        await fail_at(3, face.iterate(source))
        return log.stored(source)

    assert play(scenario) == {0: 3}


@pytest.mark.parametrize("verb", ["one", "batch", "iterate"])
def test_a_record_of_a_dropped_iterator_comes_again_to_the_next_verb(
    log: Log, face: Face, verb: str
) -> None:
    async def scenario() -> None:
        source = log.subscribe()
        async for value in face.iterate(source):
            if value == 3:
                break
        if verb == "one":
            assert await face.one(source, 10) == 3
        elif verb == "batch":
            assert await face.batch(source, 2, 10) == [3, 4]
        else:
            assert await anext(face.iterate(source)) == 3

    play(scenario)


def test_a_dropped_iterator_leaves_the_record_at_hand_unstored(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        async for value in face.iterate(source):
            if value == 3:
                break
        return log.stored(source)

    assert play(scenario) == {0: 3}


def test_a_closed_iterator_gives_no_more_and_its_record_comes_again(log: Log, face: Face) -> None:
    async def scenario() -> None:
        source = log.subscribe()
        records = face.iterate(source)
        assert [await anext(records) for _ in range(2)] == [0, 1]
        await records.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(records)
        assert await face.one(source, 10) == 1

    play(scenario)


def test_the_end_by_number_stores_the_last_record_without_with_too(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        records = face.iterate(source, max_messages=4)
        assert [value async for value in records] == [0, 1, 2, 3]
        assert [value async for value in records] == []
        return log.stored(source)

    assert play(scenario) == {0: 4}


def test_an_iterator_that_may_be_idle_ends_when_nothing_comes(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        records = face.iterate(source, 0.5, stop_when_idle=True)
        assert [value async for value in records] == list(range(10))
        log.write(b"10")
        assert [value async for value in records] == []
        return log.stored(source)

    assert play(scenario) == {0: 10}


def test_an_iterator_waits_for_what_comes_later(make_log, face: Face) -> None:
    log = make_log(count=0)

    async def scenario() -> None:
        source = log.subscribe()
        assert await face.one(source, 0.2) is None
        writer = threading.Timer(1.0, log.write, [b"5"])
        writer.start()
        async with face.iterate(source, 0.1) as records:
            assert await anext(records) == 5
        writer.join()

    play(scenario)


def test_one_record_is_stored_when_the_next_is_asked_for(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        assert [await face.one(source, 10) for _ in range(3)] == [0, 1, 2]
        return log.stored(source)

    assert play(scenario) == {0: 2}


def test_none_means_that_nothing_arrived_and_stores_the_last_record(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        assert [await face.one(source, 10) for _ in range(10)] == list(range(10))
        begun = time.monotonic()
        assert await face.one(source, 0.3) is None
        assert 0.25 < time.monotonic() - begun < 5
        return log.stored(source)

    assert play(scenario) == {0: 10}


def test_the_timeout_begins_when_the_partitions_are_assigned(log: Log, face: Face) -> None:
    async def scenario() -> Any:
        # joining takes a round trip or more, and the records another
        return await face.one(log.subscribe(), 0.5)

    assert play(scenario) == 0


def test_a_batch_is_stored_by_ack(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        batch = await face.batch(source, 4, 10)
        assert batch == [0, 1, 2, 3]
        batch.ack()
        batch.ack()
        later = await face.batch(source, 3, 10)
        assert later == [4, 5, 6]
        return log.stored(source)

    assert play(scenario) == {0: 4}


def test_a_batch_is_stored_by_the_next_call_and_its_late_ack_says_nothing(
    log: Log, face: Face
) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        first = await face.batch(source, 4, 10)
        second = await face.batch(source, 2, 10)
        assert (first, second) == ([0, 1, 2, 3], [4, 5])
        first.ack()
        return log.stored(source)

    assert play(scenario) == {0: 4}


def test_a_batch_returns_when_the_time_is_up(log: Log, face: Face) -> None:
    async def scenario() -> None:
        source = log.subscribe()
        begun = time.monotonic()
        assert await face.batch(source, 100, 1.0) == list(range(10))
        assert time.monotonic() - begun < 30
        assert await face.batch(source, 100, 0.2) == []

    play(scenario)


def test_commit_has_committed_when_it_returns(log: Log, face: Face) -> None:
    async def scenario() -> None:
        source = log.subscribe(settings=BaseSettings(auto_commit_interval_ms=3_600_000))
        await face.one(source, 10)
        await face.commit(source)
        assert log.committed() == {0: 1}
        await face.batch(source, 3, 10)
        await face.commit(source)
        assert log.committed() == {0: 4}
        await face.commit(source)
        assert log.committed() == {0: 4}
        async with face.iterate(source) as records:
            await anext(records)
            await anext(records)
            await face.commit(source)
            assert log.committed() == {0: 5}

    play(scenario)


def test_commit_counts_what_a_task_took_that_has_ended(log: Log) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        for number in range(3):
            assert await asyncio.ensure_future(source.aconsume_one(10)) == number
        await source.acommit()
        return log.committed()

    assert play(scenario) == {0: 3}


def test_what_a_failed_task_took_is_not_committed_and_comes_again(log: Log) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()

        async def handle() -> None:
            assert await source.aconsume_one(10) == 0
            raise ValueError("it went wrong")

        with pytest.raises(ValueError, match="it went wrong"):
            await asyncio.create_task(handle())
        assert [await source.aconsume_one(10) for _ in range(2)] == [0, 1]
        await source.acommit()
        return log.committed()

    assert play(scenario) == {0: 2}


def test_what_is_on_its_way_is_waited_for_before_the_end(face: Face) -> None:
    """Each answer takes longer than the iterator is to be idle."""
    slow = {"test.mock.num.brokers": 1, "test.mock.broker.rtt": 300}
    host = Producer(slow, logger=Silent())
    (broker,) = host.list_topics("slow", timeout=30).brokers.values()
    for number in range(5):
        host.produce("slow", b"%d" % number, partition=0)
    assert host.flush(60) == 0
    with connect({"bootstrap.servers": f"{broker.host}:{broker.port}"}) as connection:
        source: Subscription[Any] = Subscription(connection, "slow", "g", decode=decode)

        async def scenario() -> list[Any]:
            async with face.iterate(source, 0.05, stop_when_idle=True) as records:
                return [value async for value in records]

        assert play(scenario) == list(range(5))
        source.close()


def test_commit_before_anything_was_taken_does_nothing(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        await face.commit(source)
        return log.committed()

    assert play(scenario) == {}


def test_what_one_and_batch_gave_is_done_when_an_iterator_begins(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        await face.one(source, 10)
        await face.batch(source, 2, 10)
        records = face.iterate(source)
        assert await anext(records) == 3
        return log.stored(source)

    assert play(scenario) == {0: 3}


def test_a_verb_inside_the_body_takes_what_follows_and_passes_nothing_that_is_in_work(
    log: Log, face: Face
) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        async with face.iterate(source) as records:
            assert await anext(records) == 0
            assert await anext(records) == 1
            assert await face.batch(source, 3, 10) == [2, 3, 4]
            await face.commit(source)
            assert log.committed() == {0: 1}
            assert await anext(records) == 5
            await face.commit(source)
            assert log.committed() == {0: 5}
        return log.stored(source)

    assert play(scenario) == {0: 6}


def test_a_bad_record_is_raised_again_until_it_is_asked_for_as_a_value(
    make_log, face: Face
) -> None:
    log = make_log(count=2)
    log.write(BAD, b"3")

    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        assert await face.batch(source, 10, 2) == [0, 1]
        for _ in range(2):
            with pytest.raises(DeserializationError) as raised:
                await face.one(source, 10)
            with pytest.raises(DeserializationError):
                await face.batch(source, 10, 10)
            with pytest.raises(DeserializationError):
                await anext(face.iterate(source))
        error = raised.value
        assert f"topic `{log.topic}`, partition 0, offset 2, schema id 7" in error.message
        assert (error.path, error.position, error.schema_id) == ("a.b", 3, 7)
        await face.commit(source)
        assert log.committed() == {0: 2}
        bad = await face.one(source, 10, on_error="yield")
        assert isinstance(bad, Undecodable)
        assert await face.one(source, 10, on_error="yield") == 3
        return log.stored(source)

    assert play(scenario) == {0: 3}


def test_an_iterator_goes_on_where_it_raised(make_log, face: Face) -> None:
    log = make_log(count=1)
    log.write(BAD, b"2")

    async def scenario() -> None:
        source = log.subscribe()
        records = face.iterate(source)
        assert await anext(records) == 0
        for _ in range(2):
            with pytest.raises(DeserializationError):
                await anext(records)
        values = [value async for value in face.iterate(source, on_error="yield", max_messages=2)]
        assert isinstance(values[0], Undecodable)
        assert values[1] == 2

    play(scenario)


def test_an_outage_of_the_registry_is_raised_and_moves_nothing(log: Log, face: Face) -> None:
    is_out = threading.Event()

    def from_registry(message: Message) -> Any:
        if is_out.is_set() and message.offset() >= 3:
            raise RegistryUnreachable("the registry does not answer")
        return decode(message)

    async def scenario() -> dict[int, int]:
        source = log.subscribe(from_registry)
        is_out.set()
        assert await face.batch(source, 10, 10) == [0, 1, 2]
        for _ in range(3):
            with pytest.raises(RegistryUnreachable):
                await face.one(source, 10)
        with pytest.raises(RegistryUnreachable):
            await anext(face.iterate(source))
        await face.commit(source)
        assert log.committed() == {0: 3}
        is_out.clear()
        assert await face.batch(source, 10, 2) == list(range(3, 10))
        return log.stored(source)

    assert play(scenario) == {0: 3}


def test_tombstones_are_stored_like_records(make_log, face: Face) -> None:
    log = make_log(count=0)
    log.write(b"0", None, None)

    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        values = [value async for value in face.iterate(source, max_messages=3)]
        assert values == [0, "tombstone", "tombstone"]
        return log.stored(source)

    assert play(scenario) == {0: 3}


def test_every_partition_is_stored_as_far_as_it_is_done(make_log, face: Face) -> None:
    log = make_log(count=12, partitions=3)

    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        values = await face.batch(source, 12, 10)
        assert sorted(values) == list(range(12))
        values.ack()
        return log.stored(source)

    assert play(scenario) == {0: 4, 1: 4, 2: 4}


def test_no_more_than_none_is_no_number_of_records(log: Log, face: Face) -> None:
    async def scenario() -> None:
        source = log.subscribe()
        with pytest.raises(UsageError, match="at least 1, not 0"):
            await face.batch(source, 0)
        with pytest.raises(UsageError, match="at least 1, not -1"):
            face.iterate(source, max_messages=-1)

    play(scenario)


def test_other_settings_replace_the_member_and_nothing_is_lost(log: Log, face: Face) -> None:
    async def scenario() -> dict[int, int]:
        source = log.subscribe()
        assert await face.one(source, 10) == 0
        assert await face.one(source, 10) == 1
        source.use(BaseSettings(max_poll_records=3))
        assert await face.one(source, 10) == 1
        source.use(BaseSettings(max_poll_records=3))
        assert await face.one(source, 10) == 2
        return log.stored(source)

    assert play(scenario) == {0: 2}


def test_a_closed_subscription_says_so(log: Log, face: Face) -> None:
    async def scenario() -> None:
        source = log.subscribe()
        records = face.iterate(source)
        await anext(records)
        source.close()
        with pytest.raises(UsageError, match="was closed"):
            await anext(records)
        with pytest.raises(UsageError, match="was closed"):
            await face.one(source)

    play(scenario)


def test_threads_get_different_records_and_none_passes_another_ones_work(make_log) -> None:
    log = make_log(count=200, partitions=2)
    source = log.subscribe()
    slow, is_taken, seen = threading.Event(), threading.Event(), []

    def work(*, is_slow: bool) -> None:
        mine = []
        while (value := source.consume_one(1)) is not None:
            mine.append(value)
            if is_slow and len(mine) == 5:
                is_taken.set()
                assert slow.wait(30)
        seen.append(mine)

    workers = [threading.Thread(target=work, kwargs={"is_slow": one == 0}) for one in range(4)]
    workers[0].start()
    assert is_taken.wait(30)
    for worker in workers[1:]:
        worker.start()
    wait_until(lambda: len(seen) == 3, seconds=30)
    source.commit()
    committed = log.committed()
    slow.set()
    for worker in workers:
        worker.join()
    assert sorted(chain.from_iterable(seen)) == list(range(200))
    held = seen[-1][4]
    assert committed == {held % 2: held // 2, (held + 1) % 2: 100}
    assert source.consume_one(0.2) is None
    assert log.stored(source) == {0: 100, 1: 100}


def test_tasks_get_different_records_and_all_are_done_in_the_end(make_log) -> None:
    log = make_log(count=200, partitions=2)

    async def scenario() -> dict[int, int]:
        source = log.subscribe()

        async def work() -> list[int]:
            mine = []
            while (value := await source.aconsume_one(1)) is not None:
                mine.append(value)
                await asyncio.sleep(0)
            return mine

        seen = await asyncio.gather(*(work() for _ in range(5)))
        assert sorted(chain.from_iterable(seen)) == list(range(200))
        return log.stored(source)

    assert play(scenario) == {0: 100, 1: 100}


def test_a_cancelled_call_loses_nothing(make_log) -> None:
    log = make_log(count=300)

    async def scenario() -> list[int]:
        source = log.subscribe()
        seen: list[int] = []
        assert await source.aconsume_one(10) == 0
        pause = 0.0
        while len(seen) < 299:
            pause = (pause + 0.00003) % 0.002
            call = asyncio.ensure_future(source.aconsume_one(0.5))
            await asyncio.sleep(pause)
            if not call.done():
                call.cancel()
            try:
                if (value := await call) is not None:
                    seen.append(value)
                    await asyncio.sleep(0)
            except asyncio.CancelledError:
                continue
        return seen

    assert play(scenario) == list(range(1, 300))


def test_a_cancelled_step_of_an_iterator_loses_nothing(make_log) -> None:
    log = make_log(count=0)

    async def scenario() -> list[int]:
        source = log.subscribe()
        assert await source.aconsume_one(0.1) is None
        records, seen = source.aconsume_iter(), []
        async with records:
            for number in range(60):
                log.write(b"%d" % number)
                for pause in (0.0, 0.0005, 0.005, 30):
                    try:
                        seen.append(await asyncio.wait_for(anext(records), pause))
                        break
                    except TimeoutError:
                        continue
        return seen

    assert play(scenario) == list(range(60))


def test_the_event_loop_never_waits_for_a_consumer_or_a_registry(make_log) -> None:
    log = make_log(count=3)

    def slowly(message: Message) -> Any:
        time.sleep(0.4)
        return decode(message)

    async def scenario() -> float:
        source = log.subscribe(slowly)
        worst, is_over = 0.0, False

        async def beat() -> None:
            nonlocal worst
            while not is_over:
                begun = time.monotonic()
                await asyncio.sleep(0.01)
                worst = max(worst, time.monotonic() - begun)

        heart = asyncio.ensure_future(beat())
        async with source.aconsume_iter(max_messages=3) as records:
            assert [value async for value in records] == [0, 1, 2]
        assert await source.aconsume_one(1.0) is None
        assert await source.aconsume_batch(5, 1.0) == []
        await source.acommit()
        is_over = True
        await heart
        return worst

    assert play(scenario) < 0.3


def test_a_busy_async_loop_lets_others_have_their_turn(make_log) -> None:
    log = make_log(count=400)

    async def scenario() -> float:
        source = log.subscribe()
        worst, is_over = 0.0, False

        async def beat() -> None:
            nonlocal worst
            while not is_over:
                begun = time.monotonic()
                await asyncio.sleep(0)
                worst = max(worst, time.monotonic() - begun)

        heart = asyncio.ensure_future(beat())
        async with source.aconsume_iter(max_messages=400) as records:
            async for _ in records:
                time.sleep(0.002)  # work that does not await
        is_over = True
        await heart
        return worst

    assert play(scenario) < 0.4  # of 0.8 s of work
