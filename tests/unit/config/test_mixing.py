"""A secret goes only to a host that the same source names: every combination of sources.

Each source that is present names a host of its own and holds secrets of its own, all of which
carry the name of their source. Whatever context comes out, host and secrets must agree.
"""

import itertools
from collections.abc import Iterator

import pytest

from flowodm.config import Context, context_from_arguments
from flowodm.errors import ConfigurationError
from tests.unit.config.conftest import Place

pytestmark = pytest.mark.unit

KAFKA_SECRETS = (
    "sasl.password",
    "ssl.key.password",
    "ssl.key.pem",
    "sasl.oauthbearer.client.secret",
)


def file_text(source: str, *, host: bool = True, registry: bool = True) -> str:
    lines = ["contexts:", f"  {source}:"]
    if host:
        lines.append(f"    bootstrap_servers: {source}:9092")
    lines.append("    kafka:")
    lines += [f"      {key}: {source}-{key}" for key in KAFKA_SECRETS]
    if registry:
        url = f"https://{source}"
        lines.append(f"    schema_registry: {{url: '{url}', basic_auth: '{source}:{source}-auth'}}")
    return "\n".join(lines) + "\n"


ENV_KAFKA_HOST = {"KAFKA_BOOTSTRAP_SERVERS": "env:9092"}
ENV_KAFKA_SECRETS = {
    "KAFKA_SASL_PASSWORD": "env-password",
    "FLOWODM_KAFKA_SSL_KEY_PASSWORD": "env-key",
    "FLOWODM_CONSUMER_SASL_OAUTHBEARER_CLIENT_SECRET": "env-client",
}
ENV_REGISTRY_HOST = {"SCHEMA_REGISTRY_URL": "https://env"}
ENV_REGISTRY_SECRETS = {"SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO": "env:env-auth"}
ENV_PARTS = (ENV_KAFKA_HOST, ENV_KAFKA_SECRETS, ENV_REGISTRY_HOST, ENV_REGISTRY_SECRETS)


def environments() -> Iterator[dict[str, str]]:
    for chosen in itertools.product((False, True), repeat=len(ENV_PARTS)):
        environ: dict[str, str] = {}
        for part, is_chosen in zip(ENV_PARTS, chosen, strict=True):
            environ |= part if is_chosen else {}
        yield environ


def names(environ: dict[str, str]) -> str:
    return "+".join(sorted(environ)) or "nothing"


def secrets_by_host(context: Context) -> Iterator[tuple[str, str]]:
    """Yield the host and each secret that would be sent to it."""
    host = (context.bootstrap_servers or "").partition(":")[0]
    for role in ("admin", "consumer", "producer"):
        for key, value in context.client_config(role).items():  # type: ignore[arg-type]
            if key in KAFKA_SECRETS:
                yield host, value
    registry = context.schema_registry
    if registry is not None and registry.basic_auth is not None:
        yield registry.url.removeprefix("https://"), registry.basic_auth.get_secret_value()


def assert_agree(context: Context) -> None:
    for host, secret in secrets_by_host(context):
        assert host, f"{secret} would be sent to nobody in particular"
        assert secret.startswith(host), f"{secret} would be sent to {host}"


@pytest.mark.parametrize("environ", list(environments()), ids=names)
@pytest.mark.parametrize("project", [False, True], ids=["-", "project"])
@pytest.mark.parametrize("own", [False, True], ids=["-", "own"])
@pytest.mark.parametrize("named", [None, "project", "own"])
def test_host_and_secrets_come_from_one_source(
    place: Place, environ: dict[str, str], project: bool, own: bool, named: str | None
) -> None:
    if project:
        place.write(file_text("project"))
    if own:
        place.write_own(file_text("own"))
    if named and not {"project": project, "own": own}[named]:
        assert "there is no context" in place.refusal(named, environ).message
        return
    context = place.load(named, environ)
    assert_agree(context)
    if named:
        assert context.bootstrap_servers == f"{named}:9092"
        assert context.schema_registry is not None
        assert context.schema_registry.url == f"https://{named}"
        assert not any("env" in secret for secret in context.secrets())
    elif "KAFKA_BOOTSTRAP_SERVERS" in environ:
        assert context.bootstrap_servers == "env:9092"


@pytest.mark.parametrize("environ", list(environments()), ids=names)
def test_a_context_named_by_a_variable_is_as_explicit(
    place: Place, environ: dict[str, str]
) -> None:
    place.write(file_text("project"))
    context = place.load(environ=environ | {"FLOWODM_CONTEXT": "project"})
    assert_agree(context)
    assert context.bootstrap_servers == "project:9092"
    assert not any("env" in secret for secret in context.secrets())


@pytest.mark.parametrize("environ", list(environments()), ids=names)
def test_a_context_without_a_registry_gets_no_credentials_for_one(
    place: Place, environ: dict[str, str]
) -> None:
    place.write(file_text("project", registry=False))
    assert_agree(place.load(environ=environ))
    assert place.load("project", environ).schema_registry is None


def test_a_registry_of_the_environment_replaces_the_files_as_a_whole(place: Place) -> None:
    place.write(file_text("project"))
    context = place.load(environ=ENV_REGISTRY_HOST)
    assert context.bootstrap_servers == "project:9092"
    assert context.schema_registry is not None
    assert context.schema_registry.url == "https://env"
    assert context.schema_registry.basic_auth is None


@pytest.mark.parametrize(
    ("environ", "variable", "host"),
    [
        (ENV_KAFKA_SECRETS, "KAFKA_SASL_PASSWORD", "KAFKA_BOOTSTRAP_SERVERS"),
        (ENV_REGISTRY_SECRETS, "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO", "SCHEMA_REGISTRY_URL"),
    ],
)
def test_a_secret_that_is_for_nobody_is_said(
    place: Place, environ: dict[str, str], variable: str, host: str
) -> None:
    place.write(file_text("project"))
    assert place.load(environ=environ).warnings == (
        f"{variable} is not used: {host} is not set, so nothing says whom it is for",
    )
    assert place.load("project", environ).warnings == ()


def test_a_secret_that_the_file_asks_for_is_not_said(place: Place) -> None:
    place.write(
        "contexts: {a: {bootstrap_servers: a:1, kafka: {sasl.password: ${KAFKA_SASL_PASSWORD}}}}"
    )
    context = place.load(environ={"KAFKA_SASL_PASSWORD": "mine"})
    assert context.warnings == ()
    assert context.client_config("admin")["sasl.password"] == "mine"


def test_the_environment_may_tune_a_context_that_is_not_named(place: Place) -> None:
    place.write("contexts: {a: {bootstrap_servers: a:1, kafka: {fetch.min.bytes: 1}}}")
    environ = {
        "FLOWODM_KAFKA_FETCH_MIN_BYTES": "7",
        "FLOWODM_KAFKA_SECURITY_PROTOCOL": "SSL",
        "FLOWODM_KAFKA_SSL_CA_LOCATION": "/ca",
    }
    assert place.load(environ=environ).client_config("admin") == {
        "bootstrap.servers": "a:1",
        "fetch.min.bytes": "7",
    }
    assert place.load("a", environ).client_config("admin")["fetch.min.bytes"] == "1"


@pytest.mark.parametrize("name", [None, "a"])
def test_the_environment_can_forbid_and_never_allow(place: Place, name: str | None) -> None:
    place.write("contexts: {a: {bootstrap_servers: a:1}}")
    forbid = {"FLOWODM_READ_ONLY": "1", "FLOWODM_PROTECTED": "1", "FLOWODM_CLUSTER_ID": "env"}
    context = place.load(name, forbid)
    assert (context.read_only, context.protected, context.cluster_id) == (True, True, "env")
    place.write("contexts: {a: {bootstrap_servers: a:1, read_only: true, cluster_id: file}}")
    context = place.load(name, {"FLOWODM_READ_ONLY": "0", "FLOWODM_CLUSTER_ID": "env"})
    assert (context.read_only, context.cluster_id) == (True, "file")


def test_the_environment_forbids_what_connect_is_pointed_at_too(place: Place) -> None:
    environ = {"FLOWODM_CONFIG_DIR": str(place.own), "FLOWODM_READ_ONLY": "1"}
    context = context_from_arguments(
        None, {"bootstrap_servers": "code:9092"}, environ=environ, directory=place.project
    )
    assert context.read_only
    assert context.place("read_only") == "variable FLOWODM_READ_ONLY"


ARGUMENTS = {
    "bootstrap_servers": "code:9092",
    "kafka": {"sasl.password": "code-password"},
    "schema_registry": {"url": "https://code", "basic_auth": "code:code-auth"},
}
ARGUMENT_SETS = [
    dict(chosen)
    for count in range(len(ARGUMENTS) + 1)
    for chosen in itertools.combinations(ARGUMENTS.items(), count)
]


@pytest.mark.parametrize("environ", list(environments()), ids=names)
@pytest.mark.parametrize("settings", ARGUMENT_SETS, ids=lambda chosen: "+".join(chosen) or "-")
@pytest.mark.parametrize("named", [None, "project"])
def test_arguments_of_connect_bring_their_own_secrets(
    place: Place, environ: dict[str, str], settings: dict[str, object], named: str | None
) -> None:
    place.write(file_text("project"))
    variables = {"FLOWODM_CONFIG_DIR": str(place.own)} | environ

    def load() -> Context:
        return context_from_arguments(named, settings, environ=variables, directory=place.project)

    if named and "bootstrap_servers" in settings:
        with pytest.raises(ConfigurationError, match="to another host"):
            load()
        return
    context = load()
    for host, secret in secrets_by_host(context):
        # What the code itself hands over goes where the code's connection goes.
        assert secret.startswith((host, "code")), f"{secret} would be sent to {host}"
    if "bootstrap_servers" in settings:
        assert context.bootstrap_servers == "code:9092"


@pytest.mark.parametrize(
    "key", ["bootstrap.servers", "metadata.broker.list", "librdkafka.bootstrap.servers"]
)
@pytest.mark.parametrize("named", [None, "project"])
def test_set_does_not_send_credentials_to_another_host(
    place: Place, key: str, named: str | None
) -> None:
    place.write(file_text("project"))
    error = place.refusal(named, overrides={key: "evil:9092"})
    assert "would send `sasl.password` of context `project` to another host" in error.message
    assert error.exit_code == 2


def test_set_may_name_another_host_where_there_are_no_credentials(place: Place) -> None:
    place.write("contexts: {a: {bootstrap_servers: a:1}}")
    assert place.load("a", overrides={"bootstrap.servers": "b:2"}).bootstrap_servers == "b:2"


@pytest.mark.parametrize(
    "credential",
    ["ssl.key.location: k.pem", "ssl.keystore.location: k.p12", "sasl.jaas.config: x"],
)
def test_keys_on_disk_are_credentials_too(place: Place, credential: str) -> None:
    place.write(f"contexts: {{a: {{bootstrap_servers: a:1, kafka: {{{credential}}}}}}}")
    error = place.refusal("a", overrides={"bootstrap.servers": "b:2"})
    assert "to another host" in error.message


def test_set_does_not_send_the_clients_secret_to_another_token_endpoint(place: Place) -> None:
    place.write(file_text("project"))
    error = place.refusal(
        "project", overrides={"sasl.oauthbearer.token.endpoint.url": "https://evil"}
    )
    assert "to another host" in error.message
