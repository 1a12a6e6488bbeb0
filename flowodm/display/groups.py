"""Consumer groups in words: ages, rates, what members have, what a reset would change."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flowodm.display.ages import duration

if TYPE_CHECKING:
    from flowodm.groups import Group, GroupPartition, ResetStep
    from flowodm.reading.spans import Partition

__all__ = [
    "age_text",
    "assignment_of",
    "assignment_text",
    "change_text",
    "group_remark",
    "unread_age",
]


def age_text(age: timedelta | None) -> str:
    """Return a lag in time for people; none for what is not behind."""
    return duration(age) if age else "–"


def unread_age(one: "GroupPartition", now: datetime | None = None) -> timedelta | None:
    """Return how long the first unread record has been there; None: that is not known."""
    if one.lag == 0:
        return timedelta(0)
    if one.unread_since is None:
        return None
    return max(timedelta(0), (now or datetime.now(UTC)) - one.unread_since)


def group_remark(group: "Group") -> str | None:
    """Say what the numbers of a group leave out; None: nothing."""
    said = [error.message for error in group.errors]
    if group.uncommitted:
        said.append(f"no commit in {group.uncommitted:,} of {len(group.partitions):,}")
    return "; ".join(said) or None


def assignment_of(partitions: "Sequence[Partition]") -> dict[str, list[int]]:
    """Return the partitions of a member, topic by topic."""
    found: dict[str, list[int]] = {}
    for one in partitions:
        found.setdefault(one.topic, []).append(one.number)
    return found


def assignment_text(partitions: "Sequence[Partition]") -> str:
    """Return the partitions of a member in short: `orders 0-2,5; payments 1`."""
    if not partitions:
        return "–"
    found = assignment_of(partitions).items()
    return "; ".join(f"{topic} {_spans(numbers)}" for topic, numbers in found)


def change_text(step: "ResetStep") -> str:
    """Return what a step of a reset means for what the group reads."""
    if step.after is None:
        return "stays"
    if step.change is None:
        return "first commit"
    if step.change == 0:
        return "stays"
    return f"{step.change:+,} {'skipped' if step.change > 0 else 'replayed'}"


def _spans(numbers: "Sequence[int]") -> str:
    """Write partitions as `--partition` takes them: `0-2,5`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
