"""`Owner`: the one thread that owns the consumer, and all that is asked of it (S1).

One turn takes in what is done, stores how far each partition is done, sees to what is due, and
takes what has come. Callbacks run in it, too. It decodes nothing and calls no handler, so it polls
on whatever those do, and the group keeps us (S6).
"""

import logging
from contextlib import suppress
from queue import Empty
from typing import TYPE_CHECKING, Final

from flowodm.consumer.board import Board
from flowodm.consumer.job import Job
from flowodm.consumer.judge import Teller
from flowodm.consumer.options import LoopOptions
from flowodm.consumer.pauses import Pauses
from flowodm.consumer.ports import Hands, Surroundings
from flowodm.consumer.settling import Settling
from flowodm.consumer.tracker import Tracker
from flowodm.errors import DrainTimeout, FlowODMError

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

__all__ = ["Owner"]

_LOG = logging.getLogger("flowodm.consumer")

_IDLE: Final = 0.5
_BUSY: Final = 0.1
"""Seconds of one poll at most: while nothing is in work, and while something is (S4)."""
_LOOK: Final = 1.0
_CANCELLED: Final = 2.0
"""Seconds for what was cancelled to end."""
_AHEAD: Final = 5.0
"""Seconds that a silent broker may make us wait at the end, for each of two questions."""


class Owner:
    """Owns the consumer of one run of a loop; whatever is no plain reading runs in its thread.

    Args:
        options: The loop's.
        consumer: Subscribed to nothing yet.
        board: Where records go, and what is done comes from.
        hands: Who works on them.
        around: The cluster.
        settling: When an offset is committed.
        tell: Takes events.
    """

    def __init__(
        self,
        options: LoopOptions,
        consumer: "Consumer",
        board: Board,
        hands: Hands,
        around: Surroundings,
        settling: Settling,
        tell: Teller,
    ) -> None:
        self.options = options
        self.board = board
        self.around = around
        self.trackers: dict[int, Tracker] = {}
        """One for each partition that is ours."""
        self.ends: dict[int, int] = {}
        """The end of each partition, as far as it is known."""
        self.pauses = Pauses(consumer, options.topic, board, options.most_waiting)
        self.heartbeat: float | None = None
        self.is_joined = False
        """Whether the group has said which partitions are ours; it may be none."""
        self.is_draining = False
        self.stops_at_end = False
        """Whether to end when all that was there is done."""
        self._consumer = consumer
        self._hands = hands
        self._settling = settling
        self._tell = tell
        self._clock = board.clock
        self._epoch = 0
        self._dirty: set[int] = set()
        """Partitions of which something is done that is not stored."""
        self.at_end: set[int] = set()
        """Partitions of which everything has come, as far as the broker says so."""
        self._look_at = self._asked = self._clock()
        self._is_asked_to_stop = False
        self._is_cancelled = False
        self._is_closing = False

    # --- from any thread

    def stop(self) -> None:
        """End in order: take nothing more, finish what is worked on (S14, the first step)."""
        self._is_asked_to_stop = True

    def cancel(self) -> None:
        """End soon: break off what is worked on, commit what is done (S14, the second step)."""
        self._is_cancelled = self._is_asked_to_stop = True

    # --- the thread

    def run(self) -> None:
        """Run until asked to stop, or until something ends it.

        Raises:
            FlowODMError: A record that may not be passed, or a cluster that refuses us.
            DrainTimeout: Handlers were still at work when the time was up.
        """
        failure: BaseException | None = None
        try:
            self.join()
            while not self.is_over:
                self.turn()
            failure = self.board.failure
        except BaseException as error:  # noqa: BLE001 - raised again when all is in order
            failure = error
        left = self.end()
        if failure is not None:
            raise failure
        if left:
            raise _too_late(self.options, left, is_cancelled=self._is_cancelled)

    @property
    def is_over(self) -> bool:
        """Whether to take nothing more."""
        return self._is_asked_to_stop or self.board.failure is not None

    def join(self) -> None:
        """Ask for partitions, and start the hands."""
        self._consumer.subscribe(
            [self.options.topic],
            on_assign=self._take,
            on_revoke=self._give,
            on_lost=self._lose,
        )
        self._hands.start()

    def turn(self) -> None:
        """Do what there is to do, and wait for a moment where that is nothing (S4)."""
        self.heartbeat = now = self._clock()
        self.collect()
        self._settling.settle(self)
        if now >= self._look_at:
            self._look_at = now + _LOOK
            self._look()
        room = self.options.most_waiting - len(self.board)
        self.pauses.balance(now, self.trackers, is_full=room <= 0)
        if room > 0:
            self._receive(self._fetch(room))
        elif self.pauses.paused:
            self._receive(self._poll(_BUSY))
        elif (job := self.board.wait(_BUSY)) is not None:
            self._count(job)
        if self.stops_at_end:
            self._stop_at_end()

    def end(self) -> tuple[Job, ...]:
        """Drain, store, commit, leave (S14).

        Returns:
            What was still worked on when the time was up.
        """
        self.is_draining = True
        with suppress(Exception):
            self.pauses.pause(self.trackers)
        self.board.stop(keep=self._settling.keeps_what_waits)
        left = self._drain()
        try:
            self.collect()
            self._settling.finish(self)
        except Exception as error:  # noqa: BLE001 - the group is to be left all the same
            _LOG.warning("loop `%s`: the last commit failed: %s", self.options.name, error)
        finally:
            self._is_closing = True
            with suppress(Exception):
                self._hands.close(0.5 if not left else 0.0)
            self.around.leave(_AHEAD)
            self.trackers.clear()
            self.heartbeat = None
        return left

    def _drain(self) -> tuple[Job, ...]:
        """Poll on until nothing is worked on, or time is up."""
        until = self._clock() + self.options.shutdown_timeout
        is_told = False
        while left := self._at_work():
            self.heartbeat = now = self._clock()
            if self._is_cancelled and not is_told:
                is_told, until = True, min(until, now + _CANCELLED)
                self._hands.cancel()
            if now >= until:
                return left
            with suppress(FlowODMError):
                self._receive(self._poll(0.0))
            if (job := self.board.wait(_BUSY)) is not None:
                self._count(job)
            self.collect()
            self._settling.settle(self)
        return ()

    def _at_work(self) -> tuple[Job, ...]:
        if self._settling.keeps_what_waits and len(self.board) and self.board.failure is None:
            return self.board.working() or self.board.waiting()
        return self.board.working()

    # --- records

    def collect(self) -> None:
        """Take in what is done."""
        done, count = self.board.done.get_nowait, self._count
        with suppress(Empty):
            while True:
                count(done())

    def advanced(self) -> dict[int, int]:
        """Return the watermarks that have advanced since this was asked last, by partition."""
        found: dict[int, int] = {}
        for partition in self._dirty:
            tracker = self.trackers.get(partition)
            if tracker is not None and (watermark := tracker.advanced()) is not None:
                found[partition] = watermark
        self._dirty.clear()
        return found

    def _count(self, job: Job) -> None:
        tracker = self.trackers.get(job.partition)
        if tracker is not None:  # else it is another's by now: discarded (S8)
            tracker.finish(job)
            self._dirty.add(job.partition)

    def _fetch(self, room: int) -> "list[Message]":
        """Take what is here, else wait for a moment (S4): `consume` itself would wait it out."""
        most = min(room, 1_000)
        if messages := self._consumer.consume(most, 0):
            return messages
        messages = self._poll(_BUSY if len(self.board) else _IDLE)
        if messages and most > 1:
            messages += self._consumer.consume(most - 1, 0)
        return messages

    def _poll(self, wait: float) -> "list[Message]":
        message = self._consumer.poll(wait)
        return [] if message is None else [message]

    def _receive(self, messages: "list[Message]") -> None:
        """Track records, then hand them out (S3, S12)."""
        jobs: list[Job] = []
        trackers, by_key = self.trackers, self.options.ordering == "key"
        for message in messages:
            if (error := message.error()) is not None:
                self._meet(message, error)
                continue
            partition, offset = message.partition(), message.offset()
            assert partition is not None
            assert offset is not None
            if self.is_draining:
                continue  # it stays for the next run
            tracker = trackers.get(partition)
            if tracker is None:
                if not self._is_ours(partition):
                    continue  # it went while this call ran
                tracker = self._begin(partition)
            if tracker.is_known(offset):  # read anew: an offset below what came (S3)
                self.board.drop(partition)
                jobs = [job for job in jobs if job.partition != partition]
                tracker = self._begin(partition)
            key = message.key() if by_key else None
            job = Job(message, partition, offset, tracker.epoch, key)
            tracker.receive(job)
            jobs.append(job)
            if self.at_end:
                self.at_end.discard(partition)  # its end may come behind it, in this very call
        if jobs:
            self.around.heard()
            self._settling.admit(self, jobs)

    def _is_ours(self, partition: int) -> bool:
        return any(one.partition == partition for one in self._consumer.assignment())

    def _meet(self, message: "Message", error: "KafkaError") -> None:
        partition = message.partition()
        if error.name() == "_PARTITION_EOF" and partition is not None:
            self.at_end.add(partition)
            self.around.heard()
        elif self.around.meet(error):
            self.is_joined, self._asked = False, self._clock()  # `on_lost` follows (S13)

    # --- what is due

    def _look(self) -> None:
        """See to what changes slowly: the cluster, the hands, how far the ends are."""
        self._hands.check()
        self.around.look(self.trackers)
        self._measure()
        if not self.is_joined and self.options.profile.group_protocol == "consumer":
            self.is_joined = self._clock() - self._asked > 3.0  # nobody says that it is nothing

    def _measure(self) -> None:
        """Note the ends that came with the latest fetches; that asks nobody."""
        from confluent_kafka import KafkaException, TopicPartition

        for partition in self.trackers:
            place = TopicPartition(self.options.topic, partition)
            with suppress(KafkaException):
                _, end = self._consumer.get_watermark_offsets(place, cached=True)
                if end >= 0:
                    self.ends[partition] = end

    def _stop_at_end(self) -> None:
        if self.is_joined and not len(self.board) and self.trackers.keys() <= self.at_end:
            self.stop()

    # --- rebalances; what these raise would surface from `poll`, so they raise nothing

    def _take(self, _consumer: "Consumer", given: "list[TopicPartition]") -> None:
        """Begin with partitions that are ours now (S7)."""
        for one in given:
            self._begin(one.partition)
        self.is_joined = self.pauses.was_assigned = True
        self.around.heard()
        self.at_end.difference_update(one.partition for one in given)
        self._tell("assigned", partitions=tuple(sorted(one.partition for one in given)))

    def _begin(self, partition: int) -> Tracker:
        self._epoch += 1
        tracker = self.trackers[partition] = Tracker(partition, self._epoch)
        return tracker

    def _give(self, consumer: "Consumer", taken: "list[TopicPartition]") -> None:
        """Finish what is worked on, commit, and let go (S8)."""
        if self._is_closing:
            return
        mine = {one.partition for one in taken} & self.trackers.keys()
        try:
            if not self._settling.keeps_what_waits:
                for partition in mine:
                    self.board.drop(partition)
                self._wait_for(mine)
            self._settling.give(self, mine)
        except Exception as error:  # noqa: BLE001 - it would surface from `poll` (S8)
            _LOG.warning(
                "loop `%s`: partitions %s went without their last commit: %s",
                self.options.name,
                sorted(mine),
                error,
            )
        finally:
            self._forget(mine)
        if "cooperative" not in self.options.profile.partition_assignment_strategy:
            self.is_joined, self._asked = bool(self.trackers), self._clock()
        self._tell("revoked", partitions=tuple(sorted(mine)))

    def _wait_for(self, partitions: set[int]) -> None:
        """Wait for what is worked on, within one budget of wall-clock time."""
        until = self._clock() + self.options.drain_timeout
        while self.board.working(partitions):
            self.heartbeat = now = self._clock()
            if now >= until or self._is_cancelled:
                return
            if (job := self.board.wait(min(_BUSY, until - now))) is not None:
                self._count(job)
        self.collect()

    def _lose(self, _consumer: "Consumer", lost: "list[TopicPartition]") -> None:
        """Let go of everything: it may be another's already, so nothing is stored (S9)."""
        if self._is_closing:
            return
        mine = {one.partition for one in lost} & self.trackers.keys() or set(self.trackers)
        if not self._settling.keeps_what_waits:
            for partition in mine:
                self.board.drop(partition)
        self._settling.lose(self, mine)
        self._forget(mine)
        self.is_joined, self._asked = False, self._clock()
        self._tell("lost", logging.WARNING, partitions=tuple(sorted(mine)))

    def _forget(self, partitions: set[int]) -> None:
        self._epoch += 1
        for partition in partitions:
            self.trackers.pop(partition, None)
            self.ends.pop(partition, None)
            self._dirty.discard(partition)
            self.at_end.discard(partition)
        self.pauses.forget(partitions)


def _too_late(options: LoopOptions, left: tuple[Job, ...], *, is_cancelled: bool) -> DrainTimeout:
    first = left[0]
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    when = "when it was cancelled" if is_cancelled else f"after {options.shutdown_timeout:g} s"
    return DrainTimeout(
        f"loop `{options.name}` ended {when} with a handler still at work on topic"
        f" `{options.topic}`, partition {first.partition}, offset {first.offset}{more}",
        hint="what it works on is not committed and comes again; `shutdown_timeout` is how long"
        " a loop waits for it",
    )
