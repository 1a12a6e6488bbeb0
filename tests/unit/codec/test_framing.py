from uuid import UUID

import pytest
from confluent_kafka.schema_registry import (
    header_schema_id_serializer,
    prefix_schema_id_serializer,
)
from confluent_kafka.schema_registry.common.serde import SchemaId
from confluent_kafka.serialization import MessageField, SerializationContext

from flowodm.codec.framing import Framed, frame, unframe

pytestmark = pytest.mark.unit

GUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
BY_GUID = b"\1" + UUID(GUID).bytes


def test_a_prefix_holds_the_id_in_four_bytes() -> None:
    assert unframe(b"\0\0\1\2\3body", (), is_key=False) == Framed(0x010203, None, 5)


def test_ids_use_all_four_bytes() -> None:
    assert unframe(b"\0\xff\xff\xff\xff", (), is_key=False) == Framed(2**32 - 1, None, 5)


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\0\0\0\1", b"\1\0\0\0\1x", b'{"a": 1}', b"\xff" * 9]
)
def test_other_bytes_are_not_framed(data: bytes) -> None:
    assert unframe(data, (), is_key=False) is None


def test_an_empty_body_is_framed() -> None:
    assert unframe(b"\0\0\0\0\7", (), is_key=True) == Framed(7, None, 5)


@pytest.mark.parametrize("is_key", [True, False])
def test_the_guid_header_leaves_the_bytes_alone(is_key: bool) -> None:
    header = "__key_schema_id" if is_key else "__value_schema_id"
    assert unframe(b"body", ((header, BY_GUID),), is_key=is_key) == Framed(None, GUID, 0)


def test_the_header_of_the_key_says_nothing_about_the_value() -> None:
    assert unframe(b"body", (("__key_schema_id", BY_GUID),), is_key=False) is None


def test_the_header_comes_before_the_prefix() -> None:
    found = unframe(b"\0\0\0\0\7x", (("__value_schema_id", BY_GUID),), is_key=False)
    assert found == Framed(None, GUID, 0)


def test_the_first_header_of_a_name_counts() -> None:
    headers = (("other", b"x"), ("__value_schema_id", BY_GUID), ("__value_schema_id", b"\1x"))
    assert unframe(b"body", headers, is_key=False) == Framed(None, GUID, 0)


def test_a_header_may_hold_an_id() -> None:
    headers = (("__value_schema_id", b"\0\0\0\0\7"),)
    assert unframe(b"body", headers, is_key=False) == Framed(7, None, 0)


@pytest.mark.parametrize("value", [None, b"", b"\0\0", b"\1" + bytes(15), b"\2" + bytes(16)])
def test_a_malformed_header_says_nothing(value: bytes | None) -> None:
    headers = (("__value_schema_id", value),)
    assert unframe(b"\0\0\0\0\7x", headers, is_key=False) == Framed(7, None, 5)
    assert unframe(b"body", headers, is_key=False) is None


@pytest.mark.parametrize("schema_id", [0, 1, 2**31, 2**32 - 1])
def test_what_is_framed_is_unframed(schema_id: int) -> None:
    assert unframe(frame(schema_id) + b"x", (), is_key=False) == Framed(schema_id, None, 5)


def test_the_prefix_is_the_one_that_confluent_writes() -> None:
    assert frame(77) == prefix_schema_id_serializer(b"", None, SchemaId("AVRO", 77))


@pytest.mark.parametrize("field", [MessageField.KEY, MessageField.VALUE])
def test_the_header_that_confluent_writes_is_read(field: str) -> None:
    written: list[tuple[str, bytes]] = []
    context = SerializationContext("topic", field, written)
    payload = header_schema_id_serializer(b"body", context, SchemaId("AVRO", 1, GUID))
    found = unframe(payload, tuple(written), is_key=field == MessageField.KEY)
    assert found == Framed(None, GUID, 0)
