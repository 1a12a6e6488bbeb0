"""A consumer group as a value: its members, and how far it is in each partition."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from flowodm.connection.errors import exit_code_of
from flowodm.errors import FlowODMError
from flowodm.reading.spans import Partition

__all__ = [
    "INACTIVE",
    "Commit",
    "Coordinator",
    "Group",
    "GroupPartition",
    "GroupReading",
    "Member",
]

INACTIVE: Final = ("empty", "dead")
"""The states of a group without members."""


@dataclass(frozen=True, slots=True)
class Coordinator:
    """The broker that keeps a group's members and offsets."""

    id: int
    address: str


@dataclass(frozen=True, slots=True)
class Member:
    """One consumer of a group."""

    member_id: str
    client_id: str
    host: str
    instance_id: str | None
    """Its own name, where it is a static member."""
    assignment: tuple[Partition, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """What a group has stored for a partition."""

    offset: int
    metadata: str = ""
    leader_epoch: int | None = None


@dataclass(frozen=True, slots=True)
class GroupPartition:
    """How far a group is in one partition."""

    partition: Partition
    committed: int | None
    """The next offset that it reads; None: it has no commit there."""
    start: int | None
    """The first offset there is; None when it could not be asked for."""
    end: int | None
    """The offset the next record gets."""
    unread_since: datetime | None = None
    """When the first record that it has not read was written, where that was asked and found."""
    member: Member | None = None
    """Who has it."""
    error: FlowODMError | None = None
    """Why not all is known."""

    @property
    def position(self) -> int | None:
        """Where the next record comes from: the commit, or the start where that is gone."""
        if self.committed is None or self.start is None:
            return None
        return max(self.committed, self.start)

    @property
    def lag(self) -> int | None:
        """Offsets it has not read and that are there; None: unknown, as without a commit."""
        if self.position is None or self.end is None:
            return None
        return max(0, self.end - self.position)

    @property
    def lost(self) -> int:
        """Offsets it never read and that are no longer there."""
        if self.committed is None or self.start is None:
            return 0
        return max(0, self.start - self.committed)

    @property
    def remark(self) -> str | None:
        """What is odd about it, in words."""
        if self.error is not None:
            return self.error.message
        if self.committed is None:
            return "no commit"
        if self.lost:
            return f"{self.lost:,} {'offset' if self.lost == 1 else 'offsets'} gone unread"
        if self.end is not None and self.committed > self.end:
            return f"committed {self.committed - self.end:,} past the end"
        return None


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group, with all partitions of the topics that it reads."""

    name: str
    state: str
    """As Kafka names it: stable, empty, dead, preparing rebalance, …"""
    protocol: str
    """`classic` or `consumer`, which is KIP-848's; `unknown` where the broker does not say."""
    assignor: str | None = None
    coordinator: Coordinator | None = None
    members: tuple[Member, ...] = ()
    partitions: tuple[GroupPartition, ...] = ()
    error: FlowODMError | None = None
    """Why it could not be looked at; all else is then what the list of groups says."""

    @property
    def is_active(self) -> bool:
        """Whether it has members, or may have: its offsets are theirs to move."""
        return bool(self.members) or self.state not in INACTIVE

    @property
    def lag(self) -> int | None:
        """The sum over its partitions, as far as it is known; None: of none."""
        lags = [one.lag for one in self.partitions if one.lag is not None]
        return sum(lags) if lags else None

    @property
    def uncommitted(self) -> int:
        """Partitions that it has no commit for."""
        return sum(one.committed is None and one.error is None for one in self.partitions)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that it reads or has read."""
        return tuple(sorted({one.partition.topic for one in self.partitions}))

    @property
    def errors(self) -> tuple[FlowODMError, ...]:
        """What could not be looked at, each once."""
        own = () if self.error is None else (self.error,)
        found = {one.error.message: one.error for one in self.partitions if one.error is not None}
        return (*own, *found.values())

    def with_ages(self, ages: "dict[tuple[Partition, int], datetime]") -> "Group":
        """Return it with the times of its first unread records."""
        return replace(
            self,
            partitions=tuple(
                replace(one, unread_since=ages.get((one.partition, one.position or 0)))
                for one in self.partitions
            ),
        )


@dataclass(frozen=True, slots=True)
class GroupReading:
    """What a look at groups found."""

    groups: tuple[Group, ...]
    failures: tuple[FlowODMError, ...] = ()
    """Brokers that did not list theirs: there may be more groups."""

    @property
    def errors(self) -> tuple[FlowODMError, ...]:
        """All that could not be looked at."""
        return (*self.failures, *(error for group in self.groups for error in group.errors))

    @property
    def exit_code(self) -> int:
        """0 when all could be looked at, 4 where something is not allowed, else 1."""
        return exit_code_of(self.errors)
