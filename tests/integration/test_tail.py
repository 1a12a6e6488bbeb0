"""`tail` from the outside: what each option does to what is printed."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from tests.servers import TestServers

pytestmark = pytest.mark.integration

BASE = 1_704_110_400_000
"""2024-01-01T12:00:00Z, the time of the first record; each is a minute later than the last."""


@pytest.fixture
def producer(sandbox: TestServers) -> Producer:
    return Producer({**sandbox.client_config, "enable.idempotence": True})


@pytest.fixture
def filled(make_topic: Callable[..., str], producer: Producer) -> str:
    """Twelve JSON records over three partitions, n = 0 to 11, one a minute."""
    topic = make_topic(partitions=3, config={"retention.ms": "-1"})
    refused: list[Any] = []
    for number in range(12):
        producer.produce(
            topic,
            json.dumps({"n": number, "user": {"country": "DE" if number % 2 else "FR"}}),
            f"key-{number}",
            partition=number % 3,
            timestamp=BASE + number * 60_000,
            headers=[("source", b"web" if number % 4 else b"app")],
            on_delivery=lambda error, _: refused.append(error) if error else None,
        )
    assert producer.flush(20) == 0
    assert not refused
    return topic


@pytest.fixture
def tail(flowodm: Callable[..., Any], kafka: str) -> Callable[..., Any]:
    """Run `flowodm tail` to its end."""

    def run(*arguments: str, **options: Any) -> Any:
        environ = {"KAFKA_BOOTSTRAP_SERVERS": kafka} | options.pop("env", {})
        return flowodm("tail", *arguments, env=environ, **options)

    return run


def numbers(done: Any) -> list[int]:
    assert done.exit_code == 0, done
    return [json.loads(line)["payload"]["n"] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("-e", range(12)),
        ("-n 3", [9, 10, 11]),
        ("-n 3 --until 2024-01-01T12:06:00Z", [3, 4, 5]),
        ("-e -p 1", [1, 4, 7, 10]),
        ("-e -p 0,2", [0, 2, 3, 5, 6, 8, 9, 11]),
        ("-e -c 2 -p 1", [1, 4]),
        ("--offset 1:3", [3, 4, 5, 6, 7, 8]),
        ("--offset -1 -e", [9, 10, 11]),
        ("--partition-offset 0=3 -e", [9]),
        ("--since 2024-01-01T12:10:00Z -e", [10, 11]),
        ("--until 2024-01-01T12:02:00Z", [0, 1]),
        ("-e --where value.n>9", [10, 11]),
        ("-e --where value.user.country=='DE'&&value.n<4", [1, 3]),
        ("-e --where partition==2&&offset>1", [8, 11]),
        ("-e --key ^key-1.$", [10, 11]),
        ("-e -p 1 --key key-1 -c 1", [1]),
        ("-e -H source=app", [0, 4, 8]),
        ("-e --grep FR --where value.n>8", [10]),
    ],
)
def test_options_choose_the_records(
    options: str, expected: Any, tail: Callable[..., Any], filled: str
) -> None:
    assert sorted(numbers(tail(filled, *options.split()))) == sorted(expected)


def test_counts_go_to_stderr(tail: Callable[..., Any], filled: str) -> None:
    done = tail(filled, "-e", "--where", "value.n > 9 || value.missing == 1")
    assert done.stderr == "12 read, 2 shown, 10 without what the filter asks for\n"
    assert tail(filled, "-e", "-q").stderr == ""


def test_nothing_is_matched_is_not_a_failure(tail: Callable[..., Any], filled: str) -> None:
    done = tail(filled, "-e", "--grep", "nothing of the kind")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "12 read, 0 shown\n")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--where", "value.n >"), "value.n >"),
        (("--grep", "("), "no regular expression"),
        (("-H", "=x"), "names no header"),
        (("-p", "7"), "partition"),
    ],
)
def test_a_filter_without_a_meaning_is_exit_2(
    options: tuple[str, ...], why: str, tail: Callable[..., Any], filled: str
) -> None:
    done = tail(filled, "-e", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert why in done.stderr
    assert len(done.stderr.splitlines()) <= 5


def test_json_is_one_document(tail: Callable[..., Any], filled: str, topic: str) -> None:
    document = json.loads(tail(filled, "-e", "-o", "json").stdout)
    assert sorted(record["payload"]["n"] for record in document) == list(range(12))
    assert json.loads(tail(topic, "-e", "-o", "json").stdout) == []


def test_a_table_has_a_row_for_each(tail: Callable[..., Any], filled: str) -> None:
    lines = tail(filled, "-n", "2", "-o", "table").stdout.splitlines()
    assert lines[0].split() == ["PARTITION", "OFFSET", "TIME", "KEY", "SCHEMA", "VALUE"]
    assert lines[1].split()[:2] == ["1", "3"]
    assert "n=10" in lines[1]


def test_several_topics_and_patterns(
    tail: Callable[..., Any], make_topic: Callable[..., str], producer: Producer
) -> None:
    first, second = make_topic(prefix="many-a"), make_topic(prefix="many-b")
    for topic in (first, second):
        producer.produce(topic, topic)
    producer.flush(20)
    done = tail(first, second, "-e", "--format", "%t %v")
    assert sorted(done.stdout.splitlines()) == sorted([f"{first} {first}", f"{second} {second}"])
    done = tail(f"many-[ab]{first[6:]}|{second}", "-r", "-e", "-o", "table")
    assert done.stdout.splitlines()[0].split()[0] == "TOPIC"
    assert len(done.stdout.splitlines()) == 3


def test_raw_is_what_was_sent(tail: Callable[..., Any], topic: str, producer: Producer) -> None:
    data = bytes(range(256))
    producer.produce(topic, data)
    producer.flush(20)
    assert tail(topic, "-e", "-o", "raw").stdout_bytes == data + b"\n"


def test_a_key_that_does_not_decode_leaves_the_value(
    tail: Callable[..., Any], topic: str, producer: Producer
) -> None:
    producer.produce(topic, b"fine", b"\0\0\0\0\x01bad")
    producer.flush(20)
    done = tail(topic, "-e")
    line = json.loads(done.stdout)
    assert (line["payload"], line["key_encoding"]) == ("fine", "base64")
    assert "no schema registry is configured" in line["key_error"]
    assert "1 not decoded (offset 0:0)" in done.stderr


def test_configured_formats_do_not_guess(
    tail: Callable[..., Any], topic: str, producer: Producer
) -> None:
    producer.produce(topic, b"12", b"34")
    producer.flush(20)
    line = json.loads(tail(topic, "-e", "--value-format", "text", "--key-format", "avro").stdout)
    assert (line["payload"], line["payload_encoding"]) == ("12", "text")
    assert "not framed Avro" in line["key_error"]


def test_idle_timeout_ends_a_read_that_follows(tail: Callable[..., Any], filled: str) -> None:
    done = tail(filled, "--offset", "start", "--idle-timeout", "500ms")
    assert sorted(numbers(done)) == list(range(12))


def test_an_unreachable_registry_ends_the_read_and_is_named(
    tail: Callable[..., Any], topic: str, producer: Producer
) -> None:
    producer.produce(topic, b'"before"')
    producer.produce(topic, b"\0\0\0\0\x01x")
    producer.flush(20)
    done = tail(topic, "-e", env={"SCHEMA_REGISTRY_URL": "http://127.0.0.1:9"})
    assert done.exit_code == 1
    assert "127.0.0.1:9" in done.stderr
    assert json.loads(done.stdout)["payload"] == "before"


@pytest.fixture
def follower(
    clean_environment: dict[str, str], kafka: str, tmp_path: Path
) -> Iterator[Callable[..., "Follower"]]:
    started: list[Follower] = []

    def start(*arguments: str) -> Follower:
        environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": kafka}
        started.append(Follower(arguments, environ, tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.close()


class Follower:
    """A `tail` that goes on."""

    def __init__(self, arguments: tuple[str, ...], environ: dict[str, str], cwd: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flowodm", "tail", *arguments],
            env=environ,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + 20
        while len(self.lines) < count:
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.01)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._reader.join()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)


def test_each_record_is_flushed_when_it_comes(
    follower: Callable[..., Follower], topic: str, producer: Producer
) -> None:
    running = follower(topic, "--offset", "start", "--format", "%v")
    for number in range(3):
        producer.produce(topic, str(number))
        producer.flush(20)
        running.wait_for(number + 1)
    assert running.lines == ["0\n", "1\n", "2\n"]
    assert running.interrupt() == 130


def test_an_interrupted_json_document_is_closed(
    follower: Callable[..., Follower], filled: str
) -> None:
    running = follower(filled, "--offset", "start", "-o", "json")
    running.wait_for(12)
    assert running.interrupt() == 130
    running.close()
    assert len(json.loads("".join(running.lines))) == 12


def test_a_group_commits_and_nothing_else_does(
    tail: Callable[..., Any], filled: str, admin: Any
) -> None:
    from confluent_kafka import ConsumerGroupTopicPartitions

    group = f"group-{filled}"
    assert sorted(numbers(tail(filled, "-e"))) == list(range(12))
    assert group not in {found.group_id for found in admin.list_consumer_groups().result().valid}
    assert sorted(numbers(tail(filled, "-g", group, "-e"))) == list(range(12))
    request = [ConsumerGroupTopicPartitions(group)]
    offsets = admin.list_consumer_group_offsets(request)[group].result().topic_partitions
    assert {(found.partition, found.offset) for found in offsets} == {(0, 4), (1, 4), (2, 4)}
