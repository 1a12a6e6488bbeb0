"""Where each form of the grammar puts a group, and what is said of it; no broker is asked."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import BrokerError, UsageError
from flowodm.groups.group import Commit, Group
from flowodm.groups.resetting import ResetPlan, ResetStep, Shift, parse_target, steps_to
from flowodm.positions import At
from flowodm.reading.spans import Bounds, Partition

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ONE = Partition("events", 0)
BOUNDS = Bounds(100, 200)


def settled(text: str, *, committed: int | None = 150, at: int = 160) -> ResetStep:
    """Settle a position in a partition of the offsets 100 to 199."""
    target = parse_target(text, now=NOW)
    moments = {target.timestamp: at} if isinstance(target, At) else {}
    commits = {} if committed is None else {ONE: Commit(committed)}
    (step,) = steps_to(target, commits, {ONE: BOUNDS}, {ONE: moments})
    return step


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("start", 100),
        ("beginning", 100),
        ("earliest", 100),
        ("end", 200),
        ("latest", 200),
        ("123", 123),
        ("200", 200),
        ("+5", 105),
        ("+0", 100),
        ("-5", 195),
        ("-0", 200),
        ("stored", 150),
        ("stored+7", 157),
        ("stored-7", 143),
        ("@-1h", 160),
        ("@-1h30m", 160),
        ("@now", 160),
        ("@2026-11-30", 160),
        ("@2026-11-30T10:00:00Z", 160),
        ("@1764496800", 160),
        ("@1764496800000", 160),
        ("s@1764496800000", 160),
    ],
)
def test_each_form_of_the_grammar_has_its_place(text: str, offset: int) -> None:
    step = settled(text)
    assert step.after is not None
    assert (step.after.offset, step.note) == (offset, None)
    assert step.change == offset - 150


@pytest.mark.parametrize(
    ("text", "offset", "note"),
    [
        ("99", 100, "begins at 100: offset 99 is no longer there"),
        ("0", 100, "begins at 100: offsets 0 to 99 are no longer there"),
        ("201", 200, "ends at 200: there is nothing from 201 yet"),
        ("+101", 200, "ends at 200: there is nothing from 201 yet"),
        ("stored-60", 100, "begins at 100: offsets 90 to 99 are no longer there"),
        ("stored-1000", 100, "begins at 100: offsets 0 to 99 are no longer there"),
        ("stored+60", 200, "ends at 200: there is nothing from 210 yet"),
    ],
)
def test_what_is_not_there_is_cut_and_said(text: str, offset: int, note: str) -> None:
    step = settled(text)
    assert step.after is not None
    assert (step.after.offset, step.note) == (offset, note)


@pytest.mark.parametrize(("committed", "offset"), [(3, 100), (999, 200)])
def test_stored_brings_a_commit_that_is_out_of_range_back(committed: int, offset: int) -> None:
    step = settled("stored", committed=committed)
    assert step.after == Commit(offset)
    assert step.is_needed


@pytest.mark.parametrize("text", ["stored", "stored+1", "stored-1"])
def test_without_a_commit_there_is_nothing_to_count_from(text: str) -> None:
    step = settled(text, committed=None)
    assert (step.after, step.is_needed, step.note) == (None, False, "no commit to count from")


def test_a_first_commit_neither_skips_nor_replays() -> None:
    step = settled("start", committed=None)
    assert (step.after, step.change, step.is_needed) == (Commit(100), None, True)


def test_a_place_where_the_group_already_is_needs_nothing() -> None:
    target = parse_target("150", now=NOW)
    commit = Commit(150, "a note", 3)
    (step,) = steps_to(target, {ONE: commit}, {ONE: BOUNDS}, {})
    assert (step.after, step.change, step.is_needed) == (commit, 0, False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5:8", "is a range"),
        ("stored+", "is not a position"),
        ("stored-x", "is not a position"),
        ("stord", "did you mean `stored`"),
        ("@5", "is not a time"),
        ("", "is not a position"),
        ("\x1b[2J", "is not a position"),
    ],
)
def test_what_is_no_position_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        parse_target(text, now=NOW)


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_a_shift_reads_as_it_is_written(count: int) -> None:
    assert parse_target(str(Shift(count)), now=NOW) == Shift(count)


@given(
    st.sampled_from(["start", "end", "+", "-", "", "stored+", "stored-"]),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_a_reset_stays_within_the_partition(form: str, count: int, committed: int) -> None:
    text = form if form in ("start", "end") else f"{form}{count}"
    step = settled(text, committed=committed)
    assert step.after is not None
    assert BOUNDS.earliest <= step.after.offset <= BOUNDS.latest


def test_a_plan_counts_what_is_skipped_and_replayed_apart() -> None:
    commits = {ONE: Commit(150), Partition("events", 1): Commit(10)}
    ends = {ONE: Bounds(0, 160), Partition("events", 1): Bounds(0, 160)}
    plan = ResetPlan(
        Group("g", "empty", "classic"),
        None,
        steps_to(parse_target("100", now=NOW), commits, ends, {}),
    )
    assert (plan.skipped, plan.replayed, len(plan.needed)) == (90, 50, 2)
    plan.check()


@pytest.mark.parametrize(
    "state", ["stable", "preparing rebalance", "completing rebalance", "rebalancing", "unknown"]
)
def test_a_group_that_may_have_members_is_refused(state: str) -> None:
    with pytest.raises(BrokerError, match="is active"):
        ResetPlan(Group("g", state, "classic"), None, ()).check()
