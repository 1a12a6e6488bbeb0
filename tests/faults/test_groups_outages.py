"""Groups and offsets, asked for over one connection while their broker goes and comes back."""

import time
from datetime import UTC, datetime

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.connection import KafkaConnection
from flowodm.errors import BrokerError
from flowodm.groups import apply_reset, parse_target, plan_reset, read_group
from flowodm.groups.group import Group
from flowodm.sandbox import Sandbox
from flowodm.sandbox.context import context_of
from flowodm.tui.sources.bundle import sources_of
from tests.topics import create_topics

pytestmark = pytest.mark.faults

TOPIC, GROUP = "orders", "billing"


def fill(sandbox: Sandbox) -> None:
    """Write ten records, of which the group has read four."""
    settings = {"bootstrap.servers": sandbox.bootstrap_servers}
    create_topics(AdminClient(settings), NewTopic(TOPIC, 1, 1))
    producer = Producer(settings)
    for _ in range(10):
        producer.produce(TOPIC, b"x")
    assert not producer.flush(60)
    consumer = Consumer({**settings, "group.id": GROUP})
    consumer.commit(offsets=[TopicPartition(TOPIC, 0, 4)], asynchronous=False)
    consumer.close()


def read_in_time(connection: KafkaConnection, seconds: float = 30.0) -> Group:
    """Read the group as the inspector does: again and again, with little patience."""
    until = time.monotonic() + seconds
    while True:
        try:
            group = read_group(connection, GROUP, timeout=2)
        except BrokerError:
            if time.monotonic() > until:
                raise
        else:
            if group.lag is not None or time.monotonic() > until:  # its topic has a leader again
                return group


def test_a_group_is_read_and_reset_over_a_connection_that_outlived_its_broker_twice():
    with Sandbox() as sandbox:
        fill(sandbox)
        with KafkaConnection(context_of(sandbox.spec, "outage")) as connection:
            assert read_in_time(connection).lag == 6
            for _ in range(2):
                sandbox.kill_node()
                with pytest.raises(BrokerError):
                    read_group(connection, GROUP, timeout=2)
                sandbox.start_node()
                assert read_in_time(connection).lag == 6
            plan = plan_reset(
                connection, GROUP, TOPIC, parse_target("start", now=datetime.now(UTC)), timeout=5
            )
            apply_reset(connection, plan)
            assert read_in_time(connection).lag == 10


def test_a_connection_whose_groups_were_not_asked_about_before_the_outage_reads_them_after_it():
    with Sandbox() as sandbox:
        fill(sandbox)
        with KafkaConnection(context_of(sandbox.spec, "outage")) as connection:
            connection.metadata(5)
            sandbox.kill_node()
            with pytest.raises(BrokerError):
                connection.metadata(1)
            sandbox.start_node()
            assert read_in_time(connection).lag == 6


def test_offsets_that_a_broker_took_with_it_are_no_zeros():
    with Sandbox() as sandbox:
        fill(sandbox)
        with KafkaConnection(context_of(sandbox.spec, "outage")) as connection:
            topics = sources_of(connection).topics
            topics.topics()
            assert topics.ends([TOPIC])[TOPIC].span == 10
            sandbox.kill_node()
            with pytest.raises(BrokerError):
                topics.ends([TOPIC])
