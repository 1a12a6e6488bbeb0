"""A list of topics with what is in them: a few questions, however many topics there are.

Metadata is asked once, of all topics. The ends of all partitions are two requests to each broker,
the subjects one to the registry, the settings one for each 200 topics, where they are wanted: they
are much the largest answer.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flowodm.connection.changes import is_internal
from flowodm.connection.errors import kafka_name
from flowodm.connection.kafka import PATIENCE
from flowodm.errors import AuthorizationError, BrokerError, FlowODMError
from flowodm.patterns import name_filter
from flowodm.reading.choice import NO_LEADER, Layout
from flowodm.reading.offsets import Failures, read_bounds
from flowodm.reading.spans import Bounds, Partition
from flowodm.topics.settings import Settings, read_settings
from flowodm.topics.subjects import names_of, start_subjects
from flowodm.topics.topic import Topic, TopicReading, usual

if TYPE_CHECKING:
    from collections.abc import Collection

    from confluent_kafka.admin._metadata import ClusterMetadata, PartitionMetadata

    from flowodm.connection import KafkaConnection

__all__ = ["list_topics", "read_topics"]

_SPECIAL: Final = re.compile(r"[*?\[]")
"""What makes a glob of a name."""
_PASSING: Final = (
    "UNKNOWN_TOPIC_OR_PART",
    "_UNKNOWN_PARTITION",
    "LEADER_NOT_AVAILABLE",
    "NOT_LEADER_FOR_PARTITION",
    "FENCED_LEADER_EPOCH",
    "UNKNOWN_LEADER_EPOCH",
)
_MOVING: Final = "being created, moved or deleted"
"""What those say together: brokers hear of topics and leaders one after the other."""


def list_topics(
    connection: "KafkaConnection",
    pattern: str | None = None,
    *,
    is_regex: bool = False,
    include_internal: bool = False,
    timeout: float = PATIENCE,
) -> tuple[Topic, ...]:
    """List the topics of a cluster by name, with one question: what is in them is not asked.

    Args:
        connection: The cluster.
        pattern: Which topics: a glob (`user-*`) that fits the whole name.
        is_regex: Whether the pattern is a regular expression instead, found anywhere in a name.
        include_internal: Whether topics of Kafka and the registry themselves are listed.
        timeout: Seconds to wait for the cluster.

    Raises:
        UsageError: The pattern is no regular expression.
        BrokerError: The cluster could not be asked.
    """
    fits = _filter(() if pattern is None else (pattern,), is_regex=is_regex)
    return _topics(connection.metadata(timeout), fits, include_internal=include_internal)


def read_topics(
    connection: "KafkaConnection",
    patterns: Sequence[str] = (),
    *,
    is_regex: bool = False,
    include_internal: bool = False,
    with_records: bool = True,
    with_config: bool = False,
    with_subjects: bool = True,
    timeout: float = PATIENCE,
) -> TopicReading:
    """List topics with what is in them; one that may not be seen says so.

    A name that is asked for as it stands and that we may not describe is listed as such; Kafka
    keeps the others that we may not describe out of every list.

    Args:
        connection: The cluster.
        patterns: Which topics: globs (`user-*`) or names, any of which fits; none: all.
        is_regex: Whether they are regular expressions instead, found anywhere in a name.
        include_internal: Whether topics of Kafka and the registry themselves are listed.
        with_records: Whether to ask for the ends of all partitions.
        with_config: Whether to ask for the settings that topics override.
        with_subjects: Whether to ask the registry, if the context has one, for its subjects.
        timeout: Seconds to wait for each answer.

    Raises:
        UsageError: A pattern is no regular expression.
        BrokerError: The cluster could not be asked.
    """
    fits = _filter(patterns, is_regex=is_regex)
    subjects = start_subjects(connection) if with_subjects else None
    metadata = connection.metadata(timeout)
    topics = _topics(metadata, fits, include_internal=include_internal)
    if with_records:
        topics = _with_records(connection, metadata, topics, timeout)
    if with_config:
        names = [topic.name for topic in topics]
        settings = read_settings(connection, names, only_own=True, timeout=timeout)
        topics = tuple(_with_config(one, settings[one.name]) for one in topics)
    if not is_regex:
        topics += _hidden(connection, patterns, metadata.topics, timeout)
    if subjects is None:
        return TopicReading(topics)
    known, failures = subjects.answer(timeout)
    if known is not None:
        topics = tuple(
            replace(one, subjects=tuple(name for name in names_of(one.name) if name in known))
            for one in topics
        )
    return TopicReading(topics, failures)


def _filter(patterns: Sequence[str], *, is_regex: bool) -> Callable[[str], bool]:
    if not patterns:
        return lambda name: True
    filters = [name_filter(pattern, "topic", is_regex=is_regex) for pattern in patterns]
    return lambda name: any(fits(name) for fits in filters)


def _topics(
    metadata: "ClusterMetadata", fits: Callable[[str], bool], *, include_internal: bool
) -> tuple[Topic, ...]:
    return tuple(
        _topic(name, found.partitions.values())
        for name, found in sorted(metadata.topics.items())
        if fits(name) and (include_internal or not is_internal(name))
    )


def _topic(name: str, partitions: "Collection[PartitionMetadata]") -> Topic:
    return Topic(
        name,
        len(partitions),
        usual(len(partition.replicas) for partition in partitions),
        sum(len(partition.isrs) < len(partition.replicas) for partition in partitions),
        sum(partition.leader < 0 for partition in partitions),
        is_internal(name),
    )


def _with_records(
    connection: "KafkaConnection",
    metadata: "ClusterMetadata",
    topics: Sequence[Topic],
    timeout: float,
) -> tuple[Topic, ...]:
    layout: Layout = {
        one.name: {
            number: part.leader if part.leader >= 0 else NO_LEADER
            for number, part in metadata.topics[one.name].partitions.items()
        }
        for one in topics
    }
    everything = [Partition(name, number) for name, parts in layout.items() for number in parts]
    bounds, failures = read_bounds(connection, layout, everything, timeout=timeout)
    return tuple(_counted(one, layout[one.name], bounds, failures) for one in topics)


def _counted(
    topic: Topic,
    leaders: Mapping[int, int],
    bounds: Mapping[Partition, Bounds],
    failures: Failures,
) -> Topic:
    parts = [Partition(topic.name, number) for number in leaders]
    known = [bounds[one] for one in parts if one in bounds]
    errors = [
        failures[one] for one in parts if one in failures and leaders[one.number] != NO_LEADER
    ]
    lasting = [error for error in errors if kafka_name(error) not in _PASSING]
    return replace(
        topic,
        records=sum(one.latest - one.earliest for one in known) if known else None,
        written=sum(one.latest for one in known) if known else None,
        error=lasting[0] if lasting else None,
        note=_MOVING if len(lasting) < len(errors) else None,
    )


def _with_config(topic: Topic, settings: Settings) -> Topic:
    if not isinstance(settings, FlowODMError):
        return replace(topic, config=settings)
    if kafka_name(settings) in _PASSING:
        return replace(topic, note=_MOVING)
    return replace(topic, error=topic.error or settings)


def _hidden(
    connection: "KafkaConnection", names: Iterable[str], known: Mapping[str, Any], timeout: float
) -> tuple[Topic, ...]:
    """Ask for the names that no topic of the list has: they may only be hidden from us."""
    from confluent_kafka import TopicCollection

    missing = [name for name in dict.fromkeys(names) if _is_missing(name, known)]
    if not missing:
        return ()
    futures = connection.admin().describe_topics(TopicCollection(missing), request_timeout=timeout)
    found = []
    for name, future in futures.items():
        try:
            connection.wait(future, timeout=timeout)
        except AuthorizationError as error:
            message = f"not allowed to describe topic `{name}`"
            denied = AuthorizationError(message, hint=error.hint)
            found.append(Topic(name, 0, 0, 0, 0, is_internal(name), error=denied))
        except BrokerError:
            continue  # as the list says: there is none
    return tuple(found)


def _is_missing(name: str, known: Mapping[str, Any]) -> bool:
    return bool(name) and name not in known and not _SPECIAL.search(name)
