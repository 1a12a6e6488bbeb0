"""A read leaves no trace: no topic, no group, no commit, though the broker would make them."""

from collections.abc import Iterator

import pytest

from flowodm.doctor import examine
from flowodm.errors import TopicNotFound, UsageError
from flowodm.plan import Desired, DesiredTopic, build_plan, prove_plan, read_state
from flowodm.positions import End, FromEnd, Range
from flowodm.reader import Reader, ReadOptions
from flowodm.sandbox import Sandbox
from tests.cluster_state import state_of
from tests.reading import Topics, connect, read_all
from tests.servers import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def eager() -> Iterator[Sandbox]:
    """A broker that creates every topic it hears of, and a registry."""
    with Sandbox(properties={"auto.create.topics.enable": "true"}) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def eager_topics(eager: Sandbox) -> Topics:
    return Topics(eager.client_config)


def test_a_read_creates_no_topic_no_group_and_no_commit(eager_topics: Topics) -> None:
    topic = eager_topics.make("read", partitions=3)
    eager_topics.produce(topic, 30, partitions=3)
    connection = connect(eager_topics.config)
    before = state_of(eager_topics.admin)

    records, _ = read_all(connection, topic, ReadOptions())
    assert len(records) == 30
    for options in (
        ReadOptions(range=Range(FromEnd(2))),
        ReadOptions(last=5),
        ReadOptions(limit=1),
        ReadOptions(range=Range(End()), follow=True, refresh=0.1, idle_timeout=0.5),
        ReadOptions(regex=True),
    ):
        read_all(connection, "read.*" if options.regex else topic, options)
    with pytest.raises(TopicNotFound):
        read_all(connection, "no-such-topic", ReadOptions())
    with pytest.raises(TopicNotFound):
        read_all(connection, "no-such-topic", ReadOptions(follow=True))
    with pytest.raises(TopicNotFound):
        read_all(connection, "no-such-.*", ReadOptions(regex=True))
    with pytest.raises(UsageError):
        read_all(connection, topic, ReadOptions(partitions=(9,)))

    after = state_of(eager_topics.admin)
    # Kafka makes its own topic of offsets when a client first asks who coordinates a group, and
    # librdkafka's consumer always asks
    assert after["topics"].keys() - before["topics"].keys() <= {"__consumer_offsets"}
    assert (after["ends"], after["groups"]) == (before["ends"], before["groups"])


def test_a_plan_and_its_proof_create_nothing(eager_topics: Topics) -> None:
    topic = eager_topics.make("planned")
    connection = connect(eager_topics.config)
    before = state_of(eager_topics.admin)
    settings = {"retention.ms": "1000"}
    wanted = (DesiredTopic("no-such-topic", 3), DesiredTopic(topic, 5, None, settings))
    desired = Desired(wanted)
    plan = prove_plan(connection, build_plan(desired, read_state(connection, desired)))
    assert [step.action for step in plan.steps] == ["create", "alter"]
    assert plan.is_applicable
    assert state_of(eager_topics.admin) == before
    again = build_plan(desired, read_state(connection, desired))
    assert again.steps == plan.steps


def test_an_examination_creates_nothing(eager_topics: Topics) -> None:
    eager_topics.make("examined")
    before = state_of(eager_topics.admin)
    assert examine(connect(eager_topics.config).context).failures == 0
    assert state_of(eager_topics.admin) == before


def test_this_broker_creates_what_a_careless_client_asks_for(eager_topics: Topics) -> None:
    """The test above could not fail without this."""
    admin, name = eager_topics.admin, "asked-for-by-name"
    admin.list_topics(name, timeout=10)
    wait_until(lambda: name in admin.list_topics(timeout=10).topics, what="the topic is made")


def test_a_topic_that_is_deleted_while_it_is_followed_does_not_come_back(
    eager_topics: Topics,
) -> None:
    topic = eager_topics.make("gone")
    eager_topics.produce(topic, 3)
    records = []
    options = ReadOptions(follow=True, refresh=0.2)
    with Reader(connect(eager_topics.config), (topic,), options) as reader:
        for batch in reader.batches():
            records += batch
            if len(records) == 3 and batch:
                eager_topics.admin.delete_topics([topic])[topic].result(timeout=15)
        (notice,) = reader.notices
    assert notice.message == f"`{topic}` [0] was deleted while it was read"
    assert notice.is_problem
    assert topic not in eager_topics.admin.list_topics(timeout=10).topics


def test_a_group_that_is_asked_for_is_joined_and_commits(eager_topics: Topics) -> None:
    topic = eager_topics.make("grouped")
    eager_topics.produce(topic, 5)
    connection = connect(eager_topics.config)
    first, _ = read_all(connection, topic, ReadOptions(group="wanted", limit=2))
    rest, _ = read_all(connection, topic, ReadOptions(group="wanted"))
    assert [record.offset for record in first + rest] == [0, 1, 2, 3, 4]
    state = state_of(eager_topics.admin)
    _, _, commits = state["groups"]["wanted"]
    assert [offset for offset, _ in commits.values()] == [5]
