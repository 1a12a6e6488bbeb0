"""Records that someone wrote to do harm are shown, harmlessly, and the next one after them too."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks.processes import measured
from flowodm.config.context import RegistryConfig
from flowodm.registry import SchemaRegistry
from flowodm.sandbox.registry import RegistryServer
from tests.integration.hostile_records import SCHEMAS, hostile_records
from tests.servers import TestServers
from tests.topics import create_topics
from tests.unit.cli.hostile import MUST_NOT_SHOW

pytestmark = pytest.mark.integration

MEMORY = 200
"""Megabytes of resident memory that a run may have had at most."""


class Hostile(NamedTuple):
    topic: str
    registry_url: str
    good: tuple[str, ...]
    """The values of the good records, one after each hostile one."""
    bad: int


class Ran(NamedTuple):
    exit_code: int
    stdout: bytes
    stderr: bytes
    memory: float


@pytest.fixture(scope="module")
def registry_server() -> "RegistryServer":
    with RegistryServer() as server:
        yield server


@pytest.fixture(scope="module")
def hostile(sandbox: TestServers, registry_server: RegistryServer) -> Hostile:
    """Write every hostile record to one topic, a good one after each."""
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient, NewTopic

    with SchemaRegistry(RegistryConfig(url=registry_server.url)) as registry:
        registry.set_compatibility_level("NONE")
        ids = {
            name: registry.register(f"hostile-{name}-value", json.dumps(schema)).schema_id
            for name, schema in SCHEMAS.items()
        }
    topic = f"hostile-{uuid.uuid4().hex[:8]}"
    admin = AdminClient(dict(sandbox.client_config))
    create_topics(admin, NewTopic(topic, 1, 1))
    producer = Producer({**sandbox.client_config, "enable.idempotence": True})
    records = hostile_records(ids)
    good = tuple(f"good-{number}" for number in range(len(records)))
    for record, word in zip(records, good, strict=True):
        producer.produce(topic, record.value, record.key, headers=list(record.headers))
        producer.produce(topic, json.dumps(word).encode(), word.encode())
    assert producer.flush(30) == 0
    return Hostile(topic, registry_server.url, good, len(records))


@pytest.fixture
def tail(
    hostile: Hostile, sandbox: TestServers, clean_environment: dict[str, str], tmp_path: Path
) -> Callable[..., Ran]:
    """Run `flowodm tail` on the hostile topic and measure its memory."""

    def run(*options: str) -> Ran:
        environ = clean_environment | {
            "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
            "SCHEMA_REGISTRY_URL": hostile.registry_url,
        }
        done, usage = measured(
            [sys.executable, "-m", "flowodm", "tail", hostile.topic, "-e", *options],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=tmp_path,
        )
        return Ran(done.returncode, done.stdout, done.stderr, usage.peak_megabytes)

    return run


FORMATS = (
    ("-o", "pretty"),
    ("-o", "table"),
    ("-o", "ndjson"),
    ("-o", "json"),
    ("--format", "%t %p %o %k %v %h %d %K %V"),
    ("--grep", "good-"),
    ("--where", "has(value.a) || true", "-o", "pretty"),
)


@pytest.mark.parametrize("options", FORMATS, ids=" ".join)
def test_hostile_records_harm_no_format(
    tail: Callable[..., Ran], hostile: Hostile, options: tuple[str, ...]
) -> None:
    ran = tail(*options)
    assert ran.exit_code == 0, ran.stderr.decode()
    shown = ran.stdout.decode()
    missing = [word for word in hostile.good if word not in shown]
    assert not missing
    assert not MUST_NOT_SHOW & set(shown)
    assert not MUST_NOT_SHOW & set(ran.stderr.decode())
    assert "Traceback" not in ran.stderr.decode()
    assert ran.memory < MEMORY


def test_raw_is_the_bytes_and_nothing_else_breaks(tail: Callable[..., Ran]) -> None:
    ran = tail("-o", "raw")
    assert ran.exit_code == 0
    assert b"\x1b[2J" in ran.stdout
    assert not MUST_NOT_SHOW & set(ran.stderr.decode())
    assert ran.memory < MEMORY


def test_every_line_is_json_and_every_failure_says_why(
    tail: Callable[..., Ran], hostile: Hostile
) -> None:
    ran = tail("-o", "ndjson")

    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is not JSON")

    records = [json.loads(line, parse_constant=refuse) for line in ran.stdout.splitlines()]
    assert len(records) == 2 * hostile.bad
    failed = [record for record in records if "payload_error" in record or "key_error" in record]
    assert len(failed) > 60
    for record in failed:
        side = "payload" if "payload_error" in record else "key"
        assert record[f"{side}_encoding"] == "base64"
        assert len(record[f"{side}_error"]) < 500
    assert f"{len(failed)} not decoded" in ran.stderr.decode()


def test_strict_stops_at_the_first_with_its_place(
    tail: Callable[..., Ran], hostile: Hostile
) -> None:
    ran = tail("-o", "ndjson", "--strict")
    assert ran.exit_code == 1
    assert f"error: `{hostile.topic}` 0:0 does not decode" in ran.stderr.decode()
    assert len(ran.stdout.splitlines()) == 1
