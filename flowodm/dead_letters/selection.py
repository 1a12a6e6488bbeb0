"""Which dead letters are meant: by what is said of them, and by what they hold."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flowodm.consumer.dead_letter import DeadLetter, read_dead_letter, times_replayed
from flowodm.positions import Range
from flowodm.query import Filter, FilterCounts
from flowodm.record import Record

if TYPE_CHECKING:
    from flowodm.registry import SchemaRegistry

__all__ = ["LETTER", "DeadRecord", "Selection", "Sieve", "facts_of"]

LETTER: Final = "letter"
"""The variable of an expression that holds what is said of a dead letter."""


class DeadRecord(NamedTuple):
    """A record of a topic of dead letters.

    A named tuple, unlike other results: one is made per record.
    """

    record: Record
    letter: DeadLetter | None
    """What its headers say of it; None: it is no dead letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to choose; all of it must agree, and None chooses nothing out."""

    topic: str | None = None
    """Where the record came from."""
    from_partitions: tuple[int, ...] | None = None
    exception: str | None = None
    """The class of the error: whole (`builtins.ValueError`) or its end (`ValueError`)."""
    group: str | None = None
    stage: str | None = None
    where: str | None = None
    """CEL over the record, and over what is said of it as `letter`."""
    key: str | None = None
    """A pattern in the text of the key."""
    range: Range = field(default_factory=Range)
    """Of each partition of the dead letters."""
    partitions: tuple[int, ...] | None = None
    """Of the topic of dead letters."""

    @property
    def is_by_facts(self) -> bool:
        """Whether what the headers say decides."""
        said = (self.topic, self.from_partitions, self.exception, self.group, self.stage)
        return any(one is not None for one in said)

    @property
    def needs_values(self) -> bool:
        """Whether records must be decoded to choose."""
        return self.where is not None or self.key is not None

    @property
    def is_all(self) -> bool:
        """Whether every record is chosen."""
        is_whole = self.range == Range() and self.partitions is None
        return is_whole and not self.is_by_facts and not self.needs_values

    def admits(self, letter: DeadLetter | None) -> bool:
        """Tell whether what is said of a record fits; nothing is said of what is no dead letter."""
        if letter is None:
            return not self.is_by_facts
        return (
            self.topic in (None, letter.topic)
            and (self.from_partitions is None or letter.partition in self.from_partitions)
            and (self.exception is None or _is_of(letter.exception, self.exception))
            and self.group in (None, letter.group)
            and self.stage in (None, letter.stage)
        )


class Sieve:
    """Reads what is said of records, and keeps those that are chosen.

    Args:
        selection: What is chosen.
        registry: Decodes records, where that takes a schema.

    Raises:
        UsageError: A filter has no meaning.
    """

    def __init__(self, selection: Selection, registry: "SchemaRegistry | None" = None) -> None:
        self._selection = selection
        self._filter: Filter | None = None
        if selection.needs_values:
            from flowodm.codec import Codec

            self._decode = Codec(registry).decode
            self._filter = Filter(
                where=selection.where, key=selection.key, facts={LETTER: facts_of}
            )

    def keep(self, records: Iterable[Record]) -> list[DeadRecord]:
        """Return the records that are chosen, with what is said of them.

        Raises:
            RegistryUnreachable: A schema is needed to choose, and no registry answers.
        """
        admits, matches = self._selection.admits, self._matches
        found = (DeadRecord(record, read_dead_letter(record)) for record in records)
        return [one for one in found if admits(one.letter) and matches(one.record)]

    @property
    def counts(self) -> FilterCounts | None:
        """What the filter of decoded records has seen; None without one."""
        return None if self._filter is None else self._filter.counts

    @property
    def reason(self) -> str | None:
        """Why the last record could not be compared."""
        return None if self._filter is None else self._filter.reason

    def _matches(self, record: Record) -> bool:
        return self._filter is None or self._filter.matches(self._decode(record))


def facts_of(record: Record) -> dict[str, Any]:
    """Return what is said of a dead letter, by name; what is not said is absent."""
    letter = read_dead_letter(record)
    if letter is None:
        return {}
    said = {one.name: getattr(letter, one.name) for one in fields(letter)}
    facts = {name: value for name, value in said.items() if value is not None}
    return facts | {"replayed": times_replayed(record.headers)}


def _is_of(exception: str | None, wanted: str) -> bool:
    if exception is None:
        return False
    return exception == wanted or exception.endswith((f".{wanted}", f"${wanted}"))
