"""What the clients of one connection have said of their brokers.

librdkafka hands its log lines and errors to a `Journal`; it keeps the last failure of each
address, and passes lines on, without secrets, to the logger `flowodm.kafka`: what librdkafka tells
for information as DEBUG, what it warns of as INFO and not again and again.
"""

import logging
import re
import threading
import time
from dataclasses import dataclass

from flowodm.config.secrets import redact
from flowodm.connection.causes import Cause, cause_of

__all__ = ["LOGGER", "Failure", "Journal"]

LOGGER = logging.getLogger("flowodm.kafka")

_RANK = (
    *("credentials", "mechanism", "token", "client_certificate", "certificate", "tls", "no_sasl"),
    *("not_kafka", "refused", "disconnected", "unroutable", "unresolved", "silent"),
)
"""The kinds of causes, the most telling first."""
_PUZZLING = 3
"""Times to hang up before a look is worth it."""
_MEMORY = 30.0
"""Seconds that a failure counts; what came before has been overcome."""
_QUIET = 30.0
"""Seconds in which a warning is not repeated: an outage makes twenty of them a second."""
_MOST_TOLD = 500
_CLIENT = re.compile(r"\[[^\]#]*#(\w+)-\d+\]")
_NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class Failure:
    """The failures of one address since it last worked."""

    cause: Cause
    tries: int
    at: float
    """When it last failed, on the monotonic clock."""
    is_explained: bool = False
    """Whether a look at the broker has been taken for it."""


class Journal:
    """Collects log lines; every thread may write and read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: dict[str, Failure] = {}
        self._told: dict[str, float] = {}
        """When each kind of warning was last passed on, on the monotonic clock."""

    def log(self, level: int, message: str, *arguments: object) -> None:
        """Take a line as a `logging.Logger` would: confluent-kafka calls this."""
        line = redact(message % arguments if arguments else message)
        cause = cause_of(line) if level >= logging.INFO else None
        if level < logging.WARNING:
            LOGGER.debug("%s", line)
        elif self._is_news(line, cause):
            LOGGER.info("%s", line)  # an error is told where it matters
        if cause is not None:
            self._add(cause)

    def begin(self) -> None:
        """Forget earlier failures: a new attempt starts."""
        with self._lock:
            self._failures.clear()

    def worst(self) -> Failure | None:
        """Return the most telling failure; of equally telling ones, the one tried most."""
        failures = self._recent()
        return min(failures, key=lambda f: (_rank(f.cause), -f.tries), default=None)

    def definite(self, servers: int) -> Failure | None:
        """Return the failure that makes waiting pointless, when there is one.

        Args:
            servers: How many bootstrap servers there are; wrong credentials count on any of
                them, other causes only when every one has failed for good.
        """
        worst = self.worst()
        if worst is None or not worst.cause.is_definite:
            return None
        if worst.cause.kind in ("credentials", "mechanism", "token"):
            return worst
        failed = sum(failure.cause.is_definite for failure in self._recent())
        return worst if failed >= servers else None

    def puzzle(self) -> Cause | None:
        """Return a cause that a look at the broker may explain: it hangs up, time and again."""
        for failure in self._recent():
            is_puzzling = failure.cause.kind == "disconnected" and failure.tries >= _PUZZLING
            if is_puzzling and not failure.is_explained:
                return failure.cause
        return None

    def settle(self, cause: Cause) -> None:
        """Take what a look at the broker has said of its failure."""
        with self._lock:
            if (failure := self._failures.get(cause.address)) is not None:
                failure.cause, failure.is_explained = cause, True

    def _is_news(self, line: str, cause: Cause | None) -> bool:
        """Tell whether no client of this kind said the same, of the same broker, a while ago."""
        client = found[1] if (found := _CLIENT.search(line)) else ""
        reason = _NUMBER.sub("", line) if cause is None else f"{cause.address} {cause.text}"
        key, now = f"{client} {reason}", time.monotonic()
        with self._lock:
            if now - self._told.get(key, -_QUIET) < _QUIET:
                return False
            if len(self._told) >= _MOST_TOLD:
                self._told.clear()
            self._told[key] = now
            return True

    def _recent(self) -> list[Failure]:
        since = time.monotonic() - _MEMORY
        with self._lock:
            return [failure for failure in self._failures.values() if failure.at >= since]

    def _add(self, cause: Cause) -> None:
        now = time.monotonic()
        with self._lock:
            failure = self._failures.get(cause.address)
            if failure is None or failure.at < now - _MEMORY:
                self._failures[cause.address] = Failure(cause, 1, now)
                return
            failure.tries += 1
            failure.at = now
            if not failure.is_explained and _rank(cause) <= _rank(failure.cause):
                failure.cause = cause


def _rank(cause: Cause) -> int:
    return _RANK.index(cause.kind)
