"""Which topics are listed, and what a partition's state is; the rest needs a broker."""

from typing import Any

import pytest

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.errors import AuthorizationError, BrokerError, UsageError
from flowodm.topics import (
    ConfigEntry,
    PartitionDetail,
    Topic,
    TopicDetail,
    TopicReading,
    list_topics,
    topic_not_found,
)

pytestmark = pytest.mark.unit

NAMES = ("orders", "user-events", "user-events-dlt", "_private", "__consumer_offsets", "_schemas")


class Metadata:
    """What a broker says of topics, without a broker."""

    def __init__(self, *names: str) -> None:
        self.topics = dict.fromkeys(names, self)
        self.partitions: dict[int, Any] = {}


class Asked(KafkaConnection):
    """A connection that knows the answer."""

    def metadata(self, timeout: float = 0) -> Any:
        return Metadata(*NAMES)


def listed(pattern: str | None = None, **options: bool) -> list[str]:
    connection = Asked(Context(bootstrap_servers="b:1"))
    return [topic.name for topic in list_topics(connection, pattern, **options)]


def test_internal_topics_are_left_out_and_names_are_in_order() -> None:
    assert listed() == ["_private", "orders", "user-events", "user-events-dlt"]
    assert listed(include_internal=True) == sorted(NAMES)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("orders", ["orders"]),
        ("user*", ["user-events", "user-events-dlt"]),
        ("*s", ["orders", "user-events"]),
        ("o?ders", ["orders"]),
        ("[ou]*", ["orders", "user-events", "user-events-dlt"]),
        ("ORDERS", []),
        ("", []),
    ],
)
def test_a_glob_fits_the_whole_name(pattern: str, expected: list[str]) -> None:
    assert listed(pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("event", ["user-events", "user-events-dlt"]),
        ("^user-events$", ["user-events"]),
        ("(?i)ORD", ["orders"]),
    ],
)
def test_a_pattern_is_found_anywhere(pattern: str, expected: list[str]) -> None:
    assert listed(pattern, is_regex=True) == expected


def test_what_is_no_pattern_is_said_before_anything_is_asked() -> None:
    with pytest.raises(UsageError, match=r"`\(` is no regular expression"):
        list_topics(KafkaConnection("never-loaded"), "(", is_regex=True)


def partition(
    *, leader: int | None = 1, in_sync: tuple[int, ...] = (1, 2), end: int | None = 9
) -> PartitionDetail:
    return PartitionDetail(0, leader, (1, 2), in_sync, None if end is None else 4, end)


@pytest.mark.parametrize(
    ("changes", "state", "span"),
    [
        ({}, "ok", 5),
        ({"in_sync": (1,)}, "under-replicated", 5),
        ({"leader": None, "in_sync": (), "end": None}, "offline", None),
    ],
)
def test_the_state_of_a_partition(changes: Any, state: str, span: int | None) -> None:
    found = partition(**changes)
    assert (found.state, found.span) == (state, span)


def test_a_topic_counts_what_could_be_asked() -> None:
    detail = TopicDetail("t", None, False, (partition(), partition(leader=None, end=None)), ())
    assert (detail.span, detail.replicas) == (5, 2)
    assert TopicDetail("t", None, False, (), None).replicas == 0


def test_only_the_settings_that_a_topic_overrides_are_its_own() -> None:
    own, shared = ConfigEntry("a", "1"), ConfigEntry("b", "2", "static broker")
    assert TopicDetail("t", None, False, (), (own, shared)).config == (own,)
    assert TopicDetail("t", None, False, (), None).config is None


DENIED = AuthorizationError("not allowed")


@pytest.mark.parametrize(
    ("topic", "state"),
    [
        (Topic("t", 3, 2, 0, 0, False), "ok"),
        (Topic("t", 3, 2, 1, 0, False), "under-replicated"),
        (Topic("t", 3, 2, 2, 1, False), "offline"),
        (Topic("t", 0, 0, 0, 0, False, error=DENIED), "hidden"),
        (Topic("t", 3, 2, 0, 0, False, error=DENIED), "ok"),
    ],
)
def test_the_state_of_a_topic(topic: Topic, state: str) -> None:
    assert topic.state == state


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ((), 0),
        ((None,), 0),
        ((BrokerError("x"), None), 1),
        ((BrokerError("x"), DENIED), 4),
    ],
)
def test_the_exit_code_of_a_list(errors: tuple[Any, ...], code: int) -> None:
    topics = tuple(Topic("t", 1, 1, 0, 0, False, error=error) for error in errors)
    assert TopicReading(topics, (BrokerError("the registry is away"),)).exit_code == code


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("user-event", "did you mean `user-events`?  (flowodm topics list)"),
        ("nothing-like-it", "see which there are: flowodm topics list"),
    ],
)
def test_a_topic_that_is_not_there_gets_a_suggestion(name: str, hint: str) -> None:
    error = topic_not_found(Asked(Context(bootstrap_servers="b:1")), name, NAMES)
    assert error.message == f"topic `{name}` does not exist on b:1"
    assert (error.hint, error.exit_code) == (hint, 1)
