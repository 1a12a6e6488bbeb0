"""Topics that tests make, and wait for."""

from typing import Any

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from tests.servers import wait_until


def create_topics(admin: AdminClient, *new: NewTopic) -> None:
    """Create topics, and wait until their leaders serve them.

    The controller answers as soon as it has a topic; a busy broker hears a moment later what it
    leads, and until then refuses whoever asks for offsets.

    Raises:
        KafkaException: The broker refused a topic.
        AssertionError: A topic is not served within half a minute.
    """
    for future in admin.create_topics(list(new), operation_timeout=15).values():
        future.result(timeout=30)
    for one in new:
        wait_until(lambda one=one: _is_served(admin, one), seconds=30, what=f"topic {one.topic}")


def _is_served(admin: AdminClient, one: NewTopic) -> bool:
    if one.topic not in admin.list_topics(timeout=10).topics:
        return False
    asked: dict[Any, Any] = {
        TopicPartition(one.topic, number): OffsetSpec.latest()
        for number in range(one.num_partitions)
    }
    try:
        for future in admin.list_offsets(asked, request_timeout=10).values():
            future.result(timeout=15)
    except KafkaException:  # no leader yet, another one, or the topic is not heard of
        return False
    return True
