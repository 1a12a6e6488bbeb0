"""Writing instances: the generated encoder, and the explaining one that it must never outdo."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowodm.avro import parse
from flowodm.avro.binding import Binding
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.codec.model_encode import compile_model_encoder
from flowodm.codec.model_values import model_values
from flowodm.errors import SerializationError
from tests.strategies import avro_encodings, avro_schemas
from tests.unit.codec.bound import bound, instances

Encode = Callable[[Any, bytes], bytes]

pytestmark = pytest.mark.unit


def fast_only(binding: Binding, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The generated encoder with nothing to fall back on."""

    def refuse(binding: Binding) -> Any:
        def explain(instance: Any, prefix: bytes) -> bytes:
            raise AssertionError("not written by the generated encoder")

        return explain

    monkeypatch.setattr("flowodm.codec.model_encode._explainer", refuse)
    return compile_model_encoder(binding)


PREFIX = b"prefix"


def explaining(binding: Binding) -> Encode:
    """What the generated encoder falls back on: values, checked and written by fastavro."""
    encoder, values = compile_encoder(binding.schema), model_values(binding)
    return lambda instance, prefix: encoder.encode(values(instance), prefix)


def outcome(encode: Encode, instance: Any) -> bytes | tuple[str, str | None]:
    """The bytes, or where and how the instance was refused."""
    try:
        return encode(instance, PREFIX)
    except SerializationError as error:
        return error.path, error.hint


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_an_instance_is_written_as_the_explaining_encoder_writes_it(data: st.DataObject) -> None:
    schema = parse(data.draw(avro_schemas()))
    binding = bound(schema, plain_enums=data.draw(st.booleans()))
    read = compile_decoder(schema, style=instances(binding)).decode
    value = read(data.draw(avro_encodings(schema)))
    instance = value if isinstance(value, binding.model) else binding.model.model_construct(value)
    encode, explain = compile_model_encoder(binding), explaining(binding)
    fast, slow = outcome(encode, instance), outcome(explain, instance)
    assert fast == slow
    if isinstance(fast, bytes):
        assert repr(read(fast, len(PREFIX))) == repr(value)
