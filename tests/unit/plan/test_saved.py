"""A saved plan: read back as it was written, and what of the state has moved since."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from flowodm.config import Context
from flowodm.errors import PlanError, UsageError
from flowodm.plan import build_plan
from flowodm.plan.document import plan_document
from flowodm.plan.saved import is_saved_plan, read_saved_plan
from flowodm.plan.seen import digest_of, moved, seen_of
from tests.plans import Case, TopicCase, carried_out, cases, desired_of, state_of

pytestmark = pytest.mark.unit

CONTEXT = Context(name="prod", bootstrap_servers="k1:9093")
CASE = Case(
    {"a": TopicCase((1, {}), 3, 1, {"retention.ms": "5"}, {"value": 1}, "FULL")},
    {"a-value": (0,)},
    {},
    (0,),
    1,
    True,
)


def document(**changed: Any) -> dict[str, Any]:
    plan = build_plan(desired_of(CASE), state_of(CASE))
    return json.loads(json.dumps(plan_document(plan, CONTEXT))) | changed


def saved(directory: Path, found: object) -> Path:
    path = directory / "plan.json"
    path.write_text(found if isinstance(found, str) else json.dumps(found))
    return path


def test_a_plan_is_read_back_with_all_that_it_takes(tmp_path: Path) -> None:
    whole = document()
    path = saved(tmp_path, whole)
    assert is_saved_plan(path)
    found = read_saved_plan(path)
    assert found.steps == whole["steps"]
    assert found.state == whole["state"]
    assert [one.subject for one in found.declared.subjects] == [
        *("a-value", "address-value", "user-value")
    ]
    assert found.declared.subjects[2].uses == ["address-value"]


def test_a_saved_plan_that_was_sorted_is_one_still(tmp_path: Path) -> None:
    assert is_saved_plan(saved(tmp_path, json.dumps(document(), sort_keys=True, indent=4)))
    assert not is_saved_plan(saved(tmp_path, '{"version": 1, "topics": {}}'))
    assert not is_saved_plan(saved(tmp_path, "# flowodm-plan/1\nversion: 1\n"))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"format": "flowodm-plan/2"}, "is no plan of the form flowodm-plan/1: format"),
        ({"steps": None}, "steps"),
        ({"digest": "00"}, "its digest is another"),
        ({"declared": {"topics": [{}]}}, "declared.topics.0"),
        ({"state": {"cluster": {"id": "x"}}}, "its digest is another"),
    ],
)
def test_what_is_no_plan_as_it_was_saved_is_refused(
    tmp_path: Path, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read_saved_plan(saved(tmp_path, document(**changed)))
    assert reason in caught.value.message


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"a": NaN}', '"flowodm-plan/1"'])
def test_any_other_text_is_refused_with_one_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError):
        read_saved_plan(saved(tmp_path, text))


def test_a_plan_with_blockers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="holds blockers") as caught:
        read_saved_plan(saved(tmp_path, document(applicable=False)))
    assert caught.value.exit_code == 3


@given(cases())
def test_what_a_plan_changes_moves_the_state(case: Case) -> None:
    plan = build_plan(desired_of(case), state_of(case))
    before = seen_of(plan.desired, plan.state, prune=False)
    again = seen_of(desired_of(case), state_of(case), prune=False)
    assert digest_of(again) == digest_of(before)
    assert moved(before, again) == ()
    if plan.is_applicable:
        after = seen_of(plan.desired, carried_out(plan), prune=False)
        assert bool(plan.steps) == bool(moved(before, after))


def test_a_move_is_told_by_what_it_was_and_is() -> None:
    before = {"topic `a`": {"partitions": 1, "x": "y"}, "topic `b`": {}}
    now = {"topic `a`": {"partitions": 2}, "topic `b`": {"partitions": 1}}
    assert moved(before, now) == (
        "topic `a`: partitions 1 → 2",
        "topic `a`: x y → none",
        "topic `b`: partitions none → 1",
    )
    many = {f"topic `{n}`": {"partitions": n} for n in range(9)}
    assert moved(many, {})[-1] == "and 4 more"


def test_other_topics_count_only_where_they_would_be_pruned() -> None:
    state = state_of(Case({"a": TopicCase((1, {}), is_declared=False)}, {}, {}, (), None, False))
    desired = desired_of(CASE)
    kept = seen_of(desired_of(Case({}, {}, {}, (), None, False)), state, prune=False)
    assert [*kept] == ["cluster"]
    assert desired.topics
    pruned = seen_of(desired_of(Case({}, {}, {}, (), None, False)), state, prune=True)
    assert pruned["topic `a`"] == {"partitions": 1}
