"""Topics as the screens list and open them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flowodm.tui.sources.patience import Patience

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.reading.choice import Layout
    from flowodm.reading.spans import Bounds, Partition
    from flowodm.topics import Topic, TopicDetail

__all__ = ["Ends", "KafkaTopics", "TopicsSource"]


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

    def detail(self, name: str) -> "TopicDetail":
        """Describe one topic."""


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

        with self._patience.seconds() as seconds:
            found = list_topics(self._connection, include_internal=True, timeout=seconds)
        self._known = tuple(topic.name for topic in found)
        return found

    def ends(self, names: Iterable[str]) -> Mapping[str, Ends]:
        """Ask for the offsets of some topics; the cluster's layout is that of the last list."""
        from flowodm.groups.offsets import read_bounds
        from flowodm.reading.cluster import layout_of
        from flowodm.reading.spans import Partition

        with self._patience.seconds() as seconds:
            if not self._layout:
                self._layout = layout_of(self._connection.metadata(seconds))
            layout = self._layout
            wanted = [name for name in names if name in layout]
            places = [Partition(name, number) for name in wanted for number in layout[name]]
            bounds, _ = read_bounds(self._connection, layout, places, timeout=seconds)
        return {name: _added(name, layout, bounds) for name in wanted}

    def detail(self, name: str) -> "TopicDetail":
        """Describe one topic."""
        from flowodm.topics import describe_topic

        with self._patience.seconds() as seconds:
            return describe_topic(self._connection, name, timeout=seconds)


def _added(name: str, layout: "Layout", bounds: "Mapping[Partition, Bounds]") -> Ends:
    from flowodm.reading.spans import Partition

    found = [bounds.get(Partition(name, number)) for number in layout[name]]
    known = [bound for bound in found if bound is not None]
    return Ends(
        sum(bound.earliest for bound in known),
        sum(bound.latest for bound in known),
        len(found) - len(known),
    )
