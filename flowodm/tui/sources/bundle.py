"""Everything the screens ask, of one context."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowodm.tui.sources.cluster import ClusterSource, KafkaCluster
from flowodm.tui.sources.groups import GroupsSource, KafkaGroups
from flowodm.tui.sources.records import KafkaRecords, RecordsSource
from flowodm.tui.sources.schemas import KafkaSchemas, SchemasSource
from flowodm.tui.sources.topics import KafkaTopics, TopicsSource

if TYPE_CHECKING:
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


def sources_of(connection: "KafkaConnection") -> Sources:
    """Make the sources of a real cluster; nothing is asked yet."""
    return Sources(
        KafkaCluster(connection),
        KafkaTopics(connection),
        KafkaRecords(connection),
        KafkaGroups(connection),
        KafkaSchemas(connection),
    )
