"""Topics as the screens list and open them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from flowodm.errors import AuthorizationError, FlowODMError
from flowodm.tui.sources.cluster import silent_leaders
from flowodm.tui.sources.loading import load_registry
from flowodm.tui.sources.patience import Patience

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.groups import GroupReading
    from flowodm.reading.choice import Layout
    from flowodm.reading.spans import Bounds, Partition
    from flowodm.topics import ConfigEntry, Topic, TopicDetail, TopicSubject

__all__ = ["MOST_GROUPS", "Ends", "KafkaTopics", "TopicsSource"]

MOST_GROUPS: Final = 50
"""Of a cluster whose groups are asked how far they are, for the list of topics."""
_REGISTRY_PATIENCE: Final = 16.0
"""Seconds that a registry has, which nothing else waits for."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The offsets of a topic's partitions, added up."""

    starts: int
    ends: int
    unknown: int
    """Partitions that gave no offsets."""

    @property
    def span(self) -> int:
        """How many offsets there are; compaction leaves fewer records."""
        return self.ends - self.starts


class TopicsSource(Protocol):
    """Answers for the topics' screens; each question may block, and raises `FlowODMError`."""

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the last list; never blocks."""

    def topics(self) -> tuple["Topic", ...]:
        """List all topics by name, Kafka's own too."""

    def ends(self, names: Iterable[str]) -> Mapping[str, Ends]:
        """Ask for the offsets of some topics, all at once."""

    def settings(self, names: Iterable[str]) -> Mapping[str, "tuple[ConfigEntry, ...] | None"]:
        """Ask for the settings that some topics override; None of one: they may not be seen."""

    def schemas(self) -> Mapping[str, str]:
        """Ask which topics have schemas: of their `key`, their `value`, or `key value`."""

    def lags(self) -> Mapping[str, int | None] | None:
        """Ask how far the group that is behind most is behind in each topic that groups read.

        None of a topic: that is not known. None of all: there are too many groups to ask.
        """

    def detail(self, name: str) -> "TopicDetail":
        """Describe one topic."""

    def subjects(self, name: str) -> "tuple[TopicSubject, ...]":
        """Ask for the latest versions of the schemas of a topic's keys and values."""

    def readers(self, topic: "TopicDetail") -> "GroupReading":
        """Read the groups that read a topic."""


class KafkaTopics:
    """The topics of a real cluster.

    Args:
        connection: Its clients.
        patience: How long they are waited for.
    """

    def __init__(self, connection: "KafkaConnection", patience: Patience) -> None:
        self._connection = connection
        self._patience = patience
        self._layout: Layout = {}
        self._known: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the last list."""
        return self._known

    def topics(self) -> tuple["Topic", ...]:
        """List all topics by name."""
        self._layout = {}
        from flowodm.topics import list_topics

        with self._patience.seconds("topics") as seconds:
            found = list_topics(self._connection, include_internal=True, timeout=seconds)
        self._known = tuple(topic.name for topic in found)
        return found

    def ends(self, names: Iterable[str]) -> Mapping[str, Ends]:
        """Ask for the offsets of some topics; the cluster's layout is that of the last list.

        A topic of which a leader gave no answer is left out: what was known of it still counts.
        """
        from flowodm.reading.cluster import layout_of
        from flowodm.reading.offsets import read_bounds
        from flowodm.reading.spans import Partition

        with self._patience.seconds("ends") as seconds:
            if not self._layout:
                self._layout = layout_of(self._connection.metadata(seconds))
            layout = self._layout
            wanted = [name for name in names if name in layout]
            places = [Partition(name, number) for name in wanted for number in layout[name]]
            bounds, failures = read_bounds(self._connection, layout, places, timeout=seconds)
            silent = silent_leaders(failures, layout)
            if silent and not bounds:
                raise next(iter(silent.values()))
        missing = {one.topic for one in silent}
        return {name: _added(name, layout, bounds) for name in wanted if name not in missing}

    def settings(self, names: Iterable[str]) -> Mapping[str, "tuple[ConfigEntry, ...] | None"]:
        """Ask for the settings that some topics override."""
        from flowodm.topics.settings import read_settings

        with self._patience.seconds("settings") as seconds:
            found = read_settings(self._connection, tuple(names), only_own=True, timeout=seconds)
        errors = [answer for answer in found.values() if isinstance(answer, FlowODMError)]
        seen = {
            name: None if isinstance(answer, FlowODMError) else answer
            for name, answer in found.items()
            if not isinstance(answer, FlowODMError) or isinstance(answer, AuthorizationError)
        }
        if errors and not seen:
            raise errors[0]
        return seen

    def schemas(self) -> Mapping[str, str]:
        """Ask which topics have schemas, with one question to the registry."""
        from flowodm.topics.subjects import names_of

        load_registry()
        found: dict[str, list[str]] = {}
        for name in sorted(self._connection.schema_registry().subjects()):
            topic, _, side = name.rpartition("-")
            if name in names_of(topic):
                found.setdefault(topic, []).append(side)
        return {topic: " ".join(sides) for topic, sides in found.items()}

    def lags(self) -> Mapping[str, int | None] | None:
        """Ask how far the group that is behind most is, of not too many."""
        from flowodm.groups import lags_of, read_groups
        from flowodm.groups.desk import Desk

        with self._patience.seconds("lags") as seconds:
            with Desk(self._connection, timeout=seconds) as desk:
                names = tuple(desk.listing())
            if not names or len(names) > MOST_GROUPS:
                return None if names else {}
            found = read_groups(self._connection, timeout=seconds)
        worst: dict[str, int | None] = {}
        for one in lags_of(found.groups):
            if one.topic is not None:
                known = worst.get(one.topic)
                worst[one.topic] = known if one.lag is None else max(one.lag, known or 0)
        return worst

    def detail(self, name: str) -> "TopicDetail":
        """Describe one topic."""
        from flowodm.topics import describe_topic

        with self._patience.seconds("topic") as seconds:
            return describe_topic(self._connection, name, timeout=seconds)

    def subjects(self, name: str) -> "tuple[TopicSubject, ...]":
        """Ask for the latest versions of a topic's schemas."""
        from flowodm.topics.subjects import start_latest

        load_registry()
        found, failures = start_latest(self._connection, name).answer(_REGISTRY_PATIENCE)
        if failures:
            raise failures[0]
        return found or ()

    def readers(self, topic: "TopicDetail") -> "GroupReading":
        """Read the groups that read a topic."""
        from flowodm.groups import read_readers

        with self._patience.seconds("readers") as seconds:
            return read_readers(self._connection, topic, timeout=seconds)


def _added(name: str, layout: "Layout", bounds: "Mapping[Partition, Bounds]") -> Ends:
    from flowodm.reading.spans import Partition

    found = [bounds.get(Partition(name, number)) for number in layout[name]]
    known = [bound for bound in found if bound is not None]
    return Ends(
        sum(bound.earliest for bound in known),
        sum(bound.latest for bound in known),
        len(found) - len(known),
    )
