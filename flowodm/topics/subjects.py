"""The schemas of topics: which subjects a registry has for their keys and values.

The usual names are meant, `TOPIC-key` and `TOPIC-value`. All are asked for in one request, in a
thread of its own: a registry that is slow or away keeps no list of topics waiting for long.
"""

from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

from flowodm.errors import FlowODMError, RegistryUnreachable, SubjectNotFound
from flowodm.reading.calls import in_background
from flowodm.topics.topic import TopicSubject

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.registry import SchemaRegistry

__all__ = ["Asked", "names_of", "start_latest", "start_subjects"]

_T = TypeVar("_T")


class Asked(Generic[_T]):
    """A question to the registry that is under way.

    Args:
        connection: Whose registry.
        question: What is asked of it.
    """

    def __init__(
        self, connection: "KafkaConnection", question: "Callable[[SchemaRegistry], _T]"
    ) -> None:
        self._future: Future[_T] | None = None
        config = connection.context.schema_registry
        if config is not None:
            self._future = in_background(lambda: question(connection.schema_registry()))

    def answer(self, timeout: float) -> tuple[_T | None, tuple[FlowODMError, ...]]:
        """Return the answer, or None and why there is none; a context without registry has none."""
        if self._future is None:
            return None, ()
        try:
            return self._future.result(timeout), ()
        except FlowODMError as error:
            return None, (error,)
        except TimeoutError:
            message = f"the schema registry did not answer within {timeout:.1f} s"
            return None, (RegistryUnreachable(message, hint="flowodm doctor"),)


def names_of(topic: str) -> tuple[str, str]:
    """Return the subjects that a topic's keys and values usually have."""
    return f"{topic}-key", f"{topic}-value"


def start_subjects(connection: "KafkaConnection") -> "Asked[frozenset[str]]":
    """Ask which subjects there are, in one request."""
    return Asked(connection, lambda registry: frozenset(registry.subjects()))


def start_latest(connection: "KafkaConnection", topic: str) -> "Asked[tuple[TopicSubject, ...]]":
    """Ask for the latest versions of a topic's subjects, in a request for each."""
    return Asked(connection, lambda registry: _latest(registry, names_of(topic)))


def _latest(registry: "SchemaRegistry", names: Collection[str]) -> tuple[TopicSubject, ...]:
    found = []
    for name in names:
        try:
            one = registry.version(name)
        except SubjectNotFound:
            continue
        schema = one.schema
        found.append(TopicSubject(name, one.version, schema.schema_id, schema.schema_type))
    return tuple(found)
