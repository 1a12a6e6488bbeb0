"""What a forked child does with the clients of its parent: it leaves them alone.

librdkafka's threads stay behind in the parent. A child that used, closed or only destroyed a
client would wait for them.
"""

import os
from typing import Any, Protocol
from weakref import WeakSet

__all__ = ["Forkable", "keep", "mind_forks"]


class Forkable(Protocol):
    """Something that holds clients."""

    def leave_parent(self) -> None:
        """Give the clients to `keep`, and begin anew; called in a child, before anything else."""


_FORKABLE: "WeakSet[Forkable]" = WeakSet()
_KEPT: list[Any] = []


def mind_forks(forkable: Forkable) -> None:
    """Have something told of every fork, in the child."""
    _FORKABLE.add(forkable)


def keep(*clients: object) -> None:
    """Keep a parent's clients from being destroyed."""
    _KEPT.append(clients)


def _after_fork() -> None:
    for forkable in list(_FORKABLE):
        forkable.leave_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
