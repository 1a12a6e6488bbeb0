"""`Run`: one run of a loop, put together of its parts; and what is seen of it from outside."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from flowodm.consumer.board import Board
from flowodm.consumer.handling import Handling
from flowodm.consumer.judge import Judge, Teller
from flowodm.consumer.options import LoopOptions
from flowodm.consumer.owner import Owner
from flowodm.consumer.ports import Hands
from flowodm.consumer.settling import AfterProcessing, BeforeProcessing, Settling
from flowodm.consumer.status import LoopState, LoopStatus, PartitionStatus
from flowodm.consumer.surroundings import Cluster
from flowodm.consumer.tracker import Tracker
from flowodm.errors import TopicNotFound
from flowodm.subscription import consumer_config
from flowodm.subscription.topic import check_topic

if TYPE_CHECKING:
    from confluent_kafka import Consumer

    from flowodm.consumer.transaction import Transactions
    from flowodm.model.attached import Consumption
    from flowodm.producer import Producer

__all__ = ["Counters", "Run", "status_of"]


class Run:
    """One run: a consumer, its owner's thread, and hands.

    Args:
        options: The loop's.
        found: The class's connection, topic and group.
        make_hands: Makes what works on records.
        ends: Whether it ends when all that is there is done.
        transactions: What commits in place of the `commit_strategy`.

    Raises:
        ChangeRefused: The context is read-only.
        TopicNotFound: The topic, or that of the dead letters, is not there.
        BrokerError: The cluster does not answer, or refuses.
    """

    def __init__(
        self,
        options: LoopOptions,
        found: "Consumption",
        make_hands: Callable[[Handling], Hands],
        *,
        ends: bool = False,
        transactions: "Transactions | None" = None,
    ) -> None:
        self._transactions = transactions
        self.options = options
        self._found = found
        self.board = Board(options.ordering)
        self.tell = Teller(options)
        self._letter_partitions = self._check()
        judge = Judge(options, self.board, self.tell, lambda: self._letter_partitions)
        work = Handling(options, found.reading, self.board, judge, self._producer)
        consumer = self._consumer()
        self.around = Cluster(
            found.connection, consumer, options.topic, options.group, self.board, self.tell
        )
        self.owner = Owner(
            options,
            consumer,
            self.board,
            make_hands(work),
            self.around,
            self._settling(consumer),
            self.tell,
        )
        self.owner.stops_at_end = ends
        self.failure: BaseException | None = None
        self.finished = threading.Event()
        self.on_finished: Callable[[], Any] = self.finished.set
        self._thread = threading.Thread(
            target=self._run, name=f"flowodm-{options.name}-owner", daemon=True
        )

    def start(self) -> None:
        """Start the owner's thread."""
        self._thread.start()

    def _run(self) -> None:
        self.tell("started")
        try:
            self.owner.run()
        except BaseException as error:  # noqa: BLE001 - raised where the loop was run
            self.failure = error
        finally:
            if self.failure is None:
                self.tell("stopped")
            else:
                self.tell("failed", text=str(self.failure))
            self._flush()
            self.finished.set()
            self.on_finished()

    def _check(self) -> int:
        """See that the topics are there; return how many partitions the dead letters have."""
        options, connection = self.options, self._found.connection
        connection.check_change("consume", options.topic)
        check_topic(connection, options.topic)
        if options.dead_letter_topic is None:
            return 0
        try:
            return self._producer().check_topic(options.dead_letter_topic)
        except TopicNotFound as error:
            raise TopicNotFound(
                f"loop `{options.name}`: {error.message}; it is to take the dead letters",
                hint=f"create it: `{options.dead_letter_topic}`, with the partitions of"
                f" `{options.topic}`",
            ) from error

    def _consumer(self) -> "Consumer":
        found, options = self._found, self.options
        config = consumer_config(found.connection, options.group, options.profile)
        said = found.connection.context.client_config("consumer")
        config = {"enable.partition.eof": said.get("enable.partition.eof", "true"), **config}
        if self._transactions is not None:
            config["enable.auto.commit"] = "false"  # the transactions commit (S2)
        return (found.make_consumer or found.connection.consumer)(config)

    def _settling(self, consumer: "Consumer") -> Settling:
        if self._transactions is not None:
            self._transactions.use(consumer)
            return self._transactions
        kind = (
            BeforeProcessing
            if self.options.commit_strategy == "before_processing"
            else AfterProcessing
        )
        return kind(consumer, self.options.topic, lambda seconds: self.around.commit(seconds))

    def _producer(self) -> "Producer":
        """What dead letters are sent with: whatever the profile says, all replicas have them."""
        from flowodm.producer import producer_of

        return producer_of(self._found.connection)

    def _flush(self) -> None:
        """Hand over what handlers have produced and not waited for (S14)."""
        from flowodm.producer.shared import flush_shared

        flush_shared(self._found.connection, timeout=5.0)


class Counters:
    """What a loop has done in the runs that are over."""

    def __init__(self) -> None:
        self.runs = 0
        self.handled = self.retried = self.dead_lettered = self.skipped = 0

    def add(self, board: Board) -> None:
        """Add a run that is over."""
        self.runs += 1
        self.handled += board.handled
        self.retried += board.retried
        self.dead_lettered += board.dead_lettered
        self.skipped += board.skipped


def status_of(
    options: LoopOptions, before: Counters, run: Run | None, fatal: str | None
) -> LoopStatus:
    """Take a snapshot; in any thread, and without asking anybody.

    Args:
        options: The loop's.
        before: What earlier runs have done.
        run: The one that runs; None: none does.
        fatal: Why the last one ended, if it failed.
    """
    if run is None:
        return LoopStatus(
            name=options.name,
            topic=options.topic,
            group=options.group,
            state="failed" if fatal else "stopped" if before.runs else "new",
            handled=before.handled,
            retried=before.retried,
            dead_lettered=before.dead_lettered,
            skipped=before.skipped,
            fatal=fatal,
        )
    owner, board, now = run.owner, run.board, monotonic()
    working = board.working()
    oldest: dict[int, float] = {}
    for job in working:
        oldest.setdefault(job.partition, now - job.begun)
    trackers = sorted(owner.trackers.copy().values(), key=lambda one: one.partition)
    heartbeat = owner.heartbeat
    return LoopStatus(
        name=options.name,
        topic=options.topic,
        group=options.group,
        state=_state(owner),
        partitions=tuple(_partition(owner, one, oldest.get(one.partition)) for one in trackers),
        in_flight=len(board),
        running=len(working),
        handled=before.handled + board.handled,
        retried=before.retried + board.retried,
        dead_lettered=before.dead_lettered + board.dead_lettered,
        skipped=before.skipped + board.skipped,
        oldest_seconds=max(oldest.values(), default=None),
        outage=run.around.outage,
        heartbeat_age=None if heartbeat is None else max(now - heartbeat, 0.0),
        fatal=None if board.failure is None else board.failure.message,
    )


def _state(owner: Owner) -> LoopState:
    if owner.is_draining:
        return "draining"
    return "running" if owner.is_joined else "joining"


def _partition(owner: Owner, tracker: Tracker, oldest: float | None) -> PartitionStatus:
    watermark, end = tracker.watermark, owner.ends.get(tracker.partition)
    if watermark is None:
        lag = 0 if tracker.partition in owner.at_end else None  # nothing came: there was nothing
    else:
        lag = None if end is None else max(end - watermark, 0)
    return PartitionStatus(
        partition=tracker.partition,
        watermark=watermark,
        in_flight=len(tracker),
        oldest_seconds=oldest,
        lag_records=lag,
        lag_seconds=_age(tracker, lag),
        is_paused=tracker.partition in owner.pauses.paused,
    )


def _age(tracker: Tracker, lag: int | None) -> float | None:
    """How old the first record is that is not done."""
    import time

    if lag == 0:
        return 0.0
    if (first := tracker.first) is None:
        return None
    kind, moment = first.message.timestamp()
    return max(time.time() - moment / 1000, 0.0) if kind else None
