"""`flowodm topics` on a broker, which creates topics for whoever asks for them by name."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.config import Context, RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.errors import BrokerError, TopicNotFound
from flowodm.groups import read_readers
from flowodm.sandbox import Sandbox, secure
from flowodm.topics import describe_topic, list_topics, read_topics
from tests.conftest import Finished
from tests.integration.consumer_groups import commit, fill, member_of
from tests.integration.terminal import Terminal
from tests.servers import TestServers, wait_until
from tests.topics import create_topics
from tests.unit.cli.test_golden import check

# They share a cluster of three brokers, which takes its time to start.
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("topics")]

Run = Callable[..., Finished]


@pytest.fixture
def kafka(sandbox: TestServers) -> Iterator[KafkaConnection]:
    context = Context(name="t", source="t", bootstrap_servers=sandbox.bootstrap_servers)
    with KafkaConnection(context) as connection:
        yield connection


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
def one_of_three_stopped() -> Iterator[Sandbox]:
    """`spread` has a partition on each of three brokers, `copied` one on all; one is stopped."""
    properties = {"offsets.topic.replication.factor": "3", "offsets.topic.num.partitions": "1"}
    with Sandbox(nodes=3, properties=properties) as sandbox:
        with KafkaConnection(context_of(sandbox)) as connection:
            spread = NewTopic("spread", 3, replica_assignment=[[1], [2], [3]])
            copied = NewTopic(
                *("copied", 1), replica_assignment=[[1, 2, 3]], config={"retention.ms": "604800000"}
            )
            for future in connection.admin().create_topics([spread, copied]).values():
                future.result(30)
            fill(sandbox.client_config, "spread", {0: 1, 1: 1, 2: 1})
            connection.schema_registry().register("spread-value", '"string"')
            connection.schema_registry().register("copied-key", '"long"')
            connection.schema_registry().register("copied-value", '"int"')
            connection.schema_registry().register("copied-value", '"long"')
            commit(sandbox.client_config, "left", "spread", {0: 1, 1: 0})
            sandbox.stop_node(3)
        until = time.monotonic() + 150
        while (said := unsettled(sandbox)) is not None:
            assert time.monotonic() < until, said
            time.sleep(0.1)
        yield sandbox


def unsettled(sandbox: Sandbox) -> str | None:
    """Tell what a new client does not see yet: the broker gone, and its groups led anew."""
    with KafkaConnection(context_of(sandbox)) as connection:
        try:
            (left,) = read_readers(connection, describe_topic(connection, "spread")).groups
        except (BrokerError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        offline = list_topics(connection, "spread")[0].offline
        if left.error is not None:
            return f"group: {left.error.message}"
        return None if offline == 1 else f"{offline} partitions are offline"


def context_of(sandbox: Sandbox) -> Context:
    assert sandbox.registry_url is not None
    return Context(
        name="c",
        source="c",
        bootstrap_servers=sandbox.bootstrap_servers,
        schema_registry=RegistryConfig(url=sandbox.registry_url),
    )


def test_an_offline_partition_is_shown(one_of_three_stopped: Sandbox) -> None:
    with KafkaConnection(context_of(one_of_three_stopped)) as connection:
        reading = read_topics(connection)
        copied, spread = reading.topics
        assert (spread.partitions, spread.replicas, spread.offline) == (3, 1, 1)
        assert (spread.records, spread.written, spread.error) == (2, 2, None)
        assert (copied.replicas, copied.under_replicated, copied.offline) == (3, 1, 0)
        assert reading.exit_code == 0
        detail = describe_topic(connection, "spread")
        offline = [partition for partition in detail.partitions if partition.state == "offline"]
        assert len(offline) == 1
        assert (offline[0].leader, offline[0].start, offline[0].error) == (None, None, "no leader")
        assert [partition.span for partition in detail.partitions if partition.leader] == [1, 1]
        (partition,) = describe_topic(connection, "copied").partitions
        assert (partition.state, len(partition.in_sync)) == ("under-replicated", 2)


@pytest.fixture
def show(one_of_three_stopped: Sandbox, flowodm: Run) -> Run:
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": one_of_three_stopped.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": str(one_of_three_stopped.registry_url),
    }
    return lambda *arguments, **more: flowodm(*arguments, env=environ | more)


@pytest.mark.parametrize("form", ["table", "wide", "json"])
def test_a_cluster_in_trouble_as_it_is_listed(show: Run, form: str) -> None:
    done = show("topics", "list", "-o", form)
    assert (done.exit_code, done.stderr) == (0, "")
    check(f"topics-list-{form}.txt", done.stdout)


@pytest.mark.parametrize("form", ["table", "wide", "json"])
@pytest.mark.parametrize("topic", ["spread", "copied"])
def test_a_topic_in_trouble_as_it_is_described(show: Run, topic: str, form: str) -> None:
    done = show("topics", "describe", topic, "-o", form)
    assert (done.exit_code, done.stderr) == (0, "")
    shown = re.sub(r"(id |_id\": \")[\w-]{22}", r"\1<22 letters>", done.stdout)
    check(f"topics-describe-{topic}-{form}.txt", shown)


def test_all_settings_are_shown_with_their_source(show: Run) -> None:
    lines = show("topics", "describe", "copied", "--all-configs").stdout.splitlines()
    assert "  retention.ms = 604800000 (7 d)  topic" in lines
    assert "  cleanup.policy = delete  default" in lines
    assert any(line.endswith("  static broker") for line in lines)
    document = json.loads(
        show("topics", "describe", "copied", "--all-configs", "-o", "json").stdout
    )
    assert document["config"] == {"retention.ms": "604800000"}
    assert document["all_configs"]["cleanup.policy"] == {"value": "delete", "source": "default"}


def test_a_filter_shows_topics_in_trouble_alone(show: Run) -> None:
    def names(*options: str) -> list[str]:
        return show("topics", "list", "-o", "name", *options).stdout.split()

    assert names("--offline") == ["spread"]
    assert names("--under-replicated") == ["copied", "spread"]
    assert names("copied", "--offline") == []
    assert names("--sort", "records") == ["spread", "copied"]
    assert names("--sort", "config") == ["copied", "spread"]


def test_a_registry_that_is_away_is_told_once_and_the_list_is_shown(show: Run) -> None:
    away = {"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}
    listed = show("topics", "list", **away)
    assert listed.exit_code == 0
    assert [line.split()[-1] for line in listed.stdout.splitlines()[1:]] == ["–", "–"]
    (told,) = listed.stderr.splitlines()
    assert told.startswith("warning: schemas are not known: ")
    described = show("topics", "describe", "copied", **away)
    (told,) = described.stderr.splitlines()
    assert described.exit_code == 0
    assert told.startswith("warning: its schemas are not known: ")


def test_the_list_for_people_and_for_machines(run: Run, make_topic: Callable[..., str]) -> None:
    name = make_topic(partitions=3)
    table = run("topics", "list", name)
    assert table.exit_code == 0, table
    heading, row = table.stdout.splitlines()
    assert heading.split() == ["TOPIC", "PARTITIONS", "REPLICAS", "RECORDS", "STATE", "REMARK"]
    assert row.split() == [name, "3", "1", "0", "ok"]
    assert json.loads(run("topics", "list", name, "-o", "json").stdout) == [
        {
            "name": name,
            "partitions": 3,
            "replicas": 1,
            "records": 0,
            "state": "ok",
            "under_replicated": 0,
            "offline": 0,
            "subjects": None,
            "is_internal": False,
            "config": {},
            "remark": None,
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
        f"{name}  2 partitions, replication 1, 0 records",
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


def test_the_groups_that_read_a_topic_are_shown(
    kafka: KafkaConnection, run: Run, make_topic: Callable[..., str], sandbox: TestServers
) -> None:
    topic, other = make_topic(partitions=2), make_topic()
    config = sandbox.client_config
    fill(config, topic, {0: 3, 1: 3})
    reads, has_read, elsewhere = (f"{word}-{topic}" for word in ("reads", "has-read", "other"))
    commit(config, has_read, topic, {0: 1})
    commit(config, elsewhere, other, {0: 0})
    with member_of(config, reads, topic):
        readers = read_readers(kafka, describe_topic(kafka, topic)).groups
        found = {one.name: one for one in readers if topic in one.name}
        assert sorted(found) == [has_read, reads]
        assert (found[has_read].lag, found[has_read].uncommitted) == (2, 1)
        assert [one.member is not None for one in found[reads].partitions] == [True, True]
        document = json.loads(run("topics", "describe", topic, "-o", "json").stdout)
        assert [one for one in document["groups"] if topic in one["group"]] == [
            {
                "group": has_read,
                "state": "empty",
                "members": 0,
                "lag": 2,
                "remark": "no commit in 1 of 2",
            },
            {
                "group": reads,
                "state": "stable",
                "members": 1,
                "lag": None,
                "remark": "no commit in 2 of 2",
            },
        ]


def test_topics_that_come_and_go_while_they_are_looked_at_are_no_crash(
    kafka: KafkaConnection, sandbox: TestServers
) -> None:
    admin, mark, done = AdminClient(dict(sandbox.client_config)), uuid.uuid4().hex[:8], []

    def come_and_go() -> None:
        for number in range(6):
            names = [f"gone-{mark}-{number}-{one}" for one in range(4)]
            for future in admin.create_topics([NewTopic(name, 5, 1) for name in names]).values():
                future.result(30)
            for future in admin.delete_topics(names).values():
                future.result(30)
        done.append(True)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        while not done:
            reading = read_topics(kafka, (f"gone-{mark}-*",), with_config=True)
            assert [one.error for one in reading.topics if one.error is not None] == []
            for one in reading.topics[:1]:
                try:
                    read_readers(kafka, describe_topic(kafka, one.name))
                except TopicNotFound:
                    continue
    finally:
        thread.join()


def test_a_topic_that_may_not_be_seen_is_shown_as_such_and_the_rest_listed(
    secure_sandbox: TestServers, flowodm: Run
) -> None:
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        ResourcePatternType,
        ResourceType,
    )

    mark, spec = uuid.uuid4().hex[:8], secure_sandbox.spec
    assert spec is not None
    seen, bare, shut = f"seen-{mark}", f"bare-{mark}", f"shut-{mark}"
    create_topics(
        AdminClient(dict(secure_sandbox.client_config)),
        *(NewTopic(name, 2, 1, config={"retention.ms": "1000"}) for name in (seen, bare, shut)),
    )
    user = secure.new_credentials(f"user-{mark}")
    secure.add_user(spec, user)
    allowed = [
        (seen, AclOperation.DESCRIBE),
        (seen, AclOperation.DESCRIBE_CONFIGS),
        (bare, AclOperation.DESCRIBE),
    ]
    secure.allow(
        spec,
        [
            AclBinding(
                *(ResourceType.TOPIC, name, ResourcePatternType.LITERAL),
                *(f"User:{user.username}", "*", operation, AclPermissionType.ALLOW),
            )
            for name, operation in allowed
        ],
    )
    config = spec.client_config(user)
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": secure_sandbox.bootstrap_servers,
        "KAFKA_SECURITY_PROTOCOL": config["security.protocol"],
        "KAFKA_SASL_MECHANISM": config["sasl.mechanism"],
        "KAFKA_SASL_USERNAME": user.username,
        "KAFKA_SASL_PASSWORD": config["sasl.password"],
    }
    ca = f"ssl.ca.location={config['ssl.ca.location']}"

    def show(*words: str) -> Finished:
        return flowodm("topics", *words, "--set", ca, env=environ)

    def rows() -> dict[str, Any]:
        listed = show("list", seen, bare, shut, "no-such-*", "-o", "json")
        assert listed.exit_code in (0, 4), listed
        return {one["name"]: one for one in json.loads(listed.stdout)}

    wait_until(lambda: {seen, bare} <= rows().keys(), seconds=30, what="the permissions")
    done = show("list", seen, bare, shut, "-o", "wide")
    assert done.exit_code == 4
    found = rows()
    assert (found[seen]["records"], found[seen]["config"]) == (0, {"retention.ms": "1000"})
    assert (found[bare]["records"], found[bare]["config"]) == (0, None)
    assert found[bare]["remark"] == f"not allowed to see the settings of topic `{bare}`"
    assert (found[shut]["state"], found[shut]["partitions"]) == ("hidden", None)
    assert found[shut]["remark"] == f"not allowed to describe topic `{shut}`"
    assert show("list", seen).exit_code == 0
    assert show("list", f"*-{mark}", "-o", "name").stdout.split() == [bare, seen]
    described = show("describe", bare)
    assert described.exit_code == 4
    assert "warning: its settings may not be seen by this user" in described.stderr
    assert show("describe", shut).exit_code == 4


def test_a_watched_list_off_a_terminal_is_a_line_of_json_for_each_look(
    sandbox: TestServers, clean_environment: dict[str, str], make_topic: Callable[..., str]
) -> None:
    topic = make_topic(partitions=2)
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
    words = ["topics", "list", topic, "--watch", "--every", "200ms"]
    with subprocess.Popen(
        [sys.executable, "-m", "flowodm", *words], env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = later = json.loads(process.stdout.readline())
        fill(sandbox.client_config, topic, {0: 30, 1: 20})
        while later["records"] < 50:
            later = json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.wait(20) == 0
    assert (first["name"], first["records"], first["rate"]) == (topic, 0, None)
    assert later["rate"] > 0


def test_a_watched_list_on_a_terminal_is_drawn_in_place(
    sandbox: TestServers, clean_environment: dict[str, str], tmp_path: Path, topic: str
) -> None:
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
    shown = Terminal(["topics", "list", topic, "--watch", "--every", "200ms"], environ, tmp_path)
    try:
        shown.wait_for("RATE")
        fill(sandbox.client_config, topic, {0: 1234})
        shown.wait_for("1,234")
        shown.process.send_signal(signal.SIGINT)
        assert shown.end() == 130
        assert "\x1b[2A" in shown.seen  # back up to where it begins
    finally:
        shown.close()


def test_a_broker_that_goes_away_while_it_is_watched_is_told_once(
    clean_environment: dict[str, str],
) -> None:
    with Sandbox(registry=False) as sandbox:
        create_topics(AdminClient(dict(sandbox.client_config)), NewTopic("kept", 1, 1))
        environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
        words = ["topics", "list", "--watch", "--every", "100ms"]
        with subprocess.Popen(
            [sys.executable, "-m", "flowodm", *words],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            seen: list[str] = []
            reading = threading.Thread(
                target=lambda: seen.extend(iter(process.stdout.readline, ""))
            )
            reading.start()
            wait_until(lambda: seen, seconds=30, what="a first look")
            sandbox.stop_node(1)
            told = process.stderr.readline()
            assert told.startswith("warning: ")
            assert told.endswith("; looking again every 0.1 s\n")
            sandbox.start_node(1)
            before = len(seen)
            wait_until(lambda: len(seen) > before, seconds=60, what="a look after the outage")
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130, process.stderr.read()
            reading.join()
            assert process.stderr.read() == ""
    assert {json.loads(line)["name"] for line in seen} == {"kept"}


def test_only_a_watched_list_knows_a_rate(run: Run) -> None:
    done = run("topics", "list", "--sort", "rate")
    assert (done.exit_code, done.stdout) == (2, "")


def test_the_questions_do_not_grow_with_the_partitions(
    sandbox: TestServers, run: Run, make_topic: Callable[..., str]
) -> None:
    few, many = make_topic(partitions=3), make_topic(partitions=200)
    for topic, count in ((few, 3), (many, 200)):
        commit(sandbox.client_config, f"group-of-{topic}", topic, dict.fromkeys(range(count), 0))

    def sent(*words: str) -> Counter[str]:
        done = run(*words, "--set", "debug=protocol", "-vv")
        assert done.exit_code == 0, done
        return Counter(re.findall(r"Sent (\w+)Request", done.stderr))

    for words in (("topics", "list"), ("topics", "list", "-o", "json"), ("topics", "describe")):
        for _ in range(5):  # other tests make groups meanwhile, each asked for its offsets
            of_few, of_many = (sent(*words, topic) for topic in (few, many))
            if of_few["OffsetFetch"] == of_many["OffsetFetch"]:
                break
        assert of_few["ListOffsets"] == of_many["ListOffsets"] == 2
        assert of_few["DescribeConfigs"] == of_many["DescribeConfigs"] <= 1
        assert of_few["OffsetFetch"] == of_many["OffsetFetch"]
        assert of_many["Metadata"] <= 10
        assert of_many["Fetch"] == 0
    described = sent("groups", "describe", f"group-of-{many}")
    assert (described["ListOffsets"], described["OffsetFetch"]) == (2, 2)


def test_the_subjects_of_all_topics_are_one_request(
    kafka: KafkaConnection, topic: str, make_topic: Callable[..., str]
) -> None:
    asked: list[str] = []
    other = make_topic()

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps([f"{topic}-value", f"{other}-key", "elsewhere"]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            context = Context(
                name="r",
                source="r",
                bootstrap_servers=kafka.context.bootstrap_servers,
                schema_registry=RegistryConfig(url=f"http://127.0.0.1:{server.server_port}"),
            )
            with KafkaConnection(context) as connection:
                found = {one.name: one.subjects for one in read_topics(connection).topics}
        finally:
            server.shutdown()
            thread.join()
    assert (found[topic], found[other]) == ((f"{topic}-value",), (f"{other}-key",))
    assert len(asked) == 1
