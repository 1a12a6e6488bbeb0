"""What the pre-commit hooks and the GitHub Action call are commands that do what they say."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowodm.config import RegistryConfig
from flowodm.registry import SchemaRegistry
from flowodm.sandbox.registry.server import RegistryServer
from tests.pages import ROOT
from tests.sample_repository import NEW, OLD, register_old, write_new

pytestmark = pytest.mark.integration

HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}


class Runner:
    """A checkout, and the environment that a runner gives a step."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.summary = folder.parent / "summary.md"
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        identity = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in _WHAT}
        self.environment = {
            **environment,
            **identity,
            "PATH": path,
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def hook(self, name: str, *files: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a hook as pre-commit does."""
        hook = HOOKS[name]
        passed = files if hook.get("pass_filenames", True) else ()
        return self.run(*shlex.split(hook["entry"]), *hook.get("args", ()), *passed, **more)

    def step(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run a step as a runner does, with the action's own defaults."""
        step = STEPS[name]
        given = {name: str(each["default"]) for name, each in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        environment = {
            name: re.sub(r"\${{ inputs\.([\w-]+) }}", lambda match: given[match[1]], text)
            for name, text in step["env"].items()
        }
        # https://docs.github.com: how a composite action's `shell: bash` is started
        start = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"])
        return self.run(*start, **environment)


_WHAT = ("NAME", "EMAIL")


@pytest.fixture
def runner(tmp_path: Path, clean_environment: dict[str, str]) -> Runner:
    """A repository whose last commit is the old state, and whose files are the new one."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    write_new(folder)
    runner = Runner(folder, clean_environment)
    olds = {f"{subject.removesuffix('s-value')}.avsc": text for subject, text in OLD.items()}
    for name, text in olds.items():
        (folder / "schemas" / name).write_text(text)
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "old"]):
        assert runner.run("git", *words).returncode == 0
    for name, text in NEW.items():
        (folder / "schemas" / f"{name}.avsc").write_text(text)
    return runner


# Hooks


def test_every_hook_runs_a_command_of_ours() -> None:
    for hook in HOOKS.values():
        assert hook["language"] == "python"
        assert shlex.split(hook["entry"])[0] == "flowodm"
        assert re.search(hook["files"], "schemas/order.avsc")


def test_the_hook_that_validates(runner: Runner) -> None:
    assert runner.hook("flowodm-validate", "schemas/coupon.avsc").returncode == 0
    (runner.folder / "schemas" / "coupon.avsc").write_text("{")
    done = runner.hook("flowodm-validate", "schemas/coupon.avsc")
    assert done.returncode == 1
    assert "not JSON" in done.stdout


def test_the_hook_that_formats(runner: Runner) -> None:
    (runner.folder / "schemas" / "refund.avsc").write_text(
        '{"name": "E", "type": "enum", "symbols": []}'
    )
    assert runner.hook("flowodm-format", "schemas/refund.avsc").returncode == 0
    text = (runner.folder / "schemas" / "refund.avsc").read_text()
    assert text == '{"type": "enum", "name": "E", "symbols": []}\n'


@pytest.mark.parametrize(
    ("name", "code"), [("user-event", 3), ("payment", 0), ("coupon", 0), ("refund", 0)]
)
def test_the_hook_that_compares_with_the_last_commit(runner: Runner, name: str, code: int) -> None:
    done = runner.hook("flowodm-diff", f"schemas/{name}.avsc")
    assert done.returncode == code, done.stdout + done.stderr


def test_the_hook_takes_a_new_file(runner: Runner) -> None:
    (runner.folder / "schemas" / "new.avsc").write_text(NEW["refund"])
    done = runner.hook("flowodm-diff", "schemas/new.avsc")
    assert done.returncode == 0
    assert "new" in done.stdout


def test_the_hook_takes_the_first_commit_of_a_repository(runner: Runner) -> None:
    shutil.rmtree(runner.folder / ".git")
    assert runner.run("git", "init", "-q").returncode == 0
    done = runner.hook("flowodm-diff", "schemas/coupon.avsc")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_hook_that_asks_the_registry(runner: Runner) -> None:
    with RegistryServer() as server, SchemaRegistry(RegistryConfig(url=server.url)) as registry:
        register_old(registry)
        done = runner.hook("flowodm-registry", SCHEMA_REGISTRY_URL=server.url)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "5 subjects: 1 breaking, 1 dangerous, 1 safe, 2 unchanged." in done.stdout


# The action


def test_every_step_is_a_program_and_takes_inputs_as_variables() -> None:
    for step in STEPS.values():
        assert "${{" not in step["run"]  # an input in a program's text would be a program
        assert subprocess.run(["bash", "-n", "-c", step["run"]], check=False).returncode == 0
        for text in (*step["env"].values(), step.get("if", "")):
            assert {*re.findall(r"inputs\.([\w-]+)", text)} <= ACTION["inputs"].keys()


def test_the_step_that_validates(runner: Runner) -> None:
    assert runner.step("Validate").returncode == 0
    (runner.folder / "schemas" / "coupon.avsc").write_text('{\n"type": "recrd"}')
    done = runner.step("Validate")
    assert done.returncode == 1
    assert "::error file=schemas/coupon.avsc,line=2,title=" in done.stdout


def test_the_step_that_compares_with_the_base(runner: Runner) -> None:
    done = runner.step("Compare with the base", base="main")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "::error file=schemas/user-event.avsc,line=13,title=" in done.stdout
    assert "### `schemas/user-event.avsc`" in runner.summary.read_text()


@pytest.mark.parametrize(("fail_on", "code"), [("breaking", 0), ("dangerous", 3)])
def test_the_step_fails_for_what_it_is_told_to(runner: Runner, fail_on: str, code: int) -> None:
    (runner.folder / "schemas" / "user-event.avsc").write_text(OLD["user-events-value"])
    done = runner.step("Compare with the base", base="main", level="", fail_on=fail_on)
    assert done.returncode == code, done.stdout + done.stderr


def test_a_base_that_was_not_fetched_is_one_clear_error(runner: Runner) -> None:
    done = runner.step("Compare with the base", base="origin/main")
    assert done.returncode == 2
    assert "git fetch --unshallow" in done.stderr


def test_the_step_that_asks_the_registry(runner: Runner) -> None:
    with RegistryServer() as server, SchemaRegistry(RegistryConfig(url=server.url)) as registry:
        register_old(registry)
        runner.environment["SCHEMA_REGISTRY_URL"] = server.url
        done = runner.step("Compare with the registry")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "::warning file=schemas/payment.avsc,line=12," in done.stdout


# The page


def test_the_page_names_every_hook_and_input() -> None:
    page = (ROOT / "docs" / "ci.md").read_text()
    for name in HOOKS:
        assert f"| `{name}` |" in page
    for name, each in ACTION["inputs"].items():
        assert f"| `{name}` | {each['description']} |" in page


def test_the_page_is_yaml_that_a_runner_reads() -> None:
    page = (ROOT / "docs" / "ci.md").read_text()
    blocks: list[Any] = [
        yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", page, re.S)
    ]
    hooks = [hook["id"] for hook in blocks[0]["repos"][0]["hooks"]]
    assert hooks == [*HOOKS]
    assert blocks[1]["jobs"]["schemas"]["steps"][1]["with"].keys() <= ACTION["inputs"].keys()
