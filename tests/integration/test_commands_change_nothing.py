"""Every command that only reads, and every preview of one that changes, changes nothing.

The broker creates what it is asked for by name, and each command is given names that are there and
names that are not. The commands come from the table: a new one without a case here fails.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm.cli.app import COMMANDS
from flowodm.config import RegistryConfig
from flowodm.registry import SchemaRegistry
from flowodm.sandbox import Sandbox
from tests.cluster_state import digest, state_of
from tests.conftest import Finished
from tests.inside import run_inside
from tests.integration.consumer_groups import commit, fill
from tests.servers import wait_until
from tests.topics import create_topics

# One cluster for all of them; the program of a manifest is imported into this process.
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("change-nothing")]

THERE = "there"
"""A topic, a group, and the start of a subject and of a topic of dead letters."""
MISSING = "no-such"
SCHEMA = '{"type": "record", "name": "There", "fields": [{"name": "id", "type": "long"}]}'
NEXT = SCHEMA.replace("]}", ', {"name": "note", "type": "string", "default": ""}]}')
MODULE = """
from flowodm import FlowBaseModel


class {name}(FlowBaseModel):
    class Settings:
        topic = "{topic}"

    id: int


def handle(one: {name}) -> None:
    raise AssertionError("it was only looked at")
"""
MANIFEST = """
version: 1
loops:
  - {{name: one, model: "{module}:{name}", handler: "{module}:handle", group: {group}}}
"""
PROJECT = """
version: 1
topics:
  there: {partitions: 3, config: {retention.ms: 7d}, value: there.avsc}
  no-such: {partitions: 1, replication_factor: 1, value: there.avsc}
"""

CASES: dict[str, tuple[str, ...]] = {  # with `!`: it fails, and leaves no trace either
    "tail": (
        "there -e",
        "there -n 2 -o ndjson -e",
        "there --since 1h -e --where offset>=0",
        "! no-such -e",
        "! no-such -f --idle-timeout 300ms",
        "! --regex no-such.* -e",
    ),
    "produce": ("there --file lines.ndjson --dry-run", "! no-such --file lines.ndjson --dry-run"),
    "run": (
        "there.yaml --check",
        "there.yaml --dry-run",
        "no-such.yaml --check",
        "! no-such.yaml --dry-run",
        "! not-there.yaml",
        "--schema",
    ),
    "tui": ("! there", "! no-such", "! --write"),  # off a terminal; its sources have tests
    "plan": ("", "! not-there.yaml"),
    "drift": ("", "! not-there.yaml"),
    "apply": ("! not-there.yaml",),
    "topics list": ("", "no-such", "no-such* there --all -o json", "--regex no-such -o wide"),
    "topics describe": ("there", "there --all-configs -o json", "! no-such"),
    "topics create": ("no-such --partitions 3 --dry-run", "! there --dry-run"),
    "topics alter": ("there --partitions 9 --dry-run", "! no-such --partitions 9 --dry-run"),
    "topics delete": ("there --dry-run", "! no-such --dry-run"),
    "topics purge": ("there --to end --dry-run", "! no-such --to end --dry-run"),
    "groups list": ("", "no-such", "--regex no-such"),
    "groups describe": ("there", "! no-such"),
    "groups lag": ("", "there --max-lag 0", "! no-such"),
    "groups reset": (
        "there --topic there --to start",
        "! there --topic no-such --to start",
        "! no-such --topic there --to start",
    ),
    "groups delete": ("there --dry-run", "! no-such --dry-run"),
    "registry list": ("", "no-such"),
    "registry show": ("there-value", "! no-such-value"),
    "registry register": (
        "next.avsc -s there-value --dry-run",
        "next.avsc -s no-such-value --dry-run",
    ),
    "registry check": (
        "next.avsc -s there-value --against-topic there",
        "! next.avsc -s no-such-value --against-topic no-such",
    ),
    "registry delete": ("there-value --dry-run", "! no-such-value --dry-run"),
    "registry config": (
        "",
        "there-value",
        "no-such-value",
        "there-value FULL --dry-run",
        "no-such-value FULL --dry-run",
    ),
    "registry mode": ("", "there-value", "no-such-value", "there-value READONLY --dry-run"),
    "registry refs": ("there-value", "! no-such-value"),
    "registry export": ("--out out.ndjson", "no-such", "--deleted"),
    "registry import": ("exported.ndjson --dry-run", "! not-there.ndjson --dry-run"),
    "registry diff": ("there-value 1 latest", "! no-such-value", "there-value next.avsc"),
    "schema validate": ("there.avsc", "there-value@latest", "! no-such-value@latest"),
    "schema check": ("next.avsc there-value@latest", "! next.avsc no-such-value@1"),
    "schema diff": ("there-value@1 next.avsc", "! no-such-value@1 next.avsc"),
    "schema fingerprint": ("there-value@latest", "! no-such-value@latest"),
    "schema format": ("there-value@latest", "! no-such-value@latest"),
    "models generate": (
        "there-value@latest --out made.py --topic no-such",
        "! no-such-value@latest --out made.py",
    ),
    "models schema": ("there_model:There", "! no_such_model:Nothing"),
    "models check": (
        "there_model:There there-value@latest",
        "! no_such_topic:Missing no-such-value@latest",
    ),
    "dlq list": ("", "there-dlt", "! no-such-dlt"),
    "dlq show": ("there-dlt", "! no-such-dlt"),
    "dlq replay": ("there-dlt", "! there-dlt --to no-such", "! no-such-dlt"),
    "list-subjects": ("",),
    "get-schema": ("there-value", "! no-such-value"),
    "upload-schema": ("next.avsc -s no-such-value --dry-run",),
    "check-compatibility": ("next.avsc -s there-value", "next.avsc -s no-such-value"),
    "validate": ("there.avsc", "--models there_model --registry"),
    "context list": ("",),
    "context show": ("", "! no-such"),
    "doctor": ("", "! --context no-such"),
    "sandbox status": ("",),
}

ELSEWHERE = {
    "context use": "writes the user's own file",
    "context add": "writes the user's own file",
    "context trust": "writes the user's own file",
    "sandbox up": "starts a cluster of its own",
    "sandbox down": "ends a cluster of its own",
    "demo": "has a cluster of its own",
}
"""Commands without a reading of any cluster that is there already."""


class Servers(NamedTuple):
    admin: AdminClient
    registry: SchemaRegistry
    environ: dict[str, str]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with Sandbox(properties={"auto.create.topics.enable": "true"}) as sandbox:
        config, url = sandbox.client_config, str(sandbox.registry_url)
        admin = AdminClient(dict(config))
        create_topics(
            admin,
            NewTopic(THERE, 2, 1, config={"retention.ms": "86400000"}),
            NewTopic(f"{THERE}-dlt", 1, 1),
        )
        with SchemaRegistry(RegistryConfig(url=url)) as registry:
            number = registry.register(f"{THERE}-value", SCHEMA).schema_id
            framed = b"\0" + number.to_bytes(4, "big") + b"\x02"
            fill(config, THERE, {0: 5}, value=framed)
            headers = {"kafka_dlt-original-topic": b"there"}
            fill(config, f"{THERE}-dlt", {0: 3}, value=framed, headers=headers)
            commit(config, THERE, THERE, {0: 2})
            environ = {
                "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
                "SCHEMA_REGISTRY_URL": url,
            }
            yield Servers(admin, registry, environ)
        # The broker does what it is told to: without this, nothing here could fail.
        eager = AdminClient({**config, "allow.auto.create.topics": "true"})

        def is_made() -> bool:
            eager.list_topics("made-by-asking", timeout=30)
            return "made-by-asking" in eager.list_topics(timeout=30).topics

        wait_until(is_made, seconds=30)


@pytest.fixture
def command(
    servers: Servers,
    clean_environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Finished]:
    """Run a command line in this process, in a project with all the files of the cases."""
    monkeypatch.syspath_prepend(str(tmp_path))
    files = {
        "there.avsc": SCHEMA,
        "next.avsc": NEXT,
        "lines.ndjson": '{"id": 7}\n',
        "there_model.py": MODULE.format(name="There", topic=THERE),
        "no_such_topic.py": MODULE.format(name="Missing", topic=MISSING),
        "there.yaml": MANIFEST.format(module="there_model", name="There", group=f"{THERE}-new"),
        "no-such.yaml": MANIFEST.format(module="no_such_topic", name="Missing", group=MISSING),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    def run_(line: str) -> Finished:
        return run_inside(line.split(), tmp_path, clean_environment | servers.environ)

    return run_


def test_every_command_has_a_case() -> None:
    paths = {entry.path for entry in COMMANDS}
    assert paths - CASES.keys() - ELSEWHERE.keys() == set()
    assert CASES.keys() & ELSEWHERE.keys() == set()


@pytest.mark.parametrize("path", [entry.path for entry in COMMANDS if entry.path in CASES])
def test_what_only_reads_changes_nothing(
    path: str, command: Callable[..., Finished], servers: Servers, tmp_path: Path
) -> None:
    if path in ("plan", "drift", "apply"):
        (tmp_path / "flowodm.yaml").write_text(PROJECT)
    if path == "registry import":
        assert command("registry export --out exported.ndjson").exit_code == 0
    before = state_of(servers.admin, servers.registry)
    for line in CASES[path]:
        done = command(f"{path} {line.removeprefix('! ')}")
        assert "This is a bug" not in done.stderr, done
        assert done.exit_code in ((1, 2) if line.startswith("! ") else (0, 3)), (line, done)
    after = state_of(servers.admin, servers.registry)
    assert after == before  # says what; the next line is the whole of it
    assert digest(after) == digest(before)
