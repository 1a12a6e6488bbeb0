"""Which branches of a reader's union can read a written type at all, by kind and name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from flowodm.avro.matching import PROMOTIONS, kind_of, short_name
from flowodm.avro.types import Enum, Fixed, Record, Type

__all__ = ["Candidates"]


class Candidates:
    """A reader's union, indexed.

    Args:
        branches: Its branches, each a definition.
    """

    def __init__(self, branches: Iterable[Type]) -> None:
        self._branches: defaultdict[tuple[str, str], list[Type]] = defaultdict(list)
        for branch in branches:
            for key in dict.fromkeys(_reader_keys(branch)):
                self._branches[key].append(branch)

    def for_writer(self, writer: Type) -> Iterator[Type]:
        """Every branch that may read the type; the others are sure not to."""
        for key in dict.fromkeys(_writer_keys(writer)):
            yield from self._branches.get(key, ())


def _reader_keys(branch: Type) -> Iterator[tuple[str, str]]:
    kind = kind_of(branch)
    if isinstance(branch, Record | Enum | Fixed):
        yield kind, short_name(branch)
        yield from ((kind, alias) for alias in branch.aliases)
    else:
        yield kind, ""


def _writer_keys(writer: Type) -> Iterator[tuple[str, str]]:
    kind = kind_of(writer)
    if isinstance(writer, Record | Enum | Fixed):
        yield kind, short_name(writer)
        yield kind, writer.fullname
    else:
        yield kind, ""
        yield from ((wider, "") for wider in PROMOTIONS.get(kind, ()))
