"""Makes Java's ahead-of-time cache for Kafka: `python -m flowodm.sandbox.training`.

A broker of its own, in the cache directory, runs a small workload and writes the cache when it
ends. It takes about twelve seconds of one core, once, and is never waited for by a person: it runs
beside the first `flowodm sandbox up`, at the lowest priority, and `down` ends it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from flowodm.errors import SandboxError
from flowodm.sandbox import archive, broker, jars, java, process
from flowodm.sandbox.servers import Servers
from flowodm.sandbox.spec import Node, SandboxSpec, free_ports, new_cluster_id

__all__ = ["begin", "end", "main", "train"]

_DUMP_TIMEOUT = 120.0
_ROLE = "training"


def begin() -> None:
    """Make the cache in a process of its own, unless there is one, and do not wait for it."""
    classpath = jars.fetch(jars.kafka_artifacts())
    if archive.is_right(archive.file_for(classpath)):
        return
    child = subprocess.Popen(  # noqa: S603 - this very Python
        [
            sys.executable,
            f"-X{process.mark(_directory(), _ROLE)}",
            "-m",
            "flowodm.sandbox.training",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    child.returncode = 0  # Popen would warn of a child that nobody waited for


def end() -> None:
    """End a training that is under way, and remove what it has so far."""
    process.kill(_directory())
    shutil.rmtree(_directory(), ignore_errors=True)


def _directory() -> Path:
    return jars.cache_directory() / "java" / "training"


def main() -> None:
    """Make the cache, politely."""
    if hasattr(os, "nice"):
        os.nice(19)
    train()


def train() -> bool:
    """Make the cache unless there is one; say whether there is one now.

    Failing is no error: brokers do without. While another process makes it, this one does not.
    """
    from confluent_kafka import KafkaException
    from filelock import FileLock, Timeout

    classpath = jars.fetch(jars.kafka_artifacts())
    file = archive.file_for(classpath)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.parent / ".training.lock", timeout=0):
            if not archive.is_right(file):
                _make(file)
    except (Timeout, SandboxError, KafkaException, OSError):
        return False
    return archive.is_right(file)


def _make(file: Path) -> None:
    ports = free_ports(2)
    spec = SandboxSpec(_directory(), new_cluster_id(), (Node(1, *ports),), registry_port=None)
    recorded, made = spec.directory / "recorded", spec.directory / "made.aot"
    recording = ["-XX:AOTMode=record", f"-XX:AOTConfiguration={recorded}"]
    servers = Servers(spec, options=lambda classpath: recording)
    servers.remove()
    try:
        servers.start()
        servers.wait()
        _exercise(spec)
        process.stop(spec.directory, servers.roles, grace=_DUMP_TIMEOUT)
        _assemble(spec, recorded, made)
        _keep(made, file)
    finally:
        servers.kill()
        servers.remove()


def _assemble(spec: SandboxSpec, recorded: Path, made: Path) -> None:
    """Turn what a broker recorded into a cache, with the very options that it ran with."""
    command = broker.node_command(
        spec,
        spec.nodes[0],
        jars.fetch(jars.kafka_artifacts()),
        ["-XX:AOTMode=create", f"-XX:AOTConfiguration={recorded}", f"-XX:AOTCache={made}"],
    )
    child = process.spawn(
        command,
        log=spec.log_of("assembly"),
        environ=java.environment(),
        directory=spec.directory,
    )
    try:
        child.wait(_DUMP_TIMEOUT)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _exercise(spec: SandboxSpec) -> None:
    """Have the broker load what it needs for topics, records and groups."""
    from confluent_kafka import Consumer, Producer
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    config = spec.client_config()
    admin = AdminClient(config)
    for future in admin.create_topics([NewTopic("training", 1, 1)]).values():
        future.result(timeout=15)
    producer = Producer(config)
    producer.produce("training", b"value", b"key")
    producer.flush(15)
    consumer = Consumer(config | {"group.id": "training", "auto.offset.reset": "earliest"})
    consumer.subscribe(["training"])
    consumer.consume(1, timeout=15)
    consumer.close()


def _keep(made: Path, file: Path) -> None:
    """Put the cache in its place and then its digest, which makes it count; older ones go."""
    with made.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    for old in file.parent.glob("kafka-*.aot"):
        archive.digest_file(old).unlink(missing_ok=True)
        old.unlink()
    os.replace(made, file)
    aside = archive.digest_file(file).with_suffix(".new")
    aside.write_text(digest, encoding="ascii")
    os.replace(aside, archive.digest_file(file))


if __name__ == "__main__":
    main()
