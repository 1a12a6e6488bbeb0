"""`generate_source`: schemas of any kind as the source of models, from Python."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from flowodm import FlowBaseModel, agenerate_source, generate_source
from flowodm.avro import derive, parse
from flowodm.errors import SchemaParseError, SettingsError, UsageError
from flowodm.schema import generate_package
from tests.generated import imported

pytestmark = pytest.mark.unit

ORDER: dict[str, Any] = {
    "type": "record",
    "name": "shop.Order",
    "fields": [{"name": "id", "type": "long"}, {"name": "topic", "type": "string", "default": "x"}],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "order.avsc"
    place.write_text(json.dumps(ORDER))
    return place


def test_any_source_of_a_schema_is_taken(path: Path) -> None:
    texts = {
        generate_source(source)
        for source in (ORDER, json.dumps(ORDER), parse(ORDER), path, str(path))
    }
    assert len(texts) == 1
    assert derive(imported(texts.pop()).Order) == parse(ORDER)


def test_a_model_class_is_a_source_too() -> None:
    class Order(BaseModel):
        id: int
        note: str | None = None

    assert derive(imported(generate_source(Order)).Order) == derive(Order)


def test_with_a_topic_it_is_a_model_that_produces_and_consumes() -> None:
    source = generate_source(
        ORDER,
        topic="orders",
        class_name="Bought",
        consumer_group="billing",
        schema_subject="shop-orders",
    )
    model = imported(source).Bought
    assert issubclass(model, FlowBaseModel)
    declaration = model.__declaration__
    assert declaration is not None
    assert (declaration.topic, declaration.consumer_group) == ("orders", "billing")
    assert declaration.schema_subject == "shop-orders"
    assert model.avro_schema() == parse(ORDER)


def test_the_twin_gives_the_same() -> None:
    assert asyncio.run(agenerate_source(ORDER, topic="orders")) == generate_source(
        ORDER, topic="orders"
    )


def test_a_package_is_texts_by_path() -> None:
    files = generate_package(ORDER, topic="orders", class_name="Bought")
    assert sorted(files) == ["__init__.py", "shop/__init__.py"]
    assert "class Bought(FlowBaseModel):" in files["shop/__init__.py"]


@pytest.mark.parametrize(
    ("sources", "options", "message"),
    [
        ((), {}, "there is no schema to write classes of"),
        (('"string"',), {"topic": "orders"}, "a topic was named for `string`"),
        ((ORDER, {**ORDER, "name": "b.Order"}), {"topic": "orders"}, "named for 2 schemas"),
        ((ORDER,), {"consumer_group": "g"}, "a setting was named, and no topic"),
        ((ORDER,), {"class_name": "a-b"}, "`a-b` cannot be the name of the class"),
        ((ORDER,), {"class_name": "../x"}, "`../x` cannot be the name of the class"),
        ((ORDER, ORDER), {"class_name": "A"}, "`A` cannot be the name of the class"),
        (("nothing.avsc",), {}, "there is no schema file `nothing.avsc`"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_means_nothing_is_a_usage_error(
    sources: tuple[Any, ...], options: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        generate_source(*sources, **options)
    assert message in caught.value.message


def test_a_topic_that_is_none_is_refused_before_anything_is_written() -> None:
    with pytest.raises(SettingsError, match=r"Order\.Settings\.topic"):
        generate_source(ORDER, topic='x"\nimport os\n"')


def test_what_is_no_schema_is_its_own_error() -> None:
    with pytest.raises(SchemaParseError):
        generate_source('{"type": "record"}')
