"""Models and the registry's schemas: compared, uploaded, made of each other, and used."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import Field

from flowodm import FlowBaseModel, schema
from flowodm.avro import derive
from flowodm.config import Context
from flowodm.connection import KafkaConnection, connect
from flowodm.errors import SubjectNotFound

pytestmark = pytest.mark.integration


@pytest.fixture
def connection(kafka: str, registry_url: str) -> Iterator[KafkaConnection]:
    """The default connection, to the session's servers."""
    with connect(bootstrap_servers=kafka, schema_registry_url=registry_url) as connection:
        yield connection
    connection.reset()


@pytest.fixture
def order(topic: str) -> type[FlowBaseModel]:
    """A model of a topic of its own."""

    class Order(FlowBaseModel):
        Settings = type("Settings", (), {"topic": topic})
        Settings.__qualname__ = f"{__qualname__}.Settings"  # type: ignore[name-defined]

        id: str
        price: Decimal = Field(max_digits=9, decimal_places=2)
        at: datetime
        tags: list[str] = Field(default_factory=list)

    return Order


@pytest.fixture(params=["blocking", "asyncio"])
def call(request: pytest.FixtureRequest) -> Any:
    """Call a function through one of its two faces."""

    def run(name: str, *arguments: Any, **options: Any) -> Any:
        if request.param == "blocking":
            return getattr(schema, name)(*arguments, **options)
        return asyncio.run(getattr(schema, f"a{name}")(*arguments, **options))

    return run


def test_a_model_is_uploaded_under_its_own_subject(
    call: Any, connection: KafkaConnection, order: type[FlowBaseModel], topic: str
) -> None:
    schema_id = call("upload_schema", order)
    assert order.register_schema() == schema_id
    assert call("load_schema_from_registry", f"{topic}-value") == derive(order)
    assert call("validate_against_registry", order) == schema.ValidationResult(True)
    assert call("check_compatibility", order).is_compatible


def test_a_model_that_the_registry_contradicts_is_told(
    call: Any, connection: KafkaConnection, order: type[FlowBaseModel], topic: str
) -> None:
    fields = [{"name": "id", "type": "string"}, {"name": "tags", "type": "string"}]
    document = {"type": "record", "name": "Order", "fields": fields}
    call("upload_schema", document, f"{topic}-value")
    call("upload_schema", derive(order), f"{topic}-value", "NONE")
    first = call("validate_against_registry", order, version=1)
    assert not first.is_valid
    assert [error.partition(":")[0] for error in first.errors] == ["`price`", "`at`", "`tags`"]
    assert call("validate_against_registry", order).is_valid
    assert call("validate_against_registry", order, f"{topic}-value", 2).is_valid


def test_a_model_whose_subject_is_not_there_is_no_verdict(
    call: Any, connection: KafkaConnection, order: type[FlowBaseModel], topic: str
) -> None:
    with pytest.raises(SubjectNotFound, match=f"{topic}-value"):
        call("validate_against_registry", order)


def test_a_model_made_of_the_registrys_schema_reads_and_writes(
    call: Any, connection: KafkaConnection, order: type[FlowBaseModel], topic: str
) -> None:
    order.register_schema()
    made = call("generate_model_from_registry", f"{topic}-value", topic)
    assert derive(made) == derive(order)
    at = datetime(2026, 11, 23, 12, 0, 0, 7, tzinfo=UTC)
    values = {"id": "o-1", "price": Decimal("12.34"), "at": at, "tags": ["a"]}
    order(**values).produce()
    made(**values).produce()
    group = f"test-{uuid.uuid4().hex}"
    with made.consume_iter(
        group_id=group, timeout=30, max_messages=2, stop_when_idle=True
    ) as found:
        read = list(found)
    assert [each.model_dump() for each in read] == [values, values]
    assert schema.get_schema_versions(f"{topic}-value") == (1,)


def test_a_models_own_connection_is_asked(
    call: Any, kafka: str, registry_url: str, order: type[FlowBaseModel], topic: str
) -> None:
    settings = {
        "name": "second",
        "source": "test",
        "bootstrap_servers": kafka,
        "schema_registry": {"url": registry_url},
    }
    with KafkaConnection(Context.model_validate(settings)) as second:

        class Elsewhere(order):  # type: ignore[valid-type,misc]
            @classmethod
            def get_connection(cls) -> KafkaConnection:
                return second

        call("upload_schema", Elsewhere)
        assert call("validate_against_registry", Elsewhere).is_valid
        assert call("check_compatibility", Elsewhere).is_compatible
        assert call("get_schema_versions", f"{topic}-value", connection=second) == (1,)
