"""What changes groups: a planned reset is done, a group is deleted. The gate comes first."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowodm.connection.kafka import PATIENCE
from flowodm.errors import AuthorizationError, BrokerError
from flowodm.groups.coordinators import Coordinators
from flowodm.groups.group import Group
from flowodm.groups.resetting import ResetPlan
from flowodm.groups.undo import Undo, UndoStep

if TYPE_CHECKING:
    from confluent_kafka import TopicPartition

    from flowodm.connection import KafkaConnection
    from flowodm.groups.resetting import ResetStep

__all__ = ["apply_deletion", "apply_reset", "check_deletion", "check_reset", "undo_of"]


def undo_of(plan: ResetPlan) -> Undo:
    """Return what takes a planned reset back."""
    steps = tuple(
        UndoStep(step.partition, step.before, step.after)
        for step in plan.needed
        if step.after is not None
    )
    return Undo(plan.group.name, plan.cluster_id, datetime.now(UTC), steps)


def check_reset(connection: "KafkaConnection", plan: ResetPlan) -> None:
    """Refuse a reset that the context does not allow, of whichever of its topics.

    Raises:
        ChangeRefused: It does not.
    """
    for topic in plan.topics:
        connection.check_change("groups reset", topic)


def apply_reset(
    connection: "KafkaConnection", plan: ResetPlan, *, timeout: float = PATIENCE
) -> None:
    """Move the offsets that a plan says, and no others, in one request.

    Args:
        connection: The cluster that the plan was made with.
        plan: From `plan_reset` or `plan_undo`.
        timeout: Seconds to wait.

    Raises:
        ChangeRefused: The context does not allow it.
        AuthorizationError: An offset may not be moved; says which were not.
        BrokerError: The group is active, or an offset could not be moved; says which were not.
    """
    check_reset(connection, plan)
    plan.check()
    if not plan.needed:
        return
    from confluent_kafka import ConsumerGroupTopicPartitions

    from flowodm.connection import broker_error

    name = plan.group.name
    asked = ConsumerGroupTopicPartitions(name, [_place(step) for step in plan.needed])
    answer = Coordinators.of(connection).wait(
        lambda admin: admin.alter_consumer_group_offsets([asked], request_timeout=timeout)[name],
        timeout=timeout + 0.5,
    )
    failed = [one for one in answer.topic_partitions or () if one.error is not None]
    if failed:
        first = broker_error(failed[0].error, connection=connection)
        kind = AuthorizationError if isinstance(first, AuthorizationError) else BrokerError
        where = ", ".join(f"`{one.topic}` [{one.partition}]" for one in failed[:5])
        more = f" and {len(failed) - 5:,} more" if len(failed) > 5 else ""
        raise kind(
            f"group `{name}` was not reset in {where}{more}: {first.message}",
            hint="look at what it is now: flowodm groups describe " + name,
        )


def check_deletion(group: Group) -> None:
    """Refuse to delete a group that has members.

    Raises:
        BrokerError: It is active.
    """
    if group.is_active:
        raise BrokerError(
            f"group `{group.name}` is active ({group.state}); it was not deleted",
            hint=f"stop its consumers first; they are listed by flowodm groups describe "
            f"{group.name}",
        )


def apply_deletion(
    connection: "KafkaConnection", group: Group, *, timeout: float = PATIENCE
) -> None:
    """Delete a group with all that it has stored.

    Raises:
        ChangeRefused: The context does not allow it.
        BrokerError: The group is active, or was not deleted.
    """
    connection.check_change("groups delete")
    check_deletion(group)
    name = group.name
    Coordinators.of(connection).wait(
        lambda admin: admin.delete_consumer_groups([name], request_timeout=timeout)[name],
        timeout=timeout + 0.5,
    )


def _place(step: "ResetStep") -> "TopicPartition":
    from confluent_kafka import TopicPartition

    assert step.after is not None
    one, after = step.partition, step.after
    if after.leader_epoch is None:
        return TopicPartition(one.topic, one.number, after.offset, after.metadata)
    return TopicPartition(one.topic, one.number, after.offset, after.metadata, after.leader_epoch)
