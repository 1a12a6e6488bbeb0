"""`TransactionalLoop`: consume, transform, produce, with each record's effect in Kafka exactly once.

What handlers return waits until the watermark of its record's partition passes it. Then the owner
produces it and the watermark in one transaction: both are there, or neither is (S16). Handlers work
on meanwhile; a transaction lasts as long as its commit, and holds nothing that is unfinished.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from flowodm.consumer.handling import Handling
from flowodm.consumer.job import Job
from flowodm.consumer.loop import ConsumerLoop
from flowodm.consumer.options import name_of
from flowodm.consumer.policy import Misuse
from flowodm.consumer.run import Run
from flowodm.consumer.threads import ThreadHands
from flowodm.errors import BrokerError, SettingsError
from flowodm.producer import Outgoing

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError
    from confluent_kafka import Producer as Client

    from flowodm.connection import KafkaConnection
    from flowodm.consumer.owner import Owner

__all__ = ["TransactionalLoop", "Transactions"]

_LOG = logging.getLogger("flowodm.consumer")
_EVERY: Final = 0.1
_MOST: Final = 1_000
"""A transaction is made every so many seconds, or when so many records wait for it."""
_STEP: Final = 10.0
_PATIENCE: Final = 30.0
"""Seconds for one call of the client, and for one that may be made again."""
_ABORTS: Final = 5
"""In a row, for another reason than an outage: then the loop stops."""


class TransactionalLoop(ConsumerLoop):
    """Calls a handler for every record, and writes what it returns: exactly once, within Kafka.

        def price(order: Order) -> Invoice:
            return Invoice(order_id=order.order_id, cents=order.cents)

        TransactionalLoop(Order, price, transactional_id="pricing-1").run()

    A handler returns an instance, several of any classes, or None. They and the offset are
    committed in one transaction; readers with `isolation.level` `read_committed`, which is every
    profile's, see both or neither. What a handler does elsewhere is done at least once.

    Args:
        model: The class whose topic is read.
        handler: Takes an instance or a `Tombstone`, and returns what to write.
        settings: A profile.
        group_id: The group.
        transactional_id: Names this member of the group in the cluster: another one with the same
            name fences it off. So give each process its own, the same after a restart.
        arguments: As of `ConsumerLoop`, but for `commit_strategy` and `batch_size`.

    Raises:
        SettingsError: An argument is wrong, or two contradict each other.
    """

    def __init__(
        self,
        model: type,
        handler: Callable[[Any], Any],
        settings: Any = None,
        group_id: str | None = None,
        *,
        transactional_id: str,
        **arguments: Any,
    ) -> None:
        for refused in ("commit_strategy", "batch_size"):
            if refused in arguments:
                raise SettingsError(
                    f"`TransactionalLoop` takes no `{refused}`: each record is committed with what"
                    " its handler returned",
                    hint="leave it out, or use `ConsumerLoop`",
                )
        named: Any = transactional_id
        if not isinstance(named, str) or not named:
            raise SettingsError(
                f"`TransactionalLoop`: `transactional_id` is a text, not `{named!r:.60}`",
                hint='one for each process, such as `transactional_id="pricing-1"`',
            )
        super().__init__(model, handler, settings, group_id, **arguments)
        self._transactional_id = transactional_id

    def _made(self, to_end: bool) -> Run:
        connection = self._found.connection
        transactions = Transactions(connection, self.options.topic, self._transactional_id)
        return Run(
            self.options,
            self._found,
            lambda work: _Hands(work, connection, transactions),
            ends=to_end,
            transactions=transactions,
        )


class _Hands(ThreadHands):
    """Threads whose results are kept for a transaction, dead letters too."""

    def __init__(
        self, work: Handling, connection: "KafkaConnection", transactions: "Transactions"
    ) -> None:
        super().__init__(work, self._keep)
        self._connection = connection
        self._transactions = transactions

    def _keep(self, job: Job, result: Any) -> None:
        if result is not None:
            handler = self._work.handler
            self._transactions.keep(job, _outgoing(result, handler, self._connection))

    def _deliver(self, job: Job, letter: Outgoing) -> None:
        """Keep a dead letter for the transaction that its record is committed in."""
        self._transactions.keep(job, [letter])
        self._work.judge.buried(job)


class Transactions:
    """Commits watermarks together with what handlers returned up to there.

    Args:
        connection: The cluster.
        topic: The topic that is read.
        transactional_id: The producer's name.
    """

    keeps_what_waits = False

    def __init__(self, connection: "KafkaConnection", topic: str, transactional_id: str) -> None:
        self._connection = connection
        self._topic = topic
        self._name = transactional_id
        self._client: Client | None = None
        self._consumer: Consumer
        self._kept: dict[Job, list[Outgoing]] = {}
        """What handlers returned, by record; workers add, the owner takes."""
        self._offsets: dict[int, int] = {}
        """Watermarks that are not committed."""
        self._due = 0.0
        self._is_open = False
        self._aborts = 0

    def use(self, consumer: "Consumer") -> None:
        """Commit for this consumer; a producer of the same name is fenced off by that.

        Raises:
            BrokerError: The cluster does not answer, or refuses.
        """
        self._consumer = consumer
        client = self._client = self._connection.producer(
            {"transactional.id": self._name, "enable.idempotence": True}
        )
        self._connection.call(lambda: client.init_transactions(_PATIENCE), timeout=_PATIENCE)

    def keep(self, job: Job, records: list[Outgoing]) -> None:
        """Keep what a record's handler returned; in any thread, before the record counts as done."""
        self._kept[job] = records

    def admit(self, owner: "Owner", jobs: list[Job]) -> None:
        """Hand them out."""
        owner.board.add(jobs)

    def settle(self, owner: "Owner") -> None:
        """Commit now and then."""
        self._offsets |= owner.advanced()
        now = monotonic()
        if self._offsets and (now >= self._due or len(self._kept) >= _MOST):
            self._due = now + _EVERY
            self._commit(owner)

    def give(self, owner: "Owner", partitions: Collection[int]) -> None:
        """Commit what is done; what is unfinished comes again at the next owner."""
        self._offsets |= owner.advanced()
        self._commit(owner)
        self.lose(owner, partitions)

    def lose(self, owner: "Owner", partitions: Collection[int]) -> None:
        """Forget what is another's now."""
        for partition in partitions:
            self._offsets.pop(partition, None)
        for job in list(self._kept):  # a copy: workers add to it
            if job.partition in partitions:
                del self._kept[job]

    def finish(self, owner: "Owner") -> None:
        """Commit what is done, for the last time."""
        self._offsets |= owner.advanced()
        self._commit(owner)

    def _commit(self, owner: "Owner") -> None:
        """Make one transaction; where it is aborted, all stays as it was for the next.

        Raises:
            BrokerError: It cannot be: another producer has the name, or a record is refused.
        """
        from confluent_kafka import KafkaException

        if not self._offsets:
            return
        jobs = self._passed(owner)
        client = self._client
        assert client is not None
        try:
            if self._is_open:
                self._abort()
            client.begin_transaction()
            self._is_open = True
            for job in jobs:
                for record in self._kept[job]:
                    self._produce(client, record)
            metadata = self._consumer.consumer_group_metadata()
            self._persist(client.send_offsets_to_transaction, self._places(), metadata)
            self._persist(client.commit_transaction)
        except KafkaException as error:
            self._failed(error.args[0])
            return
        self._is_open, self._aborts = False, 0
        self._offsets.clear()
        for job in jobs:
            del self._kept[job]

    def _passed(self, owner: "Owner") -> list[Job]:
        """The records below the watermarks, in order; those of another assignment are forgotten."""
        found = []
        for job in list(self._kept):
            tracker = owner.trackers.get(job.partition)
            if tracker is None or tracker.epoch != job.epoch:
                del self._kept[job]
            elif job.offset < self._offsets.get(job.partition, -1):
                found.append(job)
        return sorted(found, key=lambda job: (job.partition, job.offset))

    def _places(self) -> list[Any]:
        from confluent_kafka import TopicPartition

        return [TopicPartition(self._topic, one, at) for one, at in self._offsets.items()]

    def _produce(self, client: "Client", record: Outgoing) -> None:
        topic, key, value, headers, partition, timestamp = record
        until = monotonic() + _PATIENCE
        while True:
            try:
                client.produce(
                    topic,
                    value,
                    key,
                    -1 if partition is None else partition,
                    headers=list(headers),
                    timestamp=timestamp or 0,
                )
                return
            except BufferError:
                if monotonic() > until:
                    raise
                client.poll(0.1)

    def _persist(self, call: Callable[..., Any], *arguments: Any) -> None:
        """Make a call again while it only took too long."""
        from confluent_kafka import KafkaException

        until = monotonic() + _PATIENCE
        while True:
            try:
                call(*arguments, _STEP)
                return
            except KafkaException as error:
                if not error.args[0].retriable() or monotonic() > until:
                    raise

    def _failed(self, error: "KafkaError") -> None:
        """Abort, since the outcome is in doubt; stop where another try would only fail again."""
        from flowodm.connection import broker_error

        if error.fatal():
            raise BrokerError(
                f"transactional producer `{self._name}` cannot go on: {error.str()}",
                hint="another process has the same `transactional_id`: give each its own",
            )
        _LOG.warning("transaction of `%s` aborted: %s", self._name, error.str() or error.name())
        self._aborts += 0 if error.retriable() else 1
        self._abort()
        if self._aborts >= _ABORTS:
            raise broker_error(error, connection=self._connection)

    def _abort(self) -> None:
        from confluent_kafka import KafkaException

        client = self._client
        assert client is not None
        try:
            self._persist(client.abort_transaction)
        except KafkaException as error:
            if error.args[0].fatal():
                raise
            return  # it is still open, and aborted before the next
        self._is_open = False


def _outgoing(
    result: Any, handler: Callable[..., Any], connection: "KafkaConnection"
) -> list[Outgoing]:
    """Write what a handler returned."""
    from flowodm.model import FlowBaseModel
    from flowodm.model.attached import ready_writing

    instances: Iterable[Any] = (result,) if isinstance(result, FlowBaseModel) else _all(result)
    found = []
    for one in instances:
        if not isinstance(one, FlowBaseModel):
            raise _no_output(one, handler)
        writing, _ = ready_writing(type(one))
        if writing.connection is not connection:
            raise Misuse(
                f"handler `{name_of(handler)}` returned a `{type(one).__name__}`, which belongs to"
                " another cluster: no transaction covers both",
                hint="return what is written to the cluster that is read",
            )
        found.append(Outgoing(writing.topic, writing.key(one), writing.value(one)))
    return found


def _all(result: Any) -> list[Any]:
    if isinstance(result, list | tuple):
        return list(result)
    if hasattr(result, "__next__"):
        return list(result)
    return [result]


def _no_output(one: object, handler: Callable[..., Any]) -> Misuse:
    return Misuse(
        f"handler `{name_of(handler)}` returned a `{type(one).__name__}`, which cannot be written",
        hint="return an instance of a model, a list of some, or None",
    )
