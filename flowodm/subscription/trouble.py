"""`Trouble`: what a member of a group hears in place of records, by name.

Some of it ends the read, some only takes longer. An outage is told of once when it begins and
once when it is over. The consume verbs and the loops meet the same.
"""

import logging
from typing import TYPE_CHECKING, Final

from flowodm.errors import BrokerError, FlowODMError
from flowodm.subscription.topic import check_topic, forbidden

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, TopicPartition

    from flowodm.connection import KafkaConnection

__all__ = ["Trouble"]

_LOG = logging.getLogger("flowodm.subscription")

_ENDS: Final = frozenset({"_AUTO_OFFSET_RESET", "_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED"})
"""Errors that no patience cures, besides what we are not allowed."""


class Trouble:
    """What goes wrong with one topic and group.

    Args:
        connection: The cluster.
        topic: The topic.
        group: The group.
    """

    def __init__(self, connection: "KafkaConnection", topic: str, group: str) -> None:
        self.connection = connection
        self.topic = topic
        self.group = group
        self.outage: str | None = None
        """What is out, and how; None: nothing is."""

    def meet(self, error: "KafkaError") -> bool:
        """Raise what ends the read; log what does not.

        Returns:
            Whether the membership is lost, and with it every partition.

        Raises:
            BrokerError: The topic is gone, we are not allowed, or the client is broken.
        """
        name = error.name()
        if name == "_PARTITION_EOF":
            return False
        if name == "_MAX_POLL_EXCEEDED":
            _LOG.warning(
                "group `%s` gave the partitions of `%s` to others: nothing was asked for in"
                " `max.poll.interval.ms`; joining again",
                self.group,
                self.topic,
            )
            return True
        if name in ("UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION"):
            check_topic(self.connection, self.topic)  # raises where it is gone for good
        elif error.fatal() or name.endswith("AUTHORIZATION_FAILED") or name in _ENDS:
            raise self.named(error)
        _LOG.warning("topic `%s`, group `%s`: %s", self.topic, self.group, error.str() or name)
        return False

    def commit(self, consumer: "Consumer", timeout: float) -> None:
        """Commit what is stored, and wait for the answer; nothing stored is nothing to wait for.

        Raises:
            BrokerError: It was not committed.
        """
        for one in self.connection.call(lambda: self._commit(consumer), timeout=timeout):
            if one.error is not None:
                raise self.named(one.error)

    def named(self, error: "KafkaError") -> FlowODMError:
        """Name one of librdkafka's errors."""
        from flowodm.connection import broker_error

        name = error.name()
        if name == "TOPIC_AUTHORIZATION_FAILED":
            return forbidden("topic", self.topic)
        if name == "GROUP_AUTHORIZATION_FAILED":
            return forbidden("group", self.group)
        if name == "_AUTO_OFFSET_RESET":
            return BrokerError(
                f"group `{self.group}` has no offset in topic `{self.topic}` that still exists,"
                " and `auto.offset.reset` is error",
                hint="set `auto_offset_reset` to earliest or latest",
            )
        return broker_error(error, connection=self.connection)

    def begin_outage(self, cause: str) -> bool:
        """Tell of an outage, once; True when it is news."""
        if self.outage is not None:
            return False
        self.outage = cause
        _LOG.warning("topic `%s`, group `%s`: %s; waiting for it", self.topic, self.group, cause)
        return True

    def end_outage(self) -> bool:
        """Tell that an outage is over, if there was one; True when it is news."""
        if self.outage is None:
            return False
        self.outage = None
        _LOG.warning("topic `%s`, group `%s`: the brokers answer again", self.topic, self.group)
        return True

    def _commit(self, consumer: "Consumer") -> "list[TopicPartition]":
        from confluent_kafka import KafkaError, KafkaException

        try:
            return consumer.commit(asynchronous=False)
        except KafkaException as error:
            if error.args[0].code() == KafkaError._NO_OFFSET:
                return []
            raise self.named(error.args[0]) from error
