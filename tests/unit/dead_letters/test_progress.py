"""Whether what a choice leaves out can be remembered."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.dead_letters.marks import MOST_TEXT, Marks
from flowodm.dead_letters.progress import _MARGIN, _longest_text

pytestmark = pytest.mark.unit


def chosen(seed: int, share: float, count: int) -> list[tuple[int, int]]:
    random = Random(seed)
    return [(offset, offset + 1) for offset in range(count) if random.random() < share]


def test_all_of_a_partition_takes_no_room():
    assert _longest_text(Marks(), [(offset, offset + 1) for offset in range(50_000)]) == 0


@given(st.integers(0, 5), st.sampled_from([0.01, 0.1, 0.5, 0.9]))
def test_what_is_kept_on_the_way_is_never_much_longer_than_was_thought(seed: int, share: float):
    before = Marks(chosen(seed + 10, 0.3, 5_000))
    runs = chosen(seed, share, 10_000)
    thought, marks = _longest_text(before, runs), before.copy()
    for number, (start, stop) in enumerate(runs):
        marks.add(start, stop)
        if number % 97 == 0:
            assert len(marks.text()) <= thought + _MARGIN


def test_a_choice_with_gaps_without_end_takes_too_much():
    assert _longest_text(Marks(), chosen(1, 0.5, 40_000)) > MOST_TEXT
