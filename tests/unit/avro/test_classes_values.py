"""The law of values: what a schema's class reads, it writes as the same bytes.

The dict codec is the measure: a value that it writes is one that the class holds, and what the
class writes is what it writes; a value that it refuses, the class refuses.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from flowodm.avro import Schema, build_model, parse
from flowodm.avro.bind import bind
from flowodm.avro.blueprint import blueprint
from flowodm.avro.generation import generate_module
from flowodm.avro.types import Type, Union, type_name
from flowodm.codec.branch import Branch
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.codec.failure import DecodeFailure
from flowodm.codec.model_encode import compile_model_encoder, model_values
from flowodm.codec.model_style import model_style
from flowodm.codec.style import VALUES, Convert
from flowodm.errors import SerializationError
from tests.generated import imported
from tests.generators import random_encoding, random_schema
from tests.round_trips import CASES, Case

pytestmark = pytest.mark.unit


class Told:
    """Python's values, each of a union with its branch."""

    name = "told"

    def convert(self, node: Type) -> Convert | None:
        return VALUES.convert(node)

    def branch(self, union: Union, index: int) -> Convert | None:
        tag = type_name(union.branches[index])
        return lambda value: Branch(tag, value)


def said(value: Any) -> str:
    """A value in full, NaN too; but a number is written as the first branch that holds it."""
    text = repr(value)
    for small, large in (("int", "long"), ("float", "double")):
        text = text.replace(f"Branch(name='{small}'", f"Branch(name='{large}'")
    return text


class Through:
    """A schema's class with its codecs: built, or of a generated module."""

    def __init__(self, schema: Schema, *, is_generated: bool = False) -> None:
        if is_generated:
            module = imported(generate_module(schema))
            self.model = getattr(module, blueprint(schema).name)
        else:
            self.model = build_model(schema)
        binding = bind(self.model)
        self._decode = compile_decoder(schema, binding.schema, style=model_style(binding)).decode
        self._encode = compile_model_encoder(binding)
        self.values: Callable[[BaseModel], Any] = model_values(binding)

    def read(self, data: bytes) -> BaseModel:
        made: BaseModel = self.model.__pydantic_validator__.validate_python(self._decode(data))
        return made

    def write(self, instance: BaseModel) -> bytes:
        return self._encode(instance, b"")


@pytest.mark.parametrize("is_generated", [False, True], ids=["built", "generated"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_value_comes_back_from_an_instance(case: Case, is_generated: bool) -> None:
    schema = case.parsed()
    through = Through(schema, is_generated=is_generated)
    encode = compile_encoder(schema).encode
    for value in case.values:
        data = encode(value)
        instance = through.read(data)
        assert through.write(instance) == data
        assert through.read(through.write(instance)) == instance
        assert encode(through.values(instance)) == data


@pytest.mark.parametrize("is_generated", [False, True], ids=["built", "generated"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_instance_is_made_of_its_own_dump(case: Case, is_generated: bool) -> None:
    """By attributes, and by the Avro names."""
    schema = case.parsed()
    through = Through(schema, is_generated=is_generated)
    encode = compile_encoder(schema).encode
    for value in case.values:
        instance = through.read(encode(value))
        for by_alias in (True, False):
            dumped = instance.model_dump(by_alias=by_alias, round_trip=True)
            made = through.model.model_validate(dumped)
            assert made.model_dump() == instance.model_dump()


@example(seed=16155, is_generated=False)  # too many digits, in a class of its own
@given(seed=st.integers(0, 2**32), is_generated=st.booleans())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_comes_back_from_an_instance(seed: int, is_generated: bool) -> None:
    random = Random(seed)
    schema = parse(json.dumps(random_schema(random)))
    through = Through(schema, is_generated=is_generated)
    encode = compile_encoder(schema).encode
    told = compile_decoder(schema, style=Told()).decode
    for _ in range(4):
        data = random_encoding(random, schema)
        value = told(data)
        try:
            plain = encode(value)  # a map's key, for one, may come twice in what is random
        except SerializationError:
            with pytest.raises((ValidationError, DecodeFailure)):
                through.read(data)
            continue
        instance = through.read(plain)
        written = through.write(instance)
        assert said(told(written)) == said(value)
        assert encode(through.values(instance)) == written
