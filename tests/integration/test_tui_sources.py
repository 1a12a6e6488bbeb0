"""What the inspector's screens of groups and schemas are fed with, of a real cluster."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.config import Context
from flowodm.config.context import RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.errors import ChangeRefused, UsageError
from flowodm.tui.sources.bundle import sources_of
from flowodm.tui.sources.groups import KafkaGroups
from flowodm.tui.sources.patience import Patience
from flowodm.tui.sources.schemas import KafkaSchemas
from tests.integration.consumer_groups import commit, committed, fill
from tests.servers import TestServers
from tests.topics import create_topics

pytestmark = pytest.mark.integration


def context_of(sandbox: TestServers, *, read_only: bool = False) -> Context:
    return Context(
        name="t",
        source="t",
        bootstrap_servers=sandbox.bootstrap_servers,
        schema_registry=RegistryConfig(url=sandbox.registry_url),
        read_only=read_only,
    )


@pytest.fixture
def kafka(sandbox: TestServers) -> Iterator[KafkaConnection]:
    with KafkaConnection(context_of(sandbox)) as connection:
        yield connection


def record(*fields: tuple[str, str]) -> str:
    found = [{"name": name, "type": kind} for name, kind in fields]
    return json.dumps({"type": "record", "name": "Order", "fields": found})


def test_groups_are_read_with_their_lag_and_reset_as_planned(
    sandbox: TestServers, kafka: KafkaConnection, admin: AdminClient, tmp_path: Path
) -> None:
    topic = name = f"tui-{uuid.uuid4().hex[:12]}"
    config = {"bootstrap.servers": sandbox.bootstrap_servers}
    create_topics(admin, NewTopic(topic, 2))
    fill(config, topic, {0: 20, 1: 5})
    commit(config, name, topic, {0: 8})
    groups = KafkaGroups(kafka, Patience(), tmp_path)

    (listed,) = (one for one in groups.groups().groups if one.name == name)
    assert (listed.state, listed.lag, listed.uncommitted) == ("empty", 12, 1)
    assert name in groups.known
    first, second = groups.group(name).partitions
    assert (first.committed, first.end, first.lag) == (8, 20, 12)
    assert first.unread_since is not None
    assert (second.committed, second.lag, second.remark) == (None, None, "no commit")

    plan = groups.plan(name, topic, "start -p 0")
    assert (plan.replayed, len(plan.steps)) == (8, 1)
    assert committed(config, name, topic, 2) == {0: (8, "")}
    guarded = KafkaConnection(context_of(sandbox, read_only=True))
    with guarded, pytest.raises(ChangeRefused, match="is read-only"):
        KafkaGroups(guarded, Patience(), tmp_path).reset(plan)
    assert list(tmp_path.iterdir()) == []
    path = groups.reset(plan)
    assert committed(config, name, topic, 2) == {0: (0, "")}
    assert json.loads(path.read_text())["partitions"][0]["before"]["offset"] == 8
    admin.delete_consumer_groups([name])[name].exception(timeout=15)


def test_subjects_are_read_compared_and_checked(
    kafka: KafkaConnection, admin: AdminClient, tmp_path: Path
) -> None:
    topic = f"tui-{uuid.uuid4().hex[:12]}"
    subject = f"{topic}-value"
    create_topics(admin, NewTopic(topic, 1))
    registry = kafka.schema_registry()
    registry.set_compatibility_level("NONE", subject)
    first = registry.register(subject, record(("id", "string"), ("amount", "double")))
    registry.register(subject, record(("id", "string"), ("amount", "string")))
    registry.set_compatibility_level("BACKWARD", subject)
    schemas = KafkaSchemas(kafka, Patience(), tmp_path)

    (listed,) = (one for one in schemas.subjects().subjects if one.name == subject)
    assert (listed.latest, listed.schema_type) == (2, "AVRO")
    level = schemas.levels([subject])[subject]
    assert (level.value, level.is_own) == ("BACKWARD", True)
    detail = schemas.subject(subject)
    assert (detail.versions, detail.ids[1]) == ((2, 1), first.schema_id)
    assert detail.use is not None
    assert (detail.use.topic, detail.use.is_key, detail.use.exists) == (topic, False, True)
    assert '{"name": "amount", "type": "double"}' in schemas.text(subject, 1).text

    comparison = schemas.compare(subject, 1, 2)
    assert [change.field for change in comparison.changes] == ["amount"]
    assert comparison.refused_by is not None
    (tmp_path / "new.avsc").write_text(record(("id", "string"), ("more", "int")))
    check = schemas.check(subject, "new.avsc")
    assert not check.is_allowed
    assert registry.versions(subject) == (1, 2)
    with pytest.raises(UsageError):
        schemas.check(subject, "nowhere.avsc")
    registry.delete_subject(subject)


def test_brokers_are_counted_with_what_they_lead(kafka: KafkaConnection) -> None:
    sources = sources_of(kafka)
    found = sources.brokers.brokers()
    assert found.cluster_id == kafka.metadata().cluster_id
    assert sum(one.is_controller for one in found.brokers) == 1
    assert sum(one.leads for one in found.brokers) + found.leaderless == found.partitions
    assert all(one.address and one.behind == 0 for one in found.brokers)
