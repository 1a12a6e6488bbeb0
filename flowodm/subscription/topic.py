"""Whether a topic is there to be read; asking does not create it."""

from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from flowodm.errors import AuthorizationError, BrokerError, TopicNotFound
from flowodm.producer import count_partitions

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["check_topic", "forbidden"]

_NEW: Final = 1.0
"""Seconds in which a topic that was just created becomes known to all brokers."""
_AGAIN: Final = 0.1


def check_topic(connection: "KafkaConnection", topic: str) -> None:
    """Make sure that a topic is there.

    Raises:
        TopicNotFound: There is no such topic.
        AuthorizationError: It may be there, and we are not to know.
        BrokerUnreachable: No broker answers.
    """
    until = monotonic() + _NEW
    while True:
        try:
            count_partitions(connection, topic)
        except TopicNotFound:
            if monotonic() >= until:
                _check_permission(connection, topic)
                raise
            sleep(_AGAIN)
        else:
            return


def forbidden(what: str, name: str) -> AuthorizationError:
    """Make the error for a topic or a group that we may not read."""
    return AuthorizationError(
        f"not allowed to read {what} `{name}`",
        hint=f"ask for an access control list that allows READ on the {what}",
    )


def _check_permission(connection: "KafkaConnection", topic: str) -> None:
    """Ask by name: metadata leaves out what we may not see."""
    from confluent_kafka import TopicCollection

    asked = connection.admin().describe_topics(TopicCollection([topic]), request_timeout=4)
    try:
        connection.wait(asked[topic])
    except AuthorizationError as error:
        raise forbidden("topic", topic) from error
    except BrokerError:
        return  # as the metadata says: there is none
