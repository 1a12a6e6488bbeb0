"""The offsets that partitions have, all asked at once; one that cannot be had keeps no other back.

The admin client asks: its answer is each partition's own. A consumer's is one for all, and a topic
that is deleted meanwhile would be the end of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from flowodm.errors import AuthenticationFailed, BrokerError, FlowODMError
from flowodm.reading.choice import NO_LEADER, Layout
from flowodm.reading.spans import Bounds, Partition

if TYPE_CHECKING:
    from concurrent.futures import Future

    from confluent_kafka.admin._listoffsets import ListOffsetsResultInfo

    from flowodm.connection import KafkaConnection

__all__ = ["Failures", "read_bounds", "read_offsets_at"]

Failures = dict[Partition, FlowODMError]
"""Why partitions gave no offset."""

_AT_ONCE: Final = 5000
"""Partitions of one question; librdkafka's time for an answer grows with their square."""
_SHARE: Final = 0.75
"""How much of the patience a broker gets: what others answered is then still taken."""


def read_bounds(
    connection: "KafkaConnection",
    layout: Layout,
    partitions: Iterable[Partition],
    *,
    timeout: float,
) -> tuple[dict[Partition, Bounds], Failures]:
    """Return the first offset and the end of partitions, or why they are not known.

    Args:
        connection: The cluster.
        layout: Who leads them; partitions that it does not have are left out of the answer.
        partitions: Which.
        timeout: Seconds to wait.
    """
    from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]  # it is public

    kinds: Any = OffsetSpec
    known = [one for one in partitions if one.number in layout.get(one.topic, {})]
    led = [one for one in known if layout[one.topic][one.number] != NO_LEADER]
    firsts = _ask(connection, led, kinds.earliest(), timeout)
    lasts = _ask(connection, led, kinds.latest(), timeout)
    earliest, failed = _answers(connection, firsts, timeout)
    latest, failed_too = _answers(connection, lasts, timeout)
    bounds = {
        one: Bounds(first.offset, max(first.offset, latest[one].offset), latest[one].leader_epoch)
        for one, first in earliest.items()
        if one in latest
    }
    leaderless: Failures = {one: BrokerError("no leader") for one in set(known).difference(led)}
    return bounds, leaderless | failed | failed_too


def read_offsets_at(
    connection: "KafkaConnection",
    bounds: Mapping[Partition, Bounds],
    moment: int,
    *,
    timeout: float,
) -> dict[Partition, dict[int, int]]:
    """Return the offset of the first record at or after a moment; past all, the end.

    Args:
        connection: The cluster.
        bounds: The partitions, with their ends.
        moment: Milliseconds since the epoch.
        timeout: Seconds to wait.

    Raises:
        BrokerError: A partition has no answer.
    """
    from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]  # it is public

    kinds: Any = OffsetSpec
    asked = _ask(connection, list(bounds), kinds.for_timestamp(moment), timeout)
    found, failed = _answers(connection, asked, timeout)
    for error in failed.values():
        raise error
    return {
        one: {moment: bounds[one].latest if answer.offset < 0 else answer.offset}
        for one, answer in found.items()
    }


def _ask(
    connection: "KafkaConnection", partitions: Sequence[Partition], spec: Any, timeout: float
) -> "dict[Partition, Future[Any]]":
    from confluent_kafka import TopicPartition

    asked: dict[Partition, Future[Any]] = {}
    for begin in range(0, len(partitions), _AT_ONCE):
        chunk = partitions[begin : begin + _AT_ONCE]
        futures = connection.admin().list_offsets(
            {TopicPartition(one.topic, one.number): spec for one in chunk},
            request_timeout=timeout * _SHARE,
        )
        asked |= {Partition(one.topic, one.partition): futures[one] for one in futures}
    return asked


def _answers(
    connection: "KafkaConnection", asked: "Mapping[Partition, Future[Any]]", timeout: float
) -> "tuple[dict[Partition, ListOffsetsResultInfo], Failures]":
    found: dict[Partition, ListOffsetsResultInfo] = {}
    failed: Failures = {}
    for one, future in asked.items():
        try:
            found[one] = connection.wait(future, timeout=timeout)
        except AuthenticationFailed:
            raise
        except BrokerError as error:
            failed[one] = error
    return found, failed
