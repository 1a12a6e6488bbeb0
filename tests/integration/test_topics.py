"""`flowodm topics` on a broker, which creates topics for whoever asks for them by name."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.errors import TopicNotFound
from flowodm.sandbox import Sandbox
from flowodm.topics import describe_topic, list_topics
from tests.conftest import Finished
from tests.servers import TestServers, wait_until

pytestmark = pytest.mark.integration

Run = Callable[..., Finished]


@pytest.fixture
def kafka(sandbox: TestServers) -> Iterator[KafkaConnection]:
    context = Context(name="t", source="t", bootstrap_servers=sandbox.bootstrap_servers)
    with KafkaConnection(context) as connection:
        yield connection


@pytest.fixture
def run(sandbox: TestServers, flowodm: Run) -> Run:
    def run_(*arguments: str, **more: Any) -> Finished:
        return flowodm(
            *arguments, env={"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}, **more
        )

    return run_


def test_a_topic_is_listed_with_its_partitions(
    kafka: KafkaConnection, make_topic: Callable[..., str]
) -> None:
    name = make_topic(partitions=3)
    (topic,) = list_topics(kafka, name)
    assert (topic.name, topic.partitions, topic.replicas) == (name, 3, 1)
    assert (topic.under_replicated, topic.offline, topic.is_internal) == (0, 0, False)


def test_a_glob_fits_the_whole_name_and_a_pattern_any_part(
    kafka: KafkaConnection, make_topic: Callable[..., str]
) -> None:
    name = make_topic()
    part = name[2:-2]
    assert list_topics(kafka, part) == ()
    assert [topic.name for topic in list_topics(kafka, f"*{part}*")] == [name]
    assert [topic.name for topic in list_topics(kafka, part, is_regex=True)] == [name]


def test_internal_topics_are_listed_on_demand(
    kafka: KafkaConnection, topic: str, sandbox: TestServers
) -> None:
    commit_something(sandbox, topic)
    assert "__consumer_offsets" not in [topic.name for topic in list_topics(kafka)]
    found = {topic.name: topic for topic in list_topics(kafka, include_internal=True)}
    assert found["__consumer_offsets"].is_internal


def commit_something(sandbox: TestServers, topic: str) -> None:
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({**sandbox.client_config, "group.id": f"group-of-{topic}"})
    try:
        consumer.commit(offsets=[TopicPartition(topic, 0, 0)], asynchronous=False)
    finally:
        consumer.close()


def test_a_topic_is_described_with_offsets_and_settings(
    kafka: KafkaConnection, make_topic: Callable[..., str]
) -> None:
    name = make_topic(
        partitions=2, config={"retention.ms": "604800000", "cleanup.policy": "compact"}
    )
    producer = kafka.producer()
    for number in range(7):
        producer.produce(name, key=str(number), value=b"x", partition=0)
    assert producer.flush(30) == 0
    detail = describe_topic(kafka, name)
    assert (detail.name, detail.replicas, detail.span) == (name, 1, 7)
    first, second = detail.partitions
    assert (first.number, first.leader, first.replicas, first.in_sync) == (0, 1, (1,), (1,))
    assert (first.start, first.end, first.span, first.state, first.error) == (0, 7, 7, "ok", None)
    assert (second.start, second.end, second.span) == (0, 0, 0)
    assert detail.config is not None
    settings = {entry.name: entry.value for entry in detail.config}
    assert settings == {"retention.ms": "604800000", "cleanup.policy": "compact"}


def test_deleted_records_move_the_start(kafka: KafkaConnection, topic: str) -> None:
    from confluent_kafka import TopicPartition

    producer = kafka.producer()
    for _ in range(5):
        producer.produce(topic, value=b"x", partition=0)
    assert producer.flush(30) == 0
    for future in kafka.admin().delete_records([TopicPartition(topic, 0, 3)]).values():
        future.result(30)
    partition, *_ = describe_topic(kafka, topic).partitions
    assert (partition.start, partition.end, partition.span) == (3, 5, 2)


@pytest.mark.parametrize("name", ["no-such-topic", "a b", "x" * 300, "\x1b[2J", ".", "ä"])
def test_looking_for_a_topic_creates_none(name: str, creating: KafkaConnection) -> None:
    with pytest.raises(TopicNotFound, match="does not exist on"):
        describe_topic(creating, name)
    assert list_topics(creating, include_internal=True) == ()


@pytest.fixture(scope="module")
def creating() -> Iterator[KafkaConnection]:
    """A broker of its own that creates topics when it is asked for them."""
    from confluent_kafka.admin import AdminClient

    with Sandbox(registry=False, properties={"auto.create.topics.enable": "true"}) as sandbox:
        context = Context(name="c", source="c", bootstrap_servers=sandbox.bootstrap_servers)
        with KafkaConnection(context) as connection:
            yield connection
        # The broker does what it is told to: without this, the test above could not fail.
        admin = AdminClient({**sandbox.client_config, "allow.auto.create.topics": "true"})

        def is_made() -> bool:
            admin.list_topics("made-by-asking", timeout=30)
            return "made-by-asking" in admin.list_topics(timeout=30).topics

        wait_until(is_made, seconds=30)  # the broker answers before it has created the topic


def test_a_missing_topic_gets_a_suggestion(kafka: KafkaConnection, topic: str) -> None:
    with pytest.raises(TopicNotFound) as caught:
        describe_topic(kafka, topic[:-1])
    assert caught.value.hint == f"did you mean `{topic}`?  (flowodm topics list)"


@pytest.fixture(scope="module")
def three_brokers_one_stopped() -> Iterator[KafkaConnection]:
    """`spread` has a partition on each of three brokers, `copied` one on all; one is stopped."""
    from confluent_kafka.admin import NewTopic

    with Sandbox(nodes=3, registry=False) as sandbox:
        context = Context(name="c", source="c", bootstrap_servers=sandbox.bootstrap_servers)
        with KafkaConnection(context) as connection:
            spread = NewTopic("spread", 3, replica_assignment=[[1], [2], [3]])
            copied = NewTopic("copied", 1, replica_assignment=[[1, 2, 3]])
            for future in connection.admin().create_topics([spread, copied]).values():
                future.result(30)
            for partition in range(3):
                connection.producer().produce("spread", value=b"x", partition=partition)
            assert connection.producer().flush(30) == 0
            sandbox.stop_node(3)
            wait_until(lambda: list_topics(connection, "spread")[0].offline == 1, seconds=30)
            yield connection


def test_an_offline_partition_is_shown(three_brokers_one_stopped: KafkaConnection) -> None:
    (topic,) = list_topics(three_brokers_one_stopped, "spread")
    assert (topic.partitions, topic.replicas, topic.offline) == (3, 1, 1)
    detail = describe_topic(three_brokers_one_stopped, "spread")
    offline = [partition for partition in detail.partitions if partition.state == "offline"]
    assert len(offline) == 1
    assert (offline[0].leader, offline[0].start, offline[0].error) == (None, None, "no leader")
    assert [partition.span for partition in detail.partitions if partition.leader] == [1, 1]
    (copied,) = list_topics(three_brokers_one_stopped, "copied")
    assert (copied.replicas, copied.under_replicated, copied.offline) == (3, 1, 0)
    (partition,) = describe_topic(three_brokers_one_stopped, "copied").partitions
    assert (partition.state, len(partition.in_sync)) == ("under-replicated", 2)


def test_the_list_for_people_and_for_machines(run: Run, make_topic: Callable[..., str]) -> None:
    name = make_topic(partitions=3)
    table = run("topics", "list", name)
    assert table.exit_code == 0, table
    heading, row = table.stdout.splitlines()
    assert heading.split() == ["TOPIC", "PARTITIONS", "REPLICAS", "UNDER-REPLICATED", "OFFLINE"]
    assert row.split() == [name, "3", "1", "0", "0"]
    assert json.loads(run("topics", "list", name, "-o", "json").stdout) == [
        {
            "name": name,
            "partitions": 3,
            "replicas": 1,
            "under_replicated": 0,
            "offline": 0,
            "is_internal": False,
        }
    ]
    assert run("topics", "list", name, "-o", "name").stdout == f"{name}\n"


def test_the_order_of_the_list(run: Run, make_topic: Callable[..., str]) -> None:
    names = [make_topic(partitions=count) for count in (1, 3, 2)]
    listed = run("topics", "list", "-o", "name").stdout.split()
    assert listed == sorted(listed)
    by_size = run("topics", "list", "-o", "name", "--sort", "partitions").stdout.split()
    assert [name for name in by_size if name in names] == [names[1], names[2], names[0]]


def test_the_detail_for_people_and_for_machines(run: Run, make_topic: Callable[..., str]) -> None:
    name = make_topic(partitions=2, config={"retention.ms": "604800000"})
    people = run("topics", "describe", name)
    assert people.exit_code == 0, people
    assert people.stdout.splitlines()[:2] == [
        f"{name}  2 partitions, replication 1, 0 offsets",
        "  retention.ms = 604800000 (7 d)",
    ]
    document = json.loads(run("topics", "describe", name, "-o", "json").stdout)
    assert document["config"] == {"retention.ms": "604800000"}
    assert [partition["state"] for partition in document["partitions"]] == ["ok", "ok"]
    assert document["partitions"][0]["in_sync"] == [1]


def test_a_missing_topic_is_two_lines_and_exit_1(run: Run, topic: str) -> None:
    done = run("topics", "describe", topic[:-1])
    assert done.exit_code == 1
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith(f"error: topic `{topic[:-1]}` does not exist on ")
    assert second == f"  did you mean `{topic}`?  (flowodm topics list)"


def test_a_name_with_escapes_is_made_visible(run: Run) -> None:
    done = run("topics", "describe", "\x1b[2Jevil\x07")
    assert done.exit_code == 1
    assert "\x1b" not in done.stderr
    assert "evil" in done.stderr
