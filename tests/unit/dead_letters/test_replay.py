"""The pure parts of a replay: when the next record may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.dead_letters.replay import _Pace

pytestmark = pytest.mark.unit


@given(st.floats(0.5, 10_000), st.lists(st.floats(0, 0.5), max_size=200))
def test_no_second_has_more_records_than_the_rate_allows(rate: float, delays: list[float]):
    pace, now, went = _Pace(rate), 100.0, []
    for delay in delays:
        now += delay
        while (wait := pace.wait(now)) > 0:
            now += wait
        went.append(now)
    for first in went:
        within = [moment for moment in went if first <= moment < first + 1]
        # what a tenth of a second would have taken may be caught up with
        assert len(within) <= rate * 1.1 + 2


def test_without_a_rate_nothing_waits():
    pace = _Pace(None)
    assert not any(pace.wait(0.0) for _ in range(1_000))
