"""The ring keeps the newest rows within its bounds, under numbers that stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.record import Record
from flowodm.tui.sources.ring import Ring, Row

pytestmark = pytest.mark.unit


def rows(*sizes: int) -> list[Row]:
    return [
        Row(Record("t", 0, number, "create", 0, None, b"x" * size, ()))
        for number, size in enumerate(sizes)
    ]


def test_the_oldest_rows_go_and_are_counted():
    ring = Ring(most_rows=3)
    ring.extend(rows(1, 1, 1, 1, 1))
    assert (ring.span.first, ring.span.stop, ring.span.dropped) == (2, 5, 2)
    assert [number for number, _ in ring.rows(0, 100)] == [2, 3, 4]


def test_bytes_bound_it_too_but_the_newest_row_stays_whatever_it_takes():
    ring = Ring(most_bytes=10_000)
    ring.extend(rows(4_000, 4_000, 4_000))
    assert ring.span.stop - ring.span.first == 2
    ring.extend(rows(100_000_000))
    assert ring.span.stop - ring.span.first == 1


def test_numbers_go_on_after_it_was_cleared():
    ring = Ring()
    ring.extend(rows(1, 1))
    ring.clear()
    assert (ring.span.first, ring.span.stop, ring.span.bytes) == (2, 2, 0)
    ring.extend(rows(1))
    assert [number for number, _ in ring.rows(0, 9)] == [2]


@given(
    st.lists(st.lists(st.integers(0, 3_000), max_size=8), max_size=12),
    st.integers(1, 6),
    st.integers(500, 9_000),
)
def test_it_never_holds_more_than_it_may_and_forgets_nothing_else(
    batches: list[list[int]], most_rows: int, most_bytes: int
):
    ring, taken = Ring(most_rows, most_bytes), 0
    for batch in batches:
        ring.extend(rows(*batch))
        taken += len(batch)
        span = ring.span
        assert span.stop == taken
        assert span.stop - span.first <= most_rows
        assert span.bytes <= most_bytes or span.stop - span.first == 1
        assert span.dropped == span.first
