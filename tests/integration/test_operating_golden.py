"""What the commands for topics and groups print, for people and for machines, whole."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from flowodm.sandbox import secure
from tests.integration.consumer_groups import commit, fill, member_of
from tests.integration.transcripts import transcript
from tests.servers import TestServers, wait_until
from tests.topics import create_topics
from tests.unit.cli.test_golden import check

pytestmark = pytest.mark.integration

AGE = 50 * 3_600 + 1_800
"""Seconds that records are old: `IN TIME` says `2 d 2 h`, however long the test takes."""


@pytest.fixture
def mark(admin: AdminClient) -> Iterator[str]:
    """What this test's names end with; what has such a name is removed."""
    mark = uuid.uuid4().hex[:8]
    yield mark
    listed = admin.list_consumer_groups().result(15).valid
    groups = [one.group_id for one in listed if one.group_id.endswith(mark)]
    for future in admin.delete_consumer_groups(groups).values() if groups else ():
        future.result(15)
    topics = [name for name in admin.list_topics(timeout=10).topics if name.endswith(mark)]
    for future in admin.delete_topics(topics).values() if topics else ():
        future.result(15)


@pytest.fixture
def environ(clean_environment: dict[str, str], sandbox: TestServers) -> dict[str, str]:
    return clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}


def test_groups_are_looked_at_and_changed(
    make_topic: Callable[..., str],
    admin: AdminClient,
    mark: str,
    sandbox: TestServers,
    environ: Mapping[str, str],
    tmp_path: Path,
) -> None:
    config, old = sandbox.client_config, (int(time.time()) - AGE) * 1000
    topic = make_topic(partitions=3, prefix="orders")
    fill(config, topic, {0: 9, 1: 5}, timestamp=old)
    for future in admin.delete_records([TopicPartition(topic, 1, 3)]).values():
        future.result(30)
    idle, busy = f"idle-{mark}", f"busy-{mark}"
    commit(config, idle, topic, {0: 4, 1: 1}, "a note")
    names = {mark: "0" * 8, topic.removeprefix("orders-"): "0" * 12}
    looks = [
        f"groups list '*-{mark}'",
        f"groups list '*-{mark}' -o wide",
        f"groups list '*-{mark}' -o json",
        f"groups describe {busy}",
        f"groups describe {busy} -o json",
        f"groups lag {idle} {busy}",
        f"groups lag {idle} --max-lag 5 --max-age 1h",
        f"groups lag {idle} -o json",
        f"groups reset {busy} --topic {topic} --to start --execute --yes",
        f"groups delete {busy} --yes",
    ]
    changes = [
        f"groups describe {idle}",
        f"groups reset {idle} --topic {topic} --to -2",
        f"groups reset {idle} --topic {topic} --to -2 -o json",
        f"groups reset {idle} --topic {topic} --to -2 --execute",
        f"groups reset {idle} --topic {topic} --to -2 --execute --yes --undo-file undo.json",
        f"groups reset {idle} --undo undo.json --execute --yes --undo-file again.json -o json",
        f"groups delete {idle} --dry-run",
        f"groups delete {idle} --yes -o json",
        f"groups delete {busy} --yes",
        f"groups describe {idle}",
    ]
    with member_of(config, busy, topic) as member:
        places = [TopicPartition(topic, 0, 9), TopicPartition(topic, 2, 7)]
        member.commit(offsets=places, asynchronous=False)
        looked = transcript(looks, tmp_path, environ, names)
    check("groups.txt", looked + transcript(changes, tmp_path, environ, names))


def test_topics_are_changed(
    mark: str, sandbox: TestServers, admin: AdminClient, environ: Mapping[str, str], tmp_path: Path
) -> None:
    topic = f"orders-{mark}"
    before = [
        f"topics create {topic} --partitions 2 -s retention.ms=7d --dry-run",
        f"topics create {topic} --partitions 2 -s retention.ms=7d",
    ]
    after = [
        f"topics create {topic} -o json",
        "topics create __mine",
        "topics create 'a b'",
        f"topics alter {topic} -s retention.ms=3d --unset cleanup.policy --partitions 3 --dry-run",
        f"topics alter {topic} -s retention.ms=3d --partitions 3",
        f"topics alter {topic} -s retention.ms=3d --yes -o json",
        f"topics alter {topic} -s retention.ms=3d --yes",
        f"topics alter {topic} -s no.such.key=1 --yes",
        f"topics alter {topic} --partitions 1 --yes",
        f"topics purge {topic} --to 3 --dry-run",
        f"topics purge {topic} --to 3",
        f"topics purge {topic} --to 3 --yes -o json",
        f"topics delete {topic} --dry-run",
        f"topics delete {topic}",
        f"topics delete {topic} --yes -o json",
    ]
    names = {mark: "0" * 8}
    shown = transcript(before, tmp_path, environ, names)
    wait_until(lambda: topic in admin.list_topics(timeout=10).topics, seconds=30)
    fill(sandbox.client_config, topic, {0: 5, 1: 2})
    shown += transcript(after, tmp_path, environ, names)
    wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, seconds=30)
    shown += transcript([f"topics delete {topic} --yes"], tmp_path, environ, names)
    check("topics-changes.txt", shown)


def test_what_a_user_may_not_do_ends_with_4(
    secure_sandbox: TestServers, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    """They may see a topic and a group, and change nothing of them."""
    assert secure_sandbox.spec is not None
    mark, config = uuid.uuid4().hex[:8], secure_sandbox.client_config
    admin = AdminClient(dict(config))
    topic, group, shut = f"orders-{mark}", f"billing-{mark}", f"hidden-{mark}"
    create_topics(admin, NewTopic(topic, 1, 1), NewTopic(shut, 1, 1))
    fill(config, topic, {0: 3})
    commit(config, group, topic, {0: 1})
    commit(config, shut, topic, {0: 1})
    user = secure.new_credentials(f"user-{mark}")
    secure.add_user(secure_sandbox.spec, user)
    allow(admin, user.username, (ResourceType.BROKER, "kafka-cluster", AclOperation.DESCRIBE))
    allow(admin, user.username, (ResourceType.GROUP, group, AclOperation.DESCRIBE))
    allow(admin, user.username, (ResourceType.TOPIC, topic, AclOperation.DESCRIBE))
    kafka = dict(secure_sandbox.spec.client_config(user))
    settings = {"bootstrap_servers": kafka.pop("bootstrap.servers"), "kafka": kafka}
    own = json.dumps({"version": 1, "contexts": {"denied": settings}})
    (tmp_path / "flowodm.yaml").write_text(own)
    commands = [
        f"groups list '*-{mark}'",
        f"groups list '*-{mark}' -o json",
        f"groups describe {shut}",
        f"groups lag {shut}",
        f"groups reset {shut} --topic {topic} --to start",
        f"groups reset {group} --topic {topic} --to start --execute --yes",
        f"groups reset {group} --topic {shut} --to start",
        f"groups delete {group} --yes",
        f"topics create new-{mark}",
        f"topics alter {topic} --partitions 2 --yes",
        f"topics purge {topic} --to end --yes",
        f"topics delete {topic} --yes",
        "doctor",
        "doctor -o json",
    ]
    environ = clean_environment | {"FLOWODM_CONTEXT": "denied"}
    wait_until(  # permissions come through one after the other
        lambda: "exit" not in transcript([f"groups lag {group}"], tmp_path, environ, {}),
        seconds=30,
    )
    check("denied.txt", transcript(commands, tmp_path, environ, {mark: "0" * 8}))


def allow(admin: AdminClient, user: str, what: tuple[ResourceType, str, AclOperation]) -> None:
    kind, name, operation = what
    shape, effect = ResourcePatternType.LITERAL, AclPermissionType.ALLOW
    binding = AclBinding(kind, name, shape, f"User:{user}", "*", operation, effect)
    for future in admin.create_acls([binding]).values():
        future.result(15)
