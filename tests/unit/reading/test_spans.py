"""What a range is in a real partition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.positions import At, End, FromEnd, FromStart, Offset, Position, Range, Start
from flowodm.reading.spans import Bounds, Partition, Span, Until, moments_of, settle

pytestmark = pytest.mark.unit

HERE = Partition("orders", 3)
BOUNDS = Bounds(earliest=100, latest=200)


def settled(a_range: Range, *, follow: bool = False, bounds: Bounds = BOUNDS, **at: int):
    moments = {int(name[1:]): offset for name, offset in at.items()}
    return settle(a_range, HERE, bounds, moments, follow=follow)


@pytest.mark.parametrize(
    ("a_range", "start", "stop"),
    [
        (Range(Start()), 100, 200),
        (Range(End()), 200, 200),
        (Range(Offset(150), strict=True), 150, 200),
        (Range(Offset(100), strict=True), 100, 200),
        (Range(Offset(200), strict=True), 200, 200),
        (Range(FromStart(5)), 105, 200),
        (Range(FromStart(500)), 200, 200),
        (Range(FromEnd(5)), 195, 200),
        (Range(FromEnd(500)), 100, 200),
        (Range(Offset(150)), 150, 200),
        (Range(Start(), Offset(150)), 100, 150),
        (Range(Offset(150), Offset(160)), 150, 160),
        (Range(Offset(150), Offset(900)), 150, 200),
        (Range(Offset(50), Offset(160)), 100, 160),
        (Range(Offset(10), Offset(20)), 100, 100),
        (Range(Offset(300), Offset(400)), 200, 200),
        (Range(Start(), End()), 100, 200),
        (Range(FromEnd(20), FromEnd(10)), 180, 190),
        (Range(FromEnd(10), FromEnd(20)), 190, 190),
    ],
)
def test_a_bounded_read_ends_at_its_stop_or_at_the_end_of_now(
    a_range: Range, start: int, stop: int
) -> None:
    span, _ = settled(a_range, _7=130, _8=170)
    assert span == Span(HERE, start, stop, latest=200)


@pytest.mark.parametrize("follow", [False, True])
def test_a_time_is_where_the_first_record_of_that_age_can_be_at_the_earliest(follow: bool) -> None:
    span, _ = settled(Range(At(7), At(8)), follow=follow, _7=130, _8=170)
    end = None if follow else 200
    assert span == Span(HERE, 130, end, latest=200, since=7, until=Until(170, 8))


def test_a_stop_by_time_before_the_start_leaves_nothing() -> None:
    span, _ = settled(Range(Offset(150), At(7)), _7=130)
    assert span is not None
    assert span.is_empty


@pytest.mark.parametrize(
    ("a_range", "start", "stop"),
    [
        (Range(Start()), 100, None),
        (Range(End()), 200, None),
        (Range(Start(), End()), 100, 200),
        (Range(Offset(150), Offset(160)), 150, 160),
        (Range(Offset(150), Offset(900)), 150, 900),
        (Range(End(), Offset(900)), 200, 900),
    ],
)
def test_a_follower_ends_only_at_a_stop_which_may_lie_ahead(
    a_range: Range, start: int, stop: int | None
) -> None:
    span, _ = settled(a_range, follow=True)
    assert span == Span(HERE, start, stop, latest=200)


@pytest.mark.parametrize("offset", [0, 99, 201, 2**62])
@pytest.mark.parametrize("follow", [False, True])
def test_a_lone_offset_that_is_not_there_is_a_problem(offset: int, follow: bool) -> None:
    span, notice = settled(Range(Offset(offset), strict=True), follow=follow)
    assert span is None
    assert notice is not None
    assert notice.is_problem
    assert (
        notice.message == f"`orders` [3] has no offset {offset}: it begins at 100 and ends at 200"
    )


def test_a_follower_does_not_wait_for_a_start_that_is_not_there_yet() -> None:
    span, notice = settled(Range(Offset(300)), follow=True)
    assert span is None
    assert notice is not None
    assert notice.is_problem


@pytest.mark.parametrize(
    ("a_range", "message"),
    [
        (Range(Offset(50)), "begins at 100: offsets 50 to 99 are no longer there"),
        (Range(Offset(99)), "begins at 100: offset 99 is no longer there"),
        (Range(Offset(10), Offset(20)), "begins at 100: offsets 10 to 19 are no longer there"),
        (Range(Offset(300)), "ends at 200: there is nothing from 300 yet"),
    ],
)
def test_a_range_is_cut_to_what_there_is_and_says_so(a_range: Range, message: str) -> None:
    _, notice = settled(a_range)
    assert notice is not None
    assert notice.message == f"`orders` [3] {message}"
    assert not notice.is_problem
    assert (notice.topic, notice.partition) == ("orders", 3)


@pytest.mark.parametrize(
    "a_range",
    [
        Range(Start()),
        Range(FromEnd(500)),
        Range(FromStart(0)),
        Range(Start(), Offset(900)),
        Range(End()),
    ],
)
def test_what_needs_no_cut_is_not_remarked_on(a_range: Range) -> None:
    assert settled(a_range)[1] is None


@pytest.mark.parametrize("follow", [False, True])
def test_an_empty_partition_is_an_empty_span(follow: bool) -> None:
    span, notice = settled(Range(FromEnd(10), End()), follow=follow, bounds=Bounds(70, 70))
    assert span == Span(HERE, 70, 70, latest=70)
    assert span.is_empty
    assert notice is None


def test_moments_are_those_of_starts_and_stops_each_once() -> None:
    ranges = [Range(At(9), At(3)), Range(At(3)), Range(Offset(5), End())]
    assert moments_of(ranges) == (3, 9)


PLACES: st.SearchStrategy[Position] = st.one_of(
    st.sampled_from([Start(), End()]),
    st.integers(0, 60).map(Offset),
    st.integers(0, 60).map(FromStart),
    st.integers(0, 60).map(FromEnd),
)


def meaning(place: Position, bounds: Bounds) -> int:
    """The definition, in as few words as there are."""
    match place:
        case Start():
            return bounds.earliest
        case End():
            return bounds.latest
        case Offset(n):
            return n
        case FromStart(n):
            return bounds.earliest + n
        case FromEnd(n):
            return bounds.latest - n
    raise AssertionError(place)


@given(
    start=PLACES,
    stop=st.one_of(st.none(), PLACES),
    bounds=st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda b: Bounds(b[0], sum(b))),
)
def test_a_span_holds_exactly_the_offsets_of_the_definition(
    start: Position, stop: Position | None, bounds: Bounds
) -> None:
    span, _ = settle(Range(start, stop), HERE, bounds, {}, follow=False)
    until = bounds.latest if stop is None else meaning(stop, bounds)
    there = range(bounds.earliest, bounds.latest)
    expected = [offset for offset in there if meaning(start, bounds) <= offset < until]
    assert span is not None
    assert span.stop is not None
    assert list(range(span.start, span.stop)) == expected
    assert bounds.earliest <= span.start <= span.stop <= bounds.latest
