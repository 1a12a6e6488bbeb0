"""One question to the registry: credentials, failover, retries, one deadline for the whole.

A generator of `Request`s and `Pause`s (`wire.py`); it knows nothing of endpoints. What an answer
means is in `answers.py`.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlencode

from flowodm.registry.answers import asked_pause, no_answer
from flowodm.registry.oauth import TokenSource
from flowodm.registry.settings import Access, Address
from flowodm.registry.wire import Failure, Outcome, Pause, Request, Response, Steps, sent

__all__ = ["Call", "Exchange", "Limits", "path"]

_ACCEPT = "application/vnd.schemaregistry.v1+json, application/json"
_CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
_RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_REFUSED_UNDONE = frozenset({429, 503})
"""The statuses that say that nothing was done, so that even a DELETE may be sent again."""
_LASTING_CAUSES = frozenset({"tls", "unresolved", "too-large", "encoding", "not-http"})
"""What the same address would only repeat."""


@dataclass(frozen=True, slots=True)
class Call:
    """One question, before it has an address and credentials."""

    method: str
    path: str
    """Percent-encoded, with a leading slash."""
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)

    @property
    def target(self) -> str:
        """The path with its query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often. Seconds."""

    connect: float = 3.0
    total: float = 10.0
    """For one question at one address, retries included."""
    attempts: int = 3
    """Per address."""
    first_pause: float = 0.2
    longest_pause: float = 2.0


def path(*segments: str) -> str:
    """Return a percent-encoded path; no character of a name can end its segment."""
    return "".join("/" + _segment(segment) for segment in segments)


def _segment(name: str) -> str:
    # Dots are never escaped by `quote`, and `/../` would name another resource.
    encoded = quote(name, safe="", errors="surrogatepass")
    return encoded.replace(".", "%2E") if encoded.strip(".") == "" else encoded


class Exchange:
    """Asks one registry, at whichever of its addresses answers.

    Args:
        access: Addresses and credentials.
        limits: Times and counts.
        clock: Monotonic seconds.
        jitter: A number in [0, 1) per pause.
    """

    def __init__(
        self,
        access: Access,
        *,
        limits: Limits = Limits(),
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.access = access
        self._limits = limits
        self._clock = clock
        self._jitter = jitter
        self._preferred = 0
        self._tokens = (
            None if access.oauth is None else TokenSource(access.oauth, access.secrets, clock)
        )

    @property
    def answered_by(self) -> str:
        """The address that answered last, without credentials."""
        return self.access.addresses[self._preferred].base

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be quoted, whoever says it."""
        token = None if self._tokens is None else self._tokens.secret
        return self.access.secrets if token is None else (token, *self.access.secrets)

    def ask(self, call: Call) -> Steps[Response]:
        """Send the call until it is answered.

        Returns:
            The answer, whatever its status, but for one that stands for an outage.

        Raises:
            RegistryUnreachable: No address gave an answer, or only one that says "later".
            RegistryError: The answer is too large, or cannot be decompressed.
        """
        addresses = self._addresses()
        deadline = self._clock() + self._limits.total * len(addresses)
        outcome: Outcome = Failure("answer-timeout")
        for attempt in range(self._limits.attempts):
            for address in tuple(addresses):
                outcome = yield from self._send(call, address, deadline)
                verdict = _judge(call, outcome)
                if isinstance(outcome, Response) and verdict == "answered":
                    self._preferred = self.access.addresses.index(address)
                    return outcome
                if verdict == "stop" or self._clock() >= deadline:
                    raise no_answer(outcome, address.base, self.secrets)
                if verdict == "elsewhere":
                    addresses.remove(address)
            pause = self._pause(outcome, attempt)
            is_over = not addresses or attempt + 1 == self._limits.attempts
            if is_over or self._clock() + pause >= deadline:
                break
            yield Pause(pause)
        raise no_answer(outcome, address.base, self.secrets)

    def _addresses(self) -> list[Address]:
        """Return the addresses, the one that answered last first."""
        known = self.access.addresses
        first = self._preferred
        return [*known[first:], *known[:first]]

    def _send(self, call: Call, address: Address, deadline: float) -> Steps[Outcome]:
        deadline = min(deadline, self._clock() + self._limits.total)
        if self._tokens is None:
            return (yield from sent(self._request(call, address, address.authorization, deadline)))
        token = yield from self._tokens.token(deadline, self._limits.connect)
        outcome = yield from sent(self._request(call, address, f"Bearer {token}", deadline))
        if isinstance(outcome, Response) and outcome.status == 401:
            token = yield from self._tokens.token(deadline, self._limits.connect, rejected=token)
            outcome = yield from sent(self._request(call, address, f"Bearer {token}", deadline))
        return outcome

    def _request(
        self, call: Call, address: Address, authorization: str | None, deadline: float
    ) -> Request:
        headers = [
            ("Accept", _ACCEPT),
            ("Accept-Encoding", "gzip, deflate"),
            ("User-Agent", "flowodm"),
        ]
        if call.body is not None:
            headers.append(("Content-Type", _CONTENT_TYPE))
        if authorization is not None:
            headers.append(("Authorization", authorization))
        return Request(
            call.method,
            address.base + call.target,
            tuple(headers),
            call.body,
            deadline=deadline,
            connect_timeout=self._limits.connect,
        )

    def _pause(self, outcome: Outcome, attempt: int) -> float:
        """Return how long to wait: what the registry asks, else full jitter on a doubling."""
        asked = asked_pause(outcome)
        if asked is not None:
            return asked
        ceiling = min(self._limits.longest_pause, self._limits.first_pause * 2.0**attempt)
        return self._jitter() * ceiling


_Verdict = Literal["answered", "again", "elsewhere", "stop"]


def _judge(call: Call, outcome: Outcome) -> _Verdict:
    """Decide what an outcome asks for; a DELETE is repeated only when it was surely not done."""
    is_repeatable = call.method != "DELETE"
    if isinstance(outcome, Response):
        if outcome.status not in _RETRIED_STATUSES:
            return "answered"
        return "again" if is_repeatable or outcome.status in _REFUSED_UNDONE else "stop"
    if outcome.reached and not is_repeatable:
        return "stop"
    return "elsewhere" if outcome.cause in _LASTING_CAUSES else "again"
