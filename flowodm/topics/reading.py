"""Topics: which there are, and one in detail. Reading only; nothing here creates a topic.

A client that asks a broker for a topic's metadata by name may create it
(`auto.create.topics.enable`), so the names come from a question about all topics, and the details
from the admin API, which never creates.
"""

import difflib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowodm.connection.changes import is_internal
from flowodm.connection.kafka import PATIENCE
from flowodm.errors import AuthorizationError, BrokerError, FlowODMError, TopicNotFound, UsageError
from flowodm.patterns import name_filter

if TYPE_CHECKING:
    from concurrent.futures import Future

    from confluent_kafka import TopicPartitionInfo
    from confluent_kafka.admin._metadata import PartitionMetadata
    from confluent_kafka.admin._topic import TopicDescription

    from flowodm.connection import KafkaConnection

__all__ = [
    "ConfigEntry",
    "PartitionDetail",
    "Topic",
    "TopicDetail",
    "describe_topic",
    "list_topics",
    "topic_not_found",
]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic in a list."""

    name: str
    partitions: int
    replicas: int
    """Copies of each partition, as most of them have."""
    under_replicated: int
    """Partitions that have fewer copies in sync than they should."""
    offline: int
    """Partitions without a leader: nothing can be read from or written to them."""
    is_internal: bool


@dataclass(frozen=True, slots=True)
class PartitionDetail:
    """One partition of a topic."""

    number: int
    leader: int | None
    """The broker that leads it; None when it is offline."""
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]
    start: int | None
    """The first offset there is; None when it could not be asked for."""
    end: int | None
    """The offset the next record gets."""
    error: str | None = None
    """Why the offsets are not known."""

    @property
    def span(self) -> int | None:
        """How many offsets there are; compaction and transactions leave fewer records."""
        return None if self.start is None or self.end is None else self.end - self.start

    @property
    def state(self) -> str:
        """`offline`, `under-replicated` or `ok`."""
        if self.leader is None:
            return "offline"
        return "under-replicated" if len(self.in_sync) < len(self.replicas) else "ok"


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """A setting of a topic that is not the cluster's default."""

    name: str
    value: str | None
    """None when it is secret."""


@dataclass(frozen=True, slots=True)
class TopicDetail:
    """A topic with its partitions and its own settings."""

    name: str
    topic_id: str | None
    is_internal: bool
    partitions: tuple[PartitionDetail, ...]
    config: tuple[ConfigEntry, ...] | None
    """The settings that the topic overrides; None when they may not be seen."""

    @property
    def replicas(self) -> int:
        """Copies of each partition, as most of them have."""
        return _usual(len(partition.replicas) for partition in self.partitions)

    @property
    def span(self) -> int:
        """How many offsets there are in the partitions that could be asked."""
        return sum(partition.span or 0 for partition in self.partitions)


def list_topics(
    connection: "KafkaConnection",
    pattern: str | None = None,
    *,
    is_regex: bool = False,
    include_internal: bool = False,
    timeout: float = PATIENCE,
) -> tuple[Topic, ...]:
    """List the topics of a cluster by name, with one question.

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
    fits = name_filter(pattern, "topic", is_regex=is_regex)
    metadata = connection.metadata(timeout)
    return tuple(
        _topic(name, found.partitions.values())
        for name, found in sorted(metadata.topics.items())
        if fits(name) and (include_internal or not is_internal(name))
    )


def describe_topic(
    connection: "KafkaConnection", name: str, *, timeout: float = PATIENCE
) -> TopicDetail:
    """Describe a topic: its partitions, their offsets, and the settings it overrides.

    Args:
        connection: The cluster.
        name: The topic.
        timeout: Seconds to wait for each answer.

    Raises:
        TopicNotFound: There is no such topic.
        AuthorizationError: It may not be described.
        BrokerError: The cluster could not be asked.
    """
    description = _description(connection, name, timeout)
    config = configs_of(connection, (name,), timeout)[name]
    offsets = _Offsets(connection, name, timeout)
    offsets.start(
        [partition.id for partition in description.partitions if _leader(partition) is not None]
    )
    return TopicDetail(
        name,
        _topic_id(description),
        description.is_internal or is_internal(name),
        tuple(
            _partition(partition, offsets)
            for partition in sorted(description.partitions, key=lambda partition: partition.id)
        ),
        read_config(connection, config, timeout),
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


def _topic(name: str, partitions: "Collection[PartitionMetadata]") -> Topic:
    return Topic(
        name,
        len(partitions),
        _usual(len(partition.replicas) for partition in partitions),
        sum(len(partition.isrs) < len(partition.replicas) for partition in partitions),
        sum(partition.leader < 0 for partition in partitions),
        is_internal(name),
    )


def _usual(counts: Iterable[int]) -> int:
    found = Counter(counts).most_common(1)
    return found[0][0] if found else 0


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
        if _is_of(error, "TOPIC_EXCEPTION"):  # no topic can have that name
            raise topic_not_found(connection, name, ()) from error
        raise
    return description


def _is_of(error: BrokerError, name: str) -> bool:
    """Tell whether an error was made of one of librdkafka's."""
    from confluent_kafka import KafkaException

    cause = error.__cause__
    return isinstance(cause, KafkaException) and cause.args[0].name() == name


def _leader(info: "TopicPartitionInfo") -> int | None:
    leader: Any = info.leader  # None for an offline partition, whatever its type says
    return None if leader is None or leader.id < 0 else leader.id


def _topic_id(description: "TopicDescription") -> str | None:
    topic_id: Any = description.topic_id
    if topic_id is None:
        return None
    return str(topic_id).replace("+", "-").replace("/", "_")  # as Kafka's own tools write it


def configs_of(
    connection: "KafkaConnection", names: Collection[str], timeout: float
) -> "dict[str, Future[Any]]":
    """Ask for the settings of topics, in one request."""
    from confluent_kafka.admin import ConfigResource, ResourceType  # type: ignore[attr-defined]  # public

    resources = {name: ConfigResource(ResourceType.TOPIC, name) for name in names}
    if not resources:
        return {}
    asked = [*resources.values()]
    futures = connection.admin().describe_configs(asked, request_timeout=timeout)
    return {name: futures[resource] for name, resource in resources.items()}


def read_config(
    connection: "KafkaConnection", future: "Future[Any]", timeout: float
) -> tuple[ConfigEntry, ...] | None:
    """Take the settings that a topic overrides out of an answer; None: they may not be seen."""
    from confluent_kafka.admin import ConfigSource  # type: ignore[attr-defined]  # it is public

    try:
        found = connection.wait(future, timeout=timeout)
    except AuthorizationError:
        return None
    return tuple(
        ConfigEntry(name, None if entry.is_sensitive else entry.value)
        for name, entry in sorted(found.items())
        if entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    )


class _Offsets:
    """The ends of a topic's partitions, all asked for at once."""

    def __init__(self, connection: "KafkaConnection", name: str, timeout: float) -> None:
        self._connection = connection
        self._name = name
        self._timeout = timeout
        self._earliest: dict[int, Future[Any]] = {}
        self._latest: dict[int, Future[Any]] = {}

    def start(self, numbers: Collection[int]) -> None:
        """Ask; two requests to each leader, however many partitions it leads."""
        from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]  # it is public

        kinds: Any = OffsetSpec
        self._earliest = self._ask(numbers, kinds.earliest())
        self._latest = self._ask(numbers, kinds.latest())

    def of(self, number: int) -> tuple[int, int]:
        """Return the first offset and the end of a partition.

        Raises:
            BrokerError: They could not be asked for.
        """
        earliest, latest = (
            self._connection.wait(futures[number], timeout=self._timeout).offset
            for futures in (self._earliest, self._latest)
        )
        return earliest, latest

    def _ask(self, numbers: Collection[int], spec: Any) -> "dict[int, Future[Any]]":
        from confluent_kafka import TopicPartition

        if not numbers:
            return {}
        futures = self._connection.admin().list_offsets(
            {TopicPartition(self._name, number): spec for number in numbers},
            request_timeout=self._timeout,
        )
        return {partition.partition: future for partition, future in futures.items()}


def _partition(info: "TopicPartitionInfo", offsets: _Offsets) -> PartitionDetail:
    start = end = error = None
    try:
        if _leader(info) is None:
            error = "no leader"
        else:
            start, end = offsets.of(info.id)
    except FlowODMError as failure:
        error = failure.message
    return PartitionDetail(
        info.id,
        _leader(info),
        tuple(node.id for node in info.replicas),
        tuple(node.id for node in info.isr),
        start,
        end,
        error,
    )
