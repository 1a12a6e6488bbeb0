"""A registry in this process, and models that use it; no broker unless a test takes `cluster`."""

from collections.abc import Iterator

import pytest

from flowodm.connection import KafkaConnection
from flowodm.model import FlowBaseModel
from flowodm.sandbox.registry import RegistryServer
from tests.mock_cluster import MockCluster
from tests.models import based_on, to_registry


@pytest.fixture(scope="module")
def registry_server() -> Iterator[RegistryServer]:
    with RegistryServer(port=0) as server:
        # The models of a module share topics, and are no versions of each other.
        with to_registry(server) as connection:
            connection.schema_registry().set_compatibility_level("NONE")
        yield server


@pytest.fixture(scope="module")
def cluster() -> Iterator[MockCluster]:
    cluster = MockCluster.start("user-events")
    yield cluster
    cluster.end()


@pytest.fixture
def connection(registry_server: RegistryServer) -> Iterator[KafkaConnection]:
    """To the registry; its brokers are never asked."""
    with to_registry(registry_server) as connection:
        yield connection


@pytest.fixture
def base(connection: KafkaConnection) -> type[FlowBaseModel]:
    """What models inherit from to use `connection`."""
    return based_on(connection)


@pytest.fixture
def cluster_base(
    cluster: MockCluster, registry_server: RegistryServer
) -> Iterator[type[FlowBaseModel]]:
    """The same, with brokers."""
    with cluster.connection(schema_registry={"url": registry_server.url}) as connection:
        yield based_on(connection)
