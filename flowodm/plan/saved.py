"""A saved plan, read back: what it declares, and the state that it was made of.

The steps are not taken from the file. They are planned again out of what it declares, and must
come out as the file has them; so nothing is done that a plan made now would not do.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flowodm.avro import CompatibilityLevel, Schema, parse
from flowodm.errors import FlowODMError, PlanError, UsageError
from flowodm.plan.building import build_plan
from flowodm.plan.document import FORMAT, step_document
from flowodm.plan.model import Desired, DesiredSubject, DesiredTopic, Plan
from flowodm.plan.seen import digest_of, moved, seen_of
from flowodm.plan.state import read_state
from flowodm.registry.model import Reference, SchemaDocument
from flowodm.sources.loaded import LoadedSchema
from flowodm.subjects.registration import Wanted

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["SavedPlan", "is_saved_plan", "read_saved_plan", "renew_plan"]

_LARGEST: Final = 64 << 20
_HINT: Final = "make a new one: flowodm plan -o json > plan.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, strict=True)


class _Topic(_Part):
    name: str
    partitions: int | None
    replication: int | None
    config: dict[str, str | None]
    where: str


class _Reference(_Part):
    name: str
    subject: str
    version: int


class _Subject(_Part):
    subject: str
    source: str
    text: str = Field(alias="schema")
    uses: list[str]
    references: list[_Reference]
    where: str


class _Declared(_Part):
    topics: list[_Topic]
    levels: dict[str, CompatibilityLevel]
    subjects: list[_Subject]


class SavedPlan(_Part):
    """A plan as it was saved; what of it is for people only is left out."""

    format: Literal["flowodm-plan/1"]
    file: str
    prune: bool
    applicable: bool
    steps: list[dict[str, Any]]
    declared: _Declared
    state: dict[str, dict[str, str | int | bool | None]]
    digest: str


def is_saved_plan(path: Path) -> bool:
    """Tell whether a file is a saved plan, rather than a `flowodm.yaml`.

    Raises:
        UsageError: It cannot be read.
    """
    data = _read(path)
    return data.lstrip().startswith(b"{") and b'"flowodm-plan/' in data


def read_saved_plan(path: Path) -> SavedPlan:
    """Read a saved plan.

    Raises:
        UsageError: It is none, or not as it was saved.
        PlanError: It cannot be carried out, and never could.
    """
    try:
        saved = SavedPlan.model_validate_json(_read(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"][:4]))
        raise UsageError(
            f"`{path}` is no plan of the form {FORMAT}: {place or 'the whole'}: {first['msg']}",
            hint=_HINT,
        ) from None
    if digest_of(saved.state) != saved.digest:
        raise UsageError(f"`{path}` is not as it was saved: its digest is another", hint=_HINT)
    if not saved.applicable:
        refusal = PlanError(f"`{path}` holds blockers, and nothing of it can be carried out")
        refusal.exit_code = 3
        raise refusal
    return saved


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror or error}") from error
    if len(data) > _LARGEST:
        raise UsageError(f"`{path}` is larger than {_LARGEST >> 20} MiB, which no plan is")
    return data


def renew_plan(
    connection: "KafkaConnection",
    saved: SavedPlan,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Plan:
    """Plan anew what a saved plan declares, and see that it is the same plan.

    Args:
        connection: The cluster and its registry.
        saved: The plan.
        on_progress: As for `read_state`.

    Returns:
        The plan; not proven yet.

    Raises:
        PlanError: The state has moved since it was made, or what the file says that it does is not
            what it would do.
        BrokerError: The cluster cannot be asked.
        RegistryError: The registry cannot be asked.
    """
    desired = _desired(connection, saved)
    state = read_state(connection, desired, on_progress=on_progress)
    now = seen_of(desired, state, prune=saved.prune)
    if told := moved(saved.state, now):
        raise PlanError(
            f"the state has moved since the plan was made; nothing was changed: {'; '.join(told)}",
            hint=_HINT,
        )
    plan = build_plan(desired, state, prune=saved.prune)
    if [step_document(step) for step in plan.steps] != saved.steps:
        raise PlanError(
            "the plan's steps are not those that it would take: it was edited, or made by another "
            "version of FlowODM; nothing was changed",
            hint=_HINT,
        )
    return plan


def _desired(connection: "KafkaConnection", saved: SavedPlan) -> Desired:
    declared = saved.declared
    topics = tuple(
        DesiredTopic(one.name, one.partitions, one.replication, one.config, one.where)
        for one in declared.topics
    )
    known: dict[str, LoadedSchema] = {}
    subjects: list[DesiredSubject] = []
    for one in declared.subjects:
        known[one.subject] = loaded = _loaded(connection, one, known)
        subjects.append(DesiredSubject(Wanted(one.subject, loaded, tuple(one.uses)), one.where))
    return Desired(topics, tuple(subjects), declared.levels, source=saved.file)


def _loaded(
    connection: "KafkaConnection", one: _Subject, known: dict[str, LoadedSchema]
) -> LoadedSchema:
    if missing := [name for name in one.uses if name not in known]:
        raise UsageError(f"the plan's subject `{one.subject}` uses `{missing[0]}`, which it lacks")
    uses = tuple(known[name] for name in one.uses)
    references = tuple(Reference(each.name, each.subject, each.version) for each in one.references)
    try:
        schema = _schema(connection, one.text, uses, references)
    except FlowODMError as error:
        raise PlanError(f"the plan's schema of `{one.subject}`: {error.message}") from error
    return LoadedSchema(one.source, schema, one.text, references=references, uses=uses)


def _schema(
    connection: "KafkaConnection",
    text: str,
    uses: tuple[LoadedSchema, ...],
    references: tuple[Reference, ...],
) -> Schema:
    if references:  # of a version in a registry, which alone knows them
        return connection.schema_registry().parse(SchemaDocument(text, references=references))
    return parse(text, references=[each.schema for each in uses])
