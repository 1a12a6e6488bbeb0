"""`Pauses`: which partitions may not send more for now (S6, S12).

Pausing throws away what librdkafka has fetched ahead, so it is not done lightly: not for a moment
without room, and not undone before half of what is here is done.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from flowodm.consumer.board import Board
from flowodm.consumer.tracker import Tracker

if TYPE_CHECKING:
    from confluent_kafka import Consumer, TopicPartition

__all__ = ["Pauses"]

_FULL: Final = 1.0
"""Seconds without room after which everything is paused."""
_MOST_SPAN: Final = 10_000
"""Records of one partition that may wait for the first of them to be done (S4)."""


class Pauses:
    """Pauses and resumes the partitions of one consumer; called by its owner alone.

    Args:
        consumer: Whose.
        topic: The topic.
        board: What is here and not done.
        most: How much that may be.
    """

    def __init__(self, consumer: "Consumer", topic: str, board: Board, most: int) -> None:
        self.paused: frozenset[int] = frozenset()
        self.was_assigned = False
        """Whether partitions came since: nothing is known of what they were before."""
        self._consumer = consumer
        self._topic = topic
        self._board = board
        self._most = most
        self._full_since: float | None = None

    def balance(self, now: float, trackers: Mapping[int, Tracker], *, is_full: bool) -> None:
        """Pause what may not come now, and resume what may.

        Args:
            now: Monotonic seconds.
            trackers: The partitions that are ours.
            is_full: Whether there is no room.
        """
        wanted = self._wanted(now, trackers, is_full=is_full)
        if self.was_assigned:  # after every assignment it is said again
            self.pause(wanted)
            self._resume(trackers.keys() - wanted)
        elif wanted != self.paused:
            self.pause(wanted - self.paused)
            self._resume((self.paused - wanted) & trackers.keys())
        self.paused, self.was_assigned = wanted, False

    def pause(self, partitions: Iterable[int]) -> None:
        """Have no more sent of some partitions."""
        if places := self._places(partitions):
            self._consumer.pause(places)

    def forget(self, partitions: Iterable[int]) -> None:
        """Forget partitions that are gone."""
        self.paused = self.paused.difference(partitions)

    def _wanted(
        self, now: float, trackers: Mapping[int, Tracker], *, is_full: bool
    ) -> frozenset[int]:
        if not is_full:
            self._full_since = None
        elif self._full_since is None:
            self._full_since = now
        everything = frozenset(trackers)
        if self._full_since is not None and now - self._full_since >= _FULL:
            return everything
        if self.paused and self.paused >= everything and len(self._board) > self._most / 2:
            return everything
        return (self._board.held() & everything) | {
            partition
            for partition, tracker in trackers.items()
            if len(tracker) > (_MOST_SPAN / 2 if partition in self.paused else _MOST_SPAN)
        }

    def _resume(self, partitions: Iterable[int]) -> None:
        if places := self._places(partitions):
            self._consumer.resume(places)

    def _places(self, partitions: Iterable[int]) -> "list[TopicPartition]":
        from confluent_kafka import TopicPartition

        return [TopicPartition(self._topic, number) for number in sorted(partitions)]
