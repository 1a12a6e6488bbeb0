"""Whether a topic is there to be read; asking does not create it."""

from typing import TYPE_CHECKING

from flowodm.errors import AuthorizationError, BrokerError, TopicNotFound
from flowodm.producer import count_partitions

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["check_topic", "forbidden"]


def check_topic(connection: "KafkaConnection", topic: str) -> None:
    """Make sure that a topic is there.

    Raises:
        TopicNotFound: There is no such topic.
        AuthorizationError: It may be there, and we are not to know.
        BrokerUnreachable: No broker answers.
    """
    try:
        count_partitions(connection, topic)
    except TopicNotFound:
        _check_permission(connection, topic)
        raise


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
