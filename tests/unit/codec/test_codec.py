"""What becomes of a record's key and value: decoded, or said why not; never guessed, never raised."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.avro import parse
from flowodm.codec import Codec
from flowodm.codec.encode import compile_encoder
from flowodm.codec.framing import VALUE_HEADER, frame
from flowodm.config import RegistryConfig
from flowodm.errors import RegistryUnreachable
from flowodm.json_form import JSON
from flowodm.record import Decoded, Headers, Record, Undecodable
from flowodm.registry import Reference, RegisteredSchema, SchemaRegistry
from flowodm.sandbox.registry import RegistryServer

pytestmark = pytest.mark.unit

V1 = parse({"type": "record", "name": "n.User", "fields": [{"name": "id", "type": "long"}, {"name": "zip", "type": "string"}]})  # fmt: skip
V2 = parse({"type": "record", "name": "n.User", "fields": [{"name": "zip", "type": "string"}, {"name": "id", "type": "long"}, {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []}]})  # fmt: skip


class World(NamedTuple):
    registry: SchemaRegistry
    v1: RegisteredSchema
    v2: RegisteredSchema


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with RegistryServer() as server, SchemaRegistry(RegistryConfig(url=server.url)) as registry:
        v1 = registry.register("users-value", V1.to_json())
        yield World(registry, v1, registry.register("users-value", V2.to_json()))


def decode(codec: Codec, value: bytes | None, headers: Headers = ()) -> Decoded | Undecodable:
    return codec.decode(record(value=value, headers=headers)).value


def record(*, key: bytes | None = None, value: bytes | None, headers: Headers = ()) -> Record:
    return Record("users", 0, 0, "create", 0, key, value, headers)


def framed(world: World, value: Any) -> bytes:
    return compile_encoder(V1).encode(value, frame(world.v1.schema_id))


def test_framed_bytes_are_read_with_the_schema_they_were_written_with(world: World) -> None:
    codec = Codec(world.registry)
    for schema, written in ((V1, world.v1), (V2, world.v2)):
        data = compile_encoder(schema).encode({"id": 7, "zip": "50667"} | ({"tags": []} if schema is V2 else {}), frame(written.schema_id))  # fmt: skip
        found = decode(codec, data)
        assert isinstance(found, Decoded)
        assert found.value["id"] == 7
        assert (found.encoding, found.schema_id, found.schema) == ("avro", written.schema_id, schema)  # fmt: skip


def test_an_evolved_reader_gets_its_own_fields(world: World) -> None:
    found = decode(Codec(world.registry, reader=V2), framed(world, {"id": 7, "zip": "50667"}))
    assert isinstance(found, Decoded)
    assert found.value == {"zip": "50667", "id": 7, "tags": []}
    assert (found.schema_id, found.schema) == (world.v1.schema_id, V2)


def test_key_and_value_are_on_their_own(world: World) -> None:
    data = framed(world, {"id": 7, "zip": "50667"})
    decoded = Codec(world.registry, reader=V2).decode(record(key=data, value=b"plain"))
    assert isinstance(decoded.key, Decoded)
    assert decoded.key.value == {"id": 7, "zip": "50667"}  # the reader is for values
    assert decoded.value == Decoded("plain", "text")


def test_a_schema_may_be_named_by_a_header(world: World) -> None:
    body = compile_encoder(V1).encode({"id": 7, "zip": "50667"})
    guid = world.registry.schema_by_id(world.v1.schema_id).guid
    assert guid is not None
    found = decode(Codec(world.registry), body, ((VALUE_HEADER, b"\1" + UUID(guid).bytes),))
    assert isinstance(found, Decoded)
    assert (found.value, found.schema_id) == ({"id": 7, "zip": "50667"}, None)
    by_id = decode(Codec(world.registry), body, ((VALUE_HEADER, frame(world.v1.schema_id)),))
    assert isinstance(by_id, Decoded)
    assert by_id.schema_id == world.v1.schema_id


@pytest.mark.parametrize(
    ("data", "value", "encoding"),
    [
        (None, None, "null"),
        (b"", "", "text"),
        (b"u-17", "u-17", "text"),
        (b"123", 123, "json"),
        (b"007", "007", "text"),
        (b"NaN", "NaN", "text"),
        (b"true", True, "json"),
        (b"null", None, "json"),
        (b"nullable", "nullable", "text"),
        (b' {"a": 1e2}\n', {"a": 100.0}, "json"),
        (b'{"a": 1', '{"a": 1', "text"),
        (b"\xff\xfe", b"\xff\xfe", "base64"),
        (b"\x00", b"\x00", "base64"),
        (b"\x00\x00\x00\x00", b"\x00\x00\x00\x00", "base64"),
        (b"\x00\x00\x00\x00\x00\x00\x00\x2a", b"\x00\x00\x00\x00\x00\x00\x00\x2a", "base64"),
        (b"a\x00b", b"a\x00b", "base64"),
        ("\ufeff1".encode(), "\ufeff1", "text"),
        (b"[" * 5000, "[" * 5000, "text"),
    ],
)
def test_what_is_not_framed_is_json_then_text_then_bytes(
    world: World, data: bytes | None, value: Any, encoding: str
) -> None:
    assert decode(Codec(world.registry), data) == Decoded(value, encoding)  # type: ignore[arg-type]


@given(st.binary(max_size=60))
def test_any_bytes_become_a_value_or_an_error_with_all_of_them(data: bytes) -> None:
    for form in ("auto", "avro", "json", "text", "base64"):
        found = decode(Codec(None, value=form), data)  # type: ignore[arg-type]
        if isinstance(found, Undecodable):
            assert found.raw == data
        elif found.encoding in ("text", "base64"):
            assert (found.value.encode() if found.encoding == "text" else found.value) == data


def test_an_unknown_id_is_an_error_with_the_id_and_all_bytes(world: World) -> None:
    data = frame(999_999) + b"text"
    found = decode(Codec(world.registry), data)
    assert isinstance(found, Undecodable)
    assert (found.raw, found.schema_id) == (data, 999_999)
    assert "999999" in found.error


def test_an_unknown_id_is_not_asked_for_again_at_once(world: World) -> None:
    with RegistryServer() as server, SchemaRegistry(RegistryConfig(url=server.url)) as registry:
        codec = Codec(registry)
        first = decode(codec, frame(5) + b"x")
        registry.register("s", V1.to_json())  # id 1
        server.stop()
        registry.forget()
        assert decode(codec, frame(5) + b"y") == Undecodable(
            first.error, frame(5) + b"y", 5  # type: ignore[union-attr]
        )
        with pytest.raises(RegistryUnreachable):
            decode(codec, frame(1) + b"x")


def test_a_broken_body_says_where_and_why(world: World) -> None:
    data = framed(world, {"id": 7, "zip": "50667"})[:-2]
    found = decode(Codec(world.registry), data)
    assert isinstance(found, Undecodable)
    assert "at value.zip: " in found.error
    assert (found.raw, found.schema_id, found.path) == (data, world.v1.schema_id, "zip")
    assert found.position is not None


def test_trailing_bytes_are_an_error(world: World) -> None:
    found = decode(Codec(world.registry), framed(world, {"id": 7, "zip": "50667"}) + b"!")
    assert isinstance(found, Undecodable)


def test_a_schema_with_references_is_put_together(world: World) -> None:
    registry = world.registry
    registry.register("street", '{"type":"fixed","name":"n.Street","size":2}')
    text = '{"type":"record","name":"n.Home","fields":[{"name":"street","type":"n.Street"}]}'
    home = registry.register("home-value", text, [Reference("n.Street", "street", 1)])
    found = decode(Codec(registry, style=JSON), frame(home.schema_id) + b"ab")
    assert isinstance(found, Decoded)
    assert found.value == {"street": "YWI="}


class _OtherLanguages(BaseHTTPRequestHandler):
    """The two schemas of a registry that keeps more than Avro; the embedded one does not."""

    answers: ClassVar = {
        "/schemas/ids/1": {"schemaType": "JSON", "schema": '{"type": "object"}'},
        "/schemas/ids/2": {"schemaType": "PROTOBUF", "schema": 'syntax = "proto3";'},
    }

    def do_GET(self) -> None:
        body = json.dumps(self.answers[self.path.partition("?")[0]]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other_languages() -> Iterator[SchemaRegistry]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _OtherLanguages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with SchemaRegistry(RegistryConfig(url=f"http://127.0.0.1:{server.server_port}")) as registry:
        yield registry
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_json_schema_means_json_behind_the_frame(other_languages: SchemaRegistry) -> None:
    codec = Codec(other_languages)
    assert decode(codec, frame(1) + b'{"a": 1}') == Decoded({"a": 1}, "json", 1)
    broken = decode(codec, frame(1) + b"{")
    assert isinstance(broken, Undecodable)
    assert (broken.schema_id, broken.raw) == (1, frame(1) + b"{")
    assert broken.error.startswith("not JSON: ")


def test_a_protobuf_schema_is_said_to_be_one(other_languages: SchemaRegistry) -> None:
    found = decode(Codec(other_languages), frame(2) + b"\x00\x08\x01")
    assert isinstance(found, Undecodable)
    assert found.error == "schema id 2 is PROTOBUF, which cannot be decoded here"


def test_framed_bytes_without_a_registry_say_so() -> None:
    found = decode(Codec(None), frame(42) + b"x")
    assert found == Undecodable(
        "it names schema id 42, and no schema registry is configured", frame(42) + b"x", 42
    )


def test_a_registry_that_does_not_answer_is_raised_and_nothing_is_guessed() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with SchemaRegistry(RegistryConfig(url=url)) as registry:
            codec = Codec(registry)
            with pytest.raises(RegistryUnreachable):
                decode(codec, frame(1) + b"x")
            assert decode(codec, b"text") == Decoded("text", "text")


@pytest.mark.parametrize(
    ("form", "data", "error"),
    [
        ("avro", b"{}", "not framed Avro: it starts with byte 0x7b and names no schema"),
        ("avro", b"", "not framed Avro: it is empty and names no schema"),
        ("json", b"u-17", "not JSON: Expecting value (character 0)"),
        ("json", b"\xff", "not JSON: not UTF-8 (byte 0)"),
        ("text", b"ab\xff", "not UTF-8 text (byte 2)"),
    ],
)
def test_a_configured_format_is_that_or_an_error(form: Any, data: bytes, error: str) -> None:
    assert decode(Codec(None, value=form), data) == Undecodable(error, data)


def test_a_configured_format_does_not_look_at_framing(world: World) -> None:
    data = framed(world, {"id": 7, "zip": "50667"})
    assert decode(Codec(world.registry, value="base64"), data) == Decoded(data, "base64")
    assert decode(Codec(world.registry, value="text"), b"123") == Decoded("123", "text")
