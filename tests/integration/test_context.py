"""`flowodm context`: files, the environment, and what is kept of a choice."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Finished

pytestmark = pytest.mark.integration

FILE = """\
version: 1
contexts:
  local: {bootstrap_servers: localhost:9092}
  prod:
    bootstrap_servers: k1:9093
    kafka: {sasl.password: ${KAFKA_PASSWORD}, sasl.username: bob}
    schema_registry: {url: 'https://user:pass-word@sr'}
    protected: true
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "flowodm.yaml").write_text(FILE)
    return folder


@pytest.fixture
def run(flowodm: Callable[..., Finished], project: Path, tmp_path: Path) -> Callable[..., Finished]:
    def run_(*arguments: str, env: dict[str, str] | None = None, **more: object) -> Finished:
        environ = {"FLOWODM_CONFIG_DIR": str(tmp_path / "own"), "KAFKA_PASSWORD": "pass-word"}
        more.setdefault("cwd", project)
        return flowodm("context", *arguments, env=environ | (env or {}), **more)

    return run_


Run = Callable[..., Finished]


def test_the_list_marks_the_current_context(run: Run) -> None:
    before = json.loads(run("list", "-o", "json").stdout)
    assert [entry["is_current"] for entry in before] == [False, False]
    done = run("use", "prod")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("context `prod` is current beside ")
    table = run("list").stdout.splitlines()
    assert table[0].split() == ["CURRENT", "NAME", "BROKERS", "SOURCE"]
    assert table[1].split() == ["local", "localhost:9092", "flowodm.yaml:3"]
    assert table[2].split() == ["*", "prod", "k1:9093", "flowodm.yaml:4"]
    assert run("list", "-o", "name").stdout == "local\nprod\n"


def test_the_choice_is_kept_outside_of_the_project(run: Run, project: Path, tmp_path: Path) -> None:
    run("use", "prod")
    assert (project / "flowodm.yaml").read_text() == FILE
    assert [path.name for path in project.iterdir() if path.name != ".git"] == ["flowodm.yaml"]
    kept = tmp_path / "own" / "current.json"
    assert json.loads(kept.read_text()) == {str(project / "flowodm.yaml"): "prod"}
    assert kept.stat().st_mode & 0o777 == 0o600


def test_an_unknown_context_is_refused_with_a_suggestion(run: Run) -> None:
    done = run("use", "prd")
    assert done.exit_code == 2
    assert done.stderr == (
        "error: there is no context `prd`\n  did you mean `prod`?  (flowodm context list)\n"
    )


def test_a_context_is_shown_with_the_place_of_each_setting(run: Run) -> None:
    done = run("show", "prod")
    assert done.exit_code == 0, done
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines == [
        ["prod", "flowodm.yaml:4"],
        ["KEY", "VALUE", "SOURCE"],
        ["bootstrap_servers", "k1:9093", "flowodm.yaml:5"],
        ["kafka.sasl.password", "********", "flowodm.yaml:6"],
        ["kafka.sasl.username", "bob", "flowodm.yaml:6"],
        ["schema_registry.url", "https://sr", "flowodm.yaml:7"],
        ["schema_registry.basic_auth", "********", "flowodm.yaml:7"],
        ["protected", "true", "flowodm.yaml:8"],
    ]


def test_a_shown_context_has_no_secret_for_machines_either(run: Run) -> None:
    for form in ("json", "ndjson", "yaml", "wide", "name"):
        done = run("show", "prod", "-o", form)
        assert done.exit_code == 0
        assert "pass-word" not in done.stdout
    settings = {
        setting["key"]: setting
        for setting in json.loads(run("show", "prod", "-o", "json").stdout)["settings"]
    }
    assert settings["kafka.sasl.password"] == {
        "key": "kafka.sasl.password",
        "value": None,
        "secret": True,
        "source": "flowodm.yaml:6",
    }


def test_the_context_to_show_may_be_named_either_way_and_only_once(run: Run) -> None:
    assert run("show", "--context", "local").stdout == run("show", "local").stdout
    done = run("show", "local", "--context", "prod")
    assert done.exit_code == 2
    assert "are two contexts" in done.stderr


def test_a_context_is_added_and_used(run: Run, tmp_path: Path) -> None:
    done = run(
        *("add", "dev", "--brokers", "localhost:19092", "--registry", "http://localhost:18081"),
        *("--set", "security.protocol=SSL", "--read-only", "--cluster-id", "abc", "--use"),
    )
    assert done.exit_code == 0, done
    assert (tmp_path / "own" / "flowodm.yaml").read_text() == (
        "version: 1\ncontexts:\n  dev:\n    bootstrap_servers: localhost:19092\n"
        "    kafka:\n      security.protocol: SSL\n"
        "    schema_registry:\n      url: http://localhost:18081\n"
        "    read_only: true\n    cluster_id: abc\n"
    )
    assert run("show", "-o", "name").stdout == "dev\n"
    again = run("add", "dev", "--brokers", "x:1")
    assert again.exit_code == 2
    assert "context `dev` is there already" in again.stderr


def test_a_file_that_is_named_from_here_is_found_from_elsewhere(run: Run, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("pass-word\n")
    done = run(
        *("add", "dev", "--brokers", "b:1", "--set", "sasl.password_file=password"), cwd=tmp_path
    )
    assert done.exit_code == 0, done
    shown = run("show", "dev")
    assert shown.exit_code == 0, shown
    assert "kafka.sasl.password" in shown.stdout


def test_a_context_of_the_project_hides_an_added_one_and_that_is_said(run: Run) -> None:
    done = run("add", "local", "--brokers", "b:1")
    assert done.exit_code == 0
    assert "warning: `flowodm.yaml` has a context of that name, which counts" in done.stderr


def test_trust_lets_a_file_read_any_variable_until_it_changes(run: Run, project: Path) -> None:
    text = "contexts: {a: {bootstrap_servers: a:1, kafka: {client.id: '${MY_OWN}'}}}\n"
    (project / "flowodm.yaml").write_text(text)
    environ = {"MY_OWN": "mine"}
    refused = run("show", "a", env=environ)
    assert refused.exit_code == 2
    assert "variable `MY_OWN` may not be read by this file" in refused.stderr
    assert "flowodm context trust" in refused.stderr
    trusted = run("trust")
    assert trusted.exit_code == 0
    assert trusted.stderr.endswith("is trusted as it is now\n")
    assert "mine" in run("show", "a", env=environ).stdout
    (project / "flowodm.yaml").write_text(text + "# changed\n")
    assert run("show", "a", env=environ).exit_code == 2


def test_there_must_be_something_to_trust(run: Run, tmp_path: Path) -> None:
    done = run("trust", cwd=tmp_path)
    assert done.exit_code == 2
    assert "there is no `flowodm.yaml` here to trust" in done.stderr


def test_a_choice_that_the_environment_overrides_is_said(run: Run) -> None:
    done = run("use", "local", env={"KAFKA_BOOTSTRAP_SERVERS": "x:1"})
    assert done.exit_code == 0
    assert "warning: variable KAFKA_BOOTSTRAP_SERVERS is set, and counts more" in done.stderr


def test_a_broken_file_is_one_line_with_its_place(run: Run, project: Path) -> None:
    (project / "flowodm.yaml").write_text(
        FILE.replace("bootstrap_servers: localhost", "bootstrap_server: localhost")
    )
    for arguments in (("list",), ("show", "prod"), ("use", "prod"), ("trust",)):
        done = run(*arguments)
        assert done.exit_code == 2
        assert done.stderr == (
            "error: flowodm.yaml:3: unknown key `bootstrap_server` in context `local`\n"
            "  did you mean `bootstrap_servers`?\n"
        )


def test_escapes_in_a_file_do_not_reach_the_terminal(run: Run, project: Path) -> None:
    (project / "flowodm.yaml").write_text('contexts: {"a\\e[2J\\a\\u202e": {bootstrap_servers: b}}')
    for arguments in (("list",), ("show",), ("use", "x")):
        done = run(*arguments)
        assert not set("\x1b\x07\u202e") & set(done.stdout + done.stderr)
