"""What a message in its slot does to an instance as Pydantic knows it: nothing."""

import copy
import inspect
import pickle
import warnings
from typing import Any
from unittest import mock

import pytest
from confluent_kafka import Message
from pydantic import BaseModel, ConfigDict, PrivateAttr

from flowodm.errors import UsageError
from flowodm.model import FlowBaseModel
from flowodm.model.attached import reading_of

pytestmark = pytest.mark.unit


class Plain(FlowBaseModel):
    class Settings:
        topic = "plain"
        confluent_wire_format = False

    id: str
    _noted: int = PrivateAttr(default=0)


class Frozen(FlowBaseModel, frozen=True):
    class Settings:
        topic = "frozen"
        value_serializer = "json"

    id: str


class Left(FlowBaseModel, abstract=True):
    left: int = 0


class Right(FlowBaseModel, abstract=True):
    right: int = 0


class Both(Left, Right):
    class Settings:
        topic = "both"
        value_serializer = "json"


def consumed(cls: Any, value: bytes) -> Any:
    return reading_of(cls).decode(Message(topic="t", partition=0, offset=7, value=value))


@pytest.fixture
def event() -> Plain:
    found = consumed(Plain, b"\x02a")
    assert isinstance(found, Plain)
    return found


def test_a_consumed_instance_equals_one_that_was_made(event: Plain):
    assert event == Plain(id="a")
    assert event.model_dump() == {"id": "a"}
    assert event.model_fields_set == {"id"}
    assert repr(event) == "Plain(id='a')"
    assert event._noted == 0


def test_meta_is_made_when_asked_and_kept(event: Plain):
    assert event.meta.offset == 7
    assert event.meta is event.meta


@pytest.mark.parametrize(
    "copied",
    [
        lambda event: event.model_copy(),
        lambda event: event.model_copy(update={"id": "b"}, deep=True),
        copy.copy,
        copy.deepcopy,
        lambda event: pickle.loads(pickle.dumps(event)),
        lambda event: type(event).model_validate(event.model_dump()),
    ],
)
def test_a_copy_was_not_consumed(event: Plain, copied: Any):
    other = copied(event)
    assert type(other) is Plain
    with pytest.raises(UsageError, match="this `Plain` was not consumed") as caught:
        _ = other.meta
    assert caught.value.hint is not None
    assert "a copy of that does not" in caught.value.hint
    assert event.meta.offset == 7


def test_an_instance_that_was_made_has_no_meta():
    with pytest.raises(UsageError, match="was not consumed, so it has no `meta`"):
        _ = Plain(id="a").meta


def test_a_frozen_model_is_consumed_too():
    event = consumed(Frozen, b'{"id": "a"}')
    assert (event, event.meta.offset) == (Frozen(id="a"), 7)
    assert hash(event) == hash(Frozen(id="a"))


def test_two_bases_make_one_class():
    event = consumed(Both, b'{"left": 1, "right": 2}')
    assert (event.left, event.right, event.meta.offset) == (1, 2, 7)


def test_a_plain_model_may_be_mixed_in():
    class Mixin(BaseModel):
        by: str = "x"

    class Mixed(FlowBaseModel, Mixin):
        class Settings:
            topic = "mixed"
            value_serializer = "json"

        id: str

    event = consumed(Mixed, b'{"id": "a"}')
    assert (event, event.meta.offset) == (Mixed(id="a", by="x"), 7)


def test_pydantics_own_settings_stay_the_users():
    class Loose(FlowBaseModel):
        model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

        class Settings:
            topic = "loose"
            value_serializer = "json"

        id: str

    assert consumed(Loose, b'{"id": " a ", "more": 1}') == Loose(id="a")


def test_a_model_inside_is_a_plain_one():
    class Inner(BaseModel):
        n: int

    class Outer(FlowBaseModel):
        class Settings:
            topic = "outer"
            confluent_wire_format = False

        inner: Inner

    assert consumed(Outer, b"\x06") == Outer(inner=Inner(n=3))


def test_a_class_that_waits_for_another_is_complete_when_it_is_used():
    class Waiting(FlowBaseModel):
        class Settings:
            topic = "waiting"
            confluent_wire_format = False

        later: "Later | None" = None

    class Later(BaseModel):
        n: int

    Waiting.model_rebuild(_types_namespace={"Later": Later})
    assert Waiting(later=Later(n=3)).to_bytes() == b"\x02\x06"
    assert consumed(Waiting, b"\x02\x06") == Waiting(later=Later(n=3))


def test_an_instance_that_was_made_can_be_inspected():
    event = Plain(id="a")
    assert not hasattr(event, "meta")
    assert getattr(event, "meta", None) is None
    with pytest.raises(AttributeError, match="was not consumed, so it has no `meta`"):
        _ = event.meta
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pydantic's own names of old
        assert "meta" not in dict(inspect.getmembers(event))
        assert isinstance(mock.create_autospec(event), Plain)


@pytest.mark.parametrize("junk", ["junk", None, 7])
def test_what_is_no_bytes_is_refused(junk: Any):
    with pytest.raises(UsageError, match=r"`Plain.from_bytes` takes bytes") as caught:
        Plain.from_bytes(junk)
    assert caught.value.hint is not None
