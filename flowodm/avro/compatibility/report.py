"""The check itself: judge, then tell what was found."""

from flowodm.avro.compatibility.engine import Engine
from flowodm.avro.compatibility.incompatibility import Incompatibility
from flowodm.avro.compatibility.places import causes, location
from flowodm.avro.compatibility.words import Changing, Words
from flowodm.avro.schema import Schema

__all__ = ["check", "compare"]


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
    ambiguous = [words.told(location(place), cause) for place, cause in engine.ambiguous[:1]]
    if exact and ambiguous:
        return tuple(ambiguous)
    found = (words.told(location(place), cause) for place, cause in causes(verdict, exact=exact))
    return (*found, *ambiguous)
