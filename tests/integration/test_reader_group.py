"""Reading as a member of a consumer group: the one read that commits."""

import time
import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions

from flowodm.connection import KafkaConnection
from flowodm.positions import End, Range, Stored
from flowodm.reader import Reader, ReadOptions
from flowodm.record import Record
from tests.reading import Topics, connect, read_all, read_everything

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def topics(sandbox) -> Iterator[Topics]:
    made = Topics(sandbox.client_config)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def connection(sandbox) -> Iterator[KafkaConnection]:
    with connect(sandbox.client_config) as made:
        yield made


@pytest.fixture
def group() -> str:
    return f"group-{uuid.uuid4().hex[:12]}"


def committed(topics: Topics, group: str) -> dict[int, int]:
    (asked,) = topics.admin.list_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(group)]
    ).values()
    return {one.partition: one.offset for one in asked.result(timeout=15).topic_partitions}


def test_a_group_goes_on_where_it_stopped(
    topics: Topics, connection: KafkaConnection, group: str
) -> None:
    topic = topics.make("group", partitions=3)
    topics.produce(topic, 30, partitions=3)
    seen: list[Record] = []
    for limit in (7, 0, 5, None):
        records, _ = read_all(connection, topic, ReadOptions(group=group, limit=limit))
        seen += records
    assert len(seen) == len({(r.partition, r.offset) for r in seen}) == 30
    assert committed(topics, group) == {0: 10, 1: 10, 2: 10}
    assert read_all(connection, topic, ReadOptions(group=group))[0] == []


def test_what_was_handed_out_and_not_used_comes_again(
    topics: Topics, connection: KafkaConnection, group: str
) -> None:
    topic = topics.make("unused")
    topics.produce(topic, 10)
    with Reader(connection, (topic,), ReadOptions(group=group)) as reader:
        for batch in reader.batches():
            if batch:
                break
    records, _ = read_all(connection, topic, ReadOptions(group=group))
    assert [record.offset for record in records] == list(range(10))


def test_a_part_of_a_batch_can_be_acknowledged(
    topics: Topics, connection: KafkaConnection, group: str
) -> None:
    topic = topics.make("part")
    topics.produce(topic, 10)
    used: list[Record] = []
    with Reader(connection, (topic,), ReadOptions(group=group)) as reader:
        for batch in reader.batches():
            used += batch[: 3 - len(used)]
            reader.acknowledge(batch[:3])
            if len(used) == 3:
                break
    rest, _ = read_all(connection, topic, ReadOptions(group=group))
    assert [record.offset for record in used + rest] == list(range(10))


def test_the_marks_of_transactions_are_committed_past(
    topics: Topics, connection: KafkaConnection, group: str
) -> None:
    topic = topics.make("marks")
    topics.transact(topic, "caa")
    records, _ = read_all(connection, topic, ReadOptions(group=group))
    assert len(records) == 3
    end = read_everything(topics.config, topic, "read_committed").bounds[0][1]
    assert committed(topics, group) == {0: end}


def test_a_new_group_begins_where_it_is_told(
    topics: Topics, connection: KafkaConnection, group: str
) -> None:
    topic = topics.make("begin")
    topics.produce(topic, 4)
    options = ReadOptions(group=group, range=Range(End()))
    assert read_all(connection, topic, options)[0] == []
    topics.produce(topic, 2)
    options = ReadOptions(group=group, range=Range(Stored()))
    assert read_all(connection, topic, options)[0] == []  # it has committed nothing
    fresh = ReadOptions(group=f"{group}-start")
    assert [r.offset for r in read_all(connection, topic, fresh)[0]] == [0, 1, 2, 3, 4, 5]


def test_two_members_share_a_topic_and_lose_nothing(
    topics: Topics, connection: KafkaConnection, group: str
) -> None:
    topic = topics.make("shared", partitions=4)
    options = ReadOptions(group=group, follow=True)
    seen: set[tuple[int, int]] = set()
    until = time.monotonic() + 60
    with Reader(connection, (topic,), options) as one, Reader(connection, (topic,), options) as two:
        first, second = one.batches(), two.batches()
        while not (one.progress.partitions and two.progress.partitions):
            next(first), next(second)
            assert time.monotonic() < until, "the group does not settle"
        assert len(one.progress.partitions) == len(two.progress.partitions) == 2
        topics.produce(topic, 200, partitions=4)
        while len(seen) < 200:
            for batch in (next(first), next(second)):
                seen |= {(record.partition, record.offset) for record in batch}
            assert time.monotonic() < until, f"{len(seen)} of 200"
    assert seen == {(partition, offset) for partition in range(4) for offset in range(50)}
