"""`AsyncConsumerLoop`: a coroutine called for every record of a model's topic, on an event loop.

The owner is the same thread as of `ConsumerLoop`; only the workers differ (`tasks.py`).
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from flowodm.consumer.events import OnEvent
from flowodm.consumer.loop import Loop
from flowodm.consumer.options import CommitStrategy, Concurrency, ErrorHandler, LoopArguments
from flowodm.consumer.policy import DeadLetterPolicy, OnFailure, RetryPolicy
from flowodm.consumer.run import Run
from flowodm.consumer.scheduler import Ordering
from flowodm.consumer.tasks import TaskHands
from flowodm.errors import SettingsError

if TYPE_CHECKING:
    from flowodm.settings import BaseSettings

__all__ = ["AsyncConsumerLoop", "async_consumer_loop"]

_MAX_CONCURRENT = 10


class AsyncConsumerLoop(Loop[Callable[[Any], Coroutine[Any, Any, Any]]]):
    """Awaits a handler for every record of a model's topic: what `ConsumerLoop` is, for asyncio.

        async def notify(order: Order) -> None:
            ...

        await AsyncConsumerLoop(Order, notify, max_concurrent=64).run()

    Args:
        model: The class whose topic is read.
        handler: A coroutine function; it takes one instance or a `Tombstone`, with `batch_size` a
            list of them.
        settings: A profile.
        group_id: The group.
        error_handler: As of `ConsumerLoop`; it may be a coroutine function, and so may the hooks.
        on_startup: Called before the group is joined.
        on_shutdown: Called after it is left, whenever `on_startup` has returned.
        max_concurrent: How many records are worked on at once; `concurrency` is the same.
        commit_strategy: As of `ConsumerLoop`, and so is what follows.
        max_retries: How often a record is tried again.
        retry_delay: Seconds that bound the first delay.
        poll_timeout: Accepted for code of 0.3.1.
        name: What it is called in logs.
        concurrency: How many records are worked on at once, or `"profile"`.
        ordering: `key`, `partition` or `none`.
        retry: How often a record is tried.
        dead_letter: The topic that takes what is given up, or a policy.
        on_failure: `stop` or `skip`.
        batch_size: Up to how many records the handler takes at once.
        shutdown_timeout: Seconds for handlers at work when the loop is asked to end.
        on_event: Told of what happens to the loop.

    Raises:
        SettingsError: An argument is wrong, or two contradict each other.
    """

    def __init__(
        self,
        model: type,
        handler: Callable[[Any], Coroutine[Any, Any, Any]],
        settings: "BaseSettings | type[BaseSettings] | None" = None,
        group_id: str | None = None,
        error_handler: "ErrorHandler | None" = None,
        on_startup: Callable[[], Any] | None = None,
        on_shutdown: Callable[[], Any] | None = None,
        max_concurrent: int = _MAX_CONCURRENT,
        commit_strategy: CommitStrategy = "after_processing",
        max_retries: int = 0,
        retry_delay: float = 1.0,
        poll_timeout: float = 1.0,
        *,
        name: str | None = None,
        concurrency: Concurrency | None = None,
        ordering: Ordering = "key",
        retry: RetryPolicy | None = None,
        dead_letter: DeadLetterPolicy | str | None = None,
        on_failure: OnFailure = "stop",
        batch_size: int | None = None,
        shutdown_timeout: float | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        kind = type(self).__name__
        if concurrency is not None and max_concurrent not in (_MAX_CONCURRENT, concurrency):
            raise SettingsError(
                f"`{kind}`: `concurrency` {concurrency} and `max_concurrent` {max_concurrent}"
                " contradict each other",
                hint="they are two names of one number: keep `concurrency`",
            )
        super().__init__(
            LoopArguments(
                kind=kind,
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
                concurrency=max_concurrent if concurrency is None else concurrency,
                ordering=ordering,
                retry=retry,
                dead_letter=dead_letter,
                on_failure=on_failure,
                batch_size=batch_size,
                shutdown_timeout=shutdown_timeout,
                on_event=on_event,
                is_async=True,
            )
        )
        self._group_id, self._settings = group_id, settings

    async def run(self, *, to_end: bool = False) -> None:
        """Run until `stop`; again, if need be.

        When it is cancelled, it ends in order first, as by `stop`; a second time, as by `cancel`.

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
            await self._with_hooks(to_end)
        except BaseException as error:
            if not isinstance(error, asyncio.CancelledError):
                failure = error
            raise
        finally:
            self._ended(failure)

    async def _with_hooks(self, to_end: bool) -> None:
        options = self.options
        await _awaited(options.on_startup)
        try:
            await self._work(to_end)
        finally:
            await _awaited(options.on_shutdown)

    async def _work(self, to_end: bool) -> None:
        loop, hands = asyncio.get_running_loop(), list[TaskHands]()

        def make_hands(work: Any) -> TaskHands:
            hands.append(TaskHands(work, loop))
            return hands[0]

        found = self._found._replace(make_consumer=self._maker())
        run = await asyncio.to_thread(partial(Run, self.options, found, make_hands, ends=to_end))
        finished = asyncio.Event()
        run.on_finished = partial(loop.call_soon_threadsafe, finished.set)
        self._started(run)
        try:
            await self._wait(finished)
        finally:
            await hands[0].ended()
        if run.failure is not None:
            raise run.failure

    async def _wait(self, finished: asyncio.Event) -> None:
        """Wait for the owner; a cancellation is passed on, and raised when it has ended."""
        cancelled: asyncio.CancelledError | None = None
        while not finished.is_set():
            try:
                await finished.wait()
            except asyncio.CancelledError as error:
                if cancelled is not None:
                    self.cancel()
                cancelled = error
                self.stop()
        if cancelled is not None:
            raise cancelled

    def _maker(self) -> Any:
        from flowodm.model.attached import async_consumer_maker

        own = async_consumer_maker(self.options.model, self._group_id, self._settings)
        return own or self._found.make_consumer


async def _awaited(hook: Callable[[], Any] | None) -> None:
    """Call a hook, and await what it gives where that can be."""
    if hook is not None and isawaitable(result := hook()):
        await result


def async_consumer_loop(
    model: type, settings: "BaseSettings | type[BaseSettings] | None" = None, **arguments: Any
) -> Callable[[Callable[[Any], Coroutine[Any, Any, Any]]], AsyncConsumerLoop]:
    """Make a loop of the coroutine function below, as `consumer_loop` does.

    Args:
        model: The class whose topic is read.
        settings: A profile.
        arguments: As of `AsyncConsumerLoop`.
    """

    def decorate(handler: Callable[[Any], Coroutine[Any, Any, Any]]) -> AsyncConsumerLoop:
        return AsyncConsumerLoop(model, handler, settings, **arguments)

    return decorate
