"""What is told to be not as declared."""

import pytest
from hypothesis import given

from flowodm.errors import PlanError
from flowodm.plan import (
    Blocker,
    Desired,
    DesiredTopic,
    Difference,
    State,
    build_plan,
    differences,
)
from flowodm.topics import TopicDetail
from tests.plans import Case, carried_out, cases, desired_of, detail, state_of

pytestmark = pytest.mark.unit


@given(cases())
def test_there_is_drift_where_a_plan_is_not_empty_and_none_after_it(case: Case) -> None:
    plan = build_plan(desired_of(case), state_of(case))
    found = differences(plan)
    assert bool(found) == bool(plan.steps or plan.blockers or plan.kept or plan.newer)
    if plan.is_applicable:
        again = build_plan(plan.desired, carried_out(plan))
        beyond = len(again.kept) + len(again.newer)
        assert len(differences(again)) == beyond


def test_every_attribute_is_a_difference_of_its_own() -> None:
    desired = Desired((DesiredTopic("a", 3, 2, {"x": "1", "y": None}), DesiredTopic("b")))
    state = State("c", {"a": detail("a", 4, {"x": "2", "y": "3", "z": "4"})}, {"other": 1})
    assert differences(build_plan(desired, state)) == (
        Difference("topic", "b"),
        Difference("topic", "a", "x", "1", "2"),
        Difference("topic", "a", "y", None, "3"),
        Difference("topic", "a", "partitions", "3", "4"),
        Difference("topic", "a", "replication", "2", "1"),
        Difference("topic", "a", "z", None, "4"),
    )


def test_what_cannot_be_compared_is_no_silence() -> None:
    fault = Blocker("subject", "a-value", "no such file", "write it", where="flowodm.yaml:3")
    with pytest.raises(PlanError, match=r"flowodm\.yaml:3: no such file") as caught:
        differences(build_plan(Desired(faults=(fault,)), State()))
    assert caught.value.exit_code == 2


def test_settings_that_may_not_be_seen_are_a_missing_permission() -> None:
    hidden = TopicDetail("a", None, False, detail("a", 1, {}).partitions, None)
    desired = Desired((DesiredTopic("a", config={"x": "1"}),))
    with pytest.raises(PlanError, match="not allowed to see the settings") as caught:
        differences(build_plan(desired, State("c", {"a": hidden})))
    assert caught.value.exit_code == 4
