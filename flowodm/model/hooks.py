"""What a class's own `get_producer` and its siblings may give."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Literal

from flowodm.errors import UsageError

if TYPE_CHECKING:
    from confluent_kafka import Consumer

__all__ = ["AsyncConsumerHook", "check_client", "consumer_hook"]


def check_client(client: object, kind: Literal["Producer", "Consumer"], cls: type) -> None:
    """Refuse what is no blocking client: the calls of another would be lost in silence.

    Raises:
        UsageError: It is not.
    """
    import confluent_kafka

    if not isinstance(client, getattr(confluent_kafka, kind)):
        raise UsageError(
            f"a hook of `{cls.__name__}` gave a `{type(client).__name__}`",
            hint=f"give a `confluent_kafka.{kind}`: the async verbs wait for it in a thread",
        )


def consumer_hook(
    cls: type, make: "Callable[[], Consumer]"
) -> "Callable[[Mapping[str, Any]], Consumer]":
    """Have a class's own `get_consumer` called when a consumer is needed.

    Args:
        cls: The class.
        make: The hook, with its arguments.
    """

    def hook(_config: Mapping[str, Any]) -> "Consumer":  # configuring it is the hook's business
        consumer = make()
        check_client(consumer, "Consumer", cls)
        return consumer

    return hook


class AsyncConsumerHook:
    """Runs a class's own `get_async_consumer` in the loop of the last call.

    Args:
        cls: The class.
    """

    loop: asyncio.AbstractEventLoop
    make: "Callable[[], Coroutine[Any, Any, Consumer]]"

    def __init__(self, cls: type) -> None:
        self._cls = cls

    def __call__(self, _config: Mapping[str, Any]) -> "Consumer":
        """Get the consumer; in the thread that reads, which waits for the loop."""
        consumer = asyncio.run_coroutine_threadsafe(self.make(), self.loop).result()
        check_client(consumer, "Consumer", self._cls)
        return consumer
