"""Bad input: each is a named exception that says which class, which field and what to do."""

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from flowodm import (
    DeserializationError,
    FlowBaseModel,
    FlowODMError,
    SchemaError,
    SerializationError,
    SettingsError,
)
from flowodm.avro import parse
from flowodm.codec.encode import compile_encoder
from flowodm.codec.framing import frame

pytestmark = pytest.mark.unit

Money = Annotated[Decimal, Field(max_digits=4, decimal_places=2)]


def model(annotation: Any, *default: Any, **said: Any) -> Any:
    """A class `Event` with one field `bad`, whose values need no registry."""
    settings = {"topic": "t", "confluent_wire_format": False, **said}
    namespace = {
        "__module__": __name__,
        "__qualname__": "Event",
        "__annotations__": {"bad": annotation, "Settings": ClassVar},
        "Settings": type("Settings", (), settings),
    }
    if default:
        namespace["bad"] = default[0]
    return type(FlowBaseModel)("Event", (FlowBaseModel,), namespace)


def written(annotation: Any, value: Any) -> bytes:
    """What an instance writes that Pydantic has not looked at."""
    data: bytes = model(annotation).model_construct(bad=value).to_bytes()
    return data


CASES: dict[str, tuple[type[FlowODMError], str, Callable[[], Any]]] = {
    "no topic": (SettingsError, "", lambda: model(str, topic=None)),
    "a topic that Kafka does not take": (SettingsError, "topic", lambda: model(str, topic="a b")),
    "an unknown setting": (SettingsError, "tpoic", lambda: model(str, tpoic="t")),
    "an unknown key field": (SettingsError, "key_field", lambda: model(str, key_field="bda")),
    "an annotation with no meaning": (SchemaError, "bad", lambda: model(Callable[[], int])),
    "an annotation without digits": (SchemaError, "bad", lambda: model(Decimal)),
    "a default that does not fit": (SchemaError, "bad", lambda: model(int, "x")),
    "a default of too many digits": (SchemaError, "bad", lambda: model(Money, Decimal("1.234"))),
    "a naive datetime": (
        SerializationError,
        "bad",
        lambda: written(datetime, datetime(2024, 1, 1)),
    ),
    "an int beyond 64 bits": (SerializationError, "bad", lambda: written(int, 2**63)),
    "a decimal of too many digits": (
        SerializationError,
        "bad",
        lambda: written(Money, Decimal("123.45")),
    ),
    "an instance without its value": (
        SerializationError,
        "bad",
        lambda: model(int).model_construct().to_bytes(),
    ),
    "a value that fails validation": (
        DeserializationError,
        "bad",
        lambda: model(Annotated[int, Field(gt=3)]).from_bytes(b"\x02"),
    ),
    "bytes that are cut off": (
        DeserializationError,
        "bad",
        lambda: model(str).from_bytes(b"\x06a"),
    ),
    "bytes too many": (DeserializationError, "", lambda: model(str).from_bytes(b"\x02aa")),
    "bytes that name no schema": (
        DeserializationError,
        "",
        lambda: model(str, value_serializer="json").from_bytes(b"\0"),
    ),
}


def check(kind: type[FlowODMError], field: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    assert "Event" in error.message
    assert field in error.message
    assert error.hint
    assert "\n" not in error.message


@pytest.mark.parametrize("case", CASES)
def test_the_error_names_class_field_and_cure(case: str):
    check(*CASES[case])


ID = {"name": "id", "type": "string"}
UNREADABLE: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "a field that was not written": ([ID], {"id": "a"}, "n"),
    "another type": ([ID, {"name": "n", "type": "string"}], {"id": "a", "n": "x"}, "n"),
    "a branch that is not read": (
        [ID, {"name": "n", "type": ["null", "long"]}],
        {"id": "a", "n": None},
        "n",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_schema_that_cannot_be_read_into_the_model_is_told_the_same_way(base, case: str):
    fields, value, field = UNREADABLE[case]

    class Event(base):
        class Settings:
            topic = "t"

        id: str
        n: int

    text = json.dumps({"type": "record", "name": "Event", "fields": fields})
    found = base.get_connection().schema_registry().register(f"bad-{hash(case)}", text)
    data = compile_encoder(parse(text)).encode(value, frame(found.schema_id))
    check(DeserializationError, f"Event.{field}", lambda: Event.from_bytes(data))


def test_so_is_a_schema_that_nobody_knows(base):
    class Event(base):
        class Settings:
            topic = "t"

        id: str

    check(DeserializationError, "9999", lambda: Event.from_bytes(frame(9999) + b"\x02a"))


def test_and_a_framing_that_is_none(base):
    class Event(base):
        class Settings:
            topic = "t"

        id: str

    with pytest.raises(DeserializationError, match="names no schema") as caught:
        Event.from_bytes(b"plain")
    assert caught.value.hint is not None
    assert "`Event.Settings`" in caught.value.hint
