"""librdkafka's look at a cluster: the login, and the metadata of all topics, which creates none.

What went wrong with a connection is named by `flowodm.connection`.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flowodm.connection.changes import is_internal
from flowodm.connection.errors import unreachable
from flowodm.doctor.listeners import Hearing, brokers_of, look_at_listeners
from flowodm.doctor.report import Finding, StepName, failed
from flowodm.doctor.servers import uses_sasl
from flowodm.errors import BrokerUnreachable, FlowODMError

if TYPE_CHECKING:
    from confluent_kafka.admin._metadata import ClusterMetadata

    from flowodm.connection import KafkaConnection
    from flowodm.connection.causes import Cause, Kind

__all__ = ["look_at_cluster"]

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

_SILENT_HINT: Final = "is it a broker of Kafka, and is it well? Its log tells"


def look_at_cluster(
    connection: "KafkaConnection", hearing: Hearing, *, timeout: float
) -> "tuple[tuple[Finding, ...], ClusterMetadata | None]":
    """Log in, ask for the metadata, and look at every broker that it names.

    Args:
        connection: The cluster.
        hearing: What its log says.
        timeout: Seconds for each of the three.

    Returns:
        What was found, and the metadata when it came.
    """
    config = connection.context.client_config("admin")
    found: list[Finding] = []
    step: StepName = "sasl" if uses_sasl(config) else "metadata"
    begun = time.monotonic()
    try:
        metadata = _metadata(connection, hearing, timeout)
        if step == "sasl":
            found.append(_logged_in(config, time.monotonic() - begun))
            step, begun = "metadata", time.monotonic()
            metadata = _metadata(connection, hearing, timeout)
    except _Misled as misled:
        seconds = time.monotonic() - begun
        found += [_logged_in(config, seconds)] if step == "sasl" else []
        return (*found, _named(hearing, seconds), *misled.listeners), None
    except FlowODMError as error:
        seconds = time.monotonic() - begun
        return (*found, _failure(connection, step, error, seconds)), None
    found.append(_described(connection, metadata, time.monotonic() - begun))
    return (*found, *look_at_listeners(brokers_of(metadata), config, timeout=timeout)), metadata


class _Misled(Exception):
    """The brokers are not where the cluster says, and the answer was lost on the way there."""

    def __init__(self, listeners: tuple[Finding, ...]) -> None:
        super().__init__()
        self.listeners = listeners


def _metadata(connection: "KafkaConnection", hearing: Hearing, timeout: float) -> "ClusterMetadata":
    """Ask for the metadata; halfway, look whether the brokers heard of are where they should be."""
    try:
        return connection.metadata(timeout / 2)
    except FlowODMError:
        if not hearing.brokers and connection.journal.worst() is not None:
            raise
        config = connection.context.client_config("admin")
        listeners = look_at_listeners(hearing.brokers, config, timeout=timeout / 2)
        if any(one.status == "failure" for one in listeners):
            raise _Misled(listeners) from None
    try:
        return connection.metadata(timeout / 2)
    except BrokerUnreachable as error:
        if connection.journal.worst() is not None:
            raise
        raise unreachable(connection, None, elapsed=timeout) from error


def _named(hearing: Hearing, seconds: float) -> Finding:
    count = len(hearing.brokers)
    return Finding("metadata", "ok", f"the cluster names {_count(count, 'broker')}", None, seconds)


def _logged_in(config: Mapping[str, str], seconds: float) -> Finding:
    mechanism = config.get("sasl.mechanism", config.get("sasl.mechanisms", "GSSAPI"))
    user = config.get("sasl.username")
    text = f"user `{user}` by {mechanism}" if user else mechanism
    return Finding("sasl", "ok", text, None, seconds)


def _failure(
    connection: "KafkaConnection", under_way: StepName, error: FlowODMError, seconds: float
) -> Finding:
    """Make the finding of an error at the step that its cause belongs to."""
    cause = _cause(connection)
    step = _STEPS.get(cause.kind, under_way) if cause else under_way
    place = cause.address or None if cause and step == "tls" else None
    finding = failed(step, error, seconds=seconds, place=place)
    if cause is not None and (cause.kind in _STEPS or cause.hint is not None):
        return finding
    return replace(finding, hint=_SILENT_HINT)


def _cause(connection: "KafkaConnection") -> "Cause | None":
    failure = connection.journal.worst()
    if failure is None or failure.is_explained or failure.cause.kind != "disconnected":
        return failure.cause if failure else None
    return connection.explain(failure.cause)


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


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"
