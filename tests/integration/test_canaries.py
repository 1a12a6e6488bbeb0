"""A secret of a context is in no output, log, error or traceback of any command."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.servers import TestServers

pytestmark = pytest.mark.integration

CANARIES = {
    name: f"canary+{name}/7f3b="
    for name in (
        "sasl", "consumer", "keypass", "keystore", "pem", "oauth", "basic", "bearer", "client",
        "registrykey", "userinfo", "environment", "unknown", "override",
    )
}  # fmt: skip


def config(servers: str, ca: str) -> str:
    """A file with a canary under every key that holds a secret."""
    secret = CANARIES
    contexts: dict[str, Any] = {
        "sasl": {
            "bootstrap_servers": servers,
            "kafka": {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": "admin",
                "sasl.password": secret["sasl"],
                "ssl.ca.location": ca,
            },
            "schema_registry": {
                "url": "http://127.0.0.1:9",
                "basic_auth": f"user:{secret['basic']}",
            },
        },
        "plain": {
            "bootstrap_servers": servers,
            "kafka": {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "PLAIN",
                "sasl.username": "admin",
                "sasl.password": secret["sasl"],
                "ssl.ca.location": ca,
            },
            "consumer": {"sasl.password": secret["consumer"]},
        },
        "mtls": {
            "bootstrap_servers": servers,
            "kafka": {
                "security.protocol": "SSL",
                "ssl.key.pem": f"-----BEGIN PRIVATE KEY-----\n{secret['pem']}\n-----END-----",
                "ssl.key.password": secret["keypass"],
            },
            "schema_registry": {
                "url": "https://127.0.0.1:9",
                "certificate": ca,
                "key": ca,
                "key_password": secret["registrykey"],
            },
        },
        "keystore": {
            "bootstrap_servers": servers,
            "kafka": {
                "security.protocol": "SSL",
                "ssl.keystore.location": ca,
                "ssl.keystore.password": secret["keystore"],
            },
            "schema_registry": {"url": "http://127.0.0.1:9", "bearer_token": secret["bearer"]},
        },
        "oauth": {
            "bootstrap_servers": servers,
            "kafka": {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "OAUTHBEARER",
                "sasl.oauthbearer.method": "oidc",
                "sasl.oauthbearer.client.id": "me",
                "sasl.oauthbearer.client.secret": secret["oauth"],
                "sasl.oauthbearer.token.endpoint.url": "http://127.0.0.1:9/token",
                "ssl.ca.location": ca,
            },
            "schema_registry": {
                "url": "http://127.0.0.1:9",
                "oauth": {
                    "token_url": "http://127.0.0.1:9/token",
                    "client_id": "me",
                    "client_secret": secret["client"],
                },
            },
        },
        "userinfo": {
            "bootstrap_servers": servers,
            "schema_registry": {
                "url": f"http://user:{quote(secret['userinfo'], safe='')}@127.0.0.1:9"
            },
        },
        "expanded": {
            "bootstrap_servers": servers,
            "kafka": {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": "admin",
                "sasl.password": "${KAFKA_TEST_CANARY}",
            },
        },
    }
    return json.dumps({"version": 1, "contexts": contexts}, indent=1)  # JSON is YAML


def broken(kafka: dict[str, Any]) -> str:
    context = {"bootstrap_servers": "localhost:1", "kafka": kafka}
    return json.dumps({"version": 1, "contexts": {"sasl": context}})


COMMANDS = (
    "tail some-topic -e",
    "tail some-topic -g a-group -e",
    "topics list",
    "topics describe some-topic",
    "produce some-topic --dry-run",
    "produce some-topic",
    "context show {context}",
    "context show {context} -o json",
    "context show {context} -o yaml",
    "context show {context} -o wide",
    "context list -o wide",
    "context list -o json",
    "doctor",
    "doctor -o json",
)


@pytest.fixture
def hear(
    clean_environment: dict[str, str], tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flowodm", *arguments],
            env=clean_environment | {"KAFKA_TEST_CANARY": CANARIES["environment"]},
            cwd=tmp_path,
            input='{"a": 1}\n',
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def assert_no_canary(done: subprocess.CompletedProcess[str]) -> None:
    told = done.stdout + done.stderr
    assert "canary" not in told
    for secret in CANARIES.values():
        assert base64.b64encode(secret.encode()).decode() not in told
        assert base64.b64encode(f"user:{secret}".encode()).decode() not in told
        assert quote(secret, safe="") not in told


@pytest.mark.parametrize(
    "context", ["sasl", "plain", "mtls", "keystore", "oauth", "userinfo", "expanded"]
)
def test_no_command_tells_a_secret(
    context: str,
    hear: Callable[..., subprocess.CompletedProcess[str]],
    secure_sandbox: TestServers,
    tmp_path: Path,
) -> None:
    ca = secure_sandbox.client_config["ssl.ca.location"]
    (tmp_path / "flowodm.yaml").write_text(config(secure_sandbox.bootstrap_servers, ca))
    failed = 0
    for command in COMMANDS:
        words = command.format(context=context).split()
        debug = (
            ["--set", "debug=security,broker,protocol"] if words[0] in ("tail", "topics") else []
        )
        done = hear(*words, "--context", context, "-vv", *debug)
        assert_no_canary(done)
        failed += done.returncode != 0
        if words[:2] == ["context", "show"]:
            assert done.returncode == 0, done.stderr  # the file itself is right
        if context == "sasl" and words[0] in ("tail", "topics"):
            assert done.returncode == 4  # it was the broker that refused the password
    assert failed >= 5  # whatever needs the cluster was refused by it


@pytest.mark.parametrize(
    "kafka",
    [
        {"sasl.password": {"nested": CANARIES["sasl"]}},
        {"sasl.password": [CANARIES["sasl"]]},
        {"sasl.pasword": CANARIES["unknown"]},
        {"sasl.password": CANARIES["sasl"], "no.such.key": "x"},
        {"ssl.keystore.password": CANARIES["keystore"], "security.protocol": "NONSENSE"},
    ],
    ids=str,
)
def test_a_file_that_is_wrong_is_not_quoted(
    kafka: dict[str, Any],
    hear: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
) -> None:
    (tmp_path / "flowodm.yaml").write_text(broken(kafka))
    done = hear("topics", "list", "--context", "sasl", "-vv")
    assert done.returncode != 0
    assert_no_canary(done)


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(
    hear: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = hear("topics", "list", "-vv", "--set", f"sasl.password={CANARIES['override']}")
    assert done.returncode == 2
    assert "sasl.password" in done.stderr
    assert_no_canary(done)
