"""The brokers of a cluster as the screens list them, and the contexts one may go to."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from flowodm.errors import BrokerError
from flowodm.tui.sources.patience import Patience

if TYPE_CHECKING:
    from confluent_kafka.admin import ClusterMetadata  # type: ignore[attr-defined]  # public

    from flowodm.connection import KafkaConnection
    from flowodm.contexts.listing import ContextEntry

__all__ = ["Broker", "Brokers", "BrokersSource", "KafkaBrokers", "brokers_of"]


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker."""

    id: int
    address: str | None
    """None: partitions have copies on it, and it is not there."""
    rack: str | None
    is_controller: bool
    leads: int
    """Partitions whose records it takes and gives."""
    copies: int
    """Partitions that it holds, those it leads too."""
    behind: int
    """Of these, the copies that are not in sync."""


@dataclass(frozen=True, slots=True)
class Brokers:
    """All of them."""

    cluster_id: str | None
    brokers: tuple[Broker, ...]
    partitions: int
    leaderless: int
    """Partitions that no broker leads."""


class BrokersSource(Protocol):
    """Answers for the brokers' and contexts' screens; each may block, and raises `FlowODMError`."""

    def brokers(self) -> Brokers:
        """Describe the brokers."""

    def contexts(self) -> "tuple[ContextEntry, ...]":
        """List the contexts there are; asks no cluster."""


class KafkaBrokers:
    """The brokers of a real cluster.

    Args:
        connection: Its clients.
        patience: How long they are waited for.
        config_file: Where contexts are looked for; None: in the usual places.
    """

    def __init__(
        self, connection: "KafkaConnection", patience: Patience, config_file: Path | None = None
    ) -> None:
        self._connection = connection
        self._patience = patience
        self._config_file = config_file

    def brokers(self) -> Brokers:
        """Describe the brokers, by the metadata of the cluster."""
        with self._patience.seconds("brokers") as seconds:
            metadata = self._connection.metadata(seconds)
            return brokers_of(metadata, self._racks(seconds))

    def contexts(self) -> "tuple[ContextEntry, ...]":
        """List the contexts there are."""
        from flowodm.contexts.listing import list_contexts

        return list_contexts(config_file=self._config_file)

    def _racks(self, seconds: float) -> dict[int, str]:
        with suppress(BrokerError):  # a comfort; brokers are shown without it
            asked = self._connection.admin().describe_cluster(request_timeout=seconds)
            found = self._connection.wait(asked, timeout=seconds)
            return {node.id: node.rack for node in found.nodes or () if node.rack}
        return {}


def brokers_of(metadata: "ClusterMetadata", racks: dict[int, str]) -> Brokers:
    """Add up what each broker has."""
    leads: Counter[int] = Counter()
    copies: Counter[int] = Counter()
    behind: Counter[int] = Counter()
    count = leaderless = 0
    for topic in metadata.topics.values():
        for partition in topic.partitions.values():
            count += 1
            leaderless += partition.leader < 0
            leads[partition.leader] += 1
            copies.update(partition.replicas)
            behind.update(set(partition.replicas).difference(partition.isrs))
    found = tuple(
        Broker(
            number,
            _address(metadata, number),
            racks.get(number),
            number == metadata.controller_id,
            leads[number],
            copies[number],
            behind[number],
        )
        for number in sorted({*metadata.brokers, *copies})
    )
    return Brokers(metadata.cluster_id, found, count, leaderless)


def _address(metadata: "ClusterMetadata", number: int) -> str | None:
    broker = metadata.brokers.get(number)
    return None if broker is None else f"{broker.host}:{broker.port}"
