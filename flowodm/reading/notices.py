"""The sentences of a read: what is missing, from which partition, and what to do."""

from dataclasses import replace

from flowodm.errors import FlowODMError
from flowodm.reading.options import Notice
from flowodm.reading.spans import Partition

__all__ = [
    "cut_short",
    "deleted",
    "evicted",
    "failed",
    "headless",
    "leader_is_back",
    "leaderless",
    "nothing_given",
    "outage",
    "purged",
    "relief",
]


def leaderless(partition: Partition, *, is_waiting: bool) -> Notice:
    """A partition that nobody serves."""
    then = "its records follow when it has one" if is_waiting else "its records are not read"
    return _notice(
        partition,
        f"has no leader: {then}",
        is_problem=not is_waiting,
        hint=f"see which brokers are missing: `flowodm topics describe {partition.topic}`",
    )


def leader_is_back(partition: Partition) -> Notice:
    """A partition that is served again."""
    return replace(_notice(partition, "has a leader again", is_problem=False), is_relief=True)


def deleted(partition: Partition) -> Notice:
    """A topic that is gone."""
    return _notice(partition, "was deleted while it was read", is_problem=True)


def purged(partition: Partition, position: int, earliest: int) -> Notice:
    """Records that were deleted before their turn came."""
    return _notice(
        partition,
        f"begins at {earliest} now: offsets {position} to {earliest - 1} were deleted before they"
        " were read",
        is_problem=False,
    )


def cut_short(partition: Partition, position: int, latest: int) -> Notice:
    """A partition that ends before what was read of it."""
    return _notice(
        partition,
        f"ends at {latest} now, before offset {position}: the topic was made anew, or a leader"
        " that lacked records was elected",
        is_problem=True,
    )


def failed(partition: Partition, error: FlowODMError | None) -> Notice:
    """A partition that the cluster gives an error for; None: it has no leader."""
    if error is None:
        return leaderless(partition, is_waiting=False)
    return _notice(partition, f"is not read: {error.message}", is_problem=True, hint=error.hint)


def headless(partition: Partition, offset: int) -> Notice:
    """Records that are shown without their headers."""
    return _notice(
        partition,
        f"has records, the first at offset {offset}, whose header names are not UTF-8: they come"
        " without their headers",
        is_problem=False,
    )


def outage(error: FlowODMError) -> Notice:
    """No broker answers, and the read waits."""
    return Notice(f"{error.message}; waiting for it", is_problem=False, hint=error.hint)


def relief() -> Notice:
    """The outage is over."""
    return Notice("the cluster answers again", is_problem=False, is_relief=True)


def evicted(group: str) -> Notice:
    """A member that did not read for too long."""
    return Notice(
        f"the group `{group}` gave this reader's partitions to others: nothing was read for longer"
        " than `max.poll.interval.ms`; joining again",
        is_problem=False,
    )


def nothing_given(group: str) -> Notice:
    """A member without a partition."""
    return Notice(
        f"the group `{group}` has more members than partitions: this reader was given none",
        is_problem=False,
    )


def _notice(
    partition: Partition, what: str, *, is_problem: bool, hint: str | None = None
) -> Notice:
    return Notice(
        f"{partition} {what}",
        is_problem=is_problem,
        topic=partition.topic,
        partition=partition.number,
        hint=hint,
    )
