"""The questions to a cluster about groups, many groups in each. Nothing is created.

To ask who coordinates a group makes Kafka create its topic of offsets, and librdkafka's admin
client crashes on a cluster where that topic is being made. So the list of groups comes first, from
the brokers themselves; only a group that is in it is asked about, and then by a consumer that never
subscribes before the admin client is let near its offsets.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from flowodm.connection.kafka import PATIENCE
from flowodm.errors import (
    AuthorizationError,
    BrokerUnreachable,
    FlowODMError,
    GroupNotFound,
)
from flowodm.groups.coordinators import Coordinators
from flowodm.groups.group import Commit
from flowodm.reading.choice import Layout
from flowodm.reading.cluster import Cluster, layout_of
from flowodm.reading.options import ReadOptions
from flowodm.reading.source import consumer_settings
from flowodm.reading.spans import Partition

if TYPE_CHECKING:

    from confluent_kafka import Consumer, TopicPartition
    from confluent_kafka.admin._group import ConsumerGroupDescription, ConsumerGroupListing

    from flowodm.connection import KafkaConnection

__all__ = ["Commits", "Desk"]

Commits = dict[Partition, Commit | FlowODMError]

_SHARE: Final = 0.75
"""How much of the patience a broker gets: what others answered is then still taken."""
_FETCH: Final = "65536"
"""Bytes of one partition: its first record is all that is wanted."""


class Desk:
    """One command's questions; use it in a `with` statement.

    Args:
        connection: The cluster.
        timeout: Seconds to wait for each answer.
    """

    def __init__(self, connection: "KafkaConnection", *, timeout: float = PATIENCE) -> None:
        self.connection = connection
        self.timeout = timeout
        self._coordinators = Coordinators.of(connection)
        self._consumer: Consumer | None = None
        self._cluster: Cluster | None = None
        self.failures: tuple[FlowODMError, ...] = ()
        """Brokers that did not list their groups."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._cluster is not None:
            self._cluster.close(0 if kind is not None else 1.0)

    @property
    def asking(self) -> "KafkaConnection":
        """Whose admin client is asked about groups, and about the offsets of their topics."""
        return self._coordinators.asking

    def layout(self) -> Layout:
        """Return who leads each partition, as the client that is asked for offsets then knows too.

        One that was there before an outage would name the leaders of that time, and be refused.
        """
        return layout_of(self.asking.metadata(self.timeout))

    def listing(self) -> "dict[str, ConsumerGroupListing]":
        """Return the groups there are, by name.

        Raises:
            BrokerError: No broker listed its groups.
        """
        from flowodm.connection import broker_error

        asking = self.asking
        found = self._coordinators.wait(
            lambda admin: admin.list_consumer_groups(request_timeout=self.timeout * _SHARE),
            timeout=self.timeout,
        )
        self.failures = tuple(
            broker_error(error, connection=asking) for error in found.errors or ()
        )
        if any(isinstance(error, BrokerUnreachable) for error in self.failures):
            self._coordinators.give_up(asking)
        if self.failures and not found.valid:
            raise self.failures[0]
        return {one.group_id: one for one in sorted(found.valid, key=lambda one: one.group_id)}

    def check_known(self, names: Iterable[str], listing: Mapping[str, object]) -> None:
        """Refuse a name that no group has.

        Raises:
            GroupNotFound: There is none, as far as we may know.
            AuthorizationError: It may not be described.
        """
        for name in names:
            if name not in listing:
                if not self._sees_all():
                    self._check_allowed(name)
                raise group_not_found(self.connection, name, listing)

    def consumer(self, name: str) -> "Consumer":
        """Return a consumer that joins nothing, once it has heard from a group's coordinator.

        Args:
            name: A group there is, and that may be described: of another the coordinator is
                never found.
        """
        if self._consumer is None:
            options = ReadOptions(
                isolation="read_uncommitted", kafka={"max.partition.fetch.bytes": _FETCH}
            )
            settings = consumer_settings(options) | {"group.id": name}
            self._consumer = self.connection.consumer(settings)
            self._cluster = Cluster(self._consumer, self.connection, timeout=self.timeout)
            self._hear_coordinator(self._consumer)
        return self._consumer

    def cluster(self, name: str) -> Cluster:
        """Return what answers questions about topics and offsets."""
        self.consumer(name)
        assert self._cluster is not None
        return self._cluster

    def describe(
        self, names: Sequence[str]
    ) -> "dict[str, ConsumerGroupDescription | FlowODMError]":
        """Describe groups that are there, all at once; or say why one cannot be."""
        if not names:
            return {}
        return self._coordinators.all(
            lambda admin: admin.describe_consumer_groups(list(names), request_timeout=self.timeout),
            timeout=self.timeout,
        )

    def commits(self, names: Sequence[str]) -> dict[str, Commits | FlowODMError]:
        """Return what groups have stored, all asked at once; or why it cannot be had."""
        from confluent_kafka import ConsumerGroupTopicPartitions

        if not names:
            return {}
        self.consumer(names[0])
        answers = self._coordinators.all(
            lambda admin: {
                name: admin.list_consumer_group_offsets(
                    [ConsumerGroupTopicPartitions(name)], request_timeout=self.timeout
                )[name]
                for name in names
            },
            timeout=self.timeout,
        )
        return {
            name: (
                answer
                if isinstance(answer, FlowODMError)
                else self._commits(answer.topic_partitions or ())
            )
            for name, answer in answers.items()
        }

    def _commits(self, found: "Iterable[TopicPartition]") -> Commits:
        from flowodm.connection import broker_error

        commits: Commits = {}
        for one in found:
            partition = Partition(one.topic, one.partition)
            if one.error is not None:
                commits[partition] = broker_error(one.error, connection=self.connection)
            elif one.offset >= 0:
                commits[partition] = Commit(one.offset, one.metadata or "", one.leader_epoch)
        return commits

    def _hear_coordinator(self, consumer: "Consumer") -> None:
        from confluent_kafka import TopicPartition

        place = [TopicPartition("no-topic-at-all", 0)]
        try:
            self.connection.call(
                lambda: consumer.committed(place, timeout=self.timeout * _SHARE),
                timeout=self.timeout,
            )
        except AuthorizationError:
            return  # it has answered

    def _sees_all(self) -> bool:
        """Whether the list of groups shows us every one."""
        from confluent_kafka.admin import AclOperation  # type: ignore[attr-defined]  # public

        asked = self.connection.admin().describe_cluster(
            include_authorized_operations=True, request_timeout=self.timeout
        )
        found = self.connection.wait(asked, timeout=self.timeout)
        return AclOperation.DESCRIBE in (found.authorized_operations or ())

    def _check_allowed(self, name: str) -> None:
        (answer,) = self.describe([name]).values()
        if isinstance(answer, AuthorizationError):
            raise denied(name, answer)


def denied(name: str, error: AuthorizationError) -> AuthorizationError:
    """Return the error with the group's name."""
    return AuthorizationError(f"not allowed to describe group `{name}`", hint=error.hint)


def group_not_found(
    connection: "KafkaConnection", name: str, known: Iterable[str]
) -> GroupNotFound:
    """Make the error for a group that is not there, with the nearest name."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    suggestion = f"did you mean `{near[0]}`?  (flowodm groups list)" if near else None
    return GroupNotFound(
        f"group `{name}` does not exist on {connection.context.bootstrap_servers}",
        hint=suggestion or "see which there are: flowodm groups list",
    )
