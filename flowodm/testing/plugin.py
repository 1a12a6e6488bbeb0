"""pytest's fixtures `kafka`, `topic` and `records`.

pytest loads this module in every project that has FlowODM installed (entry point `pytest11`), so
it imports nothing but pytest; what the fixtures need comes when a test asks for one.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flowodm.testing.kafka import MockKafka

__all__ = ["kafka", "records", "topic"]


@pytest.fixture
def kafka() -> "Iterator[MockKafka]":
    """A Kafka cluster and a schema registry of this test's own, in this process.

    The default connection and the environment lead to them; afterwards all is as it was. See
    `flowodm.testing.MockKafka`.
    """
    from flowodm.testing.kafka import mock_kafka

    with mock_kafka() as found:
        yield found


@pytest.fixture
def topic(kafka: "MockKafka") -> str:
    """A new topic of one partition on the test's cluster: its name."""
    return kafka.topic()


@pytest.fixture
def records(kafka: "MockKafka") -> Any:
    """Read back what a topic holds: `records(UserEvent)`, or `records("user-events")`.

    See `flowodm.testing.MockKafka.records`.
    """
    return kafka.records
