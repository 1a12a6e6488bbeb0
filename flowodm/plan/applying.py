"""A plan carried out, step by step; the gate, the proof and every blocker come before the first."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from flowodm.errors import FlowODMError, PlanError
from flowodm.plan.model import (
    AlterTopic,
    CreateTopic,
    DeleteTopic,
    Done,
    Plan,
    RegisterSchema,
    SetLevel,
    Step,
)
from flowodm.plan.proving import prove_plan
from flowodm.registry.model import Reference
from flowodm.subjects.registration import Registered, Registration, apply_registration
from flowodm.subjects.settings import apply_setting
from flowodm.topics import apply_alteration, create_topic, delete_topic

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["apply_plan", "carry_out", "check_applicable", "step_words"]


def apply_plan(connection: "KafkaConnection", plan: Plan) -> tuple[Done, ...]:
    """Carry out a plan to its end.

    Args:
        connection: The cluster and its registry.
        plan: The plan; it is proven first, where it was not.

    Returns:
        Every step with what came of it.

    Raises:
        ChangeRefused: The context does not allow it; nothing was tried.
        PlanError: Something stands in the way, and nothing was tried; or a step failed, with
            `done` and `undone`. A plan made anew then holds what is left.
    """
    return tuple(carry_out(connection, plan))


def carry_out(connection: "KafkaConnection", plan: Plan) -> Iterator[Done]:
    """Carry out a plan, and yield each step when it is done; nothing is done ahead.

    Whoever stops asking, stops between two steps.

    Args:
        connection: The cluster and its registry.
        plan: The plan; it is proven first, where it was not.

    Raises:
        ChangeRefused: The context does not allow it; nothing was tried.
        PlanError: As `apply_plan`.
    """
    connection.check_change("apply")
    if not plan.is_proven:
        plan = prove_plan(connection, plan)
    check_applicable(plan)
    done: list[Done] = []
    versions: dict[str, int] = {}
    for number, step in enumerate(plan.steps):
        try:
            registered = _done(connection, step, versions)
        except FlowODMError as error:
            raise _failed(plan, number, done, error) from error
        done.append(Done(step, registered))
        yield done[-1]


def check_applicable(plan: Plan) -> None:
    """Refuse a plan that something stands in the way of.

    Raises:
        PlanError: Something does.
    """
    if plan.is_applicable:
        return
    first = plan.blockers[0]
    more = f" (and {len(plan.blockers) - 1:,} more)" if len(plan.blockers) > 1 else ""
    error = PlanError(
        f"nothing was changed: {first.kind} `{first.name}`: {first.reason}{more}",
        undone=plan.steps,
        hint=first.hint,
    )
    error.exit_code = 4 if any(blocker.is_forbidden for blocker in plan.blockers) else 3
    raise error


def step_words(step: Step) -> str:
    """Say what a step is to do."""
    match step:
        case CreateTopic():
            return f"create topic `{step.name}`"
        case AlterTopic():
            return f"alter topic `{step.name}`"
        case SetLevel():
            return f"set the level of subject `{step.name}` to {step.change.after}"
        case RegisterSchema():
            return f"register subject `{step.name}` v{step.registration.version}"
        case DeleteTopic():
            return f"delete topic `{step.name}`"
    assert_never(step)


def _failed(plan: Plan, number: int, done: list[Done], cause: FlowODMError) -> PlanError:
    steps = plan.steps
    left = len(steps) - number
    error = PlanError(
        f"could not {step_words(steps[number])}: {cause.message}\n"
        f"{number:,} of {len(steps):,} steps are done, {left:,} {'is' if left == 1 else 'are'} not",
        done=done,
        undone=steps[number:],
        hint=f"{f'{cause.hint}; ' if cause.hint else ''}then apply again, which does what is left",
    )
    error.exit_code = 4 if cause.exit_code == 4 else 1
    return error


def _done(connection: "KafkaConnection", step: Step, versions: dict[str, int]) -> Registered | None:
    match step:
        case CreateTopic():
            create_topic(connection, step.spec)
        case AlterTopic():
            apply_alteration(connection, step.alteration)
        case DeleteTopic():
            delete_topic(connection, step.name)
        case SetLevel():
            apply_setting(connection, step.change)
        case RegisterSchema():
            registered = _registered(connection, step, versions)
            versions[step.name] = registered.version
            return registered
        case _:
            assert_never(step)
    return None


def _registered(
    connection: "KafkaConnection", step: RegisterSchema, versions: Mapping[str, int]
) -> Registered:
    """Register a schema, with the versions that those before it really got."""
    registration = step.registration
    references = tuple(
        Reference(one.name, one.subject, versions.get(one.subject, one.version))
        for one in registration.references
    )
    registration = replace(registration, references=references)
    (registered,) = apply_registration(connection, Registration((registration,)))
    return registered
