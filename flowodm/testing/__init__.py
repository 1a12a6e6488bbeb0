"""Kafka for tests: a cluster and a registry inside the process, for pytest and without it.

    def test_signup_is_published(kafka, records):
        UserEvent(user_id="u-1", action="signup").produce()
        assert [event.user_id for event in records(UserEvent)] == ["u-1"]

Installing FlowODM gives pytest the fixtures (`plugin.py`); `mock_kafka()` is the same without
pytest. The cluster is librdkafka's own mock (`mock.py`): the real protocol on loopback sockets,
started in milliseconds. The registry has the embedded registry's rules and no socket
(`registry.py`).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowodm.testing.kafka import MockKafka, mock_kafka

__all__ = ["MockKafka", "mock_kafka"]


def __getattr__(name: str) -> Any:
    # pytest imports this package in every run; the clients load when a test uses them.
    if name in __all__:
        from flowodm.testing import kafka

        return getattr(kafka, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
