"""How the lag of groups moves: pure, over a clock of numbers."""

from datetime import timedelta

import pytest

from flowodm.tui.lagging import LagFlow, LagFlows
from tests.tui.fake_groups import group

pytestmark = pytest.mark.unit


def flow_of(*looks: tuple[float, int | None, int | None]) -> LagFlow:
    flow = LagFlow()
    for now, lag, read in looks:
        flow.see(lag, read, now)
    return flow


def test_speed_is_told_from_the_second_time_on():
    assert flow_of((0, 100, 0)).rate is None
    assert flow_of((0, 100, 0), (0, 100, 0)).rate is None
    flow = flow_of((0, 100, 0), (2, 80, 40))
    assert (flow.rate, flow.trend, flow.time_left) == (20, -10, timedelta(seconds=8))


def test_a_lag_that_grows_is_never_done():
    assert flow_of((0, 100, 0), (2, 120, 40)).time_left is None


def test_what_goes_back_was_reset_and_begins_anew():
    flow = flow_of((0, 0, 900), (2, 900, 0))
    assert (flow.rate, flow.trend) == (None, None)


def test_without_a_commit_there_is_no_speed_and_no_bar():
    flow = flow_of((0, None, None), (2, None, None))
    assert (flow.rate, flow.trend, flow.bars(10, 2)) == (None, None, [])


def test_bars_are_of_ten_minutes_and_a_gap_is_as_what_was_before():
    flow = flow_of((5, 10, 0), (15, 20, 0), (55, 5, 0))
    assert flow.bars(60, 59) == [10, 20, 20, 20, 20, 5]
    assert flow.bars(6, 59) == [5]


def test_what_is_older_than_ten_minutes_is_forgotten():
    flow = flow_of(*((second, 7, 0) for second in range(0, 4_000, 2)))
    assert len(flow.looks) <= 61
    assert flow.bars(60, 3_998) == [7] * 60


def test_groups_and_partitions_have_flows_of_their_own():
    flows, one = LagFlows(), group()
    flows.see((one,), 0.0)
    flows.see_partitions(one, 0.0)
    assert flows.of("billing").lag == 2_345
    assert [flows.of_partition("billing", each).lag for each in one.partitions] == [2_345, 0, None]
    assert flows.of("nobody").lag is None
