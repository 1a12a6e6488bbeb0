"""Fixtures for every test. Nothing is started until a test asks for it."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.servers import (
    BOOTSTRAP_VARIABLE,
    REGISTRY_VARIABLE,
    TestServers,
    from_answer,
    named_servers,
    shared,
    start_kafka,
)

_RUN_VARIABLE = "FLOWODM_TEST_RUN"
"""Where this run's shared servers live; set by pytest's first process, for its workers."""

_KEPT_VARIABLES = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SYSTEMROOT",
    "VIRTUAL_ENV",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "COVERAGE_PROCESS_START",
)


# How long an example takes is the machine's business; what hangs meets the run's own bound.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


# A run in the background of a script ignores interrupts, and what it starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        run = Path(tempfile.gettempdir()) / f"flowodm-test-{uuid.uuid4().hex[:12]}"
        os.environ[_RUN_VARIABLE] = str(run)
        config.stash[_RUN_KEY] = run


_RUN_KEY = pytest.StashKey[Path]()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Wait until the guards have ended what this run shared."""
    run = config.stash.get(_RUN_KEY, None)
    if run is None or not run.exists():
        return
    until = time.monotonic() + 20
    while any(entry.is_dir() for entry in run.iterdir()) and time.monotonic() < until:
        time.sleep(0.02)
    for lock in run.glob("*.lock"):
        lock.unlink()
    run.rmdir()


def pytest_report_header(config: pytest.Config) -> list[str]:
    named = os.environ.get(BOOTSTRAP_VARIABLE)
    registry = os.environ.get(REGISTRY_VARIABLE)
    kafka = f"{named} ({BOOTSTRAP_VARIABLE})" if named else "the sandbox, Apache Kafka 4.4.0"
    embedded = f"{registry} ({REGISTRY_VARIABLE})" if registry else "the embedded one"
    return [
        f"kafka: {kafka}",
        f"registries: {embedded}, and Apicurio Registry 3.3.3",
        "servers are started when a test asks, on loopback ports; `-m unit` asks for none",
    ]


def _run_directory(name: str) -> Path:
    return Path(os.environ[_RUN_VARIABLE]) / name


@pytest.fixture(scope="session")
def sandbox() -> Iterator[TestServers]:
    """One broker and the embedded registry, for the whole session."""
    named = named_servers()
    if named is not None:
        yield named
        return
    directory = _run_directory("sandbox")
    with shared(directory, start_kafka) as answer:
        yield from_answer(directory, answer)


@pytest.fixture(scope="session")
def three_nodes() -> Iterator[TestServers]:
    """Three brokers that nobody breaks; a test that breaks some starts its own."""
    directory = _run_directory("three-nodes")
    with shared(directory, partial(start_kafka, nodes=3)) as answer:
        yield from_answer(directory, answer)


@pytest.fixture(scope="session")
def secure_sandbox() -> Iterator[TestServers]:
    """A broker with SASL_SSL, SCRAM-SHA-512 and access control lists; the config is the admin's."""
    directory = _run_directory("secure")
    with shared(directory, partial(start_kafka, secured=True)) as answer:
        yield from_answer(directory, answer)


@pytest.fixture(scope="session")
def kafka(sandbox: TestServers) -> str:
    """The bootstrap servers of the session's broker."""
    return sandbox.bootstrap_servers


@pytest.fixture(scope="session")
def registry_url(sandbox: TestServers) -> str:
    """The URL of the session's own registry."""
    url = os.environ.get(REGISTRY_VARIABLE) or sandbox.registry_url
    if url is None:
        pytest.fail(f"{BOOTSTRAP_VARIABLE} is set, and {REGISTRY_VARIABLE} is not")
    return url


@pytest.fixture(scope="session")
def apicurio_url() -> Iterator[str]:
    """The URL of Apicurio Registry's Confluent-compatible face."""
    from tests.apicurio import start_apicurio

    with shared(_run_directory("apicurio"), start_apicurio) as answer:
        yield answer["url"]


@pytest.fixture(params=["embedded", "apicurio"])
def any_registry(request: pytest.FixtureRequest) -> str:
    """The URL of each registry in turn."""
    name = "registry_url" if request.param == "embedded" else "apicurio_url"
    return str(request.getfixturevalue(name))


@pytest.fixture(scope="session")
def admin(sandbox: TestServers):
    """confluent-kafka's AdminClient on the session's broker."""
    from confluent_kafka.admin import AdminClient

    return AdminClient(dict(sandbox.client_config))


@pytest.fixture
def make_topic(admin) -> Iterator[Callable[..., str]]:
    """Create topics: `make_topic(partitions=1, config={}, prefix="test")` returns the new name."""
    from confluent_kafka.admin import NewTopic

    from tests.topics import create_topics

    made: list[str] = []

    def make(
        partitions: int = 1, config: Mapping[str, str] | None = None, prefix: str = "test"
    ) -> str:
        name = f"{prefix}-{uuid.uuid4().hex[:12]}"
        new = NewTopic(name, partitions, 1, config=dict(config or {}))
        made.append(name)
        create_topics(admin, new)
        return name

    yield make
    if made:
        for future in admin.delete_topics(made, operation_timeout=10).values():
            if future.exception(timeout=15) is not None:
                _ignore_missing(future.exception())


def _ignore_missing(error: Exception) -> None:
    from confluent_kafka import KafkaError

    if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise error


@pytest.fixture
def topic(make_topic: Callable[..., str]) -> str:
    """A new topic of one partition."""
    return make_topic()


@dataclass(frozen=True)
class Finished:
    """What a run of the command line left."""

    exit_code: int
    stdout: str
    stderr: str
    stdout_bytes: bytes

    def __repr__(self) -> str:
        return f"exit {self.exit_code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


@pytest.fixture
def clean_environment(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty home and none of the product's variables."""
    from flowodm.sandbox.jars import cache_directory

    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        # the archives that were fetched and verified; everything else of the home is empty
        "XDG_CACHE_HOME": str(cache_directory().parent),
        "PYTHONWARNINGS": "error",
    }


@pytest.fixture
def flowodm(clean_environment: dict[str, str], tmp_path: Path) -> Callable[..., Finished]:
    """Run the command line: `flowodm("tail", "x", env={}, input=b"", timeout=30)`."""

    def run(
        *arguments: str,
        env: Mapping[str, str] | None = None,
        input: bytes | str = b"",
        timeout: float = 60,
        cwd: Path | None = None,
    ) -> Finished:
        done = subprocess.run(
            [sys.executable, "-m", "flowodm", *arguments],
            env=clean_environment | dict(env or {}),
            input=input.encode() if isinstance(input, str) else input,
            capture_output=True,
            timeout=timeout,
            cwd=cwd or tmp_path,
            check=False,
        )
        return Finished(
            done.returncode,
            done.stdout.decode("utf-8", "replace"),
            done.stderr.decode("utf-8", "replace"),
            done.stdout,
        )

    return run


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a group in one worker: xdist 3.8 writes the group where pytest 9.2 no
    longer looks."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group_of(config.rootpath / nodeid.partition("::")[0]) or nodeid

    return ByGroup(config, log) if config.getvalue("dist") == "loadgroup" else None


@cache
def _group_of(module: Path) -> str | None:
    """The group that a module's `pytestmark` names."""
    found = re.search(r'xdist_group\("([\w-]+)"\)', module.read_text(encoding="utf-8"))
    return found and found[1]
