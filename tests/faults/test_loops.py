"""Loops that are killed, at the worst moments: nothing is lost, and no order is broken.

The oracle: what was acknowledged when it was produced, against what programs wrote down, synced,
when they had handled it. `FLOWODM_SOAK=1` runs the full durations.
"""

import json
import os
import random
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.consumer import read_dead_letter
from flowodm.reader import read
from flowodm.sandbox import Sandbox
from tests.faults.programs import member, start
from tests.faults.test_consume import committed
from tests.reading import connect
from tests.servers import wait_until
from tests.topics import create_topics

pytestmark = pytest.mark.faults

SOAK = bool(os.environ.get("FLOWODM_SOAK"))
PARTITIONS = 3
MOST_IN_FLIGHT = 200
"""Records that a loop of this concurrency takes in, or has done since the last commit."""


@pytest.fixture(scope="module")
def broker() -> Iterator[Sandbox]:
    with Sandbox(registry=False) as sandbox:
        yield sandbox


class Scene:
    """A topic, a group, dead letters, and what was handled of it all."""

    def __init__(self, broker: Sandbox, directory: Path, kind: str = "sync", **said: Any) -> None:
        self.broker = broker
        self.name = f"loops-{time.time_ns()}"
        self.letters = f"{self.name}-dlt"
        self.path = directory / "handled"
        self.keys: dict[int, str] = {}
        self.said = {
            "kind": kind,
            "bootstrap": broker.bootstrap_servers,
            "topic": self.name,
            "group": self.name,
            "path": str(self.path),
            # a member that is killed is replaced at once, without waiting for its session's end
            "config": {"group.instance.id": "one"},
            **said,
        }
        self.kills = 0
        admin = AdminClient(dict(broker.client_config))
        new = [NewTopic(one, PARTITIONS, 1) for one in (self.name, self.letters)]
        create_topics(admin, *new)

    def produce(self, count: int, keys: int = 20) -> None:
        """Write records, each acknowledged."""
        producer = Producer(dict(self.broker.client_config))
        begin = len(self.keys)
        for n in range(begin, begin + count):
            key = f"k{n % keys}"
            self.keys[n] = key
            producer.produce(
                self.name,
                json.dumps({"n": n, "key": key}).encode(),
                key.encode(),
                partition=(n % keys) % PARTITIONS,
            )
        assert producer.flush(60) == 0

    def start(self, **said: Any) -> "subprocess.Popen[bytes]":
        return start(self.said, **said)

    def member(self, **said: Any) -> "AbstractContextManager[subprocess.Popen[bytes]]":
        """A program that is ended with SIGTERM."""
        return member(self.said, **said)

    def kill_itself(self, **said: Any) -> None:
        """Run a program until it kills itself where it was told to."""
        program = self.start(**said)
        try:
            assert program.wait(60) in (-signal.SIGKILL, 9)
        finally:
            program.kill()
            program.wait(30)
        self.kills += 1
        self.check()

    def lines(self, word: str = "done") -> list[tuple[int, int, int]]:
        """Partition, offset and number of what was handled; a line that a kill cut off was not."""
        text = self.path.read_bytes() if self.path.exists() else b""
        found = []
        for line in text.splitlines(keepends=True):
            if line.endswith(b"\n") and line.startswith(word.encode()):
                _, _, partition, offset, number, _ = line.split()
                found.append((int(partition), int(offset), int(number)))
        return found

    def numbers(self) -> set[int]:
        return {number for _, _, number in self.lines()}

    def buried(self) -> list[int]:
        """The numbers of the dead letters."""
        with connect(self.broker.client_config) as connection:
            return [json.loads(one.value or b"{}")["n"] for one in read(connection, self.letters)]

    def check(self) -> None:
        """Nothing is committed that is not done; each key in its order; few come twice."""
        ends = {(partition, offset) for partition, offset, _ in self.lines()}
        poison = set(self.said.get("poison", ()))
        done = self.numbers() | (set(self.buried()) if poison else set())
        by_partition: dict[int, list[int]] = defaultdict(list)
        for number in self.keys:
            by_partition[int(self.keys[number][1:]) % PARTITIONS].append(number)
        for partition, upto in committed(self.broker, self.name).items():
            passed = by_partition[partition][:upto]
            assert set(passed) <= done, f"partition {partition} committed {upto}, and lost some"
        first = list(dict.fromkeys(number for _, _, number in self.lines()))
        for key in set(self.keys.values()):
            of_key = [number for number in first if self.keys[number] == key]
            assert of_key == sorted(of_key), f"the order of {key} is broken"
        assert len(self.lines()) - len(ends) <= MOST_IN_FLIGHT * self.kills

    def finish(self, **said: Any) -> None:
        """Let the rest be handled, and see that all of it was."""
        poison = set(self.said.get("poison", ()))
        with self.member(**said):
            wait_until(lambda: self.numbers() >= self.keys.keys() - poison, seconds=120)
            if poison:
                wait_until(lambda: set(self.buried()) == poison, seconds=60)
        self.check()
        assert sum(committed(self.broker, self.name).values()) == len(self.keys)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_loop_that_is_killed_at_the_worst_moments_loses_nothing(
    broker: Sandbox, tmp_path: Path, kind: str
) -> None:
    """In the middle of handlers, of dead letters before and after their acknowledgement."""
    scene = Scene(broker, tmp_path, kind, poison=[300, 900])
    scene.said["letters"] = scene.letters
    scene.produce(2_000)
    scene.kill_itself(kill_at="before letter")
    scene.kill_itself(kill_at="letter")
    scene.kill_itself(kill_at="handler:57")
    scene.kill_itself(kill_at="handler:200")
    chance = random.Random(7)
    for _ in range(20 if SOAK else 2):
        program = scene.start()
        before = len(scene.lines())
        wait_until(lambda before=before: len(scene.lines()) > before, seconds=60)  # type: ignore[misc]
        time.sleep(chance.uniform(0.0, 0.3))
        program.kill()
        program.wait(30)
        scene.kills += 1
        scene.check()
        if SOAK:
            scene.produce(500)
    scene.finish()
    assert set(scene.buried()) == {300, 900}


def test_a_loop_that_is_killed_while_it_gives_partitions_away_loses_nothing(
    broker: Sandbox, tmp_path: Path
) -> None:
    scene = Scene(broker, tmp_path, config={}, seconds=0.01)
    scene.produce(1_500)
    doomed = scene.start(kill_at="revoke")
    try:
        wait_until(lambda: len(scene.lines()) > 50, seconds=60)
        with scene.member():
            assert doomed.wait(60) == -signal.SIGKILL
            scene.kills += 1
            scene.check()
            wait_until(lambda: scene.numbers() == scene.keys.keys(), seconds=120)
    finally:
        doomed.kill()
        doomed.wait(30)
    scene.check()
    assert sum(committed(broker, scene.name).values()) == 1_500


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_slow_first_record_is_never_passed_however_fast_the_others_are(
    broker: Sandbox, tmp_path: Path, kind: str
) -> None:
    scene = Scene(broker, tmp_path, kind, concurrency=8)
    scene.produce(60, keys=60)
    slow = scene.start(slow={"0": 600})
    try:
        wait_until(lambda: len(scene.numbers()) == 59, seconds=60)
        wait_until(lambda: len(committed(broker, scene.name)) == 2, seconds=20)
        time.sleep(0.5)  # ten times the interval of commits
    finally:
        slow.kill()
        slow.wait(30)
    assert committed(broker, scene.name).get(0, 0) == 0
    assert sorted(committed(broker, scene.name)) == [1, 2]
    scene.kills += 1
    scene.finish()


def test_sigterm_in_a_backoff_ends_at_once_and_does_not_pass_the_record(
    broker: Sandbox, tmp_path: Path
) -> None:
    scene = Scene(broker, tmp_path, fails=[10], concurrency=1)
    scene.produce(30, keys=1)
    with scene.member(retry={"attempts": 9, "initial": 500, "max": 500}) as program:
        wait_until(lambda: len(scene.lines("failed")) == 1, seconds=60)
        begun = time.monotonic()
        program.terminate()
        assert program.wait(30) == 0
        assert time.monotonic() - begun < 12
    assert committed(broker, scene.name) == {0: 10}
    scene.finish(fails=[])


def test_before_processing_a_kill_loses_and_never_repeats(broker: Sandbox, tmp_path: Path) -> None:
    scene = Scene(broker, tmp_path, commit_strategy="before_processing", concurrency=4)
    scene.produce(600)
    for at in (40, 90, 120):
        program = scene.start(kill_at=f"handler:{at}")
        try:
            assert program.wait(60) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            pytest.fail("it was not handled again, and not killed")
        finally:
            program.kill()
            program.wait(30)
        numbers = [number for _, _, number in scene.lines()]
        assert len(numbers) == len(set(numbers)), "a record was handled twice"
    with scene.member():
        wait_until(lambda: sum(committed(broker, scene.name).values()) == 600, seconds=60)
        wait_until(lambda: 599 in scene.numbers(), seconds=60)
    numbers = [number for _, _, number in scene.lines()]
    assert len(numbers) == len(set(numbers))
    assert 600 - 3 * 100 <= len(numbers) < 600


def test_a_dead_letter_says_where_it_came_from_after_a_kill(
    broker: Sandbox, tmp_path: Path
) -> None:
    """Killed between the acknowledgement and the store, it is there twice, and never lost."""
    scene = Scene(broker, tmp_path, poison=[5], concurrency=1)
    scene.said["letters"] = scene.letters
    scene.produce(10, keys=1)
    scene.kill_itself(kill_at="letter")
    scene.finish()
    assert scene.buried() == [5, 5]
    with connect(broker.client_config) as connection:
        said = [read_dead_letter(one) for one in read(connection, scene.letters)]
    assert {(one.topic, one.partition, one.offset) for one in said if one} == {(scene.name, 0, 5)}


def test_in_transactions_every_record_has_its_effect_exactly_once(
    broker: Sandbox, tmp_path: Path
) -> None:
    """Killed in handlers, before the offsets are sent, before the commit, and right after it."""
    scene = Scene(broker, tmp_path, "transactional", concurrency=4)
    scene.said["out"] = scene.letters
    scene.produce(1_500)
    for said in (
        {"kill_at": "handler:150"},
        {"kill_at": "send_offsets_to_transaction"},
        {"kill_at": "commit_transaction"},
        {"kill_at": "commit_transaction", "kill_after": True},
    ):
        program = scene.start(**said)
        try:
            assert program.wait(60) == -signal.SIGKILL
        finally:
            program.kill()
            program.wait(30)
        scene.kills += 1
        once = scene.buried()
        assert len(once) == len(set(once))
        scene.check()
    with scene.member():
        wait_until(lambda: len(scene.buried()) >= 1_500, seconds=90)
    assert sorted(scene.buried()) == list(range(1_500))
    assert sum(committed(broker, scene.name).values()) == 1_500
