"""A plan as JSON has it: what is promised to scripts, and all that it takes to carry it out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from flowodm.plan.model import (
    AlterTopic,
    Blocker,
    CreateTopic,
    DeleteTopic,
    Desired,
    Done,
    Plan,
    RegisterSchema,
    SetLevel,
    Step,
)
from flowodm.plan.seen import digest_of, seen_of

if TYPE_CHECKING:
    from flowodm.config import Context
    from flowodm.plan.drift import Difference

__all__ = ["FORMAT", "done_document", "drift_document", "plan_document", "step_document"]

FORMAT: Final = "flowodm-plan/1"
"""What a document of this shape says it is."""

Object: TypeAlias = dict[str, Any]


def plan_document(plan: Plan, context: "Context") -> Object:
    """Return a plan as JSON has it; `saved.py` reads it back."""
    seen = seen_of(plan.desired, plan.state, prune=plan.prune)
    return {
        "format": FORMAT,
        **_place(plan, context),
        "applicable": plan.is_applicable,
        "proven": plan.is_proven,
        "prune": plan.prune,
        "steps": [step_document(step) for step in plan.steps],
        "blockers": [_blocker(blocker) for blocker in plan.blockers],
        "unchanged": _same(plan),
        "undeclared": {
            "topics": list(plan.other_topics),
            "subjects": list(plan.other_subjects),
            "settings": [
                {"topic": one.topic, "setting": one.setting, "value": one.value}
                for one in plan.kept
            ],
            "versions": [
                {"subject": one.subject, "declared": one.version, "latest": one.latest}
                for one in plan.newer
            ],
        },
        "not_looked_at": {"models": list(plan.desired.models)},
        "declared": _desired(plan.desired),
        "state": seen,
        "digest": digest_of(seen),
    }


def drift_document(plan: Plan, context: "Context", found: "tuple[Difference, ...]") -> Object:
    """Return what differs from what is declared as JSON has it."""
    return {
        **_place(plan, context),
        "drift": bool(found),
        "differences": [
            {
                "kind": one.kind,
                "name": one.name,
                "attribute": one.attribute,
                "declared": one.declared,
                "actual": one.actual,
            }
            for one in found
        ],
        "undeclared": {"topics": list(plan.other_topics), "subjects": list(plan.other_subjects)},
        "not_looked_at": {"models": list(plan.desired.models)},
    }


def step_document(step: Step) -> Object:
    """Return a step as JSON has it."""
    head: Object = {"kind": step.kind, "action": step.action, "name": step.name}
    match step:
        case CreateTopic(spec=spec):
            return head | {
                "partitions": spec.partitions,
                "replication": spec.replication,
                "config": dict(spec.config),
            }
        case AlterTopic(alteration=alteration):
            changes = {
                one.name: {"before": one.before, "after": one.after} for one in alteration.settings
            }
            count = len(alteration.topic.partitions)
            more = {"before": count, "after": alteration.partitions or count}
            return head | {
                "config": changes,
                "partitions": more,
                "keys_move": count < more["after"],
            }
        case SetLevel(change=change):
            before = {"before": change.before.value, "before_is_own": change.before.is_own}
            return head | before | {"after": change.after}
        case RegisterSchema():
            return head | _registration(step)
        case DeleteTopic():
            return head | {"partitions": step.partitions}
    assert_never(step)


def done_document(done: Done) -> Object:
    """Return a step that was carried out as JSON has it."""
    found = step_document(done.step) | {"done": True}
    if done.registered is not None:
        found |= {"version": done.registered.version, "id": done.registered.schema_id}
    return found


def _registration(step: RegisterSchema) -> Object:
    one = step.registration
    comparison = one.comparison
    return {
        "version": one.version,
        "follows": None if comparison is None else comparison.old.version,
        "level": None if comparison is None else comparison.level,
        "checked": [] if comparison is None else [each.version for each in comparison.history],
        "source": one.loaded.label,
        "references": [
            {"name": each.name, "subject": each.subject, "version": each.version}
            for each in one.references
        ],
    }


def _place(plan: Plan, context: "Context") -> Object:
    return {
        "context": context.name,
        "bootstrap_servers": context.bootstrap_servers,
        "cluster_id": plan.state.cluster_id,
        "file": plan.desired.source,
    }


def _blocker(blocker: Blocker) -> Object:
    return {
        "kind": blocker.kind,
        "name": blocker.name,
        "reason": blocker.reason,
        "hint": blocker.hint,
        "details": list(blocker.details),
        "where": blocker.where or None,
    }


def _same(plan: Plan) -> Mapping[str, list[str]]:
    kinds = (("topics", "topic"), ("levels", "level"), ("subjects", "subject"))
    return {key: [name for kind, name in plan.same if kind == of] for key, of in kinds}


def _desired(desired: Desired) -> Object:
    return {
        "topics": [
            {
                "name": topic.name,
                "partitions": topic.partitions,
                "replication": topic.replication,
                "config": dict(topic.config),
                "where": topic.where,
            }
            for topic in desired.topics
        ],
        "levels": dict(desired.levels),
        "subjects": [
            {
                "subject": one.name,
                "source": one.wanted.loaded.label,
                "schema": one.wanted.loaded.schema.to_json(),
                "uses": list(one.wanted.uses),
                "references": [
                    {"name": each.name, "subject": each.subject, "version": each.version}
                    for each in one.wanted.loaded.references
                ],
                "where": one.where,
            }
            for one in desired.subjects
        ],
    }
