"""How text is broken into lines."""

import pytest

from flowodm.display.text import wrap

pytestmark = pytest.mark.unit


def test_a_number_stays_on_one_line_with_its_unit():
    assert wrap("retention.ms 7 d, cleanup", 14) == ["retention.ms", "7 d, cleanup"]


def test_a_number_and_a_word_that_is_no_unit_are_parted():
    assert wrap("keep 7 partitions", 8) == ["keep 7", "partitio", "ns"]


def test_a_number_and_a_unit_that_fill_no_line_together_are_broken_inside():
    assert wrap("1234567 ms", 5) == ["12345", "67 ms"]
