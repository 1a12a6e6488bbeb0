"""What a change of a topic would do: settings, partitions, records that go. Nothing is changed."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from flowodm.connection.kafka import PATIENCE
from flowodm.errors import AuthorizationError, BrokerError, UsageError
from flowodm.positions import At, Position, Range, Stored
from flowodm.reading.offsets import read_offsets_at
from flowodm.reading.spans import Bounds, Partition, settle
from flowodm.topics.reading import describe_topic
from flowodm.topics.topic import PartitionDetail, TopicDetail

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = [
    "Alteration",
    "ConfigChange",
    "Purge",
    "PurgeStep",
    "changed_settings",
    "plan_alteration",
    "plan_purge",
]

_NUMBER: Final = re.compile(r"[-+]?\d{1,30}(?:\.\d{1,30})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """A setting of a topic, before and after."""

    name: str
    before: str | None
    """None: the cluster's default counts."""
    after: str | None
    """None: the cluster's default is to count."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """What an alteration of a topic would change."""

    topic: TopicDetail
    settings: tuple[ConfigChange, ...]
    partitions: int | None
    """How many there are to be; None: as many as there are."""

    @property
    def is_needed(self) -> bool:
        """Whether there is something to do."""
        return bool(self.settings) or self.partitions is not None


@dataclass(frozen=True, slots=True)
class PurgeStep:
    """What goes from one partition."""

    partition: int
    start: int
    """The first offset there is."""
    to: int
    """The first that stays."""
    end: int
    note: str | None = None

    @property
    def count(self) -> int:
        """Offsets that go; compaction and transactions leave fewer records."""
        return self.to - self.start


@dataclass(frozen=True, slots=True)
class Purge:
    """What a purge of a topic would delete."""

    topic: TopicDetail
    steps: tuple[PurgeStep, ...]

    @property
    def count(self) -> int:
        """Offsets that go, in all partitions."""
        return sum(step.count for step in self.steps)


def plan_alteration(
    connection: "KafkaConnection",
    name: str,
    *,
    settings: Mapping[str, str] | None = None,
    unset: Collection[str] = (),
    partitions: int | None = None,
    timeout: float = PATIENCE,
) -> Alteration:
    """Plan to change a topic; what is so already is left out.

    Args:
        connection: The cluster.
        name: The topic.
        settings: Its own settings that are to be, by name.
        unset: Those that are to be the cluster's again.
        partitions: How many there are to be.
        timeout: Seconds to wait for each answer.

    Raises:
        TopicNotFound: There is no such topic.
        UsageError: A setting is set and unset, or there would be fewer partitions.
        AuthorizationError: Its settings may not be seen.
    """
    if both := (settings or {}).keys() & set(unset):
        raise UsageError(f"`{min(both)}` is both set and unset")
    topic = describe_topic(connection, name, timeout=timeout)
    changes = changed_settings(topic, {**(settings or {}), **dict.fromkeys(unset)})
    return Alteration(topic, changes, _more(topic, partitions))


def changed_settings(
    topic: TopicDetail, settings: Mapping[str, str | None]
) -> tuple[ConfigChange, ...]:
    """Tell which settings of a topic would change; what is so already is left out.

    Args:
        topic: The topic as it is.
        settings: What is to be; None: the cluster's default is to count.

    Raises:
        AuthorizationError: Its settings may not be seen.
    """
    if topic.config is None:
        raise AuthorizationError(
            f"not allowed to see the settings of topic `{topic.name}`",
            hint="ask for an access control list that allows it",
        )
    now = {entry.name: entry.value for entry in topic.config}
    return tuple(
        ConfigChange(key, now.get(key), value)
        for key, value in settings.items()
        if (key in now if value is None else not _is_same(now.get(key), value))
    )


def _is_same(now: str | None, value: str) -> bool:
    """Tell whether a setting is as asked for; brokers spell lists, booleans and numbers anew."""
    if now is None or now == value:
        return now is not None
    return _spelled(now) == _spelled(value)


def _spelled(value: str) -> object:
    if "," in value:
        return frozenset(item.strip() for item in value.split(","))
    word = value.strip()
    if word.lower() in ("true", "false"):
        return word.lower()
    return Decimal(word) if _NUMBER.fullmatch(word) else word


def plan_purge(
    connection: "KafkaConnection",
    name: str,
    position: Position,
    *,
    partitions: Sequence[int] | None = None,
    timeout: float = PATIENCE,
) -> Purge:
    """Plan to delete the records before a position.

    Args:
        connection: The cluster.
        name: The topic.
        position: The first record that stays, in each partition.
        partitions: These alone; None: all.
        timeout: Seconds to wait for each answer.

    Raises:
        TopicNotFound: There is no such topic.
        UsageError: The position is a group's, or there is no such partition.
        BrokerError: A partition has no leader.
    """
    if isinstance(position, Stored):
        raise UsageError("`stored` is where a group is, and a purge has none")
    topic = describe_topic(connection, name, timeout=timeout)
    found = {one.number: one for one in topic.partitions}
    for number in partitions or ():
        if number not in found:
            raise UsageError(
                f"topic `{name}` has no partition {number}", hint=f"it has {len(found)}, from 0 on"
            )
    chosen = [found[number] for number in (partitions or sorted(found))]
    bounds = {one.number: _bounds(name, one) for one in chosen}
    at = _offsets_at(connection, name, bounds, position, timeout)
    return Purge(
        topic,
        tuple(_step(name, number, position, ends, at) for number, ends in bounds.items()),
    )


def _more(topic: TopicDetail, partitions: int | None) -> int | None:
    count = len(topic.partitions)
    if partitions is None or partitions == count:
        return None
    if partitions < count:
        raise UsageError(
            f"topic `{topic.name}` has {count} partitions, and can only get more",
            hint="make another topic, and copy what is in this one",
        )
    return partitions


def _bounds(name: str, one: PartitionDetail) -> Bounds:
    if one.start is None or one.end is None:
        raise BrokerError(
            f"`{name}` [{one.number}]: its offsets are not known: {one.error}",
            hint="purge the others alone: --partition, with their numbers",
        )
    return Bounds(one.start, one.end)


def _offsets_at(
    connection: "KafkaConnection",
    name: str,
    bounds: Mapping[int, Bounds],
    position: Position,
    timeout: float,
) -> dict[int, Mapping[int, int]]:
    if not isinstance(position, At):
        return {}
    places = {Partition(name, number): ends for number, ends in bounds.items()}
    found = read_offsets_at(connection, places, position.timestamp, timeout=timeout)
    return {one.number: offsets for one, offsets in found.items()}


def _step(
    name: str, number: int, position: Position, bounds: Bounds, at: Mapping[int, Mapping[int, int]]
) -> PurgeStep:
    partition = Partition(name, number)
    span, notice = settle(Range(position), partition, bounds, at.get(number, {}), follow=False)
    assert span is not None  # only a strict range, or a follower, is refused
    note = None if notice is None else notice.message.removeprefix(f"{partition} ")
    return PurgeStep(number, bounds.earliest, span.start, bounds.latest, note)
