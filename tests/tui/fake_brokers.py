"""Brokers and contexts of words."""

from dataclasses import dataclass, field

from flowodm.contexts.listing import ContextEntry
from flowodm.errors import FlowODMError
from flowodm.tui.sources.brokers import Broker, Brokers


@dataclass
class FakeBrokers:
    """Three brokers, one of which is gone; two contexts."""

    found: Brokers = field(
        default_factory=lambda: Brokers(
            "abc-123",
            (
                Broker(1, "k1:9092", "a", True, 4, 6, 0),
                Broker(2, "k2:9092", None, False, 1, 6, 2),
                Broker(3, None, None, False, 0, 3, 3),
            ),
            6,
            1,
        )
    )
    listed: tuple[ContextEntry, ...] = (
        ContextEntry("local", "flowodm.yaml:3", True, "localhost:9092"),
        ContextEntry("prod", "flowodm.yaml:9", False, "k1:9093", read_only=True),
    )
    error: FlowODMError | None = None
    contexts_error: FlowODMError | None = None

    def brokers(self) -> Brokers:
        if self.error is not None:
            raise self.error
        return self.found

    def contexts(self) -> tuple[ContextEntry, ...]:
        if self.contexts_error is not None:
            raise self.contexts_error
        return self.listed
