"""The words between the rules and their drivers: a request, a pause, and what came back.

The rules (`exchange.py`, `rules.py`) are generators: they yield a `Request` or a `Pause` and are
sent an `Outcome`. They touch no socket and no clock of their own, so one implementation serves
the blocking and the asyncio client (`transport.py`, `transport_async.py`) and every test.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

__all__ = [
    "MAX_BODY",
    "Cause",
    "Destination",
    "Failure",
    "Outcome",
    "Pause",
    "Request",
    "Response",
    "Step",
    "Steps",
    "Work",
    "sent",
    "worked",
]

MAX_BODY = 10 * 1024 * 1024
"""Bytes of an answer, after decompression, that are read at most."""

Destination = Literal["registry", "token"]
"""Which trust settings a request goes out with: the registry's own, or the token endpoint's."""

Cause = Literal[
    "refused",
    "unresolved",
    "unroutable",
    "tls",
    "connect-timeout",
    "answer-timeout",
    "disconnected",
    "not-http",
    "too-large",
    "encoding",
    "proxy",
]
"""Why no answer came; each has its own words for the person who reads it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, complete; nothing is added on the way but Host and Content-Length."""

    method: str
    url: str
    """Absolute, percent-encoded, without credentials."""
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes | None = field(repr=False)
    deadline: float
    """When the last byte of the answer must be in, on the rules' monotonic clock."""
    connect_timeout: float
    destination: Destination = "registry"


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait before the next attempt, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """A computation that may be long; a driver keeps it off an event loop.

    What it raises is thrown into the rule.
    """

    run: Callable[[], Any]
    seconds: float
    """About how long it takes."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer, read to its end and decompressed."""

    status: int
    headers: Mapping[str, str]
    """Lower-case names; of repeated ones the first."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """No usable answer came."""

    cause: Cause
    detail: str = ""
    """More words for the cause, capped, without secrets."""
    reached: bool = True
    """Whether the request may have been received, so that its effect is in doubt."""
    error: BaseException | None = field(default=None, repr=False)


Outcome: TypeAlias = Response | Failure
Step: TypeAlias = Request | Pause | Work

_T = TypeVar("_T")
Steps: TypeAlias = Generator[Step, Any, _T]
"""A rule in progress: yields what to do next, ends with its result."""


def sent(request: Request) -> Steps[Outcome]:
    """Have a request sent, and return what came back."""
    outcome: Outcome = yield request
    return outcome


def worked(run: Callable[[], _T], seconds: float) -> Steps[_T]:
    """Have a computation of about that length done, and return its result."""
    result: _T = yield Work(run, seconds)
    return result
