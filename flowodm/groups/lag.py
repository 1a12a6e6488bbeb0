"""Lag, added up for each topic of a group, and held against limits. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flowodm.errors import FlowODMError
from flowodm.groups.group import Group, GroupPartition

__all__ = ["LagLimits", "TopicLag", "lags_of", "time_left"]


@dataclass(frozen=True, slots=True)
class TopicLag:
    """How far a group is behind in one topic."""

    group: str
    state: str
    topic: str | None
    """None: the group has no topic, or could not be looked at."""
    partitions: int
    lag: int | None
    """Offsets that it has not read; None: unknown, as without any commit."""
    unread_since: datetime | None
    """When the oldest record that it has not read was written."""
    read: int
    """The sum of its commits: what grows from one look to the next is what it reads."""
    members: int
    """Consumers that have a partition of the topic."""
    uncommitted: int
    """Partitions without a commit, which the lag leaves out."""
    lost: int
    """Offsets that it never read and that are no longer there."""
    remark: str | None
    """What the numbers leave out, in words."""
    errors: tuple[FlowODMError, ...] = ()

    def age(self, now: datetime) -> timedelta | None:
        """How long its oldest unread record has been there; nothing unread is no time at all."""
        if self.lag == 0:
            return timedelta(0)
        return None if self.unread_since is None else max(timedelta(0), now - self.unread_since)


@dataclass(frozen=True, slots=True)
class LagLimits:
    """What is still in order."""

    max_lag: int | None = None
    """Offsets."""
    max_age: float | None = None
    """Seconds."""

    def breach(self, lag: TopicLag, now: datetime) -> str | None:
        """Say how a group is over a limit; None: it is not, as far as is known."""
        if self.max_lag is not None and lag.lag is not None and lag.lag > self.max_lag:
            return f"lag {lag.lag:,} is over {self.max_lag:,}"
        age = lag.age(now)
        if self.max_age is not None and age is not None and age.total_seconds() > self.max_age:
            return f"{age.total_seconds():,.0f} s behind, and {self.max_age:,g} s are allowed"
        return None

    def doubt(self, lag: TopicLag, now: datetime) -> str | None:
        """Say why a limit could not be held against a group; None: it could."""
        if lag.uncommitted:
            which = "partition has" if lag.uncommitted == 1 else "partitions have"
            return f"{lag.uncommitted:,} {which} no commit"
        if self.max_age is not None and lag.lag and lag.age(now) is None:
            return "the time of its first unread record is not known"
        return None


def time_left(lag: int | None, trend: float | None) -> timedelta | None:
    """Return when a group has caught up, if all goes on like this; None: never, or not known.

    Args:
        lag: Offsets it has not read.
        trend: How that changes a second; below 0: it shrinks.
    """
    if not lag or trend is None or trend >= -1e-9:
        return None
    try:
        return timedelta(seconds=round(lag / -trend, 3))
    except OverflowError:
        return None


def lags_of(groups: Iterable[Group]) -> tuple[TopicLag, ...]:
    """Add up groups, topic by topic; a group without a topic has one line of its own."""
    return tuple(line for group in groups for line in _lines(group))


def _lines(group: Group) -> list[TopicLag]:
    if not group.topics:
        remark = "reads nothing" if group.error is None else group.error.message
        errors = () if group.error is None else (group.error,)
        return [TopicLag(group.name, group.state, None, 0, None, None, 0, 0, 0, 0, remark, errors)]
    of_topics: dict[str, list[GroupPartition]] = {topic: [] for topic in group.topics}
    for one in group.partitions:
        of_topics[one.partition.topic].append(one)
    return [_line(group, topic, parts) for topic, parts in of_topics.items()]


def _line(group: Group, topic: str, parts: list[GroupPartition]) -> TopicLag:
    lags = [one.lag for one in parts if one.lag is not None]
    uncommitted = sum(one.committed is None and one.error is None for one in parts)
    errors = {one.error.message: one.error for one in parts if one.error is not None}
    lost = sum(one.lost for one in parts)
    return TopicLag(
        group.name,
        group.state,
        topic,
        len(parts),
        sum(lags) if lags else None,
        min((one.unread_since for one in parts if one.unread_since is not None), default=None),
        sum(one.committed or 0 for one in parts),
        len({one.member.member_id for one in parts if one.member is not None}),
        uncommitted,
        lost,
        "; ".join(_remarks(parts, tuple(errors), uncommitted, lost)) or None,
        tuple(errors.values()),
    )


def _remarks(
    parts: list[GroupPartition], errors: tuple[str, ...], uncommitted: int, lost: int
) -> list[str]:
    said = list(errors)
    if uncommitted:
        where = "" if uncommitted == len(parts) else f" in {uncommitted:,} of {len(parts):,}"
        said.append(f"no commit{where}")
    if lost:
        said.append(f"{lost:,} {'offset' if lost == 1 else 'offsets'} gone unread")
    past = [one for one in parts if one.committed is not None and one.committed > (one.end or 0)]
    if any(one.end is not None for one in past):
        said.append("committed past the end")
    return said
