"""Plans of random pairs, on a real broker and registry: applied, applied again, or refused whole.

FLOWODM_TEST_PLANS says how many pairs.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from flowodm.errors import PlanError
from flowodm.plan import apply_plan, differences
from tests.integration.plan_world import World, open_world, planned, project
from tests.plans import EVENTS, Case, cases
from tests.servers import TestServers

pytestmark = pytest.mark.integration

PAIRS = int(os.environ.get("FLOWODM_TEST_PLANS", "40"))


@pytest.fixture(scope="module")
def world(sandbox: TestServers) -> Iterator[World]:
    with open_world(sandbox) as found:
        yield found


@settings(max_examples=PAIRS, suppress_health_check=list(HealthCheck))
@given(case=cases(), prune=st.booleans())
def test_a_plan_is_carried_out_to_the_end_or_changes_nothing(
    world: World, case: Case, prune: bool
) -> None:
    with project(world, case) as (prefix, desired):
        before = world.snapshot(prefix)
        plan = planned(world, desired, prefix, prune=prune)
        assert world.snapshot(prefix) == before, "planning changes nothing"
        event(f"blockers: {bool(plan.blockers)}")
        event(f"kinds of steps: {len({step.kind for step in plan.steps})}")
        if plan.blockers:
            with pytest.raises(PlanError, match="nothing was changed"):
                apply_plan(world.kafka, plan)
            assert world.snapshot(prefix) == before
            return
        done = apply_plan(world.kafka, plan)
        assert [one.step for one in done] == list(plan.steps)
        after = world.snapshot(prefix)
        again = planned(world, desired, prefix, prune=prune)
        assert again.is_empty, again
        assert apply_plan(world.kafka, again) == ()
        assert world.snapshot(prefix) == after
        assert_as_declared(world, case, prefix, after, prune=prune)
        if prune:
            assert differences(replace(again, newer=())) == ()


def assert_as_declared(
    world: World, case: Case, prefix: str, found: dict[str, Any], *, prune: bool
) -> None:
    for name, topic in case.topics.items():
        full = prefix + name
        if not topic.is_declared:
            stays = topic.actual is not None and not prune
            assert (full in found["topics"]) == stays
            continue
        assert topic.partitions in (None, found["topics"][full])
        config = found["configs"][full]
        for key, value in topic.config.items():
            assert config.get(key) == value, (key, value)
    for subject, index in case.subjects().items():
        assert world.kafka.schema_registry().lookup(prefix + subject, EVENTS[index])
    for subject, level in case.declared_levels().items():
        assert world.level(prefix + subject) == level
