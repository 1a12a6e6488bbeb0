"""The sources over a real cluster: what they say, and that looking leaves no trace."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from flowodm.config import Context, RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.errors import BrokerUnreachable, ChangeRefused, TopicNotFound
from flowodm.positions import End, Range, Start
from flowodm.record import Decoded
from flowodm.registry import SchemaRegistry
from flowodm.tui.sources import topics
from flowodm.tui.sources.bundle import Sources, sources_of
from flowodm.tui.sources.form import Form, Target, copied_of
from flowodm.tui.sources.patience import Patience
from flowodm.tui.sources.plan import KafkaPlan, Planned
from flowodm.tui.sources.produce import KafkaProduce
from flowodm.tui.sources.ring import Ring
from flowodm.tui.sources.tail import Tail, TailRequest
from tests.servers import TestServers, wait_until
from tests.tui.fakes import Clock
from tests.unit.tui.form.test_form import LOGICAL

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def sources(sandbox: TestServers) -> Iterator[Sources]:
    context = Context(
        name="tui",
        bootstrap_servers=sandbox.bootstrap_servers,
        schema_registry=RegistryConfig(url=sandbox.registry_url),
    )
    with KafkaConnection(context) as connection:
        yield sources_of(connection)


@pytest.fixture
def filled(make_topic: Callable[..., str], sandbox: TestServers) -> str:
    """A topic of two partitions and thirty records."""
    topic = make_topic(partitions=2)
    producer = Producer({**sandbox.client_config, "enable.idempotence": True})
    for number in range(30):
        producer.produce(topic, b'{"n": %d}' % number, b"k", partition=number % 2)
    assert producer.flush(20) == 0
    return topic


def test_the_cluster_tells_its_pulse_and_the_registry_its_mode(sources: Sources, filled: str):
    pulse = sources.cluster.pulse()
    assert pulse.brokers == 1
    assert pulse.topics >= 1
    assert pulse.ends is not None
    assert pulse.ends >= 30
    assert sources.cluster.registry_mode() == "READWRITE"
    assert sources.cluster.identity().context == "tui"


def test_topics_are_listed_and_their_ends_asked_together(sources: Sources, filled: str):
    names = {topic.name: topic for topic in sources.topics.topics()}
    assert names[filled].partitions == 2
    assert filled in sources.topics.known
    ends = sources.topics.ends([filled, "no-such-topic"])
    assert ends.keys() == {filled}
    assert (ends[filled].span, ends[filled].unknown) == (30, 0)
    detail = sources.topics.detail(filled)
    assert len(detail.partitions) == 2
    assert sources.topics.settings([filled]) == {filled: detail.config}
    assert filled not in sources.topics.schemas()
    assert sources.topics.subjects(filled) == ()
    assert sources.topics.readers(detail).groups == ()


def test_a_read_to_the_end_is_done_and_a_filter_counts(sources: Sources, filled: str):
    ring = Ring()
    request = TailRequest(filled, Range(Start(), End()), "value.n < 10")
    tail = Tail(sources.records, request, ring)
    tail.run(lambda: False)
    status = tail.status
    assert (status.scanned, status.matched, status.is_done) == (30, 10, True)
    assert ring.span.stop - ring.span.first == 10


def test_the_last_records_come_first_in_their_order_and_then_what_is_new(
    sources: Sources, filled: str, sandbox: TestServers
):
    ring, ending = Ring(), threading.Event()
    tail = Tail(sources.records, TailRequest(filled), ring)
    thread = threading.Thread(target=tail.run, args=(ending.is_set,))
    thread.start()
    try:
        wait_until(lambda: ring.span.stop == 30)
        values = [row.record.value for _, row in ring.rows(0, 30)]
        assert sorted(values) == sorted(b'{"n": %d}' % number for number in range(30))
        producer = Producer({**sandbox.client_config, "enable.idempotence": True})
        producer.produce(filled, b"new")
        assert producer.flush(20) == 0
        wait_until(lambda: ring.span.stop == 31)
    finally:
        ending.set()
        thread.join(20)
    assert not thread.is_alive()


def test_a_cluster_that_needs_more_time_gets_it_after_it_failed():
    clock = Clock()
    patience = Patience(clock)
    with pytest.raises(BrokerUnreachable), patience.seconds("ends") as first:
        raise BrokerUnreachable("no answer")
    with patience.seconds("ends") as second:
        clock.now += 3
    with patience.seconds("ends") as third, patience.seconds("names") as other:
        pass
    assert (first, second, third, other) == (2.0, 4.0, 4.0, 2.0)


def test_a_cluster_that_was_gone_and_answers_quickly_again_is_not_waited_for_any_longer():
    patience = Patience(Clock())
    for _ in range(5):
        with pytest.raises(BrokerUnreachable), patience.seconds("ends") as longest:
            raise BrokerUnreachable("no answer")
    with patience.seconds("ends"):
        pass
    with patience.seconds("ends") as after:
        pass
    assert (longest, after) == (16.0, 2.0)


def test_what_a_project_declares_is_planned_and_proven_and_nothing_is_created(
    sandbox: TestServers, filled: str, tmp_path: Path
):
    (tmp_path / "order.avsc").write_text(
        '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}'
    )
    (tmp_path / "flowodm.yaml").write_text(
        f"version: 1\ntopics:\n  {filled}: {{partitions: 3, value: order.avsc}}\n  new.{filled}: {{}}\n"
    )
    context = Context(
        name="tui",
        bootstrap_servers=sandbox.bootstrap_servers,
        schema_registry=RegistryConfig(url=sandbox.registry_url),
    )
    with KafkaConnection(context) as connection:
        told: list[str] = []
        source = KafkaPlan(connection, Patience(), tmp_path / "flowodm.yaml", tmp_path)
        found = source.plan(told.append)
        assert isinstance(found, Planned)
        assert "proven 3 of 3 changes" in told
        assert found.plan.is_proven
        assert {(one.action, one.name) for one in found.plan.steps} == {
            ("alter", filled),
            ("create", f"new.{filled}"),
            ("register", f"{filled}-value"),
        }
        assert {one.name for one in found.differences} == {
            filled,
            f"new.{filled}",
            f"{filled}-value",
        }
        assert f"new.{filled}" not in connection.metadata().topics
        assert f"{filled}-value" not in connection.schema_registry().subjects()


def test_a_form_is_sent_with_every_logical_type_and_is_read_back(
    sources: Sources, sandbox: TestServers, make_topic: Callable[..., str]
):
    topic = make_topic(partitions=2)
    with SchemaRegistry(RegistryConfig(url=sandbox.registry_url)) as registry:
        fields = [{"name": name, "type": kind} for name, (kind, _) in LOGICAL.items()]
        schema = {"type": "record", "name": "All", "fields": fields}
        wanted = registry.register(f"{topic}-value", json.dumps(schema)).schema_id
        before = registry.subjects()
        form = Form(sources.produce.target(topic))
        for one in form.fields:
            if len(one.path) == 2 and one.path[0] == "value":
                form.type(one, LOGICAL[one.name][1])
            elif one.path == ("key",):
                form.type(one, "k-1")
            elif one.path == ("partition",):
                form.type(one, "1")
            elif one.path[0] == "headers":
                form.type(one, "source=form")
        delivery = sources.produce.send(topic, form.draft())
        assert (delivery.topic, delivery.partition, delivery.offset) == (topic, 1, 0)
        assert registry.subjects() == before
    ring = Ring()
    Tail(sources.records, TailRequest(topic, Range(Start(), End())), ring).run(lambda: False)
    ((_, row),) = ring.rows(0, 9)
    assert (row.record.key, row.record.headers) == (b"k-1", (("source", b"form"),))
    decoded = sources.records.json(row.record)
    assert isinstance(decoded.value, Decoded)
    assert decoded.value.schema_id == wanted
    again = Form(form.target, copied_of(decoded, form.target))
    assert again.draft().message.value == row.record.value
    for one in again.fields:
        if one.name in LOGICAL:
            assert again.text(one) == LOGICAL[one.name][1]


def test_what_may_not_be_written_to_is_refused_before_anything_is_asked_or_sent(
    sandbox: TestServers, filled: str
):
    values = {"bootstrap_servers": sandbox.bootstrap_servers}
    draft = Form(Target(filled, 2, None, None)).draft()
    refusals = {
        "is read-only": {"read_only": True},
        "is for cluster `another`": {"cluster_id": "another"},
    }
    for said, wrong in refusals.items():
        with KafkaConnection(Context(name="no", **values, **wrong)) as connection:
            produce = KafkaProduce(connection, Patience())
            with pytest.raises(ChangeRefused, match=said):
                produce.target(filled)
            with pytest.raises(ChangeRefused, match=said):
                produce.send(filled, draft)
    with KafkaConnection(Context(name="yes", **values)) as connection:
        produce = KafkaProduce(connection, Patience())
        with pytest.raises(ChangeRefused, match="is internal"):
            produce.target("__consumer_offsets")
        with pytest.raises(TopicNotFound):
            produce.target(f"{filled}-no")
        assert produce.target(filled).value is None


def test_a_value_is_written_with_the_version_that_is_chosen(
    sources: Sources, sandbox: TestServers, make_topic: Callable[..., str]
):
    topic = make_topic()
    with SchemaRegistry(RegistryConfig(url=sandbox.registry_url)) as registry:
        registry.register(f"{topic}-value", '"string"')
        registry.set_compatibility_level("NONE", f"{topic}-value")
        registry.register(f"{topic}-value", '"long"')
    latest, chosen = sources.produce.target(topic), sources.produce.target(topic, 1)
    assert latest.value is not None
    assert chosen.value is not None
    assert (latest.value.schema.name, chosen.value.schema.name) == ("long", "string")
    assert " v1, id " in chosen.value.label


def test_the_lag_of_the_group_that_is_behind_most_is_told_of_each_topic(
    sources: Sources, sandbox: TestServers, filled: str, monkeypatch: pytest.MonkeyPatch
):
    for name, offset in (("near", 12), ("far", 3)):
        group = f"{name}-{filled}"
        consumer = Consumer({**sandbox.client_config, "group.id": group})
        try:
            consumer.commit(offsets=[TopicPartition(filled, 0, offset)], asynchronous=False)
        finally:
            consumer.close()
    monkeypatch.setattr(topics, "MOST_GROUPS", 1_000)
    lags = sources.topics.lags()
    assert lags is not None
    assert lags[filled] == 12
    monkeypatch.setattr(topics, "MOST_GROUPS", 1)
    assert sources.topics.lags() is None
