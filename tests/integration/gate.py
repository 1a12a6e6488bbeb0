"""A cluster to be changed, what it looks like as a whole, and every command that would change it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka.admin import (
    AdminClient,
    NewTopic,
)

from flowodm.config import RegistryConfig
from flowodm.registry import SchemaRegistry
from flowodm.sandbox import Sandbox
from tests import cluster_state
from tests.dead_letters import Letter, produce_letters, spring_headers
from tests.integration.consumer_groups import commit, fill
from tests.integration.registries import record
from tests.topics import create_topics

__all__ = ["CASES", "CHANGES_NOTHING", "Case", "Place", "state_of"]


@dataclass(frozen=True, slots=True)
class Case:
    """One command that changes something; words in capitals stand for names of a `Place`."""

    words: str
    internal: str | None
    """The same, for what is Kafka's or the registry's own; None where nothing such can be named."""
    is_asked: bool
    """Whether it has to be confirmed in every context, and not in a protected one alone."""


CASES = {
    "tail": Case("tail TOPIC -g AUDIT -e", "tail __consumer_offsets -g AUDIT -e", False),
    "produce": Case(
        "produce TOPIC --file values --value-format text",
        "produce __mine --file values --value-format text",
        False,
    ),
    "run": Case("run loops.yaml --burst", "run internal.yaml --burst", False),
    "dlq replay": Case(
        "dlq replay LETTERS --execute", "dlq replay LETTERS --to __mine --execute", False
    ),
    "topics create": Case("topics create NEW", "topics create __mine", False),
    "topics alter": Case(
        "topics alter TOPIC -s retention.ms=1h --partitions 4",
        "topics alter __consumer_offsets -s retention.ms=1h",
        True,
    ),
    "topics purge": Case(
        "topics purge TOPIC --to 1", "topics purge __consumer_offsets --to end", True
    ),
    "groups reset": Case(
        "groups reset GROUP --topic TOPIC --to end --execute",
        "groups reset GROUP --topic __consumer_offsets --to end --execute",
        True,
    ),
    "groups delete": Case("groups delete GROUP", None, True),
    "registry register": Case(
        "registry register next.avsc -s SUBJECT", "registry register next.avsc -s __x-value", True
    ),
    "upload-schema": Case(
        "upload-schema next.avsc -s TOPIC-key", "upload-schema next.avsc -s _schemas-value", True
    ),
    "registry config": Case(
        "registry config SUBJECT NONE", "registry config :.mine:__x-value NONE", True
    ),
    "registry mode": Case("registry mode SUBJECT READONLY", "registry mode __x READONLY", True),
    "registry import": Case(
        "registry import archive.ndjson", "registry import internal.ndjson", True
    ),
    "registry delete": Case("registry delete OLD", "registry delete __x-value", True),
    "apply": Case("apply declared.yaml", None, True),
    "topics delete": Case("topics delete TOPIC", "topics delete __consumer_offsets", True),
}
"""By the command's place in the table, in an order in which all of them can be done."""

CHANGES_NOTHING = frozenset(
    {
        *("topics list", "topics describe", "groups list", "groups describe", "groups lag"),
        *("registry list", "registry show", "registry check", "registry refs", "registry export"),
        *("registry diff", "dlq list", "dlq show", "doctor", "plan", "drift"),
        "tui",  # with `--write` it changes things: its own tests hold that against the gate
        *("list-subjects", "get-schema", "check-compatibility", "validate"),
        *("schema validate", "schema check", "schema diff", "schema fingerprint", "schema format"),
        *("models generate", "models schema", "models check"),
        *("context list", "context show", "context use", "context add", "context trust"),
        *("sandbox up", "sandbox status", "sandbox down", "demo"),
    }
)
"""Commands that change no cluster and no registry, or only those that they started themselves."""

_HANDLERS = """
from flowodm import FlowBaseModel

class Event(FlowBaseModel):
    class Settings:
        topic = "{topic}"
        value_serializer = "json"
        consumer_group = "{topic}-loop"
    n: int

def handle(event): ...
"""

_CONTEXTS = {
    "usual": {},
    "fixed": {"read_only": True},
    "guarded": {"protected": True},
    "elsewhere": {"cluster_id": "another"},
}


class Place:
    """A topic, a group, dead letters and subjects, and a project that knows their names.

    Args:
        sandbox: Where they are made.
        name: What their names begin with.
        directory: The project's; it is made.
    """

    def __init__(self, sandbox: Sandbox, name: str, directory: Path) -> None:
        self.sandbox = sandbox
        self.directory = directory
        self.topic, self.new, self.letters = name, f"{name}-new", f"{name}-dlt"
        self.group, self.audit = f"{name}-billing", f"{name}-audit"
        self.subject, self.old = f"{name}-value", f"{name}-old-value"
        self._fill()
        directory.mkdir()
        for file, text in self._files().items():
            (directory / file).write_text(text)

    def arguments(self, words: str) -> list[str]:
        """Put the names into the words of a command."""
        names = {
            "TOPIC": self.topic,
            "TOPIC-key": f"{self.topic}-key",
            "NEW": self.new,
            "LETTERS": self.letters,
            "GROUP": self.group,
            "AUDIT": self.audit,
            "SUBJECT": self.subject,
            "OLD": self.old,
        }
        return [names.get(word, word) for word in words.split()]

    def _fill(self) -> None:
        config = self.sandbox.client_config
        admin = AdminClient(dict(config))
        create_topics(admin, NewTopic(self.topic, 3, 1), NewTopic(self.letters, 1, 1))
        fill(config, self.topic, {0: 4, 1: 3})
        commit(config, self.group, self.topic, {0: 2})
        letter = Letter(b"k", b"{}", tuple(spring_headers(self.topic, 0, 0)), partition=0)
        produce_letters(config, self.letters, [letter])
        with SchemaRegistry(RegistryConfig(url=self.sandbox.registry_url)) as registry:
            registry.register(self.subject, record("R", "a"))
            registry.register(self.old, record("Old", "a"))

    def _files(self) -> dict[str, str]:
        loop = {"name": "a", "handler": "handlers:handle", "on_failure": "skip"}
        internal = {"topic": "__mine", "group": "g", "subject": self.subject}
        shared = {
            "bootstrap_servers": self.sandbox.bootstrap_servers,
            "schema_registry": {"url": self.sandbox.registry_url},
        }
        contexts = {name: shared | more for name, more in _CONTEXTS.items()}
        project = {"version": 1, "contexts": contexts}
        return {
            "flowodm.yaml": json.dumps(project),
            "declared.yaml": json.dumps(project | {"topics": {f"{self.topic}-declared": {}}}),
            "declared-internal.yaml": json.dumps(project | {"topics": {"__mine": {}}}),
            "values": "one\ntwo\n",
            "next.avsc": record("R", "a", "b"),
            "handlers.py": _HANDLERS.format(topic=self.topic),
            "loops.yaml": json.dumps({"loops": [loop | {"model": "handlers:Event"}]}),
            "internal.yaml": json.dumps({"loops": [loop | internal]}),
            "archive.ndjson": _archive(f"{self.topic}-moved-value"),
            "internal.ndjson": _archive("__x-value"),
        }


def _archive(subject: str) -> str:
    version = {
        "kind": "version",
        "subject": subject,
        "version": 1,
        "id": 70_000 + len(subject),
        "type": "AVRO",
        "deleted": False,
        "references": [],
        "schema": record("Moved", "a"),
    }
    lines = [
        {"flowodm": "registry", "format": 1},
        version,
        {"kind": "end", "versions": 1},
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def state_of(sandbox: Sandbox) -> dict[str, Any]:
    """Everything that a command could have changed, asked of the servers by other means."""
    with SchemaRegistry(RegistryConfig(url=sandbox.registry_url)) as registry:
        return cluster_state.state_of(AdminClient(dict(sandbox.client_config)), registry)
