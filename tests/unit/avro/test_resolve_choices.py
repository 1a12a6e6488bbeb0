"""What is chosen where Avro's Java implementation departs from the specification.

`docs/avro-resolution.md` lists the same choices for people.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from flowodm.errors import DeserializationError
from tests import adapters
from tests.vectors.run_resolution import failure

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
CASES = [
    case
    for case in json.loads((ROOT / "tests/vectors/resolution_cases.json").read_text())["cases"]
    if "note" in case
]


def record(name: str, **fields: Any) -> dict[str, Any]:
    return {"r": name, "f": fields}


class Refused:
    """Stands for an error."""


UNLIKE_JAVA: dict[str, Any] = {
    "bytes that are no UTF-8 to string": Refused,
    "union int then double, default 1.5": record("Rec", k=1, x="1.5"),
    "union int then long, default beyond int": record("Rec", k=1, x=2**40),
    "union enum then string, default no symbol": record("Rec", k=1, x="zzz"),
    "union record then null, default null": record("Rec", k=1, x=None),
    "union array then string, default string": record("Rec", k=1, x="s"),
    "fixed default too short is padded": Refused,
    "fixed default too long is cut": Refused,
    "a chain of field aliases": record("Rec", b=1, c=-2),
    "field alias in a record type that has a writer default": record("O", i=record("I", b=5)),
    "unqualified alias against another namespace": record("y.New", b=1),
    "field alias across namespaces": record("y.Rec", b=1),
    "reader has the new type and a type of the old name": record("O", x={"e": "A"}, y={"e": "A"}),
    "enum by short name in another namespace": {"e": "A"},
    "fixed by short name in another namespace": {"b": "61"},
    "enum of another namespace in a union that also differs in order": {"e": "A"},
    "one reader record has both writer names as aliases": record("N1", x=1),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_choice_is_kept(case: dict[str, Any]) -> None:
    chosen = UNLIKE_JAVA.get(case["name"])
    if chosen is Refused:
        with pytest.raises(DeserializationError):
            adapters.resolve(case["writer"], case["reader"], bytes.fromhex(case["hex"]))
        return
    own = case if chosen is None else {**case, "expect": chosen, "error": False}
    assert failure(adapters.resolve, own) is None


def test_the_choices_unlike_java_are_really_unlike_it() -> None:
    named = {case["name"]: case for case in CASES}
    assert UNLIKE_JAVA.keys() <= named.keys()
    for name, chosen in UNLIKE_JAVA.items():
        if chosen is not Refused:
            assert failure(adapters.resolve, named[name]) is not None, name


def test_every_choice_is_in_the_documentation() -> None:
    page = (ROOT / "docs/avro-resolution.md").read_text()
    alike, _, unlike = page.partition("## Unlike Java")
    for case in CASES:
        part = unlike if case["name"] in UNLIKE_JAVA else alike
        assert f"| {case['name']} |" in part, case["name"]
