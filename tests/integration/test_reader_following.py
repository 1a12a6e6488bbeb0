"""Following, and what happens to a topic while it is read."""

import threading
import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import NewPartitions

from flowodm.connection import KafkaConnection
from flowodm.errors import BrokerError
from flowodm.positions import End, Offset, Range, Start
from flowodm.reader import Reader, ReadOptions, read
from flowodm.record import Record
from tests.raw_produce import RawRecord, produce_raw
from tests.reading import BASE, Topics, connect, read_all

pytestmark = pytest.mark.integration

FOLLOW = ReadOptions(range=Range(End()), follow=True, refresh=0.2)


@pytest.fixture(scope="module")
def topics(sandbox) -> Iterator[Topics]:
    made = Topics(sandbox.client_config)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def connection(sandbox) -> Iterator[KafkaConnection]:
    with connect(sandbox.client_config) as made:
        yield made


def follow_until(reader: Reader, count: int, *, after_batch=lambda _: None) -> list[Record]:
    """Follow until so many records have come."""
    records: list[Record] = []
    until = time.monotonic() + 20
    for batch in reader.batches():
        records += batch
        if len(records) >= count:
            return records
        assert time.monotonic() < until, f"{len(records)} records came, not {count}"
        after_batch(records)
    return records


def test_a_follower_shows_what_is_written_after_it_began(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("follow", partitions=2)
    topics.produce(topic, 4, partitions=2)
    with Reader(connection, (topic,), FOLLOW) as reader:
        topics.produce(topic, 6, partitions=2)
        records = follow_until(reader, 6)
        assert sorted((r.partition, r.offset) for r in records) == [
            *((0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4))
        ]
        topics.produce(topic, 2, partitions=2)
        assert len(follow_until(reader, 2)) == 2


def test_a_follower_goes_on_after_the_last_records(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("follow-last", partitions=3)
    topics.produce(topic, 20, partitions=3)
    options = ReadOptions(last=4, follow=True)
    with Reader(connection, (topic,), options) as reader:
        batches = reader.batches()
        first: list[Record] = []
        while len(first) < 4:
            first += next(batches)
        topics.produce(topic, 2)
        while len(first) < 6:
            first += next(batches)
    assert [record.value for record in first] == [b"16", b"17", b"18", b"19", b"0", b"1"]


def test_a_follower_reads_partitions_that_are_added_from_their_start(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("grow")
    with Reader(connection, (topic,), FOLLOW) as reader:
        topics.admin.create_partitions([NewPartitions(topic, 2)])[topic].result(timeout=15)
        producer = Producer(topics.config)
        producer.produce(topic, b"new", partition=1)
        assert producer.flush(20) == 0
        (record,) = follow_until(reader, 1)
    assert (record.partition, record.offset, record.value) == (1, 0, b"new")


def test_a_follower_of_a_pattern_reads_topics_that_are_made(
    topics: Topics, connection: KafkaConnection
) -> None:
    first = topics.make("pattern")
    options = ReadOptions(range=Range(End()), follow=True, refresh=0.2, regex=True)
    with Reader(connection, ("pattern-.*",), options) as reader:
        second = topics.make("pattern")
        topics.produce(second, 3)
        records = follow_until(reader, 3)
    assert {record.topic for record in records} == {second} != {first}


def test_a_follower_stops_at_a_stop_that_lay_ahead(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("ahead")
    topics.produce(topic, 2)
    options = ReadOptions(range=Range(Start(), Offset(5)), follow=True)
    with Reader(connection, (topic,), options) as reader:
        topics.produce(topic, 9)
        records = follow_until(reader, 99)
    assert [record.offset for record in records] == [0, 1, 2, 3, 4]


def test_a_read_ends_where_a_busy_topic_ended_when_it_began(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("busy", partitions=3)
    topics.produce(topic, 3000, partitions=3)
    stop, written = threading.Event(), []

    def write() -> None:
        producer = Producer(topics.config | {"linger.ms": "1"})
        while not stop.is_set():
            for partition in range(3):
                producer.produce(topic, b"later", partition=partition)
            producer.flush(20)
            written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            with Reader(connection, (topic,), ReadOptions()) as reader:
                ends = {one.partition: one.stop for one in reader.progress.partitions}
                records = [record for batch in reader.batches() for record in batch]
                ends = {one.partition: one.stop for one in reader.progress.partitions}
            seen = {(record.partition, record.offset) for record in records}
            assert seen == {(p, offset) for p, end in ends.items() for offset in range(end or 0)}
            assert len(records) == len(seen)
    finally:
        stop.set()
        writer.join(timeout=20)
    assert written


def test_records_that_are_deleted_before_their_turn_are_told_of(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("purged-meanwhile")
    topics.produce(topic, 10)
    with Reader(connection, (topic,), ReadOptions()) as reader:
        topics.delete_before(topic, 7)
        records = [record for batch in reader.batches() for record in batch]
    assert [record.offset for record in records] == [7, 8, 9]
    (notice,) = reader.notices
    assert not notice.is_problem
    assert notice.message == (
        f"`{topic}` [0] begins at 7 now: offsets 0 to 6 were deleted before they were read"
    )


def test_a_read_ends_though_all_of_it_is_deleted_meanwhile(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("purged-all")
    topics.produce(topic, 10)
    with Reader(connection, (topic,), ReadOptions()) as reader:
        topics.delete_before(topic, 10)
        assert [record for batch in reader.batches() for record in batch] == []
    assert reader.progress.remaining == 0


def test_a_topic_that_is_made_anew_is_told_of(topics: Topics, connection: KafkaConnection) -> None:
    topic = topics.make("anew")
    topics.produce(topic, 10)
    options = ReadOptions(range=Range(End()), follow=True, refresh=60)
    with Reader(connection, (topic,), options) as reader:
        next(reader.batches())
        topics.admin.delete_topics([topic], operation_timeout=10)[topic].result(timeout=15)
        topics.make_again(topic)
        topics.produce(topic, 2)
        until = time.monotonic() + 20
        for _ in reader.batches():
            if reader.notices:
                break
            assert time.monotonic() < until
    (notice,) = reader.notices
    assert notice.is_problem


def test_a_read_without_a_record_ends_after_its_idle_time(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("idle")
    topics.produce(topic, 2)
    began = time.monotonic()
    options = ReadOptions(follow=True, idle_timeout=0.5)
    records, _ = read_all(connection, topic, options)
    assert len(records) == 2
    assert 0.5 <= time.monotonic() - began < 5


def test_a_waiting_follower_yields_to_its_caller_several_times_a_second(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("quiet")
    with Reader(connection, (topic,), FOLLOW) as reader:
        batches = reader.batches()
        for _ in range(20):
            began = time.monotonic()
            assert next(batches) == []
            assert time.monotonic() - began < 0.9


def test_records_are_what_was_written(topics: Topics, connection: KafkaConnection) -> None:
    topic = topics.make("exact")
    logged = topics.make("logged", message_timestamp_type="LogAppendTime")
    headers = [("a", b"1"), ("a", b""), ("b", None), ("ü", b"\xff\x00")]
    producer = Producer(topics.config)
    producer.produce(topic, b"v\x00", b"k\xff", headers=headers, timestamp=BASE)
    producer.produce(topic, None, None, timestamp=BASE + 1)
    producer.produce(topic, b"", b"", timestamp=BASE + 2)
    producer.produce(logged, b"v", timestamp=BASE)
    assert producer.flush(20) == 0
    records, _ = read_all(connection, topic, ReadOptions())
    assert records == [
        Record(topic, 0, 0, "create", BASE, b"k\xff", b"v\x00", tuple(headers)),
        Record(topic, 0, 1, "create", BASE + 1, None, None, ()),
        Record(topic, 0, 2, "create", BASE + 2, b"", b"", ()),
    ]
    (record,), _ = read_all(connection, logged, ReadOptions())
    assert record.timestamp_type == "logappend"
    assert abs(record.timestamp / 1000 - time.time()) < 60


def test_a_header_name_that_is_no_text_costs_the_headers_and_not_the_read(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("headless")
    bad = [(b"a", b"0"), (b"\xff\xfe", b"1"), (b"b", None)]
    usual = [RawRecord(b"k", b"v", [(b"a", b"0")], BASE)] * 500
    rows = [
        *usual,  # CPython runs code that has run often without some of its checks
        RawRecord(b"k0", b"v0", [(b"a", b"0")], BASE),
        RawRecord(b"k1", b"v1", bad, BASE),
        RawRecord(b"k2", b"v2", [], BASE),
        RawRecord(b"k3", b"v3", bad, BASE),
        RawRecord(b"k4", b"v4", bad[:1], -1),
    ]
    produce_raw(topics.config["bootstrap.servers"], topic, rows)
    records, reader = read_all(connection, topic, ReadOptions())
    records = records[len(usual) :]
    assert [record.value for record in records] == [b"v0", b"v1", b"v2", b"v3", b"v4"]
    assert [len(record.headers) for record in records] == [1, 0, 0, 0, 1]
    assert [record.timestamp for record in records] == [BASE, BASE, BASE, BASE, -1]
    (notice,) = reader.notices
    assert notice.message.startswith(f"`{topic}` [0] has records, the first at offset 501, whose")
    assert not notice.is_problem


def test_read_gives_records_one_by_one_and_fails_for_what_is_missing(
    topics: Topics, connection: KafkaConnection
) -> None:
    topic = topics.make("plain")
    topics.produce(topic, 5)
    assert [record.offset for record in read(connection, topic)] == [0, 1, 2, 3, 4]
    assert next(read(connection, topic, options=ReadOptions(range=Range(Offset(3))))).offset == 3
    lone = ReadOptions(range=Range(Offset(9), strict=True))
    with pytest.raises(BrokerError, match="has no offset 9"):
        list(read(connection, topic, options=lone))
