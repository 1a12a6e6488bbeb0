"""One address: its name, its port, its certificate, on servers of loopback that are no brokers."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowodm.doctor.servers import look_at, servers_of, uses_sasl, uses_tls
from tests.unit.connection.servers import Authority, hang_up, listening, speak_http

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("k1:9093", ("k1:9093",)),
        ("k1:1, k2:2,k1:1", ("k1:1", "k2:2")),
        ("k1", ("k1:9092",)),
        ("SASL_SSL://k1:9093", ("k1:9093",)),
        ("[::1]:9093,[::1]", ("[::1]:9093", "[::1]:9092")),
        ("", ()),
    ],
)
def test_servers_are_taken_apart(text: str, servers: tuple[str, ...]) -> None:
    assert servers_of({"bootstrap.servers": text}) == servers


@pytest.mark.parametrize(
    ("protocol", "tls", "sasl"),
    [
        (None, False, False),
        ("PLAINTEXT", False, False),
        ("ssl", True, False),
        ("sasl_plaintext", False, True),
        ("SASL_SSL", True, True),
    ],
)
def test_the_protocol_says_what_is_looked_at(protocol: str | None, tls: bool, sasl: bool) -> None:
    config = {"security.protocol": protocol} if protocol else {}
    assert (uses_tls(config), uses_sasl(config)) == (tls, sasl)


def test_without_tls_a_look_ends_with_the_port() -> None:
    with listening() as port:
        found = look_at(f"127.0.0.1:{port}", {}, timeout=2)
    assert [(one.step, one.status) for one in found] == [("dns", "ok"), ("tcp", "ok")]
    assert all(one.seconds is not None and one.place == f"127.0.0.1:{port}" for one in found)


def test_a_name_is_shown_with_its_addresses() -> None:
    with listening() as port:
        found = look_at(f"localhost:{port}", {"broker.address.family": "v4"}, timeout=2)
    assert [one.text for one in found] == ["localhost → 127.0.0.1", f"127.0.0.1:{port}"]


def test_a_name_that_no_host_can_have_is_a_failure() -> None:
    (found,) = look_at(f"{'x' * 70}.example:1", {}, timeout=2)
    assert (found.step, found.status) == ("dns", "failure")


def test_a_port_that_takes_no_connection_is_said_in_time() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        *_, found = look_at(f"127.0.0.1:{full.getsockname()[1]}", {}, timeout=0.2)
        for one in waiting:
            one.close()
    assert (found.step, found.text.partition(": ")[2]) == ("tcp", "no answer in 0.2 s")


def tls(authority: Authority | None = None, **changes: str) -> dict[str, str]:
    config = {"security.protocol": "SSL", **changes}
    return config | ({"ssl.ca.location": authority.path} if authority else {})


def test_a_certificate_that_holds_is_shown_with_its_end(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    year = datetime.now(UTC).year + 1
    with listening(tls=authority.server()) as port:
        *_, found = look_at(f"127.0.0.1:{port}", tls(authority), timeout=2)
    assert (found.step, found.status) == ("tls", "ok")
    assert found.text.startswith("TLSv1.3, 127.0.0.1, until ")
    assert int(found.text[-10:-6]) >= year


def test_a_certificate_that_ends_soon_is_a_warning(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server = authority.server(until=datetime.now(UTC) + timedelta(days=5, hours=1))
    with listening(tls=server) as port:
        *_, found = look_at(f"127.0.0.1:{port}", tls(authority), timeout=2)
    assert (found.status, found.hint) == ("warning", "renew it on the broker")
    assert found.text.endswith(": 5 days left")


def test_a_certificate_that_begins_later_is_said(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with listening(tls=authority.server(year=2099)) as port:
        *_, found = look_at(f"127.0.0.1:{port}", tls(authority), timeout=2)
    assert "its certificate is not valid yet (127.0.0.1, in " in found.text


def test_a_certificate_that_nobody_checks_is_a_warning(tmp_path: Path) -> None:
    unchecked = tls(**{"enable.ssl.certificate.verification": "false"})
    with listening(tls=Authority(tmp_path).server("k1.example")) as port:
        *_, found = look_at(f"127.0.0.1:{port}", unchecked, timeout=2)
    assert (found.status, found.text) == ("warning", "TLSv1.3, any certificate is accepted")


def test_a_name_that_does_not_count_is_not_compared(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    nameless = tls(authority, **{"ssl.endpoint.identification.algorithm": "none"})
    with listening(tls=authority.server("k1.example")) as port:
        *_, found = look_at(f"127.0.0.1:{port}", nameless, timeout=2)
    assert found.status == "ok"


def test_a_client_certificate_is_shown(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with listening(tls=authority.server(asks_client=True)) as port:
        *_, found = look_at(
            f"127.0.0.1:{port}", tls(authority, **authority.client_files()), timeout=2
        )
    assert found.status == "ok"


def test_a_file_that_is_no_certificate_is_said(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with listening() as port:
        *_, found = look_at(
            f"127.0.0.1:{port}", tls(**{"ssl.ca.location": str(tmp_path / "ca.pem")}), timeout=2
        )
    assert (found.step, found.status) == ("tls", "failure")
    assert found.text.startswith("the files for TLS cannot be used: ")


@pytest.mark.parametrize("answer", [speak_http, hang_up], ids=["HTTP", "hangs up"])
def test_a_port_without_tls_is_said(answer: object) -> None:
    with listening(answer) as port:  # type: ignore[arg-type]
        *_, found = look_at(f"127.0.0.1:{port}", tls(), timeout=2)
    assert found.text == f"127.0.0.1:{port}: it does not speak TLS there"
