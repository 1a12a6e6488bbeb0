"""Consumer groups as the screens list, open and reset them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flowodm.tui.sources.patience import Patience

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.groups import Group, GroupReading, ResetPlan, Target

__all__ = ["GroupsSource", "KafkaGroups", "parse_reset"]


class GroupsSource(Protocol):
    """Answers for the groups' screens; each question may block, and raises `FlowODMError`."""

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the last list; never blocks."""

    def groups(self) -> "GroupReading":
        """Read all groups, with the times of their first unread records."""

    def group(self, name: str) -> "Group":
        """Read one group, the same way."""

    def plan(self, name: str, topic: str, position: str) -> "ResetPlan":
        """Plan a reset; nothing is changed."""

    def reset(self, plan: "ResetPlan") -> Path:
        """Do what was planned; return the file that takes it back."""


class KafkaGroups:
    """The groups of a real cluster.

    Args:
        connection: Its clients.
        patience: How long they are waited for.
        directory: Where the files are written that take resets back; None: the working directory.
    """

    def __init__(
        self, connection: "KafkaConnection", patience: Patience, directory: Path | None = None
    ) -> None:
        self._connection = connection
        self._patience = patience
        self._directory = directory
        self._known: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the last list."""
        return self._known

    def groups(self) -> "GroupReading":
        """Read all groups."""
        from flowodm.groups import read_groups

        with self._patience.seconds("groups") as seconds:
            found = read_groups(self._connection, with_ages=True, timeout=seconds)
        self._known = tuple(group.name for group in found.groups)
        return found

    def group(self, name: str) -> "Group":
        """Read one group."""
        from flowodm.groups import read_group

        with self._patience.seconds("group") as seconds:
            return read_group(self._connection, name, timeout=seconds)

    def plan(self, name: str, topic: str, position: str) -> "ResetPlan":
        """Plan a reset; nothing is changed."""
        from flowodm.groups import plan_reset

        target, partitions = parse_reset(position)
        with self._patience.seconds("reset") as seconds:
            return plan_reset(
                self._connection, name, topic, target, partitions=partitions, timeout=seconds
            )

    def reset(self, plan: "ResetPlan") -> Path:
        """Do what was planned, once a file is written that takes it back.

        Raises:
            ChangeRefused: The context does not allow it.
            BrokerError: The group is active, or an offset could not be moved.
        """
        from flowodm.groups import apply_reset, write_undo
        from flowodm.groups.changes import check_reset, undo_of
        from flowodm.groups.undo import undo_name

        check_reset(self._connection, plan)
        plan.check()
        path = (self._directory or Path()) / undo_name(plan.group.name)
        write_undo(undo_of(plan), path)
        apply_reset(self._connection, plan)
        return path


def parse_reset(text: str) -> "tuple[Target, Sequence[int] | None]":
    """Read where to, and perhaps of which partitions alone: `@-1h`, `start -p 0,3-5`.

    Raises:
        UsageError: It is no position, or no list of partitions.
    """
    from flowodm.groups import parse_target
    from flowodm.positions import parse_partitions

    position, flag, numbers = text.partition(" -p ")
    target = parse_target(position.strip(), now=datetime.now(UTC))
    return target, parse_partitions(numbers.strip()) if flag else None
