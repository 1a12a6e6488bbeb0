"""`build_plan`: laws over random pairs, and each decision by itself."""

import pytest
from hypothesis import given

from flowodm.errors import UsageError
from flowodm.plan import (
    AlterTopic,
    CreateTopic,
    Desired,
    DesiredTopic,
    Plan,
    RegisterSchema,
    SetLevel,
    State,
    build_plan,
)
from tests.plans import Case, TopicCase, carried_out, cases, desired_of, detail, state_of

pytestmark = pytest.mark.unit


def plan_of(case: Case, *, prune: bool = False) -> Plan:
    return build_plan(desired_of(case), state_of(case), prune=prune)


@given(cases())
def test_what_a_plan_leads_to_needs_no_plan(case: Case) -> None:
    plan = plan_of(case)
    if plan.is_applicable:
        again = build_plan(plan.desired, carried_out(plan))
        assert again.is_empty, again.steps


@given(cases())
def test_a_pruning_plan_leaves_nothing_to_prune(case: Case) -> None:
    plan = plan_of(case, prune=True)
    if plan.is_applicable:
        again = build_plan(plan.desired, carried_out(plan), prune=True)
        assert again.is_empty
        assert (again.other_topics, again.kept) == ((), ())


@given(cases())
def test_planning_is_the_same_every_time_and_changes_nothing(case: Case) -> None:
    desired, state = desired_of(case), state_of(case)
    first = build_plan(desired, state)
    assert build_plan(desired, state) == first
    assert state == state_of(case)


@given(cases())
def test_everything_declared_is_in_the_plan_once(case: Case) -> None:
    plan = plan_of(case)
    steps = [(step.kind, step.name) for step in plan.steps]
    told = {*steps, *plan.same, *((one.kind, one.name) for one in plan.blockers)}
    wanted = {("topic", one.name) for one in plan.desired.topics}
    wanted |= {("subject", one.name) for one in plan.desired.subjects}
    wanted |= {("level", name) for name in plan.desired.levels}
    assert told == wanted
    assert len(set(steps)) == len(steps)


@given(cases())
def test_steps_stand_in_an_order_that_a_registry_agrees_to(case: Case) -> None:
    plan = plan_of(case)
    kinds = [step.kind for step in plan.steps]
    order = ["topic", "level", "subject"]
    assert kinds == sorted(kinds, key=order.index)
    done = {name for kind, name in plan.same if kind == "subject"}
    blocked = {one.name for one in plan.blockers}
    for step in plan.steps:
        if isinstance(step, RegisterSchema):
            assert {one.subject for one in step.registration.references} <= done | blocked
            done.add(step.name)


def topic_plan(found: object, **declared: object) -> Plan:
    desired = Desired((DesiredTopic("orders", **declared),))  # type: ignore[arg-type]
    return build_plan(desired, State("c", {"orders": found} if found else {}))  # type: ignore[dict-item]


def test_a_topic_that_is_not_there_is_created_with_what_is_declared() -> None:
    plan = topic_plan(None, partitions=6, config={"retention.ms": "1000", "cleanup.policy": None})
    (step,) = plan.steps
    assert isinstance(step, CreateTopic)
    assert (step.spec.partitions, step.spec.replication) == (6, None)
    assert step.spec.config == {"retention.ms": "1000"}


def test_what_is_not_declared_of_a_topic_is_no_business_of_a_plan() -> None:
    assert topic_plan(detail("orders", 7, {}, replication=3)).is_empty


def test_null_takes_a_setting_away() -> None:
    plan = topic_plan(detail("orders", 1, {"retention.ms": "5"}), config={"retention.ms": None})
    (step,) = plan.steps
    assert isinstance(step, AlterTopic)
    assert [(one.name, one.before, one.after) for one in step.alteration.settings] == [
        ("retention.ms", "5", None)
    ]


def test_a_setting_that_is_not_declared_is_kept_and_told() -> None:
    found = detail("orders", 1, {"retention.ms": "5"})
    plan = topic_plan(found)
    assert not plan.steps
    assert [(one.topic, one.setting, one.value) for one in plan.kept] == [
        ("orders", "retention.ms", "5")
    ]
    pruned = build_plan(plan.desired, plan.state, prune=True)
    assert [step.action for step in pruned.steps] == ["alter"]


@pytest.mark.parametrize(
    ("actual", "declared"),
    [
        ("compact,delete", "delete, compact"),
        ("true", "True"),
        ("0.5", "0.50"),
        ("1000", "1000"),
    ],
)
def test_what_a_broker_spells_anew_is_the_same(actual: str, declared: str) -> None:
    assert topic_plan(detail("orders", 1, {"k": actual}), config={"k": declared}).is_empty


def test_fewer_partitions_and_another_replication_stand_in_the_way() -> None:
    plan = topic_plan(
        detail("orders", 6, {}), partitions=3, replication=3, config={"retention.ms": "1"}
    )
    assert [one.reason for one in plan.blockers] == [
        "partitions 6 → 3 cannot be done",
        "replication 1 → 3 cannot be done",
    ]
    assert all(one.hint for one in plan.blockers)
    assert [step.action for step in plan.steps] == ["alter"]  # shown, and not carried out


def test_a_schema_is_judged_at_the_level_that_will_hold() -> None:
    case = Case(
        {"a": TopicCase((1, {}), schemas={"value": 4}, level="NONE")},
        {"a-value": (0,)},
        {},
        (),
        None,
        False,
    )
    plan = plan_of(case)
    assert [type(step) for step in plan.steps] == [SetLevel, RegisterSchema]
    assert plan.is_applicable


def test_an_incompatible_schema_stands_in_the_way_with_its_reasons() -> None:
    case = Case(
        {"a": TopicCase((1, {}), schemas={"value": 4}, level="BACKWARD")},
        {"a-value": (0,)},
        {},
        (),
        None,
        False,
    )
    plan = plan_of(case)
    (blocker,) = plan.blockers
    assert blocker.reason == "BACKWARD refuses a-value.avsc: it may not follow v1"
    assert len(blocker.details) == 1
    assert blocker.where == "flowodm.yaml:9"


def test_topics_that_are_not_declared_stay_unless_pruned_and_some_always_do() -> None:
    state = State("c", {"orders": detail("orders", 1, {})}, {"legacy": 2, "orders-dlt": 1})
    desired = Desired((DesiredTopic("orders"),))
    plan = build_plan(desired, state)
    assert plan.is_empty
    assert plan.other_topics == ("legacy", "orders-dlt")
    pruned = build_plan(desired, state, prune=True)
    assert [step.name for step in pruned.deletions] == ["legacy"]
    assert pruned.other_topics == ("orders-dlt",)


def test_to_prune_without_a_declared_topic_is_refused() -> None:
    with pytest.raises(UsageError, match="to prune would delete all there are"):
        build_plan(Desired(), State("c", {}, {"legacy": 2}), prune=True)
