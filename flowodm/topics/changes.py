"""What changes topics: created, altered, deleted, purged. The gate comes first, in each.

Each returns once brokers show what was done, so that whoever looks next sees it.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from flowodm.connection.errors import broker_error
from flowodm.connection.kafka import PATIENCE
from flowodm.errors import BrokerError, UsageError
from flowodm.topics.planning import Alteration, Purge
from flowodm.topics.sight import await_deletion, await_topic

if TYPE_CHECKING:
    from concurrent.futures import Future

    from flowodm.connection import KafkaConnection

__all__ = [
    "TopicSpec",
    "apply_alteration",
    "apply_purge",
    "check_name",
    "create_topic",
    "delete_topic",
]

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")
_DONE: Final = 10.0
"""Seconds that the brokers have to do a thing, beside answering."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic that is to be."""

    name: str
    partitions: int | None = None
    """None: as many as the cluster gives by default."""
    replication: int | None = None
    config: Mapping[str, str] = field(default_factory=dict)


def check_name(name: str) -> None:
    """Refuse a name that no topic can have.

    Raises:
        UsageError: It has other characters, or too many, or is `.` or `..`.
    """
    if not _NAME.fullmatch(name) or name in (".", ".."):
        raise UsageError(
            f"no topic can have the name `{name[:80]}`",
            hint="letters, digits, `.`, `_` and `-`; 249 at most",
        )


def create_topic(
    connection: "KafkaConnection",
    spec: TopicSpec,
    *,
    validate_only: bool = False,
    timeout: float = PATIENCE,
) -> None:
    """Create a topic, or have the broker say whether it would.

    Args:
        connection: The cluster.
        spec: What it is to be.
        validate_only: Whether the broker only checks it.
        timeout: Seconds to wait for an answer.

    Raises:
        ChangeRefused: The context does not allow it.
        UsageError: No topic can have the name.
        BrokerError: There is one, or the broker refuses.
    """
    from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]  # it is public

    check_name(spec.name)
    if not validate_only:
        connection.check_change("topics create", spec.name)
    what = f"topic `{spec.name}` was not created"
    with _asking(connection, what):
        new = NewTopic(
            spec.name,
            num_partitions=-1 if spec.partitions is None else spec.partitions,
            replication_factor=-1 if spec.replication is None else spec.replication,
            config=dict(spec.config),
        )
        futures = connection.admin().create_topics(
            [new],
            operation_timeout=_DONE,
            request_timeout=timeout + _DONE,
            validate_only=validate_only,
        )
    _wait(connection, futures[spec.name], what, timeout)
    if not validate_only:
        await_topic(connection, spec.name, {}, spec.partitions)


def apply_alteration(
    connection: "KafkaConnection",
    alteration: Alteration,
    *,
    validate_only: bool = False,
    timeout: float = PATIENCE,
) -> None:
    """Do what was planned: all of it is checked by the broker before the first is done.

    Args:
        connection: The cluster.
        alteration: The plan.
        validate_only: Whether the broker only checks it.
        timeout: Seconds to wait for each answer.

    Raises:
        ChangeRefused: The context does not allow it.
        BrokerError: The broker refuses.
    """
    if not validate_only:
        connection.check_change("topics alter", alteration.topic.name)
    for only in (True,) if validate_only else (True, False):
        if alteration.settings:
            _alter_settings(connection, alteration, timeout, validate_only=only)
        if alteration.partitions is not None:
            _add_partitions(connection, alteration, timeout, validate_only=only)
    if not validate_only:
        settings = {change.name: change.after for change in alteration.settings}
        await_topic(connection, alteration.topic.name, settings, alteration.partitions)


def delete_topic(connection: "KafkaConnection", name: str, *, timeout: float = PATIENCE) -> None:
    """Delete a topic with all its records.

    Raises:
        ChangeRefused: The context does not allow it.
        BrokerError: The broker refuses.
    """
    connection.check_change("topics delete", name)
    futures = connection.admin().delete_topics(
        [name], operation_timeout=_DONE, request_timeout=timeout + _DONE
    )
    _wait(connection, futures[name], f"topic `{name}` was not deleted", timeout)
    await_deletion(connection, name)


def apply_purge(connection: "KafkaConnection", purge: Purge, *, timeout: float = PATIENCE) -> None:
    """Delete the records that a purge says, in one request to each leader.

    Raises:
        ChangeRefused: The context does not allow it.
        BrokerError: The broker refuses, for some partition; the others are done.
    """
    from confluent_kafka import TopicPartition

    name = purge.topic.name
    connection.check_change("topics purge", name)
    places = [TopicPartition(name, step.partition, step.to) for step in purge.steps if step.count]
    if not places:
        return
    futures = connection.admin().delete_records(
        places, operation_timeout=_DONE, request_timeout=timeout + _DONE
    )
    for one, future in futures.items():
        _wait(connection, future, f"`{name}` [{one.partition}] was not purged", timeout)


def _alter_settings(
    connection: "KafkaConnection", alteration: Alteration, timeout: float, *, validate_only: bool
) -> None:
    from confluent_kafka.admin import (  # type: ignore[attr-defined]  # they are public
        AlterConfigOpType,
        ConfigEntry,
        ConfigResource,
        ResourceType,
    )

    name = alteration.topic.name
    what = f"topic `{name}` was not altered"
    with _asking(connection, what):
        entries = [
            ConfigEntry(
                change.name,
                change.after or "",
                incremental_operation=(
                    AlterConfigOpType.DELETE if change.after is None else AlterConfigOpType.SET
                ),
            )
            for change in alteration.settings
        ]
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
        futures = connection.admin().incremental_alter_configs(
            [resource], request_timeout=timeout + _DONE, validate_only=validate_only
        )
    _wait(connection, futures[resource], what, timeout)


def _add_partitions(
    connection: "KafkaConnection", alteration: Alteration, timeout: float, *, validate_only: bool
) -> None:
    from confluent_kafka.admin import NewPartitions  # type: ignore[attr-defined]  # it is public

    name = alteration.topic.name
    what = f"topic `{name}` got no partitions"
    with _asking(connection, what):
        futures = connection.admin().create_partitions(
            [NewPartitions(name, alteration.partitions or 0)],
            operation_timeout=_DONE,
            request_timeout=timeout + _DONE,
            validate_only=validate_only,
        )
    _wait(connection, futures[name], what, timeout)


@contextmanager
def _asking(connection: "KafkaConnection", what: str) -> Iterator[None]:
    """Say what was not done where librdkafka takes no such request."""
    from confluent_kafka import KafkaException

    try:
        yield
    except (TypeError, ValueError) as error:
        raise UsageError(f"{what}: {error}") from error
    except KafkaException as error:
        cause = broker_error(error, connection=connection)
        raise BrokerError(f"{what}: {cause.message}", hint=cause.hint) from error


def _wait(connection: "KafkaConnection", future: "Future[Any]", what: str, timeout: float) -> None:
    try:
        connection.wait(future, timeout=timeout + _DONE + 0.5)
    except BrokerError as error:
        if type(error) is not BrokerError:
            raise
        raise BrokerError(f"{what}: {error.message}", hint=error.hint) from error
