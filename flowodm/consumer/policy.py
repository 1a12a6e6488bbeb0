"""What a failure leads to: decided here, done elsewhere (S10, S12).

A failure is transient or permanent. What is transient is tried again, later and later; what is
permanent, or has failed often enough, goes to the dead letters, is skipped, or stops the loop.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from flowodm.consumer.dead_letter import STYLES, HeaderStyle, Stage
from flowodm.errors import (
    BrokerUnreachable,
    ConfigurationError,
    DeliveryTimeout,
    DeserializationError,
    RegistryError,
    RegistryUnreachable,
    SerializationError,
    SettingsError,
    UsageError,
)

__all__ = [
    "DeadLetterPolicy",
    "Decision",
    "FailurePolicy",
    "Misuse",
    "OnFailure",
    "RetryPolicy",
    "UnknownSchema",
    "Verdict",
    "decide",
]

OnFailure: TypeAlias = Literal["stop", "skip"]

_UNKNOWN_SCHEMA: Final = 30.0
"""Seconds for which a schema that the registry does not know may yet be registered (S12)."""
_OUTAGE_FIRST: Final = 0.5
_OUTAGE_MOST: Final = 15.0
_LETTER_ATTEMPTS: Final = 5
_LETTER_FIRST: Final = 0.5


class Misuse(UsageError):
    """The handler is none for this loop: every record would fail alike, so the loop ends."""


class UnknownSchema(DeserializationError):
    """A record names a schema that the registry does not know, perhaps not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a record's handler is tried, and how long that may take.

    The delay before a further attempt is random, between nothing and a bound that doubles each
    time: so those who failed together do not come back together.
    """

    attempts: int = 5
    """How often in all, the first time included."""
    initial: float = 0.5
    """Seconds that bound the first delay."""
    max: float = 30.0
    """Seconds that bound every delay."""
    within: float = 600.0
    """Seconds after the first failure when no further attempt begins."""
    permanent: tuple[type[Exception], ...] = ()
    """Errors that are not tried again, besides those that no time heals: `TypeError`, a validation
    error, a record that cannot be decoded, a wrong setting."""

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        attempts: Any = self.attempts
        if not _is_whole(attempts) or attempts < 1:
            raise _wrong("RetryPolicy", "attempts", self.attempts, "a whole number, at least 1")
        for name in ("initial", "max", "within"):
            value: Any = getattr(self, name)
            if not _is_number(value) or value < 0:
                raise _wrong("RetryPolicy", name, value, "seconds, 0 or more")
        if self.initial > self.max:
            raise SettingsError(
                f"`RetryPolicy.initial` {self.initial:g} is more than `max` {self.max:g}",
                hint="`initial` bounds the first delay, `max` every delay",
            )
        permanent: Any = self.permanent
        given = permanent if isinstance(permanent, tuple) else (permanent,)
        for one in given:
            if not (isinstance(one, type) and issubclass(one, Exception)):
                raise _wrong("RetryPolicy", "permanent", one, "a tuple of exception classes")
        object.__setattr__(self, "permanent", given)

    def delay(self, attempt: int, chance: float) -> float:
        """Return the seconds before the attempt after the given one.

        Args:
            attempt: How often it was tried.
            chance: From 0 to 1: full jitter.
        """
        return chance * backoff(self.initial, self.max, attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterPolicy:
    """Where a record goes that is given up, and how that is written on it."""

    topic: str | None = None
    """The topic; None: the loop's own with `-dlt` behind it."""
    headers: HeaderStyle = "spring"
    """Whose headers say what happened: `spring`, `connect` or `smallrye`."""

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        topic: Any = self.topic
        if topic is not None and not (isinstance(topic, str) and topic):
            raise _wrong("DeadLetterPolicy", "topic", self.topic, "the name of a topic, or None")
        if self.headers not in STYLES:
            raise _wrong("DeadLetterPolicy", "headers", self.headers, f"one of {', '.join(STYLES)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FailurePolicy:
    """What a loop does about failures."""

    retry: RetryPolicy
    dead_letter: DeadLetterPolicy | None = None
    on_failure: OnFailure = "stop"
    """What becomes of a record that is given up, where there is no dead letter."""


class Decision(Enum):
    """What becomes of a record."""

    COMMIT = "commit"
    RETRY = "retry"
    DEAD_LETTER = "dead letter"
    SKIP = "skip"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision, and what goes with it."""

    decision: Decision
    delay: float = 0.0
    """For RETRY: seconds until the next attempt."""
    is_outage: bool = False
    """For RETRY: whether its partition waits too, since the others would fail alike (S12)."""


_COMMIT: Final = Verdict(Decision.COMMIT)
_STOP: Final = Verdict(Decision.STOP)


def decide(
    error: BaseException | None,
    attempt: int,
    policy: FailurePolicy,
    *,
    stage: Stage = "handler",
    elapsed: float = 0.0,
    chance: Callable[[], float] = random.random,
) -> Verdict:
    """Decide what becomes of a record (S10, S12).

    Args:
        error: What went wrong; None: nothing did.
        attempt: How often this stage was tried, this time included.
        policy: The loop's.
        stage: Where it went wrong.
        elapsed: Seconds since the first failure of the record.
        chance: Gives a number from 0 to 1, for the jitter.
    """
    if error is None:
        return _COMMIT
    if not isinstance(error, Exception):
        return _of_a_base_exception(error, attempt, policy, elapsed, chance)
    if isinstance(error, Misuse):
        return _STOP
    if stage == "decode":
        return _of_decoding(error, attempt, policy, elapsed, chance)
    if stage == "dead letter":
        return _of_a_letter(error, attempt, chance)
    retry = policy.retry
    if not is_permanent(error, retry.permanent) and attempt < retry.attempts:
        delay = retry.delay(attempt, chance())
        if elapsed + delay <= retry.within:
            return Verdict(Decision.RETRY, delay)
    return _given_up(policy)


def _of_a_base_exception(
    error: BaseException,
    attempt: int,
    policy: FailurePolicy,
    elapsed: float,
    chance: Callable[[], float],
) -> Verdict:
    """Stop at `sys.exit` and its like; a cancelled task is a failure, never an acknowledgement."""
    from asyncio import CancelledError

    if not isinstance(error, CancelledError):
        return _STOP
    return decide(RuntimeError("cancelled"), attempt, policy, elapsed=elapsed, chance=chance)


def _of_decoding(
    error: Exception,
    attempt: int,
    policy: FailurePolicy,
    elapsed: float,
    chance: Callable[[], float],
) -> Verdict:
    """Wait out an outage for ever, and an unknown schema for a while; else it stays as it is."""
    if isinstance(error, RegistryUnreachable):
        asked = error.retry_after or 0.0
        own = (0.5 + chance() / 2) * backoff(_OUTAGE_FIRST, _OUTAGE_MOST, attempt)
        return Verdict(Decision.RETRY, max(asked, own), is_outage=True)
    if isinstance(error, RegistryError):
        return _STOP  # it refuses us, and nothing is known of the record
    if isinstance(error, UnknownSchema) and elapsed < _UNKNOWN_SCHEMA:
        return Verdict(Decision.RETRY, (0.5 + chance() / 2) * backoff(0.5, 5.0, attempt))
    return _given_up(policy)


def _of_a_letter(error: Exception, attempt: int, chance: Callable[[], float]) -> Verdict:
    """Try again; in an outage of the brokers for ever, else for some times, then stop (S10)."""
    delay = (0.5 + chance() / 2) * backoff(_LETTER_FIRST, _OUTAGE_MOST, attempt)
    if isinstance(error, BrokerUnreachable | DeliveryTimeout):
        return Verdict(Decision.RETRY, delay, is_outage=True)
    return Verdict(Decision.RETRY, delay) if attempt < _LETTER_ATTEMPTS else _STOP


def _given_up(policy: FailurePolicy) -> Verdict:
    if policy.dead_letter is not None:
        return Verdict(Decision.DEAD_LETTER)
    return Verdict(Decision.SKIP) if policy.on_failure == "skip" else _STOP


def is_permanent(error: Exception, listed: tuple[type[Exception], ...] = ()) -> bool:
    """Tell whether trying again would only fail again."""
    from pydantic import ValidationError

    ours = (TypeError, DeserializationError, SerializationError, ConfigurationError)
    return isinstance(error, (*ours, ValidationError, *listed))


def backoff(first: float, most: float, attempt: int) -> float:
    """Return the bound of a delay: it doubles with each attempt."""
    return min(most, first * 2.0 ** min(attempt - 1, 60))


def _wrong(kind: str, name: str, value: Any, must: str) -> SettingsError:
    return SettingsError(f"`{kind}.{name}` is {must}, not `{value!r:.60}`")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
