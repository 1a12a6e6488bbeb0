"""`flowodm registry export` and `import`: ids kept, nothing twice, nothing lost."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowodm.errors import SubjectNotFound
from flowodm.registry import Reference, SchemaRegistry
from flowodm.sandbox.registry import RegistryServer
from tests.conftest import Finished
from tests.integration.registries import (
    ADDRESS,
    USER,
    CommandLine,
    command_line,
    family,
    record,
    unique,
)
from tests.integration.rogue import rogue

pytestmark = pytest.mark.integration


@pytest.fixture
def source(flowodm: Callable[..., Finished]) -> Iterator[CommandLine]:
    """A registry with references, a hole in the versions, a strange name and own settings."""
    with RegistryServer() as server, command_line(server.url, flowodm) as run:
        family(run.registry)
        for fields in ("a", "ab", "abc"):
            run.registry.register("many-value", record("M", *fields))
        run.registry.delete_version("many-value", 2)
        run.registry.register(":.eu:a/b ✓", record("S", "a"))
        run.registry.set_mode("READONLY", "many-value")
        yield run


@pytest.fixture
def target(flowodm: Callable[..., Finished]) -> Iterator[CommandLine]:
    """A registry whose ids have gone another way."""
    with RegistryServer() as server, command_line(server.url, flowodm) as run:
        yield run


def everything(run: CommandLine, path: Path) -> bytes:
    done = run("export", "--deleted", "--out", str(path))
    assert done.exit_code == 0, done
    return path.read_bytes()


@pytest.mark.parametrize("form", ["file.ndjson", "directory/"])
def test_what_arrives_is_what_was_there(
    source: CommandLine, target: CommandLine, tmp_path: Path, form: str
) -> None:
    before = everything(source, tmp_path / "before")
    archive = f"{tmp_path}/{form}"
    assert source("export", "--deleted", "--out", archive).exit_code == 0
    done = target("import", archive, "--yes")
    assert (done.exit_code, done.stdout) == (0, "7 imported, 0 there already, ids kept\n"), done
    assert everything(target, tmp_path / "after") == before


def test_a_second_import_does_nothing(
    source: CommandLine, target: CommandLine, tmp_path: Path
) -> None:
    before = everything(source, tmp_path / "a")
    for expected in ("7 imported, 0 there already, ids kept\n", "0 imported, 7 there already, ids kept\n"):  # fmt: skip
        assert target("import", str(tmp_path / "a"), "--yes").stdout == expected
    assert everything(target, tmp_path / "b") == before


def test_stdout_is_an_archive(source: CommandLine, tmp_path: Path) -> None:
    whole = everything(source, tmp_path / "a")
    assert source("export", "--deleted").stdout_bytes == whole


def test_a_part_brings_what_it_references(
    source: CommandLine, target: CommandLine, tmp_path: Path
) -> None:
    done = source("export", "order-*", "--out", str(tmp_path / "a"))
    assert "3 subjects, 3 versions exported" in done.stderr
    done = target("import", str(tmp_path / "a"), "--yes", "-o", "json")
    assert json.loads(done.stdout)["imported"] == 3


def test_a_dry_run_and_a_missing_yes_change_nothing(
    source: CommandLine, target: CommandLine, tmp_path: Path
) -> None:
    everything(source, tmp_path / "a")
    done = target("import", str(tmp_path / "a"), "--dry-run")
    assert (done.exit_code, done.stdout) == (0, "7 would be imported, 0 there already\n")
    done = target("import", str(tmp_path / "a"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert target.registry.subjects(deleted=True) == ()


def test_another_schema_in_the_way_stops_everything(
    source: CommandLine, target: CommandLine, tmp_path: Path
) -> None:
    target.registry.register("in-the-way", record("Other", "a"))
    everything(source, tmp_path / "a")
    done = target("import", str(tmp_path / "a"), "--yes", "-o", "json")
    assert done.exit_code == 3
    (conflict,) = json.loads(done.stdout)["conflicts"]
    assert conflict["reason"] == "id 1 is another schema there"
    assert target.registry.subjects() == ("in-the-way",)
    assert target.registry.mode() == "READWRITE"


def test_a_subject_gets_its_mode_back_when_the_registry_refuses(
    source: CommandLine, target: CommandLine, tmp_path: Path
) -> None:
    everything(source, tmp_path / "a")
    text = (tmp_path / "a").read_text()
    (tmp_path / "a").write_text(text.replace(r"\"type\":\"record\",\"name\":\"S\"", r"\"tüpe\":1"))
    done = target("import", str(tmp_path / "a"), "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert all(target.registry.mode(name) is None for name in target.registry.subjects())
    with pytest.raises(SubjectNotFound):
        target.registry.versions(":.eu:a/b ✓")
    (tmp_path / "a").write_text(text)
    done = target("import", str(tmp_path / "a"), "--yes")
    assert done.exit_code == 0, done


_HOST = re.compile(rb"\r\nHost: [^\r]*\r\n", re.IGNORECASE)


class _Slow:
    """A way to a registry on which the n-th registration is held up."""

    def __init__(self, url: str, stop_at: int) -> None:
        self._address = ("127.0.0.1", int(url.rpartition(":")[2]))
        self._host = (self._address[0].encode(), self._address[1])
        self._left = stop_at
        self._lock = threading.Lock()
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, connection) -> None:
        import socket

        with socket.create_connection(self._address) as behind:
            threading.Thread(target=self._back, args=(behind, connection), daemon=True).start()
            while data := connection.recv(65536):
                if data.startswith(b"POST /subjects/"):
                    with self._lock:
                        self._left -= 1
                        is_it = self._left == 0
                    if is_it:
                        self.reached.set()
                        self.go_on.wait(30)
                behind.sendall(_HOST.sub(b"\r\nHost: %s:%d\r\n" % self._host, data, count=1))

    @staticmethod
    def _back(behind, connection) -> None:
        try:
            while data := behind.recv(65536):
                connection.sendall(data)
        except OSError:
            pass


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
@pytest.mark.parametrize("stop_at", [1, 3, 5, 7])
def test_an_import_that_was_cut_off_goes_on(
    source: CommandLine,
    target: CommandLine,
    clean_environment: dict[str, str],
    tmp_path: Path,
    stop_at: int,
    signal_number: signal.Signals,
) -> None:
    before = everything(source, tmp_path / "a")
    slow = _Slow(target.url, stop_at)
    command = [sys.executable, "-m", "flowodm", "registry", "import", str(tmp_path / "a"), "--yes"]
    with rogue(slow) as way:
        named = {"SCHEMA_REGISTRY_URL": way.url, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
        with subprocess.Popen(
            command, env=clean_environment | named, stderr=subprocess.PIPE
        ) as child:
            reached = slow.reached.wait(30)
            child.send_signal(signal_number)
            slow.go_on.set()
            _, told = child.communicate(timeout=30)
        assert reached, told
    if signal_number == signal.SIGINT:
        assert child.returncode == 130, told
        names = target.registry.subjects(deleted=True)
        assert [target.registry.mode(name) for name in names] == [None] * len(names)
    done = target("import", str(tmp_path / "a"), "--yes")
    assert done.exit_code == 0, done
    assert everything(target, tmp_path / "b") == before


def test_import_mode_that_was_left_is_taken_away(
    source: CommandLine, target: CommandLine, tmp_path: Path
) -> None:
    before = everything(source, tmp_path / "a")
    assert target("import", str(tmp_path / "a"), "--yes").exit_code == 0
    name = next(name for name in target.registry.subjects() if name.startswith("user"))
    target.registry.set_mode("IMPORT", name, force=True)
    done = target("import", str(tmp_path / "a"), "--yes")
    assert f"{name}  leaves IMPORT mode" in done.stderr
    assert target.registry.mode(name) is None
    assert everything(target, tmp_path / "b") == before


def test_settings_of_the_registry_itself_need_to_be_asked_for(
    source: CommandLine, target: CommandLine, tmp_path: Path
) -> None:
    source.registry.set_mode("READONLY")
    everything(source, tmp_path / "a")
    done = target("import", str(tmp_path / "a"), "--yes")
    assert "--registry-settings" in done.stderr
    assert target.registry.mode() == "READWRITE"
    assert target("import", str(tmp_path / "a"), "--yes", "--registry-settings").exit_code == 0
    assert target.registry.mode() == "READONLY"


def test_apicurio_is_exported_and_arrives(
    apicurio_url: str, target: CommandLine, flowodm: Callable[..., Finished], tmp_path: Path
) -> None:
    with command_line(apicurio_url, flowodm) as source:
        address, user = unique("moved-address"), unique("moved-user")
        source.registry.register(address, ADDRESS)
        source.registry.register(user, USER, [Reference("n.Address", address, 1)])
        done = source("export", user, "--out", str(tmp_path / "a"))
        assert done.exit_code == 0, done
        ids = [source.registry.version(name).schema.schema_id for name in (address, user)]
    assert target("import", str(tmp_path / "a"), "--yes").exit_code == 0
    assert [target.registry.version(name).schema.schema_id for name in (address, user)] == ids


def test_a_registry_that_keeps_no_ids_is_found_out_at_the_first(
    source: CommandLine, apicurio_url: str, flowodm: Callable[..., Finished], tmp_path: Path
) -> None:
    name = unique("kept")
    with SchemaRegistryOf(source.url) as registry:
        registry.register(name, record(f"K{os.getpid()}", "a"))
    source("export", name, "--out", str(tmp_path / "a"))
    text = (tmp_path / "a").read_text().replace('"id":', '"id":10000')
    (tmp_path / "a").write_text(text)
    with command_line(apicurio_url, flowodm) as run:
        done = run("import", str(tmp_path / "a"), "--yes")
        assert (done.exit_code, done.stdout) == (1, "")
        assert "it keeps no ids" in done.stderr
        assert run.registry.mode() == "READWRITE"


def SchemaRegistryOf(url: str) -> SchemaRegistry:
    from flowodm.config import RegistryConfig

    return SchemaRegistry(RegistryConfig(url=url))
