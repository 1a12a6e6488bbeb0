"""What Java's `SchemaCompatibility` says, case by case."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from flowodm.avro import Schema, check, check_history, parse

pytestmark = pytest.mark.unit

CASES = json.loads((Path(__file__).parents[2] / "vectors/compat_cases.json").read_text("utf-8"))
PAIRS = [case for case in CASES if case["kind"] == "pair"]
LEVELS = [case for case in CASES if case["kind"] == "level"]


def name_of(case: dict[str, Any]) -> str:
    return str(case["name"])


def stored(document: Any) -> Schema:
    """A schema as some registries hold it: four of the cases have defaults that do not fit."""
    text = f'"{document}"' if isinstance(document, str) else document
    return parse(text, validate_defaults=False)


def test_every_case_is_here() -> None:
    assert (len(PAIRS), len(LEVELS)) == (343, 210)


@pytest.mark.parametrize("case", PAIRS, ids=name_of)
def test_a_pair_is_judged_as_by_java_to_the_letter(case: dict[str, Any]) -> None:
    found = check(stored(case["reader"]), stored(case["writer"]), exact=True)
    assert [
        {"type": reason.type, "location": reason.location, "message": reason.message}
        for reason in found
    ] == case["incompatibilities"]


@pytest.mark.parametrize("case", PAIRS, ids=name_of)
def test_right_places_change_no_verdict(case: dict[str, Any]) -> None:
    found = check(stored(case["reader"]), stored(case["writer"]))
    assert Counter(reason.type for reason in found) == Counter(case["types"])
    assert (not found) == case["compatible"]


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("case", LEVELS, ids=name_of)
def test_a_level_is_judged_as_by_java(case: dict[str, Any], exact: bool) -> None:
    history = [stored(document) for document in case["old"]]
    verdict = check_history(case["level"], stored(case["new"]), history, exact=exact)
    assert verdict.is_compatible == case["compatible"]
    assert bool(verdict.incompatibilities) != case["compatible"]
