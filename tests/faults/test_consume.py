"""Consumers under fire: killed, cut off from their broker, slow; nothing acknowledged is lost.

The oracle is a file that each consumer writes and syncs before it asks for the next record: what
stands in it was handled. What is committed must never pass what was not.
"""

import asyncio
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.connection import KafkaConnection
from flowodm.errors import BrokerUnreachable
from flowodm.sandbox import Sandbox
from flowodm.sandbox.process import find
from flowodm.settings import BaseSettings
from flowodm.subscription import Subscription
from tests.faces import FACES, Face, play
from tests.reading import connect
from tests.servers import wait_until
from tests.topics import create_topics

pytestmark = pytest.mark.faults

SEED = 7
KILLS = 4
RECORDS = 4_000
PARTITIONS = 3


@pytest.fixture(scope="module")
def lone_broker() -> Iterator[Sandbox]:
    """One broker; a test that stops it starts it again."""
    with Sandbox(registry=False) as sandbox:
        yield sandbox


@pytest.fixture
def connection(lone_broker: Sandbox) -> Iterator[KafkaConnection]:
    with connect(lone_broker.client_config) as made:
        yield made


def fill(sandbox: Sandbox, topic: str, count: int, partitions: int = 1) -> None:
    admin = AdminClient(dict(sandbox.client_config))
    new = NewTopic(topic, partitions, 1)
    create_topics(admin, new)
    write(sandbox, topic, count, partitions)


def write(sandbox: Sandbox, topic: str, count: int, partitions: int = 1, begin: int = 0) -> None:
    # without it, batches that a new topic refuses at first are sent again behind later ones
    producer = Producer(dict(sandbox.client_config) | {"enable.idempotence": True})
    for number in range(begin, begin + count):
        producer.produce(topic, b"%d" % number, partition=number % partitions)
    assert producer.flush(60) == 0


def committed(sandbox: Sandbox, group: str) -> dict[int, int]:
    admin = AdminClient(dict(sandbox.client_config))
    (answer,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
    return {one.partition: one.offset for one in answer.result(timeout=30).topic_partitions}


CONSUMER = """
import asyncio, os, sys
from flowodm.settings import BaseSettings
from flowodm.subscription import Subscription
from tests.reading import connect

face, bootstrap, topic, group, path = sys.argv[1:]
source = Subscription(
    connect({"bootstrap.servers": bootstrap}), topic, group,
    decode=lambda message: message.value(),
    settings=BaseSettings(
        session_timeout_ms=6_000, heartbeat_interval_ms=1_000, auto_commit_interval_ms=50
    ),
)
handled = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def handle(value):
    os.write(handled, value + b"\\n")
    os.fsync(handled)

async def main():
    async with source.aconsume_iter() as records:
        async for value in records:
            handle(value)

if face == "async":
    asyncio.run(main())
else:
    with source.consume_iter() as records:
        for value in records:
            handle(value)
"""


def handled(path: Path) -> list[int]:
    """What was handled, in its order; a line that the kill cut off was not."""
    text = path.read_bytes() if path.exists() else b""
    return [int(line) for line in text.splitlines(keepends=True) if line.endswith(b"\n")]


def _wait_for_more(path: Path, begun: int) -> None:
    wait_until(lambda: len(handled(path)) > begun, seconds=60, what="it handles some")


@pytest.mark.parametrize("face", ["sync", "async"])
def test_what_a_killed_consumer_had_not_finished_comes_again_in_its_order(
    lone_broker: Sandbox, tmp_path: Path, face: str
) -> None:
    topic = group = f"killed-{face}-{time.time_ns()}"
    fill(lone_broker, topic, RECORDS, PARTITIONS)
    path, chance = tmp_path / "handled", random.Random(SEED)
    arguments = [face, lone_broker.bootstrap_servers, topic, group, str(path)]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", CONSUMER, *arguments])

    begun = 0
    for _ in range(KILLS):
        consumer = start()
        try:
            _wait_for_more(path, begun)
            time.sleep(chance.uniform(0.0, 0.3))
        finally:
            consumer.kill()
            consumer.wait(30)
        begun = len(handled(path))
        done = set(handled(path))
        for partition, offset in committed(lone_broker, group).items():
            below = range(partition, offset * PARTITIONS + partition, PARTITIONS)
            assert done >= set(below), "it committed what it had not handled"
    consumer = start()
    try:
        wait_until(lambda: set(handled(path)) == set(range(RECORDS)), seconds=90, what="the rest")
    finally:
        consumer.terminate()
        consumer.wait(30)
    for partition in range(PARTITIONS):
        first: dict[int, None] = dict.fromkeys(
            number for number in handled(path) if number % PARTITIONS == partition
        )
        assert list(first) == sorted(first)


def test_a_broker_that_goes_and_comes_back_costs_no_record_and_one_line_each_way(
    lone_broker: Sandbox, connection: KafkaConnection, caplog: pytest.LogCaptureFixture
) -> None:
    topic = group = f"outage-{time.time_ns()}"
    fill(lone_broker, topic, 100)
    source: Subscription[int] = Subscription(
        connection, topic, group, decode=lambda message: int(message.value() or b"-1")
    )
    seen: list[int] = []

    def work() -> None:
        with source.consume_iter(max_messages=200) as records:
            seen.extend(records)

    worker = threading.Thread(target=work)
    with caplog.at_level(logging.WARNING, "flowodm.subscription"):
        worker.start()
        wait_until(lambda: len(seen) == 100 or not worker.is_alive(), seconds=60)
        lone_broker.stop_node()
        try:
            wait_until(lambda: "waiting for it" in caplog.text, seconds=60)
            time.sleep(3)  # long enough for a second line, if there were one
        finally:
            lone_broker.start_node()
        write(lone_broker, topic, 100, begin=100)
        worker.join(120)
    assert not worker.is_alive()
    assert seen == list(range(200))
    lines = [record.message for record in caplog.records if group in record.message]
    assert ["waiting for it" in line for line in lines] == [True, False]
    assert "answer again" in lines[1]
    source.close()  # a broker that has just come back may take longer: it goes on in a thread
    wait_until(lambda: committed(lone_broker, group) == {0: 200}, seconds=60)


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.name)
def test_without_a_broker_commit_raises_in_time_and_closing_ends(
    lone_broker: Sandbox, face: Face
) -> None:
    topic = group = f"commit-{face.name}-{time.time_ns()}"
    fill(lone_broker, topic, 10)
    with connect(lone_broker.client_config) as connection:
        source: Subscription[int] = Subscription(
            connection,
            topic,
            group,
            decode=lambda message: int(message.value() or b"-1"),
            settings=BaseSettings(auto_commit_interval_ms=3_600_000),
        )

        async def scenario() -> None:
            assert await face.one(source, 30) == 0
            lone_broker.kill_node()
            try:
                begun = time.monotonic()
                with pytest.raises(BrokerUnreachable):
                    await face.commit(source, timeout=3.0)
                assert time.monotonic() - begun < 10
            finally:
                lone_broker.start_node()
            wait_until(lambda: _is_back(lone_broker), seconds=60)
            again = await face.one(source, 60)
            assert again in (0, 1)  # zero, if the group began anew
            while again != 5:
                again = await face.one(source, 60)
            await face.commit(source, timeout=30.0)

        play(scenario, seconds=200)
        begun = time.monotonic()
        source.close()
        assert time.monotonic() - begun < 15
    assert committed(lone_broker, group) == {0: 6}


@contextmanager
def outage(sandbox: Sandbox, how: str) -> Iterator[None]:
    """The broker is gone, or is there and says nothing."""
    if how == "killed":
        sandbox.kill_node()
        try:
            yield
        finally:
            sandbox.start_node()
    else:
        (broker,) = (one.pid for one in find(sandbox.spec.directory) if one.role == "node-1")
        os.kill(broker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(broker, signal.SIGCONT)
    wait_until(lambda: _is_back(sandbox), seconds=60)


async def longest_block() -> float:
    """Measure for how long the event loop did nothing else, until this is cancelled."""
    longest, before = 0.0, time.monotonic()
    try:
        while True:
            await asyncio.sleep(0.01)
            longest, before = max(longest, time.monotonic() - before), time.monotonic()
    except asyncio.CancelledError:
        return longest


SMALL = BaseSettings(
    max_poll_records=100,
    queued_min_messages=100,
    extra_config={"fetch.message.max.bytes": 10_000},
)
"""So that most of a topic is still to come when its broker goes."""


@pytest.mark.parametrize("how", ["killed", "frozen"])
@pytest.mark.parametrize("face", FACES, ids=lambda face: face.name)
def test_an_outage_is_not_the_end_of_a_topic(lone_broker: Sandbox, face: Face, how: str) -> None:
    topic = group = f"end-{face.name}-{how}-{time.time_ns()}"
    fill(lone_broker, topic, 0)
    count, seen = 20_000, []
    producer = Producer(
        dict(lone_broker.client_config) | {"batch.num.messages": 200, "enable.idempotence": True},
        logger=logging.getLogger("quiet"),
    )
    for number in range(count):
        producer.produce(topic, b"%d" % number, partition=0)
    assert producer.flush(60) == 0

    async def read_on(source: Any, most: int | None = None) -> None:
        reading = face.iterate(source, 1.0, stop_when_idle=True, max_messages=most)
        async with reading as records:
            async for number in records:
                seen.append(number)

    async def refuse(source: Any) -> None:
        begun = time.monotonic()
        with pytest.raises(BrokerUnreachable):
            await read_on(source)
        with pytest.raises(BrokerUnreachable):
            await face.one(source, 1.0)
        with pytest.raises(BrokerUnreachable):
            await face.batch(source, 5, 1.0)
        assert time.monotonic() - begun < 40

    async def scenario() -> None:
        source: Subscription[int] = Subscription(
            connection,
            topic,
            group,
            decode=lambda message: int(message.value() or b"-1"),
            settings=SMALL,
        )
        await read_on(source, 1_000)
        with outage(lone_broker, how):
            ticking = asyncio.create_task(longest_block())
            await asyncio.sleep(0)
            await refuse(source)
            ticking.cancel()
            if face.name == "async":
                assert await ticking < 3
        assert 1_000 <= len(seen) < count
        until = time.monotonic() + 90
        while len(set(seen)) < count and time.monotonic() < until:
            try:
                await read_on(source)
            except BrokerUnreachable:
                continue
        assert sorted(set(seen)) == list(range(count))
        assert list(dict.fromkeys(seen)) == sorted(set(seen))
        assert await face.one(source, 0.1) is None
        source.close()

    with connect(lone_broker.client_config) as connection:
        play(scenario, seconds=300)


LAST_WORDS = """
import sys, time
from flowodm.settings import BaseSettings
from flowodm.subscription import Subscription
from tests.reading import connect

how, bootstrap, topic = sys.argv[1:]
connection = connect({"bootstrap.servers": bootstrap})
source = connection.owned("source", lambda: Subscription(
    connection, topic, topic, decode=lambda message: message.value(),
))
print(source.consume_one(60), flush=True)
input()
if how == "closes":
    begun = time.monotonic()
    connection.close(timeout=2)
    print(time.monotonic() - begun, flush=True)
"""


@pytest.mark.parametrize("how", ["ends", "closes"])
def test_without_a_broker_a_program_ends_soon_all_the_same(lone_broker: Sandbox, how: str) -> None:
    topic = f"exit-{how}-{time.time_ns()}"
    fill(lone_broker, topic, 5)
    program = subprocess.Popen(
        [sys.executable, "-c", LAST_WORDS, how, lone_broker.bootstrap_servers, topic],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "b'0'\n"
        with outage(lone_broker, "killed"):
            begun = time.monotonic()
            stdout, _ = program.communicate("go on\n", timeout=120)
            assert time.monotonic() - begun < 25  # librdkafka by itself takes 45
        assert program.returncode == 0
        assert how == "ends" or float(stdout) < 9
    finally:
        program.kill()
        program.wait(30)


def _is_back(sandbox: Sandbox) -> bool:
    try:
        AdminClient(dict(sandbox.client_config)).list_topics(timeout=2)
    except Exception:
        return False
    return True


def test_a_registry_that_is_down_for_a_while_costs_no_record(
    lone_broker: Sandbox, connection: KafkaConnection
) -> None:
    from flowodm.errors import RegistryUnreachable

    topic = group = f"registry-{time.time_ns()}"
    fill(lone_broker, topic, 300)
    is_out = threading.Event()
    is_out.set()

    def decode(message: Message) -> Any:
        if is_out.is_set():
            raise RegistryUnreachable("the registry does not answer")
        return int(message.value() or b"-1")

    source: Subscription[int] = Subscription(connection, topic, group, decode=decode)
    threading.Timer(4.0, is_out.clear).start()
    seen, outages = [], 0
    until = time.monotonic() + 60
    while len(seen) < 300 and time.monotonic() < until:
        try:
            with source.consume_iter(max_messages=300 - len(seen)) as records:
                for number in records:
                    seen.append(number)
        except RegistryUnreachable:
            outages += 1
            time.sleep(0.05)
    assert outages > 5
    assert seen == list(range(300))
    source.close()
    assert committed(lone_broker, group) == {0: 300}
