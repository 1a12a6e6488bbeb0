"""Which changes a context allows: the gate that the command line and the library share.

What asks for a change is shown first, and confirmed, elsewhere; here it is only refused.
"""

from typing import TYPE_CHECKING, Final

from flowodm.errors import ChangeRefused

if TYPE_CHECKING:
    from flowodm.config import Context
    from flowodm.connection.kafka import KafkaConnection

__all__ = ["check_change", "check_read_only", "check_subject", "is_internal", "is_internal_subject"]

_INTERNAL: Final = ("__", "_schemas")


def check_change(connection: "KafkaConnection", operation: str, topic: str | None) -> None:
    """Refuse a change that a connection's context does not allow; before anything is sent.

    Raises:
        ChangeRefused: The context is read-only, the topic is internal, or this is not the cluster
            that the context is for.
    """
    context = connection.context
    check_read_only(context, operation)
    if topic is not None and is_internal(topic):
        raise ChangeRefused(
            f"topic `{topic}` is internal to Kafka or its registry; `{operation}` was not tried"
        )
    if context.cluster_id is not None:
        _check_cluster(connection, context.cluster_id, operation)


def check_read_only(context: "Context", operation: str) -> None:
    """Refuse a change of anything where the context is read-only.

    Raises:
        ChangeRefused: It is.
    """
    if context.read_only:
        raise ChangeRefused(
            f"context `{context.name}` is read-only; `{operation}` was not tried",
            hint=f"`read_only` is set in {context.place('read_only')}",
        )


def check_subject(operation: str, subject: str | None) -> None:
    """Refuse a change of a subject that is Kafka's or the registry's own.

    Raises:
        ChangeRefused: It is.
    """
    from flowodm.registry.rules import subject_words

    if subject is not None and is_internal_subject(subject):
        raise ChangeRefused(
            f"{subject_words(subject)} is internal to Kafka or its registry; "
            f"`{operation}` was not tried"
        )


def is_internal(topic: str) -> bool:
    """Tell whether a topic is Kafka's or the registry's own."""
    return topic.startswith("__") or topic == "_schemas"


def is_internal_subject(subject: str) -> bool:
    """Tell whether a subject is Kafka's or the registry's own."""
    from flowodm.registry.words import without_context

    return without_context(subject).startswith(_INTERNAL)


def _check_cluster(connection: "KafkaConnection", expected: str, operation: str) -> None:
    found, context = connection.metadata().cluster_id, connection.context
    if found != expected:
        raise ChangeRefused(
            f"context `{context.name}` is for cluster `{expected}`, and this is "
            f"`{found}`; `{operation}` was not tried",
            hint=f"check `bootstrap_servers` and `cluster_id` ({context.source})",
        )
