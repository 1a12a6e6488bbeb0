"""Random pairs of what is declared and what there is: as values, and as a project's files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from flowodm.avro import parse
from flowodm.plan import (
    AlterTopic,
    CreateTopic,
    DeleteTopic,
    Desired,
    DesiredSubject,
    DesiredTopic,
    Plan,
    RegisterSchema,
    SetLevel,
    State,
)
from flowodm.sources import LoadedSchema
from flowodm.sources.standing import Standing
from flowodm.subjects.registration import SubjectState, Wanted
from flowodm.subjects.settings import Setting
from flowodm.topics import ConfigEntry, PartitionDetail, TopicDetail

DEFAULT_LEVEL: Final = "BACKWARD"
LEVELS: Final = ("NONE", "BACKWARD", "FORWARD", "FULL", "BACKWARD_TRANSITIVE", "FULL_TRANSITIVE")
TOPICS: Final = ("a", "b", "c")
_OPTIONAL: Final = {"type": ["null", "string"], "default": None}
_FIELDS: Final[tuple[list[dict[str, Any]], ...]] = (
    [{"name": "id", "type": "long"}],
    [{"name": "id", "type": "long"}, {"name": "note", **_OPTIONAL}],
    [{"name": "id", "type": "long"}, {"name": "note", **_OPTIONAL}, {"name": "by", **_OPTIONAL}],
    [{"name": "id", "type": "long"}, {"name": "count", "type": "int"}],
    [{"name": "id", "type": "string"}],
)
EVENTS: Final = tuple(
    json.dumps({"type": "record", "name": "Event", "fields": fields}) for fields in _FIELDS
)
"""Schemas of one name: the first three may follow each other, the others may not."""
ADDRESSES: Final = tuple(
    json.dumps({"type": "record", "name": "Address", "namespace": "shared", "fields": fields})
    for fields in _FIELDS[:2]
)
USER: Final = json.dumps(
    {
        "type": "record",
        "name": "User",
        "namespace": "shared",
        "fields": [{"name": "home", "type": "shared.Address"}],
    }
)

Config = Mapping[str, str | None]


@dataclass(frozen=True)
class TopicCase:
    """One topic: what it has, and what is declared of it."""

    actual: tuple[int, Config] | None
    partitions: int | None = None
    replication: int | None = None
    config: Config = field(default_factory=dict)
    schemas: Mapping[str, int] = field(default_factory=dict)
    """By side (`key`, `value`), which of `EVENTS`."""
    level: str | None = None
    is_declared: bool = True


@dataclass(frozen=True)
class Case:
    """A pair of a project and a cluster."""

    topics: Mapping[str, TopicCase]
    histories: Mapping[str, tuple[int, ...]]
    """By subject, which of `EVENTS` are registered, in order."""
    levels: Mapping[str, str]
    """The subjects that have a level of their own."""
    addresses: tuple[int, ...]
    """Which of `ADDRESSES` are registered."""
    address: int | None
    """Which is declared, with a `User` that uses it; None: neither."""
    is_user_there: bool

    def subjects(self) -> dict[str, int]:
        """The declared subjects of topics."""
        return {
            f"{name}-{side}": index
            for name, topic in self.topics.items()
            if topic.is_declared
            for side, index in topic.schemas.items()
        }

    def declared_levels(self) -> dict[str, str]:
        """The level that is declared for each subject."""
        found: dict[str, str] = {}
        for name, topic in self.topics.items():
            if topic.is_declared and topic.level is not None:
                for side in topic.schemas or ("value",):
                    found[f"{name}-{side}"] = topic.level
        return found


_SETTINGS: Final = {
    "retention.ms": ("1000", "86400000", "-1"),
    "cleanup.policy": ("delete", "compact", "compact,delete"),
    "max.message.bytes": ("1000", "1048588"),
    "min.cleanable.dirty.ratio": ("0.5", "0.25"),
    "preallocate": ("true", "false"),
}


def _configs(*, undone: bool = False) -> st.SearchStrategy[Config]:
    entries = {
        key: st.sampled_from((*values, None) if undone else values)
        for key, values in _SETTINGS.items()
    }
    return st.fixed_dictionaries({}, optional=entries)


@st.composite
def _topics(draw: st.DrawFn, *, is_full: bool, faults: bool) -> TopicCase:
    count = draw(st.integers(1, 3))
    actual = draw(st.none() | st.tuples(st.just(count), _configs()))
    least = 1 if faults else count
    sides = draw(st.sampled_from([("value",), ("key", "value"), ("key",)] if is_full else [()]))
    return TopicCase(
        actual,
        draw(st.none() | st.integers(least, 4)),
        draw(st.sampled_from([None, 1, *([3] if faults else [])])),
        draw(_configs(undone=True)),
        {side: draw(st.integers(0, len(EVENTS) - 1 if faults else 2)) for side in sides},
        draw(st.sampled_from(LEVELS)) if is_full else draw(st.none() | st.sampled_from(LEVELS)),
        is_declared=is_full or draw(st.booleans()),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Pairs of which each mixes topics, subjects and levels, and half may hold blockers."""
    faults = draw(st.booleans())
    names = draw(st.lists(st.sampled_from(TOPICS), min_size=1, unique=True))
    topics = {
        name: draw(_topics(is_full=number == 0, faults=faults)) for number, name in enumerate(names)
    }
    most = len(EVENTS) - 1 if faults else 2
    versions = st.lists(st.integers(0, most), max_size=3, unique=True).map(tuple)
    subjects = [f"{name}-{side}" for name in names for side in ("key", "value")]
    histories = {name: found for name in subjects if (found := draw(versions))}
    levels = {
        name: level
        for name in subjects
        if (level := draw(st.none() | st.sampled_from(LEVELS))) is not None
    }
    addresses = draw(st.sampled_from([(), (0,), (0, 1)]))
    address = draw(st.sampled_from([None, 0, 1]))
    return Case(
        topics, histories, levels, addresses, address, bool(addresses) and draw(st.booleans())
    )


# As values


def loaded(text: str, label: str = "x.avsc", uses: tuple[LoadedSchema, ...] = ()) -> LoadedSchema:
    """A schema as a file gives it."""
    schema = parse(text, references=[one.schema for one in uses])
    return LoadedSchema(label, schema, text, uses=uses)


def registered(text: str, subject: str, version: int, uses: Any = ()) -> LoadedSchema:
    """A schema as a registry gives it."""
    found = loaded(text, f"{subject} v{version}", uses)
    return replace(found, subject=subject, version=version, schema_id=version)


def detail(name: str, partitions: int, config: Config, replication: int = 1) -> TopicDetail:
    """A topic that is there."""
    replicas = tuple(range(1, replication + 1))
    parts = tuple(
        PartitionDetail(number, 1, replicas, replicas, None, None) for number in range(partitions)
    )
    entries = tuple(ConfigEntry(key, value) for key, value in sorted(config.items()))
    return TopicDetail(name, None, False, parts, entries)


def desired_of(case: Case) -> Desired:
    """What a case declares."""
    topics = tuple(
        DesiredTopic(name, topic.partitions, topic.replication, topic.config, f"flowodm.yaml:{n}")
        for n, (name, topic) in enumerate(case.topics.items(), start=2)
        if topic.is_declared
    )
    subjects = [
        DesiredSubject(Wanted(name, loaded(EVENTS[index], f"{name}.avsc")), "flowodm.yaml:9")
        for name, index in case.subjects().items()
    ]
    if case.address is not None:
        home = loaded(ADDRESSES[case.address], "address.avsc")
        user = loaded(USER, "user.avsc", (home,))
        subjects.append(DesiredSubject(Wanted("address-value", home)))
        subjects.append(DesiredSubject(Wanted("user-value", user, ("address-value",))))
    levels: Any = case.declared_levels()
    return Desired(topics, tuple(subjects), levels)


def state_of(case: Case) -> State:
    """What a case has there."""
    there = {
        name: detail(name, *topic.actual)
        for name, topic in case.topics.items()
        if topic.actual is not None and topic.is_declared
    }
    others = {
        name: topic.actual[0]
        for name, topic in case.topics.items()
        if topic.actual is not None and not topic.is_declared
    }
    wanted = case.declared_levels()
    subjects = {
        name: _subject(
            name,
            EVENTS[index],
            [EVENTS[one] for one in case.histories.get(name, ())],
            wanted.get(name) or case.levels.get(name, DEFAULT_LEVEL),
        )
        for name, index in case.subjects().items()
    }
    latest: dict[str, int | None] = {name: len(found) for name, found in case.histories.items()}
    if case.addresses:
        latest["address-value"] = len(case.addresses)
    if case.address is not None:
        texts = [ADDRESSES[one] for one in case.addresses]
        subjects["address-value"] = _subject(
            "address-value", ADDRESSES[case.address], texts, DEFAULT_LEVEL
        )
        subjects["user-value"] = _user(case)
    if case.is_user_there:
        latest["user-value"] = 1
    levels = {
        name: Setting("level", name, case.levels.get(name, DEFAULT_LEVEL), name in case.levels)
        for name in wanted
    }
    return State("cluster", there, others, subjects, levels, latest)


def _subject(name: str, text: str, history: list[str], level: Any) -> SubjectState:
    if text in history:
        version = history.index(text) + 1
        return SubjectState((version, version))
    versions = tuple(registered(one, name, number) for number, one in enumerate(history, start=1))
    kept = versions if str(level).endswith("_TRANSITIVE") else versions[-1:]
    return SubjectState(None, len(history), Standing(level, kept) if kept else None)


def _user(case: Case) -> SubjectState:
    if not case.is_user_there:
        return SubjectState()
    home = registered(ADDRESSES[case.addresses[0]], "address-value", 1)
    user = registered(USER, "user-value", 1, (home,))
    if case.address == case.addresses[0]:
        return SubjectState((1, 1), 1)
    return SubjectState(None, 1, Standing(DEFAULT_LEVEL, (user,)))


def carried_out(plan: Plan) -> State:
    """What is there when a plan is carried out."""
    state = plan.state
    topics, others = dict(state.topics), dict(state.other_topics)
    subjects, levels, latest = dict(state.subjects), dict(state.levels), dict(state.latest)
    for step in plan.steps:
        match step:
            case CreateTopic(spec=spec):
                made = detail(spec.name, spec.partitions or 1, spec.config, spec.replication or 1)
                topics[spec.name] = made
            case AlterTopic(alteration=alteration):
                found = alteration.topic
                config = {entry.name: entry.value for entry in found.config or ()}
                config |= {one.name: one.after for one in alteration.settings}
                kept = {key: value for key, value in config.items() if value is not None}
                count = alteration.partitions or len(found.partitions)
                topics[found.name] = detail(found.name, count, kept, found.replicas)
            case DeleteTopic():
                del others[step.name]
            case SetLevel(change=change):
                levels[step.name] = Setting("level", step.name, change.after_in_force, True)
            case RegisterSchema(registration=one):
                subjects[step.name] = SubjectState((one.version, 100 + one.version))
                latest[step.name] = one.version
    return State(state.cluster_id, topics, others, subjects, levels, latest)


# As files


def write_project(case: Case, prefix: str, directory: Path) -> Path:
    """Write the project of a case, all of whose names begin with a prefix."""
    (directory / "schemas").mkdir(parents=True, exist_ok=True)
    topics: dict[str, Any] = {}
    for name, topic in case.topics.items():
        if not topic.is_declared:
            continue
        settings: dict[str, Any] = {"config": dict(topic.config)}
        for side, index in topic.schemas.items():
            path = directory / f"{name}-{side}.avsc"
            path.write_text(EVENTS[index])
            settings[side] = path.name
        for key, value in (
            ("partitions", topic.partitions),
            ("replication_factor", topic.replication),
            ("compatibility", topic.level),
        ):
            if value is not None:
                settings[key] = value
        topics[prefix + name] = settings
    document: dict[str, Any] = {"version": 1, "topics": topics}
    if case.address is not None:
        schemas = directory / "schemas"
        (schemas / f"{prefix}address-value.avsc").write_text(ADDRESSES[case.address])
        (schemas / f"{prefix}user-value.avsc").write_text(USER)
        document["schemas"] = ["schemas"]
    file = directory / "flowodm.yaml"
    file.write_text(json.dumps(document))
    return file
