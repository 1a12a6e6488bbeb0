"""Every endpoint answers, in its own shape."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from flowodm.sandbox.registry import endpoints
from tests.integration.registry_conformance.asking import AskedRegistry, record

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("registry-conformance")]

FIRST, SECOND, THIRD = record("a"), record("a", "b"), record("a", "b", "c")
HOLDER = '{"type":"record","name":"H","fields":[{"name":"r","type":"R"}]}'


Shown: TypeAlias = Callable[[Any, dict[str, Any]], Any]


@dataclass(frozen=True)
class Ask:
    """A request on a subject of two versions, the first of them referenced by a holder.

    In the path and in what is wanted, `{s}` is the subject, `{id}` the first version's id,
    `{holder}` the id of the schema that references it.
    """

    endpoint: str
    method: str
    path: str
    wanted: Any
    body: Any = None
    shown: Shown = lambda document, names: document
    """The part of the answer that is compared."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def only(*names: str) -> Shown:
    """Of an object, some members."""
    return lambda document, _: {name: document.get(name) for name in names}


def member(name: str) -> Shown:
    return lambda document, _: document[name]


def has(wanted: object) -> Shown:
    return lambda document, names: filled(wanted, names) in document


def two_names(document: Any, names: dict[str, Any]) -> bool:
    return document == [names["s"], f"{names['s']}-holder"]


def length(document: Any, names: dict[str, Any]) -> int:
    return len(document)


VERSION = only("subject", "version", "id", "schema")
ONE = {"subject": "{s}", "version": 1, "id": "{id}", "schema": FIRST}
SCHEMA = {"schema": THIRD}
V = "/subjects/{s}/versions"
ASKED = (
    Ask("/", "GET", "/", True, shown=lambda document, _: isinstance(document, dict)),
    Ask("/v1/metadata/id", "GET", "/v1/metadata/id", True, shown=has("scope")),
    Ask("/v1/metadata/version", "GET", "/v1/metadata/version", True, shown=has("version")),
    Ask("/contexts", "GET", "/contexts", True, shown=has(".")),
    Ask("/associations/resources/{}/{}", "GET", "/associations/resources/-/{s}", []),
    Ask("/subjects", "GET", "/subjects", True, shown=has("{s}")),
    Ask("/subjects", "GET", "/subjects?subjectPrefix={s}", True, shown=two_names),
    Ask("/subjects", "GET", "/subjects?offset=1&limit=1", 1, shown=length),
    Ask("/subjects/{}", "POST", "/subjects/{s}", ONE, {"schema": FIRST}, VERSION),
    Ask("/subjects/{}", "DELETE", "/subjects/{s}-holder", [1]),
    Ask("/subjects/{}/metadata", "GET", "/subjects/{s}/metadata", 2, shown=member("version")),
    Ask("/subjects/{}/versions", "GET", V, [1, 2]),
    Ask("/subjects/{}/versions", "GET", f"{V}?offset=1&limit=1", [2]),
    Ask("/subjects/{}/versions", "POST", V, True, SCHEMA, has("id")),
    Ask("/subjects/{}/versions", "POST", f"{V}?normalize=true", True, SCHEMA, has("id")),
    Ask("/subjects/{}/versions/{}", "GET", f"{V}/1", ONE, shown=VERSION),
    Ask("/subjects/{}/versions/{}", "GET", f"{V}/latest", 2, shown=member("version")),
    Ask("/subjects/{}/versions/{}", "GET", f"{V}/-1", 2, shown=member("version")),
    Ask("/subjects/{}/versions/{}", "DELETE", f"{V}/2", 2),
    Ask("/subjects/{}/versions/{}", "DELETE", f"{V}/latest", 2),
    Ask("/subjects/{}/versions/{}/schema", "GET", f"{V}/1/schema", json.loads(FIRST)),
    Ask("/subjects/{}/versions/{}/referencedby", "GET", f"{V}/1/referencedby", ["{holder}"]),
    Ask("/schemas", "GET", "/schemas?subjectPrefix={s}", 3, shown=length),
    Ask("/schemas", "GET", "/schemas?subjectPrefix={s}&latestOnly=true", 2, shown=length),
    Ask("/schemas/types", "GET", "/schemas/types", True, shown=has("AVRO")),
    Ask("/schemas/ids/{}", "GET", "/schemas/ids/{id}", {"schema": FIRST}, shown=only("schema")),
    Ask("/schemas/ids/{}", "GET", "/schemas/ids/{id}?fetchMaxId=true", True, shown=has("maxId")),
    Ask("/schemas/ids/{}/schema", "GET", "/schemas/ids/{id}/schema", json.loads(FIRST)),
    Ask("/schemas/ids/{}/subjects", "GET", "/schemas/ids/{id}/subjects", True, shown=has("{s}")),
    Ask(
        "/schemas/ids/{}/versions",
        "GET",
        "/schemas/ids/{id}/versions",
        True,
        shown=has({"subject": "{s}", "version": 1}),
    ),
    Ask("/schemas/guids/{}", "GET", "/schemas/guids/{guid}", FIRST, shown=member("schema")),
    Ask(
        "/compatibility/subjects/{}/versions",
        "POST",
        "/compatibility/subjects/{s}/versions",
        {"is_compatible": True},
        SCHEMA,
        only("is_compatible"),
    ),
    Ask(
        "/compatibility/subjects/{}/versions/{}",
        "POST",
        "/compatibility/subjects/{s}/versions/latest?normalize=True&verbose=True",
        {"is_compatible": True, "messages": []},
        SCHEMA,
        only("is_compatible", "messages"),
    ),
    Ask("/config", "GET", "/config", {"compatibilityLevel": "BACKWARD"}),
    Ask(
        "/config",
        "PUT",
        "/config",
        {"compatibility": "BACKWARD"},
        {"compatibility": "BACKWARD"},
        only("compatibility"),
    ),
    Ask("/config", "DELETE", "/config", {"compatibilityLevel": "BACKWARD"}),
    Ask(
        "/config/{}",
        "GET",
        "/config/{s}?defaultToGlobal=true",
        {"compatibilityLevel": "BACKWARD"},
    ),
    Ask(
        "/config/{}",
        "PUT",
        "/config/{s}",
        {"compatibility": "FULL"},
        {"compatibility": "FULL"},
        only("compatibility"),
    ),
    Ask("/config/{}", "DELETE", "/config/{s}-holder", {"compatibilityLevel": "FORWARD"}),
    Ask("/mode", "GET", "/mode", {"mode": "READWRITE"}),
    Ask("/mode", "PUT", "/mode", {"mode": "READWRITE"}, {"mode": "READWRITE"}),
    Ask("/mode", "DELETE", "/mode", {"mode": "READWRITE"}),
    Ask("/mode/{}", "GET", "/mode/{s}?defaultToGlobal=true", {"mode": "READWRITE"}),
    Ask("/mode/{}", "PUT", "/mode/{s}", {"mode": "READONLY"}, {"mode": "READONLY"}),
    Ask("/mode/{}", "DELETE", "/mode/{s}-holder", {"mode": "READWRITE"}),
)


@pytest.fixture
def names(registry: AskedRegistry, subject: str) -> dict[str, Any]:
    """What stands in the requests for a subject that is there."""
    first = registry.register(subject, FIRST)
    registry.register(subject, SECOND)
    reference = {"name": "R", "subject": subject, "version": 1}
    holder = registry.register(f"{subject}-holder", HOLDER, references=[reference])
    return {
        "s": subject,
        "id": first["id"],
        "holder": holder["id"],
        "guid": registry.ask("GET", f"/schemas/ids/{first['id']}").document.get("guid", "none"),
    }


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_every_endpoint_answers(
    registry: AskedRegistry, at_backward: None, names: dict[str, Any], asked: Ask
) -> None:
    if asked.method == "DELETE" and asked.endpoint in ("/config/{}", "/mode/{}"):
        kind = asked.endpoint[1:].partition("/")[0]
        body = {"compatibility": "FORWARD", "mode": "READWRITE"}
        registry.given("PUT", f"/{kind}/{names['s']}-holder", body)
    answer = registry.ask(asked.method, filled(asked.path, names), asked.body)
    if answer.status == 200:
        registry.then(asked.shown(answer.document, names), filled(asked.wanted, names))
    else:
        registry.then(answer.outcome, "200")


def test_every_endpoint_is_asked() -> None:
    """Of the embedded registry, every one with every method that it has."""
    there = {
        (method, "/" + "/".join("{}" if word.startswith("{") else word for word in path))
        for path, methods in endpoints._ENDPOINTS.items()
        for method in methods
    }
    assert {(asked.method, asked.endpoint) for asked in ASKED} == there


def filled(value: Any, names: dict[str, Any]) -> Any:
    """Put the names into a text, and into every text of a list or an object."""
    match value:
        case str():
            whole = re.fullmatch(r"\{(\w+)\}", value)
            if whole and whole[1] in names:
                return names[whole[1]]
            return re.sub(r"\{(s|id|holder|guid)\}", lambda hole: str(names[hole[1]]), value)
        case list():
            return [filled(one, names) for one in value]
        case dict():
            return {name: filled(one, names) for name, one in value.items()}
    return value
