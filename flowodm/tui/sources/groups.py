"""Consumer groups as the screens list, open and reset them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flowodm.groups import (
    Group,
    GroupReading,
    ResetPlan,
    Target,
    apply_reset,
    parse_target,
    plan_reset,
    read_group,
    read_groups,
    write_undo,
)
from flowodm.groups.changes import check_reset, undo_of
from flowodm.groups.undo import undo_name
from flowodm.positions import parse_partitions
from flowodm.tui.sources.cluster import PATIENCE

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["GroupsSource", "KafkaGroups", "parse_reset"]


class GroupsSource(Protocol):
    """Answers for the groups' screens; each question may block, and raises `FlowODMError`."""

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the last list; never blocks."""

    def groups(self) -> GroupReading:
        """Read all groups, with the times of their first unread records."""

    def group(self, name: str) -> Group:
        """Read one group, the same way."""

    def plan(self, name: str, topic: str, position: str) -> ResetPlan:
        """Plan a reset; nothing is changed."""

    def reset(self, plan: ResetPlan) -> Path:
        """Do what was planned; return the file that takes it back."""


class KafkaGroups:
    """The groups of a real cluster.

    Args:
        connection: Its clients.
        directory: Where the files are written that take resets back; None: the working directory.
    """

    def __init__(self, connection: "KafkaConnection", directory: Path | None = None) -> None:
        self._connection = connection
        self._directory = directory
        self._known: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the last list."""
        return self._known

    def groups(self) -> GroupReading:
        """Read all groups."""
        found = read_groups(self._connection, with_ages=True, timeout=PATIENCE)
        self._known = tuple(group.name for group in found.groups)
        return found

    def group(self, name: str) -> Group:
        """Read one group."""
        return read_group(self._connection, name, timeout=PATIENCE)

    def plan(self, name: str, topic: str, position: str) -> ResetPlan:
        """Plan a reset; nothing is changed."""
        target, partitions = parse_reset(position)
        return plan_reset(
            self._connection, name, topic, target, partitions=partitions, timeout=PATIENCE
        )

    def reset(self, plan: ResetPlan) -> Path:
        """Do what was planned, once a file is written that takes it back.

        Raises:
            ChangeRefused: The context does not allow it.
            BrokerError: The group is active, or an offset could not be moved.
        """
        check_reset(self._connection, plan)
        plan.check()
        path = (self._directory or Path()) / undo_name(plan.group.name)
        write_undo(undo_of(plan), path)
        apply_reset(self._connection, plan)
        return path


def parse_reset(text: str) -> tuple[Target, Sequence[int] | None]:
    """Read where to, and perhaps of which partitions alone: `@-1h`, `start -p 0,3-5`.

    Raises:
        UsageError: It is no position, or no list of partitions.
    """
    position, flag, numbers = text.partition(" -p ")
    target = parse_target(position.strip(), now=datetime.now(UTC))
    return target, parse_partitions(numbers.strip()) if flag else None
