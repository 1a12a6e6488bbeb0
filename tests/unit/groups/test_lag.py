"""Lag as it is added up, and held against limits."""

from datetime import UTC, datetime, timedelta

import pytest

from flowodm.errors import AuthorizationError, BrokerError
from flowodm.groups.group import Group, GroupPartition, GroupReading, Member
from flowodm.groups.lag import LagLimits, TopicLag, lags_of
from flowodm.reading.spans import Partition

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MEMBER = Member("m-1", "me", "127.0.0.1", None, (Partition("events", 0),))


def part(number: int, committed: int | None, **more: object) -> GroupPartition:
    """A partition of the offsets 10 to 109."""
    return GroupPartition(Partition("events", number), committed, 10, 110, **more)  # type: ignore[arg-type]


def line(*parts: GroupPartition) -> TopicLag:
    (found,) = lags_of([Group("g", "stable", "classic", members=(MEMBER,), partitions=parts)])
    return found


@pytest.mark.parametrize(
    ("committed", "lag", "remark"),
    [
        (100, 10, None),
        (110, 0, None),
        (10, 100, None),
        (5, 100, "5 offsets gone unread"),
        (9, 100, "1 offset gone unread"),
        (115, 0, "committed 5 past the end"),
        (None, None, "no commit"),
    ],
)
def test_lag_is_what_is_there_and_unread(
    committed: int | None, lag: int | None, remark: str | None
) -> None:
    found = part(0, committed)
    assert (found.lag, found.remark) == (lag, remark)


def test_a_topic_adds_up_its_partitions() -> None:
    old, new = NOW - timedelta(hours=1), NOW - timedelta(minutes=1)
    found = line(
        part(0, 100, unread_since=new, member=MEMBER),
        part(1, 5, unread_since=old, member=MEMBER),
        part(2, None),
    )
    assert (found.lag, found.members, found.uncommitted, found.lost) == (110, 1, 1, 5)
    assert found.age(NOW) == timedelta(hours=1)
    assert found.remark == "no commit in 1 of 3; 5 offsets gone unread"


def test_a_group_that_never_committed_has_no_lag_to_tell() -> None:
    found = line(part(0, None), part(1, None))
    assert (found.lag, found.age(NOW), found.remark) == (None, None, "no commit")


def test_a_group_with_nothing_unread_is_no_time_behind() -> None:
    assert line(part(0, 110)).age(NOW) == timedelta(0)


def test_a_record_of_tomorrow_is_not_behind() -> None:
    assert line(part(0, 100, unread_since=NOW + timedelta(days=1))).age(NOW) == timedelta(0)


def test_a_group_that_may_not_be_seen_has_a_line() -> None:
    error = AuthorizationError("not allowed to describe group `g`")
    (found,) = lags_of([Group("g", "stable", "classic", error=error)])
    assert (found.topic, found.lag, found.remark) == (None, None, error.message)


@pytest.mark.parametrize(
    ("limits", "is_over"),
    [
        (LagLimits(), False),
        (LagLimits(max_lag=10), False),
        (LagLimits(max_lag=9), True),
        (LagLimits(max_age=60), False),
        (LagLimits(max_age=59), True),
        (LagLimits(max_lag=10, max_age=59), True),
        (LagLimits(max_lag=0), True),
    ],
)
def test_only_what_is_over_a_limit_breaks_it(limits: LagLimits, is_over: bool) -> None:
    found = line(part(0, 100, unread_since=NOW - timedelta(minutes=1)))
    assert (limits.breach(found, NOW) is not None) is is_over


def test_what_is_not_known_is_no_breach_but_a_doubt() -> None:
    limits = LagLimits(max_lag=0, max_age=1)
    found = line(part(0, 110), part(1, None))
    assert limits.breach(found, NOW) is None
    assert limits.doubt(found, NOW) == "1 partition has no commit"
    ageless = line(part(0, 100))
    assert "first unread record is not known" in (limits.doubt(ageless, NOW) or "")


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ((), 0),
        ((BrokerError("no leader"),), 1),
        ((BrokerError("no leader"), AuthorizationError("no")), 4),
    ],
    ids=["all seen", "no leader", "not allowed"],
)
def test_the_exit_code_is_the_worst_of_what_was_not_seen(
    errors: tuple[BrokerError, ...], code: int
) -> None:
    group = Group(
        "g",
        "empty",
        "classic",
        partitions=tuple(part(number, 100, error=error) for number, error in enumerate(errors)),
    )
    assert GroupReading((group,)).exit_code == code
