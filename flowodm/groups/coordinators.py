"""The admin client that asks the coordinators of groups; one that got no answer is given up.

After an outage librdkafka's admin client still waits for a coordinator over the connection that it
had: each such question times out for ever, though the broker is back. And where one was out when
the broker went, the process may be aborted once it is back (its assertion `eonce->refcnt > 0`). So
these questions have a client of their own, and it ends as soon as one is left without an answer.
"""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from flowodm.connection.twin import twin_of
from flowodm.errors import BrokerError, BrokerUnreachable

if TYPE_CHECKING:
    from concurrent.futures import Future

    from confluent_kafka.admin import AdminClient

    from flowodm.connection import KafkaConnection

__all__ = ["Coordinators"]

T = TypeVar("T")

_LATE: Final = 0.5
"""Seconds more for an answer that nobody waits for any more: librdkafka complains on the terminal
where a client ends whose answers are just coming."""


class Coordinators:
    """Whom questions about groups go through; threads may share it.

    Args:
        connection: The cluster.
    """

    def __init__(self, connection: "KafkaConnection") -> None:
        self._connection = connection
        self._asking: KafkaConnection | None = None
        self._lock = threading.Lock()

    @classmethod
    def of(cls, connection: "KafkaConnection") -> "Coordinators":
        """Return those of a connection; they last as long as it does."""
        return connection.owned(Coordinators, lambda: cls(connection))

    @property
    def asking(self) -> "KafkaConnection":
        """Whose admin client is asked now."""
        with self._lock:
            if self._asking is None:
                self._asking = twin_of(self._connection)
            return self._asking

    def wait(self, ask: "Callable[[AdminClient], Future[T]]", *, timeout: float) -> T:
        """Ask one question, and wait for its answer.

        Args:
            ask: Asks the client.
            timeout: Seconds to wait.

        Raises:
            BrokerError: It was refused, or nobody answered.
        """
        (answer,) = self.all(lambda admin: {"": ask(admin)}, timeout=timeout).values()
        if isinstance(answer, BrokerError):
            raise answer
        return answer

    def all(
        self, ask: "Callable[[AdminClient], Mapping[str, Future[T]]]", *, timeout: float
    ) -> "dict[str, T | BrokerError]":
        """Ask a question of many groups, and wait for what each brings: an answer, or why none."""
        asking = self.asking
        admin = asking.admin()  # it must outlive its questions
        futures = ask(admin)
        found: dict[str, T | BrokerError] = {}
        for name, future in futures.items():
            try:
                found[name] = asking.wait(future, timeout=timeout)
            except BrokerError as error:
                found[name] = error
        del admin
        if any(isinstance(answer, BrokerUnreachable) for answer in found.values()):
            from concurrent.futures import wait

            wait(futures.values(), _LATE)
            self.give_up(asking)
        return found

    def give_up(self, asked: "KafkaConnection") -> None:
        """End a client; once, however many questions it left unanswered."""
        with self._lock:
            if asked is not self._asking:
                return
            self._asking = None
        asked.close(0)

    def close(self, timeout: float | None = None) -> None:
        """End the client there is."""
        with self._lock:
            asking, self._asking = self._asking, None
        if asking is not None:
            asking.close(timeout)
