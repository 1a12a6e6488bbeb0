"""The keys that a producer gets: the caller's, the context's, a profile's, ours."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from flowodm.config import Context

__all__ = ["settled", "yielding"]

_DEFAULTS: Final[Mapping[str, Any]] = {
    "allow.auto.create.topics": False,
    "topic.metadata.propagation.max.ms": 2_000,
    "enable.idempotence": True,
    "message.max.bytes": 100 * 1024 * 1024,
}
"""Ours where nobody says otherwise. What is too large is for the topic to say, not for a client.
A topic that was deleted is waited for about twice as long as it may take to appear."""

_INSTEAD_OF_IDEMPOTENCE: Final = frozenset(
    {
        "enable.idempotence",
        "acks",
        "request.required.acks",
        "retries",
        "message.send.max.retries",
        "max.in.flight",
        "max.in.flight.requests.per.connection",
        "enable.gapless.guarantee",
        "queuing.strategy",
    }
)
"""Keys of librdkafka with which a context says for itself what a delivery is worth."""

_SAME: Final[Mapping[str, str]] = {
    "request.required.acks": "acks",
    "message.send.max.retries": "retries",
    "max.in.flight.requests.per.connection": "max.in.flight",
    "queue.buffering.max.ms": "linger.ms",
    "compression.codec": "compression.type",
    "message.timeout.ms": "delivery.timeout.ms",
}
"""Two names of one key, of which librdkafka would take whichever comes last."""


def settled(context: "Context", config: Mapping[str, Any]) -> dict[str, Any]:
    """Add our defaults, where neither the context nor the caller says otherwise."""
    said = context.client_config("producer").keys() | config.keys()
    chosen = {key: value for key, value in _DEFAULTS.items() if key not in said}
    if said & _INSTEAD_OF_IDEMPOTENCE:
        chosen.pop("enable.idempotence", None)
    return {**chosen, **config}


def yielding(context: "Context", defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of the defaults what the context leaves open.

    A context that says what a delivery is worth (`acks`, `enable.idempotence`, …) takes from the
    defaults what would contradict it.
    """
    said = {_SAME.get(key, key) for key in context.client_config("producer")}
    if said & _INSTEAD_OF_IDEMPOTENCE:
        said |= {"enable.idempotence", "acks"}
    return {key: value for key, value in defaults.items() if _SAME.get(key, key) not in said}
