"""A steady load, and the oracle of what loops do with it while everything around them breaks.

What was acknowledged when it was produced, against what `loop_program.py` wrote down, synced, when
it had handled it: one file for all members, in the order of time. Both are read as they grow.
"""

import contextlib
import json
import logging
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.sandbox import Sandbox
from tests.servers import wait_until
from tests.topics import create_topics

__all__ = ["Course", "Handled", "Load", "in_json"]

Encode = Callable[[int, str], bytes]
"""Writes a record of its number and key."""

_QUIET = logging.getLogger("flowodm.tests.steady")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False

_DONE = re.compile(rb"done (\d+) (\d+) (\d+) (\d+) (\S+)\n")
_TICK = 0.02

NUMBER = "n"
"""The header that says a record's number, which its dead letter has too."""


def in_json(number: int, key: str) -> bytes:
    """Write a record in JSON."""
    return json.dumps({"n": number, "key": key}).encode()


class Load(threading.Thread):
    """Writes records at a steady rate until it is told to stop, and notes what is acknowledged."""

    def __init__(
        self,
        config: dict[str, Any],
        topic: str,
        partitions: int,
        *,
        per_second: int,
        keys: int = 30,
        encode: Encode = in_json,
    ) -> None:
        super().__init__()
        self.encode = encode
        self.acknowledged: set[int] = set()
        self.refused: list[str] = []
        self.is_resting = False
        self._topic, self._partitions = topic, partitions
        self._per_second, self._keys = per_second, keys
        self._stopping = threading.Event()
        self._producer = Producer(
            config
            | {
                "enable.idempotence": True,
                "acks": "all",
                "retry.backoff.max.ms": 500,
                "reconnect.backoff.max.ms": 500,
            },
            logger=_QUIET,
        )

    def run(self) -> None:
        number, owed, before = 0, 0.0, time.monotonic()
        while not self._stopping.wait(_TICK):
            now = time.monotonic()
            owed += 0 if self.is_resting else (now - before) * self._per_second
            before = now
            while owed >= 1:
                self._write(number)
                number, owed = number + 1, owed - 1
            self._producer.poll(0)
        if left := self._producer.flush(120):
            self.refused.append(f"{left} were never answered")

    def _write(self, number: int) -> None:
        key = number % self._keys
        self._producer.produce(
            self._topic,
            self.encode(number, f"k{key}"),
            b"k%d" % key,
            partition=key % self._partitions,
            headers={NUMBER: b"%d" % number},
            on_delivery=lambda error, message: self._note(number, error, message),
        )

    def _note(self, number: int, error: object, message: Message) -> None:
        if error is None:
            self.acknowledged.add(number)
        else:
            self.refused.append(f"{number}: {error}")

    def stop(self) -> None:
        """Stop, and wait until everything is answered."""
        self._stopping.set()
        self.join(150)
        assert not self.is_alive()


class Handled:
    """What was handled, as far as the file goes; read anew, it goes on where it was."""

    def __init__(self, path: Path) -> None:
        self.numbers: set[int] = set()
        self.duplicates = 0
        self.buried: set[int] = set()
        self.buried_again = 0
        self.by_process: Counter[int] = Counter()
        self.partitions_of: dict[int, set[int]] = defaultdict(set)
        self._path = path
        self._at = 0
        self._lowest: Counter[int] = Counter()
        """By partition, the first offset that is not handled."""
        self._above: dict[int, set[int]] = defaultdict(set)
        self._last: dict[bytes, int] = {}
        """By key, the offset that was handled last for the first time."""

    def read(self) -> None:
        """Take in what was added, and see that each key was handled in its order.

        A line that a kill cut off was not handled.
        """
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._at)
            whole, _, _ = file.read().rpartition(b"\n")
        if whole:
            self._at += len(whole) + 1
            for line in whole.split(b"\n"):
                if found := _DONE.fullmatch(line + b"\n"):
                    process, partition, offset, number = map(int, found.groups()[:4])
                    self._take(process, partition, offset, number, found[5])

    def _take(self, process: int, partition: int, offset: int, number: int, key: bytes) -> None:
        self.by_process[process] += 1
        self.partitions_of[process].add(partition)
        if not self._is_new(partition, offset):
            self.duplicates += 1
            return
        assert self._last.get(key, -1) < offset, f"the order of {key!r} is broken at {offset}"
        self._last[key] = offset
        self.numbers.add(number)

    def bury(self, partition: int, offset: int, number: int) -> None:
        """Take in a dead letter: its record is done, too."""
        if self._is_new(partition, offset):
            self.buried.add(number)
        else:
            self.buried_again += 1

    def _is_new(self, partition: int, offset: int) -> bool:
        above = self._above[partition]
        if offset < self._lowest[partition] or offset in above:
            return False
        above.add(offset)
        while self._lowest[partition] in above:
            above.remove(self._lowest[partition])
            self._lowest[partition] += 1
        return True

    def lowest_unfinished(self, partition: int) -> int:
        """The first offset that is not handled; the topic has no gaps."""
        return self._lowest[partition]


class Letters:
    """Dead letters, read as they come, by a plain consumer."""

    def __init__(self, config: dict[str, Any], topic: str, partitions: int) -> None:
        self._consumer = Consumer(
            config
            | {
                "group.id": f"{topic}-unused",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 20,  # what asks for the ends would wait behind it
                "reconnect.backoff.max.ms": 500,
            },
            logger=_QUIET,
        )
        self._places = [TopicPartition(topic, number, 0) for number in range(partitions)]
        self._read = dict.fromkeys(range(partitions), 0)
        self._consumer.assign(self._places)

    def read(self) -> list[tuple[int, int, int]]:
        """Read what is there by now: the partition, offset and number of each one's record.

        Raises:
            KafkaException: The brokers do not say.
        """
        ends = {
            place.partition: self._consumer.get_watermark_offsets(place, timeout=2)[1]
            for place in self._places
        }
        found: list[tuple[int, int, int]] = []

        def is_read() -> bool:
            for message in self._consumer.consume(500, 0.02):
                if message.error() is None:
                    self._read[message.partition() or 0] = (message.offset() or 0) + 1
                    found.append(_origin(message))
            return all(self._read[partition] >= end for partition, end in ends.items())

        if any(self._read[partition] < end for partition, end in ends.items()):
            wait_until(is_read, seconds=60, what="the dead letters")
        return found

    def close(self) -> None:
        """End the consumer."""
        self._consumer.close()


def _origin(message: Message) -> tuple[int, int, int]:
    headers: dict[str, Any] = dict(message.headers() or ())
    partition, offset = (
        int.from_bytes(headers[f"kafka_dlt-original-{name}"], "big")
        for name in ("partition", "offset")
    )
    return partition, offset, int(headers[NUMBER])


class Course:
    """A topic, its group and its load, watched from the first record to the last."""

    def __init__(
        self,
        sandbox: Sandbox,
        directory: Path,
        *,
        partitions: int,
        copies: int,
        per_second: int,
        encode: Encode = in_json,
        poison: Sequence[int] = (),
    ) -> None:
        self.name = f"course-{time.time_ns()}"
        self.handled = Handled(directory / "handled")
        self.told = directory / "told"
        self.said: dict[str, Any] = {
            "kind": "sync",
            "bootstrap": sandbox.bootstrap_servers,
            "topic": self.name,
            "group": self.name,
            "path": str(directory / "handled"),
            "told": str(self.told),
            "config": {"fetch.message.max.bytes": 10_000, "reconnect.backoff.max.ms": 1_000},
        }
        self._poison = frozenset(poison)
        letters = [f"{self.name}-dlt"] if poison else []
        new = [NewTopic(name, partitions, copies) for name in (self.name, *letters)]
        admin = AdminClient(dict(sandbox.client_config), logger=_QUIET)
        create_topics(admin, *new)
        self._letters: Letters | None = None
        if poison:
            self.said |= {"letters": letters[0], "poison": sorted(poison)}
            self._letters = Letters(dict(sandbox.client_config), letters[0], partitions)
        self._places = [TopicPartition(self.name, number) for number in range(partitions)]
        config = {**sandbox.client_config, "group.id": self.name, "reconnect.backoff.max.ms": 500}
        self._asking = Consumer(config, logger=_QUIET)  # never subscribed: it is no member
        self.load = Load(
            dict(sandbox.client_config), self.name, partitions, per_second=per_second, encode=encode
        )
        self.checks = 0

    def committed(self) -> dict[int, int]:
        """What the group has committed, by partition.

        Raises:
            KafkaException: The brokers do not say.
        """
        found = self._asking.committed(self._places, timeout=2)
        return {one.partition: max(one.offset, 0) for one in found if one.error is None}

    def leader(self, partition: int) -> int:
        """The broker that leads a partition."""
        leader: list[int] = []

        def is_known() -> bool:
            with contextlib.suppress(KafkaException):
                topic = self._asking.list_topics(self.name, timeout=5).topics[self.name]
                leader[:] = [topic.partitions[partition].leader]
            return bool(leader) and leader[0] > 0

        wait_until(is_known, seconds=30, what=f"a leader of partition {partition}")
        return leader[0]

    def check(self) -> None:
        """See that nothing is committed that was not handled before, and that the order holds."""
        try:
            committed = self.committed()
        except KafkaException:
            committed = {}  # nobody says so just now
        self.handled.read()
        if not committed or not self._has_read_letters():
            return
        self.checks += 1
        for partition, upto in committed.items():
            lowest = self.handled.lowest_unfinished(partition)
            assert upto <= lowest, f"partition {partition}: {upto} committed, {lowest} not done"

    def _has_read_letters(self) -> bool:
        if self._letters is None:
            return True
        try:
            for letter in self._letters.read():
                self.handled.bury(*letter)
        except KafkaException:
            return False
        return True

    def lag(self) -> int:
        """How many records the group has not committed."""
        committed = self.committed()
        ends = [self._asking.get_watermark_offsets(place, timeout=10) for place in self._places]
        return sum(
            end - committed[place.partition]
            for place, (_, end) in zip(self._places, ends, strict=True)
        )

    def finish(self, seconds: float = 120.0) -> None:
        """End the load; see that all that was acknowledged is handled, and then committed."""
        self.load.stop()
        assert self.load.refused == []

        def is_done() -> bool:
            self.check()
            return self.load.acknowledged <= self.handled.numbers | self.handled.buried

        def is_committed() -> bool:
            with contextlib.suppress(KafkaException, KeyError):
                return self.lag() == 0
            return False

        try:
            wait_until(is_done, seconds=seconds)
        except AssertionError as error:
            lost = sorted(self.load.acknowledged - self.handled.numbers - self.handled.buried)
            raise AssertionError(f"{len(lost)} are lost: {lost[:20]}; {error}") from None
        wait_until(is_committed, seconds=30, what="a lag of 0")
        self.check()
        assert self.handled.buried == self._poison & self.load.acknowledged

    def events(self) -> Counter[str]:
        """What the members' loops told, by its kind."""
        return Counter(kind for kind, _ in self._told())

    def started(self) -> set[int]:
        """The processes whose loops have started."""
        return {process for kind, process in self._told() if kind == "started"}

    def _told(self) -> list[tuple[str, int]]:
        lines = self.told.read_text().splitlines() if self.told.exists() else []
        return [(kind, int(process)) for kind, process, *_ in map(str.split, lines)]

    def close(self) -> None:
        """End what still runs."""
        if self.load.is_alive():
            self.load.stop()
        self._asking.close()
        if self._letters is not None:
            self._letters.close()
