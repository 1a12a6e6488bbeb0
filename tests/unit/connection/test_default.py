"""`connect()` and the default connection."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowodm.config import Context
from flowodm.connection import (
    KafkaConnection,
    connect,
    get_async_consumer,
    get_async_producer,
    get_consumer,
    get_kafka_connection,
    get_producer,
    get_schema_registry,
)
from flowodm.connection.causes import Cause
from flowodm.connection.errors import unreachable
from flowodm.connection.journal import Failure
from flowodm.errors import AuthenticationFailed, BrokerUnreachable, ConfigurationError

pytestmark = pytest.mark.unit

VARIABLES = (
    "KAFKA_BOOTSTRAP_SERVERS",
    "KAFKA_SASL_PASSWORD",
    "SCHEMA_REGISTRY_URL",
    "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO",
    "FLOWODM_CONTEXT",
)


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("FLOWODM_CONFIG_DIR", str(tmp_path / "own"))
    monkeypatch.chdir(tmp_path)
    get_kafka_connection().reset()
    yield
    connect(bootstrap_servers="localhost:1")
    get_kafka_connection().reset()


def test_the_default_is_one_and_others_can_be_made() -> None:
    assert connect(bootstrap_servers="localhost:1") is get_kafka_connection()
    assert KafkaConnection() is not get_kafka_connection()


def test_every_argument_reaches_its_client() -> None:
    context = connect(
        bootstrap_servers="a:1",
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="u",
        sasl_password="p",
        schema_registry_url="https://r",
        schema_registry_api_key="key",
        schema_registry_api_secret="secret",
        config={"debug": "broker", "socket.keepalive.enable": True},
        consumer_config={"fetch.min.bytes": 7},
        producer_config={"linger.ms": 5},
    ).context
    everyone = {
        "bootstrap.servers": "a:1",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "u",
        "sasl.password": "p",
        "debug": "broker",
        "socket.keepalive.enable": "true",
    }
    assert context.client_config("admin") == everyone
    assert context.client_config("consumer") == everyone | {"fetch.min.bytes": "7"}
    assert context.client_config("producer") == everyone | {"linger.ms": "5"}
    assert context.schema_registry is not None
    assert context.schema_registry.basic_auth is not None
    assert context.schema_registry.basic_auth.get_secret_value() == "key:secret"
    assert (context.name, context.place("sasl.password")) == ("connect()", "connect()")


def test_user_info_in_one_piece() -> None:
    context = connect(
        "a:1", schema_registry_url="https://r", schema_registry_basic_auth_user_info="u:p"
    ).context
    assert context.schema_registry is not None
    assert context.schema_registry.basic_auth is not None
    assert context.schema_registry.basic_auth.get_secret_value() == "u:p"


def test_half_an_api_key_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="need each other"):
        connect("a:1", schema_registry_url="https://r", schema_registry_api_key="k")


def test_arguments_count_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "env:1")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "env-password")
    assert connect().context.bootstrap_servers == "env:1"
    context = connect(bootstrap_servers="code:1").context
    assert context.client_config("admin") == {"bootstrap.servers": "code:1"}


def test_the_environment_is_read_when_first_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "env:1")
    kafka = KafkaConnection()
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "env:2")
    assert kafka.context.bootstrap_servers == "env:2"
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "env:3")
    assert kafka.context.bootstrap_servers == "env:2"
    kafka.reset()
    assert kafka.context.bootstrap_servers == "env:3"


def test_bootstrap_servers_in_config_are_the_same_thing() -> None:
    assert connect(config={"bootstrap.servers": "a:1"}).context.bootstrap_servers == "a:1"
    with pytest.raises(ConfigurationError, match=r"`bootstrap.servers` too"):
        connect("a:1", config={"bootstrap.servers": "b:1"})


def test_a_misspelt_key_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match=r"unknown key `lingers.ms`") as caught:
        connect("a:1", config={"lingers.ms": 5})
    assert caught.value.hint is not None
    assert "`linger.ms`" in caught.value.hint


def test_a_context_can_be_named_and_added_to(tmp_path: Path) -> None:
    (tmp_path / "flowodm.yaml").write_text(
        "contexts: {a: {bootstrap_servers: a:1, kafka: {sasl.password: x}, "
        "schema_registry: {url: https://r}}}"
    )
    context = connect(context="a", sasl_username="u", config={"debug": "all"}).context
    assert (context.name, context.bootstrap_servers) == ("a", "a:1")
    assert context.client_config("admin")["sasl.username"] == "u"
    with pytest.raises(ConfigurationError, match="to another host"):
        connect("evil:1", context="a")
    again = connect(context=context, schema_registry_basic_auth_user_info="u:p").context
    assert again.client_config("admin") == context.client_config("admin")
    assert again.schema_registry is not None
    assert again.schema_registry.url == "https://r"
    assert again.place("debug") == "connect()"


def test_credentials_for_a_registry_that_nobody_names_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="and no registry is"):
        connect("a:1", schema_registry_basic_auth_user_info="u:p")


def test_other_values_replace_the_clients_and_the_same_values_keep_them() -> None:
    connect(bootstrap_servers="localhost:1")
    first = get_producer()
    connect(bootstrap_servers="localhost:1")
    assert get_producer() is first
    connect(bootstrap_servers="localhost:2")
    assert get_producer() is not first
    second = get_producer()
    connect(bootstrap_servers="localhost:2", config={"stats_cb": print})
    assert get_producer() is not second


def test_the_default_connections_clients() -> None:
    connect("localhost:1", schema_registry_url="http://127.0.0.1:1")
    assert get_producer() is get_kafka_connection().producer()
    assert get_schema_registry() is get_kafka_connection().schema_registry()
    get_consumer({"group.id": "g"}).close()


def test_an_event_loop_gets_the_same_clients_and_goes_on_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect("localhost:1")
    made_in: list[threading.Thread] = []
    make = KafkaConnection._make

    def observed(*arguments: Any) -> Any:
        made_in.append(threading.current_thread())
        return make(*arguments)

    monkeypatch.setattr(KafkaConnection, "_make", observed)

    async def clients() -> tuple[Any, Any]:
        return await get_async_producer(), await get_async_consumer({"group.id": "g"})

    producer, consumer = asyncio.run(clients())
    consumer.close()
    assert producer is get_producer()
    assert len(made_in) == 2
    assert threading.current_thread() not in made_in


def test_a_wrong_argument_is_said_without_its_value() -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect("a:1", schema_registry_url="https://u:canary@h?x")
    assert "canary" not in str(caught.value)


TEXTS = [
    *("bootstrap_servers", "security_protocol", "sasl_mechanism", "sasl_username"),
    *("sasl_password", "schema_registry_url", "schema_registry_api_key"),
    *("schema_registry_api_secret", "schema_registry_basic_auth_user_info", "context"),
]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_argument_is_no_silent_default(
    name: str, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "env:1")
    arguments: dict[str, Any] = {name: empty}
    with pytest.raises(ConfigurationError, match=f"`{name}` is empty"):
        connect(**arguments)


def test_other_ways_to_name_nothing_are_refused_too() -> None:
    with pytest.raises(ConfigurationError, match=r"`bootstrap.servers` in `config` is empty"):
        connect(config={"bootstrap.servers": ""})
    with pytest.raises(ConfigurationError, match="`context` is empty"):
        KafkaConnection("")


@pytest.mark.parametrize("scheme", ["kafka", "http", "SASL", "tcp"])
def test_a_scheme_that_librdkafka_does_not_know_is_refused_at_once(scheme: str) -> None:
    with pytest.raises(ConfigurationError, match=f"begins with `{scheme}://`"):
        connect(f"a:1,{scheme}://h:9092")


@pytest.mark.parametrize("scheme", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL", "ssl"])
def test_the_listeners_of_librdkafka_may_be_named(scheme: str) -> None:
    assert connect(f"{scheme}://h:9092").context.bootstrap_servers == f"{scheme}://h:9092"


def test_an_error_of_an_argument_hints_at_the_argument() -> None:
    with pytest.raises(BrokerUnreachable) as caught:
        connect("127.0.0.1:1").metadata(timeout=0.5)
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("check the address: connect(bootstrap_servers=…)")
    with (
        KafkaConnection(Context(bootstrap_servers="127.0.0.1:1")) as kafka,
        pytest.raises(BrokerUnreachable) as of_code,
    ):
        kafka.metadata(timeout=0.5)
    assert of_code.value.hint is not None
    assert of_code.value.hint.endswith("check the address: `bootstrap_servers` of `Context(…)`")


def test_a_refused_login_of_an_argument_hints_at_the_argument() -> None:
    kafka = connect("a:1", sasl_username="u", sasl_password="p")
    refused = Failure(Cause("credentials", "wrong credentials", "a:1", True), 1, 0.0)
    error = unreachable(kafka, refused)
    assert isinstance(error, AuthenticationFailed)
    assert error.hint is not None
    assert error.hint.endswith("(connect(sasl_username=…))")
    assert "context show" not in error.hint


def test_a_connection_is_closed_beside_the_event_loop() -> None:
    closed_in: list[threading.Thread] = []

    class Held:
        def close(self) -> None:
            closed_in.append(threading.current_thread())

    async def use() -> None:
        async with connect("localhost:1") as kafka:
            kafka.owned("first", Held)
        assert len(closed_in) == 1
        kafka.owned("second", Held)
        await kafka.aclose()

    asyncio.run(use())
    assert len(closed_in) == 2
    assert threading.current_thread() not in closed_in
