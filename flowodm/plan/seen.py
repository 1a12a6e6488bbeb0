"""The state that a plan was made of, as text: to tell whether it has moved since, and where."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from flowodm.plan.model import Desired, State
from flowodm.subjects.registration import SubjectState

__all__ = ["Seen", "digest_of", "moved", "seen_of"]

Seen: TypeAlias = Mapping[str, Mapping[str, str | int | bool | None]]
"""What was seen of each thing, by its name as people say it: ``topic `orders` ``."""

_MOST = 5


def seen_of(desired: Desired, state: State, *, prune: bool) -> Seen:
    """Write down what a plan depends on: what is declared as it is, and what would be pruned."""
    found: dict[str, Mapping[str, str | int | bool | None]] = {"cluster": {"id": state.cluster_id}}
    for topic in desired.topics:
        found[f"topic `{topic.name}`"] = dict(_topic(state, topic.name))
    for name, setting in state.levels.items():
        found[f"level of subject `{name}`"] = {"level": setting.value, "own": setting.is_own}
    for name, subject in state.subjects.items():
        found[f"subject `{name}`"] = dict(_subject(subject))
    if prune:
        for name, count in state.other_topics.items():
            found[f"topic `{name}`"] = {"partitions": count}
    return found


def digest_of(seen: Seen) -> str:
    """Return the SHA-256 of what was seen."""
    text = json.dumps(seen, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def moved(before: Seen, now: Seen) -> tuple[str, ...]:
    """Say what is not any more as it was seen."""
    told: list[str] = []
    for thing in dict.fromkeys((*before, *now)):
        old, new = before.get(thing, {}), now.get(thing, {})
        told += (
            f"{thing}: {key} {_word(old.get(key))} → {_word(new.get(key))}"
            for key in dict.fromkeys((*old, *new))
            if old.get(key) != new.get(key)
        )
    if len(told) > _MOST:
        return (*told[:_MOST], f"and {len(told) - _MOST:,} more")
    return tuple(told)


def _word(value: str | int | bool | None) -> str:
    return "none" if value is None else str(value)


def _topic(state: State, name: str) -> Iterator[tuple[str, str | int | None]]:
    found = state.topics.get(name)
    if found is None:
        return
    yield "partitions", len(found.partitions)
    yield "replication", found.replicas
    if found.config is None:
        yield "settings", "not to be seen"
    for entry in found.config or ():
        yield entry.name, entry.value


def _subject(state: SubjectState) -> Iterator[tuple[str, str | int | None]]:
    if state.present is not None:
        yield "version", state.present[0]
        yield "id", state.present[1]
        return
    yield "versions", state.taken
    if state.standing is not None:
        yield "latest", state.standing.latest.version
        yield "judged at", state.standing.level
        yield "ids", ", ".join(str(one.schema_id) for one in state.standing.history)
