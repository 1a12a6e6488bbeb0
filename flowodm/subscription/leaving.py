"""`Membership`: how a consumer leaves its group, and how long that may take.

librdkafka's `close()` waits for as long as the session lasts when no broker answers, and nothing
ends it. So it runs in a daemon thread, which alone holds on to the consumer then. The thread is
there from the start: at the end of a program, Python starts none any more.
"""

import atexit
import os
import threading
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from confluent_kafka import Consumer

__all__ = ["Membership", "others"]

_AT_EXIT: Final = 5.0
"""Seconds that all members together have to leave when the program ends."""
_OPEN: "set[Membership]" = set()
"""Those that have not left; read as a copy, since threads come and go."""


class Membership:
    """A consumer that is, or may become, a member of a group.

    Args:
        consumer: It is closed by this alone.
        cluster: Where; two with the same text are the same.
        topic: The topic.
        group: The group.
    """

    def __init__(self, consumer: "Consumer", cluster: str, topic: str, group: str) -> None:
        self.place = (cluster, topic, group)
        self.partitions: set[int] = set()
        """Those that are ours, as far as we have heard."""
        self.owner = os.getpid()
        self._asked = threading.Event()
        self._left = threading.Event()
        _OPEN.add(self)
        threading.Thread(
            target=self._run, args=(consumer,), name="flowodm-leave", daemon=True
        ).start()

    def leave(self, timeout: float = 0.0) -> bool:
        """Commit what is stored and leave the group; tell whether that was done in such seconds."""
        self._asked.set()
        return self.owner != os.getpid() or self._left.wait(timeout)

    def _run(self, consumer: "Consumer") -> None:
        self._asked.wait()
        try:
            consumer.close()
        finally:
            _OPEN.discard(self)
            self._left.set()


def others(mine: Membership) -> list[Membership]:
    """Return what this process has of the same topic and group besides, and has partitions."""
    return [
        one
        for one in _OPEN.copy()
        if one is not mine and one.owner == mine.owner and one.place == mine.place
        if one.partitions
    ]


def _leave_all() -> None:
    until = monotonic() + _AT_EXIT
    leaving = [one for one in _OPEN.copy() if one.owner == os.getpid()]
    for one in leaving:
        one.leave()
    for one in leaving:
        one.leave(max(until - monotonic(), 0.0))


atexit.register(_leave_all)
