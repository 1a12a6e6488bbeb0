"""`flowodm models`: schemas as Python source, models as schemas, and what separates the two."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowodm.avro import canonical_form, parse
from tests.conftest import Finished
from tests.unit.avro.generation.test_golden_modules import ORDER, TREE
from tests.unit.avro.generation.test_hostile_schemas import PAYLOADS, everywhere

pytestmark = pytest.mark.integration

Run = Callable[..., Finished]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "schemas").mkdir()
    (folder / "schemas" / "orders-value.avsc").write_text(json.dumps(ORDER))
    (folder / "schemas" / "tree.avsc").write_text(json.dumps(TREE))
    return folder


@pytest.fixture
def run(flowodm: Run, project: Path) -> Run:
    def run_(*arguments: str, **more: Any) -> Finished:
        more.setdefault("cwd", project)
        return flowodm("models", *arguments, **more)

    return run_


def files_under(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


ONE = ("generate", "schemas/orders-value.avsc", "--out", "app/orders.py", "--topic", "orders")


def test_a_module_is_written_and_checked(run: Run, project: Path) -> None:
    missing = run(*ONE, "--check")
    assert missing.exit_code == 3
    assert missing.stdout.startswith("--- /dev/null\n+++ app/orders.py\n@@ -0,0 ")
    assert not (project / "app").exists()
    done = run(*ONE)
    assert (done.exit_code, done.stderr) == (0, "1 file: 1 created\n")
    assert done.stdout.splitlines()[1].split()[:2] == ["created", "app/orders.py"]
    again = run(*ONE)
    assert (again.exit_code, again.stderr) == (0, "1 file: 1 unchanged\n")
    checked = run(*ONE, "--check")
    assert (checked.exit_code, checked.stdout) == (0, "")


def test_a_check_shows_what_differs_and_writes_nothing(run: Run, project: Path) -> None:
    run(*ONE)
    module = project / "app" / "orders.py"
    changed = module.read_text().replace("quantity: Int = 1", "quantity: Int = 2")
    module.write_text(changed)
    done = run(*ONE, "--check")
    assert done.exit_code == 3
    assert "\n-    quantity: Int = 2\n+    quantity: Int = 1\n" in done.stdout
    assert done.stderr == "1 file: 1 differs\n"
    assert module.read_text() == changed
    found = json.loads(run(*ONE, "--check", "-o", "json").stdout)
    assert [(each["state"], each["file"]) for each in found] == [("differs", "app/orders.py")]
    assert "+    quantity: Int = 1" in found[0]["diff"]


def test_the_schema_comes_back_from_the_written_model(run: Run, project: Path) -> None:
    run(*ONE)
    schema = parse(json.dumps(ORDER))
    shown = run("schema", "app.orders:Order")
    assert shown.exit_code == 0, shown
    assert parse(shown.stdout) == schema
    assert run("schema", "app.orders:Order", "-o", "json").stdout == schema.to_json() + "\n"
    canonical = run("schema", "model:app.orders:Order", "--canonical").stdout
    assert canonical == canonical_form(schema) + "\n"


def test_a_package_is_written_with_a_module_for_each_namespace(run: Run, project: Path) -> None:
    options = ("generate", "schemas/", "--out", "src", "--package", "app.models")
    done = run(*options)
    assert (done.exit_code, done.stderr) == (0, "4 files: 4 created\n")
    assert files_under(project / "src") == {
        "app/models/__init__.py",
        "app/models/com/__init__.py",
        "app/models/com/legacy/__init__.py",
        "app/models/com/shop/__init__.py",
    }
    shown = run("schema", "app.models.com.shop:Order", env={"PYTHONPATH": str(project / "src")})
    assert parse(shown.stdout) == parse(json.dumps(ORDER))
    (project / "schemas" / "orders-value.avsc").unlink()
    left = run(*options, "--check")
    assert left.exit_code == 3
    assert "3 left over" in left.stderr
    assert "would not be generated any more: remove it" in left.stderr


def test_files_may_use_the_types_of_each_other(run: Run, project: Path) -> None:
    schemas = project / "schemas"
    address = {"type": "record", "name": "geo.Address", "fields": []}
    (schemas / "z-address.avsc").write_text(json.dumps(address))
    user = {"type": "record", "name": "User", "fields": [{"name": "at", "type": "geo.Address"}]}
    (schemas / "a-user.avsc").write_text(json.dumps(user))
    done = run("generate", "schemas/", "--out", "app.py")
    assert done.exit_code == 0, done
    assert run("schema", "app:User", "-o", "json").stdout == (
        '{"type":"record","name":"User","fields":[{"name":"at","type":"geo.Address"}]}\n'
    )
    assert json.loads(run("schema", "app:Address", "-o", "json").stdout)["name"] == "Address"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "app"), "`--out app` is no Python file"),
        (("--out", "schemas"), "`--out schemas` is no Python file"),
        (("--out", "app/models"), "`--out app/models` is no Python file"),
        (("--out", "mine.py"), "`mine.py` was not generated by FlowODM"),
        (("--out", "link.py"), "`link.py` is a symbolic link"),
        (("--out", "mine.py/x.py"), "`mine.py/x.py` cannot be read: Not a directory"),
        (("--out", "mine.py", "--package", "app"), "`--out mine.py` is a file"),
        (("--out", ".", "--package", "../app"), "`../app` is no name of a package"),
        (("--out", ".", "--package", "/etc"), "`/etc` is no name of a package"),
        (("--out", ".", "--package", "a..b"), "`a..b` is no name of a package"),
        (("--out", ".", "--package", "class"), "`class` is no name of a package"),
        (("--out", "out", "--package", "app"), "leads out of `out` by a symbolic link"),
        (("--out", "/proc/x/y.py"), "`/proc/x/y.py` cannot be written"),
        (("--out", "a.py", "--topic", "no topic!"), "`Order.Settings.topic` cannot be"),
        (("--out", "a.py", "--topic", "x", "schemas/tree.avsc"), "a topic was named for 2 schemas"),
        (("--out", "a.py", "--class-name", "a-b"), "`a-b` cannot be the name of the class"),
        (("--out", "a.py", "nothing.avsc"), "there is no file `nothing.avsc`"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_written_is_one_clear_error_and_nothing_is(
    run: Run, project: Path, arguments: tuple[str, ...], message: str
) -> None:
    (project / "mine.py").write_text("A = 1\n")
    (project / "link.py").symlink_to(project / "mine.py")
    (project / "elsewhere").mkdir()
    (project / "out").mkdir()
    (project / "out" / "app").symlink_to(project / "elsewhere")
    before = files_under(project)
    done = run("generate", "schemas/orders-value.avsc", *arguments)
    assert done.exit_code == 2, done
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 5
    assert done.stdout == ""
    assert files_under(project) == before
    assert (project / "mine.py").read_text() == "A = 1\n"


def test_hostile_schemas_write_nowhere_else_and_execute_nothing(run: Run, project: Path) -> None:
    shutil.rmtree(project / "schemas")
    (project / "schemas").mkdir()
    for number, payload in enumerate(PAYLOADS):
        document = everywhere(payload)
        document["name"] = f"s{number}.Order"
        for field, name in ((3, "E"), (4, "F"), (7, "R")):
            document["fields"][field]["type"]["name"] = f"s{number}.{name}"
        text = json.dumps(document)
        (project / "schemas" / f"s{number}.avsc").write_text(text)
    before = files_under(project.parent)
    done = run("generate", "schemas/", "--out", "out", "--package", "app")
    assert done.exit_code == 0, done
    written = files_under(project.parent) - before
    assert written
    assert all(path.startswith("project/out/app/") for path in written)
    one = run("schema", "app.s5:Order", env={"PYTHONPATH": str(project / "out")})
    assert one.exit_code == 0, one


def test_a_module_that_says_the_schema_is_in_step(run: Run, project: Path) -> None:
    run(*ONE)
    done = run("check", "app.orders:Order", "schemas/orders-value.avsc")
    assert done.exit_code == 0, done
    assert done.stdout.split() == [
        *("app.orders:Order", "schemas/orders-value.avsc", "=", "model", "app.orders:Order"),
        *("no", "difference", "1", "model:", "1", "unchanged.", "exit", "0"),
    ]


@pytest.fixture
def changed(run: Run, project: Path) -> Path:
    """A project whose model has moved on, and whose schema has not."""
    run(*ONE)
    module = project / "app" / "orders.py"
    text = module.read_text().replace("    last4: str\n", "    last4: str\n    bank: str\n")
    module.write_text(text.replace("quantity: Int = 1", "quantity: Int = 2"))
    (project / "flowodm.yaml").write_text("version: 1\nmodels: [app.orders]\nschemas: [schemas/]\n")
    return project


def test_a_check_says_how_a_model_and_a_schema_differ(run: Run, changed: Path) -> None:
    done = run("check", "app.orders:Order", "schemas/orders-value.avsc")
    assert done.exit_code == 3, done
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[0] == "app.orders:Order  schemas/orders-value.avsc → model app.orders:Order"
    assert lines[1].split() == ["✗", "breaks", "payment.bank", "added,", "string,", "no", "default"]
    assert any(line.split()[:3] == ["!", "danger", "lines[].quantity"] for line in lines)
    assert lines[-1].startswith("1 model: 1 breaking.")


def test_a_check_without_an_argument_is_about_all_that_is_declared(run: Run, changed: Path) -> None:
    done = run("check", "-o", "json")
    assert done.exit_code == 3, done
    found = json.loads(done.stdout)
    assert [(each["model"], each["state"]) for each in found["models"]] == [
        ("app.orders:Order", "changed")
    ]


@pytest.mark.parametrize("fail_on", ["any", "dangerous", "breaking"])
def test_a_check_fails_on_what_it_is_told_to(run: Run, changed: Path, fail_on: str) -> None:
    assert run("check", "--fail-on", fail_on).exit_code == 3
    run("generate", "schemas/orders-value.avsc", "--out", "app/orders.py", "--topic", "orders")
    assert run("check", "--fail-on", fail_on).exit_code == 0


def test_a_model_is_checked_against_its_own_file(run: Run, project: Path) -> None:
    (project / "own.py").write_text(
        "from flowodm import FlowBaseModel\n\n\n"
        "class Folder(FlowBaseModel):\n"
        "    class Settings:\n"
        '        topic = "folders"\n'
        '        schema_path = "schemas/tree.avsc"\n\n'
        "    name: str\n"
    )
    done = run("check", "own:Folder")
    assert done.exit_code == 3
    assert "schemas/tree.avsc → model own:Folder" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check",), "there is no `flowodm.yaml` here that declares models"),
        (("check", "nothing:Order"), "there is no module `nothing`"),
        (("check", "app.orders:Ordr", "schemas/tree.avsc"), "has no class `Ordr`"),
        (("check", "app.orders:Order"), "nothing says which schema `app.orders:Order` is to have"),
        (("check", "app.orders:Order", "x.avsc"), "there is no file `x.avsc`"),
        (("schema", "app.orders"), "names no class"),
        (("schema", "app.orders:Status"), "is no Pydantic model"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_argument_is_one_clear_error(
    run: Run, arguments: tuple[str, ...], message: str
) -> None:
    run(*ONE)
    done = run(*arguments)
    assert done.exit_code == 2, done
    assert message in done.stderr
    assert done.stdout == ""
