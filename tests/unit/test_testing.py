"""`flowodm.testing` without pytest's fixtures: a Kafka and a registry inside this process."""

import asyncio
import os
from pathlib import Path

import pytest

from flowodm import (
    ConfigurationError,
    DeserializationError,
    FlowBaseModel,
    KafkaConnection,
    RegistryUnreachable,
    SchemaCompatibilityError,
    SchemaNotFound,
    Tombstone,
    TopicNotFound,
    UsageError,
    connect,
    get_kafka_connection,
)
from flowodm.producer import producer_of
from flowodm.record import Decoded
from flowodm.registry import AsyncSchemaRegistry, SchemaRegistry, SubjectVersion
from flowodm.testing import MockKafka, mock_kafka

pytestmark = pytest.mark.unit


class UserEvent(FlowBaseModel):
    class Settings:
        topic = "user-events"
        key_field = "user_id"

    user_id: str
    action: str = "signup"


@pytest.fixture
def mock():
    with mock_kafka() as found:
        yield found


def test_a_model_is_produced_and_read_back(mock: MockKafka):
    delivery = UserEvent(user_id="u-1").produce()
    (event,) = mock.records(UserEvent)
    assert event == UserEvent(user_id="u-1")
    assert (event.meta.topic, event.meta.offset) == ("user-events", delivery.offset)
    assert event.meta.key == "u-1"


def test_records_of_many_keys_come_back_in_the_order_they_were_written(mock: MockKafka):
    events = [UserEvent(user_id=f"u-{number}") for number in range(200)]
    UserEvent.produce_many(events)
    assert mock.records(UserEvent) == events


def test_the_async_verbs_find_the_same_cluster(mock: MockKafka):
    asyncio.run(UserEvent(user_id="u-1").aproduce())
    assert mock.records(UserEvent) == [UserEvent(user_id="u-1")]


def test_a_topic_that_nothing_was_written_to_is_empty(mock: MockKafka):
    assert mock.records(UserEvent) == []


def test_reading_back_takes_nothing_away(mock: MockKafka):
    UserEvent(user_id="u-1").produce()
    assert mock.records(UserEvent) == mock.records(UserEvent) != []


def test_a_class_made_in_the_middle_of_a_test_has_its_topic_too(mock: MockKafka):
    UserEvent(user_id="u-1").produce()

    class Payment(FlowBaseModel):
        class Settings:
            topic = "payments"

        amount: int

    Payment(amount=3).produce()
    assert mock.records(Payment) == [Payment(amount=3)]


def test_a_class_with_a_connection_of_its_own_keeps_it(mock: MockKafka):
    elsewhere = KafkaConnection("staging")

    class Mirrored(FlowBaseModel):
        class Settings:
            topic = "mirrored"

        value: int

        @classmethod
        def get_connection(cls) -> KafkaConnection:
            return elsewhere

    assert Mirrored.get_connection() is elsewhere
    assert mock.connection.metadata().topics == {}


def test_a_tombstone_is_read_back_as_one(mock: MockKafka):
    UserEvent.produce_tombstone("u-1")
    (found,) = mock.records(UserEvent)
    assert isinstance(found, Tombstone)
    assert found.key == "u-1"


def test_what_is_no_value_of_the_model_is_named_with_its_place(mock: MockKafka):
    topic = mock.topic(UserEvent)
    producer_of(mock.connection).deliver(topic, None, b"garbage")
    with pytest.raises(DeserializationError, match="`user-events`, partition 0, offset 0"):
        mock.records(UserEvent)


def test_records_of_a_topic_by_name_say_themselves_what_they_are(mock: MockKafka):
    UserEvent(user_id="u-1").produce()
    producer_of(mock.connection).deliver("user-events", b"k", b'{"a": 1}')
    avro, json = mock.records("user-events")
    assert isinstance(avro.value, Decoded)
    assert (avro.value.encoding, avro.value.value) == (
        "avro",
        {"user_id": "u-1", "action": "signup"},
    )
    assert isinstance(json.value, Decoded)
    assert (json.key.value, json.value.encoding, json.value.value) == ("k", "json", {"a": 1})


def test_records_that_are_on_their_way_can_be_waited_for(mock: MockKafka):
    UserEvent(user_id="u-1").produce_nowait()
    UserEvent(user_id="u-2").produce_nowait()
    found = mock.records(UserEvent, count=2, timeout=30)
    assert [event.user_id for event in found] == ["u-1", "u-2"]


def test_waiting_for_records_that_do_not_come_ends(mock: MockKafka):
    UserEvent(user_id="u-1").produce()
    assert len(mock.records(UserEvent, count=2, timeout=0.2)) == 1


def test_a_topic_that_is_not_there_is_named(mock: MockKafka):
    mock.topic("user-events")
    with pytest.raises(TopicNotFound, match="`user-event`"):
        mock.records("user-event")


def test_topics_have_one_partition_unless_more_are_asked_for(mock: MockKafka):
    assert mock.topic(UserEvent, partitions=3) == "user-events"
    names = [mock.topic(), mock.topic(), mock.topic("payments"), mock.topic(UserEvent)]
    assert len(set(names)) == 4
    topics = mock.connection.metadata().topics
    assert {name: len(topics[name].partitions) for name in names} == {
        names[0]: 1,
        names[1]: 1,
        "payments": 1,
        "user-events": 3,
    }
    UserEvent(user_id="u-1").produce(partition=2)
    UserEvent(user_id="u-2").produce(partition=0)
    assert [event.user_id for event in mock.records(UserEvent)] == ["u-2", "u-1"]


@pytest.mark.parametrize("name", ["", ".", "user events", "ümlaut", "x" * 250])
def test_a_name_that_kafka_refuses_is_refused(mock: MockKafka, name: str):
    with pytest.raises(UsageError, match="no topic can be called"):
        mock.topic(name)


def test_partitions_that_cannot_be_had_are_refused(mock: MockKafka):
    with pytest.raises(UsageError, match="of 0 partitions"):
        mock.topic("payments", partitions=0)
    UserEvent(user_id="u-1").produce()
    with pytest.raises(UsageError, match="there already, with 1"):
        mock.topic(UserEvent, partitions=3)


def test_each_cluster_is_empty_at_first_and_its_registry_too():
    for _ in range(2):
        with mock_kafka() as mock:
            assert mock.connection.metadata().topics == {}
            assert mock.connection.schema_registry().subjects() == ()
            UserEvent(user_id="u-1").produce()
            assert mock.connection.schema_registry().subjects() == ("user-events-value",)


def test_the_registry_answers_both_clients_and_by_its_own_rules(mock: MockKafka):
    config = mock.connection.context.schema_registry
    assert config is not None
    with SchemaRegistry(config) as registry:
        registered = registry.register("a b/ü-value", '{"type": "string"}')
        with pytest.raises(SchemaNotFound):
            registry.schema_by_id(99)

    async def ask() -> SubjectVersion:
        async with AsyncSchemaRegistry(config) as registry:
            return await registry.version("a b/ü-value")

    found = asyncio.run(ask())
    assert (found.subject, found.schema.schema_id) == ("a b/ü-value", registered.schema_id)


def test_the_registry_refuses_what_breaks_compatibility_until_it_is_told_not_to(mock: MockKafka):
    registry = mock.connection.schema_registry()
    registry.register("orders-value", '"string"')
    with pytest.raises(SchemaCompatibilityError, match="TYPE_MISMATCH"):
        registry.register("orders-value", '"long"')
    registry.set_compatibility_level("NONE")
    assert registry.register("orders-value", '"long"').schema_id == 2


def test_a_registry_that_was_ended_answers_no_more(mock: MockKafka):
    with mock_kafka() as inner:
        config = inner.connection.context.schema_registry
        assert config is not None
    with SchemaRegistry(config) as registry, pytest.raises(RegistryUnreachable):
        registry.subjects()


def test_the_default_connection_is_what_it_was_afterwards():
    outer = connect(bootstrap_servers="broker.test:9092", schema_registry_url="http://sr.test")
    try:
        with mock_kafka() as mock:
            assert get_kafka_connection() is mock.connection is outer
            assert outer.context.bootstrap_servers == mock.bootstrap_servers
            connect(bootstrap_servers="elsewhere.test:9092")
        assert outer.context.bootstrap_servers == "broker.test:9092"
    finally:
        outer._asked = None
        outer.reset()


def test_nothing_that_the_user_has_configured_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "flowodm.yaml").write_text(
        "version: 1\ncontexts: {production: {bootstrap_servers: broker.test:9092}}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "broker.test:9092")
    monkeypatch.setenv("FLOWODM_CONTEXT", "production")
    monkeypatch.setenv("FLOWODM_READ_ONLY", "true")
    monkeypatch.setenv("SCHEMA_REGISTRY_API_KEY", "half of a pair")
    before = dict(os.environ)
    with mock_kafka() as mock:
        assert connect().context.bootstrap_servers == mock.bootstrap_servers
        assert os.environ["KAFKA_BOOTSTRAP_SERVERS"] == mock.bootstrap_servers
        UserEvent(user_id="u-1").produce()
        with pytest.raises(ConfigurationError, match="production"):
            connect(context="production")
    assert dict(os.environ) == before


def test_an_exception_in_the_block_ends_it_as_well():
    before, hook = dict(os.environ), FlowBaseModel.get_connection

    def fail() -> None:
        assert FlowBaseModel.get_connection != hook
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), mock_kafka():
        fail()
    assert dict(os.environ) == before
    assert FlowBaseModel.get_connection == hook
