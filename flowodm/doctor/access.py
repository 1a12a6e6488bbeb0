"""What this user may do: asked of the cluster, which tells it with its description.

Nothing is tried out; the operations that are allowed come as a list.
"""

import time
from collections import Counter
from collections.abc import Iterable
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
"""Topics whose permissions are asked for."""


def look_at_access(
    connection: "KafkaConnection", metadata: "ClusterMetadata", *, timeout: float
) -> Finding:
    """Ask what this user may do with the cluster, its topics and its groups.

    Args:
        connection: The cluster.
        metadata: Its topics.
        timeout: Seconds for each answer.
    """
    begun = time.monotonic()
    try:
        finding = _access(connection, metadata, timeout)
    except FlowODMError as error:
        finding = failed("authorisation", error)
    return replace(finding, seconds=time.monotonic() - begun)


def _access(connection: "KafkaConnection", metadata: "ClusterMetadata", timeout: float) -> Finding:
    from confluent_kafka import TopicCollection

    admin = connection.admin()
    cluster = connection.wait(
        admin.describe_cluster(include_authorized_operations=True, request_timeout=timeout),
        timeout=timeout,
    )
    allowed = _operations(cluster.authorized_operations)
    names = sorted(name for name in metadata.topics if not is_internal(name))
    topics: list[frozenset[str]] = []
    if asked := names[:_MOST_ASKED]:
        futures = admin.describe_topics(
            TopicCollection(asked), include_authorized_operations=True, request_timeout=timeout
        )
        topics = _answers(connection, futures.values(), timeout)
    if not allowed and not names:
        who = connection.context.client_config("admin").get("sasl.username")
        text = (
            f"{f'user `{who}`' if who else 'this client'} may see neither the cluster nor a topic"
        )
        hint = "ask for an access control list that allows what is needed"
        return Finding("authorisation", "failure", text, hint, exit_code=4)
    return _permitted(allowed, topics, len(names))


def _answers(
    connection: "KafkaConnection", futures: Iterable[Any], timeout: float
) -> list[frozenset[str]]:
    """Collect what is allowed; a topic that is deleted meanwhile has no answer."""
    found, until = [], time.monotonic() + timeout
    for future in futures:
        try:
            left = max(until - time.monotonic(), 0.01)
            found.append(_operations(connection.wait(future, timeout=left).authorized_operations))
        except FlowODMError:
            continue
    return found


def _operations(operations: Iterable[Any] | None) -> frozenset[str]:
    return frozenset(one.name.lower().replace("_", " ") for one in operations or ())


def _permitted(cluster: frozenset[str], topics: list[frozenset[str]], count: int) -> Finding:
    counts = Counter(operation for one in topics for operation in one)
    may = ", ".join(f"{name} {counts[name]}" for name in ("read", "write"))
    parts = [f"cluster: {', '.join(sorted(cluster)) or 'nothing'}"]
    if topics:
        some = f"{len(topics)} of {count:,}" if len(topics) < count else f"{count:,}"
        parts.append(f"topics ({some}): {may}")
    text = "; ".join(parts)
    if topics and not counts["read"] and not counts["write"]:
        hint = "ask for access control lists that allow to read or write topics"
        return Finding("authorisation", "warning", text, hint)
    return Finding("authorisation", "ok", text)
