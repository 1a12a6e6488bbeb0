"""What is declared and what there is → a plan. Pure: nobody is asked, nothing is changed."""

from collections.abc import Iterator

from flowodm.connection.changes import is_internal
from flowodm.dead_letters.topics import is_dead_letter_name
from flowodm.errors import AuthorizationError, SchemaError, UsageError
from flowodm.plan.model import (
    AlterTopic,
    Blocker,
    CreateTopic,
    DeleteTopic,
    Desired,
    DesiredSubject,
    DesiredTopic,
    Kept,
    Kind,
    Newer,
    Plan,
    RegisterSchema,
    SetLevel,
    State,
    Step,
)
from flowodm.subjects.registration import RegistrationStep, SubjectState, plan_step
from flowodm.subjects.settings import SettingChange
from flowodm.topics import Alteration, ConfigChange, TopicDetail, TopicSpec
from flowodm.topics.planning import changed_settings

__all__ = ["build_plan", "is_prunable"]


def build_plan(desired: Desired, state: State, *, prune: bool = False) -> Plan:
    """Plan what leads from what there is to what is declared.

    The steps are in an order that a cluster and a registry agree to: topics are created, then
    altered; levels are set before schemas are registered, which are judged at the level that then
    holds; a schema stands after those that it uses; deletions are last.

    Args:
        desired: What is declared.
        state: What there is.
        prune: Whether topics that are not declared go, and settings that a declared topic has and
            that are not declared. Subjects, topics of dead letters and Kafka's own always stay.

    Returns:
        The plan, with what stands in its way; nothing of it was proven yet.

    Raises:
        UsageError: No topic is declared, and pruning would delete them all.
    """
    if prune and not desired.topics:
        raise UsageError(
            f"`{desired.source}` declares no topic, and to prune would delete all there are",
            hint="declare those that are to stay",
        )
    building = _Building(desired, state, prune)
    building.topics()
    building.levels()
    building.subjects()
    return building.plan()


def is_prunable(topic: str) -> bool:
    """Tell whether a topic that is not declared may go: no internal one, none of dead letters."""
    return not is_internal(topic) and not is_dead_letter_name(topic)


class _Building:
    """The parts of a plan so far."""

    def __init__(self, desired: Desired, state: State, prune: bool) -> None:
        self._desired = desired
        self._state = state
        self._prune = prune
        self._created: list[Step] = []
        self._altered: list[Step] = []
        self._levels: list[Step] = []
        self._registered: list[Step] = []
        self._blockers = list(desired.faults)
        self._same: list[tuple[Kind, str]] = []
        self._kept: list[Kept] = []
        self._newer: list[Newer] = []

    def topics(self) -> None:
        """Plan every topic."""
        faulty = {fault.name for fault in self._desired.faults if fault.kind == "topic"}
        for topic in self._desired.topics:
            if topic.name in faulty:
                continue
            found = self._state.topics.get(topic.name)
            if found is None:
                self._created.append(CreateTopic(_spec(topic)))
            else:
                self._existing(topic, found)

    def levels(self) -> None:
        """Plan every declared level."""
        for name, level in self._desired.levels.items():
            change = SettingChange(self._state.levels[name], level, level)
            if change.is_needed:
                self._levels.append(SetLevel(change))
            else:
                self._same.append(("level", name))

    def subjects(self) -> None:
        """Plan every schema, after those that it uses."""
        before: dict[str, RegistrationStep] = {}
        for one in self._desired.subjects:
            state = self._state.subjects[one.name]
            trouble = self._state.troubles.get(one.name)
            try:
                if trouble is not None:
                    raise trouble
                step = plan_step(one.wanted, state, before)
            except SchemaError as error:
                label = one.wanted.loaded.label
                self._blockers.append(
                    Blocker(
                        "subject",
                        one.name,
                        error.message,
                        error.hint,
                        where=one.where,
                        difference=("schema", label, "nothing that it can be compared with"),
                    )
                )
                unknown = SubjectState(state.present, state.taken)
                before[one.name] = plan_step(one.wanted, unknown, before)
                continue
            before[one.name] = step
            self._subject(one, step)

    def plan(self) -> Plan:
        """Put the parts together."""
        state, prune = self._state, self._prune
        doomed = [name for name in state.other_topics if prune and is_prunable(name)]
        deleted = [DeleteTopic(name, state.other_topics[name]) for name in doomed]
        subjects = {one.name for one in self._desired.subjects} | {*self._desired.levels}
        return Plan(
            self._desired,
            state,
            (*self._created, *self._altered, *self._levels, *self._registered, *deleted),
            tuple(self._blockers),
            tuple(self._same),
            tuple(self._kept),
            tuple(self._newer),
            tuple(name for name in state.other_topics if name not in doomed),
            tuple(name for name in sorted(state.latest) if name not in subjects),
            prune,
        )

    def _existing(self, topic: DesiredTopic, found: TopicDetail) -> None:
        blockers = [*_blockers(topic, found)]
        self._blockers += blockers
        changes = self._settings(topic, found)
        count = len(found.partitions)
        more = topic.partitions if topic.partitions and topic.partitions > count else None
        alteration = Alteration(found, changes, more)
        if alteration.is_needed:
            self._altered.append(AlterTopic(alteration))
        elif not blockers:
            self._same.append(("topic", topic.name))

    def _settings(self, topic: DesiredTopic, found: TopicDetail) -> tuple[ConfigChange, ...]:
        wanted = dict(topic.config)
        for entry in found.config or ():
            if entry.name not in wanted and self._prune:
                wanted[entry.name] = None
            elif entry.name not in wanted:
                self._kept.append(Kept(topic.name, entry.name, entry.value))
        if not wanted:
            return ()
        try:
            return changed_settings(found, wanted)
        except AuthorizationError as error:
            self._blockers.append(
                Blocker(
                    "topic",
                    topic.name,
                    error.message,
                    error.hint,
                    where=topic.where,
                    is_forbidden=True,
                )
            )
            return ()

    def _subject(self, one: DesiredSubject, step: RegistrationStep) -> None:
        if step.state == "present":
            self._same.append(("subject", one.name))
            latest = self._state.latest.get(one.name)
            if latest is not None and latest > step.version:
                self._newer.append(Newer(one.name, step.version, latest))
        elif step.is_refused:
            self._blockers.append(_refused(one, step))
        else:
            self._registered.append(RegisterSchema(step))


def _spec(topic: DesiredTopic) -> TopicSpec:
    config = {key: value for key, value in topic.config.items() if value is not None}
    return TopicSpec(topic.name, topic.partitions, topic.replication, config)


def _blockers(topic: DesiredTopic, found: TopicDetail) -> Iterator[Blocker]:
    count = len(found.partitions)
    if topic.partitions is not None and topic.partitions < count:
        yield _number(
            topic,
            ("partitions", topic.partitions, count),
            "a topic can only get more: make another one, and copy what is in this one",
        )
    if topic.replication is not None and topic.replication != found.replicas:
        yield _number(
            topic,
            ("replication", topic.replication, found.replicas),
            "moving replicas is the work of kafka-reassign-partitions; declare what it has",
        )


def _number(topic: DesiredTopic, difference: tuple[str, int, int], hint: str) -> Blocker:
    what, declared, actual = difference
    return Blocker(
        "topic",
        topic.name,
        f"{what} {actual:,} → {declared:,} cannot be done",
        hint,
        where=topic.where,
        difference=(what, str(declared), str(actual)),
    )


def _refused(one: DesiredSubject, step: RegistrationStep) -> Blocker:
    comparison = step.comparison
    assert comparison is not None, "what is refused was compared"
    assert comparison.verdict is not None, "and judged"
    assert comparison.refused_by is not None
    reasons = comparison.verdict.incompatibilities
    return Blocker(
        "subject",
        one.name,
        f"{comparison.level} refuses {one.wanted.loaded.label}: it may not follow "
        f"{comparison.refused_by.short_label}",
        None,
        tuple(f"{reason.location}: {reason.message}; {reason.cure}" for reason in reasons),
        one.where,
        difference=("schema", one.wanted.loaded.label, comparison.old.short_label),
    )
