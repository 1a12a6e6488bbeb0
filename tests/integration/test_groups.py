"""`flowodm groups list`, `describe` and `lag` on a broker; nothing that reads creates anything."""

import json
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.errors import AuthorizationError, GroupNotFound
from flowodm.groups import lags_of, read_group, read_groups
from flowodm.sandbox import Sandbox, secure
from tests.conftest import Finished
from tests.integration.consumer_groups import commit, fill, member_of
from tests.integration.terminal import Terminal
from tests.integration.transcripts import transcript
from tests.servers import TestServers, wait_until
from tests.topics import create_topics
from tests.unit.cli.test_golden import check

# Some share a cluster of three brokers, which takes its time to start.
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("groups")]

Run = Callable[..., Finished]
MakeTopic = Callable[..., str]


@pytest.fixture
def kafka(sandbox: TestServers) -> Iterator[KafkaConnection]:
    context = Context(name="t", source="t", bootstrap_servers=sandbox.bootstrap_servers)
    with KafkaConnection(context) as connection:
        yield connection


@pytest.fixture
def group(admin: AdminClient) -> Iterator[str]:
    """A name for a group, which is deleted afterwards."""
    name = f"group-{uuid.uuid4().hex[:12]}"
    yield name
    asked = admin.delete_consumer_groups([name])[name]
    asked.exception(timeout=15)  # most tests leave one, and some do not


@pytest.fixture
def config(sandbox: TestServers) -> dict[str, str]:
    return sandbox.client_config


def test_a_group_without_members_has_its_commits_and_its_lag(
    kafka: KafkaConnection, make_topic: MakeTopic, group: str, config: dict[str, str]
) -> None:
    topic = make_topic(partitions=3)
    before = time.time()
    fill(config, topic, {0: 10, 1: 10, 2: 10})
    commit(config, group, topic, {0: 4, 1: 10})
    found = read_group(kafka, group)
    assert (found.state, found.protocol, found.members, found.lag) == ("empty", "classic", (), 6)
    assert found.coordinator is not None
    first, second, third = found.partitions
    assert (first.committed, first.start, first.end, first.lag) == (4, 0, 10, 6)
    assert first.unread_since is not None
    assert before - 1 <= first.unread_since.timestamp() <= time.time() + 1
    assert (second.lag, second.unread_since) == (0, None)
    assert (third.committed, third.lag, third.remark) == (None, None, "no commit")


def test_lag_in_time_is_that_of_the_first_unread_record(
    kafka: KafkaConnection, topic: str, group: str, config: dict[str, str]
) -> None:
    now = int(time.time())
    for age in (3600, 60, 0):
        fill(config, topic, {0: 1}, timestamp=(now - age) * 1000)
    commit(config, group, topic, {0: 1})
    (found,) = read_group(kafka, group).partitions
    assert found.unread_since is not None
    assert found.unread_since.timestamp() == now - 60


def test_each_of_many_groups_has_its_own_age_in_one_partition(
    kafka: KafkaConnection, topic: str, config: dict[str, str], admin: AdminClient
) -> None:
    now = int(time.time())
    for age in range(10, 0, -1):
        fill(config, topic, {0: 1}, timestamp=(now - age) * 1000)
    names = [f"age-{topic}-{number}" for number in range(5)]
    for number, name in enumerate(names):
        commit(config, name, topic, {0: number})
    try:
        found = read_groups(kafka, names, with_ages=True).groups
        ages = [line.unread_since for line in lags_of(found)]
        assert [now - one.timestamp() for one in ages if one] == [10, 9, 8, 7, 6]
    finally:
        for future in admin.delete_consumer_groups(names).values():
            future.result(15)


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_members_are_shown_with_what_they_were_given(
    kafka: KafkaConnection,
    make_topic: MakeTopic,
    group: str,
    config: dict[str, str],
    protocol: str,
) -> None:
    topic = make_topic(partitions=2)
    with member_of(config, group, topic, protocol=protocol):
        found = read_group(kafka, group)
        assert (found.state, found.protocol, found.is_active) == ("stable", protocol, True)
        (member,) = found.members
        assert (member.client_id, member.host) == (f"client-of-{group}", "127.0.0.1")
        assert [one.number for one in member.assignment] == [0, 1]
        assert [one.member for one in found.partitions] == [member, member]
        assert [one.remark for one in found.partitions] == ["no commit", "no commit"]
    left = read_groups(kafka, (group,)).groups
    assert [one.members for one in left] == [()]


def test_a_commit_below_the_start_and_one_past_the_end_are_told(
    kafka: KafkaConnection, make_topic: MakeTopic, group: str, config: dict[str, str]
) -> None:
    topic = make_topic(partitions=2)
    fill(config, topic, {0: 10, 1: 10})
    for future in kafka.admin().delete_records([TopicPartition(topic, 0, 6)]).values():
        future.result(30)
    commit(config, group, topic, {0: 2, 1: 15})
    below, past = read_group(kafka, group).partitions
    assert (below.lag, below.lost, below.remark) == (4, 4, "4 offsets gone unread")
    assert below.unread_since is not None
    assert (past.lag, past.remark) == (0, "committed 5 past the end")


def test_only_marks_of_transactions_unread_are_nothing_in_time(
    kafka: KafkaConnection, topic: str, group: str, config: dict[str, str]
) -> None:
    from confluent_kafka import Producer

    producer = Producer({**config, "transactional.id": f"of-{topic}"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, value=b"x", partition=0)
    producer.commit_transaction(30)
    commit(config, group, topic, {0: 1})
    (found,) = read_group(kafka, group).partitions
    assert (found.lag, found.unread_since) == (1, None)


def test_a_topic_that_is_gone_is_told_and_the_rest_is_shown(
    run: Run, make_topic: MakeTopic, group: str, config: dict[str, str], admin: AdminClient
) -> None:
    kept, gone = make_topic(), make_topic()
    commit(config, group, kept, {0: 0})
    commit(config, group, gone, {0: 0})
    for future in admin.delete_topics([gone], operation_timeout=10).values():
        future.result(15)

    def shown() -> Finished:
        return run("groups", "describe", group, "-o", "json")

    # Kafka takes the commits of a deleted topic away as well, a moment later
    rows = {one["topic"]: one for one in json.loads(shown().stdout)["partitions"]}
    assert rows[kept]["lag"] == 0
    if gone in rows:
        assert rows[gone]["remark"] == f"topic `{gone}` is gone"
    wait_until(lambda: shown().exit_code == 0, seconds=30, what="the commits are gone too")


@pytest.mark.parametrize("name", ["no-such-group", "\x1b[2J", "x" * 249, "ä b"])
def test_a_group_that_is_not_there_is_not_found(kafka: KafkaConnection, name: str) -> None:
    with pytest.raises(GroupNotFound, match="does not exist on"):
        read_group(kafka, name)


def test_a_slip_in_a_name_gets_a_suggestion(
    run: Run, topic: str, group: str, config: dict[str, str]
) -> None:
    commit(config, group, topic, {0: 0})
    for words in (("describe",), ("lag",), ("delete", "--yes")):
        done = run("groups", words[0], group[:-1], *words[1:])
        assert (done.exit_code, done.stdout) == (1, "")
        first, second = done.stderr.splitlines()
        assert first.startswith(f"error: group `{group[:-1]}` does not exist on ")
        assert second == f"  did you mean `{group}`?  (flowodm groups list)"


def test_reading_creates_nothing_on_a_broker_that_creates_what_it_is_asked_for() -> None:
    """Not even Kafka's own topic of offsets, which is made for who asks for a coordinator."""
    with Sandbox(registry=False, properties={"auto.create.topics.enable": "true"}) as sandbox:
        context = Context(name="c", source="c", bootstrap_servers=sandbox.bootstrap_servers)
        with KafkaConnection(context) as connection:
            assert read_groups(connection, with_ages=True).groups == ()
            with pytest.raises(GroupNotFound):
                read_group(connection, "no-such-group")
            assert list(connection.metadata().topics) == []


def test_the_list_for_people_and_for_machines(
    run: Run, make_topic: MakeTopic, group: str, config: dict[str, str]
) -> None:
    topic = make_topic(partitions=2)
    fill(config, topic, {0: 5})
    commit(config, group, topic, {0: 2})
    table = run("groups", "list", group)
    assert table.exit_code == 0, table
    heading, row = table.stdout.splitlines()
    assert heading.split() == ["GROUP", "STATE", "PROTOCOL", "MEMBERS", "LAG", "REMARK"]
    assert row.split(maxsplit=5) == [group, "empty", "classic", "0", "3", "no commit in 1 of 2"]
    assert json.loads(run("groups", "list", group, "-o", "json").stdout) == [
        {
            "name": group,
            "state": "empty",
            "protocol": "classic",
            "members": 0,
            "lag": 3,
            "topics": [topic],
            "assignor": None,
            "coordinator": 1,
            "remark": "no commit in 1 of 2",
        }
    ]
    assert run("groups", "list", group, "-o", "name").stdout == f"{group}\n"


def test_lag_ends_with_3_over_a_limit(
    run: Run, topic: str, group: str, config: dict[str, str]
) -> None:
    fill(config, topic, {0: 5}, timestamp=(int(time.time()) - 600) * 1000)
    commit(config, group, topic, {0: 2})
    assert run("groups", "lag", group).exit_code == 0
    assert run("groups", "lag", group, "--max-lag", "3", "--max-age", "1h").exit_code == 0
    over = run("groups", "lag", group, "--max-lag", "2", "-o", "json")
    assert over.exit_code == 3
    (row,) = json.loads(over.stdout)
    assert (row["lag"], row["topic"], row["breach"]) == (3, topic, "lag 3 is over 2")
    assert 600 <= row["lag_seconds"] < 700
    late = run("groups", "lag", group, "--max-age", "5m")
    assert late.exit_code == 3
    assert f"over  {group} in {topic}: 60" in late.stderr


def test_watched_lag_off_a_terminal_is_a_line_of_json_for_each_look(
    sandbox: TestServers,
    clean_environment: dict[str, str],
    topic: str,
    group: str,
    config: dict[str, str],
) -> None:
    fill(config, topic, {0: 100})
    commit(config, group, topic, {0: 0})
    words = ["groups", "lag", group, "--watch", "--every", "200ms"]
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
    with subprocess.Popen(
        [sys.executable, "-m", "flowodm", *words], env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        commit(config, group, topic, {0: 50})
        later = first
        while later["lag"] == 100:
            later = json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.wait(20) == 0
    assert (first["group"], first["lag"], first["rate"], first["done_in"]) == (
        group,
        100,
        None,
        None,
    )
    assert later["lag"] == 50
    assert later["rate"] > 0
    assert later["done_in"] > 0


def test_watched_lag_on_a_terminal_is_drawn_in_place(
    sandbox: TestServers,
    clean_environment: dict[str, str],
    tmp_path: Path,
    topic: str,
    group: str,
    config: dict[str, str],
) -> None:
    fill(config, topic, {0: 10})
    commit(config, group, topic, {0: 3})
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
    words = ["groups", "lag", group, "--watch", "--every", "200ms"]
    shown = Terminal(words, environ, tmp_path)
    try:
        shown.wait_for("DONE IN")
        shown.wait_for(" 7 ")
        commit(config, group, topic, {0: 8})
        shown.wait_for(" 2 ")
        shown.process.send_signal(signal.SIGINT)
        assert shown.end() == 130
        assert "\x1b[3A" in shown.seen or "\x1b[2A" in shown.seen  # back up to where it begins
    finally:
        shown.close()


def test_a_watched_group_off_a_terminal_is_a_line_of_json_for_each_look(
    sandbox: TestServers,
    clean_environment: dict[str, str],
    make_topic: MakeTopic,
    group: str,
    config: dict[str, str],
) -> None:
    topic = make_topic(partitions=2)
    fill(config, topic, {0: 100})
    commit(config, group, topic, {0: 0, 1: 0})
    words = ["groups", "describe", group, "--watch", "--every", "200ms"]
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
    with subprocess.Popen(
        [sys.executable, "-m", "flowodm", *words], env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = later = json.loads(process.stdout.readline())
        commit(config, group, topic, {0: 50})
        while later["lag"] == 100:
            later = json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.wait(20) == 0
    assert (first["name"], first["lag"], first["rate"], first["done_in"]) == (
        *(group, 100, None, None),
    )
    moving, still = later["partitions"]
    assert (moving["lag"], still["lag"], still["rate"]) == (50, 0, 0)
    for one in (later, moving):
        assert one["rate"] > 0
        assert one["done_in"] > 0


def test_a_watched_group_on_a_terminal_is_drawn_in_place(
    sandbox: TestServers,
    clean_environment: dict[str, str],
    tmp_path: Path,
    topic: str,
    group: str,
    config: dict[str, str],
) -> None:
    fill(config, topic, {0: 1000})
    commit(config, group, topic, {0: 3})
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
    words = ["groups", "describe", group, "--watch", "--every", "200ms"]
    shown = Terminal(words, environ, tmp_path)
    try:
        shown.wait_for("lag 997")
        shown.wait_for("no members")
        commit(config, group, topic, {0: 8})
        shown.wait_for("lag 992")
        shown.wait_for("/s ▼")
        shown.wait_for("done in ")
        shown.process.send_signal(signal.SIGINT)
        assert shown.end() == 130
    finally:
        shown.close()


def test_watching_as_one_document_is_refused(run: Run) -> None:
    done = run("groups", "lag", "--watch", "-o", "json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot be watched" in done.stderr


def test_completion_offers_the_groups(
    sandbox: TestServers, flowodm: Run, topic: str, group: str, config: dict[str, str]
) -> None:
    commit(config, group, topic, {0: 0})
    environ = {
        "_FLOWODM_COMPLETE": "bash",
        "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
    }

    def found() -> list[str]:
        done = flowodm("groups", "describe", group[:-2], env=environ)
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    # a busy machine may not start a process in time; the next one will
    wait_until(lambda: found() == [group], seconds=30)


def test_what_a_user_may_not_see_is_shown_as_such_and_the_rest_listed(
    secure_sandbox: TestServers,
) -> None:
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        NewTopic,
        ResourcePatternType,
        ResourceType,
    )

    admin_config = secure_sandbox.client_config
    admin = AdminClient(dict(admin_config))
    mark = uuid.uuid4().hex[:8]
    open_topic, shut_topic = f"open-{mark}", f"shut-{mark}"
    mine, denied = f"mine-{mark}", f"denied-{mark}"
    create_topics(admin, NewTopic(open_topic, 1, 1), NewTopic(shut_topic, 1, 1))
    user = secure.new_credentials(f"user-{mark}")
    secure.add_user(secure_sandbox.spec, user)
    allowed = [
        (ResourceType.BROKER, "kafka-cluster", AclOperation.DESCRIBE),
        (ResourceType.GROUP, mine, AclOperation.DESCRIBE),
        (ResourceType.TOPIC, open_topic, AclOperation.READ),
    ]
    bindings = [
        AclBinding(
            kind,
            name,
            ResourcePatternType.LITERAL,
            f"User:{user.username}",
            "*",
            operation,
            AclPermissionType.ALLOW,
        )
        for kind, name, operation in allowed
    ]
    for future in admin.create_acls(bindings).values():
        future.result(15)
    fill(admin_config, open_topic, {0: 3})
    for name in (mine, denied):
        commit(admin_config, name, open_topic, {0: 1})
    kafka = dict(secure_sandbox.spec.client_config(user))
    del kafka["bootstrap.servers"]
    context = Context(
        name="s", source="s", bootstrap_servers=secure_sandbox.bootstrap_servers, kafka=kafka
    )
    with (
        member_of(admin_config, mine, shut_topic),
        KafkaConnection(context) as connection,
    ):
        wait_until(
            lambda: {mine, denied} <= {one.name for one in read_groups(connection).groups},
            what="the permissions have come through",
        )
        reading = read_groups(connection, pattern=f"*-{mark}", with_ages=True)
        found = {one.name: one for one in reading.groups}
        error = found[denied].error
        assert isinstance(error, AuthorizationError)
        assert error.message == f"not allowed to describe group `{denied}`"
        assert found[mine].error is None
        rows = {one.partition.topic: one for one in found[mine].partitions}
        assert (rows[open_topic].lag, rows[shut_topic].lag) == (2, None)
        assert rows[shut_topic].remark == f"not allowed to read topic `{shut_topic}`"
        assert reading.exit_code == 4
        with pytest.raises(AuthorizationError, match="not allowed to describe group"):
            read_group(connection, denied)


def test_a_thousand_partitions_are_a_few_questions(
    run: Run, kafka: KafkaConnection, make_topic: MakeTopic, group: str, config: dict[str, str]
) -> None:
    topic = make_topic(partitions=1000)
    commit(config, group, topic, dict.fromkeys(range(1000), 0))
    wait_until(  # a broker leads the partitions of a new topic one after the other
        lambda: not read_groups(kafka, (group,)).errors, seconds=30, what="leaders"
    )
    done = run("groups", "lag", group, "--set", "debug=protocol", "-vv", "-o", "json")
    (row,) = json.loads(done.stdout)
    assert (row["partitions"], row["lag"], row["remark"]) == (1000, 0, None)
    sent = Counter(re.findall(r"Sent (\w+)Request", done.stderr))
    assert sent["ListOffsets"] == 2
    assert sent["DescribeGroups"] == sent["ListGroups"] == 1
    assert sent["OffsetFetch"] == 2  # the first tells that the coordinator is there
    assert sent["Fetch"] == 0  # nothing is unread


@pytest.fixture(scope="module")
def one_of_three_stopped() -> Iterator[tuple[KafkaConnection, dict[str, str]]]:
    """Groups `left` and `other`; `spread` has a partition on each of three brokers."""
    from confluent_kafka.admin import NewTopic

    properties = {"offsets.topic.replication.factor": "3", "offsets.topic.num.partitions": "3"}
    with Sandbox(nodes=3, registry=False, properties=properties) as sandbox:
        context = Context(name="c", source="c", bootstrap_servers=sandbox.bootstrap_servers)
        with KafkaConnection(context) as connection:
            spread = NewTopic("spread", 3, replica_assignment=[[1], [2], [3]])
            for future in connection.admin().create_topics([spread]).values():
                future.result(30)
            old = int(time.time() - 10.5 * 86_400) * 1000
            fill(sandbox.client_config, "spread", {0: 5, 1: 5, 2: 5}, timestamp=old)
            commit(sandbox.client_config, "left", "spread", {0: 1, 1: 1, 2: 1})
            sandbox.stop_node(3)
            yield connection, sandbox.client_config


def test_an_offline_partition_is_told_and_the_rest_is_shown(
    one_of_three_stopped: tuple[KafkaConnection, dict[str, str]],
    clean_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    connection, config = one_of_three_stopped

    def errors() -> list[str]:
        try:
            reading = read_groups(connection, ("left",), with_ages=True)
        except Exception:  # the group moves to another coordinator meanwhile
            return []
        return [error.message for error in reading.errors]

    wait_until(lambda: errors() == ["no leader"], seconds=150, what="the broker is gone")
    reading = read_groups(connection, ("left",), with_ages=True)
    (group,) = reading.groups
    assert [one.lag for one in group.partitions] == [4, 4, None]
    assert [one.unread_since is not None for one in group.partitions] == [True, True, False]
    assert reading.exit_code == 1
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": config["bootstrap.servers"]}
    check("one-of-three-down.txt", transcript(_LOOKS, tmp_path, environ, {}))


_LOOKS = (
    "groups list left",
    "groups describe left",
    "groups lag left",
    "groups lag left -o json",
    "groups reset left --topic spread --to start",
    "groups reset left --topic spread --to start -p 0,1",
    "topics purge spread --to end --dry-run",
    "topics purge spread --to end -p 0,1 --dry-run",
    "topics alter spread --partitions 4 --dry-run",
    "doctor",
    "doctor -o json",
)


def test_a_dead_cluster_is_one_error(flowodm: Run) -> None:
    for words in (
        ("list",),
        ("describe", "g"),
        ("lag",),
        ("reset", "g", "--topic", "t", "--to", "end", "--execute", "--yes"),
        ("delete", "g", "--yes"),
    ):
        began = time.monotonic()
        done = flowodm("groups", *words, env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("error: cannot reach a broker at 127.0.0.1:1 (")
        assert time.monotonic() - began < 10
