"""A group and its cluster: partitions that move, members that are slow, what is refused."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Message, Producer

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.errors import (
    AuthorizationError,
    BrokerError,
    BrokerUnreachable,
    ChangeRefused,
    SettingsError,
    TopicNotFound,
    UsageError,
)
from flowodm.sandbox import secure
from flowodm.settings import BaseSettings
from flowodm.subscription import Subscription, consumer_config
from tests.reading import connect
from tests.servers import wait_until
from tests.topics import create_topics

pytestmark = pytest.mark.integration


@pytest.fixture
def connection(sandbox) -> Iterator[KafkaConnection]:
    with connect(sandbox.client_config) as made:
        yield made


@pytest.fixture
def other(sandbox) -> Iterator[KafkaConnection]:
    with connect(sandbox.client_config) as made:
        yield made


@pytest.fixture
def group() -> str:
    return f"group-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def fill(kafka: str) -> Callable[..., None]:
    def write(topic: str, count: int, partitions: int = 1, begin: int = 0) -> None:
        producer = Producer({"bootstrap.servers": kafka, "enable.idempotence": True})
        for number in range(begin, begin + count):
            producer.produce(topic, b"%d" % number, partition=number % partitions)
        assert producer.flush(20) == 0

    return write


@pytest.fixture
def committed(admin) -> Callable[[str], dict[int, int]]:
    def find(group: str) -> dict[int, int]:
        (answer,) = admin.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(group)]
        ).values()
        return {one.partition: one.offset for one in answer.result(timeout=15).topic_partitions}

    return find


def subscribe(
    connection: KafkaConnection, topic: str, group: str, **settings: Any
) -> Subscription[int]:
    profile = settings.pop("profile", None) or BaseSettings(**settings)
    return Subscription(connection, topic, group, decode=number_of, settings=profile)


def number_of(message: Message) -> int:
    return int(message.value() or b"-1")


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_what_is_done_does_not_come_again_when_members_come_and_go(
    connection, other, make_topic, fill, committed, group: str, protocol: str
) -> None:
    topic = make_topic(partitions=4)
    fill(topic, 2_000, partitions=4)
    seen: list[tuple[str, int]] = []
    is_over = threading.Event()

    def work(name: str, subscription: Subscription[int]) -> None:
        with subscription.consume_iter(0.2, stop_when_idle=False) as records:
            for number in records:
                seen.append((name, number))
                time.sleep(0.001)
                if is_over.is_set():
                    break

    def run(name: str, on: KafkaConnection) -> threading.Thread:
        source = subscribe(on, topic, group, group_protocol=protocol)
        thread = threading.Thread(target=work, args=(name, source))
        thread.start()
        return thread

    first = run("first", connection)
    wait_until(lambda: len(seen) > 100, seconds=30)
    second = run("second", other)
    wait_until(lambda: {number for _, number in seen} >= set(range(2_000)), seconds=60)
    is_over.set()
    fill(topic, 40, partitions=4, begin=2_000)  # so that both hear of the end
    first.join(30)
    second.join(30)
    assert not first.is_alive()
    assert not second.is_alive()
    numbers = [number for _, number in seen]
    assert {name for name, _ in seen} == {"first", "second"}
    assert len(numbers) == len(set(numbers))
    connection.close()
    other.close()
    done = committed(group)
    below = {number for number in range(2_040) if number // 4 < done[number % 4]}
    assert below == set(numbers)


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_a_member_without_a_partition_waits_no_longer_than_its_timeout(
    connection, other, topic: str, fill, group: str, protocol: str
) -> None:
    fill(topic, 3)
    source = subscribe(connection, topic, group, group_protocol=protocol)
    assert source.consume_one(10) == 0
    is_over, polled = threading.Event(), []

    def keep_polling() -> None:
        while not is_over.is_set():
            polled.append(source.consume_one(0.1))

    poller = threading.Thread(target=keep_polling)
    poller.start()
    idle = subscribe(other, topic, group, group_protocol=protocol)
    begun = time.monotonic()
    assert idle.consume_one(0.2) is None
    assert time.monotonic() - begun < 20
    begun = time.monotonic()
    assert idle.consume_one(0.2) is None
    assert time.monotonic() - begun < 5
    is_over.set()
    poller.join()


def test_a_body_slower_than_the_group_allows_gets_its_record_again_and_goes_on(
    connection, other, topic: str, fill, committed, group: str, caplog
) -> None:
    fill(topic, 3)
    impatient = {
        "session_timeout_ms": 6_000,
        "heartbeat_interval_ms": 1_500,
        "max_poll_interval_ms": 6_000,
    }
    source = subscribe(connection, topic, group, **impatient)
    seen = []
    with source.consume_iter() as records:
        for number in records:
            seen.append(number)
            if seen == [0, 1]:
                other_source = subscribe(other, topic, group)
                assert other_source.consume_one(60) == 1  # as soon as we are out
                other_source.close()  # and does not finish it
            if number == 2:
                break
    assert seen == [0, 1, 1, 2]
    assert "max.poll.interval.ms" in caplog.text
    source.close()
    assert committed(group) == {0: 3}


def test_records_wait_for_the_registry_without_filling_the_memory(
    connection, topic: str, fill, group: str
) -> None:
    from flowodm.errors import RegistryUnreachable

    is_out = True

    def decode(message: Message) -> int:
        if is_out:
            raise RegistryUnreachable("out")
        return number_of(message)

    fill(topic, 2_000)
    source = Subscription(
        connection, topic, group, decode=decode, settings=BaseSettings(max_poll_records=10)
    )
    source.shelf.due = 0.0
    for _ in range(300):
        with pytest.raises(RegistryUnreachable):
            source.consume_one(10)
        source.shelf.due = 0.0  # as if a fifth of a second had passed
    assert len(source.shelf) <= 10 + 100 + 2
    is_out = False
    assert [source.consume_one(10) for _ in range(2_000)] == list(range(2_000))


def test_a_topic_that_is_deleted_while_it_is_read_is_named(
    connection, make_topic, fill, admin, group: str
) -> None:
    topic = make_topic()
    fill(topic, 1)
    source = subscribe(
        connection, topic, group, extra_config={"topic.metadata.refresh.interval.ms": 500}
    )
    assert source.consume_one(10) == 0
    admin.delete_topics([topic], operation_timeout=10)[topic].result(timeout=15)

    def is_named() -> bool:
        try:
            source.consume_one(0.5)
        except TopicNotFound as error:
            return topic in error.message
        return False

    wait_until(is_named, seconds=60)
    with pytest.raises(TopicNotFound, match=topic):
        source.consume_one(0.5)


def test_a_group_without_offsets_may_be_refused_to_begin(
    connection, topic: str, fill, group: str
) -> None:
    fill(topic, 3)
    strict = subscribe(connection, topic, group, auto_offset_reset="error")
    for _ in range(2):
        with pytest.raises(BrokerError, match=r"no offset .* `auto.offset.reset` is error"):
            strict.consume_one(10)


def test_no_broker_is_said_within_five_seconds_with_the_cause(group: str) -> None:
    with connect({"bootstrap.servers": "127.0.0.1:9"}) as connection:
        for _ in range(2):
            begun = time.monotonic()
            with pytest.raises(BrokerUnreachable, match="connection refused"):
                subscribe(connection, "t", group).consume_one(1)
            assert time.monotonic() - begun < 6


def test_a_read_only_context_refuses_to_join_a_group(sandbox, topic: str, group: str) -> None:
    with (
        connect(sandbox.client_config, read_only=True) as connection,
        pytest.raises(ChangeRefused, match="`consume` was not tried"),
    ):
        subscribe(connection, topic, group).consume_one()


def test_permission_to_read_the_topic_and_the_group_is_needed(
    secure_sandbox, group: str, request
) -> None:
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        AdminClient,
        NewTopic,
        ResourcePatternType,
        ResourceType,
    )

    admin = AdminClient(dict(secure_sandbox.client_config))
    topic = f"secured-{uuid.uuid4().hex[:8]}"
    create_topics(admin, NewTopic(topic, 1, 1))
    user = secure.new_credentials(f"member-{uuid.uuid4().hex[:8]}")
    secure.add_user(secure_sandbox.spec, user)

    def allow(kind: ResourceType, name: str) -> None:
        acl = AclBinding(
            kind,
            name,
            ResourcePatternType.LITERAL,
            f"User:{user.username}",
            "*",
            AclOperation.READ,
            AclPermissionType.ALLOW,
        )
        for future in admin.create_acls([acl]).values():
            future.result(timeout=15)

    def says(text: str | None) -> bool:
        try:
            subscribe(connection, topic, group).consume_one(0.1)
        except AuthorizationError as error:
            return text is not None and text in error.message
        return text is None

    with connect(secure_sandbox.spec.client_config(user)) as connection:
        wait_until(lambda: says(f"not allowed to read topic `{topic}`"), seconds=60)
        allow(ResourceType.TOPIC, topic)
        wait_until(lambda: says(f"not allowed to read group `{group}`"), seconds=60)
        allow(ResourceType.GROUP, group)
        wait_until(lambda: says(None), seconds=60)


def context(bootstrap: str, **consumer: str) -> Context:
    return Context(name="t", source="here", bootstrap_servers=bootstrap, consumer=consumer)


@pytest.mark.parametrize(
    ("key", "value"), [("enable.auto.commit", "false"), ("enable.auto.offset.store", "true")]
)
def test_a_context_that_contradicts_the_acknowledgements_is_refused(
    kafka: str, key: str, value: str
) -> None:
    with (
        KafkaConnection(context(kafka, **{key: value})) as connection,
        pytest.raises(SettingsError, match=f"`{key}` cannot be {value}"),
    ):
        consumer_config(connection, "g")


def test_a_context_goes_before_a_profile_and_extra_keys_before_both(kafka: str) -> None:
    said = {"max.poll.interval.ms": "700000", "fetch.min.bytes": "9"}
    profile = BaseSettings(extra_config={"fetch.min.bytes": 5})
    with KafkaConnection(context(kafka, **said)) as connection:
        config = connection.context.client_config("consumer") | consumer_config(
            connection, "g", profile
        )
    assert config["max.poll.interval.ms"] == "700000"
    assert config["fetch.min.bytes"] == 5
    assert config["group.id"] == "g"
    assert config["enable.auto.offset.store"] is False


def test_the_protocol_of_a_context_decides_which_keys_are_left_to_the_broker(kafka: str) -> None:
    with KafkaConnection(context(kafka, **{"group.protocol": "consumer"})) as connection:
        config = consumer_config(connection, "g")
    assert config.keys() & {"session.timeout.ms", "partition.assignment.strategy"} == set()


def test_a_group_must_have_a_name(connection) -> None:
    with pytest.raises(SettingsError, match="no consumer group"):
        consumer_config(connection, "")


def test_a_child_process_reads_with_a_member_of_its_own(
    connection, topic: str, fill, group: str
) -> None:
    fill(topic, 3)
    source = connection.owned("source", lambda: subscribe(connection, topic, group))
    assert source.consume_one(10) == 0
    child = os.fork()
    if child == 0:
        code = 1
        try:
            mine = connection.owned("source", lambda: subscribe(connection, topic, f"{group}-2"))
            assert mine is not source
            assert mine.consume_one(30) == 0
            try:
                source.shelf.due = 0.0
                source.consume_one(1)
            except UsageError as error:
                code = 0 if "before a fork" in error.message else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert [source.consume_one(10) for _ in range(2)] == [1, 2]


PROGRAM = """
import sys
from flowodm.settings import BaseSettings
from flowodm.subscription import Subscription
from tests.reading import connect

mode, bootstrap, topic, group = sys.argv[1:]
source = Subscription(
    connect({"bootstrap.servers": bootstrap}), topic, group,
    decode=lambda message: int(message.value()),
    settings=BaseSettings(auto_commit_interval_ms=3_600_000),
)
if mode == "ends":
    with source.consume_iter(max_messages=2) as records:
        print(list(records), flush=True)
elif mode == "async":
    import asyncio
    async def main():
        async with source.aconsume_iter() as records:
            async for number in records:
                print(number, flush=True)
    asyncio.run(main())
else:
    with source.consume_iter() as records:
        for number in records:
            print(number, flush=True)
"""


def start(mode: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, mode, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_program_that_just_ends_has_committed_what_was_done(
    kafka: str, topic: str, fill, committed, group: str
) -> None:
    fill(topic, 5)
    program = start("ends", kafka, topic, group)
    stdout, stderr = program.communicate(timeout=60)
    assert (program.returncode, stdout, stderr) == (0, "[0, 1]\n", "")
    assert committed(group) == {0: 2}


def test_a_member_that_stays_empty_beside_another_of_its_process_says_so_once(
    connection, topic: str, fill, group: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(topic, 3)
    first, second = (
        Subscription(connection, topic, group, decode=lambda message: message.value())
        for _ in range(2)
    )
    other = Subscription(connection, topic, f"{group}-2", decode=lambda message: message.value())
    assert first.consume_one(20) == b"0"
    assert other.consume_one(20) == b"0"
    assert caplog.records == []
    worker = threading.Thread(target=lambda: [second.consume_one(0.2) for _ in range(3)])
    worker.start()
    while worker.is_alive():  # a member at work holds up the group
        first.consume_one(0.1)
    empty = [record.message for record in caplog.records if "no partition" in record.message]
    assert len(empty) == 1
    assert f"topic `{topic}`, group `{group}`" in empty[0]
    for one in (first, second, other):
        one.close()


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_an_interrupt_is_heard_at_once_and_the_record_at_hand_comes_again(
    kafka: str, topic: str, fill, committed, group: str, mode: str
) -> None:
    fill(topic, 2)
    program = start(mode, kafka, topic, group)
    assert program.stdout is not None
    assert [program.stdout.readline() for _ in range(2)] == ["0\n", "1\n"]
    time.sleep(0.5)  # it waits for a third, so that the second is done
    begun = time.monotonic()
    program.send_signal(signal.SIGINT)
    _, stderr = program.communicate(timeout=60)
    assert time.monotonic() - begun < 5
    assert "KeyboardInterrupt" in stderr
    assert committed(group) == {0: 2}
