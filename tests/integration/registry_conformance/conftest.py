"""The registries of the conformance suite: of their own, because their settings are changed."""

import json
import urllib.request
import uuid
from collections.abc import Iterator

import pytest

from flowodm.sandbox.registry import RegistryServer
from tests.conftest import _run_directory
from tests.integration.registry_conformance.asking import AskedRegistry
from tests.servers import shared


@pytest.fixture(scope="session")
def conforming_url() -> Iterator[str]:
    with RegistryServer() as server:
        yield server.url


@pytest.fixture(scope="session")
def conforming_apicurio_url() -> Iterator[str]:
    """Apicurio, at BACKWARD as every other registry begins."""
    from tests.apicurio import start_apicurio

    with shared(_run_directory("apicurio-conformance"), start_apicurio) as answer:
        request = urllib.request.Request(
            f"{answer['url']}/config",
            json.dumps({"compatibility": "BACKWARD"}).encode(),
            {"Content-Type": "application/json"},
            method="PUT",
        )
        with urllib.request.urlopen(request, timeout=20):
            pass
        yield answer["url"]


@pytest.fixture(params=["embedded", "apicurio"])
def registry(request: pytest.FixtureRequest) -> AskedRegistry:
    """Each registry in turn."""
    test = request.node.name.replace(f"{request.param}-", "").replace(f"[{request.param}]", "")
    if request.param == "embedded":
        return AskedRegistry.embedded(request.getfixturevalue("conforming_url"), test)
    return AskedRegistry.apicurio(request.getfixturevalue("conforming_apicurio_url"), test)


@pytest.fixture
def subject() -> str:
    """A subject that nobody knows."""
    return f"conformance-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def at_backward(registry: AskedRegistry) -> Iterator[None]:
    """The registry's own settings as they were, whatever a test does to them."""
    yield
    registry.ask("PUT", "/mode", {"mode": "READWRITE"}, force="true")
    registry.ask("PUT", "/config", {"compatibility": "BACKWARD"})
