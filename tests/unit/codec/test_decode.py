"""Decoding: what comes out of the generated decoder."""

from typing import Any

import pytest

from flowodm.avro import parse
from flowodm.codec.decode import compile_decoder

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("schema", "data", "value"),
    [
        ('"null"', b"", None),
        ('"boolean"', b"\1", True),
        ('"int"', b"\xff\xff\xff\xff\x0f", -(2**31)),
        ('"long"', b"\xfe" + b"\xff" * 8 + b"\1", 2**63 - 1),
        ('"string"', b"\4\xc3\xa9", "é"),
        ('"bytes"', b"\4\xff\0", b"\xff\0"),
    ],
)
def test_a_primitive_is_read(schema: str, data: bytes, value: Any) -> None:
    assert compile_decoder(parse(schema)).decode(data) == value
