"""Every error has its status and its number."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.integration.registry_conformance.asking import AskedRegistry, record

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("registry-conformance")]

FIRST, SECOND, OTHER = record("a"), record("a", "b"), record("a", "c")
HOLDER = '{"type":"record","name":"H","fields":[{"name":"r","type":"R"}]}'
S = "/subjects/{s}"
V = f"{S}/versions"
C = "/compatibility/subjects/{s}/versions"
NEW = {"schema": OTHER}


@dataclass(frozen=True)
class Wrong:
    """A request that is refused, on a subject of two versions after some others."""

    outcome: str
    what: str
    method: str
    path: str
    body: Any = None
    given: tuple[tuple[Any, ...], ...] = field(default=())
    """Requests that come first: method, path, body."""

    def __str__(self) -> str:
        return f"{self.outcome} {self.what}"


SOFT_1 = ("DELETE", f"{V}/1")
SOFT = ("DELETE", S)
READONLY = ("PUT", "/mode/{s}", {"mode": "READONLY"})
REFERENCED = (
    "POST",
    "/subjects/{s}-holder/versions",
    {"schema": HOLDER, "references": [{"name": "R", "subject": "{s}", "version": 1}]},
)
NOT_AVRO = {"schema": '{"type":"recrod"}'}
BAD_NAME = {"schema": '{"type":"record","name":"a-b","fields":[]}'}
BAD_DEFAULT = {
    "schema": '{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}'
}
NO_REFERENCE = {
    "schema": HOLDER,
    "references": [{"name": "R", "subject": "nowhere-at-all", "version": 1}],
}
WRONG = (
    Wrong("404 40401", "versions of no subject", "GET", "/subjects/{s}-no/versions"),
    Wrong("404 40401", "a version of no subject", "GET", "/subjects/{s}-no/versions/1"),
    Wrong("404 40401", "the latest of no subject", "GET", "/subjects/{s}-no/versions/latest"),
    Wrong("404 40401", "a text of no subject", "GET", "/subjects/{s}-no/versions/1/schema"),
    Wrong(
        "404 40401", "referrers of no subject", "GET", "/subjects/{s}-no/versions/1/referencedby"
    ),
    Wrong("404 40401", "look up in no subject", "POST", "/subjects/{s}-no", NEW),
    Wrong("404 40401", "delete no subject", "DELETE", "/subjects/{s}-no"),
    Wrong("404 40401", "delete a version of no subject", "DELETE", "/subjects/{s}-no/versions/1"),
    Wrong("404 40401", "delete a level that is not set", "DELETE", "/config/{s}"),
    Wrong("404 40401", "delete a mode that is not set", "DELETE", "/mode/{s}"),
    Wrong("404 40401", "versions of a deleted subject", "GET", V, given=(SOFT,)),
    Wrong("404 40402", "no such version", "GET", f"{V}/9"),
    Wrong("404 40402", "the text of no such version", "GET", f"{V}/9/schema"),
    Wrong("404 40402", "referrers of no such version", "GET", f"{V}/9/referencedby"),
    Wrong("404 40402", "delete no such version", "DELETE", f"{V}/9"),
    Wrong("404 40402", "a deleted version", "GET", f"{V}/1", given=(SOFT_1,)),
    Wrong("404 40402", "compare with no such version", "POST", f"{C}/9", NEW),
    Wrong("404 40403", "no such id", "GET", "/schemas/ids/2000000000"),
    Wrong("404 40403", "the text of no such id", "GET", "/schemas/ids/2000000000/schema"),
    Wrong("404 40403", "subjects of no such id", "GET", "/schemas/ids/2000000000/subjects"),
    Wrong("404 40403", "versions of no such id", "GET", "/schemas/ids/2000000000/versions"),
    Wrong(
        "404 40403", "no such guid", "GET", "/schemas/guids/00000000-0000-4000-8000-000000000000"
    ),
    Wrong("404 40403", "look up what is not there", "POST", S, NEW),
    Wrong("404 40404", "delete a subject softly again", "DELETE", S, given=(SOFT,)),
    Wrong("404 40405", "delete a live subject for good", "DELETE", f"{S}?permanent=true"),
    Wrong("404 40406", "delete a version softly again", "DELETE", f"{V}/1", given=(SOFT_1,)),
    Wrong("404 40407", "delete a live version for good", "DELETE", f"{V}/1?permanent=true"),
    Wrong("404 40408", "a level that is not set", "GET", "/config/{s}"),
    Wrong("404 40409", "a mode that is not set", "GET", "/mode/{s}"),
    Wrong("422 42201", "register nothing", "POST", V, {}),
    Wrong("422 42201", "register an empty text", "POST", V, {"schema": ""}),
    Wrong("422 42201", "register what is not Avro", "POST", V, NOT_AVRO),
    Wrong("422 42201", "register a bad name", "POST", V, BAD_NAME),
    Wrong("422 42201", "register a default that does not fit", "POST", V, BAD_DEFAULT),
    Wrong("422 42201", "register what references nothing", "POST", V, NO_REFERENCE),
    Wrong("422 42201", "look up what is not Avro", "POST", S, NOT_AVRO),
    Wrong("422 42201", "compare what is not Avro", "POST", f"{C}/latest", NOT_AVRO),
    Wrong("422 42201", "JSON Schema", "POST", V, {"schema": "{}", "schemaType": "JSON"}),
    Wrong("422 42202", "version zero", "GET", f"{V}/0"),
    Wrong("422 42202", "a version that is a word", "GET", f"{V}/newest"),
    Wrong("422 42202", "a negative version", "GET", f"{V}/-2"),
    Wrong("422 42202", "a huge version", "GET", f"{V}/99999999999"),
    Wrong("422 42202", "the text of a version that is a word", "GET", f"{V}/newest/schema"),
    Wrong("422 42202", "referrers of a version that is a word", "GET", f"{V}/newest/referencedby"),
    Wrong("422 42202", "delete a version that is a word", "DELETE", f"{V}/newest"),
    Wrong("422 42202", "compare with a version that is a word", "POST", f"{C}/newest", NEW),
    Wrong("422 42203", "a level that is none", "PUT", "/config", {"compatibility": "SIDEWAYS"}),
    Wrong(
        "422 42203", "a subject's level that is none", "PUT", "/config/{s}", {"compatibility": "x"}
    ),
    Wrong("422 42204", "a mode that is none", "PUT", "/mode/{s}", {"mode": "SIDEWAYS"}),
    Wrong("422 42205", "register read-only", "POST", V, NEW, given=(READONLY,)),
    Wrong("422 42205", "delete read-only", "DELETE", S, given=(READONLY,)),
    Wrong("422 42205", "delete a version read-only", "DELETE", f"{V}/1", given=(READONLY,)),
    Wrong(
        "422 42205", "register with an id outside IMPORT", "POST", V, {"schema": OTHER, "id": 77777}
    ),
    Wrong("422 42205", "import what has schemas", "PUT", "/mode/{s}", {"mode": "IMPORT"}),
    Wrong("422 42206", "delete what is referenced", "DELETE", S, given=(REFERENCED,)),
    Wrong(
        "422 42206", "delete a version that is referenced", "DELETE", f"{V}/1", given=(REFERENCED,)
    ),
    Wrong(
        "422 42207",
        "import another schema under an id",
        "POST",
        "/subjects/{s}-in/versions",
        {"schema": OTHER, "id": "{id}"},
        given=(("PUT", "/mode/{s}-in", {"mode": "IMPORT"}),),
    ),
    Wrong("409", "an incompatible schema", "POST", V, {"schema": record("a", "must!")}),
    Wrong("400", "a body that is no JSON", "POST", V, b"{"),
    Wrong("404", "a place that is nowhere", "GET", "/nowhere"),
    Wrong("405", "a method that is not there", "PUT", S, {}),
)
SPECIFIED = {
    *(40401, 40402, 40403, 40404, 40405, 40406, 40407, 40408, 40409),
    *(42201, 42202, 42203, 42204, 42205, 42206, 42207, 409),
}


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_every_error_has_its_number(
    registry: AskedRegistry, at_backward: None, subject: str, wrong: Wrong
) -> None:
    first = registry.register(subject, FIRST)
    registry.register(subject, SECOND)
    names = {"{s}": subject, "{id}": first["id"]}
    for method, path, *body in wrong.given:
        registry.given(method, path.replace("{s}", subject), *(filled(one, names) for one in body))
    path = wrong.path.replace("{s}", subject)
    answer = registry.ask(wrong.method, path, filled(wrong.body, names))
    registry.ask("DELETE", f"/mode/{subject}")
    registry.then(answer.outcome, wrong.outcome)


def test_every_number_is_asked_for() -> None:
    numbers = {int(wrong.outcome.split()[-1]) for wrong in WRONG}
    assert SPECIFIED - numbers == set()


def filled(value: Any, names: dict[str, Any]) -> Any:
    """Put names where a whole text is a hole."""
    match value:
        case str():
            return names.get(value, value)
        case list():
            return [filled(one, names) for one in value]
        case dict():
            return {name: filled(one, names) for name, one in value.items()}
    return value
