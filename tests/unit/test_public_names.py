"""What `from flowodm import …` gives: everything that is promised, and nothing else."""

import ast
import inspect
from pathlib import Path

import pytest

import flowodm
from flowodm import exceptions
from tests.unit.test_imports import loaded_by

pytestmark = pytest.mark.unit

OF_0_3_1 = {
    *("KafkaConnection", "connect", "get_kafka_connection", "get_producer", "get_consumer"),
    *("get_async_producer", "get_async_consumer", "get_schema_registry", "FlowBaseModel"),
    *("BaseSettings", "LongRunningSettings", "BatchSettings", "RealTimeSettings"),
    *("HighThroughputSettings", "ReliableSettings", "ValidationResult", "CompatibilityResult"),
    *("load_schema_from_file", "load_schema_from_registry", "generate_model_from_schema"),
    *("generate_model_from_registry", "validate_against_file", "validate_against_registry"),
    *("check_compatibility", "upload_schema", "list_subjects", "get_schema_versions"),
    *("delete_subject", "FlowODMError", "ConnectionError", "ConfigurationError", "SchemaError"),
    *("SchemaValidationError", "SchemaRegistryError", "SchemaCompatibilityError"),
    *("SerializationError", "DeserializationError", "ProducerError", "ConsumerError"),
    *("TopicError", "SettingsError", "__version__", "ConsumerLoop", "AsyncConsumerLoop"),
    *("consumer_loop", "async_consumer_loop"),
}
A_MODEL = """
from flowodm import FlowBaseModel
class Event(FlowBaseModel):
    class Settings:
        topic = "events"
    id: str
Event(id="a").to_avro_dict()
"""


def for_checkers() -> dict[str, str]:
    """What a type checker sees: each name with the module it comes from."""
    tree = ast.parse(Path(flowodm.__file__).read_text())
    return {
        alias.name: str(node.module).removeprefix("flowodm.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("flowodm.")
        for alias in node.names
    }


@pytest.mark.parametrize("name", sorted(flowodm.__all__))
def test_every_public_name_is_there(name: str):
    assert getattr(flowodm, name) is not None


def test_the_three_lists_of_public_names_agree():
    assert for_checkers() == flowodm._HOMES
    assert set(flowodm.__all__) == {"__version__", *flowodm._HOMES}
    assert list(flowodm.__all__) == sorted(flowodm.__all__)
    assert set(flowodm.__all__) <= set(dir(flowodm))


def test_the_names_of_0_3_1_are_there():
    assert set(flowodm.__all__) >= OF_0_3_1


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        (
            "import flowodm, flowodm.model, flowodm.exceptions",
            {"pydantic", "confluent_kafka", "fastavro", "httpcore2", "yaml", "asyncio"},
        ),
        (
            A_MODEL,
            {"confluent_kafka", "fastavro", "httpcore2", "yaml", "rich", "typer"},
        ),
    ],
    ids=["the package", "a class and an instance"],
)
def test_what_is_heavy_comes_when_it_is_used(statement: str, absent: set[str]):
    assert loaded_by(statement) & absent == set()


def test_a_slip_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'flowodm' has no attribute 'conect'"):
        _ = flowodm.conect  # type: ignore[attr-defined]


def test_every_public_function_and_class_says_what_it_is():
    undocumented = [
        name
        for name in flowodm.__all__
        if callable(thing := getattr(flowodm, name)) and not inspect.getdoc(thing)
    ]
    assert undocumented == ["MaybeTombstone"] or undocumented == []


@pytest.mark.parametrize("name", exceptions.__all__)
def test_the_exceptions_of_0_3_1_import_from_their_old_module(name: str):
    found = getattr(exceptions, name)
    assert found is getattr(flowodm, name)
    assert issubclass(found, flowodm.FlowODMError)


@pytest.mark.parametrize(
    "raised",
    [
        flowodm.DeliveryError("x"),
        flowodm.DeliveryTimeout("x"),
        flowodm.TopicNotFound("x"),
        flowodm.BrokerUnreachable("x"),
        flowodm.AuthorizationError("x"),
        flowodm.AuthenticationFailed("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_produce_raises_of_the_cluster_is_a_producer_error(raised: Exception):
    with pytest.raises(flowodm.ProducerError):
        raise raised
    with pytest.raises(flowodm.ConsumerError):
        raise raised


def test_the_other_names_stand_for_what_took_their_place():
    assert issubclass(flowodm.TopicNotFound, flowodm.TopicError)
    assert issubclass(flowodm.BrokerUnreachable, flowodm.ConnectionError)
    assert issubclass(flowodm.SubjectNotFound, flowodm.SchemaRegistryError)


def test_the_schema_errors_keep_their_attributes():
    invalid = flowodm.SchemaValidationError("x", errors=["a", "b"])
    assert invalid.errors == ["a", "b"]
    assert flowodm.SchemaValidationError("x").errors == []
    broken = flowodm.SchemaCompatibilityError("x", compatibility_level="FULL")
    assert broken.compatibility_level == "FULL"
    assert flowodm.SchemaCompatibilityError("x").compatibility_level is None
