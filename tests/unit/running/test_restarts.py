"""When a process that ended is started again."""

import pytest

from flowodm.running.restarts import Restarts

pytestmark = pytest.mark.unit


def test_each_end_in_a_row_waits_twice_as_long_and_the_fifth_is_the_last() -> None:
    restarts = Restarts()
    assert [restarts.ended(1.0) for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, None]


def test_a_healthy_run_starts_the_count_anew() -> None:
    restarts = Restarts()
    for _ in range(4):
        restarts.ended(1.0)
    assert restarts.ended(60.0) == 0.5
    assert restarts.crashes == 1
