"""`Ledger`: who holds which messages, and how far each partition is done.

A message is held from when it is handed out until it is done or put back. What is stored of a
partition never passes a message that somebody holds, however many hold some.
"""

import logging
import threading
import weakref
from asyncio import Task
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeAlias

from flowodm.subscription.shelf import Shelf

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaException, Message

__all__ = ["Hold", "Ledger", "Owner", "storing"]

_LOG = logging.getLogger("flowodm.subscription")

Owner: TypeAlias = "threading.Thread | Task[Any] | weakref.ref[Any]"
"""Whose next call says that a message is done: a thread, a task, or one iterator."""


class Hold:
    """What one owner holds."""

    __slots__ = ("before", "is_doubtful", "messages", "owner")

    def __init__(self, owner: Owner, *, before: "Hold | None" = None) -> None:
        self.owner = owner
        self.before = before
        """What an iterator's maker took before: it is done when the iterator begins."""
        self.messages: list[Message] = []
        self.is_doubtful = False
        """Whether the owner may never have got the messages: its call was cut short."""

    @property
    def is_iterator(self) -> bool:
        """Whether an iterator holds it."""
        return isinstance(self.owner, weakref.ref)

    @property
    def is_over(self) -> bool:
        """Whether nobody is left to say that the messages are done."""
        owner = self.owner
        if isinstance(owner, weakref.ref):
            return owner() is None
        return owner.done() if isinstance(owner, Task) else not owner.is_alive()

    @property
    def comes_again(self) -> bool:
        """Whether what it left counts as not done: unless it was a task that returned."""
        owner = self.owner
        if not isinstance(owner, Task):
            return True  # nothing tells how a thread ended, nor why an iterator was dropped
        return owner.cancelled() or owner.exception() is not None

    @property
    def failure(self) -> str | None:
        """How a thread ended, or a task failed, in words; None where that says nothing new."""
        owner = self.owner
        if isinstance(owner, Task):
            if owner.cancelled() or (error := owner.exception()) is None:
                return None
            return f"task `{owner.get_name()}` failed with `{type(error).__name__}`"
        return None if isinstance(owner, weakref.ref) else f"thread `{owner.name}` ended"


class Ledger:
    """The holds of one subscription.

    Args:
        topic: The topic.
        shelf: Where messages go back to.
    """

    def __init__(self, topic: str, shelf: Shelf[Any]) -> None:
        self._topic = topic
        self._shelf = shelf
        self.store: Callable[[Message], None] = _nowhere
        """Stores that a message is done, and all before it; of a partition that is gone, nothing.
        """
        self._store_offset: Callable[[int, int], None] = _nowhere
        self._holds: dict[Owner, Hold] = {}
        self._done: dict[int, int] = {}
        """The offset after the highest that is done, by partition, while it is shared."""
        self.is_shared = False
        """Whether several hold messages, so that they may be done out of order."""
        self.plain: Hold | None = None
        """The hold, where there is only one, of one message: the way of nearly all records."""

    def use(self, consumer: "Consumer | None") -> None:
        """Store offsets with this consumer from now on; None: not at all."""
        if consumer is None:
            self.store = self._store_offset = _nowhere
        else:
            self.store, self._store_offset = storing(consumer, self._topic)

    def hold_of(self, owner: Owner) -> Hold:
        """Return what an owner holds; a new hold where it is new."""
        return self._holds.get(owner) or Hold(owner)

    def settle(self, mine: Hold) -> None:
        """Before `mine` takes more: what it holds is done, and so is what nobody holds on to."""
        self.finish(mine)
        if mine.before is not None:
            self._close(mine.before)
            mine.before = None
        self.enter(mine)

    def enter(self, mine: Hold) -> None:
        """Count `mine` among those that hold something, right before it takes more."""
        self._holds[mine.owner] = mine
        for hold in [one for one in self._holds.values() if one is not mine]:
            if hold.is_doubtful:
                self.put_back(hold)
            elif hold.is_over:
                self._close(hold)
            if not hold.messages and (hold.is_over or not hold.is_iterator):
                del self._holds[hold.owner]
        self.is_shared |= any(hold.messages for hold in self._holds.values())
        self.plain = None if self.is_shared or len(self._holds) > 1 else mine

    def finish(self, hold: Hold) -> None:
        """Store that what is held is done; unless its owner may never have got it."""
        if hold.is_doubtful:
            self.put_back(hold)
        if not hold.messages:
            return
        messages = hold.messages[:]
        hold.messages.clear()
        last = {message.partition(): message for message in messages}
        if not self.is_shared:
            for message in last.values():
                self.store(message)
            return
        for partition, message in last.items():
            offset = message.offset()
            assert partition is not None
            assert offset is not None
            self._done[partition] = max(self._done.get(partition, 0), offset + 1)
            self._store_offset(partition, self._watermark(partition))

    def _close(self, hold: Hold) -> None:
        """Settle what is held by one who asks no more; of one who ended badly, it comes again."""
        if not (hold.is_over and hold.comes_again):
            self.finish(hold)
            return
        if hold.messages and not hold.is_doubtful and (failure := hold.failure) is not None:
            first = hold.messages[0]
            _LOG.warning(
                "%s, and what it had taken comes again: topic `%s`, partition %s, offset %s%s",
                failure,
                self._topic,
                first.partition(),
                first.offset(),
                f" and {len(hold.messages) - 1} more" if len(hold.messages) > 1 else "",
            )
        self.put_back(hold)

    def put_back(self, hold: Hold) -> None:
        """Give up what is held: it comes again."""
        hold.is_doubtful = False
        if hold.messages:
            self._shelf.put_back(hold.messages)
            hold.messages.clear()

    def remove(self, hold: Hold) -> None:
        """Forget a hold that is empty for good."""
        self._holds.pop(hold.owner, None)

    def drop(self, partitions: Collection[int]) -> None:
        """Forget the messages of partitions that are gone: nothing of them is stored any more."""
        for hold in self._holds.values():
            hold.messages[:] = [
                message for message in hold.messages if message.partition() not in partitions
            ]
        for partition in partitions:
            self._done.pop(partition, None)

    def relax(self) -> None:
        """Note that the shelf is empty: where nobody holds anything, order begins anew."""
        if self.is_shared and not any(hold.messages for hold in self._holds.values()):
            self.is_shared = False
            self._done.clear()

    def _watermark(self, partition: int) -> int:
        """The first offset that is not done."""
        waiting = [
            message.offset() or 0
            for hold in self._holds.values()
            for message in hold.messages
            if message.partition() == partition
        ]
        if (first := self._shelf.first_offset(partition)) is not None:
            waiting.append(first)
        return min([self._done[partition], *waiting])


def storing(
    consumer: "Consumer", topic: str
) -> "tuple[Callable[[Message], None], Callable[[int, int], None]]":
    """Store with a consumer; closures, since one runs for every record."""
    from confluent_kafka import KafkaException, TopicPartition

    store_offsets = consumer.store_offsets

    def store(message: "Message") -> None:
        try:
            store_offsets(message=message)
        except KafkaException as error:
            _pass_over(error)

    def store_offset(partition: int, offset: int) -> None:
        try:
            store_offsets(offsets=[TopicPartition(topic, partition, offset)])
        except KafkaException as error:
            _pass_over(error)

    return store, store_offset


def _nowhere(*_: object) -> None:
    """Store nothing: no consumer is left to commit it."""


def _pass_over(error: "KafkaException") -> None:
    """Raise what is not the news that a partition is no longer ours."""
    if error.args[0].name() not in ("_STATE", "_UNKNOWN_PARTITION", "_UNKNOWN_TOPIC"):
        raise error
