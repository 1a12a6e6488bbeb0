"""`flowodm registry register`: the plan, the verdict, what is referenced first."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowodm.errors import ChangeRefused, SchemaCompatibilityError, SubjectNotFound
from flowodm.sources import Sources
from flowodm.subjects.registration import apply_registration, plan_registration
from tests.conftest import Finished
from tests.integration.registries import (
    ADDRESS,
    ORDER,
    USER,
    CommandLine,
    command_line,
    record,
    unique,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def run(any_registry: str, flowodm: Callable[..., Finished]) -> Iterator[CommandLine]:
    with command_line(any_registry, flowodm) as found:
        yield found


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        (tmp_path / "a.avsc").write_text(text)
        return "a.avsc"

    return write


def test_a_schema_is_registered_and_told_with_version_and_id(
    run: CommandLine, file: Callable[[str], str]
) -> None:
    name = unique("new")
    done = run("register", file(record("R", "a")), "-s", name, "--yes", "-o", "json")
    assert done.exit_code == 0, done
    (row,) = json.loads(done.stdout)
    assert (row["subject"], row["version"], row["state"]) == (name, 1, "registered")
    assert row["id"] == run.registry.version(name).schema.schema_id


def test_what_is_there_already_keeps_its_version(
    run: CommandLine, file: Callable[[str], str]
) -> None:
    name = unique("kept")
    source = file(record("R", "a"))
    assert run("register", source, "-s", name, "--yes").exit_code == 0
    done = run("register", source, "-s", name, "-o", "json")  # nothing to confirm
    assert done.exit_code == 0, done
    assert json.loads(done.stdout)[0]["state"] == "there already"
    assert run.registry.versions(name) == (1,)


def test_a_dry_run_shows_the_plan_and_registers_nothing(
    run: CommandLine, file: Callable[[str], str]
) -> None:
    name = unique("dry")
    run.registry.register(name, record("R", "a"))
    run.registry.set_compatibility_level("BACKWARD", name)
    done = run("register", file(record("R", "a", "b")), "-s", name, "--dry-run")
    assert done.exit_code == 0, done
    assert f"~ {name}  v1 → v2, compatible (BACKWARD, v1 checked)" in done.stderr
    assert "would be registered" in done.stdout
    assert run.registry.versions(name) == (1,)


@pytest.mark.parametrize("more", [["--dry-run"], ["--yes"]], ids=["dry run", "for real"])
def test_what_the_level_refuses_is_exit_3_with_reasons(
    run: CommandLine, file: Callable[[str], str], more: list[str]
) -> None:
    name = unique("refused")
    run.registry.register(name, record("R", "a"))
    run.registry.set_compatibility_level("BACKWARD", name)
    source = file(record("R", "a").replace('["null","int"],"default":null', '"string"'))
    done = run("register", source, "-s", name, *more, "-o", "json")
    assert done.exit_code == 3, done
    (row,) = json.loads(done.stdout)
    assert (row["state"], row["compatible"]) == ("refused", False)
    assert row["reasons"]
    assert "BACKWARD refuses it, it may not follow v1" in done.stderr
    assert "Cure: " in done.stderr
    assert run.registry.versions(name) == (1,)


def test_a_dangerous_change_is_told_before_it_is_done(
    run: CommandLine, file: Callable[[str], str]
) -> None:
    name = unique("danger")
    text = '{"type":"record","name":"R","fields":[{"name":"p","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":%d}}]}'
    run.registry.register(name, text % 2)
    run.registry.set_compatibility_level("BACKWARD", name)
    done = run("register", file(text % 4), "-s", name, "--dry-run")
    assert done.exit_code == 0, done
    assert "! " in done.stderr
    assert "scale" in done.stderr


def family(place: Path, *endings: str) -> dict[str, str]:
    names = dict(zip(("address", "user", "order"), endings, strict=True))
    for ending, text in zip(endings, (ADDRESS, USER, ORDER), strict=True):
        (place / f"{ending}.avsc").write_text(text)
    return names


def test_what_is_used_is_registered_first_and_referenced(run: CommandLine, tmp_path: Path) -> None:
    names = family(tmp_path, unique("address"), unique("user"), unique("order"))
    done = run("register", f"{names['order']}.avsc", "--yes", "-s", names["order"], "-o", "json")
    assert done.exit_code == 0, done
    rows = [row["subject"] for row in json.loads(done.stdout)]
    assert rows.index(names["address"]) < rows.index(names["user"]) < rows.index(names["order"])
    schema = run.registry.version(names["order"]).schema
    used = {(one.name, one.subject, one.version) for one in schema.references}
    assert ("n.User", names["user"], 1) in used
    run.registry.forget()
    assert set(run.registry.parse(schema).names) == {"n.Order", "n.User", "n.Address"}


def test_all_that_is_declared_is_registered_at_once(run: CommandLine, tmp_path: Path) -> None:
    names = family(tmp_path, unique("address"), unique("user"), unique("order"))
    (tmp_path / "flowodm.yaml").write_text("version: 1\nschemas: [.]\n")
    done = run("register", "--yes", "-o", "json", cwd=tmp_path)
    assert done.exit_code == 0, done
    assert len(json.loads(done.stdout)) == 3
    again = run("register", "-o", "json", cwd=tmp_path)
    assert [row["state"] for row in json.loads(again.stdout)] == ["there already"] * 3
    assert all(run.registry.versions(name) == (1,) for name in names.values())


def test_a_new_version_of_what_is_used_is_what_is_referenced(
    run: CommandLine, tmp_path: Path
) -> None:
    names = family(tmp_path, unique("address"), unique("user"), unique("order"))
    (tmp_path / "flowodm.yaml").write_text("version: 1\nschemas: [.]\n")
    assert run("register", "--yes", cwd=tmp_path).exit_code == 0
    wider = ADDRESS.replace("]}", ',{"name":"city","type":"string","default":""}]}')
    (tmp_path / f"{names['address']}.avsc").write_text(wider)
    assert run("register", "--yes", cwd=tmp_path).exit_code == 0
    references = run.registry.version(names["user"]).schema.references
    assert [(one.subject, one.version) for one in references] == [(names["address"], 2)]


def test_a_version_is_registered_under_another_subject(run: CommandLine) -> None:
    one, other = unique("one"), unique("other")
    run.registry.register(one, record("R", "a"))
    assert run("register", f"{one}@1", "-s", other, "--yes").exit_code == 0
    assert run.registry.version(other).schema.text == run.registry.version(one).schema.text


def test_off_a_terminal_it_needs_a_yes(run: CommandLine, file: Callable[[str], str]) -> None:
    name = unique("asked")
    done = run("register", file(record("R", "a")), "-s", name)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"+ {name}  v1, the first version" in done.stderr
    assert "--yes" in done.stderr
    with pytest.raises(SubjectNotFound):
        run.registry.versions(name)


@pytest.mark.parametrize(
    ("settings", "more", "code"),
    [("read_only: true", ["--yes"], 4), ("protected: true", [], 2)],
)
def test_a_guarded_context_registers_nothing(
    run: CommandLine, tmp_path: Path, settings: str, more: list[str], code: int
) -> None:
    name = unique("guarded")
    (tmp_path / "a.avsc").write_text(record("R", "a"))
    (tmp_path / "flowodm.yaml").write_text(
        "version: 1\ncontexts:\n  guarded:\n    bootstrap_servers: 127.0.0.1:1\n"
        f"    schema_registry: {{url: '{run.url}'}}\n    {settings}\n"
    )
    words = ["a.avsc", "-s", name, "--context", "guarded", *more]
    done = run("register", *words, cwd=tmp_path)
    assert (done.exit_code, done.stdout) == (code, "")
    with pytest.raises(SubjectNotFound):
        run.registry.versions(name)


def test_the_core_refuses_what_a_level_refuses(run: CommandLine, tmp_path: Path) -> None:
    name = unique("core")
    run.registry.register(name, record("R", "a"))
    run.registry.set_compatibility_level("BACKWARD", name)
    (tmp_path / "a.avsc").write_text(
        '{"type":"record","name":"R","fields":[{"name":"x","type":"int"}]}'
    )
    loaded = Sources(tmp_path).load("a.avsc")
    with run.connection() as connection:
        plan = plan_registration(run.registry, [(name, loaded)], lambda one: one.label)
        with pytest.raises(SchemaCompatibilityError):
            apply_registration(connection, plan)
    with run.connection(read_only=True) as fixed, pytest.raises(ChangeRefused):
        apply_registration(fixed, plan)
    assert run.registry.versions(name) == (1,)


def test_what_is_no_schema_is_one_error(run: CommandLine, file: Callable[[str], str]) -> None:
    done = run("register", file('{"type":"record"}'), "-s", unique("bad"), "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) <= 5
