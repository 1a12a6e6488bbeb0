"""Which topics and partitions are meant. Pure, over the cluster's metadata."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, TypeAlias

from flowodm.errors import TopicNotFound, UsageError
from flowodm.patterns import compile_pattern
from flowodm.positions import Range
from flowodm.reading.options import ReadOptions
from flowodm.reading.spans import Partition

__all__ = ["NO_LEADER", "Layout", "choose_partitions", "choose_topics", "range_of"]

Layout: TypeAlias = Mapping[str, Mapping[int, int]]
"""The partitions of each topic, and the broker that leads each; `NO_LEADER` where none does."""

NO_LEADER: Final = -1


def choose_topics(
    layout: Layout,
    names: Sequence[str],
    *,
    regex: bool,
    can_be_none: bool = False,
    where: str | None = None,
) -> tuple[str, ...]:
    """Return the topics that are meant, each once.

    A pattern means internal topics (`__…`) only where it begins with `__`.

    Args:
        layout: What is there.
        names: What was asked for.
        regex: Whether these are patterns.
        can_be_none: Whether it is no error that some, or all, are not there.
        where: The cluster's address, for an error.

    Raises:
        TopicNotFound: One of the names, or all patterns together, name no topic.
        UsageError: A pattern is no regular expression.
    """
    if not regex:
        for name in names:
            if name not in layout and not can_be_none:
                raise _not_found(name, layout, where)
        return tuple(dict.fromkeys(name for name in names if name in layout))
    patterns = [
        (name.lstrip("^").startswith("__"), compile_pattern(name, "topic", whole=True))
        for name in names
    ]
    found = tuple(
        topic
        for topic in sorted(layout)
        if any(matches(topic) for sees, matches in patterns if sees or topic[:2] != "__")
    )
    if not found and not can_be_none:
        asked = ", ".join(f"`{name}`" for name in names)
        raise TopicNotFound(
            f"no topic{_on(where)} matches {asked}", hint="see which there are: flowodm topics list"
        )
    return found


def choose_partitions(
    layout: Layout, topics: Sequence[str], options: ReadOptions, *, can_lack: bool = False
) -> tuple[Partition, ...]:
    """Return the partitions that are meant.

    Raises:
        UsageError: A partition was asked for by number, and no topic has it.
    """
    numbers = _numbers(options)
    if numbers is None:
        return tuple(Partition(topic, one) for topic in topics for one in sorted(layout[topic]))
    for number in numbers:
        if not can_lack and not any(number in layout[topic] for topic in topics):
            raise _no_partition(layout, topics, number)
    return tuple(
        Partition(topic, one) for topic in topics for one in numbers if one in layout[topic]
    )


def range_of(partition: Partition, options: ReadOptions) -> Range:
    """Return what is to be read of a partition."""
    return dict(options.partition_ranges).get(partition.number, options.range)


def _numbers(options: ReadOptions) -> tuple[int, ...] | None:
    if options.partitions is not None:
        named = {number for number, _ in options.partition_ranges}
        return tuple(sorted(named.union(options.partitions)))
    if options.partition_ranges:
        return tuple(sorted(number for number, _ in options.partition_ranges))
    return None


def _not_found(name: str, layout: Layout, where: str | None) -> TopicNotFound:
    close = get_close_matches(name, layout, n=1, cutoff=0.7)
    suggestion = f"did you mean `{close[0]}`?  (flowodm topics list)" if close else None
    hint = suggestion or "see which there are: flowodm topics list"
    return TopicNotFound(f"topic `{name}` does not exist{_on(where)}", hint=hint)


def _on(where: str | None) -> str:
    return "" if where is None else f" on {where}"


def _no_partition(layout: Layout, topics: Sequence[str], number: int) -> UsageError:
    most = max(len(layout[topic]) for topic in topics)
    which = f"`{topics[0]}` has" if len(topics) == 1 else "no topic has more than"
    return UsageError(
        f"there is no partition {number}: {which} {most}",
        hint=f"partitions count from 0 to {most - 1}" if most > 1 else "it has partition 0 alone",
    )
