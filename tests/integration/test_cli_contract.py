"""What scripts may rely on: streams, exit codes, interrupts, and a quiet end."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flowodm.cli.app import COMMANDS, GROUPS
from tests.servers import TestServers
from tests.unit.cli.hostile import MUST_NOT_SHOW

pytestmark = pytest.mark.integration

Run = Callable[..., Any]
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def environ(clean_environment: dict[str, str], sandbox: TestServers) -> dict[str, str]:
    return clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}


@pytest.fixture
def start(clean_environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start the command line and leave it running; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str, env: dict[str, str], **options: Any) -> subprocess.Popen[bytes]:
        pipes: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "flowodm", *arguments],
            env=env,
            cwd=tmp_path,
            **pipes | options,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def refusing(clean_environment: dict[str, str]) -> dict[str, str]:
    """An environment whose broker refuses every connection."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}"}


@pytest.fixture
def silent(clean_environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """An environment whose broker accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        port = server.getsockname()[1]
        yield clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}"}


@pytest.fixture
def filled(topic: str, sandbox: TestServers) -> str:
    """A topic of 2,000 JSON records."""
    from confluent_kafka import Producer

    producer = Producer(dict(sandbox.client_config))
    for number in range(2_000):
        producer.produce(topic, json.dumps({"number": number, "pad": "x" * 200}).encode())
    assert producer.flush(30) == 0
    return topic


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(0.01)


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.path)
def test_every_commands_help_has_an_example(entry: Any, flowodm: Run) -> None:
    done = flowodm(*entry.path.split(), "--help")
    assert (done.exit_code, done.stderr) == (0, "")
    head, _, examples = done.stdout.partition("\nExamples:\n")
    # an old name of a command shows examples of new ones
    names = [other.path for other in COMMANDS if not other.hidden] if entry.hidden else [entry.path]
    assert any(f"flowodm {name}" in examples for name in names)
    assert entry.summary in head
    assert not MUST_NOT_SHOW & set(done.stdout)


@pytest.mark.parametrize("group", GROUPS)
def test_every_groups_help_has_an_example(group: str, flowodm: Run) -> None:
    done = flowodm(group, "--help")
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"flowodm {group} " in done.stdout.partition("\nExamples:\n")[2]


def test_a_usage_error_is_exit_2_with_nothing_on_stdout(flowodm: Run) -> None:
    for arguments in (["tail"], ["tial"], ["tail", "t", "--offset", "x"], ["topics", "lst"]):
        done = flowodm(*arguments)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) <= 5


@pytest.mark.parametrize(
    "arguments",
    [
        *(("tail", "t"), ("tail", "t", "-e"), ("topics", "list")),
        *(("dlq", "list"), ("dlq", "list", "t"), ("dlq", "replay", "t", "--execute")),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("kind", ["refusing", "silent"])
def test_no_broker_is_exit_1_within_five_seconds(
    kind: str, arguments: tuple[str, ...], flowodm: Run, request: pytest.FixtureRequest
) -> None:
    environ = request.getfixturevalue(kind)
    began = time.monotonic()
    done = flowodm(*arguments, env=environ)
    took = re.search(r"([0-9.]+) s\)", done.stderr)
    assert took is not None, done.stderr
    assert float(took[1]) <= 5
    assert time.monotonic() - began < 15  # the start of a process on a busy machine is in it
    assert (done.exit_code, done.stdout) == (1, "")
    assert environ["KAFKA_BOOTSTRAP_SERVERS"] in done.stderr
    assert "flowodm " in done.stderr  # the next command to try
    assert len(done.stderr.splitlines()) <= 5


@pytest.mark.parametrize("kind", ["refusing", "silent"])
@pytest.mark.parametrize(
    "arguments",
    [
        *(("tail", "t"), ("tail", "t", "-e"), ("topics", "list")),
        *(("dlq", "list"), ("dlq", "list", "t"), ("dlq", "replay", "t", "--execute")),
    ],
    ids=" ".join,
)
def test_an_interrupt_without_a_broker_is_exit_130_at_once(
    kind: str, arguments: tuple[str, ...], start: Start, request: pytest.FixtureRequest
) -> None:
    process = start(*arguments, env=request.getfixturevalue(kind))
    until(lambda: _is_connecting(process.pid))
    assert _interrupted(process) < 2.5  # one, and what a busy machine adds
    assert process.returncode == 130
    assert process.stdout is not None
    assert process.stdout.read() == b""


def test_an_interrupt_while_following_is_exit_130_and_a_summary(
    start: Start, filled: str, environ: dict[str, str]
) -> None:
    process = start("tail", filled, "--offset", "start", env=environ)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2_000)]
    assert json.loads(lines[-1])["payload"]["number"] == 1_999
    assert _interrupted(process) < 2.5  # one, and what a busy machine adds
    assert process.returncode == 130
    assert process.stderr is not None
    assert process.stderr.read() == b"2,000 read\n"


def test_head_ends_quietly(start: Start, filled: str, environ: dict[str, str]) -> None:
    process = start("tail", filled, "-e", env=environ)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == 0
    assert process.stderr.read() == b""


def test_following_ends_when_its_reader_has_left(
    start: Start, filled: str, environ: dict[str, str]
) -> None:
    process = start("tail", filled, "--offset", "-1", env=environ)
    assert process.stdout is not None
    assert process.stderr is not None
    assert b'"number": 1999' in process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == 0
    assert process.stderr.read() == b""


def test_a_closed_stdout_is_one_line(filled: str, environ: dict[str, str], tmp_path: Path) -> None:
    for arguments in (f"tail {filled} -e", "topics list", "--help", "topics --help", "--version"):
        done = subprocess.run(
            ["sh", "-c", f'exec "$0" -m flowodm {arguments} >&-', sys.executable],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr == "error: cannot write the output: standard output is closed\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only where there is a full device")
def test_a_full_disk_is_one_line(filled: str, environ: dict[str, str], tmp_path: Path) -> None:
    for arguments in (f"tail {filled} -e", "topics list", "--help", "topics --help", "--version"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "flowodm", *arguments.split()],
                env=environ,
                cwd=tmp_path,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert done.returncode == 1
        assert done.stderr == "error: cannot write the output: No space left on device\n"


def test_an_unknown_topic_is_named_with_a_near_one(
    make_topic: Callable[..., str], flowodm: Run, environ: dict[str, str]
) -> None:
    topic = make_topic(prefix="user-events")
    done = flowodm("tail", topic[:-1], "-e", env=environ)
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"`{topic[:-1]}`" in done.stderr
    assert f"did you mean `{topic}`?" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "--context {c} tail {t} -e -q",
        "tail --context {c} {t} -e -q",
        "-q tail {t} -e --context {c}",
    ],
)
def test_global_options_stand_before_and_after_the_command(
    arguments: str, filled: str, flowodm: Run, sandbox: TestServers, tmp_path: Path
) -> None:
    (tmp_path / "flowodm.yaml").write_text(
        "version: 1\ncontexts:\n"
        f"  here: {{bootstrap_servers: '{sandbox.bootstrap_servers}'}}\n"
        "  there: {bootstrap_servers: 'localhost:1'}\n"
    )
    done = flowodm(*arguments.format(c="here", t=filled).split())
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2_000


def test_librdkafka_settings_can_be_set(flowodm: Run, environ: dict[str, str], topic: str) -> None:
    done = flowodm("tail", topic, "-e", "--set", "debug=metadata", "-vv", env=environ)
    assert done.exit_code == 0
    assert "metadata" in done.stderr.lower()
    assert flowodm("tail", topic, "-e", "--set", "debug", env=environ).exit_code == 2


def test_logs_stay_off_without_verbose(flowodm: Run, environ: dict[str, str], topic: str) -> None:
    done = flowodm("tail", topic, "-e", "--set", "debug=all", env=environ)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "0 read\n")


def _interrupted(process: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(20)
    return time.monotonic() - began


def _is_connecting(pid: int) -> bool:
    """Whether the process has come so far that a thread of librdkafka runs in it."""
    tasks = Path(f"/proc/{pid}/task")
    names = [_read(task / "comm") for task in tasks.iterdir()] if tasks.exists() else []
    return any(name.startswith("rdk:") for name in names)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
