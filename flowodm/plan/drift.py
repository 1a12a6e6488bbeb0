"""How a cluster and its registry differ from what is declared; what to do about it is a plan's."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from flowodm.errors import PlanError
from flowodm.plan.model import (
    AlterTopic,
    CreateTopic,
    DeleteTopic,
    Kind,
    Plan,
    RegisterSchema,
    SetLevel,
    Step,
)

__all__ = ["Difference", "differences"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it is declared."""

    kind: Kind
    name: str
    attribute: str | None = None
    """Which of its attributes; None: it is not there."""
    declared: str | None = None
    """None: nothing is declared of it."""
    actual: str | None = None
    """None: it has none."""


def differences(plan: Plan) -> tuple[Difference, ...]:
    """Tell what is not as declared.

    Settings that a declared topic has beyond what is declared count, and so do later versions of a
    declared subject. Topics and subjects that are not declared do not: others may be using the
    cluster.

    Args:
        plan: A plan that prunes nothing, and was not proven.

    Raises:
        PlanError: Something could not be compared, or not be seen.
    """
    for blocker in plan.blockers:
        if blocker.difference is None:
            where = f"{blocker.where}: " if blocker.where else ""
            error = PlanError(f"{where}{blocker.reason}", hint=blocker.hint)
            error.exit_code = 4 if blocker.is_forbidden else 2
            raise error
    return tuple(_differences(plan))


def _differences(plan: Plan) -> Iterator[Difference]:
    for step in plan.steps:
        yield from _of_step(step)
    for blocker in plan.blockers:
        if blocker.difference is not None:
            yield Difference(blocker.kind, blocker.name, *blocker.difference)
    for kept in plan.kept:
        yield Difference("topic", kept.topic, kept.setting, None, kept.value or "(secret)")
    for newer in plan.newer:
        declared, latest = f"v{newer.version}", f"v{newer.latest}"
        yield Difference("subject", newer.subject, "latest", declared, latest)


def _of_step(step: Step) -> Iterator[Difference]:
    match step:
        case CreateTopic():
            yield Difference("topic", step.name)
        case AlterTopic(alteration=alteration):
            for one in alteration.settings:
                yield Difference("topic", step.name, one.name, one.after, one.before)
            if alteration.partitions is not None:
                count = str(len(alteration.topic.partitions))
                declared = str(alteration.partitions)
                yield Difference("topic", step.name, "partitions", declared, count)
        case SetLevel(change=change):
            before = change.before.value if change.before.is_own else None
            yield Difference("level", step.name, "level", change.after, before)
        case RegisterSchema(registration=one):
            if one.comparison is None:
                yield Difference("subject", step.name)
            else:
                actual = one.comparison.old.short_label
                yield Difference("subject", step.name, "schema", one.loaded.label, actual)
        case DeleteTopic():
            return
        case _:
            assert_never(step)
