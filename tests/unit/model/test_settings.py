"""A class's `Settings`: inherited one by one, checked when the class is made."""

from typing import Any, ClassVar, Generic, TypeVar

import pytest
from pydantic import Field

from flowodm.errors import SettingsError
from flowodm.model import FlowBaseModel
from flowodm.model.attached import declaration_of
from flowodm.settings import BatchSettings, LongRunningSettings

pytestmark = pytest.mark.unit

T = TypeVar("T")


class Event(FlowBaseModel, abstract=True):
    class Settings:
        consumer_group = "auditors"
        key_serializer = "json"

    id: str


class UserEvent(Event):
    class Settings:
        topic = "user-events"
        key_field = "id"


def make(settings: dict[str, Any], base: type = FlowBaseModel, **annotations: Any) -> Any:
    """A class as a user would write it, with these settings."""
    namespace = {
        "__module__": __name__,
        "__qualname__": "Made",
        "__annotations__": annotations or {"id": str},
        "Settings": type(
            "Settings", (), {"__module__": __name__, "__qualname__": "Made.Settings", **settings}
        ),
    }
    return type(FlowBaseModel)("Made", (base,), namespace)


def test_what_is_nearest_counts_setting_by_setting():
    said = declaration_of(UserEvent)
    assert (said.topic, said.consumer_group) == ("user-events", "auditors")
    assert (said.key_field, said.key_serializer) == ("id", "json")


def test_a_class_in_between_may_say_one_thing_only():
    class Late(UserEvent):
        class Settings:
            topic = "late-events"

    said = declaration_of(Late)
    assert (said.topic, said.key_field, said.consumer_group) == ("late-events", "id", "auditors")
    assert declaration_of(UserEvent).topic == "user-events"


def test_settings_may_themselves_inherit_from_a_plain_class():
    class House:
        consumer_group = "house"
        register = "never"

    class Order(FlowBaseModel):
        class Settings(House):
            topic = "orders"

        id: str

    said = declaration_of(Order)
    assert (said.topic, said.consumer_group, said.register) == ("orders", "house", "never")


def test_none_takes_an_inherited_setting_back():
    class Unkeyed(UserEvent):
        class Settings:
            key_field = None

    assert declaration_of(Unkeyed).key_field is None


def test_what_nobody_says_has_the_default_of_the_documentation():
    said = declaration_of(make({"topic": "t"}))
    assert said.subject("shop.Made") == "t-value"
    assert (said.key_serializer, said.value_serializer) == ("string", "avro")
    assert (said.confluent_wire_format, said.register, said.profile) == (True, "auto", None)


@pytest.mark.parametrize(
    ("settings", "subject"),
    [
        ({}, "t-value"),
        ({"subject_strategy": "topic"}, "t-value"),
        ({"subject_strategy": "record"}, "shop.Made"),
        ({"subject_strategy": "topic_record"}, "t-shop.Made"),
        ({"schema_subject": "mine"}, "mine"),
    ],
)
def test_a_subject_is_named_or_made_by_a_strategy(settings: dict[str, str], subject: str):
    assert declaration_of(make({"topic": "t", **settings})).subject("shop.Made") == subject


def test_the_nearer_way_to_name_a_subject_counts():
    class ByRecord(UserEvent):
        class Settings:
            subject_strategy = "record"

    class Named(ByRecord):
        class Settings:
            schema_subject = "mine"

    class Back(Named):
        class Settings:
            subject_strategy = "topic_record"

    subjects = [declaration_of(cls).subject("R") for cls in (ByRecord, Named, Back)]
    assert subjects == ["R", "mine", "user-events-R"]


def test_two_ways_to_name_a_subject_in_one_place_are_refused():
    with pytest.raises(SettingsError, match="both `schema_subject` and `subject_strategy`"):
        make({"topic": "t", "schema_subject": "mine", "subject_strategy": "record"})


def test_a_class_without_a_topic_is_refused_with_both_cures():
    with pytest.raises(SettingsError, match="`Bare` has no topic") as caught:

        class Bare(FlowBaseModel):
            id: str

    assert caught.value.hint is not None
    assert 'class Settings: topic = "…"' in caught.value.hint
    assert "class Bare(FlowBaseModel, abstract=True)" in caught.value.hint


def test_an_abstract_class_needs_no_topic_and_has_no_verbs():
    with pytest.raises(SettingsError, match="`Event` is abstract: it has no topic"):
        Event(id="1").produce()


def test_a_class_made_from_an_abstract_one_is_not_abstract():
    with pytest.raises(SettingsError, match="`Child` has no topic"):

        class Child(Event):
            pass


def test_a_type_parameter_of_an_abstract_class_leaves_it_abstract():
    class Envelope(FlowBaseModel, Generic[T], abstract=True):
        payload: T

    class Orders(Envelope[int]):
        class Settings:
            topic = "orders"

    assert declaration_of(Orders).topic == "orders"


def test_a_type_parameter_of_a_class_with_a_topic_is_a_class_with_that_topic():
    class Envelope(FlowBaseModel, Generic[T]):
        class Settings:
            topic = "envelopes"

        payload: T

    assert declaration_of(Envelope[int]).topic == "envelopes"


def test_a_slip_names_the_class_and_the_nearest_setting():
    with pytest.raises(SettingsError, match=r"`Made\.Settings` has no setting `topci`") as caught:
        make({"topci": "user-events"})
    assert caught.value.hint == "did you mean `topic`?"


def test_a_name_that_is_near_to_none_lists_them():
    with pytest.raises(SettingsError) as caught:
        make({"topic": "t", "colour": "red"})
    assert caught.value.hint is not None
    assert "`key_serializer`" in caught.value.hint


def test_a_slip_in_an_abstract_class_is_met_there():
    with pytest.raises(SettingsError, match="`key_feild`"):

        class Wrong(FlowBaseModel, abstract=True):
            class Settings:
                key_feild = "id"


@pytest.mark.parametrize(
    "topic", ["", "user events", "a/b", ".", "..", "x" * 250, "naïve", 7, b"bytes", "line\n"]
)
def test_a_topic_that_kafka_would_not_take_is_refused(topic: Any):
    with pytest.raises(SettingsError, match=r"`Made\.Settings\.topic` cannot be"):
        make({"topic": topic})


def test_the_longest_topic_is_taken():
    assert declaration_of(make({"topic": "x" * 249})).topic == "x" * 249


@pytest.mark.parametrize(
    ("name", "value", "must"),
    [
        ("register", "atuo", "`auto`, `latest` or `never`"),
        ("key_serializer", "protobuf", "`string`, `avro`, `json` or `bytes`"),
        ("value_serializer", None, "`avro` or `json`"),
        ("subject_strategy", "name", "`topic`, `record` or `topic_record`"),
        ("confluent_wire_format", 1, "True or False"),
        ("schema_path", 3, "the path of a file"),
        ("consumer_group", "", "a text, or None"),
        ("schema_subject", 5, "a text, or None"),
        ("key_field", ["id"], "a text, or None"),
        ("profile", "batch", "a profile of `flowodm.settings`"),
        ("profile", dict, "a profile of `flowodm.settings`"),
    ],
)
def test_a_wrong_value_says_what_there_is_to_choose_from(name: str, value: Any, must: str):
    with pytest.raises(SettingsError, match=rf"`Made\.Settings\.{name}` cannot be") as caught:
        make({"topic": "t", name: value})
    assert caught.value.hint is not None
    assert must in caught.value.hint


def test_a_profile_is_a_class_or_an_instance():
    profile = BatchSettings(linger_ms=7)
    assert declaration_of(make({"topic": "t", "profile": profile})).profile is profile
    said = declaration_of(make({"topic": "t", "profile": LongRunningSettings}))
    assert said.profile == LongRunningSettings()


def test_a_key_field_that_is_no_field_names_the_nearest():
    with pytest.raises(SettingsError, match=r"`Made\.Settings\.key_field` is `user_idd`") as caught:
        make({"topic": "t", "key_field": "user_idd"}, user_id=str, action=str)
    assert caught.value.hint == "did you mean `user_id`?"


def test_a_key_field_may_be_inherited_or_stand_for_an_annotation_still_to_come():
    class Later(Event):
        class Settings:
            topic = "t"
            key_field = "parent"

        parent: "Unknown | None" = None  # type: ignore[name-defined]  # noqa: F821

    assert declaration_of(Later).key_field == "parent"


def test_an_avro_key_needs_the_field_whose_annotation_is_its_schema():
    with pytest.raises(SettingsError, match="no `key_field`"):
        make({"topic": "t", "key_serializer": "avro"})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"register": "latest", "schema_path": "x.avsc"}, "two schemas to write with"),
        ({"register": "latest", "confluent_wire_format": False}, "carry no schema id"),
        ({"register": "latest", "value_serializer": "json"}, "carry no schema id"),
        ({"schema_path": "x.avsc", "value_serializer": "json"}, "its values are JSON"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, Any], said: str):
    with pytest.raises(SettingsError, match=said):
        make({"topic": "t", **settings})


@pytest.mark.parametrize(
    "name", ["meta", "Settings", "produce", "aconsume_iter", "avro_schema", "get_consumer"]
)
def test_a_field_with_the_name_of_a_verb_is_refused_with_the_cure(name: str):
    namespace = {"__module__": __name__, "__qualname__": "Made", "__annotations__": {name: str}}
    with pytest.raises(SettingsError, match=rf"`Made\.{name}` cannot be a field") as caught:
        type(FlowBaseModel)("Made", (FlowBaseModel,), namespace)
    assert caught.value.hint is not None
    assert f'Field(alias="{name}")' in caught.value.hint


def test_the_cure_works():
    class Made(FlowBaseModel):
        class Settings:
            topic = "t"

        meta_: str = Field(alias="meta")

    assert Made(meta="x").meta_ == Made(meta_="x").meta_ == "x"
    assert Made(meta="x").to_avro_dict() == {"meta": "x"}


def test_a_method_may_take_the_place_of_a_verb():
    class Made(UserEvent):
        def produce(self, **_: Any) -> Any:
            return "mine"

    assert Made(id="1").produce() == "mine"


def test_an_annotation_without_a_meaning_in_avro_is_met_where_the_class_stands():
    from flowodm.errors import SchemaError

    with pytest.raises(SchemaError, match="callback"):

        class Wrong(FlowBaseModel):
            class Settings:
                topic = "t"

            callback: Any


def test_such_an_annotation_is_fine_where_values_are_json():
    class Free(FlowBaseModel):
        class Settings:
            topic = "t"
            value_serializer = "json"

        anything: Any

    assert Free(anything=[1, "a"]).to_bytes() == b'{"anything":[1,"a"]}'


@pytest.mark.parametrize("annotation", [ClassVar, ClassVar[type], "ClassVar[type]"])
def test_settings_may_be_a_class_from_elsewhere(annotation: Any):
    class Shared:
        topic = "t"

    namespace = {
        "__module__": __name__,
        "__qualname__": "Made",
        "__annotations__": {"Settings": annotation, "id": str},
        "Settings": Shared,
    }
    assert declaration_of(type(FlowBaseModel)("Made", (FlowBaseModel,), namespace)).topic == "t"


def test_settings_that_are_no_class_are_refused():
    namespace = {"__module__": __name__, "__qualname__": "Made", "__annotations__": {"id": str}}
    namespace["__annotations__"]["Settings"] = ClassVar
    with pytest.raises(SettingsError, match=r"`Made\.Settings` must be a class"):
        type(FlowBaseModel)("Made", (FlowBaseModel,), {**namespace, "Settings": {"topic": "t"}})


class Elsewhere:
    topic = "elsewhere"
    consumer_group = "readers"


def test_settings_from_elsewhere_need_no_annotation():
    class Event(FlowBaseModel):
        Settings = Elsewhere
        id: str

    class Later(Event):
        class Settings:
            topic = "later"

    assert Event.Settings.topic == "elsewhere"
    assert (Event.__declaration__.topic, Event.__declaration__.consumer_group) == (
        "elsewhere",
        "readers",
    )
    assert (Later.__declaration__.topic, Later.__declaration__.consumer_group) == (
        "later",
        "readers",
    )
    assert list(Event.model_fields) == ["id"]
