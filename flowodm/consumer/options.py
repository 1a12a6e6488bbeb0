"""What a loop is to do: its arguments, checked before anything is connected to."""

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from flowodm.consumer.events import OnEvent
from flowodm.consumer.policy import DeadLetterPolicy, FailurePolicy, OnFailure, RetryPolicy
from flowodm.consumer.scheduler import ORDERINGS, Ordering
from flowodm.errors import SettingsError
from flowodm.model.declared import DeclaredModel
from flowodm.settings import BaseSettings, LongRunningSettings, profile_of

if TYPE_CHECKING:
    from flowodm.model.attached import Consumption
    from flowodm.record import Record

__all__ = [
    "CommitStrategy",
    "Concurrency",
    "ErrorHandler",
    "LoopArguments",
    "LoopOptions",
    "settle",
]

CommitStrategy: TypeAlias = Literal["after_processing", "before_processing"]
Concurrency: TypeAlias = int | Literal["profile"]
ErrorHandler: TypeAlias = "Callable[[BaseException, Record, Any], Any]"
"""Told of a record that is given up: the error, the record, and the instance if there is one."""

_MOST_CONCURRENT: Final = 10_000
_SUFFIX: Final = "-dlt"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopArguments:
    """What a loop's constructor was given."""

    kind: str
    """The class's name, for errors."""
    model: Any
    handler: Any
    settings: "BaseSettings | type[BaseSettings] | None"
    group_id: str | None
    error_handler: Any
    on_startup: Any
    on_shutdown: Any
    commit_strategy: Any
    max_retries: Any
    retry_delay: Any
    name: Any
    concurrency: Any
    ordering: Any
    retry: Any
    dead_letter: Any
    on_failure: Any
    batch_size: Any
    shutdown_timeout: Any
    on_event: Any
    is_async: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopOptions:
    """What a loop is to do, settled."""

    name: str
    model: type[DeclaredModel]
    handler: Callable[[Any], Any]
    topic: str
    group: str
    profile: BaseSettings
    concurrency: int
    ordering: Ordering
    failure: FailurePolicy
    dead_letter_topic: str | None
    batch_size: int | None
    shutdown_timeout: float
    commit_strategy: CommitStrategy
    error_handler: "ErrorHandler | None"
    on_startup: Callable[[], Any] | None
    on_shutdown: Callable[[], Any] | None
    on_event: OnEvent | None

    @property
    def most_waiting(self) -> int:
        """How many records may be here and not done (S4)."""
        if self.commit_strategy == "before_processing":
            return max(self.profile.max_poll_records, self.concurrency)  # a crash loses them
        work = self.concurrency * (self.batch_size or 1)
        return max(self.profile.max_poll_records, 2 * work, _FEW)

    @property
    def drain_timeout(self) -> float:
        """Seconds for handlers at work on partitions that are taken away (S8)."""
        interval = self.profile.to_consumer_config().get("max.poll.interval.ms", 300_000)
        return min(self.profile.revoke_drain_timeout, float(interval) / 1000 * 0.8)


_FEW: Final = 200
"""Records that cost little to keep, and save many turns of the owner."""


def settle(given: LoopArguments) -> "tuple[LoopOptions, Consumption]":
    """Check a loop's arguments, and say what follows from them.

    Raises:
        SettingsError: One is wrong, or two contradict each other: with class, argument and cure.
    """
    from flowodm.model.attached import consumption_of

    check = _Check(given.kind)
    check.model(given.model)
    handler = check.handler(given.handler, is_async=given.is_async)
    for name in ("error_handler", "on_startup", "on_shutdown", "on_event"):
        check.callable_or_none(name, getattr(given, name))
    found = consumption_of(given.model, given.group_id, given.settings)
    profile = profile_of(given.settings or found.profile or LongRunningSettings)
    check.one_of("ordering", given.ordering, ORDERINGS)
    check.one_of("commit_strategy", given.commit_strategy, get_args(CommitStrategy))
    check.one_of("on_failure", given.on_failure, get_args(OnFailure))
    letter = check.dead_letter(given.dead_letter, given.on_failure, found.topic)
    timeout = given.shutdown_timeout
    options = LoopOptions(
        name=check.name(given.name, handler),
        model=given.model,
        handler=handler,
        topic=found.topic,
        group=found.group,
        profile=profile,
        concurrency=check.concurrency(given.concurrency, profile),
        ordering=given.ordering,
        failure=FailurePolicy(
            retry=check.retry(given.retry, given.max_retries, given.retry_delay),
            dead_letter=letter,
            on_failure=given.on_failure,
        ),
        dead_letter_topic=None if letter is None else letter.topic or found.topic + _SUFFIX,
        batch_size=check.count("batch_size", given.batch_size, may_be_none=True),
        shutdown_timeout=check.seconds(
            "shutdown_timeout", profile.shutdown_timeout if timeout is None else timeout
        ),
        commit_strategy=given.commit_strategy,
        error_handler=given.error_handler,
        on_startup=given.on_startup,
        on_shutdown=given.on_shutdown,
        on_event=given.on_event,
    )
    return options, found


class _Check:
    """Checks the arguments of one class."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def wrong(self, argument: str, value: object, must: str, hint: str | None) -> SettingsError:
        return SettingsError(
            f"`{self._kind}`: `{argument}` is {must}, not `{value!r:.60}`", hint=hint
        )

    def model(self, model: object) -> None:
        if not (isinstance(model, type) and issubclass(model, DeclaredModel)):
            raise self.wrong(
                "model",
                model,
                "a model class",
                "give a subclass of `FlowBaseModel`, not an instance",
            )

    def handler(self, handler: Any, *, is_async: bool) -> Any:
        if not callable(handler):
            hint = "give a function that takes one record: `def handle(event): …`"
            raise self.wrong("handler", handler, "a function", hint)
        if not is_async and is_coroutine_function(handler):
            raise SettingsError(
                f"`{self._kind}`: `handler` `{name_of(handler)}` is a coroutine function, which this"
                " loop would call and never await",
                hint="use `AsyncConsumerLoop`, or make it a plain `def`",
            )
        if inspect.isgeneratorfunction(handler) or inspect.isasyncgenfunction(handler):
            raise SettingsError(
                f"`{self._kind}`: `handler` `{name_of(handler)}` is a generator function: calling"
                " it does nothing yet",
                hint="take the `yield` out of it; it is called once for every record",
            )
        _check_signature(self._kind, handler)
        return handler

    def callable_or_none(self, argument: str, value: object) -> None:
        if value is not None and not callable(value):
            raise self.wrong(argument, value, "a function, or None", None)

    def one_of(self, argument: str, value: object, known: Collection[str]) -> None:
        if not isinstance(value, str) or value not in known:
            words = ", ".join(f'"{one}"' for one in known)
            raise self.wrong(argument, value, f"one of {words}", None)

    def name(self, name: Any, handler: Any) -> str:
        if name is None:
            return name_of(handler)
        if isinstance(name, str) and name:
            return name
        raise self.wrong("name", name, "a text", None)

    def concurrency(self, value: Any, profile: BaseSettings) -> int:
        if value == "profile":
            return profile.concurrency
        if isinstance(value, str):
            hint = '`concurrency="profile"` takes the number that the profile names'
            raise self.wrong("concurrency", value, 'a number of records, or "profile"', hint)
        found = self.count("concurrency", value)
        assert found is not None
        if found > _MOST_CONCURRENT:
            hint = "more members of the group share the work on more machines"
            raise self.wrong("concurrency", value, f"at most {_MOST_CONCURRENT:,}", hint)
        return found

    def count(self, argument: str, value: Any, *, may_be_none: bool = False) -> int | None:
        if value is None and may_be_none:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.wrong(argument, value, "a whole number, at least 1", None)
        return value

    def seconds(self, argument: str, value: Any) -> float:
        if isinstance(value, int | float) and value is not True and 0 <= value < float("inf"):
            return float(value)
        hint = "every wait has an end: `shutdown_timeout=25`"
        raise self.wrong(argument, value, "a number of seconds", hint)

    def retry(self, retry: Any, max_retries: Any, retry_delay: Any) -> RetryPolicy:
        """The policy, from either way to say it: as now, or as in 0.3.1."""
        if retry is not None:
            if not isinstance(retry, RetryPolicy):
                hint = "for example `RetryPolicy(attempts=5, initial=0.5, max=30)`"
                raise self.wrong("retry", retry, "a `RetryPolicy`", hint)
            if max_retries:
                raise SettingsError(
                    f"`{self._kind}`: both `retry` and `max_retries` say how often to try again",
                    hint="keep `retry`; its `attempts` counts the first one too",
                )
            return retry
        if not isinstance(max_retries, int) or isinstance(max_retries, bool) or max_retries < 0:
            raise self.wrong("max_retries", max_retries, "a whole number, 0 or more", None)
        delay = self.seconds("retry_delay", retry_delay)
        return RetryPolicy(attempts=max_retries + 1, initial=delay, max=max(delay, 30.0))

    def dead_letter(self, given: Any, on_failure: OnFailure, topic: str) -> DeadLetterPolicy | None:
        """The policy, from a policy or a topic's name."""
        if given is None:
            return None
        if isinstance(given, str) and given:
            given = DeadLetterPolicy(topic=given)
        if not isinstance(given, DeadLetterPolicy):
            hint = 'give the name of a topic, or `DeadLetterPolicy(headers="connect")`'
            raise self.wrong("dead_letter", given, "a topic or a `DeadLetterPolicy`", hint)
        if on_failure == "skip":
            raise SettingsError(
                f'`{self._kind}`: `dead_letter` and `on_failure="skip"` contradict each other',
                hint="keep one: a record that is given up is kept as a dead letter, or skipped",
            )
        if given.topic == topic:
            raise SettingsError(
                f"`{self._kind}`: `dead_letter` is topic `{topic}`, which this loop reads: a record"
                " that fails would come again for ever",
                hint=f"name another topic, such as `{topic}{_SUFFIX}`",
            )
        return given


def _check_signature(kind: str, handler: Any) -> None:
    """Refuse a handler that cannot be called with one record."""
    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):
        return  # nothing is known of it
    try:
        signature.bind(None)
    except TypeError as error:
        raise SettingsError(
            f"`{kind}`: `handler` `{name_of(handler)}{signature}` cannot be called with one record:"
            f" {error}",
            hint="it takes one argument; `functools.partial` gives it others",
        ) from None


def is_coroutine_function(function: Any) -> bool:
    """Tell whether calling it makes a coroutine, as far as that can be known."""
    while isinstance(function, partial):
        function = function.func
    called = vars(type(function)).get("__call__")
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def name_of(function: Any) -> str:
    """Return what to call a function."""
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__name__", None) or type(function).__name__
