"""librdkafka's look at a cluster: the login, the metadata, every broker, and what is allowed.

It asks for the metadata of all topics and for the operations that this user may do: neither
creates anything. What went wrong with a connection is named by `flowodm.connection`.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flowodm.connection.changes import is_internal
from flowodm.connection.waiting import in_thread
from flowodm.doctor.report import Finding, StepName, failed
from flowodm.doctor.servers import look_at, servers_of, uses_sasl
from flowodm.errors import FlowODMError

if TYPE_CHECKING:
    from confluent_kafka.admin._metadata import ClusterMetadata

    from flowodm.connection import KafkaConnection
    from flowodm.connection.causes import Cause, Kind

__all__ = ["look_at_access", "look_at_cluster", "look_at_listeners"]

_STEPS: Final[dict["Kind", StepName]] = {
    "certificate": "tls",
    "client_certificate": "tls",
    "tls": "tls",
    "credentials": "sasl",
    "mechanism": "sasl",
    "token": "sasl",
    "no_sasl": "sasl",
}
"""Which step a cause belongs to; the others to the one that was under way."""

_MOST_ASKED: Final = 100
"""Topics and groups whose permissions are asked for."""


def look_at_cluster(
    connection: "KafkaConnection", *, timeout: float
) -> "tuple[tuple[Finding, ...], ClusterMetadata | None]":
    """Log in, and ask for the metadata.

    Args:
        connection: The cluster.
        timeout: Seconds for each of the two.

    Returns:
        What was found, and the metadata when it came.
    """
    config = connection.context.client_config("admin")
    found: list[Finding] = []
    step: StepName = "sasl" if uses_sasl(config) else "metadata"
    begun = time.monotonic()
    try:
        metadata = _metadata(connection, timeout)
        if step == "sasl":
            found.append(Finding("sasl", "ok", _who(config), None, time.monotonic() - begun))
            step, begun = "metadata", time.monotonic()
            metadata = _metadata(connection, timeout)
    except FlowODMError as error:
        seconds = time.monotonic() - begun
        if (astray := _astray(connection)) is not None:
            return (*found, *_misled(config, step, astray, seconds)), None
        step = _step_of(connection, step)
        place = _place(connection) if step == "tls" else None
        return (*found, failed(step, error, seconds=seconds, place=place)), None
    found.append(_described(connection, metadata, time.monotonic() - begun))
    return tuple(found), metadata


def look_at_listeners(
    metadata: "ClusterMetadata", config: Mapping[str, str], *, timeout: float
) -> tuple[Finding, ...]:
    """Look at every broker under the address that it tells clients, all at once.

    Args:
        metadata: The brokers.
        config: librdkafka's configuration.
        timeout: Seconds for each step of each look.
    """
    begun = time.monotonic()
    brokers = {broker.id: _server(broker) for broker in metadata.brokers.values()}
    looks = {
        number: in_thread(partial(look_at, server, config, timeout=timeout))
        for number, server in sorted(brokers.items())
    }
    last = {number: look.result()[-1] for number, look in looks.items()}
    bad = {number: one for number, one in last.items() if one.status == "failure"}
    good = [f"{number} {brokers[number]}" for number in last if number not in bad]
    found = [_unreachable(number, one) for number, one in bad.items()]
    if good:
        found.insert(0, Finding("listeners", "ok", _listed(good), None, time.monotonic() - begun))
    return tuple(found)


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


def _metadata(connection: "KafkaConnection", timeout: float) -> "ClusterMetadata":
    """Ask for the metadata; once more where only a broker that it names was in the way."""
    begun = time.monotonic()
    try:
        return connection.metadata(timeout)
    except FlowODMError:
        left = timeout - (time.monotonic() - begun)
        if left <= 0 or _astray(connection) is None:
            raise
        connection.close()
        return connection.metadata(left)


def _astray(connection: "KafkaConnection") -> "Cause | None":
    """Return what is wrong with a broker that only the metadata names.

    librdkafka leaves the address that it came by for those that the brokers tell. Where these are
    not reached, the answer may be lost on the way; but there was one.
    """
    failure = connection.journal.worst()
    known = servers_of(connection.context.client_config("admin"))
    if failure is None or failure.cause.address in ("", *known):
        return None
    return failure.cause


def _misled(
    config: Mapping[str, str], step: StepName, cause: "Cause", seconds: float
) -> tuple[Finding, ...]:
    found = [Finding("sasl", "ok", _who(config), None, seconds)] if step == "sasl" else []
    text = f"the cluster names a broker at {cause.address}"
    last = Finding("tcp", "failure", f"{cause.address}: {cause.text}", None, None, cause.address)
    return (
        *found,
        Finding("metadata", "ok", text, None, seconds),
        _unreachable(None, last),
    )


def _place(connection: "KafkaConnection") -> str | None:
    """Return the address of what went wrong; None when it is about no broker."""
    failure = connection.journal.worst()
    return failure.cause.address or None if failure else None


def _step_of(connection: "KafkaConnection", under_way: StepName) -> StepName:
    failure = connection.journal.worst()
    return _STEPS.get(failure.cause.kind, under_way) if failure else under_way


def _who(config: Mapping[str, str]) -> str:
    mechanism = config.get("sasl.mechanism", config.get("sasl.mechanisms", "GSSAPI"))
    user = config.get("sasl.username")
    return f"user `{user}` by {mechanism}" if user else mechanism


def _described(
    connection: "KafkaConnection", metadata: "ClusterMetadata", seconds: float
) -> Finding:
    text = (
        f"cluster {metadata.cluster_id}, {_count(len(metadata.brokers), 'broker')}, "
        f"{_count(sum(not is_internal(name) for name in metadata.topics), 'topic')}"
    )
    context = connection.context
    if context.cluster_id not in (None, metadata.cluster_id):
        text = f"{text}: context `{context.name}` is for cluster `{context.cluster_id}`"
        hint = f"check `bootstrap_servers` and `cluster_id` ({context.place('cluster_id')})"
        return Finding("metadata", "failure", text, hint, seconds, exit_code=1)
    partitions = [p for topic in metadata.topics.values() for p in topic.partitions.values()]
    if offline := sum(partition.leader < 0 for partition in partitions):
        text = f"{text}; {_count(offline, 'partition')} without a leader"
        hint = "a broker is down: flowodm topics list --sort offline"
        return Finding("metadata", "warning", text, hint, seconds)
    return Finding("metadata", "ok", text, None, seconds)


def _server(broker: Any) -> str:
    host = f"[{broker.host}]" if ":" in broker.host else broker.host
    return f"{host}:{broker.port}"


def _listed(names: Collection[str]) -> str:
    shown = ", ".join(list(names)[:4])
    return f"{shown}, and {len(names) - 4} more" if len(names) > 4 else shown


def _unreachable(number: int | None, last: Finding) -> Finding:
    who = "a broker" if number is None else f"broker {number}"
    hint = (
        f"{who} tells clients this address: set its `advertised.listeners` to one that is reached "
        "from here"
    )
    if last.step == "tls" and last.hint is not None:
        hint = f"{who} tells clients this address; {last.hint}"
    text = f"{who}: {last.text}"
    return Finding("listeners", "failure", text, hint, last.seconds, last.place, exit_code=1)


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


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"
