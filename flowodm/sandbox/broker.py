"""Apache Kafka's side of a sandbox: properties, storage, command lines.

Real Kafka, one process per node, each broker and controller at once. This is the only module that
knows Kafka's server properties and main classes; which archives and which Java run it is told by
`jars` and `java`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from flowodm.errors import SandboxError
from flowodm.sandbox import java, secure
from flowodm.sandbox.process import mark
from flowodm.sandbox.spec import LOOPBACK, Node, SandboxSpec

__all__ = ["format_storage", "is_formatted", "node_command", "properties_of"]

_FORMAT_TIMEOUT = 60.0

_SMALL = {
    "num.partitions": "1",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "4",
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
    "share.coordinator.state.topic.num.partitions": "3",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "log.index.size.max.bytes": "1048576",
    "log.segment.delete.delay.ms": "1000",
    "log.initial.task.delay.ms": "1000",
    "log.retention.ms": "-1",  # records keep their times when they are copied in, however old
}

_PROMPT = {
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    "group.consumer.min.session.timeout.ms": "500",
    "group.consumer.min.heartbeat.interval.ms": "100",
    "group.share.min.session.timeout.ms": "500",
    "group.share.min.heartbeat.interval.ms": "100",
    # A killed broker may start again only when its old session has ended.
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
}


def properties_of(spec: SandboxSpec, node: Node) -> dict[str, str]:
    """Return the server properties of one node; the sandbox's own choices come last."""
    copies = str(len(spec.nodes))
    agreeing = str(min(2, len(spec.nodes)))
    directory = spec.directory / node.role
    return {
        "process.roles": "broker,controller",
        "node.id": str(node.id),
        "log.dirs": str(directory / "data"),
        "controller.quorum.voters": ",".join(
            f"{each.id}@{LOOPBACK}:{each.controller_port}" for each in spec.nodes
        ),
        "controller.listener.names": "CONTROLLER",
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": agreeing,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": agreeing,
        "default.replication.factor": copies,
        "min.insync.replicas": agreeing,
        **_listeners(spec, node),
        **_SMALL,
        **_PROMPT,
        **dict(spec.properties),
    }


def _listeners(spec: SandboxSpec, node: Node) -> dict[str, str]:
    """Return where a node listens: on the loopback interface and nowhere else."""
    name = "SASL_SSL" if spec.admin else "PLAINTEXT"
    listeners = {
        "listeners": f"{name}://{LOOPBACK}:{node.port},"
        f"CONTROLLER://{LOOPBACK}:{node.controller_port}",
        "advertised.listeners": f"{name}://{LOOPBACK}:{node.port}",
        "listener.security.protocol.map": f"{name}:{name},CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": name,
    }
    return listeners | secure.properties_of(spec) if spec.admin else listeners


def is_formatted(spec: SandboxSpec, node: Node) -> bool:
    """Say whether a node's storage has been made, to the end."""
    return _formatted_file(spec, node).exists()


def _formatted_file(spec: SandboxSpec, node: Node) -> Path:
    return spec.directory / node.role / "formatted"


def format_storage(
    spec: SandboxSpec, nodes: Sequence[Node], classpath: Sequence[Path], options: Sequence[str]
) -> None:
    """Make the storage of nodes that have none, all at once.

    Raises:
        SandboxError: Kafka's storage tool refused; its last lines are in the message.
    """
    runs = []
    for node in nodes:
        shutil.rmtree(spec.directory / node.role / "data", ignore_errors=True)  # half made
        arguments = ["format", "-t", spec.cluster_id, "-c", str(_properties_file(spec, node))]
        if spec.admin:
            arguments += ["--add-scram", secure.scram_argument(spec.admin)]
        role = f"format-{node.id}"
        command = _command(spec, role, "kafka.tools.StorageTool", arguments, classpath, options)
        runs.append((node, _run(command, spec.directory)))
    for node, run in runs:
        _await(node, run)
        _formatted_file(spec, node).touch()


def _run(command: Sequence[str], directory: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - the runtime of `java`, an absolute path
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=java.environment(),
        cwd=directory,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def _await(node: Node, run: subprocess.Popen[str]) -> None:
    try:
        output, _ = run.communicate(timeout=_FORMAT_TIMEOUT)
    except BaseException:
        run.kill()
        run.communicate()
        raise
    if run.returncode != 0:
        last = "\n".join(output.strip().splitlines()[-6:])
        raise SandboxError(f"cannot make the storage of `{node.role}`:\n{last}")


def node_command(
    spec: SandboxSpec, node: Node, classpath: Sequence[Path], options: Sequence[str] = ()
) -> list[str]:
    """Return the command line that runs a node, and write the file of properties it names."""
    arguments = [str(_properties_file(spec, node))]
    return _command(spec, node.role, "kafka.Kafka", arguments, classpath, options)


def _command(
    spec: SandboxSpec,
    role: str,
    main: str,
    arguments: Sequence[str],
    classpath: Sequence[Path],
    options: Sequence[str],
) -> list[str]:
    return java.command(
        main,
        arguments,
        classpath=classpath,
        scratch=spec.directory / "scratch",
        options=[f"-D{mark(spec.directory, role)}", *options],
    )


def _properties_file(spec: SandboxSpec, node: Node) -> Path:
    """Write a node's properties, readable by the user alone, and name the file."""
    path = spec.directory / node.role / "server.properties"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(_to_properties(properties_of(spec, node)), encoding="ascii")
    return path


def _to_properties(values: Mapping[str, str]) -> str:
    """Write Java's properties format, in which any character can be escaped."""
    return "".join(f"{name}={_escape(value)}\n" for name, value in values.items())


def _escape(value: str) -> str:
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2))
    text = "".join(chr(code) if 32 <= code < 127 else f"\\u{code:04x}" for code in codes)
    return "\\" + text if text.startswith(" ") else text
