"""Sources that say what a test wants, and a clock that goes when it is told to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flowodm.errors import FlowODMError
from flowodm.topics import ConfigEntry, PartitionDetail, Topic, TopicDetail
from flowodm.tui.sources.bundle import Sources
from flowodm.tui.sources.cluster import Identity, Pulse
from flowodm.tui.sources.topics import Ends
from tests.tui.fake_groups import FakeGroups
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

    def identity(self) -> Identity:
        return Identity(self.name, "localhost:9092", self.is_read_only, True)

    def pulse(self) -> Pulse:
        if self.error is not None:
            raise self.error
        return Pulse(3, 2, 6, self.ends)

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
    config: tuple[ConfigEntry, ...] | None = (ConfigEntry("retention.ms", "1000"),)

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

    def detail(self, name: str) -> TopicDetail:
        if self.error is not None:
            raise self.error
        partitions = (
            PartitionDetail(0, 1, (1, 2), (1, 2), 0, 12_345),
            PartitionDetail(1, 2, (2, 3), (2,), 5, 10),
            PartitionDetail(2, None, (3, 1), (), None, None, "no leader"),
        )
        return TopicDetail(name, "abc", False, partitions, self.config)


@dataclass
class Fakes:
    """All sources of one test."""

    cluster: FakeCluster = field(default_factory=FakeCluster)
    topics: FakeTopics = field(default_factory=FakeTopics)
    groups: FakeGroups = field(default_factory=FakeGroups)
    schemas: FakeSchemas = field(default_factory=FakeSchemas)

    @property
    def sources(self) -> Sources:
        return Sources(
            self.cluster,
            self.topics,
            self.groups,
            self.schemas,
        )
