"""`Judge`: what a failure means for a record, said once for threads and for tasks.

It decides by the policy, counts, tells, and settles on the board whatever needs no waiting. What
waits, delivering a dead letter or calling the user's `error_handler`, its caller does.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from flowodm.consumer.board import Board
from flowodm.consumer.dead_letter import Stage, dead_letter_headers, dead_letter_of
from flowodm.consumer.events import EventKind, LoopEvent
from flowodm.consumer.job import Job
from flowodm.consumer.options import LoopOptions, name_of
from flowodm.consumer.policy import Decision, UnknownSchema, Verdict, decide
from flowodm.errors import DeserializationError, FlowODMError, LoopError, RegistryError
from flowodm.producer import Outgoing
from flowodm.record import Record, Undecodable

if TYPE_CHECKING:
    from confluent_kafka import Message

__all__ = ["Judge", "Teller", "record_of"]

_LOG = logging.getLogger("flowodm.consumer")
_MOST: Final = 300


class Teller:
    """Tells of a loop's events: to the log, and to whoever asked.

    Args:
        options: The loop's.
    """

    def __init__(self, options: LoopOptions) -> None:
        self._options = options

    def __call__(self, kind: EventKind, level: int = logging.INFO, **said: Any) -> None:
        """Tell of an event; nothing that the listener does comes back."""
        options = self._options
        event = LoopEvent(
            kind=kind,
            loop=options.name,
            at=datetime.now(UTC),
            topic=options.topic,
            group=options.group,
            **said,
        )
        _LOG.log(level, "%s", _line(event))
        if options.on_event is not None:
            try:
                options.on_event(event)
            except Exception as error:  # noqa: BLE001 - a listener's own; it is logged
                _LOG.exception("loop `%s`: `on_event` failed: %r", options.name, error)


class Judge:
    """Judges failures of one run of a loop.

    Args:
        options: The loop's.
        board: Where records are settled.
        tell: Takes events.
        partitions: Tells how many partitions the topic of the dead letters has.
    """

    def __init__(
        self,
        options: LoopOptions,
        board: Board,
        tell: Teller,
        partitions: Callable[[], int],
    ) -> None:
        self._options = options
        self._board = board
        self._tell = tell
        self._partitions = partitions

    def rule(self, jobs: list[Job], error: BaseException, stage: Stage) -> Verdict | None:
        """Decide what becomes of records that failed together.

        Returns:
            What is left to do; None: they are to be tried again, and are settled.
        """
        first, now = jobs[0], self._board.clock()
        for job in jobs:
            job.attempt = 1 if job.stage != stage else job.attempt + 1
            job.stage = stage
            if job.failed_at is None:
                job.failed_at = now
        assert first.failed_at is not None
        if stage == "decode" and isinstance(error, RegistryError):
            self._board.registry_outage = error.message
        verdict = decide(
            error,
            first.attempt,
            self._options.failure,
            stage=stage,
            elapsed=now - first.failed_at,
        )
        if verdict.decision is Decision.RETRY:
            self._again(jobs, error, verdict)
            return None
        if len(jobs) > 1 and isinstance(error, Exception):
            self._one_by_one(jobs, error)
            return None
        return verdict

    def bury(self, job: Job, error: BaseException) -> Outgoing:
        """Make a dead letter of a record (S11); it is done when that is delivered."""
        options, policy = self._options, self._options.failure.dead_letter
        assert policy is not None
        assert options.dead_letter_topic is not None
        record = record_of(job.message)
        elapsed = self._board.clock() - (job.failed_at or self._board.clock())
        letter = dead_letter_of(
            record,
            error,
            group=options.group,
            attempts=job.attempt,
            first_failed=int((time.time() - elapsed) * 1000),
            stage=job.stage,
            schema_id=_schema_id(error, record),
        )
        partition = record.partition if record.partition < self._partitions() else None
        job.letter = Outgoing(
            options.dead_letter_topic,
            record.key,
            record.value,
            dead_letter_headers(record.headers, letter, policy.headers),
            partition,
        )
        job.is_alone = True
        self._note("dead letter", logging.WARNING, job, error)
        return job.letter

    def buried(self, job: Job) -> None:
        """Note that a dead letter was delivered: its record is done, and only now (S10)."""
        self._board.finish([job], "dead_lettered")

    def skip(self, job: Job, error: BaseException) -> None:
        """Pass over a record, since the loop says so; always logged."""
        self._note("skipped", logging.ERROR, job, error)
        self._board.finish([job], "skipped")

    def stop(self, jobs: list[Job], error: BaseException) -> None:
        """End the loop at a record: it and what follows come again."""
        failure = self._failure(jobs[0], error)
        _LOG.error("%s", failure.message, exc_info=error)
        self._board.fail(failure)
        self._board.give_up(jobs)

    def unreadable(self, job: Job, bad: Undecodable) -> DeserializationError:
        """Make the error for a record that cannot be decoded."""
        kind = UnknownSchema if bad.is_unknown else DeserializationError
        return kind(
            f"{self._place(job)} cannot be read: {bad.error}",
            path=bad.path,
            position=bad.position,
            schema_id=bad.schema_id,
        )

    def _again(self, jobs: list[Job], error: BaseException, verdict: Verdict) -> None:
        if not verdict.is_outage or jobs[0].attempt == 1:
            self._note("retry", logging.WARNING, jobs[0], error, delay=verdict.delay)
        self._board.retry(jobs, verdict.delay, hold=verdict.is_outage)

    def _one_by_one(self, jobs: list[Job], error: Exception) -> None:
        """Hand out the records of a batch that failed each by itself: one is to blame, or each."""
        _LOG.warning(
            "loop `%s`: a batch of %d failed (%s); its records are tried one by one",
            self._options.name,
            len(jobs),
            _said(error),
        )
        for job in jobs:
            job.is_alone = True
            job.attempt = 0
        self._board.put_back(jobs)

    def _failure(self, job: Job, error: BaseException) -> FlowODMError:
        """Say at which record a loop ends, and why."""
        options = self._options
        where = f"loop `{options.name}` stopped at {self._place(job)}"
        if isinstance(error, RegistryError):
            failed: FlowODMError = LoopError(f"{where}: {error.message}", hint=error.hint)
            failed.exit_code = error.exit_code
        elif job.stage == "dead letter":
            failed = LoopError(
                f"{where}: its dead letter cannot be delivered to topic"
                f" `{options.dead_letter_topic}`: {_said(error)}",
                hint="nothing of it is committed: it comes again when the loop runs again",
            )
        elif not isinstance(error, Exception):
            failed = LoopError(
                f"{where}: `{name_of(options.handler)}` raised `{type(error).__name__}`",
                hint="`loop.stop()` ends a loop in order; an exception fails one record",
            )
        else:
            cure = getattr(error, "hint", None) if job.stage == "handler" else None
            failed = LoopError(
                f"{where}: {_said(error)}",
                hint=cure
                or "it comes again when the loop runs again; `dead_letter=` keeps such records"
                ' elsewhere and goes on, `on_failure="skip"` passes over them',
            )
        failed.__cause__ = error
        return failed

    def _place(self, job: Job) -> str:
        return f"topic `{self._options.topic}`, partition {job.partition}, offset {job.offset}"

    def _note(
        self, kind: EventKind, level: int, job: Job, error: BaseException, **said: Any
    ) -> None:
        self._tell(
            kind,
            level,
            partition=job.partition,
            offset=job.offset,
            attempt=job.attempt,
            text=_said(error),
            **said,
        )


def record_of(message: "Message") -> Record:
    """Make a record of a message; headers whose names are not UTF-8 are left out."""
    from flowodm.reading.source import to_records

    try:
        (record,) = to_records([message])
    except (SystemError, UnicodeDecodeError):
        message.set_headers([])
        (record,) = to_records([message])
    return record


def _schema_id(error: BaseException, record: Record) -> int | None:
    from flowodm.codec.framing import unframe

    if (found := getattr(error, "schema_id", None)) is not None:
        return int(found)
    if record.value is None:
        return None
    framed = unframe(record.value, record.headers, is_key=False)
    return None if framed is None else framed.schema_id


def _said(error: BaseException) -> str:
    """An error in one line."""
    if isinstance(error, FlowODMError):
        return error.message
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a stranger's `__str__`
        text = ""
    name = type(error).__name__
    return f"{name}: {text[:_MOST]}" if text else name


def _line(event: LoopEvent) -> str:
    """Write an event as a line of a log."""
    parts = [f"loop `{event.loop}`: {event.kind}"]
    if event.partitions:
        parts.append(f"partitions {', '.join(map(str, event.partitions))}")
    if event.partition is not None:
        parts.append(f"topic `{event.topic}`, partition {event.partition}, offset {event.offset}")
    if event.attempt is not None:
        parts.append(f"attempt {event.attempt}")
    if event.delay is not None:
        parts.append(f"again in {event.delay:.1f} s")
    line = ", ".join(parts)
    return f"{line}: {event.text}" if event.text else line
