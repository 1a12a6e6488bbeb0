"""`flowodm topics create`, `alter`, `delete` and `purge`: shown, confirmed, done; or nothing is."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.errors import TopicNotFound
from flowodm.topics import (
    TopicSpec,
    apply_alteration,
    create_topic,
    delete_topic,
    describe_topic,
    plan_alteration,
)
from tests.conftest import Finished
from tests.inside import run_inside
from tests.integration.consumer_groups import fill
from tests.servers import TestServers, wait_until

pytestmark = pytest.mark.integration

Run = Callable[..., Finished]

MINUTE = 60_000
NOW = 1_764_500_000_000
"""Milliseconds; record N is of N minutes after."""


@pytest.fixture
def kafka(sandbox: TestServers) -> Iterator[KafkaConnection]:
    context = Context(name="t", source="t", bootstrap_servers=sandbox.bootstrap_servers)
    with KafkaConnection(context) as connection:
        yield connection


@pytest.fixture
def run(clean_environment: dict[str, str], sandbox: TestServers, tmp_path: Path) -> Run:
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}

    def run_(*arguments: str) -> Finished:
        return run_inside(list(arguments), tmp_path, environ)

    return run_


@pytest.fixture
def new_name(admin: AdminClient) -> Iterator[str]:
    """A name for a topic, which is deleted afterwards."""
    name = f"new-{uuid.uuid4().hex[:12]}"
    yield name
    admin.delete_topics([name], operation_timeout=10)[name].exception(timeout=15)


def state_of(kafka: KafkaConnection, topic: str) -> tuple[object, ...]:
    detail = describe_topic(kafka, topic)
    spans = tuple((one.start, one.end) for one in detail.partitions)
    return spans, detail.config


def test_a_topic_is_created_as_it_was_asked_for(
    run: Run, kafka: KafkaConnection, new_name: str
) -> None:
    words = ("--partitions", "3", "-s", "retention.ms=7d", "-s", "cleanup.policy=compact")
    tried = run("topics", "create", new_name, *words, "--dry-run")
    assert (tried.exit_code, tried.stdout) == (0, f"topic {new_name} would be created\n")
    assert new_name not in kafka.metadata().topics
    done = run("topics", "create", new_name, *words)
    assert (done.exit_code, done.stdout) == (0, f"topic {new_name} created\n")
    wait_until(lambda: new_name in kafka.metadata().topics, seconds=30)
    served = ((0, 0),) * 3
    wait_until(lambda: state_of(kafka, new_name)[0] == served, seconds=30, what="its leaders")
    _, config = state_of(kafka, new_name)
    assert {one.name: one.value for one in config} == {
        "retention.ms": "604800000",
        "cleanup.policy": "compact",
    }
    again = run("topics", "create", new_name)
    assert again.exit_code == 1
    assert f"topic `{new_name}` was not created" in again.stderr


@pytest.mark.parametrize(
    ("name", "words", "exit_code", "reason"),
    [
        ("a b", (), 2, "no topic can have the name"),
        ("\x1b[2J", (), 2, "no topic can have the name"),
        ("x" * 250, (), 2, "no topic can have the name"),
        ("..", (), 2, "no topic can have the name"),
        ("__mine", (), 4, "is internal to Kafka"),
        ("fine", ("-s", "retention.ms"), 2, "is not `KEY=VALUE`"),
        ("fine", ("-s", "a=1", "-s", "a=2"), 2, "is set twice"),
        ("fine", ("-s", "retention.ms=soon"), 2, "is not a length of time"),
        ("fine", ("-s", "no.such.key=1"), 1, "was not created"),
        ("fine", ("--replication", "9"), 1, "was not created"),
    ],
)
def test_what_cannot_be_created_is_an_error(
    name: str,
    words: tuple[str, ...],
    exit_code: int,
    reason: str,
    run: Run,
    kafka: KafkaConnection,
) -> None:
    done = run("topics", "create", name, *words)
    assert (done.exit_code, done.stdout) == (exit_code, "")
    assert reason in done.stderr
    assert name not in kafka.metadata().topics


def test_an_alteration_changes_what_it_shows(
    run: Run, kafka: KafkaConnection, make_topic: Callable[..., str]
) -> None:
    topic = make_topic(config={"retention.ms": "1000", "cleanup.policy": "compact"})
    words = ("-s", "retention.ms=3d", "--unset", "cleanup.policy", "--partitions", "2", "--yes")
    before = state_of(kafka, topic)
    shown = run("topics", "alter", topic, *words, "--dry-run")
    assert shown.exit_code == 0, shown
    assert shown.stderr.splitlines() == [
        "~ retention.ms  1000 → 259200000",
        "~ cleanup.policy  compact → (the cluster's)",
        "~ partitions  1 → 2",
        "warning: keys move: order per key is not kept across the change",
    ]
    assert state_of(kafka, topic) == before
    done = run("topics", "alter", topic, *words, "-o", "json")
    assert json.loads(done.stdout)["altered"] is True
    wait_until(lambda: len(describe_topic(kafka, topic).partitions) == 2, seconds=30)
    config = describe_topic(kafka, topic).config
    assert [(one.name, one.value) for one in config or ()] == [("retention.ms", "259200000")]
    again = run("topics", "alter", topic, *words)
    assert (again.exit_code, again.stdout) == (0, "")
    assert "nothing to change" in again.stderr


def test_one_wrong_part_of_an_alteration_changes_nothing(
    run: Run, kafka: KafkaConnection, topic: str
) -> None:
    before = state_of(kafka, topic)
    for code, words in (
        (1, ("-s", "no.such.key=1", "--partitions", "2")),
        (1, ("-s", "retention.ms=1000", "--partitions", "100000")),
        (2, ("-s", "retention.ms=1000", "--partitions", "1000000")),  # no request holds so many
    ):
        done = run("topics", "alter", topic, *words, "--yes")
        assert done.exit_code == code, done
        assert state_of(kafka, topic) == before


def test_there_are_never_fewer_partitions(run: Run, make_topic: Callable[..., str]) -> None:
    topic = make_topic(partitions=3)
    done = run("topics", "alter", topic, "--partitions", "2", "--yes")
    assert done.exit_code == 2
    assert "can only get more" in done.stderr


@pytest.mark.parametrize(
    ("position", "start"),
    [
        ("start", 0),
        ("end", 10),
        ("4", 4),
        ("+3", 3),
        ("-3", 7),
        ("99", 10),
        (f"@{NOW + 6 * MINUTE}", 6),
        ("@now", 10),
        ("@2025-01-01", 0),
    ],
)
def test_a_purge_deletes_what_it_shows(
    position: str,
    start: int,
    run: Run,
    kafka: KafkaConnection,
    topic: str,
    sandbox: TestServers,
) -> None:
    for number in range(10):
        fill(sandbox.client_config, topic, {0: 1}, timestamp=NOW + number * MINUTE)
    words = ("topics", "purge", topic, "--to", position, "-o", "json")
    shown = json.loads(run(*words, "--dry-run").stdout)
    assert (shown["offsets"], shown["purged"]) == (start, False)
    assert state_of(kafka, topic)[0] == ((0, 10),)
    done = run(*words, "--yes")
    assert done.exit_code == 0, done
    assert json.loads(done.stdout)["partitions"] == shown["partitions"]
    assert state_of(kafka, topic)[0] == ((start, 10),)


def test_what_was_done_is_seen_at_once_whichever_broker_is_asked(
    three_nodes: TestServers, new_name: str
) -> None:
    context = Context(name="t", source="t", bootstrap_servers=three_nodes.bootstrap_servers)
    with KafkaConnection(context) as kafka:
        create_topic(kafka, TopicSpec(new_name, partitions=2))
        assert len(describe_topic(kafka, new_name).partitions) == 2
        for minutes in range(1, 16):
            settings = {"retention.ms": str(minutes * MINUTE)}
            apply_alteration(kafka, plan_alteration(kafka, new_name, settings=settings))
            with KafkaConnection(context) as other:
                assert not plan_alteration(other, new_name, settings=settings).is_needed
        delete_topic(kafka, new_name)
        with pytest.raises(TopicNotFound):
            describe_topic(kafka, new_name)


def test_a_topic_is_deleted(run: Run, kafka: KafkaConnection, new_name: str) -> None:
    create_topic(kafka, TopicSpec(new_name))
    wait_until(lambda: new_name in kafka.metadata().topics, seconds=30)
    assert run("topics", "delete", new_name, "--dry-run").exit_code == 0
    assert new_name in kafka.metadata().topics
    done = run("topics", "delete", new_name, "--yes")
    assert (done.exit_code, done.stdout) == (0, f"topic {new_name} deleted\n")
    wait_until(lambda: new_name not in kafka.metadata().topics, seconds=30)
    missing = run("topics", "delete", "no-such-topic", "--yes")
    assert missing.exit_code == 1
    assert "does not exist" in missing.stderr
