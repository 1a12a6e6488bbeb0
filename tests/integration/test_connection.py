"""`KafkaConnection` and the command line on a broker that wants TLS, a login and permissions."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.errors import AuthenticationFailed, AuthorizationError, BrokerUnreachable, FlowODMError
from tests.conftest import Finished
from tests.servers import TestServers

pytestmark = pytest.mark.integration

Run = Callable[..., Finished]


def connection(servers: TestServers, **changes: str | None) -> KafkaConnection:
    """Connect as the administrator, with some keys changed, or left out where None."""
    config = dict(servers.client_config)
    config |= {key.replace("_", "."): value for key, value in changes.items()}  # type: ignore[misc]
    kafka = {key: value for key, value in config.items() if value is not None}
    return KafkaConnection(
        Context(
            name="secure",
            source="test",
            bootstrap_servers=kafka.pop("bootstrap.servers"),
            kafka=kafka,
        )
    )


def failure(kafka: KafkaConnection) -> tuple[FlowODMError, float]:
    begun = time.monotonic()
    with kafka, pytest.raises(FlowODMError) as caught:
        kafka.metadata(30)
    return caught.value, time.monotonic() - begun


def test_the_right_credentials_are_taken(secure_sandbox: TestServers) -> None:
    with connection(secure_sandbox) as kafka:
        assert kafka.metadata().cluster_id


@pytest.mark.parametrize("change", [{"sasl_password": "canary-wrong"}, {"sasl_username": "nobody"}])
def test_a_wrong_password_is_said_to_be_one(
    secure_sandbox: TestServers, change: dict[str, str]
) -> None:
    error, seconds = failure(connection(secure_sandbox, **change))
    user = change.get("sasl_username", "admin")
    assert isinstance(error, AuthenticationFailed)
    assert error.message == (
        f"{secure_sandbox.bootstrap_servers} refuses user `{user}` "
        "(SCRAM-SHA-512: wrong user name or password)"
    )
    assert error.hint is not None
    assert "`sasl.password` of context `secure`" in error.hint
    assert "canary" not in f"{error} {error.hint}"
    assert error.exit_code == 4
    assert seconds < 15  # not the thirty that were allowed


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_a_mechanism_that_is_not_offered_is_said(
    secure_sandbox: TestServers, mechanism: str
) -> None:
    error, _ = failure(connection(secure_sandbox, sasl_mechanism=mechanism))
    assert isinstance(error, AuthenticationFailed)
    assert f"(it does not offer {mechanism}, but SCRAM-SHA-512)" in error.message


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ssl_ca_location": None}, "its certificate is not trusted"),
        ({"security_protocol": "PLAINTEXT"}, "`security.protocol` is PLAINTEXT"),
        ({"security_protocol": "SASL_PLAINTEXT"}, "`security.protocol` is SASL_PLAINTEXT"),
    ],
)
def test_a_wrong_protocol_or_authority_is_said(
    secure_sandbox: TestServers, change: dict[str, str | None], reason: str
) -> None:
    error, _ = failure(connection(secure_sandbox, **change))
    assert isinstance(error, BrokerUnreachable)
    assert reason in error.message


@pytest.mark.parametrize(
    ("protocol", "reason"),
    [("SSL", "(it does not speak TLS there)"), ("SASL_PLAINTEXT", "(it asks for no SASL there)")],
)
def test_security_where_the_broker_has_none_is_said(
    sandbox: TestServers, protocol: str, reason: str
) -> None:
    kafka: dict[str, Any] = {"security.protocol": protocol, "sasl.mechanism": "PLAIN"}
    kafka |= {"sasl.username": "u", "sasl.password": "p"} if "SASL" in protocol else {}
    context = Context(
        name="x", source="x", bootstrap_servers=sandbox.bootstrap_servers, kafka=kafka
    )
    error, _ = failure(KafkaConnection(context))
    assert reason in error.message


def test_an_operation_that_is_not_allowed_is_said(
    secure_sandbox: TestServers, unprivileged: dict[str, str]
) -> None:
    from flowodm.topics import describe_topic

    with connection(secure_sandbox) as kafka:
        create(kafka, "secret-topic")
    changed = {key.replace(".", "_"): value for key, value in unprivileged.items()}
    with connection(secure_sandbox, **changed) as kafka:
        assert "secret-topic" not in kafka.metadata().topics
        with pytest.raises(AuthorizationError) as caught:
            describe_topic(kafka, "secret-topic")
    assert (
        caught.value.message == "user `bob` is not allowed to do this (topic authorisation failed)"
    )
    assert caught.value.exit_code == 4


def create(kafka: KafkaConnection, name: str) -> None:
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import NewTopic

    (future,) = kafka.admin().create_topics([NewTopic(name, 1)]).values()
    try:
        future.result(30)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


@pytest.fixture(scope="session")
def unprivileged(secure_sandbox: TestServers) -> dict[str, str]:
    """A user whom nothing is allowed."""
    from confluent_kafka.admin import (
        ScramCredentialInfo,
        ScramMechanism,
        UserScramCredentialUpsertion,
    )

    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    with connection(secure_sandbox) as kafka:
        (future,) = (
            kafka.admin()
            .alter_user_scram_credentials([UserScramCredentialUpsertion("bob", info, b"bobs-own")])
            .values()
        )
        future.result(30)
    return {"sasl.username": "bob", "sasl.password": "bobs-own"}


def secure_environment(servers: TestServers, **changes: str) -> dict[str, str]:
    names = {
        "bootstrap.servers": "KAFKA_BOOTSTRAP_SERVERS",
        "security.protocol": "KAFKA_SECURITY_PROTOCOL",
        "sasl.mechanism": "KAFKA_SASL_MECHANISM",
        "sasl.username": "KAFKA_SASL_USERNAME",
        "sasl.password": "KAFKA_SASL_PASSWORD",
        "ssl.ca.location": "FLOWODM_KAFKA_SSL_CA_LOCATION",
    }
    return {names[key]: value for key, value in servers.client_config.items()} | changes


@pytest.mark.parametrize(
    "arguments",
    [("topics", "list"), ("topics", "describe", "x"), ("tail", "x", "-e"), ("produce", "x")],
    ids=" ".join,
)
def test_every_command_says_a_wrong_password_and_ends_with_4(
    secure_sandbox: TestServers, flowodm: Run, arguments: tuple[str, ...]
) -> None:
    environ = secure_environment(secure_sandbox, KAFKA_SASL_PASSWORD="canary-wrong")
    done = flowodm(*arguments, env=environ, input=b"{}\n")
    assert done.exit_code == 4, done
    assert "refuses user `admin` (SCRAM-SHA-512: wrong user name or password)" in done.stderr
    assert "canary" not in done.stdout + done.stderr


def test_a_login_by_the_old_variables_works(secure_sandbox: TestServers, flowodm: Run) -> None:
    done = flowodm("topics", "list", "-o", "json", env=secure_environment(secure_sandbox))
    assert done.exit_code == 0, done


@pytest.mark.parametrize(
    "arguments",
    [("topics", "list"), ("topics", "describe", "x"), ("tail", "x", "-e"), ("produce", "x")],
    ids=" ".join,
)
def test_without_a_broker_every_command_names_the_address_and_the_cure(
    flowodm: Run, arguments: tuple[str, ...]
) -> None:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:1"}
    done = flowodm(*arguments, env=environ, input=b"{}\n")
    assert done.exit_code == 1, done
    assert done.stderr.startswith(
        "error: cannot reach a broker at localhost:1 (connection refused, "
    )
    assert "flowodm sandbox up" in done.stderr
    assert done.stdout == ""


def test_a_warning_is_said_at_each_run(sandbox: TestServers, flowodm: Run, tmp_path: Path) -> None:
    (tmp_path / "flowodm.yaml").write_text(
        f"contexts:\n  a:\n    bootstrap_servers: {sandbox.bootstrap_servers}\n    insecure: true\n"
    )
    for _ in range(2):
        done = flowodm("topics", "list", "--context", "a")
        assert done.exit_code == 0
        assert done.stderr.splitlines()[0] == (
            "warning: context `a` accepts any certificate (`insecure`, flowodm.yaml:4)"
        )
