"""The sandbox's own promise: what was acknowledged is there after any number of `kill -9`."""

import json
import logging
import random
import threading
import time
import urllib.error
import urllib.request

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from flowodm.sandbox import Sandbox
from tests.soak import kills
from tests.topics import create_topics

pytestmark = pytest.mark.faults

SEED = 11
KILLS = kills(3)

_QUIET = logging.getLogger("flowodm.tests.quiet")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False


class Writer(threading.Thread):
    """Writes records and registers schemas until it is told to stop, whatever happens meanwhile."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self.stopping = threading.Event()
        self.acknowledged: list[int] = []
        self.registered: dict[str, int] = {}
        self._url = sandbox.registry_url
        config = sandbox.client_config | {
            "enable.idempotence": True,
            "retry.backoff.max.ms": 200,
            "reconnect.backoff.max.ms": 200,
        }
        self._producer = Producer(config, logger=_QUIET)

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            self._producer.produce("kept", str(number).encode(), on_delivery=self._note)
            self._producer.poll(0)
            if number % 20 == 0:
                self._register(f"subject-{number}")
            number += 1
            self.stopping.wait(0.001)
        assert self._producer.flush(60) == 0

    def _note(self, error: object, message: Message) -> None:
        if error is None:
            self.acknowledged.append(int(message.value() or b""))

    def _register(self, subject: str) -> None:
        schema = json.dumps({"type": "enum", "name": "E", "symbols": [subject.replace("-", "_")]})
        request = urllib.request.Request(
            f"{self._url}/subjects/{subject}/versions",
            json.dumps({"schema": schema}).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                self.registered[subject] = json.load(response)["id"]
        except (OSError, urllib.error.URLError):
            pass  # killed under the question: it may be registered, and need not be


def read_all(sandbox: Sandbox) -> list[int]:
    consumer = Consumer(sandbox.client_config | {"group.id": "unused"})
    try:
        partition = TopicPartition("kept", 0, 0)
        _, end = consumer.get_watermark_offsets(partition, timeout=15)
        consumer.assign([partition])
        found: list[int] = []
        until = time.monotonic() + 30
        while len(found) < end and time.monotonic() < until:
            found += [int(m.value()) for m in consumer.consume(1000, timeout=0.5) if not m.error()]
        return found
    finally:
        consumer.close()


def id_of(sandbox: Sandbox, subject: str) -> int:
    url = f"{sandbox.registry_url}/subjects/{subject}/versions/latest"
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)["id"]


def test_nothing_acknowledged_is_lost_when_broker_and_registry_are_killed() -> None:
    chance = random.Random(SEED)
    with Sandbox() as sandbox:
        admin = AdminClient(sandbox.client_config, logger=_QUIET)
        create_topics(admin, NewTopic("kept", 1, 1))
        writer = Writer(sandbox)
        writer.start()
        try:
            for _ in range(KILLS):
                writer.stopping.wait(chance.uniform(0.3, 1.0))
                sandbox.kill_registry()
                sandbox.kill_node()
                sandbox.start_registry()
                sandbox.start_node()
            writer.stopping.wait(0.5)
        finally:
            writer.stopping.set()
            writer.join()
        found = read_all(sandbox)
        assert len(writer.acknowledged) > 100
        assert len(writer.registered) > 5
        assert set(writer.acknowledged) <= set(found)
        assert found == sorted(set(found))
        for subject, schema_id in writer.registered.items():
            assert id_of(sandbox, subject) == schema_id
