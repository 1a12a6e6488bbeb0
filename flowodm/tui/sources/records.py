"""Records of a topic: where they come from, how they are decoded, and what is said of a read."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from flowodm.errors import UsageError
from flowodm.tui.sources.patience import Patience

if TYPE_CHECKING:
    from flowodm.codec.style import Style
    from flowodm.connection import KafkaConnection
    from flowodm.display.sides import SchemaNames
    from flowodm.positions import Range
    from flowodm.reader import Notice, Progress, Reader
    from flowodm.record import DecodedRecord, Record
    from flowodm.registry import SchemaRegistry

__all__ = ["Batches", "KafkaRecords", "RecordsSource", "parse_seek"]

_LATEST: Final = 200
"""Records that are there when a read begins at no other position: the last ones, by time."""
_AHEAD: Final = {"queued.max.messages.kbytes": "8192", "queued.min.messages": "10000"}
"""Of what librdkafka fetches ahead: a paused read takes no more. Small messages weigh many times
their bytes there, so that they are counted too, in each partition."""


class Batches(Protocol):
    """A read that is going on; `flowodm.reader.Reader` is one."""

    def batches(self) -> "Iterator[list[Record]]":
        """Read on; an empty batch comes at least five times a second."""

    @property
    def progress(self) -> "Progress":
        """How far it is."""

    @property
    def notices(self) -> "tuple[Notice, ...]":
        """What there is to tell."""


class RecordsSource(Protocol):
    """Reads and decodes records; everything may block."""

    @property
    def names(self) -> "SchemaNames":
        """What names schemas."""

    def read(self, topic: str, where: "Range | None") -> AbstractContextManager[Batches]:
        """Read a topic from a position on; None: the last records, then what comes.

        Nothing is committed or created.
        """

    def values(self, record: "Record") -> "DecodedRecord":
        """Decode a record to Python's values, for filters."""

    def tree(self, record: "Record") -> "DecodedRecord":
        """Decode a record to typed trees, for the eye."""

    def json(self, record: "Record") -> "DecodedRecord":
        """Decode a record to its JSON form, for export."""


class KafkaRecords:
    """Records of a real cluster.

    Args:
        connection: Its clients.
        patience: How long they are waited for.
    """

    def __init__(self, connection: "KafkaConnection", patience: Patience) -> None:
        self._connection = connection
        self._patience = patience

    @cached_property
    def names(self) -> "SchemaNames":
        """What names schemas, each asked for once."""
        from flowodm.display.sides import schema_names

        return schema_names(self._registry)

    @contextmanager
    def read(self, topic: str, where: "Range | None") -> "Iterator[Reader]":
        """Read a topic by `assign`: no group, no commit, no creation."""
        with ExitStack() as stack:
            with self._patience.seconds("read") as seconds:
                reader = stack.enter_context(self._reader(topic, where, seconds))
            yield reader

    @cached_property
    def values(self) -> "Callable[[Record], DecodedRecord]":
        """Decode a record to Python's values."""
        from flowodm.codec.style import VALUES

        return self._decoder(VALUES)

    @cached_property
    def tree(self) -> "Callable[[Record], DecodedRecord]":
        """Decode a record to typed trees."""
        from flowodm.display.tree import TREE

        return self._decoder(TREE)

    @cached_property
    def json(self) -> "Callable[[Record], DecodedRecord]":
        """Decode a record to its JSON form."""
        from flowodm.json_form import JSON

        return self._decoder(JSON)

    def _reader(self, topic: str, where: "Range | None", seconds: float) -> "Reader":
        from flowodm.positions import Range
        from flowodm.reader import Reader, ReadOptions

        options = ReadOptions(
            range=where or Range(),
            last=None if where else _LATEST,
            follow=where is None or where.stop is None,
            timeout=seconds,
            kafka=_AHEAD,
        )
        return Reader(self._connection, (topic,), options)

    @property
    def _registry(self) -> "SchemaRegistry | None":
        if self._connection.context.schema_registry is None:
            return None
        return self._connection.schema_registry()

    def _decoder(self, style: "Style") -> "Callable[[Record], DecodedRecord]":
        from flowodm.codec.codec import Codec

        return Codec(self._registry, style=style).decode


def parse_seek(text: str, *, now: datetime) -> "Range":
    """Read a position, or a bare time: `-15m` is fifteen minutes ago, as `@-15m` is.

    Raises:
        UsageError: It is neither.
    """
    from flowodm.positions import parse_range

    text = text.strip()
    try:
        return parse_range(text, now=now)
    except UsageError:
        try:
            return parse_range(f"@{text}", now=now)
        except UsageError:
            pass
        raise
