"""One topic in detail. Reading only; nothing here creates a topic.

A client that asks a broker for a topic's metadata by name may create it
(`auto.create.topics.enable`), so the names come from a question about all topics, and the details
from the admin API, which never creates.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flowodm.connection.changes import is_internal
from flowodm.connection.errors import kafka_name
from flowodm.connection.kafka import PATIENCE
from flowodm.errors import AuthorizationError, BrokerError, TopicNotFound, UsageError
from flowodm.reading.choice import NO_LEADER
from flowodm.reading.offsets import Failures, read_bounds
from flowodm.reading.spans import Bounds, Partition
from flowodm.topics.settings import read_settings
from flowodm.topics.subjects import start_latest
from flowodm.topics.topic import ConfigEntry, PartitionDetail, TopicDetail

if TYPE_CHECKING:
    from confluent_kafka import TopicPartitionInfo
    from confluent_kafka.admin._topic import TopicDescription

    from flowodm.connection import KafkaConnection

__all__ = ["describe_topic", "topic_not_found"]


def describe_topic(
    connection: "KafkaConnection",
    name: str,
    *,
    with_subjects: bool = False,
    timeout: float = PATIENCE,
) -> TopicDetail:
    """Describe a topic: its partitions, their offsets, and the settings that count for it.

    Args:
        connection: The cluster.
        name: The topic.
        with_subjects: Whether to ask the registry, if the context has one, for its schemas.
        timeout: Seconds to wait for each answer.

    Raises:
        TopicNotFound: There is no such topic.
        AuthorizationError: It may not be described.
        BrokerError: The cluster could not be asked.
    """
    description = _description(connection, name, timeout)
    subjects = start_latest(connection, name) if with_subjects else None
    infos = sorted(description.partitions, key=lambda info: info.id)
    leaders = {info.id: NO_LEADER if _leader(info) is None else info.leader.id for info in infos}
    places = [Partition(name, number) for number in leaders]
    bounds, failures = read_bounds(connection, {name: leaders}, places, timeout=timeout)
    settings = _settings(connection, name, timeout)
    found, unanswered = (None, ()) if subjects is None else subjects.answer(timeout)
    return TopicDetail(
        name,
        _topic_id(description),
        description.is_internal or is_internal(name),
        tuple(_partition(name, info, bounds, failures) for info in infos),
        settings,
        found,
        unanswered,
    )


def topic_not_found(
    connection: "KafkaConnection", name: str, known: Iterable[str]
) -> TopicNotFound:
    """Make the error for a topic that is not there, with the nearest names.

    Args:
        connection: The cluster.
        name: The topic that was asked for.
        known: The topics there are.
    """
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    suggestion = f"did you mean `{near[0]}`?  (flowodm topics list)" if near else None
    return TopicNotFound(
        f"topic `{name}` does not exist on {connection.context.bootstrap_servers}",
        hint=suggestion or "see which there are: flowodm topics list",
    )


def _description(connection: "KafkaConnection", name: str, timeout: float) -> "TopicDescription":
    from confluent_kafka import TopicCollection

    if not name:
        raise UsageError("a topic needs a name")
    admin = connection.admin()
    futures = admin.describe_topics(TopicCollection([name]), request_timeout=timeout)
    try:
        description: TopicDescription = connection.wait(futures[name], timeout=timeout)
    except TopicNotFound as error:
        raise topic_not_found(connection, name, connection.metadata(timeout).topics) from error
    except BrokerError as error:
        if kafka_name(error) == "TOPIC_EXCEPTION":  # no topic can have that name
            raise topic_not_found(connection, name, ()) from error
        raise
    return description


def _leader(info: "TopicPartitionInfo") -> int | None:
    leader: Any = info.leader  # None for an offline partition, whatever its type says
    return None if leader is None or leader.id < 0 else leader.id


def _topic_id(description: "TopicDescription") -> str | None:
    topic_id: Any = description.topic_id
    if topic_id is None:
        return None
    return str(topic_id).replace("+", "-").replace("/", "_")  # as Kafka's own tools write it


def _settings(
    connection: "KafkaConnection", name: str, timeout: float
) -> tuple[ConfigEntry, ...] | None:
    found = read_settings(connection, (name,), timeout=timeout)[name]
    if isinstance(found, AuthorizationError):
        return None
    if isinstance(found, TopicNotFound):  # it was deleted meanwhile
        raise topic_not_found(connection, name, ())
    if isinstance(found, BrokerError):
        raise found
    return found


def _partition(
    name: str,
    info: "TopicPartitionInfo",
    bounds: Mapping[Partition, Bounds],
    failures: Failures,
) -> PartitionDetail:
    place = Partition(name, info.id)
    ends, failure = bounds.get(place), failures.get(place)
    return PartitionDetail(
        info.id,
        _leader(info),
        tuple(node.id for node in info.replicas),
        tuple(node.id for node in info.isr),
        None if ends is None else ends.earliest,
        None if ends is None else ends.latest,
        None if failure is None else failure.message,
        None if ends is None else ends.leader_epoch,
    )
