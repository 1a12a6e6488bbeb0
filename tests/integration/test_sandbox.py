"""The sandbox: real Kafka and our registry, started, found again, broken and removed."""

import pytest

from tests.servers import TestServers

pytestmark = pytest.mark.integration


def test_the_session_broker_answers(admin, sandbox: TestServers, topic: str) -> None:
    assert topic in admin.list_topics(timeout=10).topics
