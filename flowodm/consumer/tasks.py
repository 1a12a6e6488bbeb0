"""Workers that are tasks of an event loop: each takes one record after the other (S15).

A task for every record would cost more than most handlers do.
"""

import asyncio
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from inspect import isawaitable
from typing import Any, Final

from flowodm.consumer.handling import LETTER_TIMEOUT, Handling, not_awaitable
from flowodm.consumer.job import Job
from flowodm.consumer.judge import record_of
from flowodm.consumer.policy import Decision
from flowodm.errors import LoopError
from flowodm.producer import Outgoing
from flowodm.record import Undecodable

__all__ = ["TaskHands"]

_LOG = logging.getLogger("flowodm.consumer")
_BREATH: Final = 0.01
"""Seconds after which others on the event loop have their turn, however much is at hand."""
_LEAVE: Final = 1.0
_READERS: Final = 4
"""Threads that ask for schemas: the program's own are left to it."""


class TaskHands:
    """The tasks of one run.

    Args:
        work: What they share.
        loop: Where they run.
    """

    def __init__(self, work: Handling, loop: asyncio.AbstractEventLoop) -> None:
        self._work = work
        self._loop = loop
        self._tasks: list[asyncio.Task[None]] = []
        self._idle: deque[asyncio.Future[None]] = deque()
        self._is_rung = False
        self._alarm: asyncio.TimerHandle | None = None
        self._breath = 0.0
        self._readers: ThreadPoolExecutor | None = None

    # --- from the owner's thread

    def start(self) -> None:
        """Start them."""
        self._work.board.on_work = self._ring
        self._loop.call_soon_threadsafe(self._start)

    def cancel(self) -> None:
        """Cancel what is at work; it is not done by that, and comes again (S10)."""
        self._call(self._cancel)

    def check(self) -> None:
        """Make sure that all of them are there.

        Raises:
            LoopError: One has ended, with a record in its hands.
        """
        if not self._work.board.is_closed and any(task.done() for task in self._tasks):
            raise LoopError(
                f"loop `{self._work.options.name}`: a task of its handlers was ended from outside",
                hint="`loop.stop()` ends the loop in order",
            )

    def close(self, timeout: float) -> None:
        """Let those that are idle end."""
        self._work.board.close()

    def _ring(self, _count: int) -> None:
        """Wake tasks: one crossing for all that came together (S15); the board's lock is held."""
        if not self._is_rung:
            self._is_rung = True
            self._call(self._wake)

    def _call(self, function: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed, and nobody there
            self._loop.call_soon_threadsafe(function)

    # --- in the event loop

    async def ended(self) -> None:
        """Wait for the tasks, of which those that hang are cancelled first."""
        for task in self._tasks:
            if not task.done():
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LEAVE)
        if self._alarm is not None:
            self._alarm.cancel()
        if self._readers is not None:
            self._readers.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> None:
        options = self._work.options
        run = self._run if options.batch_size is None else self._run_batches
        for number in range(options.concurrency):
            name = f"flowodm-{options.name}-{number}"
            self._tasks.append(self._loop.create_task(run(), name=name))

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _wake(self) -> None:
        self._is_rung = False  # first: what comes from now on rings again
        board = self._work.board
        count = len(self._idle) if board.is_closed else board.scheduler.ready
        for _ in range(min(count, len(self._idle))):
            self._rouse()
        self._set_alarm()

    def _rouse(self) -> None:
        future = self._idle.popleft()
        if not future.done():
            future.set_result(None)

    def _set_alarm(self) -> None:
        """See that the next record that is to be tried again finds somebody awake."""
        due = self._work.board.due
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if due is not None:
            delay = max(due - self._work.board.clock(), 0.0)
            self._alarm = self._loop.call_later(delay, self._time)

    def _time(self) -> None:
        self._alarm = None
        if self._idle:
            self._rouse()

    async def _rest(self) -> None:
        """Wait until there may be something to take."""
        future = self._loop.create_future()
        self._idle.append(future)
        self._set_alarm()
        try:
            await future
        except asyncio.CancelledError:
            with suppress(ValueError):
                self._idle.remove(future)
            raise

    async def _breathe(self) -> None:
        await asyncio.sleep(0)
        self._breath = self._loop.time() + _BREATH

    async def _run(self) -> None:
        """Work on one record after the other."""
        work, board, loop = self._work, self._work.board, self._loop
        handler, decode_at_once = work.handler, work.decode_at_once
        done: Job | None = None
        while not board.is_closed:
            job = board.take(None, done)
            done = None
            if job is None:
                await self._rest()
                continue
            assert isinstance(job, Job)
            if job.letter is not None:
                await self._deliver(job, job.letter)
                continue
            value, is_decoding = None, True
            try:
                try:
                    value = decode_at_once(job.message)
                except (SystemError, UnicodeDecodeError):
                    job.message.set_headers([])  # names that are not UTF-8
                if value is None:
                    value = await self._read(job)
                elif type(value) is Undecodable:
                    raise work.judge.unreadable(job, value)
                is_decoding = False
                result = handler(value)
                if not isawaitable(result):
                    raise not_awaitable(result, handler)
                await result
                done = job
            except BaseException as error:  # noqa: BLE001 - whatever a handler does
                self._unless_cancelled([job], error)
                await self._fail([job], error, None if is_decoding else value, is_decoding)
            if loop.time() >= self._breath:
                await self._breathe_with(done)

    async def _breathe_with(self, done: Job | None) -> None:
        """Give others their turn; what is done stays done when that is cancelled."""
        try:
            await self._breathe()
        except asyncio.CancelledError:
            if done is not None:
                self._work.board.finish([done])
            raise

    async def _run_batches(self) -> None:
        """Work on one batch after the other."""
        board = self._work.board
        most = self._work.options.batch_size
        while not board.is_closed:
            jobs = board.take(most)
            if jobs is None:
                await self._rest()
                continue
            assert isinstance(jobs, list)
            if (letter := jobs[0].letter) is not None:
                await self._deliver(jobs[0], letter)
            else:
                await self._handle(jobs)
            if self._loop.time() >= self._breath:
                await self._breathe()

    async def _handle(self, jobs: list[Job]) -> None:
        work = self._work
        values: list[Any] = []
        try:
            for job in jobs:
                value = work.decode_at_once(job.message)
                if value is None or type(value) is Undecodable:
                    value = await self._read(job)
                values.append(value)
        except BaseException as error:  # noqa: BLE001 - judged
            self._unless_cancelled(jobs, error)
            if len(jobs) == 1:
                await self._fail(jobs, error, None, True)
            else:
                jobs[len(values)].is_alone = True  # it is judged when it comes by itself
                work.board.put_back(jobs)
            return
        try:
            result = work.handler(values)
            if not isawaitable(result):
                raise not_awaitable(result, work.handler)
            await result
        except BaseException as error:  # noqa: BLE001 - whatever a handler does
            self._unless_cancelled(jobs, error)
            await self._fail(jobs, error, values if len(jobs) > 1 else values[0], False)
        else:
            work.board.finish(jobs)

    async def _read(self, job: Job) -> Any:
        """Decode a record whose schema may have to be asked for: in a thread, of few."""
        if self._readers is None:
            self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="flowodm-decode")
        return await self._loop.run_in_executor(self._readers, self._work.read, job)

    def _unless_cancelled(self, jobs: list[Job], error: BaseException) -> None:
        """Go on unless this very task was cancelled: that is no failure, and never an ack (S10)."""
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            self._work.board.give_up(jobs)
            raise error

    async def _fail(
        self, jobs: list[Job], error: BaseException, value: Any, is_decoding: bool
    ) -> None:
        judge = self._work.judge
        verdict = judge.rule(jobs, error, "decode" if is_decoding else "handler")
        if verdict is None:
            return
        job = jobs[0]
        await self._tell_of(job, error, value)
        if verdict.decision is Decision.DEAD_LETTER:
            await self._deliver(job, judge.bury(job, error))
        elif verdict.decision is Decision.SKIP:
            judge.skip(job, error)
        else:
            judge.stop(jobs, error)

    async def _tell_of(self, job: Job, error: BaseException, value: Any) -> None:
        """Call the user's `error_handler`; it decides nothing, and what it raises is logged."""
        told = self._work.options.error_handler
        if told is None:
            return
        try:
            result = told(error, record_of(job.message), value)
            if isawaitable(result):
                await result
        except Exception as failure:  # noqa: BLE001 - it decides nothing
            _LOG.exception("`error_handler` failed: %r", failure)

    async def _deliver(self, job: Job, letter: Outgoing) -> None:
        """Deliver a dead letter; its record is done after the delivery report (S10)."""
        judge = self._work.judge
        try:
            await self._work.letters().adeliver(
                letter.topic,
                letter.key,
                letter.value,
                headers=letter.headers,
                partition=letter.partition,
                timeout=LETTER_TIMEOUT,
            )
        except BaseException as error:  # noqa: BLE001 - judged
            self._unless_cancelled([job], error)
            if judge.rule([job], error, "dead letter") is not None:
                judge.stop([job], error)
        else:
            judge.buried(job)
