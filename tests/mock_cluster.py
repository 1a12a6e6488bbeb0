"""librdkafka's own mock cluster in this process: real protocol, no server to start."""

import gc
from dataclasses import dataclass
from typing import Any

import confluent_kafka

from flowodm.config import Context
from flowodm.connection import KafkaConnection

__all__ = ["MockCluster", "Silent", "connection"]


class Silent:
    """A logger that says nothing."""

    def log(self, *_: Any) -> None:
        pass


@dataclass
class MockCluster:
    """A cluster that lives as long as this object."""

    host: Any
    bootstrap_servers: str

    @classmethod
    def start(cls, *topics: str) -> "MockCluster":
        host = confluent_kafka.Producer({"test.mock.num.brokers": 1}, logger=Silent())
        for topic in topics:
            host.list_topics(topic, timeout=5)  # which creates it there
        (broker,) = host.list_topics(timeout=5).brokers.values()
        return cls(host, f"{broker.host}:{broker.port}")

    def end(self) -> None:
        self.host = None
        gc.collect()

    def connection(self, **more: Any) -> KafkaConnection:
        return connection(self.bootstrap_servers, **more)


def connection(bootstrap_servers: str, **more: Any) -> KafkaConnection:
    return KafkaConnection(
        Context(name="test", source="test", bootstrap_servers=bootstrap_servers, **more)
    )
