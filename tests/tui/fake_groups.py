"""Consumer groups of words."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowodm.errors import FlowODMError, GroupNotFound
from flowodm.groups import (
    Commit,
    Coordinator,
    Group,
    GroupPartition,
    GroupReading,
    Member,
    ResetPlan,
    ResetStep,
)
from flowodm.reading.spans import Bounds, Partition
from flowodm.tui.sources.groups import parse_reset


def partition(
    number: int, committed: int | None = 10, end: int = 12_345, *, topic: str = "orders"
) -> GroupPartition:
    since = _since()
    lag = None if committed is None else end - committed
    return GroupPartition(
        Partition(topic, number), committed, 0, end, unread_since=since if lag else None
    )


def _since() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=4, seconds=10)


def _now(found: Group) -> Group:
    """A group as it is when it is asked: however long ago it was made, it is as far behind."""
    partitions = tuple(
        replace(one, unread_since=_since()) if one.unread_since else one for one in found.partitions
    )
    return replace(found, partitions=partitions)


def member(name: str, *numbers: int, topic: str = "orders") -> Member:
    held = tuple(Partition(topic, number) for number in numbers)
    return Member(f"{name}-1", name, "10.0.0.7", None, held)


def group(name: str = "billing", *, state: str = "stable", topic: str = "orders") -> Group:
    return Group(
        name,
        state,
        "classic",
        "range",
        Coordinator(1, "k1:9092"),
        (member("app-1", 0, 1, topic=topic),) if state == "stable" else (),
        (
            partition(0, 10_000, topic=topic),
            partition(1, 12_345, topic=topic),
            partition(2, None, topic=topic),
        ),
    )


@dataclass
class FakeGroups:
    """Groups by name; a reset is noted, and changes nothing."""

    found: list[Group] = field(
        default_factory=lambda: [group(), group("audit", state="empty"), Group("idle", "empty", "")]
    )
    error: FlowODMError | None = None
    failures: tuple[FlowODMError, ...] = ()
    reset_error: FlowODMError | None = None
    resets: list[ResetPlan] = field(default_factory=list)
    note: str = "cut to what is there"

    @property
    def known(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.found)

    def groups(self) -> GroupReading:
        if self.error is not None:
            raise self.error
        return GroupReading(tuple(map(_now, self.found)), self.failures)

    def group(self, name: str) -> Group:
        if self.error is not None:
            raise self.error
        for one in self.found:
            if one.name == name:
                return _now(one)
        raise GroupNotFound(f"group `{name}` does not exist", hint="flowodm groups list")

    def plan(self, name: str, topic: str, position: str) -> ResetPlan:
        parse_reset(position)
        bounds = Bounds(0, 12_345)
        steps = (
            ResetStep(Partition(topic, 0), Commit(10_000), Commit(0), bounds),
            ResetStep(Partition(topic, 1), Commit(12_345), Commit(0), bounds),
            ResetStep(Partition(topic, 2), None, Commit(0), bounds, self.note),
        )
        found = self.group(name)
        return ResetPlan(found, "abc", steps if found.partitions else ())

    def reset(self, plan: ResetPlan) -> Path:
        self.resets.append(plan)
        if self.reset_error is not None:
            raise self.reset_error
        return Path("undo.json")

    def move(self, read: int) -> None:
        """Let the first group read so many records in its first partition."""
        first = self.found[0]
        one = first.partitions[0]
        moved = replace(one, committed=(one.committed or 0) + read)
        self.found[0] = replace(first, partitions=(moved, *first.partitions[1:]))
