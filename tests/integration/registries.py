"""Registries of one test, filled for it, and the command line on them."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flowodm.config import Context, RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.registry import Reference, SchemaRegistry
from tests.conftest import Finished

ADDRESS = (
    '{"type":"record","name":"Address","namespace":"n","fields":[{"name":"zip","type":"string"}]}'
)
USER = (
    '{"type":"record","name":"User","namespace":"n",'
    '"fields":[{"name":"id","type":"long"},{"name":"home","type":"n.Address"}]}'
)
ORDER = (
    '{"type":"record","name":"Order","namespace":"n",'
    '"fields":[{"name":"user","type":"n.User"},{"name":"to","type":"n.Address"}]}'
)


@dataclass(frozen=True)
class CommandLine:
    """`flowodm registry …` on one registry, and a client of it to look with."""

    url: str
    flowodm: Callable[..., Finished]
    registry: SchemaRegistry

    def __call__(self, *arguments: str, **more: Any) -> Finished:
        """Run one command, whatever its exit code."""
        env = {"SCHEMA_REGISTRY_URL": self.url, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
        env |= more.pop("env", {})
        return self.flowodm("registry", *arguments, env=env, **more)

    def connection(self, **settings: Any) -> KafkaConnection:
        """Return a connection to it, of a context with more settings."""
        config = RegistryConfig(url=self.url)
        context = Context(
            name="t",
            source="t",
            bootstrap_servers="127.0.0.1:1",
            schema_registry=config,
            **settings,
        )
        return KafkaConnection(context)


@contextmanager
def command_line(url: str, flowodm: Callable[..., Finished]) -> Iterator[CommandLine]:
    """Open a client beside the command line."""
    with SchemaRegistry(RegistryConfig(url=url)) as registry:
        yield CommandLine(url, flowodm, registry)


def unique(name: str) -> str:
    """Return a subject that no other test uses; registries are shared."""
    return f"{name}-{uuid.uuid4().hex[:12]}-value"


def record(name: str, *fields: str) -> str:
    """Return a schema with one optional number for each field."""
    entries = ",".join(
        f'{{"name":"{field}","type":["null","int"],"default":null}}' for field in fields
    )
    return f'{{"type":"record","name":"{name}","fields":[{entries}]}}'


def family(registry: SchemaRegistry) -> tuple[str, str, str]:
    """Register three subjects, each of which references those before it."""
    address, user, order = unique("address"), unique("user"), unique("order")
    registry.register(address, ADDRESS)
    to_address = Reference("n.Address", address, 1)
    registry.register(user, USER, [to_address])
    registry.register(order, ORDER, [Reference("n.User", user, 1), to_address])
    return address, user, order
