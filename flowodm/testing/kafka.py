"""The cluster and the registry of one test, and what a test does with them."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from flowodm.errors import UsageError
from flowodm.testing.mock import MockCluster
from flowodm.testing.reading import records_of_model, records_of_topic

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.model import FlowBaseModel, MaybeTombstone
    from flowodm.record import DecodedRecord

__all__ = ["MockKafka", "mock_kafka"]

_M = TypeVar("_M", bound="FlowBaseModel")

_WAIT: Final = 5.0
_LEGAL: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")


class MockKafka:
    """A Kafka cluster and a schema registry inside this process, made for one test.

    The default connection (`connect()`, `get_kafka_connection()`) and the environment lead to
    them, and so does every model. A model's topic is there when the model is first used.

    Args:
        cluster: The cluster.
        connection: Leads to it.
    """

    def __init__(self, cluster: MockCluster, connection: "KafkaConnection") -> None:
        self._cluster = cluster
        self._lock = threading.Lock()
        self._topics: dict[str, int] = {}
        self.connection = connection

    def __repr__(self) -> str:
        return f"<MockKafka {self.bootstrap_servers}>"

    @property
    def bootstrap_servers(self) -> str:
        """Where the cluster is: `127.0.0.1:PORT`."""
        return self._cluster.bootstrap_servers

    @property
    def registry_url(self) -> str:
        """The registry's address, which only FlowODM's clients in this process can reach."""
        return _registry_url(self._cluster)

    def topic(
        self, source: "str | type[FlowBaseModel] | None" = None, partitions: int | None = None
    ) -> str:
        """Create a topic, and return its name; one that is there already stays as it is.

        Args:
            source: Its name, or the model whose topic it is; a new name when absent.
            partitions: How many; one when absent.

        Raises:
            UsageError: No topic can have that name or number, or it is there with another one.
        """
        with self._lock:
            name = f"topic-{len(self._topics) + 1}" if source is None else _topic_of(source)
            if name not in self._topics:
                _check_topic(name, partitions)
                self._topics[name] = partitions or 1
                self._cluster.create_topic(name, self._topics[name])
        if partitions not in (None, self._topics[name]):
            raise UsageError(
                f"topic `{name}` cannot have {partitions} partitions: it is there already,"
                f" with {self._topics[name]}",
                hint="a model's topic is created when the model is first used; ask for it before",
            )
        return name

    @overload
    def records(
        self, source: str, *, count: int = ..., timeout: float = ...
    ) -> "list[DecodedRecord]": ...

    @overload
    def records(
        self, source: type[_M], *, count: int = ..., timeout: float = ...
    ) -> "list[_M | MaybeTombstone]": ...

    def records(
        self, source: "str | type[FlowBaseModel]", *, count: int = 0, timeout: float = _WAIT
    ) -> list[Any]:
        """Read everything in a topic, without a group; it stays there.

        Args:
            source: A model, for its instances, and a `Tombstone` where there is no value; or a
                topic, for records whose keys and values are decoded as far as they say themselves
                what they are.
            count: How many to wait for, if some are still on their way.
            timeout: Seconds to wait for them; what is there by then is returned.

        Returns:
            By partition, in the order of their offsets.

        Raises:
            TopicNotFound: There is no such topic.
            DeserializationError: A record is no value of the model.
        """
        if isinstance(source, str):
            return records_of_topic(self.connection, source, count=count, timeout=timeout)
        self.topic(source)
        return records_of_model(source, count=count, timeout=timeout)


@contextmanager
def mock_kafka() -> Iterator[MockKafka]:
    """Give the code in a `with` block a Kafka and a registry of its own, in this process.

    The fixture `kafka` is this; it is here for test suites without pytest. Until the block ends,
    no configuration file counts, and no setting of the environment but those made here.
    """
    from flowodm.config import load_context
    from flowodm.connection.redirection import redirected
    from flowodm.testing.environment import environment_of
    from flowodm.testing.registry import MockRegistry

    with (
        MockCluster() as cluster,
        MockRegistry(_registry_url(cluster)) as registry,
        environment_of(cluster.bootstrap_servers, registry.url),
        redirected(load_context()) as connection,
    ):
        kafka = MockKafka(cluster, connection)
        with _topics_on_demand(kafka):
            yield kafka


@contextmanager
def _topics_on_demand(kafka: MockKafka) -> Iterator[None]:
    """Have each model ask for its topic when it asks for its connection."""
    from flowodm.model import FlowBaseModel

    owner: Any = next(base for base in FlowBaseModel.__mro__ if "get_connection" in vars(base))
    asked = vars(owner)["get_connection"]

    def get_connection(cls: type[FlowBaseModel]) -> "KafkaConnection":
        connection: KafkaConnection = asked.__get__(None, cls)()
        if connection is kafka.connection and cls.__declaration__ is not None:
            kafka.topic(cls)
        return connection

    owner.get_connection = classmethod(get_connection)
    try:
        yield
    finally:
        owner.get_connection = asked


def _registry_url(cluster: MockCluster) -> str:
    """An address of no host: `.test` is reserved for that (RFC 2606)."""
    return f"http://registry.test:{cluster.bootstrap_servers.rpartition(':')[2]}"


def _topic_of(source: "str | type[FlowBaseModel]") -> str:
    if isinstance(source, str):
        return source
    from flowodm.model.attached import declaration_of

    return declaration_of(source).topic


def _check_topic(name: str, partitions: int | None) -> None:
    """Refuse what Kafka refuses: librdkafka's cluster takes everything."""
    if not _LEGAL.fullmatch(name) or name in (".", ".."):
        raise UsageError(
            f"no topic can be called `{name[:80]}`",
            hint="letters, digits, `.`, `_` and `-`, at most 249",
        )
    if partitions is not None and partitions < 1:
        raise UsageError(f"a topic `{name}` of {partitions} partitions cannot be")
