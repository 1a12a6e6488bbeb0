"""Named sandboxes: up, status, down. They outlive the command that starts them.

What is remembered is `state`'s business, what runs `process`'s, how servers start `servers`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from flowodm.errors import SandboxError, UsageError
from flowodm.sandbox import process, secure, state, training
from flowodm.sandbox.extra import require_extra
from flowodm.sandbox.process import ServerProcess
from flowodm.sandbox.progress import Report, silent
from flowodm.sandbox.servers import PortTaken, Servers
from flowodm.sandbox.spec import Node, SandboxSpec, free_ports, is_free, new_cluster_id

__all__ = ["SandboxStatus", "Started", "Wish", "down", "read_status", "read_statuses", "up"]

SandboxState = Literal["running", "incomplete", "stopped"]

_USUAL_PORTS = (9092, 8081)
"""Where Kafka and a registry usually are; the first sandbox takes them when they are free."""

_ATTEMPTS = 3
_ANSWER_TIMEOUT = 15.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller of `up` asks of a sandbox; None leaves it as it is, or to us.

    Args:
        nodes: One or three.
        secure: SASL_SSL with SCRAM and ACLs.
        port: The first broker's.
        registry_port: The registry's.
    """

    nodes: int | None = None
    secure: bool | None = None
    port: int | None = None
    registry_port: int | None = None


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """A named sandbox as it is now."""

    name: str
    spec: SandboxSpec
    processes: tuple[ServerProcess, ...]

    @property
    def state(self) -> SandboxState:
        """Whether all of its processes run, some, or none."""
        if not self.processes:
            return "stopped"
        roles = {process.role for process in self.processes}
        return "running" if roles >= set(Servers(self.spec).roles) else "incomplete"

    @property
    def since(self) -> datetime | None:
        """When the youngest of its processes started."""
        return max((process.started for process in self.processes), default=None)


@dataclass(frozen=True, slots=True)
class Started:
    """What `up` did."""

    status: SandboxStatus
    started: tuple[str, ...]
    """The processes that it started; none when all were running."""
    moved: tuple[tuple[int, int], ...] = ()
    """Ports that were taken by something else: the old and the new one."""


def read_statuses() -> tuple[SandboxStatus, ...]:
    """Look at every named sandbox."""
    require_extra()
    return tuple(status for name in state.list_names() if (status := read_status(name)))


def read_status(name: str) -> SandboxStatus | None:
    """Look at one sandbox; None when there is none of that name."""
    require_extra()
    spec = state.load(name)
    return None if spec is None else SandboxStatus(name, spec, process.find(spec.directory))


def up(
    name: str = state.DEFAULT_NAME,
    wish: Wish | None = None,
    *,
    reset: bool = False,
    report: Report = silent,
) -> Started:
    """Have a sandbox running: make it, start it again, start what is missing, or do nothing.

    Args:
        name: Which.
        wish: What it should be made of.
        reset: Delete what there was first.
        report: Takes the progress.

    Raises:
        SandboxError: It cannot be had, or is made of something else than is wished.
        UsageError: The wish makes no sense.
    """
    require_extra()
    wish = wish or Wish()
    with state.lock(name):
        if reset:
            _wipe(name)
        old = state.load(name)
        if old is None:
            _wipe(name)  # what an interrupted reset has left
        else:
            _check_wish(name, old, wish)
        return _up(name, old or _new_spec(name, wish), wish, report, is_new=old is None)


def _new_spec(name: str, wish: Wish) -> SandboxSpec:
    count = 1 if wish.nodes is None else wish.nodes
    if count not in (1, 3):
        raise UsageError(f"a sandbox has 1 node or 3, not {count}")
    if wish.port and wish.port == wish.registry_port:
        raise UsageError(f"port {wish.port} cannot be both the broker's and the registry's")
    directory = state.directory_of(name)
    usual, usual_registry = _USUAL_PORTS if name == state.DEFAULT_NAME else (None, None)
    first, registry = wish.port or usual, wish.registry_port or usual_registry
    ports = iter(free_ports(2 * count + 1, avoid=[port for port in (first, registry) if port]))
    return SandboxSpec(
        directory=directory,
        cluster_id=new_cluster_id(),
        nodes=tuple(
            Node(number, first if number == 1 and first else next(ports), next(ports))
            for number in range(1, count + 1)
        ),
        registry_port=registry or next(ports),
        admin=secure.new_credentials("admin") if wish.secure else None,
    )


def _check_wish(name: str, spec: SandboxSpec, wish: Wish) -> None:
    """Refuse to call a sandbox what it is not."""
    is_secure = spec.admin is not None
    differences = []
    if wish.nodes not in (None, len(spec.nodes)):
        differences.append(f"{len(spec.nodes)} node{'s' * (len(spec.nodes) > 1)}")
    if wish.secure is not None and wish.secure != is_secure:
        differences.append("SASL_SSL" if is_secure else "no security")
    if differences:
        raise SandboxError(
            f"sandbox `{name}` was made with {' and '.join(differences)}",
            hint="make it anew with --reset (its data is lost), or another one with --name",
        )


def _up(name: str, spec: SandboxSpec, wish: Wish, report: Report, *, is_new: bool) -> Started:
    roles = set(Servers(spec).roles)
    for attempt in range(1, _ATTEMPTS + 1):
        running = {each.role for each in process.find(spec.directory)}
        if running - roles:  # tools of a start that was killed
            process.kill(spec.directory, tuple(running - roles))
            running &= roles
        fitted = _fit_ports(name, spec, wish, running)
        state.save(fitted)
        try:
            started = _start_missing(fitted, running, report)
        except PortTaken:  # by someone who came between looking and starting
            if attempt == _ATTEMPTS:
                raise
            continue
        status = SandboxStatus(name, fitted, process.find(fitted.directory))
        moved = () if is_new else _moved(spec, fitted)
        return Started(status, started, moved)
    raise AssertionError("unreachable")


def _start_missing(spec: SandboxSpec, running: set[str], report: Report) -> tuple[str, ...]:
    servers = Servers(spec, report=report)
    missing = [role for role in servers.roles if role not in running]
    try:
        if missing:
            servers.start(missing)
            servers.wait()
        else:
            servers.wait(timeout=_ANSWER_TIMEOUT)
    except BaseException:
        if missing:
            servers.kill(missing)
        raise
    servers.leave_running()
    if missing:
        training.begin()
    return tuple(missing)


def _fit_ports(name: str, spec: SandboxSpec, wish: Wish, running: set[str]) -> SandboxSpec:
    """Keep the ports a sandbox had, so that what points to it stays right; move where we must."""
    spec = _with_wished_ports(name, spec, wish, running)
    fixed = {port for port in (wish.port, wish.registry_port) if port}
    idle = [port for role, port in _ports(spec) if role not in running]
    taken = [port for port in idle if not is_free(port)]
    for port in taken:
        if port in fixed:
            raise PortTaken(
                f"port {port} is taken{_by_whom(port)}", hint="another with --port, --registry-port"
            )
        if running:
            raise PortTaken(
                f"sandbox `{name}` runs in part, and its port {port} is taken{_by_whom(port)}",
                hint=f"stop the rest first: flowodm sandbox down --name {name}",
            )
    news = free_ports(len(taken), avoid=[port for _, port in _ports(spec)])
    return _exchange(spec, dict(zip(taken, news, strict=True)))


def _with_wished_ports(name: str, spec: SandboxSpec, wish: Wish, running: set[str]) -> SandboxSpec:
    changes = {}
    if wish.port and wish.port != spec.nodes[0].port:
        changes[spec.nodes[0].port] = wish.port
    if wish.registry_port and wish.registry_port != spec.registry_port and spec.registry_port:
        changes[spec.registry_port] = wish.registry_port
    if changes and running:
        (old, new), *_ = changes.items()
        raise SandboxError(
            f"sandbox `{name}` is running on port {old}, not {new}",
            hint=f"stop it first: flowodm sandbox down --name {name}",
        )
    used = {port for _, port in _ports(spec)}
    displaced = [new for new in changes.values() if new in used and new not in changes]
    return _exchange(
        spec, changes | dict(zip(displaced, free_ports(len(displaced), avoid=used), strict=True))
    )


def _exchange(spec: SandboxSpec, ports: dict[int, int]) -> SandboxSpec:
    nodes = tuple(
        replace(
            node,
            port=ports.get(node.port, node.port),
            controller_port=ports.get(node.controller_port, node.controller_port),
        )
        for node in spec.nodes
    )
    registry = spec.registry_port
    return replace(spec, nodes=nodes, registry_port=registry and ports.get(registry, registry))


def _ports(spec: SandboxSpec) -> Iterator[tuple[str, int]]:
    for node in spec.nodes:
        yield node.role, node.port
        yield node.role, node.controller_port
    if spec.registry_port:
        yield "registry", spec.registry_port


def _moved(old: SandboxSpec, new: SandboxSpec) -> tuple[tuple[int, int], ...]:
    """Return the ports that clients know and that are other ones now."""
    pairs = [(was.port, now.port) for was, now in zip(old.nodes, new.nodes, strict=True)]
    if old.registry_port and new.registry_port:
        pairs.append((old.registry_port, new.registry_port))
    return tuple((was, now) for was, now in pairs if was != now)


def _by_whom(port: int) -> str:
    """Name the program that listens on a port, where the system tells."""
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,):
                owner = psutil.Process(connection.pid) if connection.pid else None
                return f" by `{owner.name()}` (process {owner.pid})" if owner else ""
    except (psutil.Error, OSError):
        pass
    return ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What `down` did."""

    name: str
    stopped: tuple[str, ...]
    """The processes that it ended; none when none was running."""
    removed: Path | None = None
    """The directory that it deleted."""


def down(name: str = state.DEFAULT_NAME, *, reset: bool = False) -> Stopped:
    """Stop a sandbox; its data stays unless `reset`.

    Raises:
        SandboxError: There is none of that name, or its data cannot be deleted.
    """
    require_extra()
    with state.lock(name):
        directory = state.directory_of(name)
        if not directory.exists() and name != state.DEFAULT_NAME:
            raise _unknown(name, state.list_names())
        roles = tuple(each.role for each in process.find(directory))
        training.end()
        if reset:
            had = directory.exists()
            _wipe(name)
            return Stopped(name, roles, directory if had else None)
        process.stop(directory)
        return Stopped(name, roles)


def _wipe(name: str) -> None:
    process.kill(state.directory_of(name))
    state.forget(name)


def _unknown(name: str, known: Sequence[str]) -> SandboxError:
    hint = f"there is {', '.join(f'`{each}`' for each in known)}" if known else "there is none yet"
    return SandboxError(f"there is no sandbox `{name}`", hint=hint)
