"""A simulated world for the owner of a loop: its consumer, its workers, its group, its clock.

Nothing here runs by itself. What happens, and when, is drawn from a seed; after everything that
happens, the promises are checked.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from flowodm.consumer.board import Board
from flowodm.consumer.job import Job
from flowodm.consumer.options import LoopOptions
from flowodm.consumer.owner import Owner
from flowodm.consumer.policy import FailurePolicy, RetryPolicy
from flowodm.consumer.scheduler import Ordering
from flowodm.consumer.settling import AfterProcessing
from flowodm.errors import LoopError
from flowodm.model import FlowBaseModel
from flowodm.settings import BaseSettings

TOPIC = "t"


class Nothing(FlowBaseModel):
    class Settings:
        topic = TOPIC


class SmallOptions(LoopOptions):
    """Options whose bounds are met soon."""

    most_waiting = 6  # type: ignore[assignment]


def options_of(ordering: Ordering, concurrency: int) -> LoopOptions:
    return SmallOptions(
        name="simulated",
        model=Nothing,
        handler=print,
        topic=TOPIC,
        group="g",
        profile=BaseSettings(revoke_drain_timeout=5.0),
        concurrency=concurrency,
        ordering=ordering,
        failure=FailurePolicy(retry=RetryPolicy()),
        dead_letter_topic=None,
        batch_size=None,
        shutdown_timeout=10.0,
        commit_strategy="after_processing",
        error_handler=None,
        on_startup=None,
        on_shutdown=None,
        on_event=None,
    )


class FakeMessage:
    """A record, or an error."""

    def __init__(
        self, partition: int, offset: int, key: bytes | None, error: KafkaError | None = None
    ) -> None:
        self._place = partition, offset
        self._key = key
        self._error = error

    def partition(self) -> int:
        return self._place[0]

    def offset(self) -> int:
        return self._place[1]

    def key(self) -> bytes | None:
        return self._key

    def error(self) -> KafkaError | None:
        return self._error


class FakeBoard(Board):
    """A board on which waiting lets the world go on."""

    def __init__(self, world: "World", ordering: Ordering) -> None:
        super().__init__(ordering, clock=lambda: world.now)
        self._world = world

    def wait(self, seconds: float) -> Job | None:
        if self.done.empty():
            self._world.work()
            self._world.now += seconds
        return None if self.done.empty() else self.done.get_nowait()


class World:
    """One member of a group, and everything around it.

    Args:
        seed: Decides what happens.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        chance = self.chance
        self.now = 100.0
        self.ordering: Ordering = chance.choice(["key", "partition", "none"])
        self.concurrency = chance.choice([1, 2, 4])
        self.log = {number: _partition(chance) for number in range(chance.randint(1, 3))}
        self.committed = {number: log[0][0] for number, log in self.log.items()}
        self.handled: set[tuple[int, int]] = set()
        self.in_hand: list[Job] = []
        self.done_in: dict[int, set[tuple[int, int]]] = defaultdict(set)
        """What was done in each epoch."""
        self.calm = False
        """Whether nothing disturbs any more."""
        self.consumer = FakeConsumer(self)
        self.board = FakeBoard(self, self.ordering)
        self.owner = Owner(
            options_of(self.ordering, self.concurrency),
            self.consumer,  # type: ignore[arg-type]
            self.board,
            self,
            self,
            AfterProcessing(self.consumer, TOPIC, self.commit),  # type: ignore[arg-type]
            lambda *_, **__: None,  # type: ignore[arg-type]
        )

    # --- the owner's surroundings and hands

    outage = None

    def heard(self) -> None: ...
    def look(self, partitions: Iterable[int]) -> None: ...
    def start(self) -> None: ...
    def cancel(self) -> None: ...
    def close(self, timeout: float) -> None: ...

    def meet(self, error: KafkaError) -> bool:
        return error.name() == "_MAX_POLL_EXCEEDED"

    def commit(self, timeout: float) -> None:
        self.consumer.commit(asynchronous=False)

    def leave(self, timeout: float) -> None:
        self.consumer.commit_stored()

    # --- what happens

    def work(self) -> None:
        """Let workers take records and finish some."""
        for _ in range(self.chance.randint(0, 4)):
            if self.in_hand and self.chance.random() < 0.6:
                self.settle(self.in_hand.pop(self.chance.randrange(len(self.in_hand))))
            elif len(self.in_hand) < self.concurrency:
                job = self.board.take(None)
                if isinstance(job, Job):
                    self.check_hand(job)
                    self.in_hand.append(job)
            self.check()

    def settle(self, job: Job) -> None:
        outcome = self.chance.random()
        if outcome < 0.75 or (self.calm and outcome < 0.97):
            self.handled.add((job.partition, job.offset))
            self.done_in[job.epoch].add((job.partition, job.offset))
            self.board.finish([job])
        else:
            delay = self.chance.uniform(0.0, 3.0)
            self.board.retry([job], delay, hold=self.chance.random() < 0.2)

    def disturb(self) -> None:
        """Let something happen to the group."""
        if self.calm or self.chance.random() > 0.15:
            return
        what = self.chance.choice(["revoke", "lose", "assign", "assign", "evict"])
        consumer, mine = self.consumer, sorted(self.consumer.position)
        if self.consumer.lost:
            return
        if what == "assign":
            self.consumer.give(self.some(set(self.log) - set(mine)))
        elif what == "evict" and mine:
            consumer.errors.append(
                FakeMessage(-1, -1, None, KafkaError(KafkaError._MAX_POLL_EXCEEDED))
            )
            consumer.forget(mine)
            consumer.lost += mine
        elif what == "lose" and mine:
            self.consumer.forget(mine)
            consumer.on_lost(consumer, _places(mine))
        elif mine:
            taken = self.some(set(mine))
            consumer.on_revoke(consumer, _places(taken))
            consumer.commit_stored()
            consumer.forget(taken)
        self.elsewhere()
        self.check()

    def elsewhere(self) -> None:
        """Let another member do some of what is not ours."""
        for number in set(self.log) - set(self.consumer.position):
            for offset, _ in self.log[number]:
                if offset >= self.committed[number] and self.chance.random() < 0.3:
                    self.handled.add((number, offset))
                    self.committed[number] = offset + 1
                elif offset >= self.committed[number]:
                    break

    def some(self, partitions: set[int]) -> list[int]:
        return [one for one in sorted(partitions) if self.chance.random() < 0.7]

    # --- the promises

    def check(self) -> None:
        """Nothing is committed that is not done, so nothing is lost."""
        for number, upto in self.committed.items():
            for offset, _ in self.log[number]:
                assert (
                    offset >= upto or (number, offset) in self.handled
                ), f"{number}@{offset} is passed by {upto}"
        tracked = self.owner.trackers
        for number, tracker in tracked.items():
            if (first := tracker.first) is not None:
                assert self.committed[number] <= max(first.offset, self.committed[number])
                assert self.consumer.stored.get(number, -1) <= first.offset

    def check_hand(self, job: Job) -> None:
        """One record is in two hands never, and those of a key come in their order."""
        current = self.owner.trackers.get(job.partition)
        if current is None or current.epoch != job.epoch:
            return  # it went while it waited; `drop` had taken it from the board
        for other in self.in_hand:
            if other.epoch != job.epoch:
                continue
            assert (other.partition, other.offset) != (job.partition, job.offset)
            assert not self.in_order(other, job), "two of one lane at once"
        assert (job.partition, job.offset) not in self.done_in[job.epoch], "done twice"
        for offset, key in self.log[job.partition]:
            before = FakeMessage(job.partition, offset, key)
            if offset >= job.offset or not self.in_order(before, job):
                continue
            known = (job.partition, offset) in self.done_in[job.epoch]
            began_later = offset < self.consumer.begun[job.partition]
            assert known or began_later, f"{job} overtook {offset}"

    def in_order(self, one: Any, other: Job) -> bool:
        """Whether the order of two records counts."""
        partition = one.partition if isinstance(one, Job) else one.partition()
        key = one.key if isinstance(one, Job) else one.key()
        if self.ordering == "none" or partition != other.partition:
            return False
        return self.ordering == "partition" or (key is not None and key == other.key)

    # --- a run

    def run(self, turns: int) -> None:
        """Run through trouble, then in peace to the end; everything must be done by then."""
        self.owner.join()
        self.consumer.give(list(self.log))
        for _ in range(turns):
            self.owner.turn()
            self.work()
            self.check()
        self.calm = True
        while self.consumer.lost or self.consumer.errors:
            self.owner.turn()
        self.consumer.give(sorted(set(self.log) - set(self.consumer.position)))
        for _ in range(2_000):
            self.owner.turn()
            self.work()
            self.check()
            if self.is_all_done():
                break
        else:
            raise AssertionError("it never ends")
        if self.chance.random() < 0.5:
            self.owner.stop()
        assert self.owner.end() == ()
        self.check()
        ends = {number: log[-1][0] + 1 for number, log in self.log.items()}
        assert self.committed == ends

    def is_all_done(self) -> bool:
        places = {(n, offset) for n, log in self.log.items() for offset, _ in log}
        return self.handled >= places and not len(self.board) and self.board.done.empty()

    def stop_in_the_middle(self, turns: int) -> None:
        """Stop at some moment; what is committed then is done."""
        self.owner.join()
        self.consumer.give(list(self.log))
        for _ in range(turns):
            self.owner.turn()
            self.work()
        if self.chance.random() < 0.3:
            self.board.fail(LoopError("it may not pass this"))
            self.board.give_up(self.in_hand)
            self.in_hand.clear()
        self.owner.stop()
        self.owner.end()
        self.check()


class FakeConsumer:
    """What an owner uses of a consumer."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.position: dict[int, int] = {}
        """The next offset of each partition that is ours."""
        self.begun: dict[int, int] = {}
        """Where the assignment began."""
        self.stored: dict[int, int] = {}
        self.paused: set[int] = set()
        self.errors: list[FakeMessage] = []
        self.lost: list[int] = []
        """Partitions that are gone, of which the next call tells."""
        self.on_assign: Callable[..., None]
        self.on_revoke: Callable[..., None]
        self.on_lost: Callable[..., None]

    def subscribe(self, topics: list[str], **callbacks: Any) -> None:
        vars(self).update(callbacks)

    def give(self, partitions: list[int]) -> None:
        """Assign partitions, from where the group stands."""
        for number in partitions:
            self.position[number] = self.begun[number] = self._world.committed[number]
        self.on_assign(self, _places(partitions))

    def forget(self, partitions: list[int]) -> None:
        for number in partitions:
            del self.position[number]
            self.stored.pop(number, None)
            self.paused.discard(number)

    def assignment(self) -> list[TopicPartition]:
        return _places(self.position)

    def poll(self, wait: float) -> FakeMessage | None:
        self._world.work()
        self._world.disturb()
        if self._world.chance.random() < 0.1:
            self.commit_stored()  # as librdkafka does, now and then
            self._world.check()
        if found := self.consume(1, 0):
            return found[0]
        self._world.now += wait
        return None

    def consume(self, most: int, wait: float) -> list[FakeMessage]:
        if self.lost:
            lost, self.lost = self.lost, []
            self.on_lost(self, _places(lost))
        if self.errors:
            return [self.errors.pop()]
        found: list[FakeMessage] = []
        for number in sorted(self.position, key=lambda _: self._world.chance.random()):
            for offset, key in self._world.log[number]:
                if len(found) >= most or number in self.paused:
                    break
                if offset >= self.position[number]:
                    found.append(FakeMessage(number, offset, key))
                    self.position[number] = offset + 1
        if found and self._world.chance.random() < 0.1:
            self._world.disturb()  # in the same call, before the records are seen
        return found

    def store_offsets(self, offsets: list[TopicPartition]) -> None:
        for one in offsets:
            if one.partition not in self.position:  # evicted, and not yet told
                raise KafkaException(KafkaError(KafkaError._STATE))
            self.stored[one.partition] = one.offset

    def commit(self, asynchronous: bool) -> list[TopicPartition]:
        self.commit_stored()
        return []

    def commit_stored(self) -> None:
        for number, offset in self.stored.items():
            assert offset >= self._world.committed[number], "a commit went backwards"
            self._world.committed[number] = offset

    def pause(self, places: list[TopicPartition]) -> None:
        self.paused |= {one.partition for one in places} & self.position.keys()

    def resume(self, places: list[TopicPartition]) -> None:
        self.paused -= {one.partition for one in places}

    def get_watermark_offsets(self, place: TopicPartition, cached: bool) -> tuple[int, int]:
        return 0, self._world.log[place.partition][-1][0] + 1


def _partition(chance: random.Random) -> list[tuple[int, bytes | None]]:
    """Offsets with gaps, as compaction and transactions leave them, and their keys."""
    offset, found = chance.randint(0, 5), []
    for _ in range(chance.randint(1, 10)):
        found.append((offset, chance.choice([None, b"a", b"b", b"c"])))
        offset += chance.choice([1, 1, 1, 2, 7])
    return found


def _places(partitions: Iterable[int]) -> list[TopicPartition]:
    return [TopicPartition(TOPIC, number) for number in partitions]
