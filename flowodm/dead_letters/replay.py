"""Sending dead letters again: what a plan says, each until the broker has acknowledged it.

What was acknowledged is kept in the cluster every few hundred records, and at least every second.
So a replay that is ended in any way loses nothing, and the next one repeats at most what had been
sent since. A record goes to the partition it came from, in the order of the dead letters.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from flowodm.consumer.dead_letter import DeadLetter, read_dead_letter, replay_headers
from flowodm.dead_letters.plan import ReplayPlan, target_of
from flowodm.dead_letters.progress import Progress
from flowodm.errors import (
    AuthenticationFailed,
    AuthorizationError,
    BrokerError,
    DeliveryError,
    FlowODMError,
)
from flowodm.positions import Offset, Range
from flowodm.producer import Producer
from flowodm.producer.failures import expired
from flowodm.reader import Reader, ReadOptions
from flowodm.record import Record

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.producer import Outcome

__all__ = ["MOST_IN_FLIGHT", "Replay", "ReplayOptions"]

MOST_IN_FLIGHT: Final = 500
"""Records that are sent before what was acknowledged is kept: what may be repeated at most."""

_OPERATION: Final = "dlq replay"
_LONGEST_UNKEPT: Final = 1.0
_STEP: Final = 0.1
_CANCEL: Final = 0.5
_PATIENCE_KEYS: Final = frozenset({"message.timeout.ms", "delivery.timeout.ms"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """How to send."""

    rate: float | None = None
    """Records a second at most; None: as fast as it goes."""
    patience: float = 30.0
    """Seconds without any acknowledgement after which a replay ends."""


class Replay:
    """A replay that is being done; a context manager, used once.

    Args:
        connection: The cluster.
        plan: What to send where.
        progress: What was sent before; what is sent now is added to it.
        options: How.

    Raises:
        ChangeRefused: The context is read-only, or for another cluster.
        TopicNotFound: A topic that records go to is gone.
        UsageError: The cluster could not remember what such a choice leaves out.
    """

    def __init__(
        self,
        connection: "KafkaConnection",
        plan: ReplayPlan,
        progress: Progress,
        options: ReplayOptions | None = None,
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._progress = progress
        self._options = options or ReplayOptions()
        for target in (plan.topic, *plan.targets):
            connection.check_change(_OPERATION, target)
        progress.check_room(plan.selected)
        said = connection.context.client_config("producer").keys()
        # what a broker refuses is a whole batch: alone, a record takes no other with it
        config: dict[str, Any] = {"batch.num.messages": 1}
        if not said & _PATIENCE_KEYS:  # one that expired alone would be overtaken
            config["message.timeout.ms"] = 0
        self._producer = Producer(connection, config=config)
        self._partitions = {
            target: self._producer.check_topic(target, operation=_OPERATION)
            for target in plan.targets
        }
        self._after: dict[int, int] = {}
        self._failure: FlowODMError | None = None
        self._pace = _Pace(self._options.rate)
        self._in_flight = 0
        self._kept_at = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what was acknowledged, whatever happened."""
        if kind is None:
            self._settle()
        else:
            with suppress(FlowODMError):  # why it ended is the error that counts
                self._producer.cancel(_CANCEL)
                self._progress.save()
        self._producer.close(timeout=0)

    @property
    def sent(self) -> int:
        """Records that the broker has acknowledged."""
        return self._producer.delivered

    def steps(self) -> Iterator[int]:
        """Send all of it, a few records at a time.

        Yields:
            How many records the broker has acknowledged by now.

        Raises:
            DeliveryError: A record was refused; those that follow it are not sent.
            DeliveryTimeout: No broker acknowledges anything any more.
            PlanError: Another replay of the topic is at work.
            BrokerError: What is to be sent cannot be read, or progress cannot be kept.
        """
        if not self._plan.selected:
            return
        with Reader(self._connection, (self._plan.topic,), self._read_options()) as reader:
            for batch in reader.batches():
                for record in batch:
                    if record.offset in self._plan.selected[record.partition]:
                        yield from self._send_in_turn(record)
                    self._after[record.partition] = record.offset + 1
                yield self.sent
            self._settle()
            yield self.sent
        for notice in reader.notices:
            if notice.is_problem:
                raise BrokerError(notice.message, hint=notice.hint)

    def _read_options(self) -> ReadOptions:
        ranges = tuple(
            (partition, Range(Offset(marks.first), Offset(marks.stop)))
            for partition, marks in sorted(self._plan.selected.items())
        )
        return ReadOptions(partition_ranges=ranges, patience=self._options.patience)

    def _send_in_turn(self, record: Record) -> Iterator[int]:
        while (wait := self._pace.wait(monotonic())) > 0:
            self._keep_when_due()
            yield self.sent
            sleep(min(wait, _STEP))
        self._send(record)
        self._keep_when_due()

    def _send(self, record: Record) -> None:
        letter = read_dead_letter(record)
        if letter is None:  # it was one when the plan was made
            return
        target = target_of(letter, self._plan.target)
        self._in_flight += 1
        self._producer.send(
            target,
            record.key,
            record.value,
            headers=replay_headers(record.headers),
            partition=_partition(letter, target, self._partitions[target]),
            on_delivery=partial(self._take, record.partition, self._start(record), record.offset),
        )

    def _start(self, record: Record) -> int:
        """Where the gap before a record begins, which is done when the record is."""
        first = self._plan.selected[record.partition].first
        return self._after.get(record.partition, min(first, record.offset))

    def _take(self, partition: int, start: int, offset: int, outcome: "Outcome") -> None:
        if not isinstance(outcome, FlowODMError):
            self._progress.of(partition).add(start, offset + 1)
        elif self._failure is None:
            self._failure = self._named(partition, offset, outcome)

    def _named(self, partition: int, offset: int, error: FlowODMError) -> FlowODMError:
        """Say which record was refused; other failures are about no record."""
        if type(error) is not DeliveryError:
            return error
        failed = DeliveryError(
            f"`{self._plan.topic}` {partition}:{offset} cannot be sent: {error.message}",
            hint=f"leave it out: --where '!(partition == {partition} && offset == {offset})'",
        )
        failed.__cause__ = error
        return failed

    def _keep_when_due(self) -> None:
        if self._failure is not None:
            raise self._failure
        is_old = self._in_flight > 0 and monotonic() - self._kept_at > _LONGEST_UNKEPT
        if is_old or self._in_flight >= MOST_IN_FLIGHT:
            self._settle()

    def _settle(self) -> None:
        """Wait for every report, and keep what was acknowledged."""
        seen, since = self.sent, monotonic()
        while self._producer.wait(_STEP):
            if self._failure is not None:
                break
            if self.sent != seen:
                seen, since = self.sent, monotonic()
            elif monotonic() - since > self._options.patience:
                raise expired(self._plan.topic, self._options.patience, self._connection)
        if self._failure is not None:
            raise self._failure
        self._keep()
        self._in_flight, self._kept_at = 0, monotonic()

    def _keep(self) -> None:
        """Keep what was acknowledged; a broker that comes back takes a while to be asked."""
        until = monotonic() + self._options.patience
        while True:
            try:
                return self._progress.save()
            except (AuthenticationFailed, AuthorizationError):
                raise
            except BrokerError:
                if monotonic() > until:
                    raise
            sleep(_STEP)


def _partition(letter: DeadLetter, target: str, count: int) -> int | None:
    """Return the partition that a record came from; None lets the key decide."""
    if letter.topic != target or letter.partition is None:
        return None
    return letter.partition if 0 <= letter.partition < count else None


class _Pace:
    """When the next record may go."""

    def __init__(self, rate: float | None) -> None:
        self._gap = 0.0 if rate is None else 1 / rate
        self._next = 0.0

    def wait(self, now: float) -> float:
        """Return the seconds to wait; with 0 the record's turn is taken."""
        if not self._gap:
            return 0.0
        if now < self._next:
            return self._next - now
        # what was missed is not caught up with at once, but for a step's worth of sleeping late
        self._next = max(self._next, now - _STEP) + self._gap
        return 0.0
