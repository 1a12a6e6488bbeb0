"""`Sandbox`: a broker and a registry for as long as a `with` block, for tests and programs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from flowodm.sandbox import secure
from flowodm.sandbox.extra import require_extra
from flowodm.sandbox.progress import Report, silent
from flowodm.sandbox.servers import REGISTRY, PortTaken, Servers, StartFailed
from flowodm.sandbox.spec import (
    ClientConfig,
    Credentials,
    Node,
    SandboxSpec,
    free_ports,
    new_cluster_id,
)

__all__ = ["Sandbox"]

_ATTEMPTS = 3
_GUARD_TIMEOUT = 2.0


class Sandbox:
    """A real Apache Kafka and a schema registry, gone when the block ends.

    Its processes and files go too when the program that made it is killed: a guard process of its
    own sees to that.

    Example:
        >>> with Sandbox() as sandbox:  # doctest: +SKIP
        ...     producer = Producer(sandbox.client_config)

    Args:
        nodes: One broker, or three.
        secure: SASL_SSL with SCRAM-SHA-512 and access control lists.
        registry: Whether to start a schema registry too.
        properties: Kafka server properties that replace the sandbox's own.
        report: Takes the progress of preparing and starting.
    """

    def __init__(
        self,
        *,
        nodes: Literal[1, 3] = 1,
        secure: bool = False,
        registry: bool = True,
        properties: Mapping[str, str] | None = None,
        report: Report = silent,
    ) -> None:
        self._nodes, self._secure, self._registry = nodes, secure, registry
        self._properties = tuple((properties or {}).items())
        self._report = report
        self._servers: Servers | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start everything and return when it answers.

        Raises:
            SandboxError: Something could not be fetched, made or started.
        """
        require_extra()
        if self._servers is not None:
            raise RuntimeError("this sandbox is running already")
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._start()
            except PortTaken:  # between finding free ports and listening on them
                self.close()
                if attempt == _ATTEMPTS:
                    raise
            except StartFailed as error:
                self.close()
                error.hint = None  # the log it points to is gone; its end is in the error
                raise
            except BaseException:
                self.close()
                raise
            else:
                return

    def _start(self) -> None:
        directory = Path(tempfile.mkdtemp(prefix="flowodm-sandbox-")).resolve()
        self._guard = _start_guard(directory)
        self._servers = Servers(self._new_spec(directory), report=self._report)
        self._servers.start()
        self._servers.wait()

    def _new_spec(self, directory: Path) -> SandboxSpec:
        ports = free_ports(2 * self._nodes + 1)
        return SandboxSpec(
            directory=directory,
            cluster_id=new_cluster_id(),
            nodes=tuple(
                Node(number + 1, ports[2 * number], ports[2 * number + 1])
                for number in range(self._nodes)
            ),
            registry_port=ports[-1] if self._registry else None,
            admin=secure.new_credentials("admin") if self._secure else None,
            properties=self._properties,
        )

    def close(self) -> None:
        """End the servers and remove their files; closing twice is the same as once."""
        servers, self._servers = self._servers, None
        if servers is not None:
            servers.kill()  # nothing of it is to be kept
            servers.remove()
        guard, self._guard = self._guard, None
        if guard is not None:
            assert guard.stdin is not None
            guard.stdin.close()
            try:
                guard.wait(_GUARD_TIMEOUT)
            except subprocess.TimeoutExpired:  # a fork of this program holds the other end too
                guard.kill()
                guard.wait()

    @property
    def spec(self) -> SandboxSpec:
        """What the running sandbox is made of."""
        return self.servers.spec

    @property
    def servers(self) -> Servers:
        """The processes, to be stopped, killed and started one by one."""
        if self._servers is None:
            raise RuntimeError("this sandbox is not running")
        return self._servers

    @property
    def bootstrap_servers(self) -> str:
        """The brokers' addresses."""
        return self.spec.bootstrap_servers

    @property
    def registry_url(self) -> str:
        """The registry's address."""
        url = self.spec.registry_url
        if url is None:
            raise RuntimeError("this sandbox has no registry")
        return url

    @property
    def client_config(self) -> ClientConfig:
        """Settings of librdkafka for a client with every right."""
        return self.spec.client_config()

    def add_user(self, username: str) -> Credentials:
        """Create a user of a secure sandbox, who may do nothing until an ACL allows it."""
        user = secure.new_credentials(username)
        secure.add_user(self.spec, user)
        return user

    def stop_node(self, number: int = 1) -> None:
        """Ask a broker to end, in order."""
        self.servers.stop([f"node-{number}"])

    def kill_node(self, number: int = 1) -> None:
        """Kill a broker as a power cut would."""
        self.servers.kill([f"node-{number}"])

    def start_node(self, number: int = 1) -> None:
        """Start a broker again, on the same port and data, and wait until it answers."""
        self._again(f"node-{number}")

    def kill_registry(self) -> None:
        """Kill the registry."""
        self.servers.kill([REGISTRY])

    def start_registry(self) -> None:
        """Start the registry again, and wait until it answers."""
        self._again(REGISTRY)

    def _again(self, role: str) -> None:
        self.servers.start([role])
        self.servers.wait([role])


def _start_guard(directory: Path) -> subprocess.Popen[bytes]:
    """Start the process that cleans up after this one, however this one ends."""
    return subprocess.Popen(  # noqa: S603 - this very Python
        [sys.executable, "-m", "flowodm.sandbox.guard", str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
