"""The embedded registry as a process and on a socket: what it refuses, and what it never loses."""

import contextlib
import http.client
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flowodm.config import RegistryConfig
from flowodm.errors import SandboxError
from flowodm.registry import SchemaRegistry
from flowodm.sandbox.registry.server import MAX_BODY, RegistryServer
from flowodm.sandbox.registry.store import Store
from tests.registry_process import RegistryProcess

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server() -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        yield server


def ask(
    server: RegistryServer,
    path: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:
    host = server.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True)
        named = {"Host": host, **(headers or {})}
        if body is not None:
            named["Content-Length"] = str(len(body))
        for name, value in named.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def fixed(number: int) -> str:
    """One of many schemas that may follow each other."""
    return f'{{"type":"fixed","name":"F","size":1,"number":{number}}}'


# What it refuses


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "localhost"])
def test_a_foreign_host_name_is_refused(server: RegistryServer, host: str) -> None:
    status, body = ask(server, "/subjects", headers={"Host": host})
    assert status == 403
    assert json.loads(body)["error_code"] == 403


def test_localhost_is_its_name_too(server: RegistryServer) -> None:
    port = server.url.rpartition(":")[2]
    assert ask(server, "/subjects", headers={"Host": f"localhost:{port}"})[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
def test_a_page_of_another_site_is_refused(server: RegistryServer, origin: str) -> None:
    assert ask(server, "/subjects", headers={"Origin": origin})[0] == 403
    assert ask(server, "/subjects", headers={"Origin": server.url})[0] == 200


def test_only_the_loopback_listens(server: RegistryServer) -> None:
    port = int(server.url.rpartition(":")[2])
    others = {
        str(info[4][0])
        for info in socket.getaddrinfo(socket.gethostname(), None, family=socket.AF_INET)
    }
    for address in others - {"127.0.0.1"}:
        with socket.socket() as probe:
            probe.settimeout(1)
            assert probe.connect_ex((address, port)) != 0


def test_a_large_body_is_refused_and_the_next_request_served(server: RegistryServer) -> None:
    with contextlib.suppress(ConnectionError):
        status, _ = ask(
            server, "/subjects/s/versions", method="POST", body=bytes(MAX_BODY + 70_000)
        )
        assert status == 413
    assert ask(server, "/subjects")[0] == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/subjects/%ff/versions", 400),
        ("/subjects/%zz/versions", 400),
        ("/subjects/%/versions", 400),
        ("/subjects?deleted=%ff", 400),
        ("/subjects?" + "a=1&" * 200, 400),
        ("/subjects/a%2Fb/versions", 404),
        ("/subjects/" + "x" * 20_000 + "/versions", 404),
        ("//subjects", 404),
        ("*", 404),
        ("/subjects?deleted=perhaps", 400),
        ("/subjects?limit=many", 400),
        ("/subjects?offset=" + "9" * 30, 400),
        ("/subjects/:.ctx:none/versions", 404),
        ("/subjects/%F0%9F%A6%86/versions/1", 404),
        ("/subjects/..%2F..%2Fetc/versions", 404),
        ("/subjects/s/versions/" + "9" * 5000, 422),
        ("/subjects/s/versions/-99999999999", 422),
        ("/schemas/ids/" + "9" * 5000, 404),
        ("/schemas/ids/-1", 404),
        ("/schemas/guids/%00", 404),
    ],
)
def test_any_path_has_an_answer(server: RegistryServer, path: str, status: int) -> None:
    found, body = ask(server, path)
    assert found == status
    assert json.loads(body)["message"]


def test_an_encoded_slash_is_part_of_a_name(server: RegistryServer) -> None:
    body = json.dumps({"schema": fixed(0)}).encode()
    assert ask(server, "/subjects/a%2Fb%25/versions", method="POST", body=body)[0] == 200
    assert ask(server, "/subjects/a%2Fb%25/versions")[0] == 200
    assert b'"a/b%"' in ask(server, "/subjects")[1]


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_slash_at_the_end_says_nothing(server: RegistryServer, slash: str) -> None:
    assert json.loads(ask(server, f"/config{slash}")[1]) == {"compatibilityLevel": "BACKWARD"}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("application/vnd.schemaregistry+json; charset=utf-8", 200),
        ("application/x-www-form-urlencoded", 415),
        ("text/html", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_only_json_is_taken(server: RegistryServer, kind: str, status: int) -> None:
    body = json.dumps({"schema": fixed(0)}).encode()
    place = "/subjects/typed/versions"
    found, _ = ask(server, place, method="POST", body=body, headers={"Content-Type": kind})
    assert found == status


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 3_000_000,
        b'{"a":' * 700_000,
        b'{"schema":"' + b"[" * 3_000_000 + b'"}',
        b'{"schema":"1","schema":"2"}',
        b'{"id":' + b"9" * 1_000_000 + b"}",
        b"\x1f\x8b" + bytes(1000),
        b"\xff\xfe{\x00}\x00",
    ],
    ids=["lists", "objects", "inside a schema", "twice", "a long number", "gzip", "UTF-16"],
)
def test_a_body_that_is_no_request_is_refused(server: RegistryServer, body: bytes) -> None:
    found, answer = ask(server, "/subjects/s/versions", method="POST", body=body)
    assert found in (400, 422)
    assert json.loads(answer)["error_code"] in (400, 42201)


def test_thousands_of_subjects_come_with_one_request(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    store = Store(path)
    with store.transaction():
        for number in range(5000):
            schema = store.add_schema(f"guid-{number}", fixed(number), ())
            store.add_version(f"subject-{number:04}", 1, schema.schema_id)
    store.close()
    with RegistryServer(path) as server:
        assert len(json.loads(ask(server, "/subjects")[1])) == 5000
        assert len(json.loads(ask(server, "/schemas?latestOnly=true")[1])) == 5000


def test_a_port_in_use_is_said_to_be_so(server: RegistryServer) -> None:
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(SandboxError, match=f"cannot listen on `127.0.0.1:{port}`"):
        RegistryServer(port=port).start()


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look", None])
def test_a_file_that_is_not_its_own_is_left_alone(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "state"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(SandboxError, match="cannot be opened"):
        RegistryServer(path).start()
    if content is not None:
        assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "other.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE important (x)")
        other.commit()
    with pytest.raises(SandboxError, match="cannot be opened"):
        RegistryServer(path).start()


# What it never loses


def test_state_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    for expected in ([1], [1, 2]):
        with RegistryServer(path) as server:
            config = RegistryConfig(url=server.url)
            with SchemaRegistry(config) as registry:
                registry.register("s", fixed(len(expected)))
                assert list(registry.versions("s")) == expected


def test_registering_at_the_same_time_gives_one_id(server: RegistryServer) -> None:
    with SchemaRegistry(RegistryConfig(url=server.url)) as registry, ThreadPoolExecutor(8) as pool:
        same = list(pool.map(lambda _: registry.register("same", fixed(1)), range(40)))
        apart = list(pool.map(lambda n: registry.register(f"apart-{n}", fixed(2)), range(40)))
        mixed = list(pool.map(lambda n: registry.register("mixed", fixed(3 + n % 5)), range(40)))
        assert len({one.schema_id for one in same}) == 1
        assert registry.versions("same") == (1,)
        assert len({one.schema_id for one in apart}) == 1
        assert len({one.schema_id for one in mixed}) == 5
        assert registry.versions("mixed") == (1, 2, 3, 4, 5)


def test_one_line_says_that_it_is_ready() -> None:
    with RegistryProcess("--port", "0") as process:
        assert process.line == f"ready {process.url}\n"
        with SchemaRegistry(RegistryConfig(url=process.url)) as registry:
            assert registry.subjects() == ()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_soon_also_with_connections_open(number: signal.Signals) -> None:
    with RegistryProcess() as process, SchemaRegistry(RegistryConfig(url=process.url)) as registry:
        registry.subjects()
        started = time.monotonic()
        process.popen.send_signal(number)
        out, err = process.popen.communicate(timeout=10)
        assert time.monotonic() - started < 3
        assert (out, err, process.popen.returncode) == (b"", b"", 0)


def test_a_port_in_use_is_one_line_and_exit_1(server: RegistryServer) -> None:
    with RegistryProcess("--port", server.url.rpartition(":")[2]) as process:
        _, err = process.popen.communicate(timeout=10)
        assert process.popen.returncode == 1
        assert err.decode().count("\n") == 1


def test_a_full_disk_is_an_error_and_what_was_acknowledged_stays(tmp_path: Path) -> None:
    path = str(tmp_path / "state.sqlite")
    acknowledged: list[int] = []
    with RegistryProcess("--file", path, largest_file=300_000) as process:
        exchange = ask_process(process)
        for number in range(500):
            if exchange(number) != 200:
                break
            acknowledged.append(number)
        assert 0 < len(acknowledged) < 500
        assert exchange(1000) == 500
        assert process.popen.poll() is None

    with (
        RegistryProcess("--file", path) as process,
        SchemaRegistry(RegistryConfig(url=process.url)) as registry,
    ):
        assert len(registry.versions("s")) == len(acknowledged)
        assert registry.lookup("s", fixed(acknowledged[-1])).version == len(acknowledged)


def ask_process(process: RegistryProcess) -> Callable[[int], int]:
    """Return a function that registers a schema and gives the status, without retries."""

    def register(number: int) -> int:
        connection = http.client.HTTPConnection(process.url.removeprefix("http://"), timeout=10)
        body = json.dumps({"schema": fixed(number)})
        connection.request("POST", "/subjects/s/versions", body)
        status = connection.getresponse().status
        connection.close()
        return status

    return register
