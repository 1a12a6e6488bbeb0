"""Every step of a plan, asked about before the first is carried out: would they do it?"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flowodm.errors import (
    AuthorizationError,
    BrokerError,
    BrokerUnreachable,
    RegistryError,
    RegistryUnreachable,
    SubjectNotFound,
    UsageError,
)
from flowodm.plan.model import (
    AlterTopic,
    Blocker,
    CreateTopic,
    Plan,
    RegisterSchema,
    SetLevel,
    Step,
)
from flowodm.subjects.asking import asked
from flowodm.subjects.settings import read_setting
from flowodm.topics import apply_alteration, create_topic

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.registry import SchemaRegistry

__all__ = ["prove_plan"]

_NO_ENDPOINT: Final = (404, 405, 501)
_HIDDEN: Final = "it is there, and not shown to this user: ask for the permission to describe it"
_STALE: Final = ("TOPIC_ALREADY_EXISTS", "UNKNOWN_TOPIC_OR_PART", "INVALID_PARTITIONS")


def prove_plan(
    connection: "KafkaConnection",
    plan: Plan,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Plan:
    """Have the brokers and the registry say of each step whether they would do it.

    Topics are validated by a broker. Where the registry takes no changes, that is told; where it
    can judge a schema as things are, it is asked, beside the verdict that the plan has already.

    Args:
        connection: The cluster and its registry.
        plan: The plan.
        on_progress: Called with how many steps were asked about, and of how many.

    Returns:
        The plan, with a blocker for each step that would fail.

    Raises:
        BrokerUnreachable: The cluster cannot be asked.
        RegistryError: The registry cannot be asked.
    """
    proof = _Proof(connection, plan)
    found: list[Blocker] = []
    for done, blocker in enumerate(asked(plan.steps, proof.of), start=1):
        on_progress(done, len(plan.steps))
        found += [] if blocker is None else [blocker]
    return replace(plan, blockers=(*plan.blockers, *found), is_proven=True)


class _Proof:
    """What is asked about steps; by several threads."""

    def __init__(self, connection: "KafkaConnection", plan: Plan) -> None:
        self._connection = connection
        self._new_levels = {step.name for step in plan.steps if isinstance(step, SetLevel)}
        self._new = {step.name for step in plan.steps if isinstance(step, RegisterSchema)}
        places = [(("topic", one.name), one.where) for one in plan.desired.topics]
        places += [(("subject", one.name), one.where) for one in plan.desired.subjects]
        self._places = dict(places)
        self._lock = threading.Lock()
        self._above: str | None = None
        """The registry's own mode, once it is known."""

    def of(self, step: Step) -> Blocker | None:
        """Ask about one step; None: nothing stands in its way."""
        if isinstance(step, CreateTopic | AlterTopic):
            return self._of_topic(step)
        if isinstance(step, SetLevel | RegisterSchema):
            registry = self._connection.schema_registry()
            blocker = self._of_mode(registry, step)
            if blocker is None and isinstance(step, RegisterSchema):
                blocker = self._of_schema(registry, step)
            return blocker
        return None

    def _of_topic(self, step: CreateTopic | AlterTopic) -> Blocker | None:
        try:
            if isinstance(step, CreateTopic):
                create_topic(self._connection, step.spec, validate_only=True)
            else:
                apply_alteration(self._connection, step.alteration, validate_only=True)
        except BrokerUnreachable:
            raise
        except (BrokerError, UsageError) as error:
            return Blocker(
                step.kind,
                step.name,
                error.message,
                _HIDDEN if isinstance(step, CreateTopic) and _is_stale(error) else error.hint,
                where=self._place(step),
                is_forbidden=isinstance(error, AuthorizationError),
                is_stale=_is_stale(error),
            )
        return None

    def _of_mode(
        self, registry: "SchemaRegistry", step: SetLevel | RegisterSchema
    ) -> Blocker | None:
        mode, is_own = self._mode(registry, step.name)
        is_import = mode == "IMPORT" and isinstance(step, RegisterSchema)
        if not mode.startswith("READONLY") and not is_import:
            return None
        whose, place = ("the subject", f"{step.name} ") if is_own else ("the registry", "")
        return self._blocker(
            step,
            f"{whose} is in mode {mode}",
            f"when it may be changed again: flowodm registry mode {place}READWRITE",
        )

    def _mode(self, registry: "SchemaRegistry", subject: str) -> tuple[str, bool]:
        """The mode that counts for a subject, and whether it is its own."""
        with self._lock:
            if self._above is None:
                self._above = read_setting(registry, "mode").value
        if self._above == "READONLY_OVERRIDE":
            return self._above, False
        with suppress(SubjectNotFound):  # so some registries say that it has none of its own
            if (own := registry.mode(subject)) is not None:
                return own, True
        return self._above, False

    def _of_schema(self, registry: "SchemaRegistry", step: RegisterSchema) -> Blocker | None:
        """Ask the registry for its own verdict, where it can judge things as they are."""
        registration = step.registration
        comparison = registration.comparison
        references = {one.subject for one in registration.references}
        if comparison is None or step.name in self._new_levels or references & self._new:
            return None
        try:
            verdict = registry.compatibility(step.name, registration.document, version=None)
        except RegistryError as error:
            if isinstance(error, SubjectNotFound | RegistryUnreachable) and (
                error.status in _NO_ENDPOINT and comparison.level is not None
            ):
                return None  # it has no such endpoint, and our own verdict stands
            raise
        if verdict.compatible:
            return None
        reason = f"the registry refuses {registration.loaded.label}"
        return self._blocker(step, reason, None, verdict.messages)

    def _blocker(
        self, step: Step, reason: str, hint: str | None, details: Sequence[str] = ()
    ) -> Blocker:
        return Blocker(step.kind, step.name, reason, hint, tuple(details), self._place(step))

    def _place(self, step: Step) -> str:
        return self._places.get((step.kind, step.name), "")


def _is_stale(error: BaseException | None) -> bool:
    """Tell whether a broker speaks of another topic than the one that was seen."""
    from confluent_kafka import KafkaException

    while error is not None:
        if isinstance(error, KafkaException):
            return error.args[0].name() in _STALE
        error = error.__cause__
    return False
