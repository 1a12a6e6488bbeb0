"""`Job`: one record on its way through a loop."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

from flowodm.consumer.dead_letter import Stage

if TYPE_CHECKING:
    from confluent_kafka import Message

    from flowodm.consumer.scheduler import Lane
    from flowodm.producer import Outgoing

__all__ = ["Job"]


class Job:
    """One record, from when it is received until it is done.

    A plain class with slots, mutable: one is made per record, and it changes hands.
    """

    __slots__ = (
        "arrival",
        "attempt",
        "begun",
        "epoch",
        "failed_at",
        "is_alone",
        "is_done",
        "key",
        "lane",
        "letter",
        "message",
        "offset",
        "partition",
        "stage",
    )

    def __init__(
        self, message: "Message", partition: int, offset: int, epoch: int, key: Hashable = None
    ) -> None:
        self.message = message
        self.partition = partition
        self.offset = offset
        self.epoch = epoch
        """Of the assignment that it came with (S3)."""
        self.key = key
        """Whose order counts: records of one key are worked on one after the other."""
        self.arrival = 0
        """Its place among all records of the loop, in the order they came."""
        self.lane: Lane | None = None
        self.is_done = False
        """Whether nothing is left to do for it; the owner alone says so."""
        self.begun = 0.0
        """When its handler began, on the monotonic clock; 0: none is at work on it."""
        self.attempt = 0
        """How often its stage was tried."""
        self.stage: Stage = "handler"
        self.failed_at: float | None = None
        """When it first failed, on the monotonic clock."""
        self.letter: Outgoing | None = None
        """The dead letter that it has become, while that is not delivered."""
        self.is_alone = False
        """Whether it is handed out by itself, since a batch with it has failed."""

    def __repr__(self) -> str:
        return f"<Job {self.partition}@{self.offset}>"
