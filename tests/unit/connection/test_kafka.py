"""`KafkaConnection` without a cluster: nothing listens, or what listens is no broker."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, KafkaException

from flowodm.config import Context
from flowodm.connection import KafkaConnection, broker_error
from flowodm.errors import (
    AuthenticationFailed,
    AuthorizationError,
    BrokerError,
    BrokerUnreachable,
    ChangeRefused,
    ConfigurationError,
    FlowODMError,
    TopicNotFound,
)
from tests.unit.connection.servers import Authority, hang_up, listening, speak_http

pytestmark = pytest.mark.unit


UNRESOLVABLE = "a" * 64
"""Too long for a label of a name: refused without asking a name server."""


def connection(servers: str | int | None = "localhost:1", **more: Any) -> KafkaConnection:
    if isinstance(servers, int):
        servers = f"127.0.0.1:{servers}"
    settings = {"name": "test", "source": "flowodm.yaml:3", "bootstrap_servers": servers}
    return KafkaConnection(Context.model_validate(settings | more))


def failure(kafka: KafkaConnection, *, timeout: float = 5.0) -> tuple[FlowODMError, float]:
    begun = time.monotonic()
    with kafka, pytest.raises(FlowODMError) as caught:
        kafka.metadata(timeout)
    return caught.value, time.monotonic() - begun


@pytest.fixture
def mock_cluster() -> Iterator[str]:
    """librdkafka's own cluster, in this process."""

    class Silent:
        def log(self, *_: object) -> None:
            pass

    host = confluent_kafka.Producer({"test.mock.num.brokers": 1}, logger=Silent())
    (broker,) = host.list_topics(timeout=5).brokers.values()
    yield f"{broker.host}:{broker.port}"
    del host
    gc.collect()


def test_nothing_is_opened_before_it_is_used() -> None:
    threads = threading.active_count()
    with KafkaConnection("no-such-context") as kafka:
        assert repr(kafka) == "<KafkaConnection no-such-context>"
    with listening() as port, connection(port) as kafka:
        assert kafka.context.name == "test"
        assert threading.active_count() <= threads + 1  # the server's own


def test_a_name_is_looked_up_when_a_client_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWODM_CONFIG_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="there is no context `nope`"):
        KafkaConnection("nope").producer()


def test_threads_share_one_client_of_each_kind() -> None:
    with connection() as kafka, ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: id(kafka.producer()), range(64)))) == 1
        assert len(set(pool.map(lambda _: id(kafka.admin()), range(64)))) == 1


def test_each_consumer_is_its_callers() -> None:
    with connection() as kafka:
        first, second = kafka.consumer({"group.id": "g"}), kafka.consumer({"group.id": "g"})
        assert first is not second
        first.close()
        second.close()


def test_a_closed_connection_makes_new_clients() -> None:
    kafka = connection()
    first = kafka.producer()
    kafka.close()
    assert kafka.producer() is not first
    kafka.close()


def test_a_refused_connection_is_said_with_tries_and_time() -> None:
    error, seconds = failure(connection(), timeout=0.6)
    assert isinstance(error, BrokerUnreachable)
    assert error.message.startswith("cannot reach a broker at localhost:1 (connection refused, ")
    assert error.message.endswith(" s)")
    assert " tries in 0.6 s" in error.message or " tries in 0.7 s" in error.message
    assert error.hint is not None
    assert error.hint.startswith("start a local one: flowodm sandbox up")
    assert error.hint.endswith("check the address: flowodm doctor")
    assert 0.5 <= seconds < 3


def test_a_name_that_does_not_resolve_is_said_at_once() -> None:
    error, seconds = failure(connection(f"{UNRESOLVABLE}:9092"), timeout=30)
    assert error.message == (
        f"cannot reach a broker at {UNRESOLVABLE}:9092 (the name does not resolve)"
    )
    assert error.hint == "check `bootstrap_servers` of context `test` (flowodm.yaml:3)"
    assert seconds < 20


def test_silence_is_said() -> None:
    with listening() as port:
        error, _ = failure(connection(port), timeout=0.5)
    assert error.message == f"cannot reach a broker at 127.0.0.1:{port} (no answer in 0.5 s)"


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ({"year": 2019}, "its certificate has expired"),
        ({"year": 2099}, "its certificate is not valid yet"),
        ({"host": "example.org"}, "its certificate is not for `127.0.0.1`"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(
    tmp_path: Path, server: dict[str, Any], reason: str
) -> None:
    authority = Authority(tmp_path)
    config = {"security.protocol": "SSL", "ssl.ca.location": authority.path}
    with listening(tls=authority.server(**server)) as port:
        error, seconds = failure(connection(port, kafka=config), timeout=30)
    assert isinstance(error, BrokerUnreachable)
    assert error.message == f"cannot reach a broker at 127.0.0.1:{port} ({reason})"
    assert seconds < 20


@pytest.mark.parametrize("trusts", ["another", "the machine's", "one as text"])
def test_an_unknown_authority_is_said(tmp_path: Path, trusts: str) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    config = {"security.protocol": "SSL"}
    if trusts == "another":
        config["ssl.ca.location"] = other.path
    elif trusts == "one as text":
        config["ssl.ca.pem"] = Path(other.path).read_text()
    with listening(tls=Authority(tmp_path).server()) as port:
        error, _ = failure(connection(port, kafka=config), timeout=30)
    assert error.message == (
        f"cannot reach a broker at 127.0.0.1:{port} "
        "(its certificate is not trusted: it is signed by an authority unknown here)"
    )
    assert error.hint == "set `ssl.ca.location` to the authority that signed it"


def test_a_missing_client_certificate_is_said(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    config = {"security.protocol": "SSL", "ssl.ca.location": authority.path}
    with listening(tls=authority.server(asks_client=True)) as port:
        error, _ = failure(connection(port, kafka=config), timeout=30)
        assert isinstance(error, AuthenticationFailed)
        assert "(it asks for a client certificate that it knows)" in error.message
        config |= authority.client_files()
        accepted, _ = failure(connection(port, kafka=config), timeout=0.5)
    assert "no answer" in accepted.message  # the handshake was taken


def test_insecure_takes_any_certificate(tmp_path: Path) -> None:
    with listening(tls=Authority(tmp_path).server(year=2019)) as port:
        kafka = connection(port, kafka={"security.protocol": "SSL"}, insecure=True)
        error, _ = failure(kafka, timeout=0.5)
    assert "no answer" in error.message


def test_plaintext_to_a_tls_port_is_said(tmp_path: Path) -> None:
    with listening(tls=Authority(tmp_path).server()) as port:
        error, seconds = failure(connection(port), timeout=30)
    assert error.message == (
        f"cannot reach a broker at 127.0.0.1:{port} "
        "(it speaks TLS there, and `security.protocol` is PLAINTEXT)"
    )
    assert error.hint == "set `security.protocol` to SSL or SASL_SSL"
    assert seconds < 20


@pytest.mark.parametrize("answer", [hang_up, speak_http])
def test_tls_to_a_plaintext_port_is_said(answer: Any) -> None:
    with listening(answer) as port:
        error, _ = failure(connection(port, kafka={"security.protocol": "SSL"}), timeout=30)
    assert error.message == (
        f"cannot reach a broker at 127.0.0.1:{port} (it does not speak TLS there)"
    )


def test_a_port_that_speaks_http_is_said() -> None:
    with listening(speak_http) as port:
        error, _ = failure(connection(port), timeout=30)
    assert "(what answers there speaks HTTP, not Kafka)" in error.message
    assert error.hint == "is it the registry's address?"


def test_a_broker_that_hangs_up_is_tried_again_and_said() -> None:
    with listening(hang_up) as port:
        error, _ = failure(connection(port), timeout=0.7)
    assert f"127.0.0.1:{port} (it hangs up, " in error.message
    assert " tries in 0.7 s)" in error.message


def test_a_token_endpoint_that_does_not_answer_is_said_without_the_secret() -> None:
    config = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.client.id": "i",
        "sasl.oauthbearer.client.secret": "canary",
        "sasl.oauthbearer.token.endpoint.url": "http://127.0.0.1:1/token",
    }
    with listening() as port:
        error, seconds = failure(connection(port, kafka=config), timeout=30)
    assert isinstance(error, AuthenticationFailed)
    assert "no OAuth token: Failed to connect to 127.0.0.1" in error.message
    assert "canary" not in f"{error} {error.hint}"
    assert seconds < 20


OAUTH = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "OAUTHBEARER"}


def test_a_login_without_a_source_of_tokens_is_refused_at_once() -> None:
    error, _ = failure(connection(kafka=OAUTH))
    assert isinstance(error, ConfigurationError)
    assert "no token comes from anywhere" in error.message


def test_a_callback_gives_the_token() -> None:
    asked = threading.Event()

    def token(config: str) -> tuple[str, float]:
        asked.set()
        return "token", time.time() + 3600

    context = Context(name="t", source="t", bootstrap_servers="localhost:1", kafka=OAUTH)
    error, _ = failure(KafkaConnection(context, callbacks={"oauth_cb": token}), timeout=0.4)
    assert asked.is_set()
    assert "connection refused" in error.message


def test_a_callers_own_error_callback_hears_of_errors() -> None:
    heard: list[KafkaError] = []
    context = Context(name="t", source="t", bootstrap_servers="localhost:1")
    failure(KafkaConnection(context, callbacks={"error_cb": heard.append}), timeout=0.4)
    assert any(error.name() == "_TRANSPORT" for error in heard)


def test_a_context_without_brokers_says_so() -> None:
    error, _ = failure(connection(None))
    assert error.message == "context `test` names no brokers"
    assert error.hint == "add `bootstrap_servers` to it (flowodm.yaml:3)"


def test_a_context_without_a_registry_says_so() -> None:
    with pytest.raises(ConfigurationError, match="names no schema registry") as caught:
        connection().schema_registry()
    assert caught.value.hint is not None
    assert "SCHEMA_REGISTRY_URL" in caught.value.hint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("fetch.min.bytes", "many", 'Invalid value for configuration property "fetch.min.bytes"'),
        ("sasl.mechanism", "X", "Unsupported SASL mechanism: X"),
    ],
)
def test_what_librdkafka_refuses_is_said_with_its_place(key: str, value: str, reason: str) -> None:
    kafka = connection(
        kafka={"security.protocol": "SASL_PLAINTEXT", key: value},
        origins={"kafka.fetch.min.bytes": "flowodm.yaml:9"},
    )
    error, _ = failure(kafka)
    place = "flowodm.yaml:9" if key == "fetch.min.bytes" else "flowodm.yaml:3"
    assert error.message == f"{place}: librdkafka refuses context `test`: {reason}"
    assert error.exit_code == 2


def test_a_file_that_is_not_there_is_said_with_its_place() -> None:
    kafka = connection(
        kafka={"ssl.ca.location": "/no/ca.pem"}, origins={"kafka.ssl.ca.location": "f.yaml:7"}
    )
    error, _ = failure(kafka)
    assert error.message == "f.yaml:7: there is no file `/no/ca.pem` (`ssl.ca.location`)"


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, AuthorizationError, "topic authorisation failed"),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, AuthorizationError, "group authorisation failed"),
        (KafkaError.CLUSTER_AUTHORIZATION_FAILED, AuthorizationError, "user `bob` is not allowed"),
        (KafkaError.SASL_AUTHENTICATION_FAILED, AuthenticationFailed, "refuses us"),
        (KafkaError._AUTHENTICATION, AuthenticationFailed, "refuses us"),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, TopicNotFound, "no such topic or partition"),
        (KafkaError._UNKNOWN_TOPIC, TopicNotFound, "no such topic or partition"),
        (KafkaError._TRANSPORT, BrokerUnreachable, "no answer from"),
        (KafkaError._ALL_BROKERS_DOWN, BrokerUnreachable, "no answer from"),
        (KafkaError._TIMED_OUT, BrokerUnreachable, "no answer from"),
        (KafkaError.INVALID_MSG, BrokerError, "localhost:1: "),
    ],
)
@pytest.mark.parametrize("wrap", [lambda error: error, KafkaException], ids=["error", "exception"])
def test_errors_of_librdkafka_become_ours(code: int, kind: type, words: str, wrap: Any) -> None:
    kafka = connection(kafka={"sasl.username": "bob"})
    error = broker_error(wrap(KafkaError(code)), connection=kafka)
    assert type(error) is kind
    assert words in error.message
    assert error.exit_code == (4 if kind in (AuthorizationError, AuthenticationFailed) else 1)


def test_a_known_cause_is_part_of_a_transport_error() -> None:
    kafka = connection()
    kafka.journal.log(
        40, "FAIL [r#1] [thrd:a:1/1]: a:1/1: Connect to ipv4#1:1 failed: Connection refused"
    )
    error = broker_error(KafkaError(KafkaError._TRANSPORT), connection=kafka)
    assert error.message == "cannot reach a broker at a:1 (connection refused)"


def test_a_read_only_context_refuses_every_change() -> None:
    kafka = connection(read_only=True, origins={"read_only": "flowodm.yaml:5"})
    with pytest.raises(ChangeRefused) as caught:
        kafka.check_change("topics delete", "orders")
    assert caught.value.message == "context `test` is read-only; `topics delete` was not tried"
    assert caught.value.hint == "`read_only` is set in flowodm.yaml:5"


@pytest.mark.parametrize("topic", ["__consumer_offsets", "__x", "_schemas"])
def test_internal_topics_are_never_changed(topic: str) -> None:
    with pytest.raises(ChangeRefused, match=f"topic `{topic}` is internal"):
        connection().check_change("produce", topic)


def test_a_change_that_nothing_forbids_asks_nobody() -> None:
    connection().check_change("produce", "orders")  # nothing listens there


def test_only_the_contexts_own_cluster_is_changed(mock_cluster: str) -> None:
    with connection(mock_cluster) as kafka:
        found = kafka.metadata().cluster_id
    with connection(mock_cluster, cluster_id=found) as kafka:
        kafka.check_change("produce", "orders")
    kafka = connection(mock_cluster, cluster_id="another")
    with kafka, pytest.raises(ChangeRefused) as caught:
        kafka.check_change("produce", "orders")
    assert caught.value.message == (
        f"context `test` is for cluster `another`, and this is `{found}`; `produce` was not tried"
    )


def test_a_cluster_that_cannot_be_asked_is_not_changed() -> None:
    with connection(f"{UNRESOLVABLE}:1", cluster_id="c") as kafka, pytest.raises(BrokerUnreachable):
        kafka.check_change("produce", "orders")


def test_the_registry_of_a_read_only_context_is_not_changed() -> None:
    registry = {"url": "http://127.0.0.1:1"}
    kafka = connection(read_only=True, schema_registry=registry)
    with kafka, pytest.raises(ChangeRefused):
        kafka.schema_registry().register("s", '"string"')


@pytest.mark.parametrize("subject", ["__x-value", "_schemas", ":.mine:__x"])
def test_an_internal_subject_is_not_changed_by_any_way(subject: str) -> None:
    kafka = connection(schema_registry={"url": "http://127.0.0.1:1"})
    with kafka, pytest.raises(ChangeRefused, match="is internal to Kafka or its registry"):
        kafka.schema_registry().register(subject, '"string"')


def test_metadata_of_a_cluster(mock_cluster: str) -> None:
    with connection(mock_cluster) as kafka:
        assert len(kafka.metadata().brokers) == 1


def test_an_error_does_not_outlive_its_attempt(mock_cluster: str) -> None:
    with connection(f"localhost:1,{mock_cluster}") as kafka:
        kafka.metadata()
        kafka.metadata()
        kafka.journal.begin()
        assert kafka.journal.worst() is None


def test_a_librarys_user_sees_nothing_on_stderr() -> None:
    code = (
        "from flowodm.config import Context\n"
        "from flowodm.connection import KafkaConnection\n"
        "from flowodm.errors import BrokerUnreachable\n"
        "c = Context(name='t', source='t', bootstrap_servers='localhost:1')\n"
        "try:\n"
        "    with KafkaConnection(c) as k: k.metadata(0.4)\n"
        "except BrokerUnreachable: print('said')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("said\n", "")


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize("ask", ["k.metadata(60)", "describe_topic(k, 'x', timeout=60)"])
def test_ctrl_c_ends_the_wait_within_a_second(ask: str) -> None:
    code = (
        "import os\n"
        "from flowodm.config import Context\n"
        "from flowodm.connection import KafkaConnection\n"
        "from flowodm.topics import describe_topic\n"
        "with __import__('tests.unit.connection.servers', fromlist=['x']).listening() as port:\n"
        "    k = KafkaConnection(Context(name='t', source='t', "
        "bootstrap_servers=f'127.0.0.1:{port}'))\n"
        "    print('waiting', flush=True)\n"
        "    try:\n"
        f"        {ask}\n"
        "    except KeyboardInterrupt:\n"
        "        print('interrupted', flush=True)\n"
        "        os._exit(130)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting\n"
        time.sleep(0.3)  # into the call: there is nothing to poll for
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == b"interrupted\n"
        assert time.monotonic() - begun < 1
    assert process.returncode == 130


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_makes_clients_of_its_own(mock_cluster: str) -> None:
    code = (
        "import os, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from flowodm.config import Context\n"
        "from flowodm.connection import KafkaConnection\n"
        f"k = KafkaConnection(Context(name='t', source='t', bootstrap_servers={mock_cluster!r}))\n"
        "k.metadata()\n"
        "k.producer().list_topics(timeout=30)\n"  # connected: a fork while it resolves a name
        "child = os.fork()\n"  # leaves the child with the C library's lock on that taken
        "if not child:\n"
        "    assert len(k.metadata().brokers) == 1\n"
        "    k.close()\n"
        "    os._exit(7)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7\n"
        "k.metadata()\n"
        "k.close()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_cluster_id_does_not_concern_the_registry() -> None:
    registry = {"url": "http://127.0.0.1:1"}
    kafka = connection(f"{UNRESOLVABLE}:1", cluster_id="c", schema_registry=registry)
    with kafka, pytest.raises(FlowODMError, match=r"127\.0\.0\.1:1"):
        kafka.schema_registry().register("s", '"string"')


def test_the_secrets_of_a_context_made_in_code_are_known_to_the_log() -> None:
    from flowodm.config import redact

    with KafkaConnection(Context(kafka={"sasl.password": "made-in-code"})) as kafka:
        assert kafka.context.name == "unnamed"
    assert redact("made-in-code") == "********"
