"""What holds for every pair of schemas: what breaks is what the check says, and nothing else."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.avro import Safety, Schema, check, diff, parse
from tests.generators import random_schema
from tests.unit.avro.test_compat_laws import pair, parsed, randoms

pytestmark = pytest.mark.unit

CASES = json.loads((Path(__file__).parents[2] / "vectors/compat_cases.json").read_text("utf-8"))


def stored(document: Any) -> Schema:
    text = f'"{document}"' if isinstance(document, str) else document
    return parse(text, validate_defaults=False)


def assert_as_checked(old: Schema, new: Schema) -> None:
    changes = diff(old, new)
    breaks = (
        any(change.backward is Safety.BREAKS for change in changes),
        any(change.forward is Safety.BREAKS for change in changes),
    )
    assert breaks == (bool(check(new, old)), bool(check(old, new)))


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["kind"] == "pair"], ids=lambda case: str(case["name"])
)
def test_what_java_calls_incompatible_breaks_and_nothing_else(case: dict[str, Any]) -> None:
    reader, writer = stored(case["reader"]), stored(case["writer"])
    if reader != writer:
        assert_as_checked(writer, reader)
        assert_as_checked(reader, writer)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["kind"] == "level"], ids=lambda case: str(case["name"])
)
def test_it_is_so_against_each_version_of_a_history(case: dict[str, Any]) -> None:
    new = stored(case["new"])
    for document in case["old"]:
        if (old := stored(document)) != new:
            assert_as_checked(old, new)


@given(random=randoms)
def test_what_the_check_reports_breaks_and_nothing_else(random: Random) -> None:
    new, old = pair(random, swapped=0.5)
    if old != new:
        assert_as_checked(old, new)


@given(random=randoms)
def test_schemas_that_differ_have_a_change(random: Random) -> None:
    new, old = pair(random, swapped=0.5)
    assert bool(diff(old, new)) == (old != new)


@given(random=randoms, tangled=st.booleans())
def test_a_copy_has_no_changes(random: Random, tangled: bool) -> None:
    document = random_schema(random, tangled=tangled)
    assert diff(parsed(document), parsed(document)) == ()


@given(random=randoms)
def test_a_change_undone_swaps_its_directions(random: Random) -> None:
    new, old = pair(random)
    there, back = diff(old, new), diff(new, old)
    for one, other in ((there, back), (back, there)):
        assert any(change.backward is Safety.BREAKS for change in one) == any(
            change.forward is Safety.BREAKS for change in other
        )
