"""What this user may do: asked of the cluster, which tells it with its description.

Nothing is tried out; the operations that are allowed come as a list.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flowodm.connection.changes import is_internal
from flowodm.doctor.report import Finding, failed
from flowodm.errors import FlowODMError

if TYPE_CHECKING:
    from confluent_kafka.admin._metadata import ClusterMetadata

    from flowodm.connection import KafkaConnection

__all__ = ["look_at_access"]

_MOST_ASKED: Final = 100
"""Topics, and groups, whose permissions are asked for."""


def look_at_access(
    connection: "KafkaConnection", metadata: "ClusterMetadata", *, timeout: float
) -> Finding:
    """Ask what this user may do with the cluster, its topics and its groups.

    Args:
        connection: The cluster.
        metadata: Its topics.
        timeout: Seconds for all answers.
    """
    begun = time.monotonic()
    names = sorted(name for name in metadata.topics if not is_internal(name))
    asking = _Asking(connection, begun + timeout)
    try:
        cluster = asking.cluster()
        if not cluster and not names:
            return replace(_refused(connection), seconds=time.monotonic() - begun)
        topics = asking.topics(names[:_MOST_ASKED])
        finding = _permitted(cluster, topics, len(names), asking.groups())
    except FlowODMError as error:
        finding = failed("authorisation", error)
    return replace(finding, seconds=time.monotonic() - begun)


class _Asking:
    """Questions after what is allowed, in a time for all of them together."""

    def __init__(self, connection: "KafkaConnection", until: float) -> None:
        self._connection = connection
        self._admin = connection.admin()
        self._until = until

    def cluster(self) -> frozenset[str]:
        """Ask what may be done with the cluster; nothing where it may not be described."""
        future = self._admin.describe_cluster(
            include_authorized_operations=True, request_timeout=self._left()
        )
        return _operations(self._wait(future))

    def topics(self, names: list[str]) -> list[frozenset[str]]:
        """Ask what may be done with each topic."""
        from confluent_kafka import TopicCollection

        if not names:
            return []
        futures = self._admin.describe_topics(
            TopicCollection(names),
            include_authorized_operations=True,
            request_timeout=self._left(),
        )
        return self._answers(futures.values())

    def groups(self) -> list[frozenset[str]]:
        """Ask what may be done with each group that may be seen.

        Only groups that there are: to look for another would have Kafka make its topic of offsets.
        """
        listed = self._wait(self._admin.list_consumer_groups(request_timeout=self._left()))
        names = sorted(group.group_id for group in listed.valid)[:_MOST_ASKED]
        if not names:
            return []
        futures = self._admin.describe_consumer_groups(
            names, include_authorized_operations=True, request_timeout=self._left()
        )
        return self._answers(futures.values())

    def _left(self) -> float:
        return max(self._until - time.monotonic(), 0.01)

    def _wait(self, future: Any) -> Any:
        return self._connection.wait(future, timeout=self._left())

    def _answers(self, futures: Iterable[Any]) -> list[frozenset[str]]:
        """Collect what is allowed; what is deleted meanwhile has no answer."""
        found = []
        for future in futures:
            with suppress(FlowODMError):
                found.append(_operations(self._wait(future)))
        return found


def _operations(described: Any) -> frozenset[str]:
    allowed = described.authorized_operations or ()
    return frozenset(one.name.lower().replace("_", " ") for one in allowed)


def _refused(connection: "KafkaConnection") -> Finding:
    user = connection.context.client_config("admin").get("sasl.username")
    who = f"user `{user}`" if user else "this client"
    text = f"{who} may see neither the cluster nor a topic"
    hint = "ask for an access control list that allows what is needed"
    return Finding("authorisation", "failure", text, hint, exit_code=4)


def _permitted(
    cluster: frozenset[str],
    topics: list[frozenset[str]],
    count: int,
    groups: list[frozenset[str]],
) -> Finding:
    read, written = (sum(name in one for one in topics) for name in ("read", "write"))
    some = f"{len(topics)} of {count:,}" if len(topics) < count else f"{count:,}"
    parts = [f"cluster: {', '.join(sorted(cluster)) or 'nothing'}"]
    parts += [f"topics ({some}): read {read}, write {written}"] if count else []
    if groups:
        parts.append(f"groups ({len(groups)}): read {sum('read' in one for one in groups)}")
    if topics and not read and not written:
        hint = "ask for access control lists that allow to read or write topics"
        return Finding("authorisation", "warning", "; ".join(parts), hint)
    return Finding("authorisation", "ok", "; ".join(parts))
