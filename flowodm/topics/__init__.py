"""Topics: looked at (`listing.py`, `reading.py`, which create none), and changed (`changes.py`)."""

from flowodm.topics.changes import (
    TopicSpec,
    apply_alteration,
    apply_purge,
    create_topic,
    delete_topic,
)
from flowodm.topics.listing import list_topics, read_topics
from flowodm.topics.planning import (
    Alteration,
    ConfigChange,
    Purge,
    PurgeStep,
    plan_alteration,
    plan_purge,
)
from flowodm.topics.reading import describe_topic, topic_not_found
from flowodm.topics.topic import (
    ConfigEntry,
    PartitionDetail,
    Topic,
    TopicDetail,
    TopicReading,
    TopicSubject,
)

__all__ = [
    "Alteration",
    "ConfigChange",
    "ConfigEntry",
    "PartitionDetail",
    "Purge",
    "PurgeStep",
    "Topic",
    "TopicDetail",
    "TopicReading",
    "TopicSpec",
    "TopicSubject",
    "apply_alteration",
    "apply_purge",
    "create_topic",
    "delete_topic",
    "describe_topic",
    "list_topics",
    "plan_alteration",
    "plan_purge",
    "read_topics",
    "topic_not_found",
]
