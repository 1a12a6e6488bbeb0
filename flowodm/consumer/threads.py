"""Workers that are threads: each takes a record, works on it, and takes the next.

They are daemons: one that hangs holds up neither the loop's end nor the program's.
"""

import threading
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from flowodm.consumer.handling import LETTER_TIMEOUT, Handling, awaited
from flowodm.consumer.job import Job
from flowodm.consumer.judge import record_of
from flowodm.consumer.policy import Decision
from flowodm.errors import LoopError
from flowodm.producer import Outgoing
from flowodm.record import Undecodable

__all__ = ["ThreadHands"]

_LOG_NAME = "flowodm.consumer"


class ThreadHands:
    """The threads of one run.

    Args:
        work: What they share.
        finish: Called with a record's result before it counts as done; None: nothing is.
    """

    def __init__(self, work: Handling, finish: Callable[[Job, Any], None] | None = None) -> None:
        self._work = work
        self._finish = finish
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start them."""
        options = self._work.options
        target = self._run if options.batch_size is None else self._run_batches
        for number in range(options.concurrency):
            thread = threading.Thread(
                target=target, name=f"flowodm-{options.name}-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def cancel(self) -> None:
        """Do nothing: a thread cannot be ended from outside; it is left behind."""

    def check(self) -> None:
        """Make sure that all of them are there; a handler may have ended its own.

        Raises:
            LoopError: One has ended, with a record in its hands.
        """
        if self._work.board.is_closed or all(thread.is_alive() for thread in self._threads):
            return
        name = self._work.options.name
        raise LoopError(
            f"loop `{name}`: a handler ended the thread that it ran in",
            hint="let it return, or raise an exception; what it worked on comes again",
        )

    def close(self, timeout: float) -> None:
        """Wait for those that are idle to end."""
        self._work.board.close()
        for thread in self._threads:
            thread.join(timeout)

    def _run(self) -> None:
        """Work on one record after the other."""
        work, board = self._work, self._work.board
        take, handler, finish = board.next, work.handler, self._finish
        decode_at_once, read = work.decode_at_once, work.read
        done: Job | None = None
        while (job := take(done)) is not None:
            done = None
            if job.letter is not None:
                self._deliver(job, job.letter)
                continue
            value = None
            stage = True  # whether it is still being decoded
            try:
                try:
                    value = decode_at_once(job.message)
                except (SystemError, UnicodeDecodeError):
                    job.message.set_headers([])  # names that are not UTF-8
                if value is None:
                    value = read(job)
                elif type(value) is Undecodable:
                    raise work.judge.unreadable(job, value)
                stage = False
                result = handler(value)
                if finish is not None:
                    finish(job, result)
                elif result is not None and isawaitable(result):
                    raise awaited(result, handler)
                done = job
            except BaseException as error:  # noqa: BLE001 - whatever a handler does
                self._fail([job], error, None if stage else value, is_decoding=stage)

    def _run_batches(self) -> None:
        """Work on one batch after the other."""
        work, board = self._work, self._work.board
        most = work.options.batch_size or 1
        while (jobs := board.next_some(most)) is not None:
            if (letter := jobs[0].letter) is not None:
                self._deliver(jobs[0], letter)
            else:
                self._handle(jobs)

    def _handle(self, jobs: list[Job]) -> None:
        work = self._work
        values: list[Any] = []
        try:
            for job in jobs:
                values.append(work.read(job))
        except BaseException as error:  # noqa: BLE001 - judged
            self._spoilt(jobs, len(values), error)
            return
        try:
            result = work.handler(values)
            if result is not None and isawaitable(result):
                raise awaited(result, work.handler)
        except BaseException as error:  # noqa: BLE001 - whatever a handler does
            self._fail(jobs, error, values if len(jobs) > 1 else values[0])
        else:
            work.board.finish(jobs)

    def _spoilt(self, jobs: list[Job], place: int, error: BaseException) -> None:
        """Meet one of a batch that cannot be decoded: it is judged when it comes by itself."""
        if len(jobs) == 1:
            self._fail(jobs, error, None, is_decoding=True)
            return
        jobs[place].is_alone = True
        self._work.board.put_back(jobs)

    def _fail(
        self, jobs: list[Job], error: BaseException, value: Any, *, is_decoding: bool = False
    ) -> None:
        judge = self._work.judge
        verdict = judge.rule(jobs, error, "decode" if is_decoding else "handler")
        if verdict is None:
            return
        job = jobs[0]
        self._tell_of(job, error, value)
        if verdict.decision is Decision.DEAD_LETTER:
            self._deliver(job, judge.bury(job, error))
        elif verdict.decision is Decision.SKIP:
            judge.skip(job, error)
        else:
            judge.stop(jobs, error)

    def _tell_of(self, job: Job, error: BaseException, value: Any) -> None:
        """Call the user's `error_handler`; it decides nothing, and what it raises is logged."""
        told = self._work.options.error_handler
        if told is None:
            return
        try:
            told(error, record_of(job.message), value)
        except Exception as failure:
            import logging

            logging.getLogger(_LOG_NAME).exception("`error_handler` failed: %r", failure)

    def _deliver(self, job: Job, letter: Outgoing) -> None:
        """Deliver a dead letter; its record is done after the delivery report (S10)."""
        judge = self._work.judge
        try:
            self._work.letters().deliver(*letter[:3], **_rest(letter), timeout=LETTER_TIMEOUT)
        except BaseException as error:  # noqa: BLE001 - judged
            if judge.rule([job], error, "dead letter") is not None:
                judge.stop([job], error)
        else:
            judge.buried(job)


def _rest(letter: Outgoing) -> dict[str, Any]:
    return {"headers": letter.headers, "partition": letter.partition}
