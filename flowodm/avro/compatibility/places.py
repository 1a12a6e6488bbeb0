"""Where causes are: the graph of verdicts written out, as far as is bounded."""

from collections.abc import Iterator
from typing import Final

from flowodm.avro.compatibility.engine import Cause, Reason, Verdict
from flowodm.avro.words import Path

__all__ = ["causes", "location"]

_MOST_REASONS: Final = 10_000
_MOST_STEPS: Final = 2_000_000
"""Of all places together: types inside each other 10,000 deep have places as long."""


def causes(root: Verdict, *, exact: bool) -> Iterator[tuple[Path, Cause]]:
    """Every cause with its place, counted from the root, as long as the bounds allow.

    Args:
        root: The verdict.
        exact: Whether places are where Java first met a pair, instead of where it stands.
    """
    stack: list[tuple[Path, Iterator[Reason], int]] = [(None, iter(root.reasons), 0)]
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


def location(place: Path) -> str:
    """Write a place as a JSON pointer; no step of it needs an escape."""
    steps: list[str] = []
    while place is not None:
        place, step = place
        steps.append(str(step))
    return "/" + "/".join(reversed(steps))
