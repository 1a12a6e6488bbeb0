"""What librdkafka's log lines mean, in the words of librdkafka 2.16."""

import logging

import pytest

from flowodm.connection.causes import Cause, cause_of
from flowodm.connection.journal import Journal

pytestmark = pytest.mark.unit


def line(text: str, *, protocol: str = "sasl_ssl://", address: str = "k1:9093") -> str:
    name = f"{protocol}{address}/bootstrap"
    return f"FAIL [rdkafka#producer-1] [thrd:{name}]: {name}: {text} (after 3ms in state X)"


@pytest.mark.parametrize(
    ("text", "kind", "words", "definite"),
    [
        (
            "SASL authentication error: Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512",
            "credentials",
            "wrong credentials",
            True,
        ),
        (
            "SASL SCRAM-SHA-256 mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms: SCRAM-SHA-512,PLAIN",
            "mechanism",
            "it does not offer SCRAM-SHA-256, but SCRAM-SHA-512,PLAIN",
            True,
        ),
        (
            "SASL PLAIN mechanism handshake failed: Broker: Request not valid in current SASL state: broker's supported mechanisms: ",
            "no_sasl",
            "it asks for no SASL there",
            True,
        ),
        (
            "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified, verify that ssl.ca.location is correctly",
            "certificate",
            "its certificate is not trusted",
            True,
        ),
        (
            "SSL handshake failed: error:0A00010B:SSL routines::wrong version number",
            "tls",
            "it does not speak TLS there",
            True,
        ),
        (
            "SSL handshake failed: Disconnected: SSL connection closed by peer: connecting to a PLAINTEXT broker listener?",
            "tls",
            "it does not speak TLS there",
            True,
        ),
        (
            "SSL handshake failed: error:0A000410:SSL routines::unknown thing",
            "tls",
            "TLS: SSL routines::unknown thing",
            True,
        ),
        (
            "Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL alert number 116",
            "client_certificate",
            "it asks for a client certificate that it knows",
            True,
        ),
        (
            "Receive failed: Invalid response size 1213486160 (0..100000000): increase receive.message.max.bytes",
            "not_kafka",
            "what answers there speaks HTTP, not Kafka",
            True,
        ),
        (
            "Receive failed: Invalid response size 1397966893 (0..100000000): increase x",
            "not_kafka",
            "what answers is not Kafka",
            True,
        ),
        (
            "Failed to resolve 'k1:9093': Name or service not known",
            "unresolved",
            "the name does not resolve",
            True,
        ),
        (
            "Failed to resolve 'k1:9093': Temporary failure in name resolution",
            "unresolved",
            "the name does not resolve",
            False,
        ),
        (
            "Connect to ipv4#127.0.0.1:9093 failed: Connection refused",
            "refused",
            "connection refused",
            False,
        ),
        (
            "Connect to ipv4#10.0.0.1:9093 failed: No route to host",
            "unroutable",
            "no route to host",
            False,
        ),
        ("Connection setup timed out in state CONNECT", "silent", "no answer", False),
        ("Disconnected: connection reset by peer", "disconnected", "it hangs up", False),
        ("something never seen", "disconnected", "it fails", False),
    ],
)
def test_a_failure_is_named(text: str, kind: str, words: str, definite: bool) -> None:
    cause = cause_of(line(text))
    assert cause is not None
    assert (cause.kind, cause.text, cause.is_definite) == (kind, words, definite)
    assert cause.address == "k1:9093"


def test_a_token_that_cannot_be_had_is_named() -> None:
    cause = cause_of(
        "OIDC [rdkafka#producer-1] [thrd:background]: Failed to retrieve OIDC token from "
        '"http://127.0.0.1:1/t": Failed to connect to 127.0.0.1:1 after 0 ms: Could not connect '
        "to server (-1)"
    )
    assert cause is not None
    assert cause.kind == "token"
    assert cause.text == (
        "no OAuth token: Failed to connect to 127.0.0.1:1 after 0 ms: Could not connect to server"
    )


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("localhost:1/bootstrap", "localhost:1"),
        ("ssl://[::1]:9093/bootstrap", "[::1]:9093"),
        ("sasl_plaintext://a-b.c:9/1001", "a-b.c:9"),
        ("GroupCoordinator: k1:9092/2", "k1:9092"),
        ("main", ""),
    ],
)
def test_the_address_is_found(name: str, address: str) -> None:
    cause = cause_of(f"FAIL [rdkafka#consumer-2] [thrd:{name}]: x: Connection refused")
    assert cause is not None
    assert cause.address == address


@pytest.mark.parametrize("facility", ["CONFWARN", "INIT", "PARTCNT", "REQTMOUT", ""])
def test_lines_that_tell_of_no_failure_are_none(facility: str) -> None:
    assert cause_of(f"{facility} [rdkafka#producer-1] [thrd:app]: Connection refused") is None


def refused(address: str) -> str:
    text = "Connect to ipv4#127.0.0.1:9 failed: Connection refused"
    return line(text, address=address)


def test_tries_are_counted_by_address() -> None:
    journal = Journal()
    for _ in range(3):
        journal.log(40, refused("a:1"))
    journal.log(40, refused("b:1"))
    worst = journal.worst()
    assert worst is not None
    assert (worst.cause.address, worst.tries) == ("a:1", 3)
    journal.begin()
    assert journal.worst() is None


def test_the_most_telling_cause_is_the_worst() -> None:
    journal = Journal()
    for _ in range(9):
        journal.log(40, refused("a:1"))
    journal.log(40, line("SASL authentication error: x", address="b:1"))
    worst = journal.worst()
    assert worst is not None
    assert worst.cause.kind == "credentials"


def test_wrong_credentials_end_the_wait_at_once_and_a_certificate_when_all_have_failed() -> None:
    journal = Journal()
    journal.log(40, line("SSL handshake failed: x: certificate verify failed", address="a:1"))
    assert journal.definite(servers=2) is None
    assert journal.definite(servers=1) is not None
    journal.log(40, refused("b:1"))
    assert journal.definite(servers=2) is None
    journal.log(40, line("SASL authentication error: x", address="c:1"))
    assert journal.definite(servers=3) is not None


def test_a_broker_that_hangs_up_time_and_again_is_a_puzzle_once() -> None:
    journal = Journal()
    for _ in range(2):
        journal.log(20, line("Disconnected: connection reset by peer"))
    assert journal.puzzle() is None
    journal.log(20, line("Disconnected: connection reset by peer"))
    puzzle = journal.puzzle()
    assert puzzle is not None
    journal.settle(Cause("tls", "it speaks TLS there", puzzle.address, True))
    assert journal.puzzle() is None
    journal.log(20, line("Disconnected: connection reset by peer"))
    worst = journal.worst()
    assert worst is not None
    assert worst.cause.text == "it speaks TLS there"  # what was seen is not forgotten


def test_lines_go_on_to_the_log_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    from flowodm.config.secrets import remember

    remember(["hunter2-secret"])
    with caplog.at_level("DEBUG", logger="flowodm.kafka"):
        Journal().log(40, "%s [%s] %s", "FAIL", "rdkafka#1", "password hunter2-secret is wrong")
    assert caplog.messages == ["FAIL [rdkafka#1] password ******** is wrong"]
    assert caplog.records[0].levelname == "INFO"


def test_a_debug_line_is_no_failure() -> None:
    journal = Journal()
    journal.log(logging.ERROR, line("SASL authentication error: x", address="b:1"))
    journal.log(logging.DEBUG, line("Decommissioning this broker", address="b:1"))
    worst = journal.worst()
    assert worst is not None
    assert (worst.cause.kind, worst.tries) == ("credentials", 1)
