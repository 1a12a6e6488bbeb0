"""Everything the screens ask, of one context."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowodm.tui.sources.brokers import BrokersSource, KafkaBrokers
from flowodm.tui.sources.cluster import ClusterSource, KafkaCluster
from flowodm.tui.sources.groups import GroupsSource, KafkaGroups
from flowodm.tui.sources.patience import Patience
from flowodm.tui.sources.plan import KafkaPlan, PlanSource
from flowodm.tui.sources.produce import KafkaProduce, ProduceSource
from flowodm.tui.sources.records import KafkaRecords, RecordsSource
from flowodm.tui.sources.schemas import KafkaSchemas, SchemasSource
from flowodm.tui.sources.topics import KafkaTopics, TopicsSource

if TYPE_CHECKING:
    from pathlib import Path

    from flowodm.connection import KafkaConnection

__all__ = ["Sources", "sources_of"]


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of the screens; a test gives fakes."""

    cluster: ClusterSource
    topics: TopicsSource
    records: RecordsSource
    groups: GroupsSource
    schemas: SchemasSource
    brokers: BrokersSource
    plan: PlanSource
    produce: ProduceSource


def sources_of(connection: "KafkaConnection", config_file: "Path | None" = None) -> Sources:
    """Make the sources of a real cluster; nothing is asked yet.

    Args:
        connection: Its clients.
        config_file: Where contexts and declarations are looked for; None: in the usual places.
    """
    patience = Patience()
    return Sources(
        KafkaCluster(connection, patience),
        KafkaTopics(connection, patience),
        KafkaRecords(connection, patience),
        KafkaGroups(connection, patience),
        KafkaSchemas(connection, patience),
        KafkaBrokers(connection, patience, config_file),
        KafkaPlan(connection, patience, config_file),
        KafkaProduce(connection, patience),
    )
