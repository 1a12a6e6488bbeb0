"""What a class and its fields are called, what is left out, and how classes use each other."""

import enum
import gc
import json
import threading
import weakref
from typing import Annotated, Any, ClassVar, Generic, Literal, Optional, TypeVar

import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    RootModel,
    computed_field,
    create_model,
)
from pydantic.alias_generators import to_camel

from flowodm.avro import AvroField, AvroName, AvroType, canonical_form, derive, parse
from flowodm.avro.bind import bind
from flowodm.avro.binding import FieldBinding
from tests.unit.avro.deriving import field_of, type_of

pytestmark = pytest.mark.unit

T = TypeVar("T")


class Order(BaseModel):
    """An order.

    Of somebody.
    """

    __avro__ = AvroName(
        "shop.Order", aliases=("shop.Purchase", "Old"), is_error=True, props={"owner": ["a", None]}
    )

    id: int = Field(description="Its number.")
    state: Annotated[str, AvroField(aliases=("status",), order="ignore", props={"pii": False})] = (
        "new"
    )


def test_marks_and_docstrings_are_what_the_schema_says() -> None:
    assert derive(Order).to_json() == (
        '{"type":"error","name":"Order","namespace":"shop","doc":"An order.\\n\\nOf somebody.",'
        '"fields":[{"name":"id","type":"long","doc":"Its number."},'
        '{"name":"state","type":"string","default":"new","order":"ignore","aliases":["status"],'
        '"pii":false}],"owner":["a",null],"aliases":["Purchase","Old"]}'
    )
    assert parse(derive(Order).to_json()).to_json() == derive(Order).to_json()


def test_a_subclass_has_its_own_name_and_doc() -> None:
    class Refund(Order):
        pass

    schema = derive(Refund)
    assert schema.name == "Refund"
    assert "doc" not in json.loads(schema.to_json())
    assert [each["name"] for each in json.loads(schema.to_json())["fields"]] == ["id", "state"]


def test_a_doc_in_the_mark_comes_before_the_docstring() -> None:
    class Documented(BaseModel):
        """For readers of the code."""

        __avro__ = AvroName(doc="For readers of the schema.")

    assert json.loads(derive(Documented).to_json())["doc"] == "For readers of the schema."


def test_an_enum_says_its_name_its_default_and_its_props() -> None:
    class Color(enum.StrEnum):
        """Of a car."""

        __avro__ = AvroName("car.Color", aliases=("car.Paint",), default="red", props={"k": 1})
        RED = "red"
        BLUE = "blue"

    assert type_of(Color) == {
        "type": "enum",
        "name": "Color",
        "namespace": "car",
        "doc": "Of a car.",
        "symbols": ["red", "blue"],
        "default": "red",
        "k": 1,
        "aliases": ["Paint"],
    }


def test_a_class_used_twice_is_written_once() -> None:
    class Leaf(BaseModel):
        n: int

    class Tree(BaseModel):
        left: Leaf
        right: Leaf | None = None

    fields = json.loads(derive(Tree).to_json())["fields"]
    assert fields[0]["type"]["name"] == "Leaf"
    assert fields[1]["type"] == ["null", "Leaf"]


def test_a_fixed_said_twice_alike_is_written_once() -> None:
    md5 = {"type": "fixed", "name": "Md5", "size": 16}

    class Hashes(BaseModel):
        __avro__ = AvroName("files.Hashes")
        first: Annotated[bytes, AvroType(dict(md5))]
        second: Annotated[bytes, AvroType(dict(md5))]
        third: Annotated[bytes, AvroType("Md5")]
        fourth: Annotated[bytes, AvroType("files.Md5")]

    schema = derive(Hashes)
    fields = json.loads(schema.to_json())["fields"]
    assert [each["type"] for each in fields] == [md5, "Md5", "Md5", "Md5"]
    assert "files.Md5" in schema.names


def test_what_no_class_names_has_the_namespace_of_the_record_around_it() -> None:
    class Job(BaseModel):
        __avro__ = AvroName("work.Job")
        job_state: Literal["open", "done"]
        again: Literal["open", "done"]

    schema = derive(Job)
    assert set(schema.names) == {"work.Job", "work.JobJobState", "work.JobAgain"}


def test_a_class_keeps_its_full_name_inside_another_namespace() -> None:
    class Plain(BaseModel):
        n: int

    class Outer(BaseModel):
        __avro__ = AvroName("far.Outer")
        inner: Plain

    assert set(derive(Outer).names) == {"far.Outer", "Plain"}
    assert parse(derive(Outer).to_json()) == derive(Outer)


def test_one_short_name_in_two_namespaces() -> None:
    one = create_model("Item", x=(int, ...))
    one.__avro__ = AvroName("a.Item")  # type: ignore[attr-defined]
    two = create_model("Item", x=(str, ...))
    two.__avro__ = AvroName("b.Item")  # type: ignore[attr-defined]
    both = derive(create_model("Both", one=(one, ...), two=(two, ...), union=(one | two, ...)))
    assert set(both.names) == {"Both", "a.Item", "b.Item"}
    assert parse(both.to_json()) == both


def test_classes_of_a_referenced_schema_are_used_by_name() -> None:
    class Currency(BaseModel):
        __avro__ = AvroName("money.Currency", is_external=True)
        code: str

    class Money(BaseModel):
        __avro__ = AvroName("money.Money", is_external=True)
        currency: Currency
        digest: Annotated[bytes, AvroType({"type": "fixed", "name": "D", "size": 2})]

    class Price(BaseModel):
        amount: Money
        other: Currency | None = None
        raw: Annotated[
            bytes, AvroType({"type": "fixed", "name": "ext.F", "size": 2}, is_external=True)
        ]

    schema = derive(Price)
    fields = json.loads(schema.to_json())["fields"]
    assert [each["type"] for each in fields] == [
        "money.Money",
        ["null", "money.Currency"],
        "ext.F",
    ]
    assert schema.external == {"money.Currency", "money.Money", "money.D", "ext.F"}
    fixed = parse({"type": "fixed", "name": "ext.F", "size": 2})
    assert parse(schema.to_json(), references=[derive(Money), fixed]) == schema
    assert '"code"' in canonical_form(schema)


def test_names_of_fields_are_their_serialization_aliases() -> None:
    class Renamed(BaseModel):
        model_config = ConfigDict(alias_generator=to_camel)
        first_name: str
        second: int = Field(alias="class")
        third: int = Field(serialization_alias="written", validation_alias="read")
        fourth: int = Field(validation_alias=AliasChoices(AliasPath("a", 0), "b"))

    record = bind(Renamed).records["Renamed"]
    assert record.fields == (
        FieldBinding("firstName", "first_name", "firstName"),
        FieldBinding("class", "second", "class"),
        FieldBinding("written", "third", "read"),
        FieldBinding("fourth", "fourth", "b"),
    )


def test_the_validator_may_know_a_field_by_its_attribute_only() -> None:
    class ByName(BaseModel):
        model_config = ConfigDict(validate_by_name=True, validate_by_alias=False)
        n: int = Field(alias="number")

    class ByPath(BaseModel):
        model_config = ConfigDict(validate_by_name=True)
        n: int = Field(validation_alias=AliasPath("a", 0))

    assert bind(ByName).records["ByName"].fields == (FieldBinding("number", "n", "n"),)
    assert bind(ByPath).records["ByPath"].fields == (FieldBinding("n", "n", "n"),)


def test_only_fields_are_written() -> None:
    class Kept(BaseModel):
        constant: ClassVar[int] = 1
        kept: int
        left_out: int = Field(1, exclude=True)
        _private: int = PrivateAttr(1)

        @computed_field  # type: ignore[prop-decorator]
        @property
        def double(self) -> int:
            return 2 * self.kept

    assert [each.name for each in bind(Kept).records["Kept"].fields] == ["kept"]


class Node(BaseModel):
    value: int
    children: list["Node"] = []
    other: Optional["Leaf"] = None


class Leaf(BaseModel):
    owner: Node
    by_name: dict[str, "Leaf"] = {}


class Linked(BaseModel, Generic[T]):
    value: T
    next: Optional["Linked[T]"] = None


class Forest(RootModel[list["Grove"]]):
    pass


class Grove(BaseModel):
    inside: Forest


def test_recursive_classes_refer_to_themselves() -> None:
    assert derive(Node).to_json() == (
        '{"type":"record","name":"Node","fields":[{"name":"value","type":"long"},'
        '{"name":"children","type":{"type":"array","items":"Node"},"default":[]},'
        '{"name":"other","type":["null",{"type":"record","name":"Leaf","fields":['
        '{"name":"owner","type":"Node"},{"name":"by_name","type":{"type":"map","values":"Leaf"},'
        '"default":{}}]}],"default":null}]}'
    )
    assert derive(Leaf).name == "Leaf"
    assert derive(Forest).to_json() == (
        '{"type":"array","items":{"type":"record","name":"Grove","fields":['
        '{"name":"inside","type":{"type":"array","items":"Grove"}}]}}'
    )


def test_a_circle_is_derived_while_its_last_class_is_being_made() -> None:
    """As a model is, whose annotations are looked at before its module has it."""

    derived: list[str] = []

    class Owner(BaseModel):
        @classmethod
        def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
            derived.append(derive(cls).to_json())

    class Shed(BaseModel):
        keeper: "Keeper | None" = None

    class Keeper(Owner):
        shed: Shed | None = None

    assert Keeper.__name__ == "Keeper"
    assert "".join(derived) == (
        '{"type":"record","name":"Keeper","fields":[{"name":"shed","type":["null",{"type":"record",'
        '"name":"Shed","fields":[{"name":"keeper","type":["null","Keeper"],"default":null}]}],'
        '"default":null}]}'
    )


def test_a_recursive_generic_class_refers_to_itself_with_its_arguments() -> None:
    fields = json.loads(derive(Linked[int]).to_json())["fields"]
    assert fields[1]["type"] == ["null", "Linked_int"]
    outer = derive(Linked[Linked[str]])
    assert set(outer.names) == {"Linked_Linked_str", "Linked_str"}


def test_a_schema_is_kept_with_its_class_until_pydantic_rebuilds_it() -> None:
    model: Any = create_model("Kept", x=(int, ...))
    first = bind(model)
    assert bind(model) is first
    model.model_rebuild(force=True)
    assert bind(model) is not first
    assert bind(model).schema == first.schema


def test_a_subclass_does_not_take_the_schema_of_its_base() -> None:
    base = create_model("Base", x=(int, ...))
    bind(base)
    assert derive(create_model("Sub", __base__=base, y=(int, ...))).name == "Sub"


def test_threads_that_ask_at_once_get_one_binding() -> None:
    model = create_model("Shared", **{f"f{n}": (int, ...) for n in range(50)})  # type: ignore[call-overload]
    barrier = threading.Barrier(8)
    found: list[object] = []

    def ask() -> None:
        barrier.wait()
        found.append(bind(model))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_a_class_that_nobody_uses_takes_its_schema_along() -> None:
    model = create_model("Gone", x=(int, ...))
    bind(model)
    watch = weakref.ref(model)
    del model
    gc.collect()
    assert watch() is None


def test_a_class_of_thousands_of_fields() -> None:
    wide: Any = create_model("Wide", **{f"f{n}": (int | None, None) for n in range(3_000)})  # type: ignore[call-overload]
    schema = derive(wide)
    assert len(bind(wide).records["Wide"].fields) == 3_000
    assert parse(schema.to_json()) == schema


def test_classes_inside_each_other_as_deep_as_a_parser_reads() -> None:
    model: Any = create_model("L0", x=(int, ...))
    for level in range(1, 60):
        model = create_model(f"L{level}", x=(list[model], ...))
    schema = derive(model)
    assert len(schema.names) == 60
    assert parse(schema.to_json()) == schema


def test_a_field_of_a_default_and_of_an_order_by_marks_inside_an_alias() -> None:
    secret = Annotated[str, AvroField(order="descending", props={"pii": True})]
    assert field_of(secret) == {"name": "x", "type": "string", "order": "descending", "pii": True}
