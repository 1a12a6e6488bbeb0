"""`flowodm doctor`: what is broken on purpose is named, in time; what is well is said to be."""

import json
import re
import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from flowodm.config import Context, RegistryConfig
from flowodm.doctor import Examination, Finding, examine
from flowodm.sandbox import secure
from flowodm.sandbox.servers import Servers
from flowodm.sandbox.spec import Credentials, Node, SandboxSpec, free_ports, new_cluster_id
from tests.conftest import Finished
from tests.servers import TestServers
from tests.unit.connection.servers import Authority, listening

pytestmark = pytest.mark.integration

Run = Callable[..., Finished]
LIMIT = 5.0
"""Seconds in which a broken set-up has its name."""


def context(
    kafka: dict[str, str], registry: str | RegistryConfig | None = None, **changes: str | None
) -> Context:
    """Make a context of librdkafka's settings, some changed, or left out where None."""
    settings = kafka | {key.replace("_", "."): value for key, value in changes.items()}
    settings = {key: value for key, value in settings.items() if value is not None}
    return Context(
        name="examined",
        bootstrap_servers=settings.pop("bootstrap.servers"),
        kafka=settings,
        schema_registry=RegistryConfig(url=registry) if isinstance(registry, str) else registry,
    )


def statuses(found: Examination) -> dict[str, str]:
    return {finding.step: finding.status for finding in found.findings}


def the_failure(examined: Context) -> tuple[Finding, Examination]:
    """Examine a broken set-up: one failure, in time."""
    begun = time.monotonic()
    found = examine(examined)
    seconds = time.monotonic() - begun
    (failure,) = [one for one in found.findings if one.status == "failure"]
    print(f"{seconds:.2f} s  {failure.step}: {failure.text}")
    assert seconds < LIMIT
    assert failure.hint
    assert failure.exit_code == found.exit_code
    return failure, found


# What is well


def test_a_plain_cluster_and_its_registry_are_well(
    sandbox: TestServers, registry_url: str, subject: str
) -> None:
    found = examine(context(sandbox.client_config, registry_url))
    assert found.exit_code == 0
    assert statuses(found) == {
        **dict.fromkeys(["config", "dns", "tcp", "metadata", "listeners"], "ok"),
        **dict.fromkeys(["authorisation", "registry", "schema"], "ok"),
        **dict.fromkeys(["tls", "sasl"], "unused"),
    }
    schema = next(one for one in found.findings if one.step == "schema")
    assert re.fullmatch(r".+ v\d+, id \d+, read back and parsed", schema.text)


def test_a_secure_cluster_is_well(secure_sandbox: TestServers) -> None:
    found = examine(context(secure_sandbox.client_config))
    assert found.exit_code == 0
    texts = {finding.step: finding.text for finding in found.findings}
    assert texts["tls"].startswith("TLSv1.3, ")
    assert texts["sasl"] == "user `admin` by SCRAM-SHA-512"
    assert texts["listeners"] == f"1 {secure_sandbox.bootstrap_servers}"
    assert texts["registry"] == "none is configured"
    assert set(statuses(found).values()) == {"ok", "unused"}


def test_every_broker_of_three_is_looked_at(three_nodes: TestServers) -> None:
    found = examine(context(three_nodes.client_config))
    assert found.exit_code == 0
    assert [one.place for one in found.findings if one.step == "tcp"] == (
        three_nodes.bootstrap_servers.split(",")
    )
    (listeners,) = [one.text for one in found.findings if one.step == "listeners"]
    assert all(server in listeners for server in three_nodes.bootstrap_servers.split(","))


def test_one_dead_address_of_two_is_a_warning(kafka: str) -> None:
    (closed,) = free_ports(1)
    found = examine(context({"bootstrap.servers": f"127.0.0.1:{closed},{kafka}"}))
    assert (found.exit_code, found.failures, found.warnings) == (0, 0, 1)
    assert statuses(found)["authorisation"] == "ok"


# The ten


def test_1_a_name_that_does_not_resolve() -> None:
    failure, found = the_failure(context({"bootstrap.servers": "no-such-host.invalid:9092"}))
    assert failure.step == "dns"
    assert failure.text.startswith("`no-such-host.invalid` does not resolve")
    assert found.untried == ("tcp", "metadata", "listeners", "authorisation")


def test_2_a_closed_port() -> None:
    (closed,) = free_ports(1)
    failure, found = the_failure(context({"bootstrap.servers": f"127.0.0.1:{closed}"}))
    assert (failure.step, failure.text) == ("tcp", f"127.0.0.1:{closed}: connection refused")
    assert found.untried == ("metadata", "listeners", "authorisation")


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
def test_3_tls_to_a_plaintext_port(kafka: str, protocol: str) -> None:
    login = {"sasl.mechanism": "PLAIN", "sasl.username": "u", "sasl.password": "canary"}
    settings = {"bootstrap.servers": kafka, **(login if protocol == "SASL_SSL" else {})}
    failure, found = the_failure(context(settings, security_protocol=protocol))
    assert (failure.step, failure.text) == ("tls", f"{kafka}: it does not speak TLS there")
    assert failure.hint is not None
    assert "`security.protocol`" in failure.hint
    assert "metadata" in found.untried


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT"])
def test_4_plaintext_to_a_port_of_tls(secure_sandbox: TestServers, protocol: str) -> None:
    examined = context(secure_sandbox.client_config, security_protocol=protocol)
    failure, found = the_failure(examined)
    assert failure.step == "tls"
    assert f"it speaks TLS there, and `security.protocol` is {protocol}" in failure.text
    assert "metadata" in found.untried


def test_5_a_certificate_that_has_expired(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with listening(tls=authority.server(year=2020)) as port:
        failure, found = the_failure(tls_context_of(port, authority))
    assert failure.step == "tls"
    assert re.search(
        r"its certificate has expired \(.+, [\d,]+ days ago\)$", failure.text
    ), failure.text
    assert failure.hint is not None
    assert re.search(r"clock \(now \d{4}-\d\d-\d\d \d\d:\d\d UTC\)$", failure.hint)
    assert found.untried == ("metadata", "listeners", "authorisation")


def test_6_a_certificate_of_another_name(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with listening(tls=authority.server("k1.example")) as port:
        failure, _ = the_failure(tls_context_of(port, authority))
    assert failure.step == "tls"
    assert failure.text.endswith("its certificate is not for `127.0.0.1` (it is for k1.example)")


def test_7_an_authority_that_is_not_known(secure_sandbox: TestServers) -> None:
    failure, _ = the_failure(context(secure_sandbox.client_config, ssl_ca_location=None))
    assert failure.step == "tls"
    assert "authority unknown here" in failure.text
    assert "signed by O=FlowODM sandbox" in failure.text
    assert failure.hint is not None
    assert "`ssl.ca.location`" in failure.hint


@pytest.mark.parametrize("change", [{"sasl_password": "canary-wrong"}, {"sasl_username": "nobody"}])
def test_8_a_wrong_password(secure_sandbox: TestServers, change: dict[str, str]) -> None:
    failure, found = the_failure(context(secure_sandbox.client_config, **change))
    assert failure.step == "sasl"
    assert failure.text.endswith("(SCRAM-SHA-512: wrong user name or password)")
    assert found.exit_code == 4
    assert found.untried == ("metadata", "listeners", "authorisation")
    assert "canary" not in str(found)


def test_9_a_mechanism_that_is_not_offered(secure_sandbox: TestServers) -> None:
    failure, found = the_failure(context(secure_sandbox.client_config, sasl_mechanism="PLAIN"))
    assert failure.step == "sasl"
    assert "(it does not offer PLAIN, but SCRAM-SHA-512)" in failure.text
    assert found.exit_code == 4


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("closed", "connection refused"),
        ("unknown", "does not resolve"),
        ("silent", "no answer in"),
    ],
)
def test_10_a_listener_that_is_not_reached_from_here(
    misleading_broker: Callable[[str], str], kind: str, reason: str
) -> None:
    (closed,) = free_ports(1)
    names = {"closed": f"127.0.0.1:{closed}", "unknown": "broker.internal.invalid:9092"}
    with silent_port() as silent:
        advertised = names.get(kind, f"127.0.0.1:{silent}")
        server = misleading_broker(advertised)
        failure, found = the_failure(context({"bootstrap.servers": server}))
    assert failure.step == "listeners"
    assert reason in failure.text
    assert failure.place == advertised
    assert failure.hint is not None
    assert "`advertised.listeners`" in failure.hint
    assert statuses(found)["metadata"] == "ok"
    assert found.untried == ("authorisation",)


def test_11_a_registry_that_refuses_us(kafka: str, registry_url: str) -> None:
    with guarded(registry_url, "bob:right") as url:
        registry = RegistryConfig.model_validate({"url": url, "basic_auth": "bob:canary"})
        failure, found = the_failure(context({"bootstrap.servers": kafka}, registry))
    assert (failure.step, found.exit_code) == ("registry", 4)
    assert failure.text == f"registry `{url}` refuses the credentials, or asks for some"
    assert found.untried == ("schema",)
    assert statuses(found)["authorisation"] == "ok"
    assert "canary" not in str(found)


# What else may be wrong


def test_a_registry_takes_the_right_password(kafka: str, registry_url: str) -> None:
    with guarded(registry_url, "bob:right") as url:
        registry = RegistryConfig.model_validate({"url": url, "basic_auth": "bob:right"})
        found = examine(context({"bootstrap.servers": kafka}, registry))
    assert found.exit_code == 0
    assert statuses(found)["registry"] == "ok"


def test_a_registry_that_is_away_does_not_hide_the_brokers(kafka: str) -> None:
    (closed,) = free_ports(1)
    failure, found = the_failure(
        context({"bootstrap.servers": kafka}, f"http://127.0.0.1:{closed}")
    )
    assert failure.step == "registry"
    assert "refused the connection" in failure.text
    assert statuses(found)["metadata"] == "ok"


def test_a_port_that_says_nothing_is_named_in_time() -> None:
    with listening() as port:
        failure, found = the_failure(context({"bootstrap.servers": f"127.0.0.1:{port}"}))
    assert failure.step == "metadata"
    assert failure.text.endswith("(no answer in 3.0 s)")
    assert failure.hint == "is it a broker of Kafka, and is it well? Its log tells"
    assert statuses(found)["tcp"] == "ok"


def test_a_handshake_without_an_answer_is_named_in_time(tmp_path: Path) -> None:
    with listening() as port:
        failure, _ = the_failure(tls_context_of(port, Authority(tmp_path)))
    assert failure.step == "tls"
    assert failure.text.endswith("no answer to the TLS handshake in 3 s")


def test_a_missing_client_certificate_is_a_matter_of_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with listening(tls=authority.server(asks_client=True)) as port:
        failure, found = the_failure(tls_context_of(port, authority))
    assert failure.step == "tls"
    assert "client certificate" in failure.text
    assert [one.status for one in found.findings if one.step == "tls"] == ["failure"]


def test_another_cluster_than_the_contexts_is_said(kafka: str) -> None:
    examined = context({"bootstrap.servers": kafka}).model_copy(update={"cluster_id": "other"})
    failure, _ = the_failure(examined)
    assert failure.step == "metadata"
    assert failure.text.endswith("context `examined` is for cluster `other`")


def test_a_user_who_may_do_nothing_ends_with_4(
    secure_sandbox: TestServers, unprivileged: Credentials
) -> None:
    failure, _ = the_failure(as_user(secure_sandbox, unprivileged))
    assert failure.step == "authorisation"
    assert failure.text == "user `doctor-bob` may see neither the cluster nor a topic"
    assert failure.exit_code == 4


def test_a_user_who_may_read_one_topic_is_well(
    secure_sandbox: TestServers, reader: Credentials
) -> None:
    found = examine(as_user(secure_sandbox, reader))
    (access,) = [one for one in found.findings if one.step == "authorisation"]
    assert (access.status, access.text) == ("ok", "cluster: nothing; topics (1): read 1, write 0")
    assert found.exit_code == 0


# On the command line


def test_it_is_shown_to_people_with_its_cure(flowodm: Run, tmp_path: Path) -> None:
    (closed,) = free_ports(1)
    (tmp_path / "flowodm.yaml").write_text(
        f"contexts:\n  prod:\n    bootstrap_servers: 127.0.0.1:{closed}\n"
    )
    done = flowodm("doctor", "--context", "prod")
    assert done.exit_code == 1
    assert done.stderr == ""
    shown = re.sub(r" +[\d,]+ ms$", "", done.stdout, flags=re.M)
    assert shown.splitlines() == [
        "context prod",
        "  ok    config         flowodm.yaml:2",
        "  ok    dns            127.0.0.1 is an address",
        f"  FAIL  tcp            127.0.0.1:{closed}: connection refused",
        "        Cure: is the broker running, and on this port? A local one: flowodm sandbox up",
        "  –     tls, sasl: not used",
        "  –     metadata, listeners, authorisation: not tried",
        "  –     registry, schema: none is configured",
        "1 failure." + " " * 84 + "exit 1",
    ]


def test_json_tells_the_same_and_no_secret(secure_sandbox: TestServers, flowodm: Run) -> None:
    settings = [
        text
        for key, value in secure_sandbox.client_config.items()
        if key not in ("bootstrap.servers", "sasl.password")
        for text in ("--set", f"{key}={value}")
    ]
    done = flowodm(
        *("doctor", "-o", "json", *settings),
        env={
            "KAFKA_BOOTSTRAP_SERVERS": secure_sandbox.bootstrap_servers,
            "KAFKA_SASL_PASSWORD": "canary-wrong",
        },
    )
    assert done.exit_code == 4, done
    document = json.loads(done.stdout)
    assert (document["failures"], document["warnings"], document["exit_code"]) == (1, 0, 4)
    (failure,) = [one for one in document["findings"] if one["status"] == "failure"]
    assert failure["step"] == "sasl"
    assert failure["hint"]
    assert "canary" not in done.stdout + done.stderr


def test_a_wrong_file_is_a_finding_and_ends_with_2(flowodm: Run, tmp_path: Path) -> None:
    (tmp_path / "flowodm.yaml").write_text("contexts:\n  a:\n    bootstrap_server: x:1\n")
    done = flowodm("doctor", "--context", "a")
    assert done.exit_code == 2
    assert "FAIL  config" in done.stdout
    assert "flowodm.yaml:3: unknown key `bootstrap_server`" in done.stdout
    assert "Cure: did you mean `bootstrap_servers`?" in done.stdout


def test_a_missing_file_of_authorities_is_a_matter_of_the_settings(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    settings = {"bootstrap.servers": "127.0.0.1:1", "security.protocol": "SSL"}
    failure, found = the_failure(context(settings, ssl_ca_location=missing))
    assert failure.step == "config"
    assert f"there is no file `{missing}` (`ssl.ca.location`)" in failure.text
    assert found.exit_code == 2


# What the tests need


def tls_context_of(port: int, authority: Authority) -> Context:
    return context(
        {
            "bootstrap.servers": f"127.0.0.1:{port}",
            "security.protocol": "SSL",
            "ssl.ca.location": authority.path,
        }
    )


@pytest.fixture
def misleading_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Start Kafka that tells its clients an address where it is not."""
    started: list[Servers] = []

    def start(advertised: str) -> str:
        port, controller = free_ports(2)
        spec = SandboxSpec(
            directory=tmp_path_factory.mktemp("misleading"),
            cluster_id=new_cluster_id(),
            nodes=(Node(1, port, controller),),
            registry_port=None,
            properties=(("advertised.listeners", f"PLAINTEXT://{advertised}"),),
        )
        servers = Servers(spec)
        started.append(servers)
        servers.start()
        servers.wait()
        return spec.bootstrap_servers

    yield start
    for servers in started:
        servers.stop()
        shutil.rmtree(servers.spec.directory)


@contextmanager
def silent_port() -> Iterator[int]:
    """Have a port that takes no connection and refuses none: its queue is full."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        yield full.getsockname()[1]
        for one in waiting:
            one.close()


@contextmanager
def guarded(registry_url: str, pair: str) -> Iterator[str]:
    """Stand before a registry, and ask for a password."""
    import base64

    expected = "Basic " + base64.b64encode(pair.encode()).decode()

    class Guard(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != expected:
                self._answer(401, b'{"error_code":401,"message":"Unauthorized"}')
                return
            try:
                with urllib.request.urlopen(registry_url + self.path, timeout=5) as answer:
                    self._answer(answer.status, answer.read())
            except urllib.error.HTTPError as error:
                self._answer(error.code, error.read())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Guard) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(5)


@pytest.fixture(scope="module")
def unprivileged(secure_sandbox: TestServers) -> Credentials:
    """A user whom nothing is allowed."""
    user = Credentials("doctor-bob", "bobs-own-password")
    assert secure_sandbox.spec is not None
    secure.add_user(secure_sandbox.spec, user)
    return user


@pytest.fixture(scope="module")
def reader(secure_sandbox: TestServers) -> Credentials:
    """A user who may read one topic."""
    from confluent_kafka.admin import AdminClient, NewTopic

    user, topic = Credentials("doctor-rita", "ritas-own-password"), "doctor-read"
    spec = secure_sandbox.spec
    assert spec is not None
    secure.add_user(spec, user)
    admin = AdminClient(spec.client_config())
    (made,) = admin.create_topics([NewTopic(topic, 1)]).values()
    made.result(30)
    binding = AclBinding(
        *(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL),
        *(f"User:{user.username}", "*", AclOperation.READ, AclPermissionType.ALLOW),
    )
    secure.allow(spec, [binding])
    return user


def as_user(servers: TestServers, user: Credentials) -> Context:
    return context(servers.client_config, sasl_username=user.username, sasl_password=user.password)


@pytest.fixture
def subject(registry_url: str) -> Iterator[str]:
    """A subject with a schema."""
    from flowodm.registry import SchemaRegistry

    name = f"doctor-{time.time_ns()}-value"
    with SchemaRegistry(RegistryConfig(url=registry_url)) as registry:
        registry.register(name, '"string"')
        yield name
        registry.delete_subject(name)
        registry.delete_subject(name, permanent=True)
