"""A registry that a function of this process answers."""

import asyncio
import json

import pytest

from flowodm.config import RegistryConfig
from flowodm.errors import RegistryUnreachable
from flowodm.registry import AsyncSchemaRegistry, SchemaRegistry
from flowodm.registry.local import answered_here
from flowodm.registry.wire import Failure, Outcome, Request, Response

pytestmark = pytest.mark.unit

URL = "http://registry.test:8081"
CONFIG = RegistryConfig(url=URL)


def subjects(request: Request) -> Outcome:
    assert (request.method, request.url) == ("GET", f"{URL}/subjects?subjectPrefix=a")
    return Response(200, {}, json.dumps(["a-value"]).encode())


def test_a_function_answers_the_blocking_client():
    with answered_here(URL, subjects), SchemaRegistry(CONFIG) as registry:
        assert registry.subjects("a") == ("a-value",)


def test_a_function_answers_the_asyncio_client():
    async def ask() -> tuple[str, ...]:
        async with AsyncSchemaRegistry(CONFIG) as registry:
            return await registry.subjects("a")

    with answered_here(URL, subjects):
        assert asyncio.run(ask()) == ("a-value",)


def test_a_failure_is_an_error_as_of_any_registry_and_no_attempt_waits():
    asked: list[str] = []

    def fail(request: Request) -> Outcome:
        asked.append(request.url)
        return Failure("refused", reached=False)

    with (
        answered_here(URL, fail),
        SchemaRegistry(CONFIG) as registry,
        pytest.raises(RegistryUnreachable),
    ):
        registry.subjects()
    assert len(asked) == 3


def test_an_address_is_answered_only_in_the_block():
    with answered_here(URL, subjects):
        pass
    with SchemaRegistry(CONFIG) as registry, pytest.raises(RegistryUnreachable):
        registry.subjects()


def test_other_addresses_are_asked_as_ever():
    elsewhere = RegistryConfig(url="http://127.0.0.1:9")
    with (
        answered_here(URL, subjects),
        SchemaRegistry(elsewhere) as registry,
        pytest.raises(RegistryUnreachable),
    ):
        registry.subjects()
