"""Who holds what, and what is stored: every interleaving that Hypothesis can think of."""

import asyncio
import threading
import weakref
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from flowodm.errors import RegistryUnreachable
from flowodm.subscription.ledger import Hold, Ledger
from flowodm.subscription.shelf import Shelf

pytestmark = pytest.mark.unit


class Offsets:
    """What a consumer stores: it takes offsets of its own partitions, and no others."""

    def __init__(self, partitions: int) -> None:
        self.mine = set(range(partitions))
        self.stored: dict[int, int] = {}
        self.floor: dict[int, int] = {}
        """Where each partition began for us: what lies below was another's to store."""

    def store_offsets(
        self, message: Message | None = None, offsets: list[TopicPartition] | None = None
    ) -> None:
        if message is not None:
            places = [(message.partition(), message.offset() + 1)]
        else:
            places = [(one.partition, one.offset) for one in offsets or ()]
        for partition, offset in places:
            if partition not in self.mine:
                raise KafkaException(KafkaError(KafkaError._STATE))
            assert offset >= self.floor.get(partition, 0)
            self.stored[partition] = offset


def message(partition: int, offset: int) -> Message:
    return Message(topic="t", partition=partition, offset=offset, value=b"v")


def places(messages: Any) -> list[tuple[int, int]]:
    return [(one.partition(), one.offset()) for one in messages]


class Iterator:
    """Something that may be dropped."""


class Interleavings(RuleBasedStateMachine):
    """Threads and iterators take, finish, drop and lose records in any order.

    The oracle: a record is done when its owner said so. Nothing that is not done lies below what
    is stored, and of one partition nothing is handed out before what comes before it, unless that
    is in somebody's hands.
    """

    holders = Bundle("holders")

    def __init__(self) -> None:
        super().__init__()
        self.shelf: Shelf[Message] = Shelf(lambda message: message)
        self.ledger = Ledger("t", self.shelf)
        self.offsets = Offsets(2)
        self.ledger.use(self.offsets)  # type: ignore[arg-type]
        self.arrived = {0: 0, 1: 0}
        self.done: set[tuple[int, int]] = set()
        self.alive: dict[int, Any] = {}

    @rule(partition=st.integers(0, 1), count=st.integers(1, 4))
    def arrive(self, partition: int, count: int) -> None:
        if partition not in self.offsets.mine:
            return
        begin = self.arrived[partition]
        self.arrived[partition] += count
        self.shelf.add(message(partition, begin + number) for number in range(count))

    @rule(target=holders, is_iterator=st.booleans())
    def come(self, is_iterator: bool) -> Hold:
        if is_iterator:
            owner = Iterator()
            hold = Hold(weakref.ref(owner))
            self.alive[id(hold)] = owner
            return hold
        thread = threading.Thread()
        thread.is_alive = lambda: id(hold) in self.alive  # type: ignore[method-assign]
        hold = self.ledger.hold_of(thread)
        self.alive[id(hold)] = thread
        return hold

    @rule(hold=holders)
    def ask(self, hold: Hold) -> None:
        if id(hold) not in self.alive:
            return
        self.finish(hold)
        self.note_the_dead(hold)
        self.ledger.settle(hold)
        self.take(hold)

    @rule(hold=holders, count=st.integers(1, 3))
    def ask_for_more(self, hold: Hold, count: int) -> None:
        if id(hold) not in self.alive:
            return
        self.finish(hold)
        self.note_the_dead(hold)
        self.ledger.settle(hold)
        for _ in range(count):
            self.take(hold)

    @rule(hold=holders)
    def wait(self, hold: Hold) -> None:
        """It asks, nothing is here for it, and others have their turn."""
        if id(hold) in self.alive:
            self.finish(hold)
            self.note_the_dead(hold)
            self.ledger.settle(hold)

    @rule(hold=holders)
    def get_what_it_waited_for(self, hold: Hold) -> None:
        if id(hold) in self.alive and not hold.messages:
            self.note_the_dead(hold)
            self.ledger.enter(hold)
            self.take(hold)

    @rule(hold=holders)
    def be_cut_short(self, hold: Hold) -> None:
        hold.is_doubtful = True

    @rule(hold=holders)
    def leave_by_an_exception(self, hold: Hold) -> None:
        self.ledger.put_back(hold)

    @rule(hold=consumes(holders))
    def die(self, hold: Hold) -> None:
        self.alive.pop(id(hold), None)

    @rule(partition=st.integers(0, 1))
    def lose(self, partition: int) -> None:
        """The partition goes to another member; it comes back from what is committed."""
        if partition not in self.offsets.mine:
            return
        self.offsets.mine.discard(partition)
        self.shelf.drop({partition})
        self.ledger.drop({partition})

    @rule(partition=st.integers(0, 1), count=st.integers(0, 5))
    def win(self, partition: int, count: int) -> None:
        """It comes back; another member did some more of it."""
        if partition in self.offsets.mine:
            return
        self.offsets.mine.add(partition)
        begin = self.offsets.stored.get(partition, 0) + count
        self.offsets.stored[partition] = self.offsets.floor[partition] = begin
        self.done = {place for place in self.done if place[0] != partition}
        self.done |= {(partition, offset) for offset in range(begin)}
        self.arrived[partition] = begin

    @rule()
    def fetch(self) -> None:
        if not self.shelf:
            self.ledger.relax()

    def take(self, hold: Hold) -> None:
        self.shelf.prepare()
        if self.shelf.ready:
            taken, _ = self.shelf.ready[0]
            partition, offset = taken.partition(), taken.offset()
            in_hands = {
                place for one in self.ledger._holds.values() for place in places(one.messages)
            }
            for before in range(offset):
                place = (partition, before)
                assert place in self.done or place in in_hands
            hold.messages.append(taken)
            self.shelf.ready.popleft()

    def finish(self, hold: Hold) -> None:
        if not hold.is_doubtful:
            self.done |= set(places(hold.messages))

    def note_the_dead(self, mine: Hold) -> None:
        """A thread that ended is done with what it took; an iterator that was dropped is not."""
        for hold in self.ledger._holds.values():
            is_thread = isinstance(hold.owner, threading.Thread)
            if hold is not mine and is_thread and id(hold) not in self.alive:
                self.finish(hold)

    @invariant()
    def nothing_that_is_not_done_lies_below_what_is_stored(self) -> None:
        for partition, stored in self.offsets.stored.items():
            for offset in range(stored):
                assert (partition, offset) in self.done

    @invariant()
    def nothing_is_lost(self) -> None:
        """What arrived of our partitions is done, in hands, or here."""
        self.shelf.prepare()
        here = set(places(one for one, _ in self.shelf.ready))
        for hold in self.ledger._holds.values():
            here |= set(places(hold.messages))
        for partition in self.offsets.mine:
            for offset in range(self.arrived[partition]):
                assert (partition, offset) in self.done | here


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@pytest.fixture
def offsets() -> Offsets:
    return Offsets(2)


@pytest.fixture
def shelf() -> Shelf[Any]:
    return Shelf(lambda message: message.offset())


@pytest.fixture
def ledger(shelf: Shelf[Any], offsets: Offsets) -> Ledger:
    made = Ledger("t", shelf)
    made.use(offsets)  # type: ignore[arg-type]
    return made


def take(ledger: Ledger, shelf: Shelf[Any], hold: Hold, count: int = 1) -> list[tuple[int, int]]:
    ledger.settle(hold)
    shelf.prepare()
    for _ in range(count):
        hold.messages.append(shelf.ready.popleft()[0])
    return places(hold.messages)


def test_what_several_hold_is_stored_as_far_as_all_are_done(
    ledger: Ledger, shelf: Shelf[Any], offsets: Offsets
) -> None:
    shelf.add(message(0, offset) for offset in range(10))
    one, two = (ledger.hold_of(threading.Thread()) for _ in range(2))
    one.owner.is_alive = two.owner.is_alive = lambda: True  # type: ignore[union-attr,method-assign]
    assert take(ledger, shelf, one) == [(0, 0)]
    assert take(ledger, shelf, two, 3) == [(0, 1), (0, 2), (0, 3)]
    assert take(ledger, shelf, two) == [(0, 4)]
    assert offsets.stored == {0: 0}
    ledger.settle(one)
    assert offsets.stored == {0: 4}
    ledger.settle(two)
    assert offsets.stored == {0: 5}


def test_what_was_put_back_is_not_passed_by_what_another_has_done(
    ledger: Ledger, shelf: Shelf[Any], offsets: Offsets
) -> None:
    shelf.add(message(0, offset) for offset in range(10))
    one, two = (ledger.hold_of(threading.Thread()) for _ in range(2))
    one.owner.is_alive = two.owner.is_alive = lambda: True  # type: ignore[union-attr,method-assign]
    take(ledger, shelf, one)
    take(ledger, shelf, two)
    ledger.put_back(one)
    assert take(ledger, shelf, two) == [(0, 0)]
    assert offsets.stored == {0: 0}
    assert take(ledger, shelf, two) == [(0, 2)]
    assert offsets.stored == {0: 2}


def test_a_partition_that_comes_back_begins_anew(
    ledger: Ledger, shelf: Shelf[Any], offsets: Offsets
) -> None:
    shelf.add(message(0, offset) for offset in range(10))
    one, two = (ledger.hold_of(threading.Thread()) for _ in range(2))
    one.owner.is_alive = two.owner.is_alive = lambda: True  # type: ignore[union-attr,method-assign]
    take(ledger, shelf, one)
    take(ledger, shelf, two, 5)
    take(ledger, shelf, two)
    shelf.drop({0})
    ledger.drop({0})
    assert (one.messages, two.messages) == ([], [])
    shelf.add(message(0, offset) for offset in range(2, 4))
    take(ledger, shelf, one)
    take(ledger, shelf, two)
    ledger.settle(two)
    assert offsets.stored == {0: 2}
    ledger.settle(one)
    assert offsets.stored == {0: 4}


def test_order_begins_anew_when_nobody_holds_anything(ledger: Ledger, shelf: Shelf[Any]) -> None:
    shelf.add(message(0, offset) for offset in range(3))
    one, two = (ledger.hold_of(threading.Thread()) for _ in range(2))
    one.owner.is_alive = two.owner.is_alive = lambda: True  # type: ignore[union-attr,method-assign]
    take(ledger, shelf, one)
    take(ledger, shelf, two)
    assert ledger.is_shared
    ledger.relax()
    assert ledger.is_shared
    ledger.settle(one)
    ledger.settle(two)
    ledger.relax()
    assert not ledger.is_shared
    take(ledger, shelf, two)
    assert ledger.plain is two


def test_an_acknowledgement_of_a_partition_that_is_gone_says_nothing(
    ledger: Ledger, shelf: Shelf[Any], offsets: Offsets
) -> None:
    shelf.add([message(0, 0), message(1, 0), message(0, 1)])
    hold = ledger.hold_of(threading.current_thread())
    take(ledger, shelf, hold, 3)
    offsets.mine = {1}  # gone, and nobody has told us yet
    ledger.settle(hold)
    assert offsets.stored == {1: 1}


def test_another_failure_to_store_is_raised(ledger: Ledger, shelf: Shelf[Any]) -> None:
    class Broken(Offsets):
        def store_offsets(self, *_: Any, **__: Any) -> None:
            raise KafkaException(KafkaError(KafkaError._FATAL))

    ledger.use(Broken(1))  # type: ignore[arg-type]
    shelf.add([message(0, 0)])
    hold = ledger.hold_of(threading.current_thread())
    take(ledger, shelf, hold)
    with pytest.raises(KafkaException):
        ledger.settle(hold)


def test_what_a_task_took_is_done_when_it_has_ended_and_not_when_it_was_cancelled(
    ledger: Ledger, shelf: Shelf[Any], offsets: Offsets
) -> None:
    shelf.add(message(0, offset) for offset in range(4))

    async def scenario() -> None:
        async def work(*, forever: bool) -> None:
            task = asyncio.current_task()
            assert task is not None
            take(ledger, shelf, ledger.hold_of(task))
            if forever:
                await asyncio.sleep(60)

        await asyncio.ensure_future(work(forever=False))
        cancelled = asyncio.ensure_future(work(forever=True))
        await asyncio.sleep(0)
        assert offsets.stored == {0: 1}
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        task = asyncio.current_task()
        assert task is not None
        assert take(ledger, shelf, ledger.hold_of(task)) == [(0, 1)]
        assert offsets.stored == {0: 1}

    asyncio.run(scenario())


async def _fail(ledger: Ledger, shelf: Shelf[Any], count: int) -> None:
    task = asyncio.current_task()
    assert task is not None
    take(ledger, shelf, ledger.hold_of(task), count)
    raise ValueError("a secret")


def test_what_a_failed_task_took_comes_again_and_one_line_says_so(
    ledger: Ledger, shelf: Shelf[Any], offsets: Offsets, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.add(message(0, offset) for offset in range(4))

    async def scenario() -> None:
        failed = asyncio.create_task(_fail(ledger, shelf, 2), name="handler")
        await asyncio.wait([failed])
        task = asyncio.current_task()
        assert task is not None
        assert take(ledger, shelf, ledger.hold_of(task)) == [(0, 0)]
        assert take(ledger, shelf, ledger.hold_of(task)) == [(0, 1)]

    asyncio.run(scenario())
    assert offsets.stored == {0: 1}
    (line,) = [record.message for record in caplog.records]
    assert line.startswith("task `handler` failed with `ValueError`, and what it had taken comes")
    assert line.endswith("again: topic `t`, partition 0, offset 0 and 1 more")


def test_what_a_thread_took_that_ended_comes_again_and_one_line_says_so(
    ledger: Ledger, shelf: Shelf[Any], offsets: Offsets, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.add(message(0, offset) for offset in range(4))

    def work() -> None:
        mine = ledger.hold_of(threading.current_thread())
        take(ledger, shelf, mine)
        take(ledger, shelf, mine)

    worker = threading.Thread(target=work, name="worker")
    worker.start()
    worker.join()
    mine = ledger.hold_of(threading.current_thread())
    assert take(ledger, shelf, mine) == [(0, 1)]
    assert offsets.stored == {0: 1}
    assert [record.message for record in caplog.records] == [
        "thread `worker` ended, and what it had taken comes again: topic `t`, partition 0, offset 1"
    ]


def test_what_the_maker_of_an_iterator_took_comes_again_when_it_failed(
    ledger: Ledger, shelf: Shelf[Any], offsets: Offsets
) -> None:
    shelf.add(message(0, offset) for offset in range(4))
    held: list[Hold] = []

    async def make() -> None:
        task = asyncio.current_task()
        assert task is not None
        held.append(ledger.hold_of(task))
        take(ledger, shelf, held[0])
        raise ValueError

    async def scenario() -> None:
        await asyncio.wait([asyncio.create_task(make())])

    asyncio.run(scenario())
    reader = Iterator()
    assert take(ledger, shelf, Hold(weakref.ref(reader), before=held[0])) == [(0, 0)]
    assert offsets.stored == {}


def test_a_registry_outage_keeps_the_record_and_what_was_decoded_before_it() -> None:
    is_out = True

    def decode(message: Message) -> int:
        if is_out and message.offset() == 2:
            raise RegistryUnreachable("out")
        return int(message.offset() or 0)

    shelf: Shelf[int] = Shelf(decode)
    shelf.add(message(0, offset) for offset in range(4))
    shelf.prepare()
    assert [value for _, value in shelf.ready] == [0, 1]
    shelf.ready.clear()
    shelf.prepare()
    assert not shelf.ready
    assert len(shelf) == 2
    with pytest.raises(RegistryUnreachable):
        shelf.decode(shelf.raw[0])
    is_out = False
    shelf.prepare()
    assert [value for _, value in shelf.ready] == [2, 3]


def test_what_can_be_decoded_at_once_is_not_decoded_ahead() -> None:
    def at_once(message: Message) -> int | None:
        return None if message.offset() == 1 else 7

    shelf: Shelf[int] = Shelf(lambda message: 9, at_once)
    shelf.add(message(0, offset) for offset in range(2))
    shelf.prepare()
    assert not shelf.ready
    assert [shelf.decode(one) for one in shelf.raw] == [7, 9]


def test_a_failure_of_the_callers_own_code_loses_no_record() -> None:
    def decode(message: Message) -> int:
        if failures:
            raise failures.pop()
        return int(message.offset() or 0)

    failures: list[Exception] = []
    shelf: Shelf[int] = Shelf(decode)
    shelf.add(message(0, offset) for offset in range(3))
    failures.append(ValueError("a validator with a mistake"))
    with pytest.raises(ValueError, match="mistake"):
        shelf.prepare()
    shelf.prepare()
    assert [value for _, value in shelf.ready] == [0, 1, 2]


def test_what_is_put_back_goes_before_what_follows_it_in_its_partition(shelf: Shelf[Any]) -> None:
    shelf.add(message(0, offset) for offset in range(2, 4))
    shelf.add(message(1, offset) for offset in range(5, 7))
    shelf.prepare()
    shelf.put_back([message(1, 4), message(0, 1), message(0, 0)])
    shelf.prepare()
    order = places(one for one, _ in shelf.ready)
    assert [offset for partition, offset in order if partition == 0] == [0, 1, 2, 3]
    assert [offset for partition, offset in order if partition == 1] == [4, 5, 6]
    shelf.drop({0})
    assert places(one for one, _ in shelf.ready) == [(1, 4), (1, 5), (1, 6)]
    assert shelf.first_offset(1) == 4
    assert shelf.first_offset(0) is None
