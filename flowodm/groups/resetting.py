"""A reset of a group's offsets, planned. What the cluster says is read; nothing is changed here.

A plan says of each partition where the group is and where it would go. Positions are those of
`flowodm/positions.py`, and of the group's own: `stored`, `stored+N` and `stored-N` count from its
commit. What lies outside of a partition is cut to what is there, and said.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from flowodm.connection.kafka import PATIENCE
from flowodm.errors import BrokerError, ChangeRefused, FlowODMError, TopicNotFound, UsageError
from flowodm.groups.desk import Commits, Desk
from flowodm.groups.group import Commit, Group
from flowodm.groups.reading import group_of
from flowodm.groups.undo import Undo
from flowodm.positions import At, Offset, Position, Range, Stored, parse_position
from flowodm.reading.choice import Layout
from flowodm.reading.offsets import read_bounds, read_offsets_at
from flowodm.reading.spans import Bounds, Partition, settle

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = [
    "ResetPlan",
    "ResetStep",
    "Shift",
    "Target",
    "parse_target",
    "plan_reset",
    "plan_undo",
    "steps_to",
]


@dataclass(frozen=True, slots=True)
class Shift:
    """So many offsets after the group's commit, or before it."""

    count: int

    def __str__(self) -> str:
        return f"stored{self.count:+}"


Target: TypeAlias = Position | Shift

_SHIFT_FORM: Final = re.compile(r"stored([+-][0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class ResetStep:
    """Where a group is in one partition, and where it would go."""

    partition: Partition
    before: Commit | None
    after: Commit | None
    """None: it stays as it is, and the note says why."""
    bounds: Bounds | None
    """The offsets there are; None where an undo does not need to know."""
    note: str | None = None

    @property
    def change(self) -> int | None:
        """Offsets that are skipped; below 0: that come again. None: there was no commit."""
        if self.before is None or self.after is None:
            return None
        return self.after.offset - self.before.offset

    @property
    def is_needed(self) -> bool:
        """Whether there is something to do."""
        return self.after is not None and self.after != self.before


@dataclass(frozen=True, slots=True)
class ResetPlan:
    """What a reset would do."""

    group: Group
    cluster_id: str | None
    steps: tuple[ResetStep, ...]

    @property
    def needed(self) -> tuple[ResetStep, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.is_needed)

    @property
    def skipped(self) -> int:
        """Offsets that would never be read."""
        return sum(max(0, step.change or 0) for step in self.steps)

    @property
    def replayed(self) -> int:
        """Offsets that would be read again."""
        return -sum(min(0, step.change or 0) for step in self.steps)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics whose offsets it moves."""
        return tuple(sorted({step.partition.topic for step in self.steps}))

    def check(self) -> None:
        """Refuse to move offsets that members of the group are moving.

        Raises:
            BrokerError: The group is active.
        """
        if self.group.is_active:
            count = len(self.group.members)
            members = f", {count:,} {'member' if count == 1 else 'members'}" if count else ""
            raise BrokerError(
                f"group `{self.group.name}` is active ({self.group.state}{members}); "
                "its offsets were not reset",
                hint="stop its consumers first; they are listed by "
                f"flowodm groups describe {self.group.name}",
            )


def parse_target(text: str, *, now: datetime) -> Target:
    """Read where to: a position, or `stored+N` and `stored-N`.

    Raises:
        UsageError: The text is neither.
    """
    if found := _SHIFT_FORM.fullmatch(text):
        return Shift(int(found[1]))
    return parse_position(text, now=now)


def steps_to(
    target: Target,
    commits: Mapping[Partition, Commit],
    bounds: Mapping[Partition, Bounds],
    at: Mapping[Partition, Mapping[int, int]],
) -> tuple[ResetStep, ...]:
    """Settle a target in partitions.

    Args:
        target: Where to.
        commits: Where the group is.
        bounds: What is there; these partitions are meant.
        at: The offset of the first record at or after the target's moment.
    """
    return tuple(
        _step(target, one, commits.get(one), bounds[one], at.get(one, {})) for one in bounds
    )


def plan_reset(
    connection: "KafkaConnection",
    name: str,
    topic: str,
    target: Target,
    *,
    partitions: Sequence[int] | None = None,
    timeout: float = PATIENCE,
) -> ResetPlan:
    """Plan to move a group's offsets in a topic; nothing is changed.

    Args:
        connection: The cluster.
        name: The group.
        topic: The topic.
        target: Where to.
        partitions: These alone; None: all.
        timeout: Seconds to wait for each answer.

    Raises:
        GroupNotFound: There is no such group.
        TopicNotFound: There is no such topic.
        UsageError: The topic has no such partition.
        AuthorizationError: The group or the topic may not be seen.
        BrokerError: The cluster could not be asked, or a partition has no leader.
    """
    with Desk(connection, timeout=timeout) as desk:
        group, commits = group_of(desk, name, desk.listing())
        layout = desk.layout()
        if topic not in layout:
            desk.cluster(name).check_permission([topic])
        chosen = _chosen(connection, layout, topic, partitions)
        asking = desk.asking
        bounds, failures = read_bounds(asking, layout, chosen, timeout=timeout)
        for one, error in failures.items():
            raise BrokerError(
                f"{one}: its offsets are not known: {error.message}",
                hint="move the others alone: --partition, with their numbers",
            ) from error
        at: Mapping[Partition, Mapping[int, int]] = {}
        if isinstance(target, At):
            at = read_offsets_at(asking, bounds, target.timestamp, timeout=timeout)
    ordered = {one: bounds[one] for one in chosen}
    steps = steps_to(target, _known(commits, chosen), ordered, at)
    return ResetPlan(group, _cluster_id(connection, timeout), steps)


def plan_undo(
    connection: "KafkaConnection", name: str, undo: Undo, *, timeout: float = PATIENCE
) -> ResetPlan:
    """Plan to put a group's offsets back where they were before a reset.

    Args:
        connection: The cluster.
        name: The group.
        undo: What the reset wrote.
        timeout: Seconds to wait for each answer.

    Raises:
        ChangeRefused: It was written for another group, or another cluster.
        GroupNotFound: There is no such group.
        BrokerError: The cluster could not be asked.
    """
    cluster_id = _cluster_id(connection, timeout)
    _check_same(undo, name, cluster_id)
    with Desk(connection, timeout=timeout) as desk:
        group, commits = group_of(desk, name, desk.listing())
    known = _known(commits, tuple(one.partition for one in undo.steps))
    steps = tuple(
        _undo_step(one.partition, known.get(one.partition), one.before, one.after)
        for one in undo.steps
    )
    return ResetPlan(group, cluster_id, steps)


def _step(
    target: Target,
    partition: Partition,
    before: Commit | None,
    bounds: Bounds,
    at: Mapping[int, int],
) -> ResetStep:
    place: Position
    if isinstance(target, Stored | Shift):
        if before is None:
            return ResetStep(partition, None, None, bounds, "no commit to count from")
        shift = target.count if isinstance(target, Shift) else 0
        place = Offset(max(0, before.offset + shift))
    else:
        place = target
    span, notice = settle(Range(place), partition, bounds, at, follow=False)
    assert span is not None  # only a strict range, or a follower, is refused
    note = None if notice is None else notice.message.removeprefix(f"{partition} ")
    if before is not None and before.offset == span.start:
        return ResetStep(partition, before, before, bounds, note)
    return ResetStep(partition, before, Commit(span.start), bounds, note)


def _undo_step(
    partition: Partition, now: Commit | None, before: Commit | None, after: Commit
) -> ResetStep:
    note = None
    if before is None:
        return ResetStep(
            partition, now, None, None, "there was no commit, and one cannot be taken away"
        )
    if now is None or now.offset != after.offset:
        is_at = "no commit" if now is None else f"{now.offset:,}"
        note = f"the reset left {after.offset:,}, and now it is {is_at}"
    return ResetStep(partition, now, before, None, note)


def _chosen(
    connection: "KafkaConnection", layout: Layout, topic: str, numbers: Sequence[int] | None
) -> tuple[Partition, ...]:
    if topic not in layout:
        raise _no_topic(connection, topic, layout)
    for number in numbers or ():
        if number not in layout[topic]:
            raise UsageError(
                f"topic `{topic}` has no partition {number}",
                hint=f"it has {len(layout[topic])}, from 0 on",
            )
    return tuple(Partition(topic, one) for one in (numbers or sorted(layout[topic])))


def _no_topic(connection: "KafkaConnection", topic: str, layout: Layout) -> TopicNotFound:
    from flowodm.topics import topic_not_found

    return topic_not_found(connection, topic, layout)


def _known(commits: Commits, partitions: Sequence[Partition]) -> dict[Partition, Commit]:
    """Return the commits of partitions; one that may not be seen is no missing one."""
    found: dict[Partition, Commit] = {}
    for one in partitions:
        commit = commits.get(one)
        if isinstance(commit, FlowODMError):
            raise commit
        if commit is not None:
            found[one] = commit
    return found


def _cluster_id(connection: "KafkaConnection", timeout: float) -> str | None:
    return connection.metadata(timeout).cluster_id


def _check_same(undo: Undo, name: str, cluster_id: str | None) -> None:
    if undo.group != name:
        raise ChangeRefused(
            f"the undo file is group `{undo.group}`'s, and this is `{name}`; nothing was tried"
        )
    if undo.cluster_id != cluster_id:
        raise ChangeRefused(
            f"the undo file is cluster `{undo.cluster_id}`'s, and this is `{cluster_id}`; "
            "nothing was tried",
            hint="choose the context that the reset was done in: --context NAME",
        )
