"""`Membership`: how a consumer leaves its group, and how long that may take.

librdkafka's `close()` waits for as long as the session lasts when no broker answers, and nothing
ends it. So it runs in a daemon thread, which alone holds on to the consumer then. The thread is
there from the start: at the end of a program, Python starts none any more.
"""

import atexit
import logging
import os
import threading
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError

__all__ = ["Membership", "others"]

_LOG = logging.getLogger("flowodm.subscription")

_AT_EXIT: Final = 5.0
"""Seconds that all members together have to leave when the program ends."""
_PAUSE: Final = 0.1
"""Seconds between two tries to commit."""
_PASSING: Final = frozenset(
    {
        "COORDINATOR_LOAD_IN_PROGRESS",
        "COORDINATOR_NOT_AVAILABLE",
        "NOT_COORDINATOR",
        "REBALANCE_IN_PROGRESS",
        "REQUEST_TIMED_OUT",
        "STALE_MEMBER_EPOCH",
        "_TIMED_OUT",
        "_TRANSPORT",
        "_WAIT_COORD",
    }
)
"""What another try may cure."""
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
            self._commit(consumer)
            consumer.close()
        finally:
            _OPEN.discard(self)
            self._left.set()

    def _commit(self, consumer: "Consumer") -> None:
        """Commit what is stored, for `close()` tells nobody when it could not, and tries once."""
        until = monotonic() + _AT_EXIT
        while (error := _commit(consumer)) is not None:
            if error.name() not in _PASSING or monotonic() > until:
                _LOG.warning(
                    "topic `%s`, group `%s`: what was done last is not committed, and comes again:"
                    " %s",
                    *self.place[1:],
                    error.str(),
                )
                return
            sleep(_PAUSE)


def _commit(consumer: "Consumer") -> "KafkaError | None":
    """Commit what is stored; return why it could not be."""
    from confluent_kafka import KafkaError, KafkaException

    try:
        places = consumer.commit(asynchronous=False)
    except KafkaException as failure:
        error: KafkaError = failure.args[0]
        return None if error.code() == KafkaError._NO_OFFSET else error
    return next((place.error for place in places if place.error is not None), None)


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
