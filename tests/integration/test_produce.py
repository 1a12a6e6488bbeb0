"""`flowodm produce` on Apache Kafka, as another program sees it."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from flowodm.sandbox import Sandbox, secure
from tests.servers import TestServers, wait_until
from tests.topics import create_topics

pytestmark = pytest.mark.integration

ORDER = '{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"long"},{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},{"name":"note","type":["null","string"],"default":null}]}'

Run = Callable[..., Any]
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def environ(
    clean_environment: dict[str, str], sandbox: TestServers, registry_url: str
) -> dict[str, str]:
    return clean_environment | {
        "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": registry_url,
    }


@pytest.fixture
def produce(flowodm: Run, environ: dict[str, str]) -> Run:
    return lambda *arguments, **options: flowodm("produce", *arguments, env=environ, **options)


@pytest.fixture
def schema(tmp_path: Path) -> str:
    (tmp_path / "order.avsc").write_text(ORDER)
    return "order.avsc"


@pytest.fixture
def start(environ: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start `produce` and leave it running; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str, env: dict[str, str] = environ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "flowodm", "produce", *arguments],
            env=env,
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stored(sandbox: TestServers, topic: str, partition: int = 0) -> list[Any]:
    consumer = Consumer({**sandbox.client_config, "group.id": "none"})
    place = TopicPartition(topic, partition, 0)
    end = consumer.get_watermark_offsets(place, timeout=10)[1]
    consumer.assign([place])
    found = []
    while not found or found[-1].offset() + 1 < end:
        if not end:
            break
        message = consumer.poll(10)
        assert message is not None
        assert message.error() is None
        found.append(message)
    consumer.close()
    return found


def test_what_is_produced_is_what_confluents_deserializer_reads(
    produce: Run, schema: str, topic: str, sandbox: TestServers, registry_url: str
) -> None:
    lines = '{"id":1,"amount":"12.30"}\n{"id":2,"amount":"-0.01","note":{"string":"by hand"}}\n'
    done = produce(topic, "--schema", schema, "--register", "--key-field", "id", input=lines)
    assert (done.exit_code, done.stdout) == (0, ""), done
    assert done.stderr.startswith(f"2 records delivered to {topic}  ({topic}-value from `order.avsc`, id ")  # fmt: skip
    with SchemaRegistryClient({"url": registry_url}) as registry:
        read = AvroDeserializer(registry)
        context = SerializationContext(topic, MessageField.VALUE)
        records = stored(sandbox, topic)
        values = [read(record.value(), context) for record in records]
    assert [record.key() for record in records] == [b"1", b"2"]
    assert [(value["id"], str(value["amount"]), value["note"]) for value in values] == [
        (1, "12.30", None),
        (2, "-0.01", "by hand"),
    ]


def test_a_file_that_is_no_schema_is_named_with_the_place_in_it(
    produce: Run, topic: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.avsc"
    wrong.write_text('{"type": "array"}')
    done = produce(topic, "--schema", str(wrong), "--register", input="[]\n")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: `{wrong}`: "), done.stderr


def test_the_registrys_latest_is_used_from_then_on(
    produce: Run, schema: str, topic: str, sandbox: TestServers
) -> None:
    assert produce(topic, "--schema", schema, "--register", input='{"id":1,"amount":"1"}').exit_code == 0  # fmt: skip
    assert produce(topic, input='{"id":2,"amount":"2"}').exit_code == 0
    wrong = produce(topic, input='{"id":3,"amount":2}\n{"id":"x","amount":"3"}')
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert wrong.stderr.splitlines() == [
        'line 1: expected a decimal as text, like "12.34"; found the number 2 at `amount`',
        "line 2: expected a whole number; found the text `x` at `id`",
        "error: 2 of 2 lines cannot be sent",
        "  nothing was sent; `--stream` sends the lines that are right",
    ]
    assert len(stored(sandbox, topic)) == 2


def test_headers_keys_tombstones_and_timestamps_arrive(
    produce: Run, topic: str, sandbox: TestServers
) -> None:
    now = int(time.time() * 1_000) - 5_000
    line = {"key": "k", "payload": None, "ts": now, "headers": [["a", "1"], ["a", None], ["b", {"base64": "AP8="}]]}  # fmt: skip
    done = produce(topic, "--lines", "envelopes", "-H", "c=d", input=json.dumps(line))
    assert done.exit_code == 0, done
    (record,) = stored(sandbox, topic)
    assert (record.key(), record.value(), record.timestamp()[1]) == (b"k", None, now)
    assert record.headers() == [("a", b"1"), ("a", None), ("b", b"\x00\xff"), ("c", b"d")]


def test_a_missing_topic_is_not_created_even_where_brokers_would(
    flowodm: Run, clean_environment: dict[str, str]
) -> None:
    with Sandbox(registry=False, properties={"auto.create.topics.enable": "true"}) as sandbox:
        env = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
        began = time.monotonic()
        done = flowodm("produce", "absent", "--value-format", "text", env=env, input="a\n")
        assert time.monotonic() - began < 6.5  # five, and the start of a process
        assert (done.exit_code, done.stdout) == (1, "")
        assert "error: topic `absent` does not exist on " in done.stderr
        assert flowodm("topics", "list", "-o", "json", env=env).stdout.strip() == "[]"


def test_a_record_that_the_broker_refuses_is_named_by_its_line(
    produce: Run, make_topic: Callable[..., str], sandbox: TestServers
) -> None:
    topic = make_topic(config={"max.message.bytes": "1000"})
    options = ("--value-format", "text", "--set", "batch.num.messages=1")
    done = produce(topic, *options, input="small\n" + "x" * 5_000 + "\nsmall\n")
    assert done.exit_code == 1
    assert f"line 2: a record is larger than topic `{topic}` takes" in done.stderr
    assert "error: 1 of 3 records were not delivered" in done.stderr
    assert [record.value() for record in stored(sandbox, topic)] == [b"small", b"small"]


def test_a_timestamp_that_the_broker_refuses_is_an_error(produce: Run, topic: str) -> None:
    future = int(time.time() * 1_000) + 7 * 86_400_000
    line = json.dumps({"payload": "x", "payload_encoding": "text", "ts": future})
    done = produce(topic, "--lines", "envelopes", input=line)
    assert done.exit_code == 1
    assert "line 1: " in done.stderr
    assert "timestamp" in done.stderr.lower()


def test_a_line_of_more_than_a_mebibyte_is_delivered(
    produce: Run, make_topic: Callable[..., str], sandbox: TestServers
) -> None:
    topic = make_topic(config={"max.message.bytes": "5000000"})
    line = json.dumps({"text": "x" * 2_000_000})
    done = produce(topic, "--value-format", "json", input=line)
    assert done.exit_code == 0, done
    assert stored(sandbox, topic)[0].value() == line.encode()


def test_many_records_are_delivered_in_order(
    produce: Run, topic: str, sandbox: TestServers
) -> None:
    count = 50_000
    lines = "".join(f"{number}\n" for number in range(count))
    done = produce(topic, "--value-format", "text", "-p", "0", input=lines)
    assert done.exit_code == 0, done
    assert f"{count:,} records delivered to {topic}" in done.stderr
    values = [int(record.value()) for record in stored(sandbox, topic)]
    assert values == list(range(count))


def test_a_stream_sends_each_line_as_it_comes(
    start: Start, topic: str, sandbox: TestServers
) -> None:
    process = start(topic, "--stream", "--value-format", "text", "-o", "ndjson")
    assert process.stdin is not None
    process.stdin.write(b"first\n")
    process.stdin.flush()
    wait_until(lambda: len(stored(sandbox, topic)) == 1, what="the first line to be delivered")
    out, err = process.communicate(b"second\n", timeout=20)
    assert (process.returncode, len(out.splitlines())) == (0, 2), err


def test_an_interrupt_while_lines_are_awaited_is_exit_130_at_once(
    start: Start, topic: str, sandbox: TestServers
) -> None:
    process = start(topic, "--value-format", "text")
    assert process.stdin is not None
    process.stdin.write(b"waits\n")
    process.stdin.flush()
    wait_until(lambda: _is_connected(process.pid, sandbox), what="produce to be ready")
    assert _interrupted(process) < 1.5
    assert process.returncode == 130
    assert stored(sandbox, topic) == []


def test_an_interrupt_while_no_broker_takes_records_is_exit_130_at_once(
    start: Start, clean_environment: dict[str, str]
) -> None:
    with Sandbox(registry=False) as sandbox:
        sandbox_topic(sandbox, "t")
        env = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
        process = start("t", "--stream", "--value-format", "text", "-o", "ndjson", env=env)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"first\n" * 200)
        process.stdin.flush()
        assert process.stdout.readline()
    process.stdin.write(b"second\n" * 10)
    process.stdin.close()
    process.stdin = None
    assert _interrupted(process) < 1.5
    assert process.returncode == 130


def sandbox_topic(sandbox: Sandbox, name: str) -> None:
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient(dict(sandbox.client_config))
    create_topics(admin, NewTopic(name, 1, 1))


def test_without_a_broker_it_is_exit_1_within_five_seconds(
    flowodm: Run, clean_environment: dict[str, str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        began = time.monotonic()
        done = flowodm("produce", "t", "--value-format", "text", env={"KAFKA_BOOTSTRAP_SERVERS": address}, input="a")  # fmt: skip
    assert time.monotonic() - began < 6.5  # five, and the start of a process on a busy machine
    assert (done.exit_code, done.stdout) == (1, "")
    assert address in done.stderr
    assert len(done.stderr.splitlines()) <= 5


def test_a_registry_that_does_not_answer_is_one_error(
    flowodm: Run, environ: dict[str, str], topic: str
) -> None:
    done = flowodm("produce", topic, env=environ | {"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}, input="{}\n" * 3)  # fmt: skip
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.count("error: ") == 1
    assert "127.0.0.1:1" in done.stderr


def test_on_a_terminal_progress_is_drawn_and_lines_are_read_until_control_d(
    environ: dict[str, str], topic: str, sandbox: TestServers
) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "flowodm", "produce", topic, "--value-format", "text"],
        env=environ | {"TERM": "xterm"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    while b"ctrl-d ends them" not in shown:
        shown += os.read(master, 1_000)
    os.write(master, b"typed\n\x04")
    assert process.wait(30) == 0
    os.close(master)
    assert [record.value() for record in stored(sandbox, topic)] == [b"typed"]


def _is_connected(pid: int, sandbox: TestServers) -> bool:
    import psutil

    port = int(sandbox.bootstrap_servers.rpartition(":")[2])
    connections = psutil.Process(pid).net_connections()
    return any(each.raddr and each.raddr.port == port for each in connections)


def _interrupted(process: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(20)
    return time.monotonic() - began


@pytest.fixture
def guarded_topic(secure_sandbox: TestServers, tmp_path: Path) -> str:
    """A topic that the user of context `guarded` may read, and not write to."""
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        AdminClient,
        NewTopic,
        ResourcePatternType,
        ResourceType,
    )

    assert secure_sandbox.spec is not None
    admin = AdminClient(dict(secure_sandbox.client_config))
    topic = f"guarded-{uuid.uuid4().hex[:8]}"
    create_topics(admin, NewTopic(topic, 1, 1))
    user = secure.new_credentials(f"reads-{topic}")
    secure.add_user(secure_sandbox.spec, user)
    acl = AclBinding(
        ResourceType.TOPIC,
        topic,
        ResourcePatternType.LITERAL,
        f"User:reads-{topic}",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )
    for future in admin.create_acls([acl]).values():
        future.result(15)
    config = secure_sandbox.spec.client_config(user)
    wait_until(
        lambda: topic in AdminClient(dict(config)).list_topics(timeout=10).topics,
        what="the permission is known to the broker",
    )
    servers = config.pop("bootstrap.servers")
    document = {"version": 1, "contexts": {"guarded": {"bootstrap_servers": servers, "kafka": config}}}  # fmt: skip
    (tmp_path / "flowodm.yaml").write_text(json.dumps(document))
    return topic


def test_whoever_may_not_write_gets_exit_4(flowodm: Run, guarded_topic: str) -> None:
    began = time.monotonic()
    options = ("--context", "guarded", "--value-format", "text")
    done = flowodm("produce", guarded_topic, *options, input="a\nb\n")
    assert (done.exit_code, done.stdout) == (4, ""), done
    assert "error: not allowed to write" in done.stderr
    assert len(done.stderr.splitlines()) <= 4
    assert time.monotonic() - began < 10
