"""No command shows a secret: not in its output, its log, an error, a traceback or `ps`.

Every secret of a context is a word that begins with `HUSH`; every command of the table is run
with each context, with `-vv` and with logins that fail. A command that is added is covered as soon
as it stands in the table.
"""

import base64
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

import psutil
import pytest

from flowodm.cli.app import COMMANDS, CommandEntry
from flowodm.cli.frame import build_command
from flowodm.config.librdkafka import KEYS, is_secret_key
from tests.conftest import Finished
from tests.servers import TestServers

pytestmark = pytest.mark.integration

MARK = "HUSH"
SECRET_KEYS = sorted(key for key in KEYS if is_secret_key(key))
_TIMEOUT = 120


def secret(name: str) -> str:
    return f"{MARK}-{name}-{MARK}"


def file_text(servers: TestServers, secret_file: Path) -> str:
    """Write contexts that hold every kind of secret, each of which fails in its own way."""
    broker, ca = servers.bootstrap_servers, servers.client_config["ssl.ca.location"]
    login = "security.protocol: SASL_SSL, sasl.mechanism: SCRAM-SHA-512, sasl.username: admin"
    every = "\n".join(f"      {key}: {secret(key)}" for key in SECRET_KEYS)
    return f"""\
version: 1
contexts:
  wrong-password:
    bootstrap_servers: {broker}
    kafka: {{{login}, ssl.ca.location: {ca}, sasl.password: {secret("password")}, debug: all}}
    schema_registry: {{url: http://127.0.0.1:1, basic_auth: 'user:{secret("basic")}'}}
  right-password:
    bootstrap_servers: {broker}
    kafka:
      security.protocol: SASL_SSL
      sasl.mechanism: SCRAM-SHA-512
      sasl.username: hushed
      sasl.password: {secret("right")}
      ssl.ca.location: {ca}
      debug: all
    schema_registry: {{url: 'http://user:{secret("url")}%2F@127.0.0.1:1'}}
  every-key:
    bootstrap_servers: {broker}
    kafka:
      security.protocol: SASL_SSL
{every}
    consumer:
{every}
    producer:
{every}
    schema_registry: {{url: http://127.0.0.1:1, bearer_token: {secret("bearer")}}}
  oauth:
    bootstrap_servers: {broker}
    kafka:
      security.protocol: SASL_SSL
      sasl.mechanism: OAUTHBEARER
      sasl.oauthbearer.method: oidc
      sasl.oauthbearer.client.id: id
      sasl.oauthbearer.client.secret: {secret("client")}
      sasl.oauthbearer.token.endpoint.url: http://127.0.0.1:1/token
      sasl.oauthbearer.extensions: a={secret("extension")}
      ssl.ca.location: {ca}
      debug: all
    schema_registry:
      url: https://127.0.0.1:1
      oauth: {{token_url: http://127.0.0.1:1, client_id: i, client_secret: {secret("oauth")}}}
      certificate: {secret_file}
      key: {secret_file}
      key_password: {secret("registry-key")}
  variables:
    bootstrap_servers: {broker}
    kafka: {{{login}, ssl.ca.location: {ca}, sasl.password: '${{KAFKA_HIDDEN}}',
            client.id: '${{KAFKA_CLIENT_TOKEN}}'}}
    schema_registry: {{url: http://127.0.0.1:1, basic_auth: 'user:${{SR_HIDDEN}}'}}
"""


VARIABLES = {
    "KAFKA_HIDDEN": secret("variable"),
    "KAFKA_CLIENT_TOKEN": secret("token"),
    "SR_HIDDEN": secret("registry-variable"),
}
CONTEXTS = ("wrong-password", "right-password", "every-key", "oauth", "variables")
WITHOUT_CONTEXT = ("sandbox", "demo")
"""Commands that connect to no context: one run of each is enough."""


def own_file(secret_file: Path) -> str:
    return f"""\
contexts:
  files:
    bootstrap_servers: {"a" * 64}:1  # which does not resolve, without asking a name server
    kafka: {{sasl.password_file: {secret_file}, ssl.key.password_file: {secret_file}}}
    schema_registry: {{url: http://127.0.0.1:1, bearer_token_file: {secret_file}}}
"""


@pytest.fixture(scope="module")
def hushed_user(secure_sandbox: TestServers) -> TestServers:
    """The secure broker, with a user whose password is one of the secrets."""
    from confluent_kafka.admin import (
        AdminClient,
        ScramCredentialInfo,
        ScramMechanism,
        UserScramCredentialUpsertion,
    )

    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    password = secret("right").encode()
    admin = AdminClient(dict(secure_sandbox.client_config))
    futures = admin.alter_user_scram_credentials(
        [UserScramCredentialUpsertion("hushed", info, password)]
    )
    futures["hushed"].result(30)
    return secure_sandbox


@pytest.fixture
def place(hushed_user: TestServers, tmp_path: Path, clean_environment: dict[str, str]) -> Path:
    """A project and a user's own directory, both full of secrets."""
    project, own = tmp_path / "project", tmp_path / "own"
    (project / ".git").mkdir(parents=True)
    own.mkdir()
    secret_file = own / "secret"
    secret_file.write_text(secret("file") + "\n")
    (own / "flowodm.yaml").write_text(own_file(secret_file))
    (project / "flowodm.yaml").write_text(file_text(hushed_user, secret_file))
    return project


Run = Callable[..., Finished]


@pytest.fixture
def run(place: Path, clean_environment: dict[str, str]) -> Run:
    """Run a command, watch the command lines of its processes, and look through what it leaves."""

    def run_(*arguments: str, env: Mapping[str, str] | None = None) -> Finished:
        kept = {path: path.read_bytes() for path in files_below(place.parent)}
        environ = clean_environment | VARIABLES | dict(env or {})
        environ["FLOWODM_CONFIG_DIR"] = str(place.parent / "own")
        with tempfile.TemporaryFile() as stdout_file, tempfile.TemporaryFile() as stderr_file:
            process = subprocess.Popen(
                [sys.executable, "-m", "flowodm", *arguments],
                cwd=place,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=stdout_file,
                stderr=stderr_file,
            )
            seen = command_lines(process)
            stdout, stderr = content(stdout_file), content(stderr_file)
        assert MARK not in seen, "a secret stands in a command line"
        assert MARK not in stdout, stdout
        assert MARK not in stderr, "\n".join(line for line in stderr.split("\n") if MARK in line)
        for path in files_below(place.parent):
            if kept.get(path) != path.read_bytes():
                assert MARK.encode() not in path.read_bytes(), f"{path} holds a secret"
        return Finished(process.returncode, stdout, stderr, stdout.encode())

    return run_


def files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def command_lines(process: "subprocess.Popen[bytes]") -> str:
    """Gather the command lines of a process and of those below it, until it ends."""
    seen: set[str] = set()
    until = time.monotonic() + _TIMEOUT
    while process.poll() is None:
        try:
            parent = psutil.Process(process.pid)
            for one in (parent, *parent.children(recursive=True)):
                seen.add(" ".join(one.cmdline()))
        except psutil.Error:  # it has just ended
            pass
        if time.monotonic() > until:
            process.kill()
        time.sleep(0.02)
    assert seen
    return "\n".join(seen)


def content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def arguments_of(entry: CommandEntry) -> list[str]:
    """Make up what a command needs: every argument, and the options it cannot do without."""
    command = build_command(entry)
    words = entry.path.split()
    for parameter in command.own_parameters:
        if parameter.param_type_name == "argument":
            words.append(CONTEXTS[0] if entry.completes == "contexts" else "some-name")
        elif parameter.required:
            words += [max(parameter.opts, key=len), "localhost:1"]
    return words


def named(entry: CommandEntry) -> str:
    return entry.path


WITH_CONTEXT = [entry for entry in COMMANDS if not entry.path.startswith(WITHOUT_CONTEXT)]


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("entry", WITH_CONTEXT, ids=named)
def test_no_command_shows_a_secret(run: Run, entry: CommandEntry, context: str) -> None:
    words = arguments_of(entry)
    if entry.path in ("context show", "context use"):
        words[-1] = context
    if entry.path == "context trust":
        words.pop()
    if entry.path == "tail":
        words.append("-e")
    done = run(*words, "--context", context, "-vv")
    assert done.stdout + done.stderr, "it says nothing at all"
    if context == "wrong-password" and entry.path in ("tail", "topics list", "topics describe"):
        assert done.exit_code == 4, done
        assert "wrong user name or password" in done.stderr
        assert "Traceback" in done.stderr


@pytest.mark.parametrize("entry", WITH_CONTEXT, ids=named)
def test_no_command_shows_a_secret_of_the_environment(
    run: Run, entry: CommandEntry, secure_sandbox: TestServers
) -> None:
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": secure_sandbox.bootstrap_servers,
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "KAFKA_SASL_USERNAME": "admin",
        "KAFKA_SASL_PASSWORD": secret("environment"),
        "FLOWODM_KAFKA_SSL_CA_LOCATION": secure_sandbox.client_config["ssl.ca.location"],
        "FLOWODM_KAFKA_DEBUG": "all",
        "SCHEMA_REGISTRY_URL": f"http://user:{secret('url')}@127.0.0.1:1",
    }
    words = arguments_of(entry)
    run(*words, *(["-e"] if entry.path == "tail" else []), "-vv", env=environ)


@pytest.mark.parametrize("entry", WITH_CONTEXT, ids=named)
def test_no_command_shows_a_secret_that_comes_from_a_file(run: Run, entry: CommandEntry) -> None:
    run(*arguments_of(entry), "--context", "files", "-vv", "--set", "socket.timeout.ms=1000")


@pytest.mark.parametrize(
    "entry", [entry for entry in COMMANDS if entry not in WITH_CONTEXT], ids=named
)
def test_no_command_of_the_sandbox_shows_a_secret(run: Run, entry: CommandEntry) -> None:
    environ = {
        "KAFKA_SASL_PASSWORD": secret("environment"),
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:1",
    }
    named_so = ["--name", "hushed"] if entry.path in ("sandbox up", "sandbox down") else []
    try:
        run(*arguments_of(entry), *named_so, "-vv", env=environ)
    finally:
        if named_so:
            run("sandbox", "down", "--name", "hushed", "--reset")


@pytest.mark.parametrize("key", [*SECRET_KEYS, "sasl.pasword"])
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(
    key: str, flowodm: Callable[..., Finished]
) -> None:
    done = flowodm("topics", "list", "--set", f"{key}={MARK}", "-vv")
    assert done.exit_code == 2
    assert MARK not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("context", "add", "x", "--brokers", f"user:{MARK}@h:1"),
        ("context", "add", "x", "--brokers", "h:1", "--registry", f"http://u:{MARK}@h"),
        ("context", "add", "x", "--brokers", "h:1", "--set", f"sasl.password={MARK}"),
        ("context", "add", "x", "--brokers", "h:1", "--secret-variable", f"sasl.password={MARK}!"),
        ("topics", "list", "--set", f"bootstrap.servers=u:{MARK}@h:1"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_secret_that_was_put_on_the_command_line_is_not_repeated(
    arguments: tuple[str, ...], flowodm: Callable[..., Finished]
) -> None:
    done = flowodm(*arguments, "-vv")
    assert done.exit_code == 2, done
    assert MARK not in done.stdout + done.stderr


def test_a_secret_from_standard_input_is_kept_for_its_reader_alone(
    flowodm: Callable[..., Finished], tmp_path: Path
) -> None:
    own = tmp_path / "own"
    arguments = ("context", "add", "x", "--brokers", "h:1", "--secret-stdin", "sasl.password")
    done = flowodm(*arguments, "-vv", input=f"{MARK}\n", env={"FLOWODM_CONFIG_DIR": str(own)})
    assert done.exit_code == 0, done
    assert MARK not in done.stdout + done.stderr
    assert f"sasl.password: {MARK}" in (own / "flowodm.yaml").read_text()
    assert (own / "flowodm.yaml").stat().st_mode & 0o777 == 0o600
    assert own.stat().st_mode & 0o777 == 0o700


def test_the_right_password_is_taken_and_shown_nowhere(run: Run) -> None:
    done = run("topics", "list", "--context", "right-password", "-vv")
    assert done.exit_code == 0, done
    assert "flowodm.kafka" in done.stderr  # librdkafka did speak


@pytest.fixture
def parrot() -> Iterator[str]:
    """The URL of a server that refuses everything, and repeats what it was sent."""

    class Parrot(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = f"{self.headers} {self.rfile.read(length).decode('utf-8', 'replace')}"
            scheme, _, encoded = (self.headers.get("Authorization") or "").partition(" ")
            if scheme == "Basic":
                sent += base64.b64decode(encoded).decode()
            answer = {"error": sent, "error_description": sent, "error_code": 401, "message": sent}
            body = json.dumps(answer).encode()
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("command", ["topics list", "tail some-name -e", "produce some-name"])
def test_a_token_endpoint_that_repeats_the_secret_is_not_quoted(
    run: Run, place: Path, parrot: str, secure_sandbox: TestServers, command: str
) -> None:
    ca = secure_sandbox.client_config["ssl.ca.location"]
    (place / "flowodm.yaml").write_text(f"""\
contexts:
  parrot:
    bootstrap_servers: {secure_sandbox.bootstrap_servers}
    kafka:
      security.protocol: SASL_SSL
      ssl.ca.location: {ca}
      sasl.mechanism: OAUTHBEARER
      sasl.oauthbearer.method: oidc
      sasl.oauthbearer.client.id: id
      sasl.oauthbearer.client.secret: {secret("client")}
      sasl.oauthbearer.token.endpoint.url: {parrot}/token
      debug: all
""")
    done = run(*command.split(), "-vv")
    assert done.exit_code == 4, done
    assert "no OAuth token" in done.stderr


@pytest.mark.parametrize(
    "credentials",
    [
        f"basic_auth: 'user:{secret('basic')}'",
        f"bearer_token: {secret('bearer')}",
        f"oauth: {{token_url: 'PARROT', client_id: i, client_secret: {secret('oauth')}}}",
    ],
    ids=lambda credentials: credentials.partition(":")[0],
)
def test_a_registry_that_repeats_the_secret_is_not_quoted(
    run: Run, place: Path, parrot: str, sandbox: TestServers, topic: str, credentials: str
) -> None:
    from confluent_kafka import Producer

    producer = Producer({**sandbox.client_config, "enable.idempotence": True})
    producer.produce(topic, value=b"\x00\x00\x00\x00\x07\x02")  # framed: the registry is asked
    assert producer.flush(30) == 0
    (place / "flowodm.yaml").write_text(f"""\
contexts:
  parrot:
    bootstrap_servers: {sandbox.bootstrap_servers}
    schema_registry:
      url: {parrot}
      {credentials.replace("PARROT", parrot)}
""")
    done = run("tail", topic, "-e", "-vv")
    assert "401" in done.stdout + done.stderr, done
