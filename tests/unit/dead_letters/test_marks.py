"""A set of offsets, and the text it is kept as."""

import zlib
from base64 import b85encode
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.dead_letters.marks import MOST_TEXT, Marks

pytestmark = pytest.mark.unit

runs = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 12)).map(lambda one: (one[0], sum(one))),
    max_size=40,
)


@given(runs)
def test_it_is_the_set_of_the_offsets_that_were_added(added: list[tuple[int, int]]):
    marks = Marks(added)
    offsets = {offset for start, stop in added for offset in range(start, stop)}
    assert {offset for offset in range(320) if offset in marks} == offsets
    assert {offset for start, stop in marks for offset in range(start, stop)} == offsets


@given(runs)
def test_its_runs_are_in_order_and_do_not_touch(added: list[tuple[int, int]]):
    found = list(Marks(added))
    assert all(start < stop for start, stop in found)
    assert all(one[1] < two[0] for one, two in pairwise(found))


@given(runs)
def test_what_is_kept_is_read_back(added: list[tuple[int, int]]):
    marks = Marks(added)
    assert Marks.of(marks.watermark, marks.text()) == marks


@given(runs)
def test_the_watermark_is_the_first_offset_that_is_lacking(added: list[tuple[int, int]]):
    marks = Marks(added)
    assert marks.watermark not in marks
    assert all(offset in marks for offset in range(marks.watermark))


def test_without_gaps_the_offset_says_it_all():
    assert Marks([(0, 1_000_000)]).text() == ""


def test_thousands_of_records_chosen_at_random_can_be_kept():
    random, marks = Random(7), Marks()
    for offset in range(10_000):
        if random.random() < 0.5:
            marks.add(offset, offset + 1)
    assert len(marks.text()) < MOST_TEXT


def hostile() -> list[str]:
    def form(data: bytes) -> str:
        return "flowodm-replayed:1:" + b85encode(data).decode()

    return [
        "",
        "somebody else's",
        "flowodm-replayed:1:",
        "flowodm-replayed:1:\x1b[2J",
        "flowodm-replayed:1:\ud800",
        form(b"not compressed"),
        form(zlib.compress(b"\x01")),
        form(zlib.compress(b"\xff" * 40)),
        form(zlib.compress(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01")),
        form(zlib.compress(b"\0" * 50_000_000)),
    ]


@pytest.mark.parametrize("text", hostile(), ids=lambda text: repr(text[:30]))
def test_metadata_that_is_none_of_ours_counts_as_none(text: str):
    assert Marks.of(7, text) == Marks([(0, 7)])


def test_an_offset_that_is_none_counts_as_nothing_sent():
    assert Marks.of(-1001, None) == Marks()
