"""Which topics and partitions are meant."""

import pytest

from flowodm.errors import TopicNotFound, UsageError
from flowodm.positions import End, FromEnd, Offset, Range
from flowodm.reading.choice import choose_partitions, choose_topics, range_of
from flowodm.reading.options import ReadOptions
from flowodm.reading.spans import Partition

pytestmark = pytest.mark.unit

LAYOUT = {
    "orders": {0: 1, 1: 1, 2: -1},
    "orders-eu": {0: 1},
    "users": {0: 1, 1: 1},
    "__consumer_offsets": {0: 1},
}


def test_names_are_taken_as_they_are_each_once() -> None:
    assert choose_topics(LAYOUT, ["users", "orders", "users"], regex=False) == ("users", "orders")


def test_a_name_with_dots_is_no_pattern() -> None:
    with pytest.raises(TopicNotFound):
        choose_topics(LAYOUT, ["order."], regex=False)


def test_a_misspelt_topic_is_suggested() -> None:
    with pytest.raises(TopicNotFound) as caught:
        choose_topics(LAYOUT, ["user"], regex=False, where="k1:9092")
    assert caught.value.message == "topic `user` does not exist on k1:9092"
    assert caught.value.hint == "did you mean `users`?  (flowodm topics list)"


def test_a_topic_like_no_other_is_not_guessed_at() -> None:
    with pytest.raises(TopicNotFound) as caught:
        choose_topics(LAYOUT, ["loser"], regex=False)
    assert caught.value.hint == "see which there are: flowodm topics list"


def test_a_pattern_must_match_the_whole_name() -> None:
    assert choose_topics(LAYOUT, ["orders"], regex=True) == ("orders",)
    assert choose_topics(LAYOUT, ["orders.*"], regex=True) == ("orders", "orders-eu")
    assert choose_topics(LAYOUT, ["us|orders"], regex=True) == ("orders",)


def test_internal_topics_are_meant_only_when_they_are_named() -> None:
    assert choose_topics(LAYOUT, [".*"], regex=True) == ("orders", "orders-eu", "users")
    assert choose_topics(LAYOUT, ["^__.*"], regex=True) == ("__consumer_offsets",)


def test_patterns_that_match_nothing_are_an_error_at_the_start_only() -> None:
    with pytest.raises(TopicNotFound, match=r"no topic matches `x\.\*`, `y\.\*`"):
        choose_topics(LAYOUT, ["x.*", "y.*"], regex=True)
    assert choose_topics(LAYOUT, ["x.*"], regex=True, can_be_none=True) == ()
    assert choose_topics(LAYOUT, ["x", "users"], regex=False, can_be_none=True) == ("users",)


def test_a_bad_pattern_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"topic pattern `\(` is no regular expression"):
        choose_topics(LAYOUT, ["("], regex=True)


def test_a_pattern_that_would_take_years_takes_no_time() -> None:
    layout = {"a" * 249: {0: 1}}
    assert choose_topics(layout, ["(a+)+b"], regex=True, can_be_none=True) == ()


def test_all_partitions_are_meant_unless_some_are_named() -> None:
    every = choose_partitions(LAYOUT, ["orders", "users"], ReadOptions())
    assert len(every) == 5
    some = choose_partitions(LAYOUT, ["orders", "users"], ReadOptions(partitions=(2, 1)))
    assert some == (Partition("orders", 1), Partition("orders", 2), Partition("users", 1))


def test_partitions_with_their_own_range_are_those_that_are_meant() -> None:
    options = ReadOptions(range=Range(End()), partition_ranges=((1, Range(Offset(5))),))
    assert choose_partitions(LAYOUT, ["orders"], options) == (Partition("orders", 1),)
    assert range_of(Partition("orders", 1), options) == Range(Offset(5))


def test_named_partitions_and_own_ranges_add_up() -> None:
    options = ReadOptions(
        range=Range(FromEnd(3)), partitions=(0,), partition_ranges=((1, Range(Offset(5))),)
    )
    assert [one.number for one in choose_partitions(LAYOUT, ["orders"], options)] == [0, 1]
    assert range_of(Partition("orders", 0), options) == Range(FromEnd(3))


@pytest.mark.parametrize(
    "options", [ReadOptions(partitions=(7,)), ReadOptions(partition_ranges=((7, Range()),))]
)
def test_a_partition_that_no_topic_has_is_a_usage_error(options: ReadOptions) -> None:
    with pytest.raises(UsageError) as caught:
        choose_partitions(LAYOUT, ["orders"], options)
    assert caught.value.message == "there is no partition 7: `orders` has 3"
    assert caught.value.hint == "partitions count from 0 to 2"
