"""Sources that say what a test wants, and a clock that goes when it is told to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from flowodm.codec.codec import Codec
from flowodm.display.sides import SchemaNames, schema_names
from flowodm.display.tree import TREE
from flowodm.errors import FlowODMError
from flowodm.groups import Group, GroupReading
from flowodm.json_form import JSON
from flowodm.positions import Range
from flowodm.reader import Notice, PartitionProgress, Progress
from flowodm.record import DecodedRecord, Record
from flowodm.registry import SchemaRegistry
from flowodm.topics import ConfigEntry, PartitionDetail, Topic, TopicDetail, TopicSubject
from flowodm.tui.sources.bundle import Sources
from flowodm.tui.sources.cluster import Identity, Pulse
from flowodm.tui.sources.topics import Ends
from tests.tui.fake_brokers import FakeBrokers
from tests.tui.fake_groups import FakeGroups, group
from tests.tui.fake_plan import FakePlan
from tests.tui.fake_produce import FakeProduce
from tests.tui.fake_schemas import FakeSchemas


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeCluster:
    """A cluster of words."""

    name: str = "local"
    is_read_only: bool = False
    error: FlowODMError | None = None
    registry_error: FlowODMError | None = None
    ends: int = 1_000
    servers: str = "localhost:9092"
    cluster_id: str | None = None

    def identity(self) -> Identity:
        return Identity(
            self.name, self.servers, self.is_read_only, True, (f"--context {self.name}",)
        )

    def pulse(self) -> Pulse:
        if self.error is not None:
            raise self.error
        return Pulse(3, 2, 6, self.ends, self.cluster_id)

    def registry_mode(self) -> str | None:
        if self.registry_error is not None:
            raise self.registry_error
        return "READWRITE"


@dataclass
class FakeTopics:
    """Topics by name, each with its number of partitions and of offsets."""

    names: list[str] = field(default_factory=lambda: ["orders", "payments"])
    error: FlowODMError | None = None
    spans: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    config: tuple[ConfigEntry, ...] | None = (
        ConfigEntry("cleanup.policy", "delete", "default"),
        ConfigEntry("min.insync.replicas", "2", "static broker"),
        ConfigEntry("retention.ms", "1000"),
    )
    settings_error: FlowODMError | None = None
    settings_asked: list[tuple[str, ...]] = field(default_factory=list)
    schemas_error: FlowODMError | None = None
    found: tuple[TopicSubject, ...] = (
        TopicSubject("orders-key", 1, 41, "AVRO"),
        TopicSubject("orders-value", 3, 43, "AVRO"),
    )
    groups: tuple[Group, ...] = field(default_factory=lambda: (group(),))
    readers_error: FlowODMError | None = None
    lagging: dict[str, int | None] | None = field(default_factory=lambda: {"orders": 2_345})
    lags_error: FlowODMError | None = None

    @property
    def known(self) -> tuple[str, ...]:
        return tuple(self.names)

    def topics(self) -> tuple[Topic, ...]:
        if self.error is not None:
            raise self.error
        return tuple(
            Topic(name, 3, 2, name == "behind", name == "offline", name.startswith("__"))
            for name in self.names
        )

    def ends(self, names: Iterable[str]) -> Mapping[str, Ends]:
        if self.error is not None:
            raise self.error
        names = tuple(names)
        self.asked.append(names)
        return {name: Ends(0, self.spans.get(name, 10), 0) for name in names}

    def settings(self, names: Iterable[str]) -> Mapping[str, tuple[ConfigEntry, ...] | None]:
        if self.settings_error is not None:
            raise self.settings_error
        self.settings_asked.append(tuple(names))
        own = self.config and tuple(one for one in self.config if one.source == "topic")
        return dict.fromkeys(self.settings_asked[-1], own)

    def schemas(self) -> Mapping[str, str]:
        if self.schemas_error is not None:
            raise self.schemas_error
        return {"orders": "key value", "payments": "value"}

    def lags(self) -> Mapping[str, int | None] | None:
        if self.lags_error is not None:
            raise self.lags_error
        return self.lagging

    def subjects(self, name: str) -> tuple[TopicSubject, ...]:
        if self.schemas_error is not None:
            raise self.schemas_error
        return self.found

    def readers(self, topic: TopicDetail) -> GroupReading:
        if self.readers_error is not None:
            raise self.readers_error
        return GroupReading(self.groups)

    def detail(self, name: str) -> TopicDetail:
        if self.error is not None:
            raise self.error
        partitions = (
            PartitionDetail(0, 1, (1, 2), (1, 2), 0, 12_345),
            PartitionDetail(1, 2, (2, 3), (2,), 5, 10),
            PartitionDetail(2, None, (3, 1), (), None, None, "no leader"),
        )
        return TopicDetail(name, "abc", False, partitions, self.config)


class FakeRecords:
    """Records that a test hands in while they are read, decoded by the real codec.

    Args:
        records: Those that each read begins with; `queue` brings more.
        ends: Whether the read ends behind them.
    """

    def __init__(self, records: Sequence[Record] = (), *, ends: bool = False) -> None:
        self.records = list(records)
        self.queue: SimpleQueue[list[Record]] = SimpleQueue()
        self.ends = ends
        self.asked: list[tuple[str, Range | None]] = []
        self.error: FlowODMError | None = None
        self.decode_error: FlowODMError | None = None
        self.broken: FlowODMError | None = None
        self.registry: SchemaRegistry | None = None
        self.notices: tuple[Notice, ...] = ()
        self._read = 0

    @property
    def names(self) -> SchemaNames:
        return schema_names(self.registry)

    def read(self, topic: str, where: Range | None) -> "FakeRead":
        self.asked.append((topic, where))
        if self.error is not None:
            raise self.error
        return FakeRead(self)

    def values(self, record: Record) -> DecodedRecord:
        return Codec(self.registry).decode(record)

    def tree(self, record: Record) -> DecodedRecord:
        if self.decode_error is not None:
            raise self.decode_error
        return Codec(self.registry, style=TREE).decode(record)

    def json(self, record: Record) -> DecodedRecord:
        return Codec(self.registry, style=JSON).decode(record)


class FakeRead:
    """One read of `FakeRecords`."""

    def __init__(self, source: FakeRecords) -> None:
        self._source = source
        self._records = 0

    def __enter__(self) -> "FakeRead":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def batches(self) -> Iterator[list[Record]]:
        self._records = len(self._source.records)
        yield self._source.records
        while True:
            try:
                batch = self._source.queue.get(timeout=0.02)
            except Empty:
                if self._source.broken is not None:
                    raise self._source.broken from None
                if self._source.ends:
                    return
                batch = []
            self._records += len(batch)
            yield batch

    @property
    def progress(self) -> Progress:
        part = PartitionProgress("t", 0, 0, self._records, None, self._records, 0, False)
        return Progress((part,), self._records, 1.0)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._source.notices


@dataclass
class Fakes:
    """All sources of one test."""

    cluster: FakeCluster = field(default_factory=FakeCluster)
    topics: FakeTopics = field(default_factory=FakeTopics)
    records: FakeRecords = field(default_factory=FakeRecords)
    groups: FakeGroups = field(default_factory=FakeGroups)
    schemas: FakeSchemas = field(default_factory=FakeSchemas)
    brokers: FakeBrokers = field(default_factory=FakeBrokers)
    plan: FakePlan = field(default_factory=FakePlan)
    produce: FakeProduce = field(default_factory=FakeProduce)

    @property
    def sources(self) -> Sources:
        return Sources(
            self.cluster,
            self.topics,
            self.records,
            self.groups,
            self.schemas,
            self.brokers,
            self.plan,
            self.produce,
        )


def record(
    value: bytes | None,
    *,
    key: bytes | None = b"k",
    offset: int = 0,
    topic: str = "orders",
    headers: tuple[tuple[str, bytes | None], ...] = (),
) -> Record:
    """A record of a topic."""
    return Record(topic, 0, offset, "create", 1_764_500_000_000 + offset, key, value, headers)
