"""Starts the servers of a sandbox and waits until they answer.

One `Servers` for one directory. It knows nothing of names or of who will stop them: `ephemeral`
and `lifecycle` do.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from flowodm.errors import SandboxError
from flowodm.sandbox import archive, broker, jars, java, process, secure
from flowodm.sandbox.progress import Progress, Report, silent
from flowodm.sandbox.spec import LOOPBACK, Node, SandboxSpec

__all__ = ["REGISTRY", "PortTaken", "Servers", "StartFailed"]

REGISTRY = "registry"

_START_TIMEOUT = 90.0
_POLL = 0.02
_LOG_LINES = 12
_REAP_TIMEOUT = 10.0


class Servers:
    """The processes of one sandbox.

    Args:
        spec: What the sandbox is made of.
        report: Takes the progress of preparing and starting.
        options: Returns more options for the nodes' Java, given its class path.
    """

    def __init__(
        self,
        spec: SandboxSpec,
        *,
        report: Report = silent,
        options: Callable[[Sequence[Path]], Sequence[str]] = archive.options,
    ) -> None:
        self.spec = spec
        self._report = report
        self._options = options
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._classpath: tuple[Path, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """The name of each process: the nodes', then the registry's."""
        registry = (REGISTRY,) if self.spec.registry_port else ()
        return (*(node.role for node in self.spec.nodes), *registry)

    def prepare(self) -> None:
        """Have everything on disk that the servers need: archives, certificates, storage."""
        self._classpath = jars.fetch(jars.kafka_artifacts(), report=self._report)
        spec = self.spec
        for name in ("logs", "scratch"):
            (spec.directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        if spec.admin:
            secure.make_certificates(spec)
        new = [node for node in spec.nodes if not broker.is_formatted(spec, node)]
        if new:
            self._report(Progress("prepare", "making the storage"))
            broker.format_storage(spec, new, self._classpath, archive.options(self._classpath))

    def start(self, roles: Iterable[str] | None = None) -> None:
        """Start processes without waiting for them; those that run already stay as they are.

        Args:
            roles: Which; all by default.
        """
        wanted = self.roles if roles is None else tuple(roles)
        if REGISTRY in wanted and not self.is_running(REGISTRY):
            self._spawn(REGISTRY, self._registry_command())
        if not self._classpath:
            self.prepare()
        options = self._options(self._classpath)
        for node in self.spec.nodes:
            if node.role in wanted and not self.is_running(node.role):
                command = broker.node_command(self.spec, node, self._classpath, options)
                self._spawn(node.role, command)

    def _spawn(self, role: str, command: Sequence[str]) -> None:
        log = self.spec.log_of(role)
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        self._children[role] = process.spawn(
            command, log=log, environ=java.environment(), directory=self.spec.directory
        )

    def _registry_command(self) -> list[str]:
        spec = self.spec
        return [
            sys.executable,
            f"-X{process.mark(spec.directory, REGISTRY)}",
            "-m",
            "flowodm.sandbox.registry",
            "--port",
            str(spec.registry_port),
            "--file",
            str(spec.registry_file),
        ]

    def is_running(self, role: str) -> bool:
        """Say whether a process that this object started is still there."""
        child = self._children.get(role)
        return child is not None and child.poll() is None

    def wait(self, roles: Iterable[str] | None = None, *, timeout: float = _START_TIMEOUT) -> None:
        """Return when the processes answer as they should.

        Args:
            roles: Which; all by default.
            timeout: Seconds in all.

        Raises:
            SandboxError: One ended or did not answer in time; the end of its log is in the message.
        """
        until = time.monotonic() + timeout
        wanted = self.roles if roles is None else tuple(roles)
        for number, role in enumerate(wanted):
            self._report(Progress("start", f"starting {role}", number, len(wanted)))
            answers = self._registry_answers if role == REGISTRY else partial(self._listens, role)
            self._wait_for(role, answers, until)
        nodes = [node for node in self.spec.nodes if node.role in wanted]
        if nodes:
            self._wait_for(nodes[0].role, lambda: self._is_complete(nodes), until)
        self._report(Progress("ready", "ready", len(wanted), len(wanted)))

    def _wait_for(self, role: str, is_done: Callable[[], bool], until: float) -> None:
        while not is_done():
            child = self._children.get(role)
            if child is not None and child.poll() is not None:
                raise self._failure(role, f"ended with code {child.returncode}")
            if time.monotonic() > until:
                raise self._failure(role, "did not answer in time")
            time.sleep(_POLL)

    def _failure(self, role: str, what: str) -> SandboxError:
        log = self.spec.log_of(role)
        lines = tuple(process.read_tail(log, _LOG_LINES))
        if any("address already in use" in line.lower() for line in lines):
            port = self._port_of(role)
            return PortTaken(f"`{role}` cannot listen on its port {port}: it is taken")
        return StartFailed(f"`{role}` {what}", log_lines=lines, log=log)

    def _port_of(self, role: str) -> int | None:
        ports = {node.role: node.port for node in self.spec.nodes}
        return ports.get(role, self.spec.registry_port)

    def _listens(self, role: str) -> bool:
        port = self._port_of(role)
        assert port is not None
        try:
            with socket.create_connection((LOOPBACK, port), timeout=0.5):
                return True
        except OSError:
            return False

    def _registry_answers(self) -> bool:
        """Say whether our registry, and not another at its port, lists its subjects."""
        from http.client import HTTPConnection, HTTPException

        if not self._says_ready():
            return False
        connection = HTTPConnection(LOOPBACK, self.spec.registry_port, timeout=3)
        try:
            connection.request("GET", "/subjects")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _says_ready(self) -> bool:
        try:
            return self.spec.log_of(REGISTRY).read_bytes().startswith(b"ready ")
        except OSError:
            return False

    def _is_complete(self, nodes: Sequence[Node]) -> bool:
        """Say whether our cluster, and not another at its ports, knows these nodes."""
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        config = self.spec.client_config() | {"socket.timeout.ms": 3000}
        admin = AdminClient(config, logger=_NO_LOG)
        with contextlib.suppress(KafkaException):
            metadata = admin.list_topics(timeout=3)
            known = {broker.id for broker in metadata.brokers.values()}
            is_ours = metadata.cluster_id == self.spec.cluster_id
            return is_ours and known >= {node.id for node in nodes}
        return False

    def stop(self, roles: Iterable[str] | None = None) -> None:
        """Ask processes to end, and see that they do."""
        chosen = self.roles if roles is None else tuple(roles)
        process.stop(self.spec.directory, None if roles is None else chosen)
        self._put_away(chosen)

    def kill(self, roles: Iterable[str] | None = None) -> None:
        """End processes as a power cut would."""
        chosen = self.roles if roles is None else tuple(roles)
        process.kill(self.spec.directory, None if roles is None else chosen)
        self._put_away(chosen)

    def _put_away(self, roles: Iterable[str]) -> None:
        for role in roles:
            child = self._children.pop(role, None)
            if child is not None:
                child.wait(_REAP_TIMEOUT)

    def leave_running(self) -> None:
        """Let the processes outlive this one; whoever ends them finds them by their mark."""
        for child in self._children.values():
            child.returncode = 0  # Popen would warn of each child that nobody waited for
        self._children.clear()

    def remove(self) -> None:
        """Delete everything the sandbox owns on disk."""
        shutil.rmtree(self.spec.directory, ignore_errors=True)


class PortTaken(SandboxError):
    """Something else listens on a port that the sandbox was to have."""


class StartFailed(SandboxError):
    """A server ended at once, or never answered.

    Args:
        message: Which, and what became of it.
        log_lines: The end of its log.
        log: The whole of it.
    """

    def __init__(self, message: str, *, log_lines: tuple[str, ...], log: Path) -> None:
        super().__init__(message, hint=f"its log: {log}")
        self.log_lines = log_lines
        self.log = log


_NO_LOG = logging.getLogger("flowodm.sandbox.probe")
_NO_LOG.addHandler(logging.NullHandler())
_NO_LOG.propagate = False
