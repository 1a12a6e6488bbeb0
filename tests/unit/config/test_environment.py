"""The environment: every key has a variable, and the old ones work."""

import pytest

from flowodm.config import Context
from flowodm.config.environment import read_environment
from flowodm.config.librdkafka import BOOTSTRAP_KEYS, KEYS
from flowodm.errors import ConfigurationError
from tests.unit.config.conftest import Place

pytestmark = pytest.mark.unit

OLD = {
    "KAFKA_BOOTSTRAP_SERVERS": "k:9092",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "PLAIN",
    "KAFKA_SASL_USERNAME": "user",
    "KAFKA_SASL_PASSWORD": "password",
    "SCHEMA_REGISTRY_URL": "https://sr",
    "SCHEMA_REGISTRY_API_KEY": "key",
    "SCHEMA_REGISTRY_API_SECRET": "secret",
}


def basic_auth(context: Context) -> str | None:
    registry = context.schema_registry
    assert registry is not None
    return registry.basic_auth.get_secret_value() if registry.basic_auth else None


def test_the_variables_of_0_3_1(place: Place) -> None:
    context = place.load(environ=OLD)
    assert (context.name, context.source) == ("environment", "environment")
    assert context.client_config("consumer") == {
        "bootstrap.servers": "k:9092",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "user",
        "sasl.password": "password",
    }
    assert basic_auth(context) == "key:secret"
    assert context.place("sasl.password") == "variable KAFKA_SASL_PASSWORD"


def test_user_info_counts_more_than_the_api_key(place: Place) -> None:
    context = place.load(environ=OLD | {"SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO": "a:b"})
    assert basic_auth(context) == "a:b"


@pytest.mark.parametrize("missing", ["SCHEMA_REGISTRY_API_KEY", "SCHEMA_REGISTRY_API_SECRET"])
def test_half_an_api_key_is_an_error(place: Place, missing: str) -> None:
    environ = {name: value for name, value in OLD.items() if name != missing}
    assert f"{missing} is not" in place.refusal(environ=environ).message


def test_the_products_own_variables_count_more(place: Place) -> None:
    environ = OLD | {
        "FLOWODM_BOOTSTRAP_SERVERS": "f:9092",
        "FLOWODM_KAFKA_SASL_PASSWORD": "other",
        "FLOWODM_SCHEMA_REGISTRY_BASIC_AUTH": "x:y",
    }
    context = place.load(environ=environ)
    assert context.bootstrap_servers == "f:9092"
    assert context.client_config("admin")["sasl.password"] == "other"
    assert basic_auth(context) == "x:y"


@pytest.mark.parametrize("section", ["kafka", "consumer", "producer"])
def test_every_librdkafka_key_has_a_variable(section: str) -> None:
    keys = KEYS - BOOTSTRAP_KEYS
    environ = {f"FLOWODM_{section}_{key}".upper().replace(".", "_"): key for key in keys}
    assert read_environment(environ).settings == {section: {key: key for key in keys}}


def test_every_key_of_a_context_has_a_variable(place: Place) -> None:
    (place.project / "secret").write_text("from-file\n")
    context = place.load(
        environ={
            "FLOWODM_BOOTSTRAP_SERVERS": "f:1",
            "FLOWODM_READ_ONLY": "1",
            "FLOWODM_PROTECTED": "yes",
            "FLOWODM_CLUSTER_ID": "id",
            "FLOWODM_SCHEMA_REGISTRY_URL": "https://sr",
            "FLOWODM_SCHEMA_REGISTRY_CA": "/ca",
            "FLOWODM_SCHEMA_REGISTRY_CERTIFICATE": "/c",
            "FLOWODM_SCHEMA_REGISTRY_KEY": "/k",
            "FLOWODM_SCHEMA_REGISTRY_KEY_PASSWORD": "kp",
            "FLOWODM_SCHEMA_REGISTRY_OAUTH_TOKEN_URL": "https://t",
            "FLOWODM_SCHEMA_REGISTRY_OAUTH_CLIENT_ID": "i",
            "FLOWODM_SCHEMA_REGISTRY_OAUTH_CLIENT_SECRET_FILE": "secret",
            "FLOWODM_SCHEMA_REGISTRY_OAUTH_SCOPE": "s",
        }
    )
    assert (context.read_only, context.protected, context.cluster_id) == (True, True, "id")
    registry = context.schema_registry
    assert registry is not None
    assert (registry.ca, registry.certificate, registry.key) == ("/ca", "/c", "/k")
    assert registry.oauth is not None
    assert registry.oauth.client_secret.get_secret_value() == "from-file"
    where = "variable FLOWODM_SCHEMA_REGISTRY_OAUTH_CLIENT_SECRET_FILE"
    assert context.place("schema_registry.oauth.client_secret") == where


def test_a_bearer_token(place: Place) -> None:
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": "k:1",
        "SCHEMA_REGISTRY_URL": "https://sr",
        "FLOWODM_SCHEMA_REGISTRY_BEARER_TOKEN": "t",
    }
    registry = place.load(environ=environ).schema_registry
    assert registry is not None
    assert registry.bearer_token is not None
    assert registry.bearer_token.get_secret_value() == "t"


def test_a_file_replaces_the_old_variable_of_the_same_secret(place: Place) -> None:
    (place.project / "p").write_text("from-file")
    context = place.load(environ=OLD | {"FLOWODM_KAFKA_SASL_PASSWORD_FILE": "p"})
    assert context.client_config("admin")["sasl.password"] == "from-file"


@pytest.mark.parametrize("words", [("0", False), ("false", False), ("off", False), ("on", True)])
def test_the_words_for_true_and_false(place: Place, words: tuple[str, bool]) -> None:
    environ = {"FLOWODM_BOOTSTRAP_SERVERS": "f:1", "FLOWODM_READ_ONLY": words[0]}
    assert place.load(environ=environ).read_only is words[1]


def test_another_word_is_an_error(place: Place) -> None:
    environ = {"FLOWODM_BOOTSTRAP_SERVERS": "f:1", "FLOWODM_READ_ONLY": "maybe"}
    assert place.refusal(environ=environ).message == (
        "variable FLOWODM_READ_ONLY: `read_only` in context `environment` must be true or false"
    )


def test_a_variable_without_a_meaning_is_an_error(place: Place) -> None:
    error = place.refusal(environ={"FLOWODM_KAFKA_SASL_PASWORD": "canary"})
    assert error.message == "variable FLOWODM_KAFKA_SASL_PASWORD stands for no key of librdkafka"
    assert error.hint is not None
    assert "FLOWODM_KAFKA_SASL_PASSWORD" in error.hint


def test_insecure_has_no_variable(place: Place) -> None:
    environ = {
        "FLOWODM_BOOTSTRAP_SERVERS": "f:1",
        "FLOWODM_INSECURE": "true",
        "FLOWODM_SCHEMA_REGISTRY_URL": "https://sr",
        "FLOWODM_SCHEMA_REGISTRY_INSECURE": "true",
    }
    context = place.load(environ=environ)
    assert not context.insecure
    assert context.schema_registry is not None
    assert not context.schema_registry.insecure


def test_an_empty_variable_is_not_set(place: Place) -> None:
    assert place.load(environ={"KAFKA_BOOTSTRAP_SERVERS": ""}).name == "default"


def test_values_are_taken_as_they_are(place: Place) -> None:
    environ = OLD | {"KAFKA_SASL_PASSWORD": "a${B}$${C}"}
    assert place.load(environ=environ).client_config("admin")["sasl.password"] == "a${B}$${C}"


def test_an_error_names_the_variable_and_no_value(place: Place) -> None:
    error = place.refusal(environ=OLD | {"SCHEMA_REGISTRY_URL": "canary://x"})
    assert error.message.startswith("variable SCHEMA_REGISTRY_URL: `url`")
    assert "canary" not in error.message


def test_reading_needs_no_place() -> None:
    with pytest.raises(ConfigurationError):
        read_environment({"FLOWODM_PRODUCER_NOT_THERE": "x"})
    assert not read_environment({"PATH": "x", "FLOWODM_CONTEXT": "y"}).settings
