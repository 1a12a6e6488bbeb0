"""What was found, with its places: as many as are bounded, in Java's order."""

from collections.abc import Iterator
from typing import Final

from flowodm.avro.compatibility.engine import Cause, Engine, Verdict
from flowodm.avro.compatibility.incompatibility import Incompatibility
from flowodm.avro.compatibility.words import Changing, Words
from flowodm.avro.schema import Schema
from flowodm.avro.words import Path

__all__ = ["check", "compare"]

_MOST_REASONS: Final = 10_000
_MOST_STEPS: Final = 2_000_000
"""Of all places together: types inside each other 10,000 deep have places as long."""


def check(reader: Schema, writer: Schema, *, exact: bool = False) -> tuple[Incompatibility, ...]:
    """Tell why a reader cannot read what a writer wrote.

    The verdict is that of Java's `SchemaCompatibility`, which schema registries run. Logical
    types, docs, order, props and the values of defaults play no part.

    Args:
        reader: The schema to read with.
        writer: The schema that the values were written with.
        exact: Whether to answer as Java does to the letter: with its messages; with the place
            where a type was first met, for every place where it stands; with places inside
            unions cut short.

    Returns:
        Every reason, in the order of the reader's fields, 10,000 at most; `()` means compatible.

    Raises:
        SchemaError: The two schemas together are too large to compare.
    """
    return compare(reader, writer, exact=exact, changing=None)


def compare(
    reader: Schema, writer: Schema, *, exact: bool, changing: Changing
) -> tuple[Incompatibility, ...]:
    """Check, with cures for the side that can still be changed."""
    engine = Engine(reader, writer, exact=exact)
    verdict = engine.verdict()
    if not verdict.reasons and not engine.ambiguous:
        return ()
    words = Words(engine, exact=exact, changing=changing)
    ambiguous = [words.told(_location(place), cause) for place, cause in engine.ambiguous[:1]]
    if exact and ambiguous:
        return tuple(ambiguous)
    found = (words.told(_location(place), cause) for place, cause in _causes(verdict, exact))
    return (*found, *ambiguous)


def _causes(root: Verdict, exact: bool) -> Iterator[tuple[Path, Cause]]:
    """Every cause with its place, as long as the bounds allow."""
    stack = [(root.place, iter(root.reasons), 0)]
    reasons, steps = _MOST_REASONS, _MOST_STEPS
    while stack and reasons and steps > 0:
        place, rest, depth = stack[-1]
        reason = next(rest, None)
        if reason is None:
            stack.pop()
            continue
        for step in reason.steps:
            place = (place, step)
        depth += len(reason.steps)
        if isinstance(reason.cause, Cause):
            reasons, steps = reasons - 1, steps - depth
            yield place, reason.cause
        else:
            steps -= 1
            inner = reason.cause
            stack.append((inner.place if exact else place, iter(inner.reasons), depth))


def _location(place: Path) -> str:
    """Write a place as a JSON pointer; no step of it needs an escape."""
    steps: list[str] = []
    while place is not None:
        place, step = place
        steps.append(str(step))
    return "/" + "/".join(reversed(steps))
