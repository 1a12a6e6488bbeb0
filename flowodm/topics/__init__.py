"""Topics: looked at (`reading.py`, which creates none), and changed (`changes.py`)."""

from flowodm.topics.changes import (
    TopicSpec,
    apply_alteration,
    apply_purge,
    create_topic,
    delete_topic,
)
from flowodm.topics.planning import (
    Alteration,
    ConfigChange,
    Purge,
    PurgeStep,
    plan_alteration,
    plan_purge,
)
from flowodm.topics.reading import (
    ConfigEntry,
    PartitionDetail,
    Topic,
    TopicDetail,
    describe_topic,
    list_topics,
    topic_not_found,
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
    "TopicSpec",
    "apply_alteration",
    "apply_purge",
    "create_topic",
    "delete_topic",
    "describe_topic",
    "list_topics",
    "plan_alteration",
    "plan_purge",
    "topic_not_found",
]
