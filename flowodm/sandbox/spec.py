"""What a sandbox is made of: nodes, ports, security, where it lives. A value, and its JSON form."""

from __future__ import annotations

import secrets
import socket
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowodm.errors import SandboxError

__all__ = [
    "LOOPBACK",
    "ClientConfig",
    "Credentials",
    "Node",
    "SandboxSpec",
    "free_ports",
    "new_cluster_id",
]

LOOPBACK = "127.0.0.1"

_SERVER_PORTS = range(20_000, 32_000)

ClientConfig = dict[str, str | int | float | bool]
"""Settings of librdkafka, in the type that its own stubs ask for."""


@dataclass(frozen=True, slots=True)
class Node:
    """One Kafka process: broker and controller."""

    id: int
    port: int
    controller_port: int

    @property
    def role(self) -> str:
        """The name of its process, directory and log."""
        return f"node-{self.id}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A SCRAM user of a secure sandbox. The password guards nothing but a sandbox."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """Everything that starting a sandbox needs to know.

    Args:
        directory: Where all it owns lives; absolute.
        cluster_id: Kafka's own id of the cluster.
        nodes: One or three.
        registry_port: The schema registry's; None for a sandbox without one.
        admin: The super user of a SASL_SSL sandbox; None for a plain one.
        properties: Broker properties that replace the sandbox's own.
    """

    directory: Path
    cluster_id: str
    nodes: tuple[Node, ...]
    registry_port: int | None
    admin: Credentials | None = None
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def bootstrap_servers(self) -> str:
        """The brokers' addresses, as clients take them."""
        return ",".join(f"{LOOPBACK}:{node.port}" for node in self.nodes)

    @property
    def registry_url(self) -> str | None:
        """The registry's address; None when there is none."""
        return f"http://{LOOPBACK}:{self.registry_port}" if self.registry_port else None

    @property
    def certificate_authority(self) -> Path:
        """The PEM file by which clients of a secure sandbox know its brokers."""
        return self.directory / "ca.pem"

    @property
    def registry_file(self) -> Path:
        """The registry's database."""
        return self.directory / "registry.sqlite"

    def log_of(self, role: str) -> Path:
        """Return the log of one process."""
        return self.directory / "logs" / f"{role}.log"

    def client_config(self, user: Credentials | None = None) -> ClientConfig:
        """Return librdkafka's settings for a client, the admin's unless a user is given."""
        config: ClientConfig = {"bootstrap.servers": self.bootstrap_servers}
        user = user or self.admin
        if self.admin is not None and user is not None:
            config |= {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": user.username,
                "sasl.password": user.password,
                "ssl.ca.location": str(self.certificate_authority),
            }
        return config

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, which `from_json` reads; it holds the admin's password."""
        return {
            "cluster_id": self.cluster_id,
            "nodes": [
                {"id": node.id, "port": node.port, "controller_port": node.controller_port}
                for node in self.nodes
            ],
            "registry_port": self.registry_port,
            "admin": self.admin
            and {"username": self.admin.username, "password": self.admin.password},
            "properties": dict(self.properties),
        }

    @classmethod
    def from_json(cls, directory: Path, data: Mapping[str, Any]) -> SandboxSpec:
        """Read the JSON form of the sandbox that lives in a directory."""
        return cls(
            directory=directory,
            cluster_id=data["cluster_id"],
            nodes=tuple(Node(**node) for node in data["nodes"]),
            registry_port=data["registry_port"],
            admin=Credentials(**data["admin"]) if data["admin"] else None,
            properties=tuple(data["properties"].items()),
        )


def new_cluster_id() -> str:
    """Make a cluster id as Kafka makes them: 16 random bytes, base64url, not led by a dash."""
    while True:
        text = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def free_ports(count: int, *, avoid: Iterable[int] = ()) -> tuple[int, ...]:
    """Find ports of the loopback interface that nothing listens on now.

    They lie below those that systems give to outgoing connections: a server that starts again
    must find its port as it left it.
    """
    found: list[int] = []
    tried = set(avoid)
    while len(found) < count:
        port = _SERVER_PORTS[secrets.randbelow(len(_SERVER_PORTS))]
        if port not in tried and is_free(port):
            found.append(port)
        tried.add(port)
        if len(tried) > 1000 + count:
            raise SandboxError(f"cannot find {count} free ports on {LOOPBACK}")
    return tuple(found)


def is_free(port: int) -> bool:
    """Say whether a server could listen on a port of the loopback interface now."""
    with socket.socket() as probe:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where REUSEADDR means to share
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError:
            return False
    return True
