"""How errors speak of a schema: JSON pointers, and foreign text quoted short and harmless."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeAlias

__all__ = ["Path", "counted", "listed", "pointer", "shown", "similar"]

Path: TypeAlias = "tuple[Path, str | int] | None"
"""A place, as its parent's place and the last step; None stands for the root.

Linked, because a place is needed for every node and written out only for an error.
"""

_LONGEST_STEP = 64
_LONGEST_WORD = 60
_MOST_STEPS = 60
_MOST_CANDIDATES = 5000
_MOST_LISTED = 8


def pointer(path: Path) -> str:
    """Write a place as a JSON pointer (RFC 6901).

    Steps that no schema has of its own are cut short and escaped, and so is the middle of a very
    long pointer.
    """
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.append(_step(step))
    steps.reverse()
    if len(steps) > _MOST_STEPS:
        half = _MOST_STEPS // 2
        steps = [*steps[:half], "…", *steps[-half:]]
    return "".join(f"/{step}" for step in steps)


def _step(step: str | int) -> str:
    text = str(step)
    if len(text) > _LONGEST_STEP:
        text = text[: _LONGEST_STEP - 1] + "…"
    return _harmless(text).replace("~", "~0").replace("/", "~1")


def _harmless(text: str) -> str:
    """Text without control, bidirectional or other invisible characters, or halves of pairs."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )


def shown(value: object) -> str:
    """Quote a foreign value: in backticks, on one line, cut short."""
    if isinstance(value, str):
        cut = value[: _LONGEST_WORD - 1] + "…" if len(value) > _LONGEST_WORD else value
        return f"`{_harmless(cut)}`"
    if isinstance(value, bool) or value is None:
        return f"`{ {True: 'true', False: 'false', None: 'null'}[value] }`"
    if isinstance(value, int | float):
        digits = repr(value)
        return f"`{digits[: _LONGEST_WORD - 1]}…`" if len(digits) > _LONGEST_WORD else f"`{digits}`"
    return kind(value)


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"


def counted(noun: str) -> str:
    """A noun with its article."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {shown(noun)}"


def listed(names: Sequence[str]) -> str:
    """Quote names, one after the other; of many, the first few."""
    words = [shown(name) for name in names[:_MOST_LISTED]]
    hidden = len(names) - len(words)
    return ", ".join([*words, f"{hidden} more"] if hidden else words)


def similar(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` is most likely a slip of, if any."""
    import difflib  # only errors need it

    if len(word) > _LONGEST_WORD:
        return None
    known = {
        name: name
        for name in islice(candidates, _MOST_CANDIDATES)
        if len(name) <= 2 * _LONGEST_WORD
    }
    for name in list(known):
        known.setdefault(name.rpartition(".")[2], name)
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
    if not found:
        folded = {name.lower(): full for name, full in known.items()}
        return folded.get(word.lower())
    return known[found[0]]
