"""The cluster as the header shows it: who answers, how much is written, how the registry is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from flowodm.connection.changes import is_internal
from flowodm.display.shell import quoted
from flowodm.errors import AuthorizationError
from flowodm.tui.sources.loading import load_registry
from flowodm.tui.sources.patience import Patience

if TYPE_CHECKING:
    from flowodm.config import Context
    from flowodm.connection import KafkaConnection
    from flowodm.reading.choice import Layout
    from flowodm.reading.offsets import Failures

__all__ = [
    "ClusterSource",
    "Identity",
    "KafkaCluster",
    "Pulse",
    "context_options",
    "silent_leaders",
]

_MOST_PARTITIONS: Final = 2_000
"""Of a cluster whose every end is asked for at each beat."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which cluster this is, and what may be done to it."""

    context: str
    bootstrap_servers: str
    is_read_only: bool
    has_registry: bool
    options: tuple[str, ...] = ()
    """What leads a command to it, as `--context prod`."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a cluster said of itself at one moment."""

    brokers: int
    topics: int
    partitions: int
    ends: int | None
    """The end offsets of all partitions, added up; None where there are too many to ask, or a
    leader gave no answer: without its part, the sum would fall, and rise again."""
    cluster_id: str | None = None
    """Kafka's own id of it."""


def context_options(context: "Context") -> tuple[str, ...]:
    """Return what leads a command to the cluster of a context; nothing where it has no name."""
    from flowodm.config.sources import BUILT_IN, ENVIRONMENT

    if context.source in (BUILT_IN, ENVIRONMENT):
        return ()  # whatever runs in the same shell goes there
    return (f"--context {quoted(context.name)}",)


def silent_leaders(failures: "Failures", layout: "Layout") -> "Failures":
    """Return of what gave no offsets that which should have: it has a leader, and may be seen."""
    from flowodm.reading.choice import NO_LEADER

    return {
        one: error
        for one, error in failures.items()
        if layout[one.topic][one.number] != NO_LEADER and not isinstance(error, AuthorizationError)
    }


class ClusterSource(Protocol):
    """Answers for the header; each question may block, and raises `FlowODMError`."""

    def identity(self) -> Identity:
        """Return which cluster it is; never blocks."""

    def pulse(self) -> Pulse:
        """Ask the brokers."""

    def registry_mode(self) -> str | None:
        """Ask the registry for its mode, which proves that it answers."""


class KafkaCluster:
    """A real cluster.

    Args:
        connection: Its clients.
        patience: How long they are waited for.
    """

    def __init__(self, connection: "KafkaConnection", patience: Patience) -> None:
        self._connection = connection
        self._patience = patience

    def identity(self) -> Identity:
        """Return which cluster it is."""
        context = self._connection.context
        return Identity(
            context.name,
            context.bootstrap_servers or "",
            context.read_only,
            context.schema_registry is not None,
            context_options(context),
        )

    def pulse(self) -> Pulse:
        """Ask for all metadata, and for the ends where there are not too many."""
        with self._patience.seconds("pulse") as seconds:
            return self._pulse(seconds)

    def registry_mode(self) -> str | None:
        """Ask the registry for its mode."""
        load_registry()
        return self._connection.schema_registry().mode()

    def _pulse(self, seconds: float) -> Pulse:
        from flowodm.reading.cluster import layout_of
        from flowodm.reading.offsets import read_bounds
        from flowodm.reading.spans import Partition

        metadata = self._connection.metadata(seconds)
        layout = layout_of(metadata)
        places = [
            Partition(topic, number)
            for topic, numbers in layout.items()
            if not is_internal(topic)
            for number in numbers
        ]
        ends = None
        if len(places) <= _MOST_PARTITIONS:
            bounds, failures = read_bounds(self._connection, layout, places, timeout=seconds)
            if not silent_leaders(failures, layout):
                ends = sum(bound.latest for bound in bounds.values())
        topics = sum(not is_internal(name) for name in layout)
        return Pulse(len(metadata.brokers), topics, len(places), ends, metadata.cluster_id)
