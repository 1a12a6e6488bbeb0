"""No secret in any message, representation, traceback or log line."""

import base64
import io
import json
import logging
import pickle
import traceback
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.config import Context, RedactingFilter
from flowodm.config.librdkafka import KEYS, is_known_key, is_secret_key
from flowodm.config.secrets import MASK, Redactor
from flowodm.contexts.showing import list_settings
from flowodm.errors import ConfigurationError
from tests.unit.config.conftest import Place

pytestmark = pytest.mark.unit

SECRET_KEYS = sorted(key for key in KEYS if is_secret_key(key))
REGISTRY_SECRETS = ("basic_auth", "bearer_token", "key_password")


def canary(key: str) -> str:
    return f"canary-{key}"


def loaded(place: Place) -> Context:
    kafka = "\n".join(f"      {key}: {canary(key)}" for key in SECRET_KEYS)
    place.write(
        f"contexts:\n  a:\n    bootstrap_servers: a:1\n    kafka:\n{kafka}\n"
        f"    consumer:\n{kafka}\n"
        "    schema_registry:\n      url: https://user:canary%2Durl@r\n      key_password: canary-k\n"
        "      certificate: c\n      key: k\n"
        "  b:\n    schema_registry:\n      url: https://r\n      bearer_token: canary-b\n"
        "  c:\n    schema_registry:\n      url: https://r\n"
        "      oauth: {token_url: https://t, client_id: i, client_secret: canary-o}\n"
    )
    return place.load("a")


def test_the_keys_that_hold_secrets() -> None:
    assert SECRET_KEYS == [
        "sasl.jaas.config",
        "sasl.oauthbearer.assertion.private.key.passphrase",
        "sasl.oauthbearer.assertion.private.key.pem",
        "sasl.oauthbearer.client.credentials.client.secret",
        "sasl.oauthbearer.client.secret",
        "sasl.oauthbearer.config",
        "sasl.oauthbearer.extensions",
        "sasl.password",
        "ssl.key.password",
        "ssl.key.pem",
        "ssl.keystore.password",
    ]


def test_a_key_that_is_not_known_counts_as_secret() -> None:
    assert is_secret_key("sasl.pasword")
    assert is_secret_key("some.new.key")


def test_every_listed_key_is_one_of_librdkafka() -> None:
    from flowodm.config import librdkafka

    assert [key for key in sorted(KEYS) if not librdkafka._installed_knows(key)] == []
    assert not is_known_key("not.a.key")


@pytest.mark.parametrize("show", [repr, str, lambda c: c.model_dump_json(), lambda c: f"{c!r:>5}"])
def test_no_representation_of_a_context_holds_a_secret(place: Place, show) -> None:  # type: ignore[no-untyped-def]
    loaded(place)
    for name in "abc":
        assert "canary" not in show(place.load(name))


def test_every_secret_of_a_context_is_listed_for_the_redactor(place: Place) -> None:
    secrets = set(loaded(place).secrets())
    assert secrets == {canary(key) for key in SECRET_KEYS} | {"user:canary-url", "canary-k"}
    assert place.load("b").secrets() == ("canary-b",)
    assert place.load("c").secrets() == ("canary-o",)


def test_a_url_is_shown_without_its_credentials(place: Place) -> None:
    registry = loaded(place).schema_registry
    assert registry is not None
    assert registry.url == "https://r"
    assert registry.basic_auth is not None
    assert registry.basic_auth.get_secret_value() == "user:canary-url"


def test_a_context_is_shown_without_its_secrets(place: Place) -> None:
    settings = list_settings(loaded(place))
    shown = {setting.key: setting for setting in settings}
    assert all(shown[f"kafka.{key}"].is_secret for key in SECRET_KEYS)
    assert shown["schema_registry.basic_auth"].value is None
    assert shown["kafka.sasl.password"].source.startswith("flowodm.yaml:")
    assert "canary" not in repr(settings)


def test_a_secret_variable_makes_any_key_secret(place: Place) -> None:
    place.write("contexts: {a: {kafka: {client.id: 'x-${KAFKA_PASSWORD}', debug: '${KAFKA_D}'}}}")
    context = place.load("a", {"KAFKA_PASSWORD": "canary", "KAFKA_D": "all"})
    assert "canary" not in repr(context)
    assert "canary" not in repr(list_settings(context))
    assert context.client_config("admin")["client.id"] == "x-canary"
    assert context.kafka["debug"] == "all"


WRONG = [
    "bootstrap_servers: {canary: canary}",
    "bootstrap_servers: 'u:canary@h:1'",
    "bootstrap_servers: [canary canary]",
    "bootstrap_servers: canary:canary",
    "read_only: canary",
    "cluster_id: [canary]",
    "kafka: canary",
    "kafka: [canary]",
    "kafka: {sasl.password: [canary]}",
    "kafka: {sasl.password: {canary: canary}}",
    "kafka: {sasl.pasword: canary}",
    "kafka: {ssl.key.pem: !canary x}",
    "kafka: {sasl.password: *canary }",
    "kafka: {sasl.password: '${canary'}",
    "kafka: {bootstrap.servers: canary}",
    "kafka: {plugin.library.paths: canary}",
    "schema_registry: canary",
    "schema_registry: https://user:canary@host",
    "schema_registry: {url: canary}",
    "schema_registry: {url: 'https://u:canary@h:1x'}",
    "schema_registry: {url: 'https://u:canary@[h'}",
    "schema_registry: {url: 'https://u:canary@h?x'}",
    "schema_registry: {url: 'https://u:canary@h', basic_auth: a:canary}",
    "schema_registry: {url: 'https://u:canary@h,https://v:canary@i'}",
    "schema_registry: {url: https://h, basic_auth: canary}",
    "schema_registry: {url: https://h, basic_auth: [canary]}",
    "schema_registry: {url: https://h, bearer_token: {canary: canary}}",
    "schema_registry: {url: https://h, bearer_token: canary, basic_auth: a:canary}",
    "schema_registry: {url: https://h, oauth: {client_secret: canary}}",
    "schema_registry: {url: https://h, oauth: {token_url: 'https://u:canary@t', client_id: a}}",
    "schema_registry: {url: https://h, key_password: [canary]}",
    "insecure: canary",
]


@pytest.mark.parametrize("setting", WRONG)
def test_no_error_repeats_a_value(place: Place, setting: str) -> None:
    place.write(f"contexts:\n  a:\n    {setting}\n")
    with pytest.raises(ConfigurationError) as caught:
        place.load("a")
    told = "".join(traceback.format_exception(caught.value))
    assert "canary" not in f"{caught.value} {caught.value.hint} {caught.value!r}"
    assert "canary" not in "\n".join(
        line for line in told.splitlines() if not line.startswith("    ")
    )


@pytest.mark.parametrize(
    "name", ["KAFKA_SASL_PASSWORD", "SCHEMA_REGISTRY_URL", "FLOWODM_READ_ONLY"]
)
def test_no_error_repeats_a_variable(place: Place, name: str) -> None:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "u:canary@h", name: "canary"}
    assert "canary" not in str(place.refusal(environ=environ))


@pytest.mark.parametrize("key", SECRET_KEYS)
@pytest.mark.parametrize("prefix", ["", "librdkafka."])
def test_set_takes_no_secret(place: Place, prefix: str, key: str) -> None:
    place.write("contexts: {a: {bootstrap_servers: a:1}}")
    error = place.refusal("a", overrides={prefix + key: "canary"})
    assert error.message == (
        f"`{key}` is a secret, and every user of this machine can read a command line"
    )
    assert error.hint is not None
    assert f"`{key}_file`" in error.hint
    assert "canary" not in f"{error} {error.hint}"


def test_set_takes_the_file_of_a_secret(place: Place) -> None:
    place.write("contexts: {a: {bootstrap_servers: a:1}}")
    (place.project / "p").write_text("hunter2\n")
    context = place.load("a", overrides={"sasl.password_file": str(place.project / "p")})
    assert context.client_config("admin")["sasl.password"] == "hunter2"


def test_set_refuses_a_misspelt_secret_without_its_value(place: Place) -> None:
    error = place.refusal(overrides={"sasl.pasword": "canary"})
    assert error.message == "`--set sasl.pasword`: librdkafka has no such key"
    assert error.hint is not None
    assert "`sasl.password`" in error.hint


@pytest.mark.parametrize(
    "key", ["enable.ssl.certificate.verification", "ssl.endpoint.identification.algorithm"]
)
def test_set_does_not_turn_verification_off(place: Place, key: str) -> None:
    assert "may not be set on the command line" in place.refusal(overrides={key: "none"}).message


@pytest.mark.parametrize(
    "encode",
    [
        str,
        repr,
        json.dumps,
        lambda text: urllib.parse.quote(text, safe=""),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: f"Basic {base64.b64encode(text.encode()).decode()}==",
        lambda text: f"https://{urllib.parse.quote(text)}@host",
        lambda text: text.partition(":")[2],
    ],
)
def test_a_known_secret_is_masked_in_every_form(encode) -> None:  # type: ignore[no-untyped-def]
    secret = 'user:can"ary\\ü/ %'
    redactor = Redactor()
    redactor.remember([secret])
    text = redactor.redact(f"before {encode(secret)} after")
    assert "ary" not in text
    assert text.startswith("before ")
    assert text.endswith(" after")
    assert MASK in text


def test_the_lines_of_a_key_are_masked_one_by_one() -> None:
    redactor = Redactor()
    key = (
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END"
    )
    redactor.remember([key])
    assert "MIIE" not in redactor.redact(f"x {key.splitlines()[1]} y")


def test_the_longest_secret_is_masked_first() -> None:
    redactor = Redactor()
    redactor.remember(["hunter", "hunter2-and-more"])
    assert redactor.redact("hunter2-and-more") == MASK


def test_a_very_short_secret_does_not_eat_the_text() -> None:
    redactor = Redactor()
    redactor.remember(["a", ""])
    assert redactor.redact("a banana") == "a banana"


@given(st.text(min_size=4), st.text(), st.text())
def test_no_text_shows_a_known_secret(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.remember([secret])
    assert secret not in redactor.redact(before + secret + after).replace(MASK, "\0")


@pytest.fixture
def log(place: Place) -> tuple[logging.Logger, io.StringIO]:
    loaded(place)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(RedactingFilter())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    return logger, stream


def test_a_log_line_shows_no_secret(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    logger.warning("password is %s", "canary-sasl.password")
    logger.warning("canary-sasl.password %d", "no number")
    logger.warning("%(a)s", {"a": "canary-sasl.password"})
    try:
        raise ValueError("canary-sasl.password")
    except ValueError:
        logger.exception("failed", stack_info=True)
    assert stream.getvalue().count(MASK) >= 4
    assert "canary-sasl" not in "\n".join(
        line for line in stream.getvalue().splitlines() if not line.startswith("    ")
    )


def test_a_filter_never_drops_a_record() -> None:
    record = logging.makeLogRecord({"msg": "x %s", "args": ("y",)})
    assert RedactingFilter().filter(record)
    assert record.getMessage() == "x y"


def test_the_secret_of_a_file_is_known_even_when_the_context_is_wrong(place: Place) -> None:
    from flowodm.config import redact

    place.own.mkdir()
    (place.own / "p").write_text("hunter-in-a-file")
    place.write_own(
        "contexts: {a: {kafka: {sasl.password_file: p}, schema_registry: {url: '${URL}'}}}"
    )
    place.refusal("a", {"URL": "x"})
    assert redact("hunter-in-a-file") == MASK


def test_a_context_can_be_copied_and_kept(place: Place) -> None:
    context = loaded(place)
    assert context.model_copy() == context
    assert pickle.loads(pickle.dumps(context)) == context
