"""A broker that others use too with a registry of its own: where plans are carried out for real."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from flowodm.config import Context, RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.errors import SubjectNotFound
from flowodm.plan import Desired, Plan, build_plan, load_desired, prove_plan, read_state
from flowodm.registry import Reference
from tests.plans import ADDRESSES, EVENTS, USER, Case, write_project
from tests.registry_process import RegistryProcess
from tests.servers import TestServers, wait_until


@dataclass
class World:
    """A broker that others use too, and a registry of its own."""

    kafka: KafkaConnection
    admin: AdminClient
    registry_url: str

    def topics(self, prefix: str) -> dict[str, int]:
        found = self.admin.list_topics(timeout=30).topics
        return {name: len(one.partitions) for name, one in found.items() if name.startswith(prefix)}

    def snapshot(self, prefix: str) -> dict[str, Any]:
        """Everything of one example, asked for by other ways than a plan's."""
        topics = self.topics(prefix)
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in topics]
        configs = self.admin.describe_configs(resources) if resources else {}
        registry = self.kafka.schema_registry()
        subjects = [name for name in registry.subjects(deleted=True) if name.startswith(prefix)]
        return {
            "topics": topics,
            "configs": {
                resource.name: {
                    key: entry.value
                    for key, entry in future.result(timeout=30).items()
                    if entry.source == 1
                }
                for resource, future in configs.items()
            },
            "subjects": {name: self._versions(name) for name in subjects},
        }

    def level(self, subject: str) -> str | None:
        try:
            return self.kafka.schema_registry().compatibility_level(subject)
        except SubjectNotFound:
            return None

    def prepare(self, case: Case, prefix: str) -> None:
        """Bring about what a case has there."""
        new = [
            NewTopic(prefix + name, topic.actual[0], 1, config=dict(topic.actual[1]))
            for name, topic in case.topics.items()
            if topic.actual is not None
        ]
        for future in self.admin.create_topics(new, operation_timeout=15).values() if new else ():
            future.result(timeout=30)
        wait_until(lambda: self._has(new, prefix), seconds=30)
        registry = self.kafka.schema_registry()
        for name, indexes in case.histories.items():
            registry.set_compatibility_level("NONE", prefix + name)
            for index in indexes:
                registry.register(prefix + name, EVENTS[index])
            registry.delete_compatibility_level(prefix + name)
        for name, level in case.levels.items():
            registry.set_compatibility_level(level, prefix + name)
        address = f"{prefix}address-value"
        for index in case.addresses:
            registry.register(address, ADDRESSES[index])
        if case.is_user_there:
            registry.register(
                f"{prefix}user-value", USER, [Reference("shared.Address", address, 1)]
            )

    def _has(self, new: list[NewTopic], prefix: str) -> bool:
        """Tell whether brokers have heard of all that the controller was told."""
        try:
            found = self.snapshot(prefix)
        except KafkaException:  # it is in the list, and nobody knows it yet
            return False
        return bool(
            found["topics"] == {one.topic: one.num_partitions for one in new}
            and found["configs"] == {one.topic: one.config for one in new}
        )

    def clear(self, prefix: str) -> None:
        if names := [*self.topics(prefix)]:
            for future in self.admin.delete_topics(names, operation_timeout=15).values():
                future.exception(timeout=30)
        registry = self.kafka.schema_registry()
        mine = [name for name in registry.subjects() if name.startswith(prefix)]
        for permanent in (False, True):
            for name in sorted(mine, reverse=True):  # users before what they use
                registry.delete_subject(name, permanent=permanent)

    def _versions(self, subject: str) -> tuple[Any, ...]:
        registry = self.kafka.schema_registry()
        return self.level(subject), registry.versions(subject, deleted=True)


@contextmanager
def open_world(servers: TestServers) -> Iterator[World]:
    """Start a registry beside a broker."""
    with RegistryProcess() as registry:
        context = Context(
            name="t",
            bootstrap_servers=servers.bootstrap_servers,
            schema_registry=RegistryConfig(url=registry.url),
        )
        with KafkaConnection(context) as connection:
            yield World(connection, AdminClient(dict(servers.client_config)), registry.url)


@contextmanager
def project(world: World, case: Case) -> Iterator[tuple[str, Desired]]:
    """Bring about a case, and give its prefix and what its files declare."""
    prefix = f"p{uuid.uuid4().hex[:10]}-"
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        path = write_project(case, prefix, directory)
        desired = load_desired(path, directory=directory)
    try:
        world.prepare(case, prefix)
        yield prefix, desired
    finally:
        world.clear(prefix)


def planned(world: World, desired: Desired, prefix: str, *, prune: bool) -> Plan:
    """Plan, with no topic of others in sight; again where a broker has not heard of it all yet."""
    for _ in range(20):
        state = read_state(world.kafka, desired)
        mine = {name: n for name, n in state.other_topics.items() if name.startswith(prefix)}
        built = build_plan(desired, replace(state, other_topics=mine), prune=prune)
        plan = prove_plan(world.kafka, built)
        if not plan.is_stale:
            break
    return plan
