"""All that a command could change in a cluster and its registry, as one value to compare."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, OffsetSpec, ResourceType

from flowodm.registry import SchemaRegistry

__all__ = ["digest", "state_of"]

_OFFSETS = "__consumer_offsets"
"""Kafka writes to it by itself; what counts of it is in the groups' commits."""


def state_of(admin: AdminClient, registry: SchemaRegistry | None = None) -> dict[str, Any]:
    """Read topics with settings and ends, groups with members and commits, and the registry."""
    metadata = admin.list_topics(timeout=10)
    return {
        "topics": _topics(admin, list(metadata.topics)),
        "settings": _settings(admin, list(metadata.topics), list(metadata.brokers)),
        "ends": _ends(admin, metadata.topics),
        "groups": _groups(admin),
        "registry": None if registry is None else _registry(registry),
    }


def digest(state: Mapping[str, Any]) -> str:
    """Return the state's SHA-256."""
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def _topics(admin: AdminClient, names: list[str]) -> dict[str, Any]:
    if not names:
        return {}
    described = admin.describe_topics(TopicCollection(names))
    found = {name: future.result(15) for name, future in described.items()}
    return {
        name: [
            str(one.topic_id),
            [[part.id, [node.id for node in part.replicas]] for part in one.partitions],
        ]
        for name, one in found.items()
    }


def _settings(admin: AdminClient, topics: list[str], brokers: list[int]) -> dict[str, Any]:
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in topics]
    resources += [ConfigResource(ResourceType.BROKER, str(broker)) for broker in brokers]
    return {
        f"{one.restype.name} {one.name}": {
            key: [entry.value, entry.source] for key, entry in future.result(15).items()
        }
        for one, future in admin.describe_configs(resources).items()
    }


def _ends(admin: AdminClient, topics: Mapping[str, Any]) -> dict[str, Any]:
    places = [
        TopicPartition(name, number)
        for name, topic in topics.items()
        for number in topic.partitions
        if name != _OFFSETS
    ]
    found: dict[str, Any] = {}
    for spec in (OffsetSpec.earliest(), OffsetSpec.latest()):
        asked: Any = dict.fromkeys(places, spec)
        for one, future in (admin.list_offsets(asked) if asked else {}).items():
            offsets = found.setdefault(f"{one.topic} {one.partition}", [])
            offsets.append(future.result(15).offset)
    return found


def _groups(admin: AdminClient) -> dict[str, Any]:
    names = [one.group_id for one in admin.list_consumer_groups().result(15).valid]
    if not names:
        return {}
    described = {
        name: future.result(15) for name, future in admin.describe_consumer_groups(names).items()
    }
    return {
        name: [
            str(described[name].state),
            sorted(member.client_id for member in described[name].members),
            _commits(admin, name),
        ]
        for name in names
    }


def _commits(admin: AdminClient, group: str) -> dict[str, Any]:
    (asked,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
    return {
        f"{one.topic} {one.partition}": [one.offset, one.metadata]
        for one in asked.result(15).topic_partitions
    }


def _registry(registry: SchemaRegistry) -> dict[str, Any]:
    registry.forget()
    subjects = registry.subjects(deleted=True)
    return {
        "level": registry.compatibility_level(),
        "mode": registry.mode(),
        "live": registry.subjects(),
        "subjects": {
            name: [
                registry.compatibility_level(name),
                registry.mode(name),
                [_version(registry, name, one) for one in registry.versions(name, deleted=True)],
            ]
            for name in subjects
        },
    }


def _version(registry: SchemaRegistry, subject: str, version: int) -> list[Any]:
    found = registry.version(subject, version, deleted=True)
    return [version, found.schema.schema_id, found.schema.text]
