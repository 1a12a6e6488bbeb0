"""`flowodm demo`, as a newcomer runs it."""

import os
import pty
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from flowodm.cli.app import COMMANDS
from flowodm.groups import read_groups
from flowodm.sandbox import process
from flowodm.sandbox.demo import ReadingGroup
from tests.conftest import Finished
from tests.models import connection_to
from tests.raw_produce import RawRecord, produce_raw
from tests.servers import TestServers, wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def scratch(tmp_path: Path, clean_environment: dict[str, str]) -> Path:
    """A system temporary directory of the demo's own."""
    place = tmp_path / "scratch"
    place.mkdir()
    clean_environment["TMPDIR"] = str(place)
    return place


def left_behind(scratch: Path, environment: dict[str, str]) -> list[str]:
    """List the files outside the caches, and the processes, that are still there."""
    found = [
        os.path.join(place, name)
        for top in (scratch, environment["HOME"])
        for place, folders, files in os.walk(top)  # bears what is removed meanwhile
        for name in (*folders, *files)
    ]
    running = [each for entry in scratch.iterdir() for each in process.find(entry)]
    return [*found, *map(str, running)]


def test_off_a_terminal_it_ends_by_itself_and_leaves_nothing(
    flowodm: Callable[..., Finished], scratch: Path, clean_environment: dict[str, str]
) -> None:
    done = flowodm("demo")
    assert done.exit_code == 0, done
    heads = re.findall(r"^(?:user-events|payments|readings)  \d:\d+  .*$", done.stdout, re.M)
    assert len(heads) == 21
    assert sum("not decoded" in head for head in heads) == 1
    assert sum("tombstone" in head for head in heads) == 1
    for version in ("UserEvent v1", "UserEvent v2", "UserEvent v3", "Payment v2", "Reading v2"):
        assert version in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert left_behind(scratch, clean_environment) == []


def test_each_command_that_it_shows_exists(flowodm: Callable[..., Finished]) -> None:
    done = flowodm("demo", "--records", "1")
    assert done.exit_code == 0, done
    shown = re.findall(r"^(?:\$|  ) ?flowodm (.+?)(?=   |$)", done.stdout, re.M)
    assert len(shown) == 6
    for line in shown:
        assert any(f"{line} ".startswith(f"{entry.path} ") for entry in COMMANDS), line


def test_nobodys_configuration_has_a_say_in_it(
    flowodm: Callable[..., Finished], tmp_path: Path
) -> None:
    (tmp_path / "flowodm.yaml").write_text("version: 1\nthis is: [not, yaml")
    env = {
        "KAFKA_BOOTSTRAP_SERVERS": "production.invalid:9092",
        "KAFKA_SASL_PASSWORD": "secret",
        "SCHEMA_REGISTRY_URL": "http://production.invalid:8081",
        "FLOWODM_CONTEXT": "production",
        "FLOWODM_READ_ONLY": "true",
    }
    done = flowodm("demo", "--records", "2", env=env)
    assert done.exit_code == 0, done
    assert "production" not in done.stdout + done.stderr


@contextmanager
def started(environment: dict[str, str], **streams: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a demo that goes on until something ends it."""
    program = subprocess.Popen(
        [sys.executable, "-m", "flowodm", "demo", "--records", "9999"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **streams,
    )
    try:
        yield program
    finally:
        program.kill()
        program.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_it_is_ended_while_it_tails(
    number: signal.Signals, scratch: Path, clean_environment: dict[str, str]
) -> None:
    with started(clean_environment, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        with program.stdout:
            for line in program.stdout:
                if line.startswith(b"user-events  "):
                    break
            program.send_signal(number)
            code = program.wait(15)
    assert code == (130 if number == signal.SIGINT else -number)
    wait_until(lambda: not left_behind(scratch, clean_environment))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_it_is_ended_while_it_starts(
    number: signal.Signals, scratch: Path, clean_environment: dict[str, str]
) -> None:
    with started(clean_environment, stdout=subprocess.DEVNULL) as program:
        wait_until(lambda: any(process.find(entry) for entry in scratch.iterdir()))
        program.send_signal(number)
        code = program.wait(15)
    assert code == (130 if number == signal.SIGINT else -number)
    wait_until(lambda: not left_behind(scratch, clean_environment))


def test_a_reader_that_leaves_ends_it_quietly(
    scratch: Path, clean_environment: dict[str, str]
) -> None:
    command = f"{sys.executable} -m flowodm demo --records 60 | head -3"
    done = subprocess.run(
        ["sh", "-c", command], env=clean_environment, capture_output=True, timeout=60, check=True
    )
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == b""
    wait_until(lambda: not left_behind(scratch, clean_environment))


def test_on_a_terminal_it_goes_on_in_colour_until_ctrl_c(
    scratch: Path, clean_environment: dict[str, str]
) -> None:
    main, terminal = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "flowodm", "demo"],
        env=clean_environment | {"TERM": "xterm-256color"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    try:
        while shown.count(b"trace-id") < 14:  # 20 records would not hold as many
            shown += os.read(main, 65536)
        program.send_signal(signal.SIGINT)
        with suppress(OSError):  # how a terminal says that nobody writes to it any more
            while part := os.read(main, 65536):
                shown += part
        assert program.wait(15) == 0
    finally:
        program.kill()
        program.wait()
        os.close(main)
    assert b"\x1b[" in shown
    assert b"Three things to try next" in shown
    last = re.sub(rb"\x1b\[[0-9;]*m", b"", shown.split(b"to try next:")[1])
    assert max(len(line) for line in last.splitlines()) <= 80
    wait_until(lambda: not left_behind(scratch, clean_environment))


def test_the_group_of_the_live_demo_commits_what_it_reads_and_leaves_with_it(
    sandbox: TestServers, make_topic: Callable[..., str]
):
    topic, name = make_topic(prefix="shop"), f"shop-{uuid.uuid4().hex[:8]}"
    produce_raw(sandbox.bootstrap_servers, topic, [RawRecord(value=b"1")] * 10)
    with connection_to(sandbox.bootstrap_servers, None) as connection:

        def standing() -> tuple[str, int | None] | None:
            groups = [group for group in read_groups(connection).groups if group.name == name]
            return (groups[0].state, groups[0].lag) if groups else None

        with ReadingGroup(connection, name, [topic]):
            wait_until(lambda: standing() == ("stable", 0), seconds=60, what="the group reads")
        assert standing() == ("empty", 0)
