"""Each form of the position grammar, on topics of every kind, against the definition."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cached_property

import pytest

from flowodm.connection import KafkaConnection
from flowodm.positions import parse_partition_offsets, parse_range
from flowodm.reader import ReadOptions
from tests.reading import BASE, Oracle, Seen, Topics, connect, read_all, read_everything

pytestmark = pytest.mark.integration

NOW = datetime.fromtimestamp((BASE + 40_000) / 1000, UTC)
FORMS = (
    *("start", "beginning", "earliest", "end", "latest"),
    *("+0", "+2", "+1000", "-0", "-1", "-4", "-1000"),
    *("0:", "4:", "9999:", ":0", ":4", ":9999", "2:5", "3:3", "4:9999", "9000:9999"),
    *(":end", "2:end", "-3:end", "+1:-1", "-5:-2", ":+2", ":-2", "start:end", "end:end"),
    *(f"@{BASE}", f"@{BASE + 5_000}", f"@{BASE + 5_001}:", f"@{BASE // 1000 + 7}"),
    *(f"@:{BASE + 5_000}", f"@:{BASE - 1}", f"@{BASE + 3_000}:{BASE + 9_000}"),
    *(f"@{BASE}:end", "@-15m", "@-30s", "@-35s:-10s", "@-30s:now", "@now", "@:now"),
    *("@2023-11-14", "@2023-11-14T22:13:25Z", "@2023-11-14T22:13:22Z:2023-11-14T22:13:29Z"),
    *("@2023-11-14T23:13:22+01:00:2023-11-14T22:13:29", "@2099-01-01", "@1970-01-01:"),
    *(f"s@{BASE + 4_000}", f"e@{BASE + 4_000}"),
)


class World:
    """The topics of this module, each with what an independent consumer saw of it."""

    def __init__(self, topics: Topics) -> None:
        self.topics = topics
        self._seen: dict[tuple[str, str], Oracle] = {}

    def oracle(self, topic: str, isolation: str) -> Oracle:
        if (topic, isolation) not in self._seen:
            self._seen[topic, isolation] = read_everything(self.topics.config, topic, isolation)
        return self._seen[topic, isolation]

    @cached_property
    def empty(self) -> str:
        return self.topics.make("empty", partitions=2)

    @cached_property
    def single(self) -> str:
        topic = self.topics.make("single")
        self.topics.produce(topic, 12)
        return topic

    @cached_property
    def twelve(self) -> str:
        topic = self.topics.make("twelve", partitions=12)
        self.topics.produce(topic, 90, partitions=11)  # the twelfth stays empty
        return topic

    @cached_property
    def disordered(self) -> str:
        topic = self.topics.make("disordered", partitions=2)
        self.topics.produce(topic, 30, partitions=2, shuffle=True)
        return topic

    @cached_property
    def compacted(self) -> str:
        return self.topics.compacted()

    @cached_property
    def committed(self) -> str:
        topic = self.topics.make("committed")
        self.topics.transact(topic, "cc")
        return topic

    @cached_property
    def aborted(self) -> str:
        topic = self.topics.make("aborted")
        self.topics.transact(topic, "caacaa")
        return topic

    @cached_property
    def only_aborted(self) -> str:
        topic = self.topics.make("only-aborted")
        self.topics.transact(topic, "aa")
        return topic

    @cached_property
    def unfinished(self) -> str:
        topic = self.topics.make("unfinished")
        self.topics.transact(topic, "ca")
        self.open_transaction = self.topics.begin_transaction(topic)
        return topic

    @cached_property
    def deleted(self) -> str:
        topic = self.topics.make("deleted", partitions=2)
        self.topics.produce(topic, 24, partitions=2)
        self.topics.delete_before(topic, 5, partition=0)
        return topic

    @cached_property
    def purged(self) -> str:
        topic = self.topics.make("purged")
        self.topics.produce(topic, 9)
        self.topics.delete_before(topic, 9)
        return topic


KINDS = tuple(name for name, value in vars(World).items() if isinstance(value, cached_property))
TRANSACTIONAL = ("committed", "aborted", "only_aborted", "unfinished")
CASES = [(kind, "read_committed") for kind in KINDS] + [
    (kind, "read_uncommitted") for kind in TRANSACTIONAL
]


@pytest.fixture(scope="module")
def world(sandbox) -> Iterator[World]:
    topics = Topics(sandbox.client_config)
    made = World(topics)
    yield made
    if hasattr(made, "open_transaction"):
        made.open_transaction.abort_transaction(20)
    topics.remove()


@pytest.fixture(scope="module")
def connection(sandbox) -> Iterator[KafkaConnection]:
    with connect(sandbox.client_config) as made:
        yield made


def first_at(seen: Oracle, partition: int, moment: int) -> int:
    """The offset of the first record at or after a moment; none, the end."""
    later = (r.offset for r in seen.records if r.partition == partition and r.timestamp >= moment)
    return next(later, seen.bounds[partition][1])


def place(token: str, earliest: int, latest: int, at: Callable[[int], int]) -> int:
    """The definition of one position, written apart from the product's."""
    if token.startswith("@"):
        return at(moment_of(token[1:]))
    if token in ("start", "beginning", "earliest"):
        return earliest
    if token in ("end", "latest"):
        return latest
    if token.startswith("+"):
        return earliest + int(token[1:])
    return latest - int(token[1:]) if token.startswith("-") else int(token)


def moment_of(text: str) -> int:
    """A moment of the forms above, by other means than the product's."""
    if text == "now":
        return int(NOW.timestamp() * 1000)
    if found := re.fullmatch(r"-(\d+)([sm])", text):
        return moment_of("now") - int(found[1]) * {"s": 1000, "m": 60_000}[found[2]]
    if text.isdigit():
        return int(text) * (1000 if len(text) == 10 else 1)
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


SIDES = {
    "@2023-11-14T22:13:22Z:2023-11-14T22:13:29Z": (
        "@2023-11-14T22:13:22Z",
        "@2023-11-14T22:13:29Z",
    ),
    "@2023-11-14T23:13:22+01:00:2023-11-14T22:13:29": (
        "@2023-11-14T23:13:22+01:00",
        "@2023-11-14T22:13:29",
    ),
    "@2023-11-14T22:13:25Z": ("@2023-11-14T22:13:25Z", ""),
}
"""The forms whose colons are not all separators, taken apart by hand."""


def sides(form: str) -> tuple[str, str]:
    if form in SIDES:
        return SIDES[form]
    if form[:2] == "s@":
        return f"@{form[2:]}", ""
    if form[:2] == "e@":
        return "start", f"@{form[2:]}"
    left, _, right = form.partition(":")
    if left.startswith("@") and right not in ("", "end"):
        right = f"@{right}"
    return ("start" if left in ("", "@") else left), right


def expected(form: str, seen: Oracle) -> list[Seen]:
    """What a form means, by its definition."""
    left, right = sides(form)
    found = []
    for partition, (earliest, latest) in seen.bounds.items():

        def at(moment: int, partition: int = partition) -> int:
            return first_at(seen, partition, moment)

        start = place(left, earliest, latest, at)
        stop = place(right, earliest, latest, at) if right else latest
        found += [
            record
            for record in seen.records
            if record.partition == partition and start <= record.offset < min(stop, latest)
        ]
    return found


@pytest.mark.parametrize(("kind", "isolation"), CASES)
def test_each_form_reads_exactly_what_it_means(
    kind: str, isolation: str, world: World, connection: KafkaConnection
) -> None:
    topic = getattr(world, kind)
    seen = world.oracle(topic, isolation)
    wrong = {}
    for form in FORMS:
        options = ReadOptions(range=parse_range(form, now=NOW), isolation=isolation)
        records, reader = read_all(connection, topic, options)
        got = sorted(Seen(r.partition, r.offset, r.timestamp, r.value) for r in records)
        if got != expected(form, seen) or any(n.is_problem for n in reader.notices):
            wrong[form] = got, reader.notices
    assert not wrong


@pytest.mark.parametrize(("kind", "isolation"), CASES)
def test_the_last_records_come_in_time_order_however_many_gaps_there_are(
    kind: str, isolation: str, world: World, connection: KafkaConnection
) -> None:
    topic = getattr(world, kind)
    seen = world.oracle(topic, isolation)
    for wanted in (0, 1, 4, 13, 1000):
        options = ReadOptions(last=wanted, isolation=isolation)
        records, _ = read_all(connection, topic, options)
        got = [Seen(r.partition, r.offset, r.timestamp, r.value) for r in records]
        candidates = []
        for partition in seen.bounds:
            mine = [record for record in seen.records if record.partition == partition]
            candidates += mine[max(0, len(mine) - wanted) :]
        in_time = sorted(candidates, key=lambda r: (r.timestamp, r.partition, r.offset))
        assert got == in_time[max(0, len(in_time) - wanted) :]


@pytest.mark.parametrize(("kind", "isolation"), CASES)
def test_progress_has_nothing_left_when_the_read_has_ended(
    kind: str, isolation: str, world: World, connection: KafkaConnection
) -> None:
    topic = getattr(world, kind)
    seen = world.oracle(topic, isolation)
    records, reader = read_all(connection, topic, ReadOptions(isolation=isolation))
    progress = reader.progress
    assert progress.remaining == 0
    assert progress.records == len(records) == sum(one.records for one in progress.partitions)
    assert {one.partition: (one.start, one.stop) for one in progress.partitions} == seen.bounds
    assert all(one.is_done and one.position == one.stop for one in progress.partitions)


def test_a_lone_offset_is_read_where_it_is_there(world: World, connection: KafkaConnection) -> None:
    for topic, form, offsets in (
        (world.single, "0", range(12)),
        (world.single, "7", range(7, 12)),
        (world.single, "12", ()),
        (world.compacted, "4", [*range(6, 60, 3), 59, 60]),
        (world.purged, "9", ()),
        (world.aborted, "7", (12, 13, 14)),
    ):
        options = ReadOptions(range=parse_range(form, now=NOW))
        records, reader = read_all(connection, topic, options)
        assert [record.offset for record in records] == list(offsets), (topic, form)
        assert not reader.notices


@pytest.mark.parametrize(
    ("kind", "form", "bounds"),
    [
        ("single", "13", "begins at 0 and ends at 12"),
        ("purged", "8", "begins at 9 and ends at 9"),
        ("empty", "1", "begins at 0 and ends at 0"),
    ],
)
def test_a_lone_offset_that_is_not_there_is_a_problem_that_names_what_is(
    kind: str, form: str, bounds: str, world: World, connection: KafkaConnection
) -> None:
    options = ReadOptions(range=parse_range(form, now=NOW))
    records, reader = read_all(connection, getattr(world, kind), options)
    assert records == []
    assert all(notice.is_problem and bounds in notice.message for notice in reader.notices)
    assert reader.notices


def test_partitions_that_have_an_offset_are_read_though_others_have_not(
    world: World, connection: KafkaConnection
) -> None:
    options = ReadOptions(range=parse_range("3", now=NOW))
    records, reader = read_all(connection, world.deleted, options)
    assert [(r.partition, r.offset) for r in records] == [(1, offset) for offset in range(3, 12)]
    (problem,) = reader.notices
    assert (problem.is_problem, problem.partition) == (True, 0)
    assert "begins at 5 and ends at 12" in problem.message


def test_a_range_is_cut_to_what_there_is_and_says_so(
    world: World, connection: KafkaConnection
) -> None:
    options = ReadOptions(range=parse_range("3:7", now=NOW))
    records, reader = read_all(connection, world.deleted, options)
    assert [(r.partition, r.offset) for r in records if r.partition == 0] == [(0, 5), (0, 6)]
    (notice,) = reader.notices
    assert not notice.is_problem
    assert notice.message.endswith("[0] begins at 5: offsets 3 to 4 are no longer there")


def test_partitions_and_their_own_offsets_are_chosen(
    world: World, connection: KafkaConnection
) -> None:
    options = ReadOptions(
        range=parse_range("-1", now=NOW),
        partitions=(3, 11),
        partition_ranges=parse_partition_offsets(["0=7,1=2:4", "2=-2"], now=NOW),
    )
    records, _ = read_all(connection, world.twelve, options)
    assert sorted((r.partition, r.offset) for r in records) == [
        *((0, 7), (0, 8), (1, 2), (1, 3), (2, 6), (2, 7), (3, 7))
    ]


def test_the_last_records_of_several_topics_are_one_stream(
    world: World, connection: KafkaConnection
) -> None:
    records, _ = read_all(connection, (world.single, world.deleted), ReadOptions(last=6))
    assert [record.timestamp for record in records] == [BASE + 1000 * n for n in range(18, 24)]
    both, _ = read_all(connection, (world.single, world.deleted), ReadOptions(last=14))
    assert [record.timestamp for record in both] == [
        BASE + 1000 * n for n in (10, 10, 11, 11, *range(12, 24))
    ][-14:]


def test_the_last_records_of_a_range_are_taken_before_its_stop(
    world: World, connection: KafkaConnection
) -> None:
    options = ReadOptions(range=parse_range(f"@:{BASE + 8_000}", now=NOW), last=3)
    records, _ = read_all(connection, world.single, options)
    assert [record.offset for record in records] == [5, 6, 7]
    options = ReadOptions(range=parse_range("6:8", now=NOW), last=3)
    records, _ = read_all(connection, world.single, options)
    assert [record.offset for record in records] == [6, 7]


def test_a_limit_ends_a_read_early(world: World, connection: KafkaConnection) -> None:
    for limit in (0, 1, 5, 100):
        records, reader = read_all(connection, world.single, ReadOptions(limit=limit))
        assert [record.offset for record in records] == list(range(min(limit, 12)))
        assert reader.progress.records == min(limit, 12)
