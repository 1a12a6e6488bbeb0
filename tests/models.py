"""Models for tests, on a connection of the test's own."""

from typing import Any

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.model import FlowBaseModel
from flowodm.sandbox.registry import RegistryServer

__all__ = ["based_on", "connection_to", "to_registry"]


def based_on(connection: KafkaConnection) -> type[FlowBaseModel]:
    """An abstract model on a connection."""

    class Base(FlowBaseModel, abstract=True):
        @classmethod
        def get_connection(cls) -> KafkaConnection:
            return connection

    return Base


def connection_to(bootstrap_servers: str, registry_url: str | None, **more: Any) -> KafkaConnection:
    """A connection to a cluster and a registry."""
    said: dict[str, Any] = {"name": "test", "bootstrap_servers": bootstrap_servers, **more}
    if registry_url is not None:
        said["schema_registry"] = {"url": registry_url}
    return KafkaConnection(Context.model_validate(said))


def to_registry(server: RegistryServer, **more: Any) -> KafkaConnection:
    """A connection to a registry, and to brokers that do not exist."""
    return connection_to("127.0.0.1:1", server.url, **more)
