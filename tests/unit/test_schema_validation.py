"""A model is compared with a schema; a model is made of one; both faces have every function."""

import asyncio
import inspect
import json
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from flowodm import FlowBaseModel, schema
from flowodm.avro import derive, parse
from flowodm.errors import SchemaParseError, SettingsError, UsageError
from flowodm.schema import (
    ValidationResult,
    generate_model_from_schema,
    validate_against_file,
)
from flowodm.schema.sources import schema_of
from flowodm.schema.subjects import subject_of

pytestmark = pytest.mark.unit


class Kind(StrEnum):
    SALE = "SALE"
    GIFT = "GIFT"


class Order(FlowBaseModel):
    class Settings:
        topic = "orders"

    id: str
    kind: Kind
    price: Decimal = Field(max_digits=9, decimal_places=2)
    at: datetime
    tags: list[str] = Field(default_factory=list)
    note: str | None = None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "order.avsc"


def write(path: Path, **changes: Any) -> Path:
    """Write the model's own schema with some fields changed; None leaves one out."""
    document = json.loads(derive(Order).to_json())
    fields = {field["name"]: field for field in document["fields"]}
    for name, type_ in changes.items():
        fields.pop(name, None)
        if type_ is not None:
            fields[name] = {"name": name, "type": type_}
    path.write_text(json.dumps(document | {"fields": list(fields.values())}))
    return path


def test_a_model_and_its_own_schema_do_not_differ(path: Path) -> None:
    assert validate_against_file(Order, write(path)) == ValidationResult(True)


def test_every_difference_is_told_at_once(path: Path) -> None:
    result = validate_against_file(
        Order,
        write(
            path,
            tags="string",
            note=None,
            count="int",
            at={"type": "long", "logicalType": "timestamp-millis"},
        ),
    )
    assert not result.is_valid
    assert result.errors == (
        (
            "`tags`: model has `array of string`, schema has `string`; "
            "it can be neither read nor written"
        ),
        "`note`: model has `null | string`, schema has no such field; it cannot be written",
        (
            "`count`: model has no such field, schema has `int`; "
            "no record can be written: it has no default"
        ),
    )
    assert (
        "`at`: model has `long timestamp-micros`, schema has `long timestamp-millis`; "
        "a finer value cannot be written"
    ) in result.warnings


def test_defect_27_a_text_is_not_valid_for_an_array(path: Path) -> None:
    """0.3.1 said `is_valid` here."""

    class Tagged(FlowBaseModel):
        class Settings:
            topic = "orders"

        tags: str

    fields = [{"name": "tags", "type": {"type": "array", "items": "string"}}]
    path.write_text(json.dumps({"type": "record", "name": "Tagged", "fields": fields}))
    assert not validate_against_file(Tagged, path).is_valid


def test_warnings_alone_leave_a_model_valid(path: Path) -> None:
    document = json.loads(derive(Order).to_json())
    path.write_text(json.dumps(document | {"doc": "All orders.", "namespace": "shop"}))
    result = validate_against_file(Order, path)
    assert result.is_valid
    assert result.errors == ()
    assert "the root: model has no doc, schema has doc `All orders.`" in result.warnings


def test_a_plain_pydantic_class_is_compared_too(path: Path) -> None:
    class Plain(BaseModel):
        id: int

    fields = [{"name": "id", "type": "string"}]
    path.write_text(json.dumps({"type": "record", "name": "Plain", "fields": fields}))
    assert len(validate_against_file(Plain, path).errors) == 1


def test_a_file_that_is_no_schema_is_no_verdict(path: Path) -> None:
    with pytest.raises(UsageError, match="there is no schema file"):
        validate_against_file(Order, path)
    path.write_text("{")
    with pytest.raises(SchemaParseError, match="line 1"):
        validate_against_file(Order, path)


def test_a_model_is_made_of_a_schema(path: Path) -> None:
    for source in (write(path), str(path), path.read_text(), json.loads(path.read_text())):
        made = generate_model_from_schema(source, topic="orders", consumer_group="billing")
        assert issubclass(made, FlowBaseModel)
        assert made.__name__ == "Order"
        assert derive(made) == derive(Order)
        assert made.__declaration__ is not None
        assert made.__declaration__.topic == "orders"
        assert made.__declaration__.consumer_group == "billing"
    instance = made(id="o-1", kind="SALE", price="12.34", at="2026-11-23T12:00:00Z")
    assert instance.to_avro_dict()["price"] == Decimal("12.34")


def test_the_name_of_a_made_class_is_not_the_records(path: Path) -> None:
    made = generate_model_from_schema(write(path), topic="orders", class_name="Bought")
    assert made.__name__ == "Bought"
    assert derive(made) == derive(Order)


def test_names_that_a_model_needs_itself_are_moved_aside() -> None:
    fields = [{"name": name, "type": "string"} for name in ("meta", "Settings", "produce")]
    made = generate_model_from_schema(
        {"type": "record", "name": "R", "fields": fields}, topic="orders"
    )
    assert derive(made) == parse({"type": "record", "name": "R", "fields": fields})
    instance = made.model_validate({"meta": "a", "Settings": "b", "produce": "c"})
    assert instance.to_avro_dict() == {"meta": "a", "Settings": "b", "produce": "c"}


def test_a_model_is_made_of_a_record_only() -> None:
    with pytest.raises(UsageError, match="a model is made of a record"):
        generate_model_from_schema('"string"', topic="orders")


def test_a_made_model_has_a_real_topic(path: Path) -> None:
    with pytest.raises(SettingsError, match="topic"):
        generate_model_from_schema(write(path), topic="no topic!")


def test_a_models_schema_is_its_files_where_it_names_one(path: Path) -> None:
    write(path, note=["string", "null"])

    class Filed(Order):
        class Settings:
            schema_path = str(path)

    assert schema_of(Filed) == parse(path.read_text())
    assert schema_of(Order) == derive(Order)


class Mine(Order):
    class Settings:
        schema_subject = "mine"


class Recorded(Order):
    class Settings:
        subject_strategy = "topic_record"


@pytest.mark.parametrize(
    ("model", "subject"),
    [(Order, "orders-value"), (Mine, "mine"), (Recorded, "orders-Recorded")],
)
def test_a_model_says_its_own_subject(model: type[FlowBaseModel], subject: str) -> None:
    assert subject_of(model) == subject


@pytest.mark.parametrize("source", [Kind, BaseModel, {"type": "string"}, "x.avsc"])
def test_nothing_else_has_a_subject(source: Any) -> None:
    with pytest.raises(UsageError, match="only a `FlowBaseModel`"):
        subject_of(source)


def test_an_abstract_model_has_no_subject() -> None:
    class Event(FlowBaseModel, abstract=True):
        id: str

    with pytest.raises(SettingsError, match="abstract"):
        subject_of(Event)


BLOCKING = sorted(
    name
    for name in schema.__all__
    if inspect.isfunction(getattr(schema, name)) and not name.startswith("a")
)


def test_the_functions_are_those_of_the_old_library_and_those_that_write_source() -> None:
    assert BLOCKING == [
        "check_compatibility",
        "delete_subject",
        "generate_model_from_registry",
        "generate_model_from_schema",
        "generate_package",
        "generate_source",
        "get_schema_versions",
        "list_subjects",
        "load_schema_from_file",
        "load_schema_from_registry",
        "upload_schema",
        "validate_against_file",
        "validate_against_registry",
    ]


@pytest.mark.parametrize("name", BLOCKING)
def test_every_function_has_a_twin_of_the_same_signature(name: str) -> None:
    twin = getattr(schema, f"a{name}")
    assert inspect.iscoroutinefunction(twin)
    assert inspect.signature(twin) == inspect.signature(getattr(schema, name))
    assert twin.__name__ == f"a{name}"


def test_a_twin_does_not_block_the_loop(path: Path) -> None:
    """It runs elsewhere: the loop turns while a slow file is read."""
    import os
    import threading

    os.mkfifo(path)

    def feed() -> None:
        with path.open("w") as pipe:  # waits for the reader, as the reader waits for it
            may_end.wait(30)
            pipe.write('"string"')

    async def main() -> None:
        task = asyncio.create_task(schema.aload_schema_from_file(path))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not task.done()
        may_end.set()
        assert await task == parse('"string"')

    may_end = threading.Event()
    thread = threading.Thread(target=feed)
    thread.start()
    asyncio.run(main())
    thread.join(30)
