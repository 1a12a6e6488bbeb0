"""A registry that is down, wrong, slow or hostile: one line, soon, in little memory."""

import asyncio
import gzip
import json
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from flowodm.config import RegistryConfig
from flowodm.errors import (
    ConfigurationError,
    FlowODMError,
    RegistryError,
    RegistryUnreachable,
    SchemaParseError,
)
from flowodm.registry import AsyncSchemaRegistry, SchemaRegistry
from flowodm.registry import core as core_module
from flowodm.registry.exchange import Exchange, Limits
from tests.integration.rogue import Behaviour, drip, read_request, recorded, reply, rogue

pytestmark = pytest.mark.integration

INT = json.dumps({"schema": '"int"'}).encode()


@dataclass
class Asker:
    """Asks one question with one of the two clients."""

    is_async: bool

    def __call__(self, url: str, **values: Any) -> Any:
        return self.ask(lambda registry: registry.schema_by_id(1), url, **values)

    def ask(self, question: Callable[[Any], Any], url: str, **values: Any) -> Any:
        config = RegistryConfig(url=url, **values)
        if not self.is_async:
            with SchemaRegistry(config) as registry:
                return question(registry)

        async def go() -> Any:
            async with AsyncSchemaRegistry(config) as registry:
                return await question(registry)

        return asyncio.run(go())

    def error(self, url: str, **values: Any) -> FlowODMError:
        with pytest.raises(FlowODMError) as caught:
            self(url, **values)
        assert caught.value.message.isprintable()
        return caught.value


@pytest.fixture(params=["blocking", "asyncio"])
def ask(request: pytest.FixtureRequest) -> Asker:
    return Asker(request.param == "asyncio")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every question end within a second."""

    def exchange(access: Any, **_: Any) -> Exchange:
        return Exchange(access, limits=Limits(connect=0.3, total=0.8, first_pause=0.01))

    monkeypatch.setattr(core_module, "Exchange", exchange)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def server_tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


# Nobody there


def test_a_port_where_nothing_listens(ask: Asker) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    started = time.monotonic()
    error = ask.error(f"http://127.0.0.1:{port}")
    assert isinstance(error, RegistryUnreachable)
    assert error.message == f"registry `http://127.0.0.1:{port}` refused the connection"
    assert time.monotonic() - started < 5


def test_a_name_that_does_not_resolve(ask: Asker) -> None:
    error = ask.error("http://no-such-host.invalid:8081")
    assert "has a host name that does not resolve" in error.message


def test_a_connection_that_is_not_accepted(ask: Asker, hasty: None) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = []
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(address)
            waiting.append(one)
        started = time.monotonic()
        error = ask.error(f"http://127.0.0.1:{address[1]}")
        assert "did not accept a connection in time" in error.message
        assert time.monotonic() - started < 2
        for one in waiting:
            one.close()


# Something else there


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\nInvalid.\r\n", "closed the connection"),
        (b"\x15\x03\x01\x00\x02\x02\x16", "did not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 30_000, "did not answer in HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", "closed the connection"),
        (b"", "closed the connection"),
    ],
)
def test_what_answers_is_no_registry(ask: Asker, hasty: None, said: bytes, words: str) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(said)

    with rogue(serve) as server:
        error = ask.error(server.url)
    assert isinstance(error, RegistryUnreachable)
    assert words in error.message
    assert server.url in error.message


def test_a_page_is_no_registry(ask: Asker) -> None:
    with rogue(reply(200, b"<!doctype html><html>", content_type="text/html")) as server:
        error = ask.error(server.url)
    assert (
        error.message == f"registry `{server.url}` answered HTML (200): is this the registry's URL?"
    )


def test_json_of_another_shape(ask: Asker) -> None:
    with rogue(reply(200, b'{"status":"ok"}')) as server:
        error = ask.error(server.url)
    assert "with JSON that is not an object with a text `schema`" in error.message


# Slow and large


@pytest.mark.parametrize(
    "behaviour",
    [
        drip(b"", b"", 9),
        drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05),
        drip(b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.05),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" ", 0.05),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.05),
        drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05),
    ],
    ids=["silence", "headers", "one-header", "body", "chunks", "interim"],
)
def test_a_slow_answer_ends_at_the_deadline(ask: Asker, hasty: None, behaviour: Behaviour) -> None:
    with rogue(behaviour) as server:
        started = time.monotonic()
        error = ask.error(server.url)
        assert time.monotonic() - started < 2.5
    assert isinstance(error, RegistryUnreachable)
    assert "did not answer in time" in error.message


def test_a_handshake_that_never_ends(ask: Asker, hasty: None) -> None:
    def serve(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    with rogue(serve) as server:
        started = time.monotonic()
        error = ask.error(server.url.replace("http:", "https:"))
        assert time.monotonic() - started < 2.5
    assert "in time" in error.message


def zeros(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(1024 * 1024)
    return b"".join(packer.compress(block) for _ in range(size)) + packer.flush()


@pytest.mark.parametrize("size", [11, 500])
def test_a_gzip_bomb_is_one_error(ask: Asker, size: int) -> None:
    with rogue(reply(200, zeros(size), content_encoding="gzip")) as server:
        error = ask.error(server.url)
    assert "sent an answer that is too large: more than 10 MiB" in error.message


def test_a_body_without_end_is_one_error(ask: Asker) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    with rogue(serve) as server:
        assert "more than 10 MiB" in ask.error(server.url).message


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_packed_answer_is_read(ask: Asker, encoding: str) -> None:
    packed = gzip.compress(INT) if encoding == "gzip" else zlib.compress(INT)
    with rogue(reply(200, packed, content_encoding=encoding)) as server:
        assert ask(server.url).text == '"int"'


def test_a_deep_schema_is_an_error_and_no_crash(ask: Asker) -> None:
    schema = '{"type":"array","items":' * 100_000 + '"int"' + "}" * 100_000
    body = json.dumps({"schema": schema}).encode()
    with rogue(reply(200, body)) as server:
        try:
            parsed = ask.ask(lambda registry: registry.parsed(1), server.url)
        except SchemaParseError:
            return
        assert parsed.name == "array"


# Credentials


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_credentials_do_not_follow_a_redirect(ask: Asker, status: int) -> None:
    elsewhere: list[bytes] = []
    with (
        rogue(recorded(elsewhere, reply(200, INT))) as other,
        rogue(reply(status, location=f"{other.url}/schemas/ids/1")) as server,
    ):
        error = ask.error(server.url, basic_auth="me:canary")
    assert elsewhere == []
    assert "a redirect to `http://127.0.0.1`, which is not followed" in error.message


def test_credentials_go_to_the_configured_host_only(ask: Asker) -> None:
    seen: list[bytes] = []
    with rogue(recorded(seen, reply(200, INT))) as server:
        ask(server.url, basic_auth="me:canary")
    (request,) = seen
    assert b"Authorization: Basic bWU6Y2FuYXJ5" in request
    assert f"Host: 127.0.0.1:{server.port}".encode() in request


@pytest.mark.parametrize("status", [401, 403, 400, 422, 500])
def test_a_registry_that_repeats_credentials_is_not_quoted(ask: Asker, status: int) -> None:
    body = {"error_code": status * 100, "message": "login me:canary (bWU6Y2FuYXJ5) failed"}
    with rogue(reply(status, json.dumps(body).encode(), retry_after="60")) as server:
        error = ask.error(server.url, basic_auth="me:canary")
    for text in (str(error), repr(error), str(error.hint)):
        assert "canary" not in text
        assert "bWU6" not in text


def test_no_log_holds_credentials(ask: Asker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with rogue(reply(401, b'{"error_code":401}')) as server:
        ask.error(server.url, basic_auth="me:canary")
    assert caplog.records
    assert not [text for text in ("canary", "bWU6") if text in caplog.text]


def test_a_token_is_fetched_and_a_revoked_one_renewed(ask: Asker) -> None:
    issued = iter(range(1, 10))
    seen: list[bytes] = []

    def tokens(connection: socket.socket) -> None:
        while read_request(connection):
            body = json.dumps({"access_token": f"tok{next(issued)}", "expires_in": 600}).encode()
            connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def registry(connection: socket.socket) -> None:
        while request := read_request(connection):
            seen.append(request)
            is_good = b"Bearer tok2" in request
            body = INT if is_good else b'{"error_code":401,"message":"expired tok1"}'
            status = b"200" if is_good else b"401"
            head = b"HTTP/1.1 %s X\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
            connection.sendall(head + body)

    with rogue(tokens) as provider, rogue(registry) as server:
        oauth = {
            "token_url": f"{provider.url}/token",
            "client_id": "me",
            "client_secret": "canary",
        }
        assert ask(server.url, oauth=oauth).text == '"int"'
    assert len(seen) == 2
    assert not any(b"canary" in request for request in seen)


# TLS


def test_a_private_authority_is_trusted_when_it_is_named(
    ask: Asker, authority: trustme.CA, ca: str
) -> None:
    tls = server_tls(authority.issue_cert("127.0.0.1"))
    with rogue(reply(200, INT), tls) as server:
        assert ask(server.url, ca=ca).text == '"int"'


def test_a_private_authority_is_not_trusted_otherwise(ask: Asker, authority: trustme.CA) -> None:
    with rogue(reply(200, INT), server_tls(authority.issue_cert("127.0.0.1"))) as server:
        error = ask.error(server.url)
    assert "certificate comes from an authority that is not trusted" in error.message


def test_insecure_accepts_any_certificate(ask: Asker, authority: trustme.CA) -> None:
    with rogue(reply(200, INT), server_tls(authority.issue_cert("other.example"))) as server:
        assert ask(server.url, insecure=True).text == '"int"'


def test_a_certificate_of_another_host(ask: Asker, authority: trustme.CA, ca: str) -> None:
    with rogue(reply(200, INT), server_tls(authority.issue_cert("other.example"))) as server:
        message = ask.error(server.url, ca=ca).message
    assert "its certificate is for another" in message


def test_a_certificate_that_has_expired(ask: Asker, authority: trustme.CA, ca: str) -> None:
    from datetime import UTC, datetime, timedelta

    past = datetime.now(UTC) - timedelta(days=1)
    tls = server_tls(authority.issue_cert("127.0.0.1", not_after=past))
    with rogue(reply(200, INT), tls) as server:
        assert "its certificate has expired" in ask.error(server.url, ca=ca).message


def test_plain_http_where_tls_is_expected(ask: Asker, hasty: None) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with rogue(serve) as server:
        error = ask.error(server.url.replace("http:", "https:"))
    assert "it does not speak TLS: is it an `http://` address?" in error.message


def test_a_client_certificate_is_shown(
    ask: Asker, authority: trustme.CA, ca: str, tmp_path: Path
) -> None:
    tls = server_tls(authority.issue_cert("127.0.0.1"))
    tls.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(tls)
    own = authority.issue_cert("me@example.org")
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    own.cert_chain_pems[0].write_to_path(str(certificate))
    own.private_key_pem.write_to_path(str(key))
    with rogue(reply(200, INT), tls) as server:
        found = ask(server.url, ca=ca, certificate=str(certificate), key=str(key))
        assert found.text == '"int"'
        error = ask.error(server.url, ca=ca)
    assert isinstance(error, RegistryUnreachable)


@pytest.mark.parametrize("content", [None, b"", b"not PEM", b"-----BEGIN CERTIFICATE-----\nx"])
def test_an_authority_that_cannot_be_read(
    ask: Asker, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "broken.pem"
    if content is not None:
        path.write_bytes(content)
    error = ask.error("https://127.0.0.1:1", ca=str(path))
    assert isinstance(error, ConfigurationError)
    assert f"the registry's `ca` `{path}` cannot be read" in error.message


# Sharing


def test_callers_at_the_same_time_share_one_request(ask: Asker) -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        while request := read_request(connection):
            seen.append(request)
            time.sleep(0.2)
            connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % len(INT) + INT)

    def threads(registry: SchemaRegistry) -> list[Any]:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(registry.parsed, [1] * 8))

    async def tasks(registry: AsyncSchemaRegistry) -> list[Any]:
        return await asyncio.gather(*(registry.parsed(1) for _ in range(8)))

    with rogue(serve) as server:
        found = ask.ask(tasks if ask.is_async else threads, server.url)
    assert len(seen) == 1
    assert len({id(schema) for schema in found}) == 1


def test_a_cancelled_task_does_not_cancel_the_others() -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        time.sleep(0.3)
        connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % len(INT) + INT)

    async def go(url: str) -> None:
        async with AsyncSchemaRegistry(RegistryConfig(url=url)) as registry:
            first, second = (asyncio.ensure_future(registry.parsed(1)) for _ in range(2))
            await asyncio.sleep(0.1)
            first.cancel()
            assert (await second).name == "int"
            assert first.cancelled()

    with rogue(serve) as server:
        asyncio.run(go(server.url))


def test_closing_ends_what_is_under_way() -> None:
    async def go(url: str) -> None:
        registry = AsyncSchemaRegistry(RegistryConfig(url=url))
        asked = asyncio.ensure_future(registry.parsed(1))
        await asyncio.sleep(0.1)
        started = time.monotonic()
        await registry.close()
        with pytest.raises(RegistryUnreachable, match="was closed"):
            await asked
        assert time.monotonic() - started < 1

    with rogue(drip(b"", b"", 9)) as server:
        asyncio.run(go(server.url))


def test_the_event_loop_goes_on_while_a_registry_is_slow(hasty: None) -> None:
    async def go(url: str) -> float:
        longest, last = 0.0, time.monotonic()
        async with AsyncSchemaRegistry(RegistryConfig(url=url)) as registry:
            asked = asyncio.ensure_future(registry.parsed(1))
            while not asked.done():
                await asyncio.sleep(0.01)
                longest, last = max(longest, time.monotonic() - last), time.monotonic()
            with pytest.raises(RegistryUnreachable):
                await asked
        return longest

    with rogue(drip(b"", b"", 9)) as server:
        assert asyncio.run(go(server.url)) < 0.5


def test_the_event_loop_goes_on_while_a_large_schema_is_parsed() -> None:
    fields = [{"name": f"f{number}", "type": "int", "doc": "x" * 200} for number in range(9000)]
    schema = json.dumps({"type": "record", "name": "R", "fields": fields})
    body = json.dumps({"schema": schema}).encode()
    threads: set[str] = set()

    async def go(url: str) -> int:
        turns = 0
        async with AsyncSchemaRegistry(RegistryConfig(url=url)) as registry:
            asked = asyncio.ensure_future(registry.parsed(1))
            while not asked.done():
                await asyncio.sleep(0)
                threads.update(thread.name for thread in threading.enumerate())
                turns += 1
            assert (await asked).name == "R"
        return turns

    with rogue(reply(200, body)) as server:
        assert asyncio.run(go(server.url)) > 10
    assert any(name.startswith("asyncio_") for name in threads)


def test_a_connection_the_registry_closed_meanwhile_is_replaced(ask: Asker) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % len(INT) + INT)

    def twice(registry: SchemaRegistry) -> None:
        registry.schema_by_id(1)
        registry.schema_by_id(2)

    async def twice_async(registry: AsyncSchemaRegistry) -> None:
        await registry.schema_by_id(1)
        await registry.schema_by_id(2)

    with rogue(serve) as server:
        ask.ask(twice_async if ask.is_async else twice, server.url)
        assert server.count == 2


def test_nothing_is_sent_before_the_first_question() -> None:
    with rogue(reply(200, INT)) as server:
        with SchemaRegistry(RegistryConfig(url=server.url)):
            pass
        assert server.count == 0


def test_a_change_that_the_guard_refuses_is_not_sent() -> None:
    def refuse(operation: str, subject: str | None) -> None:
        raise RegistryError(f"no {operation} of {subject}")

    with rogue(reply(200, INT)) as server:
        with SchemaRegistry(RegistryConfig(url=server.url), guard=refuse) as registry:
            changes: list[Callable[[], object]] = [
                lambda: registry.register("s", '"int"'),
                lambda: registry.delete_subject("s"),
                lambda: registry.delete_version("s", 1),
                lambda: registry.set_compatibility_level("NONE"),
                lambda: registry.delete_compatibility_level("s"),
                lambda: registry.set_mode("READONLY"),
                lambda: registry.delete_mode("s"),
            ]
            for change in changes:
                with pytest.raises(RegistryError, match=r"^no "):
                    change()
        assert server.count == 0
