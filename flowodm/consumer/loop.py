"""`ConsumerLoop`: a handler called for every record of a model's topic, in threads.

What it shares with its sibling for asyncio (`aio.py`) is `Loop`.
"""

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from flowodm.consumer.events import OnEvent
from flowodm.consumer.options import (
    CommitStrategy,
    Concurrency,
    ErrorHandler,
    LoopArguments,
    settle,
)
from flowodm.consumer.policy import DeadLetterPolicy, OnFailure, RetryPolicy
from flowodm.consumer.run import Counters, Run, status_of
from flowodm.consumer.scheduler import Ordering
from flowodm.consumer.status import LoopStatus
from flowodm.consumer.threads import ThreadHands
from flowodm.errors import FlowODMError, UsageError

if TYPE_CHECKING:
    from flowodm.settings import BaseSettings

__all__ = ["ConsumerLoop", "Loop", "consumer_loop"]

_H = TypeVar("_H", bound=Callable[..., Any])

_HEARD: Final = 0.5
"""Seconds of one wait: a Ctrl-C that comes right before a wait is heard only after it."""
_AFTER: Final = 15.0
"""Seconds on top of `shutdown_timeout` for commits and leaving, after which nothing is waited for."""


class Loop(Generic[_H]):
    """What both loops are: a handler, what they are to do, and the run that does it."""

    def __init__(self, given: LoopArguments) -> None:
        self.options, self._found = settle(given)
        self.handler: _H = given.handler
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._is_running = False
        self._asked = 0
        """0: to run on; 1: to stop; 2: to be cancelled."""
        self._before = Counters()
        self._fatal: str | None = None
        functools.update_wrapper(self, given.handler, updated=())

    def __repr__(self) -> str:
        options = self.options
        return f"<{type(self).__name__} {options.name}: {options.topic} of {options.group}>"

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the handler, and nothing else: a decorated function stays one."""
        return self.handler(*arguments, **named)

    @property
    def name(self) -> str:
        """What the loop is called in logs and events."""
        return self.options.name

    def stop(self) -> None:
        """Ask the loop to end in order, from any thread, a signal handler included (S14).

        It takes nothing more, finishes what it works on for up to `shutdown_timeout`, commits, and
        leaves its group. `run` returns then. Where it does not run, nothing happens.
        """
        self._ask(1)

    def cancel(self) -> None:
        """Ask the loop to end soon: what tasks work on is cancelled, what is done is committed."""
        self._ask(2)

    def status(self) -> LoopStatus:
        """Take a snapshot of what the loop is doing; it is cheap, and asks nobody."""
        return status_of(self.options, self._before, self._run, self._fatal)

    def _ask(self, step: int) -> None:
        self._asked = max(self._asked, step)
        if (run := self._run) is not None:
            self._pass_on(run)

    def _pass_on(self, run: Run) -> None:
        if self._asked:
            run.owner.cancel() if self._asked > 1 else run.owner.stop()

    def _begin(self) -> None:
        with self._lock:
            if self._is_running:
                raise UsageError(
                    f"loop `{self.name}` runs already",
                    hint="make another loop for another member of the group, or `concurrency=`",
                )
            self._is_running, self._asked, self._fatal = True, 0, None

    def _started(self, run: Run) -> None:
        self._run = run
        run.start()
        self._pass_on(run)  # it may have been asked meanwhile

    def _ended(self, error: BaseException | None) -> None:
        if (run := self._run) is not None:
            self._before.add(run.board)
        self._run = None
        if error is not None and not isinstance(error, KeyboardInterrupt):
            self._fatal = error.message if isinstance(error, FlowODMError) else repr(error)
        self._is_running = False


class ConsumerLoop(Loop[Callable[[Any], Any]]):
    """Calls a handler for every record of a model's topic: at least once, each key in its order.

        def book(order: Order) -> None:
            ...

        ConsumerLoop(Order, book, concurrency=8, dead_letter="orders-dlt").run()

    A record is committed after its handler has returned, and never before one that is not done.
    It comes again when the program dies first, so a handler must bear to see it twice.

    Args:
        model: The class whose topic is read.
        handler: Takes one instance, or a `Tombstone`; with `batch_size` a list of them.
        settings: A profile; the model's own, else `LongRunningSettings`, when absent.
        group_id: The group, in place of the `consumer_group` of the model's `Settings`.
        error_handler: Told of a record that is given up: the error, the `Record`, and the instance
            if it became one. It decides nothing.
        on_startup: Called before the group is joined.
        on_shutdown: Called after it is left, whenever `on_startup` has returned.
        commit_strategy: `after_processing`: at least once. `before_processing`: at most once; the
            broker has confirmed the commit before the handler begins.
        max_retries: How often a record is tried again, in the words of 0.3.1; `retry` says more.
        retry_delay: Seconds that bound the first delay.
        poll_timeout: Accepted for code of 0.3.1; how long a poll waits is the loop's business.
        name: What it is called in logs; the handler's name when absent.
        concurrency: How many records are worked on at once, each in a thread; `"profile"` takes
            the profile's number.
        ordering: Which records are worked on one after the other: those of a `key`, of a
            `partition`, or `none`. Records without a key have no order to keep.
        retry: How often a record is tried, and how long that may take.
        dead_letter: The topic that takes what is given up, or a policy. It must be there.
        on_failure: Without `dead_letter`, what a record does that is given up: `stop` the loop, or
            `skip`, which passes over it.
        batch_size: Up to how many records the handler takes at once, as a list.
        shutdown_timeout: Seconds for handlers at work when the loop is asked to end; the profile's
            when absent.
        on_event: Told of what happens to the loop.

    Raises:
        SettingsError: An argument is wrong, or two contradict each other.
    """

    def __init__(
        self,
        model: type,
        handler: Callable[[Any], Any],
        settings: "BaseSettings | type[BaseSettings] | None" = None,
        group_id: str | None = None,
        error_handler: "ErrorHandler | None" = None,
        on_startup: Callable[[], Any] | None = None,
        on_shutdown: Callable[[], Any] | None = None,
        commit_strategy: CommitStrategy = "after_processing",
        max_retries: int = 0,
        retry_delay: float = 1.0,
        poll_timeout: float = 1.0,
        *,
        name: str | None = None,
        concurrency: Concurrency = 1,
        ordering: Ordering = "key",
        retry: RetryPolicy | None = None,
        dead_letter: DeadLetterPolicy | str | None = None,
        on_failure: OnFailure = "stop",
        batch_size: int | None = None,
        shutdown_timeout: float | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        super().__init__(
            LoopArguments(
                kind=type(self).__name__,
                model=model,
                handler=handler,
                settings=settings,
                group_id=group_id,
                error_handler=error_handler,
                on_startup=on_startup,
                on_shutdown=on_shutdown,
                commit_strategy=commit_strategy,
                max_retries=max_retries,
                retry_delay=retry_delay,
                name=name,
                concurrency=concurrency,
                ordering=ordering,
                retry=retry,
                dead_letter=dead_letter,
                on_failure=on_failure,
                batch_size=batch_size,
                shutdown_timeout=shutdown_timeout,
                on_event=on_event,
                is_async=False,
            )
        )

    def run(self, *, to_end: bool = False) -> None:
        """Run until `stop`, in any thread; again, if need be.

        Ctrl-C is a `stop`, a second one a `cancel`; other signals are the program's.

        Args:
            to_end: End by itself when everything that is there is done.

        Raises:
            LoopError: A record failed that may not be passed.
            DrainTimeout: Asked to end, handlers were still at work when the time was up.
            TopicNotFound: The topic, or that of the dead letters, is not there.
            BrokerError: The cluster does not answer at the start, or refuses.
            UsageError: It runs already.
        """
        self._begin()
        failure: BaseException | None = None
        try:
            self._with_hooks(to_end)
        except BaseException as error:
            failure = error
            raise
        finally:
            self._ended(failure)

    def _with_hooks(self, to_end: bool) -> None:
        """Run between the hooks, of which the second is called whenever the first has returned."""
        options = self.options
        if options.on_startup is not None:
            options.on_startup()
        try:
            run = self._made(to_end)
            self._started(run)
            self._wait(run)
            if run.failure is not None:
                raise run.failure
        finally:
            if options.on_shutdown is not None:
                options.on_shutdown()

    def _made(self, to_end: bool) -> Run:
        return Run(self.options, self._found, ThreadHands, ends=to_end)

    def _wait(self, run: Run) -> None:
        """Wait for the owner, and hear Ctrl-C meanwhile."""
        interrupt: KeyboardInterrupt | None = None
        while not run.finished.is_set():
            try:
                run.finished.wait(_HEARD)
            except KeyboardInterrupt as error:
                if interrupt is not None:
                    self.cancel()
                interrupt = error
                self.stop()
        if interrupt is not None:
            raise interrupt


def consumer_loop(
    model: type, settings: "BaseSettings | type[BaseSettings] | None" = None, **arguments: Any
) -> Callable[[Callable[[Any], Any]], ConsumerLoop]:
    """Make a loop of the function below.

        @consumer_loop(Order, concurrency=8)
        def book(order: Order) -> None:
            ...

        book.run()

    `book(order)` still calls the function.

    Args:
        model: The class whose topic is read.
        settings: A profile.
        arguments: As of `ConsumerLoop`.
    """

    def decorate(handler: Callable[[Any], Any]) -> ConsumerLoop:
        return ConsumerLoop(model, handler, settings, **arguments)

    return decorate
