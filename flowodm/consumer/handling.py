"""What threads and tasks have in common: decoding a record, and judging what a handler gave."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from flowodm.consumer.board import Board
from flowodm.consumer.job import Job
from flowodm.consumer.judge import Judge
from flowodm.consumer.options import LoopOptions, name_of
from flowodm.consumer.policy import Misuse
from flowodm.record import Undecodable
from flowodm.subscription.shelf import decoded

if TYPE_CHECKING:
    from confluent_kafka import Message

    from flowodm.model.reading import Reading
    from flowodm.producer import Producer

__all__ = ["LETTER_TIMEOUT", "Handling", "awaited", "not_awaitable"]

LETTER_TIMEOUT: Final = 30.0
"""Seconds for one attempt to deliver a dead letter."""


class Handling:
    """What the workers of one run share.

    Args:
        options: The loop's.
        reading: How messages become instances.
        board: Where records come from, and go back to.
        judge: Says what a failure means.
        letters: Delivers dead letters.
    """

    def __init__(
        self,
        options: LoopOptions,
        reading: "Reading[Any]",
        board: Board,
        judge: Judge,
        letters: "Callable[[], Producer]",
    ) -> None:
        self.options = options
        self.handler = options.handler
        self.board = board
        self.judge = judge
        self.letters = letters
        self.decode_at_once = reading.decode_at_once
        self._decode = reading.decode

    def decode(self, message: "Message") -> Any:
        """Decode a message, however long that takes (S1: never on the owner).

        Each attempt decodes anew, so that what a handler does to an instance is not seen again.

        Raises:
            RegistryError: Its schema cannot be had.
        """
        value = decoded(message, self._decode, self.decode_at_once)
        if self.board.registry_outage is not None:
            self.board.registry_outage = None
        return value

    def read(self, job: Job) -> Any:
        """Decode a record.

        Raises:
            DeserializationError: It cannot be decoded.
            RegistryError: Its schema cannot be had.
        """
        value = self.decode(job.message)
        if type(value) is Undecodable:
            raise self.judge.unreadable(job, value)
        return value


def awaited(result: object, handler: Any) -> Misuse:
    """Make the error for a handler that gave a coroutine to a loop that awaits none."""
    if inspect.iscoroutine(result):
        result.close()
    return Misuse(
        f"handler `{name_of(handler)}` returned a `{type(result).__name__}`, which nothing awaits",
        hint="use `AsyncConsumerLoop`, or a handler that does its work before it returns",
    )


def not_awaitable(result: object, handler: Any) -> Misuse:
    """Make the error for a handler that gave nothing to await."""
    return Misuse(
        f"handler `{name_of(handler)}` returned a `{type(result).__name__}`, and this loop awaits"
        " what it returns",
        hint="make it `async def`, or use `ConsumerLoop`",
    )
