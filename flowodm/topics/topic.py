"""A topic as a value: in a list, and in detail."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from flowodm.connection.errors import exit_code_of
from flowodm.errors import AuthorizationError, FlowODMError

__all__ = [
    "OWN",
    "ConfigEntry",
    "PartitionDetail",
    "Topic",
    "TopicDetail",
    "TopicReading",
    "TopicSubject",
    "usual",
]

OWN = "topic"
"""The source of a setting that is the topic's own."""


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """A setting that counts for a topic."""

    name: str
    value: str | None
    """None when it is secret."""
    source: str = OWN
    """Where it is set: `topic`, `dynamic broker`, `dynamic default broker`, `static broker`,
    `default`, …"""


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
    records: int | None = None
    """Offsets there are, in the partitions that could be asked; None: not asked, or of none."""
    written: int | None = None
    """The sum of the ends: what grows from one look to the next is what was written."""
    config: tuple[ConfigEntry, ...] | None = None
    """The settings that the topic overrides; None: not asked, or they may not be seen."""
    subjects: tuple[str, ...] | None = None
    """The subjects of its keys and values; None: not asked, or the registry did not answer."""
    error: FlowODMError | None = None
    """Why not all is known."""
    note: str | None = None
    """What else is odd about it."""

    @property
    def is_hidden(self) -> bool:
        """Whether it may not be described at all; it may as well not be there."""
        return isinstance(self.error, AuthorizationError) and not self.partitions

    @property
    def state(self) -> str:
        """`offline` or `under-replicated` where a partition is, `hidden`, or `ok`."""
        if self.is_hidden:
            return "hidden"
        if self.offline:
            return "offline"
        return "under-replicated" if self.under_replicated else "ok"

    @property
    def remark(self) -> str | None:
        """What the other attributes leave out, in words."""
        return self.note if self.error is None else self.error.message


@dataclass(frozen=True, slots=True)
class TopicReading:
    """What a look at topics found."""

    topics: tuple[Topic, ...]
    failures: tuple[FlowODMError, ...] = ()
    """What was asked beside the topics and not answered, such as a registry that is away."""

    @property
    def exit_code(self) -> int:
        """0 when all topics could be looked at, 4 where something is not allowed, else 1."""
        return exit_code_of(topic.error for topic in self.topics if topic.error is not None)


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
    leader_epoch: int | None = None
    """How often the lead has changed, as the leader says."""

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
class TopicSubject:
    """The latest version of a subject that a topic's keys or values have."""

    name: str
    version: int
    schema_id: int
    schema_type: str


@dataclass(frozen=True, slots=True)
class TopicDetail:
    """A topic with its partitions and its settings."""

    name: str
    topic_id: str | None
    is_internal: bool
    partitions: tuple[PartitionDetail, ...]
    settings: tuple[ConfigEntry, ...] | None
    """All that count for it; None when they may not be seen."""
    subjects: tuple[TopicSubject, ...] | None = None
    """Those of its keys and values; None: not asked, or the registry did not answer."""
    failures: tuple[FlowODMError, ...] = ()
    """What was asked beside the topic and not answered."""

    @property
    def config(self) -> tuple[ConfigEntry, ...] | None:
        """The settings that the topic overrides; None when they may not be seen."""
        if self.settings is None:
            return None
        return tuple(entry for entry in self.settings if entry.source == OWN)

    @property
    def replicas(self) -> int:
        """Copies of each partition, as most of them have."""
        return usual(len(partition.replicas) for partition in self.partitions)

    @property
    def span(self) -> int:
        """How many offsets there are in the partitions that could be asked."""
        return sum(partition.span or 0 for partition in self.partitions)


def usual(counts: Iterable[int]) -> int:
    """Return the number that most have; 0 of none."""
    found = Counter(counts).most_common(1)
    return found[0][0] if found else 0
