"""An archive brought into a registry, with the ids that it had.

First the plan: what is there already, what is missing, what stands in the way; nothing is done
while anything does. Then, version by version, behind those that it references. A registry takes
ids and versions in IMPORT mode alone: a subject is in it from its first missing version to its
last, and gets back what it had whatever happens in between. What is there is never sent again, so
an import that was cut off is run once more, and goes on.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from flowodm.errors import (
    ChangeRefused,
    FlowODMError,
    RegistryError,
    SchemaError,
    SchemaNotFound,
    SubjectNotFound,
)
from flowodm.registry.model import RegisteredSchema, SchemaDocument
from flowodm.registry.rules import version_words
from flowodm.schema.compatibility import own_level
from flowodm.subjects.archive import Archive, ArchivedSetting, ArchivedVersion
from flowodm.subjects.asking import asked
from flowodm.subjects.names import check_change

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.registry import SchemaRegistry

__all__ = ["ImportPlan", "ImportStep", "apply_import", "plan_import"]

_IMPORT: Final = "IMPORT"
_LEFT: Final = (None, _IMPORT, "READWRITE")
"""Modes of its own that a subject may have: none, what an import that was cut off left, the usual."""

State: TypeAlias = Literal["present", "missing", "to hide", "conflict"]
_Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportStep:
    """One version of the archive, and what is to be done for it."""

    version: ArchivedVersion
    state: State
    """`missing`: it is registered. `to hide`: it is there, and deleted in the archive."""
    reason: str = ""
    """Of a conflict: what is there instead."""


@dataclass(frozen=True, slots=True)
class SettingStep:
    """A level or mode that is set."""

    subject: str | None
    kind: Literal["level", "mode"]
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do."""

    steps: tuple[ImportStep, ...]
    settings: tuple[SettingStep, ...]
    modes: tuple[tuple[str, str | None], ...]
    """The own mode of each subject with something to do, that it gets back; None: none."""
    left_out: tuple[str, ...]
    """What is set for the registry itself, in the archive and not here; told, and not done."""

    def count(self, state: State) -> int:
        """Count the steps in a state."""
        return sum(step.state == state for step in self.steps)

    @property
    def conflicts(self) -> tuple[ImportStep, ...]:
        """What stands in the way."""
        return tuple(step for step in self.steps if step.state == "conflict")

    @property
    def left_open(self) -> tuple[str, ...]:
        """The subjects that an import which was cut off left in IMPORT mode."""
        return tuple(subject for subject, mode in self.modes if mode == _IMPORT)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to do."""
        is_there = all(step.state == "present" for step in self.steps)
        return is_there and not self.settings and not self.left_open


def plan_import(
    registry: "SchemaRegistry",
    archive: Archive,
    *,
    registry_settings: bool = False,
    on_progress: _Progress = lambda done, total: None,
) -> ImportPlan:
    """Look at what an import would do.

    Args:
        registry: Where to.
        archive: What.
        registry_settings: Whether the registry's own level and mode are to be set too.
        on_progress: Called with how many subjects were looked at, and of how many.

    Raises:
        RegistryError: The registry cannot be asked.
    """
    by_subject: dict[str, list[ArchivedVersion]] = {}
    for version in archive.versions:
        by_subject.setdefault(version.subject, []).append(version)
    subjects = tuple(by_subject)
    states: dict[tuple[str, int], ImportStep] = {}
    modes: list[tuple[str, str | None]] = []
    in_force = registry.mode()
    looks = asked(subjects, lambda name: _look(registry, name, by_subject[name], in_force))
    for count, (mode, steps) in enumerate(looks, start=1):
        on_progress(count, len(subjects))
        states.update((step.version.place, step) for step in steps)
        if any(step.state != "present" for step in steps) or mode == _IMPORT:
            modes.append((subjects[count - 1], mode))
    looked_at = tuple(states[version.place] for version in archive.versions)
    settings, left_out = _settings(registry, archive.settings, registry_settings)
    return ImportPlan(_with_references(registry, looked_at), settings, tuple(modes), left_out)


def apply_import(
    connection: "KafkaConnection",
    plan: ImportPlan,
    *,
    on_progress: _Progress = lambda done, total: None,
) -> int:
    """Do what was planned; return how many versions were registered.

    Args:
        connection: To whose registry.
        plan: The plan, without conflicts.
        on_progress: Called with how many versions are done, and of how many.

    Raises:
        ChangeRefused: The context does not allow it, or something stands in the way; nothing was
            sent.
        RegistryError: The registry refuses a version; what was done before it stays.
    """
    if plan.conflicts:
        raise ChangeRefused("other schemas stand in the way; nothing was imported")
    for subject in dict.fromkeys(step.version.subject for step in plan.steps):
        check_change(connection, "registry import", subject)
    registry = connection.schema_registry()
    done = 0
    with _Modes(registry, plan) as modes:
        for count, step in enumerate(plan.steps, start=1):
            if step.state == "missing":
                modes.enter(step.version.subject)
                _register(registry, step.version)
                done += 1
            modes.leave_when_done(step.version)
            on_progress(count, len(plan.steps))
    for step in reversed(plan.steps):  # who references another goes before it
        if step.version.deleted and step.state in ("missing", "to hide"):
            registry.delete_version(*step.version.place)
    for setting in plan.settings:
        if setting.kind == "level":
            registry.set_compatibility_level(setting.after, setting.subject)
        else:
            registry.set_mode(setting.after, setting.subject)
    return done


class _Modes:
    """IMPORT mode for the subjects at work, and what they had before for those that are done."""

    def __init__(self, registry: "SchemaRegistry", plan: ImportPlan) -> None:
        self._registry = registry
        self._before = dict(plan.modes)
        self._last = {
            step.version.subject: step.version.place
            for step in plan.steps
            if step.version.subject in self._before
        }
        self._open = {name for name, mode in plan.modes if mode == _IMPORT}
        self._is_import = registry.mode() == _IMPORT
        """Whether the whole registry is: then no subject needs it."""

    def __enter__(self) -> "_Modes":
        return self

    def __exit__(self, *_: object) -> None:
        failure: FlowODMError | None = None
        for subject in tuple(self._open):
            try:
                self._leave(subject)
            except FlowODMError as error:  # the others get theirs back all the same
                failure = error
        if failure is not None:
            raise failure

    def enter(self, subject: str) -> None:
        """Put a subject into IMPORT mode."""
        if not self._is_import and subject not in self._open:
            self._open.add(subject)
            self._registry.set_mode(_IMPORT, subject, force=True)

    def leave_when_done(self, version: ArchivedVersion) -> None:
        """Give a subject its mode back behind its last version."""
        if version.subject in self._open and self._last[version.subject] == version.place:
            self._leave(version.subject)

    def _leave(self, subject: str) -> None:
        before = self._before.get(subject)
        if before in (None, _IMPORT):
            with suppress(SubjectNotFound):  # the registry has forgotten it already
                self._registry.delete_mode(subject)
        else:
            self._registry.set_mode(before, subject)
        self._open.discard(subject)


def _register(registry: "SchemaRegistry", version: ArchivedVersion) -> None:
    document = SchemaDocument(version.schema_, version.type, version.named())
    given = registry.register(
        version.subject, document, schema_id=version.id, version=version.version
    )
    if given.schema_id != version.id:
        raise RegistryError(
            f"registry `{registry.url}` gave {version_words(*version.place)} id "
            f"{given.schema_id}, and not {version.id}: it keeps no ids",
            hint="that one version is there now, and nothing else; delete it with `registry delete`",
        )


def _look(
    registry: "SchemaRegistry",
    subject: str,
    versions: list[ArchivedVersion],
    in_force: str | None,
) -> tuple[str | None, list[ImportStep]]:
    """Compare a subject's versions with those there, and read its own mode.

    Some registries tell the whole registry's mode, `in_force`, for every subject's own.
    """
    live: tuple[int, ...] = ()
    there: tuple[int, ...] = ()
    with suppress(SubjectNotFound):
        there = registry.versions(subject, deleted=True)
        live = registry.versions(subject)
    mode: str | None = None
    with suppress(SubjectNotFound):
        mode = registry.mode(subject)
    mode = None if mode == in_force else mode
    steps = [
        (
            _compared(registry, version, is_live=version.version in live)
            if version.version in there
            else _missing(registry, version)
        )
        for version in versions
    ]
    if mode not in _LEFT:
        steps = [_blocked(step, f"its subject is in mode {mode} there") for step in steps]
    return mode, steps


def _blocked(step: ImportStep, reason: str) -> ImportStep:
    if step.state == "present":
        return step
    return ImportStep(step.version, "conflict", reason)


def _compared(registry: "SchemaRegistry", version: ArchivedVersion, *, is_live: bool) -> ImportStep:
    found = registry.version(*version.place, deleted=True).schema
    if found.schema_id != version.id:
        return ImportStep(version, "conflict", f"it has id {found.schema_id} there")
    if not _is_same(registry, found, version):
        return ImportStep(version, "conflict", "it is another schema there")
    if version.deleted and is_live:
        return ImportStep(version, "to hide")
    if is_live is version.deleted:
        return ImportStep(version, "conflict", "it is deleted there")
    return ImportStep(version, "present")


def _missing(registry: "SchemaRegistry", version: ArchivedVersion) -> ImportStep:
    try:
        in_context = version.subject if version.subject.startswith(":.") else None
        holder = registry.schema_by_id(version.id, in_context)
    except (SchemaNotFound, SubjectNotFound):
        return ImportStep(version, "missing")
    if _is_same(registry, holder, version):
        return ImportStep(version, "missing")
    return ImportStep(version, "conflict", f"id {version.id} is another schema there")


def _is_same(registry: "SchemaRegistry", found: RegisteredSchema, version: ArchivedVersion) -> bool:
    """Whether two texts are one schema; registries write them in their own way."""
    if found.schema_type != version.type or set(found.references) != set(version.named()):
        return False
    if version.type != "AVRO" or found.text == version.schema_:
        return found.text.split() == version.schema_.split()
    document = SchemaDocument(version.schema_, references=version.named())
    try:
        return registry.parse(found) == registry.parse(document)
    except (SchemaError, SubjectNotFound):
        return False


def _with_references(
    registry: "SchemaRegistry", steps: tuple[ImportStep, ...]
) -> tuple[ImportStep, ...]:
    """Find what references a version that is in the archive no more than in the registry."""
    known = {step.version.place for step in steps}

    def check(step: ImportStep) -> ImportStep:
        if step.state != "missing":
            return step
        for subject, number in step.version.needs:
            if (subject, number) in known:
                continue
            try:
                registry.version(subject, number, deleted=True)
            except SubjectNotFound:
                return ImportStep(
                    step.version, "conflict", f"it references {subject} v{number}, which is nowhere"
                )
        return step

    return tuple(check(step) for step in steps)


def _settings(
    registry: "SchemaRegistry", settings: tuple[ArchivedSetting, ...], registry_settings: bool
) -> tuple[tuple[SettingStep, ...], tuple[str, ...]]:
    """Find the settings that differ; those of the registry itself are left out unless wanted."""
    steps: list[SettingStep] = []
    left_out: list[str] = []
    for wanted, found in zip(
        settings, asked(settings, lambda one: _own(registry, one)), strict=True
    ):
        for step in _differing(wanted, *found):
            if step.subject is None and not registry_settings:
                left_out.append(f"{step.kind} {step.before} → {step.after}")
            else:
                steps.append(step)
    return tuple(steps), tuple(left_out)


def _differing(
    wanted: ArchivedSetting, level: str | None, mode: str | None
) -> Iterator[SettingStep]:
    if wanted.level is not None and wanted.level != level:
        yield SettingStep(wanted.subject, "level", level, wanted.level)
    if wanted.mode is not None and wanted.mode not in (mode, _IMPORT):
        yield SettingStep(wanted.subject, "mode", mode, wanted.mode)


def _own(registry: "SchemaRegistry", setting: ArchivedSetting) -> tuple[str | None, str | None]:
    mode = None
    with suppress(SubjectNotFound):
        mode = registry.mode(setting.subject)
    if setting.subject is None:
        return registry.compatibility_level(), mode
    return own_level(registry, setting.subject), mode
