"""Reading from a cluster that is not well: no broker, no leader, no permission, an interrupt."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import NewTopic

from flowodm.errors import (
    AuthenticationFailed,
    AuthorizationError,
    BrokerUnreachable,
    ChangeRefused,
)
from flowodm.positions import End, Range
from flowodm.reader import Reader, ReadOptions
from flowodm.sandbox import Sandbox, secure
from tests.reading import Topics, connect, read_all
from tests.servers import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cluster() -> Iterator[Sandbox]:
    """Three brokers; a test that stops one starts it again."""
    with Sandbox(nodes=3, registry=False) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def lone_broker() -> Iterator[Sandbox]:
    """One broker; a test that stops it starts it again."""
    with Sandbox(registry=False) as sandbox:
        yield sandbox


@pytest.fixture
def spread(cluster: Sandbox) -> str:
    """A topic with one partition on each of the three brokers, and five records in each."""
    topics = Topics(cluster.client_config)
    name = f"spread-{time.time_ns()}"
    new = NewTopic(name, 3, replica_assignment=[[1], [2], [3]], config={"retention.ms": "-1"})
    topics.admin.create_topics([new], operation_timeout=20)[name].result(timeout=30)
    topics.produce(name, 15, partitions=3)
    return name


def has_leader(topics: Topics, topic: str, partition: int) -> bool:
    layout = topics.admin.list_topics(timeout=10).topics[topic].partitions
    return layout[partition].leader >= 0


@pytest.fixture
def broken(cluster: Sandbox) -> Iterator[None]:
    yield
    cluster.start_node(3)


@pytest.mark.usefixtures("broken")
def test_a_partition_without_a_leader_is_a_named_problem_and_the_others_are_read(
    cluster: Sandbox, spread: str
) -> None:
    topics, connection = Topics(cluster.client_config), connect(cluster.client_config)
    cluster.kill_node(3)
    for moment in ("as soon as the broker is dead", "when the cluster knows"):
        if moment == "when the cluster knows":
            wait_until(lambda: not has_leader(topics, spread, 2), seconds=30)
        for options in (ReadOptions(), ReadOptions(last=9), ReadOptions(range=Range(End()))):
            began = time.monotonic()
            records, reader = read_all(connection, spread, options)
            wanted = 0 if options.range == Range(End()) else 9 if options.last else 10
            assert len(records) == wanted, moment
            assert {record.partition for record in records} <= {0, 1}
            assert [one.partition for one in reader.notices] == [2], (
                moment,
                options,
                reader.progress,
            )
            (problem,) = reader.notices
            assert problem.is_problem, moment
            assert time.monotonic() - began < 12, moment
    assert problem.message == f"`{spread}` [2] has no leader: its records are not read"


@pytest.mark.usefixtures("broken")
def test_a_follower_waits_for_a_leader(cluster: Sandbox, spread: str) -> None:
    topics, connection = Topics(cluster.client_config), connect(cluster.client_config)
    cluster.kill_node(3)
    wait_until(lambda: not has_leader(topics, spread, 2), seconds=30)
    options = ReadOptions(follow=True, refresh=0.2)
    with Reader(connection, (spread,), options) as reader:
        records, until = [], time.monotonic() + 60
        for batch in reader.batches():
            records += batch
            if len(records) == 10 and batch:
                cluster.start_node(3)
            if len(records) == 15:
                break
            assert time.monotonic() < until, "the partition is never read"
    assert sorted((r.partition, r.offset) for r in records) == [
        (partition, offset) for partition in range(3) for offset in range(5)
    ]
    assert not any(notice.is_problem for notice in reader.notices)


@pytest.mark.usefixtures("broken")
def test_a_leader_that_goes_during_a_read_to_the_end_is_waited_for_and_given_up(
    cluster: Sandbox, spread: str
) -> None:
    connection = connect(cluster.client_config)
    options = ReadOptions(refresh=0.5, patience=2.0)
    with Reader(connection, (spread,), options) as reader:
        cluster.kill_node(3)
        began = time.monotonic()
        records = [record for batch in reader.batches() for record in batch]
    assert len(records) == 10
    (problem,) = reader.notices
    assert (problem.is_problem, problem.partition) == (True, 2)
    assert time.monotonic() - began < 40


def test_a_broker_that_is_back_in_time_is_read_on(cluster: Sandbox, spread: str) -> None:
    connection = connect(cluster.client_config)
    with Reader(connection, (spread,), ReadOptions(refresh=0.5, patience=60)) as reader:
        cluster.kill_node(3)
        records = []
        threading.Timer(3, cluster.start_node, (3,)).start()
        for batch in reader.batches():
            records += batch
    assert len(records) == 15
    assert not reader.notices


@pytest.mark.parametrize("group", [None, "outlasting"])
def test_a_follower_outlasts_its_broker_and_says_so_once(
    lone_broker: Sandbox, group: str | None
) -> None:
    topics, connection = Topics(lone_broker.client_config), connect(lone_broker.client_config)
    topic = topics.make("outage")
    topics.produce(topic, 2)
    records, until = [], time.monotonic() + 90
    options = ReadOptions(follow=True, refresh=0.2, timeout=1.0, group=group)
    with Reader(connection, (topic,), options) as reader:
        for batch in reader.batches():
            assert time.monotonic() < until, (len(records), reader.notices)
            records += batch
            if len(records) == 2 and batch:
                lone_broker.kill_node()
            if (
                reader.notices
                and len(records) == 2
                and not lone_broker.servers.is_running("node-1")
            ):
                lone_broker.start_node()
                topics.produce(topic, 1)
            if len(records) == 3:
                break
        notice, *later = reader.notices
    assert [record.offset for record in records] == [0, 1, 2]
    assert not notice.is_problem
    assert notice.message.endswith("; waiting for it")
    assert all(one.is_relief for one in later)


def test_a_read_to_the_end_loses_patience_with_a_broker_that_is_gone(lone_broker: Sandbox) -> None:
    topics, connection = Topics(lone_broker.client_config), connect(lone_broker.client_config)
    topic = topics.make("gone")
    topics.produce(topic, 2)
    options = ReadOptions(refresh=0.2, timeout=1.0, patience=2.0)
    with Reader(connection, (topic,), options) as reader:
        lone_broker.kill_node()
        began = time.monotonic()
        with pytest.raises(BrokerUnreachable):
            list(reader.batches())
        assert 2 <= time.monotonic() - began < 30
    lone_broker.start_node()


def test_no_broker_is_an_error_within_five_seconds() -> None:
    connection = connect({"bootstrap.servers": "127.0.0.1:9"})
    began = time.monotonic()
    with pytest.raises(BrokerUnreachable) as caught:
        read_all(connection, "t", ReadOptions())
    assert time.monotonic() - began < 5
    assert "127.0.0.1:9" in caught.value.message


def test_a_broker_that_is_silent_is_an_error_within_five_seconds() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        connection = connect({"bootstrap.servers": f"127.0.0.1:{deaf.getsockname()[1]}"})
        began = time.monotonic()
        with pytest.raises(BrokerUnreachable):
            read_all(connection, "t", ReadOptions())
        assert time.monotonic() - began < 5.5


def test_a_group_is_refused_in_a_read_only_context(sandbox) -> None:
    connection = connect(sandbox.client_config, read_only=True)
    with pytest.raises(ChangeRefused), Reader(connection, ("t",), ReadOptions(group="g")):
        pass


def test_one_may_read_a_topic_without_a_right_to_any_group(secure_sandbox) -> None:
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ResourceType,
    )

    topics = Topics(secure_sandbox.client_config)
    allowed, forbidden = topics.make("allowed"), topics.make("forbidden")
    for topic in (allowed, forbidden):
        topics.produce(topic, 3)
    user = secure.new_credentials("reader-of-one")
    secure.add_user(secure_sandbox.spec, user)
    reader_of_one = secure_sandbox.spec.client_config(user)
    acl = AclBinding(
        ResourceType.TOPIC,
        allowed,
        ResourcePatternType.LITERAL,
        "User:reader-of-one",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )
    for future in topics.admin.create_acls([acl]).values():
        future.result(timeout=15)

    def can_read() -> bool:
        try:
            return len(read_all(connect(reader_of_one), allowed, ReadOptions())[0]) == 3
        except Exception:
            return False

    wait_until(can_read, what="the permission is known to the broker")
    records, reader = read_all(connect(reader_of_one), allowed, ReadOptions())
    assert len(records) == 3
    assert not reader.notices
    with pytest.raises(AuthorizationError) as caught:
        read_all(connect(reader_of_one), forbidden, ReadOptions())
    assert forbidden in caught.value.message
    wrong = reader_of_one | {"sasl.password": "wrong"}
    with pytest.raises(AuthenticationFailed):
        read_all(connect(wrong), allowed, ReadOptions())
    topics.remove()


READING = """
import sys
from tests.reading import connect
from flowodm.reader import Reader, ReadOptions
from flowodm.positions import *
mode, bootstrap, topic = sys.argv[1:]
options = {
    "follow": ReadOptions(range=Range(End()), follow=True),
    "unreachable": ReadOptions(timeout=60),
    "group": ReadOptions(group="interrupted-" + topic, follow=True),
}[mode]
print("begun", flush=True)
with Reader(connect({"bootstrap.servers": bootstrap}), (topic,), options) as reader:
    for batch in reader.batches():
        print("batch", flush=True)
"""


@pytest.mark.parametrize("mode", ["follow", "unreachable", "group"])
def test_an_interrupt_ends_a_read_in_under_a_second(mode: str, sandbox, topic: str) -> None:
    bootstrap = "127.0.0.1:9" if mode == "unreachable" else sandbox.bootstrap_servers
    process = subprocess.Popen(
        [sys.executable, "-c", READING, mode, bootstrap, topic],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    if mode != "unreachable":
        assert process.stdout.readline() == "batch\n"
    else:
        time.sleep(0.5)  # into the wait for a broker; nothing tells when that has begun
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    took = time.monotonic() - began
    assert "KeyboardInterrupt" in errors
    assert took < 1
