"""What a `flowodm.yaml` may hold; what is wrong is said with file, line and a suggestion."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flowodm.config.document import ConfigDocument
from flowodm.config.files import read_config_file
from flowodm.errors import ConfigurationError
from tests.unit.config.conftest import Place

pytestmark = pytest.mark.unit

Refused = Callable[[str], ConfigurationError]

SPECIFIED = """\
version: 1
contexts:
  local:
    bootstrap_servers: localhost:9092
    schema_registry: {url: http://localhost:8081}
  prod:
    bootstrap_servers: k1:9093,k2:9093
    kafka: {security.protocol: SASL_SSL, sasl.mechanism: SCRAM-SHA-512,
            sasl.username: ${KAFKA_USER}, sasl.password: ${KAFKA_PASSWORD}, ssl.ca.location: ca.pem}
    schema_registry: {url: https://sr, basic_auth: ${SR_USER}:${SR_SECRET}, ca: ca.pem}
    read_only: false      # true refuses every change
    protected: true       # a change needs the topic's name typed
    cluster_id: abc-123   # refuse to change any other cluster
schemas: [schemas/]
models: [app.events]
topics:
  user-events:
    partitions: 6
    replication_factor: 3
    config: {retention.ms: 7d, cleanup.policy: delete}
    value: schemas/user-event.avsc
    compatibility: BACKWARD
"""


def test_the_whole_of_a_file_with_everything(place: Place) -> None:
    place.write(SPECIFIED)
    variables = {"KAFKA_USER": "u", "KAFKA_PASSWORD": "p", "SR_USER": "su", "SR_SECRET": "ss"}
    context = place.load("prod", variables)
    assert context.client_config("admin") == {
        "bootstrap.servers": "k1:9093,k2:9093",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "u",
        "sasl.password": "p",
        "ssl.ca.location": str(place.project / "ca.pem"),
    }
    assert context.schema_registry is not None
    assert context.schema_registry.basic_auth is not None
    assert context.schema_registry.basic_auth.get_secret_value() == "su:ss"
    assert (context.read_only, context.protected, context.cluster_id) == (False, True, "abc-123")


def test_what_a_project_declares_is_typed(place: Place) -> None:
    file = read_config_file(place.write(SPECIFIED), directory=place.project, is_own=False)
    document = ConfigDocument.model_validate(file.document.value | {"contexts": {}})  # type: ignore[operator]
    assert document.schemas == ("schemas/",)
    assert document.models == ("app.events",)
    topic = document.topics["user-events"]
    assert (topic.partitions, topic.replication_factor) == (6, 3)
    assert topic.config == {"retention.ms": "604800000", "cleanup.policy": "delete"}
    assert (topic.value, topic.compatibility) == ("schemas/user-event.avsc", "BACKWARD")


def test_the_example_is_right() -> None:
    root = Path(__file__).parents[3]
    path = root / "flowodm.yaml.example"
    file = read_config_file(path, directory=root, is_own=False)
    assert "local" in file.contexts


def test_the_example_names_the_ports_of_the_test_servers() -> None:
    root = Path(__file__).parents[3]
    local = read_config_file(root / "flowodm.yaml.example", directory=root, is_own=False)
    compose = (root / "docker-compose.test.yml").read_text()
    settings = local.contexts["local"]
    assert settings["bootstrap_servers"] == "localhost:9092"
    assert settings["schema_registry"]["url"] == "http://localhost:8081"
    assert "9092:9092" in compose
    assert "8081:8081" in compose or "8081:8080" in compose


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "contexts:\n  a:\n    bootstrap_server: x",
            "flowodm.yaml:3: unknown key `bootstrap_server` in context `a`",
            "did you mean `bootstrap_servers`?",
        ),
        (
            "contexts:\n  a:\n    schema_registry:\n      uri: http://x",
            "flowodm.yaml:4: unknown key `uri` in `schema_registry` of context `a`",
            "did you mean `url`?",
        ),
        (
            "contexts:\n  a:\n    kafka:\n      linger.msec: 1",
            "flowodm.yaml:4: unknown key `linger.msec` in context `a`",
            "did you mean `linger.ms`?",
        ),
        (
            "context:\n  a: {}",
            "flowodm.yaml:1: unknown key `context`",
            "did you mean `contexts`?",
        ),
        (
            "topics:\n  t:\n    partition: 1",
            "flowodm.yaml:3: unknown key `partition` in topic `t`",
            "did you mean `partitions`?",
        ),
    ],
)
def test_an_unknown_key_is_named_with_a_suggestion(
    refused: Refused, text: str, message: str, hint: str
) -> None:
    error = refused(text)
    assert (error.message, error.hint) == (message, hint)
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "1: `the file` must be keys and values"),
        ("contexts: []", "1: `contexts` must be keys and values"),
        ("contexts:\n  a: x", "2: `a` in `contexts` must be keys and values"),
        ("contexts:\n  a: ${A}", "2: `a` in `contexts` must be keys and values"),
        ("contexts:\n  a:", "2: `a` in `contexts` has no value"),
        ("version: 2", "1: `version` must be 1"),
        ("contexts:\n  a: {kafka: x}", "2: `kafka` in context `a` must be keys and values"),
        ("contexts:\n  a: {kafka: '${A}'}", "2: `kafka` in context `a` must be keys and values"),
        (
            "contexts:\n  a:\n    read_only: yes",
            "3: `read_only` in context `a` must be true or false",
        ),
        ("contexts:\n  a: {cluster_id: 12}", "2: `cluster_id` in context `a` must be text"),
        ("contexts:\n  a: {cluster_id: ''}", "2: `cluster_id` in context `a` must not be empty"),
        (
            "contexts:\n  a: {bootstrap_servers: 'a:99999'}",
            "2: `bootstrap_servers` in context `a` names port 99999, and ports end at 65535",
        ),
        (
            "contexts:\n  a: {bootstrap_servers: 'a b'}",
            "2: `bootstrap_servers` in context `a` must be `host:port`, several with commas between them",
        ),
        (
            "contexts:\n  a:\n    kafka:\n      linger.ms: [1]",
            "4: `linger.ms` in `kafka` of context `a` must be text",
        ),
        (
            "contexts:\n  a:\n    kafka:\n      linger.ms:",
            "4: `linger.ms` in `kafka` of context `a` has no value",
        ),
        (
            "contexts:\n  a:\n    kafka: {bootstrap.servers: x}",
            "3: `bootstrap.servers` has no place in context `a`",
        ),
        (
            "contexts:\n  a:\n    consumer: {metadata.broker.list: x}",
            "3: `metadata.broker.list` has no place in context `a`",
        ),
        (
            "contexts:\n  a:\n    schema_registry: {ca: x}",
            "3: `url` is missing in `schema_registry` of context `a`",
        ),
        (
            "contexts:\n  a:\n    schema_registry: {url: sr}",
            "3: `url` in `schema_registry` of context `a` must begin with `http://` or `https://`",
        ),
        (
            "contexts:\n  a:\n    schema_registry: {url: 'http://'}",
            "3: `url` in `schema_registry` of context `a` must name a host",
        ),
        (
            "contexts:\n  a:\n    schema_registry: {url: 'http://a?token=x'}",
            "3: `url` in `schema_registry` of context `a` must not have a query or a fragment",
        ),
        (
            "contexts:\n  a:\n    schema_registry: {url: http://a, key: k}",
            "3: `certificate` and `key` need each other in context `a`",
        ),
        (
            "contexts:\n  a:\n    schema_registry: {url: http://a, basic_auth: x}",
            "3: `basic_auth` in `schema_registry` of context `a` must be `user:password`",
        ),
        (
            "contexts:\n  a:\n    schema_registry: {url: http://a, basic_auth: a:b, bearer_token: c}",
            "3: `basic_auth` and `bearer_token` exclude each other in context `a`",
        ),
        (
            "contexts:\n  a:\n    schema_registry: {url: 'http://u:p@a', basic_auth: a:b}",
            "3: `url` holds credentials, and `basic_auth` is there too in context `a`",
        ),
        ("topics:\n  t: {partitions: many}", "2: `partitions` in topic `t` must be a whole number"),
        ("topics:\n  t: {partitions: true}", "2: `partitions` in topic `t` must be a whole number"),
        ("schemas: x", "1: `schemas` must be a list"),
        ("contexts:\n  a:\n    name: b", "3: unknown key `name` in context `a`"),
        ("contexts:\n  a:\n    source: b", "3: unknown key `source` in context `a`"),
    ],
)
def test_a_wrong_setting_is_named_with_file_and_line(
    refused: Refused, text: str, message: str
) -> None:
    assert refused(text).message == f"flowodm.yaml:{message}"


def test_an_error_in_another_context_is_not_overlooked(refused: Refused) -> None:
    error = refused("contexts:\n  a: {bootstrap_servers: a:1}\n  prod: {read_onyl: true}\n")
    assert error.message == "flowodm.yaml:3: unknown key `read_onyl` in context `prod`"


def test_a_variable_in_another_context_may_be_unset(place: Place) -> None:
    place.write(
        "contexts:\n  a: {bootstrap_servers: a:1}\n"
        "  b: {bootstrap_servers: '${NO}', read_only: '${NO}', kafka: {linger.ms: '${NO}'}, "
        "schema_registry: {url: '${NO}', basic_auth: '${NO}'}}\n"
    )
    assert place.load("a").bootstrap_servers == "a:1"


def test_a_secret_file_in_another_context_is_not_read(place: Place) -> None:
    place.write(
        "contexts:\n  a: {bootstrap_servers: a:1}\n  b: {kafka: {sasl.password_file: missing}, "
        "schema_registry: {url: http://b, basic_auth_file: missing}}\n"
    )
    assert place.load("a").bootstrap_servers == "a:1"


@pytest.mark.parametrize(
    "key",
    [
        *("plugin.library.paths", "ssl.engine.location", "ssl.engine.id", "ssl.providers"),
        "sasl.kerberos.kinit.cmd",
    ],
)
@pytest.mark.parametrize("section", ["kafka", "consumer", "producer"])
def test_a_key_that_runs_code_is_refused_in_a_projects_file(
    place: Place, section: str, key: str
) -> None:
    text = f"contexts:\n  a:\n    bootstrap_servers: a:1\n    {section}:\n      {key}: ./evil.so\n"
    path = place.write(text)
    error = place.refusal("a")
    assert error.message == (
        f"flowodm.yaml:5: `{key}` in context `a` runs code, and is refused in a project's file"
    )
    file = place.store
    file.trust(path, read_digest(path))
    assert "runs code" in place.refusal("a").message  # trust does not reach that far
    path.unlink()
    place.write_own(text)
    assert key in place.load("a").client_config("consumer" if section != "producer" else "producer")


def read_digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("value", ["x; touch y", "$(touch y)", "`touch y`", "a b", "a|b", "%{x}"])
def test_what_goes_to_a_shell_holds_nothing_for_one(refused: Refused, value: str) -> None:
    error = refused(f"contexts:\n  a:\n    kafka:\n      sasl.kerberos.principal: '{value}'\n")
    assert error.message == (
        "flowodm.yaml:4: `sasl.kerberos.principal` in context `a` goes to a shell, "
        "and holds a character that is refused"
    )


def test_a_variable_cannot_smuggle_a_command_into_a_shell(place: Place) -> None:
    place.write("contexts:\n  a:\n    kafka:\n      sasl.kerberos.principal: ${KAFKA_P}\n")
    assert "goes to a shell" in place.refusal("a", {"KAFKA_P": "x; touch y"}).message


def test_an_empty_file_is_an_error(refused: Refused) -> None:
    assert refused("# nothing\n").message == "`flowodm.yaml` is empty"


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [("7d", "604800000"), ("90 s", "90000"), ("100ms", "100"), ("1h", "3600000"), ("-1", "-1")],
)
def test_durations_of_topics_become_milliseconds(written: str, milliseconds: str) -> None:
    document = ConfigDocument.model_validate({"topics": {"t": {"config": {"x.ms": written}}}})
    assert document.topics["t"].config == {"x.ms": milliseconds}


def test_only_keys_in_milliseconds_take_durations() -> None:
    document = ConfigDocument.model_validate({"topics": {"t": {"config": {"a.b": "7d"}}}})
    assert document.topics["t"].config == {"a.b": "7d"}
