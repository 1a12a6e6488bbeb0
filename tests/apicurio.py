"""Apicurio Registry, the registry that nobody here wrote, run as the sandbox runs Kafka."""

import shutil
import tarfile
import time
import urllib.request
from pathlib import Path

from flowodm.sandbox import java, process
from flowodm.sandbox.jars import Artifact, fetch
from flowodm.sandbox.spec import LOOPBACK, free_ports
from tests.servers import answers

APICURIO = Artifact(
    "io.apicurio",
    "apicurio-registry-app",
    "3.3.3",
    "8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63",
    classifier="all",
    packaging="tar.gz",
)

START_TIMEOUT = 60.0


def start_apicurio(directory: Path) -> dict:
    """Start Apicurio with nothing in it; its compatibility is NONE."""
    application = _unpack(directory)
    (port,) = free_ports(1)
    log = directory / "apicurio.log"
    child = process.spawn(
        [
            str(java.runtime()),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xmx512m",
            f"-Djava.io.tmpdir={directory}",
            f"-D{process.mark(directory, 'apicurio')}",
            f"-Dquarkus.http.host={LOOPBACK}",
            f"-Dquarkus.http.port={port}",
            "-Dquarkus.management.port=0",  # else 9000, which another may have
            "-jar",
            str(application / "quarkus-run.jar"),
        ],
        log=log,
        environ=java.environment(),
        directory=directory,
    )
    url = f"http://{LOOPBACK}:{port}/apis/ccompat/v7"
    until = time.monotonic() + START_TIMEOUT
    while not answers(f"{url}/subjects"):
        ended = child.poll() is not None
        if ended or time.monotonic() > until:
            raise RuntimeError(
                "\n".join(["Apicurio does not answer:", *process.read_tail(log, 40)])
            )
        time.sleep(0.05)
    _set_no_compatibility(url)
    child.returncode = 0  # the guard ends it
    return {"url": url}


def _set_no_compatibility(url: str) -> None:
    """Make the global rule, so that workers which set it at one time do not both create it."""
    request = urllib.request.Request(
        f"{url}/config",
        data=b'{"compatibility": "NONE"}',
        headers={"Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        assert response.status == 200


def _unpack(directory: Path) -> Path:
    (archive,) = fetch([APICURIO])
    place = directory / "application"
    shutil.rmtree(place, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(place, filter="data")
    (jar,) = place.rglob("quarkus-run.jar")
    return jar.parent
