"""What a file leaves open: variables, secrets in files of their own, and the trust it needs."""

from pathlib import Path

import pytest

from flowodm.config import Context
from flowodm.config.files import read_config_file
from tests.unit.config.conftest import Place

pytestmark = pytest.mark.unit


def client_id(place: Place, text: str, **environ: str) -> str:
    place.write(f"contexts: {{a: {{kafka: {{client.id: '{text}'}}}}}}")
    return place.load("a", environ).client_config("admin")["client.id"]


def trust(place: Place, path: Path) -> None:
    file = read_config_file(path, directory=place.project, is_own=False)
    place.store.trust(file.path, file.digest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${KAFKA_X}", "value"),
        ("a${KAFKA_X}b${SR_Y}c", "avaluebotherc"),
        ("$${KAFKA_X}", "${KAFKA_X}"),
        ("$$${KAFKA_X}", "$${KAFKA_X}"),
        ("$${", "${"),
        ("$KAFKA_X", "$KAFKA_X"),
        ("$", "$"),
        ("a$$b", "a$$b"),
        ("}{", "}{"),
    ],
)
def test_variables_and_how_to_write_them(place: Place, text: str, expected: str) -> None:
    assert client_id(place, text, KAFKA_X="value", SR_Y="other") == expected


def test_a_value_is_not_expanded_again(place: Place) -> None:
    assert client_id(place, "${KAFKA_X}", KAFKA_X="${SR_Y}", SR_Y="no") == "${SR_Y}"


def test_a_value_cannot_change_the_file(place: Place) -> None:
    value = "x}, read_only: false, kafka: {a: b\n  evil: {}"
    assert client_id(place, "${KAFKA_X}", KAFKA_X=value) == value


def test_an_unset_variable_is_named_with_its_line(place: Place) -> None:
    place.write("contexts:\n  a:\n    kafka:\n      client.id: ${KAFKA_X}\n")
    error = place.refusal("a")
    assert error.message == "flowodm.yaml:4: variable `KAFKA_X` of `client.id` is not set"
    assert error.hint == "export KAFKA_X=…, or write `$${KAFKA_X}` for the text itself"


@pytest.mark.parametrize("text", ["${", "${}", "${A-B}", "${A:-b}", "${1}", "${canary", "x${ }"])
def test_what_begins_a_variable_and_is_none_is_an_error(place: Place, text: str) -> None:
    place.write(f"contexts:\n  a:\n    kafka:\n      sasl.password: '{text}'\n")
    error = place.refusal("a")
    assert error.message == "flowodm.yaml:4: `${` in `sasl.password` begins no variable"


@pytest.mark.parametrize("name", ["HOME", "AWS_SECRET_ACCESS_KEY", "XKAFKA_A", "SRX", "kafka_x"])
def test_a_projects_file_reads_only_variables_about_kafka(place: Place, name: str) -> None:
    path = place.write(f"contexts: {{a: {{kafka: {{client.id: '${{{name}}}'}}}}}}")
    error = place.refusal("a", {name: "canary"})
    assert error.message == (
        f"flowodm.yaml:1: variable `{name}` may not be read by this file; only `KAFKA_*`, "
        "`SCHEMA_REGISTRY_*`, `SR_*`, `FLOWODM_*` may"
    )
    assert error.hint == "read the file, then allow it: flowodm context trust"
    trust(place, path)
    assert place.load("a", {name: "x"}).client_config("admin")["client.id"] == "x"


def test_whether_a_forbidden_variable_is_set_is_not_told(place: Place) -> None:
    place.write("contexts: {a: {kafka: {client.id: '${SECRET}'}}}")
    assert place.refusal("a").message == place.refusal("a", {"SECRET": "x"}).message


def test_trust_ends_when_the_file_changes(place: Place) -> None:
    text = "contexts: {a: {kafka: {client.id: '${ANY}'}}}"
    path = place.write(text)
    trust(place, path)
    assert place.load("a", {"ANY": "x"})
    place.write(text + " ")
    assert "may not be read" in place.refusal("a", {"ANY": "x"}).message
    place.write(text)
    assert place.load("a", {"ANY": "x"})


def test_trust_is_for_one_place(place: Place, tmp_path: Path) -> None:
    text = "contexts: {a: {kafka: {client.id: '${ANY}'}}}"
    trust(place, place.write(text))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "flowodm.yaml").write_text(text)
    assert "may not be read" in place.refusal("a", {"ANY": "x"}, directory=elsewhere).message


def test_a_file_named_by_a_flag_is_not_the_users_own(place: Place) -> None:
    path = place.write("contexts: {a: {kafka: {client.id: '${ANY}'}}}", name="x.yaml")
    assert "may not be read" in place.refusal("a", {"ANY": "x"}, config_file=path).message


def test_the_users_own_file_reads_any_variable(place: Place) -> None:
    place.write_own("contexts: {a: {kafka: {client.id: '${ANY}'}}}")
    assert place.load("a", {"ANY": "x"}).client_config("admin")["client.id"] == "x"


SECRET_FILES = """\
contexts:
  a:
    bootstrap_servers: a:1
    kafka: {sasl.password_file: secrets/password, ssl.key.password_file: secrets/password}
    consumer: {sasl.oauthbearer.client.secret_file: secrets/password}
    schema_registry:
      url: https://r
      oauth: {token_url: https://t, client_id: i, client_secret_file: secrets/password}
      certificate: c.pem
      key: k.pem
      key_password_file: secrets/password
"""


def revealed(context: Context) -> list[str | None]:
    registry = context.schema_registry
    assert registry is not None
    assert registry.oauth is not None
    assert registry.key_password is not None
    config = context.client_config("consumer")
    return [
        config.get("sasl.password"),
        config.get("ssl.key.password"),
        config.get("sasl.oauthbearer.client.secret"),
        registry.oauth.client_secret.get_secret_value(),
        registry.key_password.get_secret_value(),
    ]


@pytest.mark.parametrize("content", ["hunter2", "hunter2\n", "hunter2\r\n"])
def test_secrets_are_read_from_files(place: Place, content: str) -> None:
    secrets = place.own / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "password").write_bytes(content.encode())
    place.write_own(SECRET_FILES)
    assert revealed(place.load("a")) == ["hunter2"] * 5


@pytest.mark.parametrize(
    "setting",
    [
        "kafka: {sasl.password_file: s}",
        "consumer: {ssl.key.password_file: s}",
        "schema_registry: {url: https://r, basic_auth_file: s}",
        "schema_registry: {url: https://r, bearer_token_file: s}",
        "kafka: {sasl.oauthbearer.assertion.file: s}",
        "kafka: {sasl.oauthbearer.assertion.private.key.file: s}",
        "kafka: {sasl.oauthbearer.assertion.jwt.template.file: s}",
        "kafka: {sasl.oauthbearer.metadata.authentication.type: azure_imds}",
    ],
)
def test_a_projects_file_needs_trust_to_send_a_file_or_an_identity(
    place: Place, setting: str
) -> None:
    (place.project / "s").write_text("user:canary")
    path = place.write(f"contexts:\n  a:\n    {setting}\n")
    error = place.refusal("a")
    assert error.message.startswith("flowodm.yaml:3: `")
    assert "on the word of this file" in error.message
    assert error.hint == "read the file, then allow it: flowodm context trust"
    trust(place, path)
    assert place.load("a")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing", "cannot read `missing`: No such file or directory"),
        ("empty", "`empty` is empty"),
        ("folder", "cannot read `folder`: Is a directory"),
        ("binary", "`binary` is not UTF-8"),
        ("large", "`large` is too large for a secret"),
    ],
)
def test_a_secret_that_cannot_be_read_is_named(place: Place, path: str, reason: str) -> None:
    place.own.mkdir()
    (place.own / "empty").write_text("\n")
    (place.own / "folder").mkdir()
    (place.own / "binary").write_bytes(b"\xff\xfe")
    (place.own / "large").write_text("x" * 70_000)
    place.write_own(f"contexts:\n  a:\n    kafka:\n      sasl.password_file: {path}\n")
    assert place.refusal("a").message.endswith(f"flowodm.yaml:4: {reason}")


def test_a_secret_and_its_file_exclude_each_other(place: Place) -> None:
    place.write_own("contexts: {a: {kafka: {sasl.password: a, sasl.password_file: b}}}")
    assert "`sasl.password` and `sasl.password_file` are both there" in place.refusal("a").message


def test_the_place_of_a_secret_is_that_of_its_file(place: Place) -> None:
    place.own.mkdir()
    (place.own / "p").write_text("x")
    place.write_own(
        "contexts:\n  a:\n    kafka:\n      linger.ms: 5\n      sasl.password_file: p\n"
    )
    assert place.load("a").place("sasl.password").endswith("flowodm.yaml:5")


def test_only_secrets_have_files_of_their_own(place: Place) -> None:
    place.write_own("contexts: {a: {kafka: {client.id_file: x}}}")
    assert "unknown key `client.id_file`" in place.refusal("a").message


def test_a_device_does_not_fill_the_memory(place: Place) -> None:
    place.write_own("contexts: {a: {kafka: {sasl.password_file: /dev/zero}}}")
    assert "too large" in place.refusal("a").message
