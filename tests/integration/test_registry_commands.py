"""`flowodm registry list|show|delete|config|mode|refs`, on the embedded registry and Apicurio."""

import json
import uuid
from collections.abc import Callable, Iterator

import pytest

from flowodm.errors import RegistryError, SubjectNotFound
from tests.conftest import Finished
from tests.integration.registries import CommandLine, command_line, family, record, unique
from tests.integration.rogue import drip, reply, rogue

pytestmark = pytest.mark.integration


@pytest.fixture
def run(any_registry: str, flowodm: Callable[..., Finished]) -> Iterator[CommandLine]:
    with command_line(any_registry, flowodm) as found:
        yield found


@pytest.fixture
def embedded(registry_url: str, flowodm: Callable[..., Finished]) -> Iterator[CommandLine]:
    with command_line(registry_url, flowodm) as found:
        yield found


@pytest.fixture
def subject(run: CommandLine) -> str:
    name = unique("orders")
    for fields in ("a", "ab"):
        run.registry.register(name, record("R", *fields))
    return name


def test_subjects_are_listed_by_name(run: CommandLine, subject: str) -> None:
    done = run("list", "-o", "name")
    assert done.exit_code == 0, done
    names = done.stdout.splitlines()
    assert subject in names
    assert names == sorted(names)


def test_a_glob_and_a_pattern_choose_subjects(run: CommandLine, subject: str) -> None:
    part = subject[3:-3]
    assert run("list", part, "-o", "name").stdout == ""
    assert run("list", f"*{part}*", "-o", "name").stdout == f"{subject}\n"
    assert run("list", "--regex", part, "-o", "name").stdout == f"{subject}\n"


def test_details_are_versions_type_and_level(run: CommandLine, subject: str) -> None:
    done = run("list", subject, "--details", "-o", "json")
    (row,) = json.loads(done.stdout)
    assert (row["subject"], row["latest"], row["type"]) == (subject, 2, "AVRO")
    assert row["versions"] == [1, 2]
    assert row["id"] == run.registry.version(subject).schema.schema_id


def test_a_list_is_one_question(embedded: CommandLine, flowodm: Callable[..., Finished]) -> None:
    body = b'[{"subject":"s","version":3,"id":7,"schema":"\\"int\\""}]'
    with rogue(reply(200, body)) as server, command_line(server.url, flowodm) as run:
        done = run("list", "-o", "json")
        assert server.count == 1
    assert json.loads(done.stdout)[0] == {
        "subject": "s",
        "latest": 3,
        "type": "AVRO",
        "id": 7,
        "versions": None,
        "compatibility": None,
    }


def test_deleted_subjects_are_listed_on_demand(run: CommandLine, subject: str) -> None:
    run.registry.delete_subject(subject)
    assert run("list", subject, "-o", "name").stdout == ""
    (row,) = json.loads(run("list", subject, "--deleted", "-o", "json").stdout)
    assert (row["subject"], row["state"]) == (subject, "deleted")


def test_a_version_is_shown_with_what_counts_for_it(run: CommandLine, subject: str) -> None:
    shown = json.loads(run("show", f"{subject}@1", "-o", "json").stdout)
    assert (shown["subject"], shown["version"], shown["versions"]) == (subject, 1, [1, 2])
    level = run.registry.compatibility_level()
    assert (shown["compatibility"], shown["mode"]) == (level, "READWRITE")
    assert json.loads(shown["schema"]) == json.loads(record("R", "a"))
    assert {"subject": subject, "version": 1} in shown["registered_as"]


def test_a_schema_is_shown_by_its_id(run: CommandLine) -> None:
    subject = unique("orders")
    alone = record(subject.replace("-", "_"), "a")  # not under more names than are shown
    schema_id = run.registry.register(subject, alone).schema_id
    done = run("show", "--id", str(schema_id))
    assert done.exit_code == 0, done
    assert done.stdout.startswith(f"id {schema_id}   AVRO\n")
    assert f"{subject} v1" in done.stdout


def test_raw_is_the_schema_alone(run: CommandLine, subject: str) -> None:
    done = run("show", subject, "-o", "raw")
    assert json.loads(done.stdout) == json.loads(record("R", "a", "b"))


def test_a_name_that_is_not_there_is_an_error_with_the_nearest(
    run: CommandLine, subject: str
) -> None:
    done = run("show", f"{subject[:-1]}x")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"did you mean `{subject}`?" in done.stderr
    done = run("show", f"{subject}@9")
    assert done.exit_code == 1
    assert "has no version 9" in done.stderr
    assert "it has v1–v2" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["show"], ["show", "a", "--id", "1"], ["show", "a@0"], ["show", "@1"], ["show", "a@99999999999"]],
)  # fmt: skip
def test_wrong_words_are_exit_2(embedded: CommandLine, arguments: list[str]) -> None:
    done = embedded(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("JSON", '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}'),
        ("PROTOBUF", 'syntax = "proto3";\nmessage A {\n  int32 a = 1;\n}\n'),
    ],
)
def test_other_languages_are_shown_and_said_to_be_unsupported(
    apicurio_url: str, flowodm: Callable[..., Finished], kind: str, text: str
) -> None:
    from flowodm.registry import SchemaDocument

    name = unique("other")
    with command_line(apicurio_url, flowodm) as run:
        run.registry.register(name, SchemaDocument(text, kind))
        done = run("show", name)
        assert done.exit_code == 0, done
        assert kind in done.stdout.splitlines()[0]
        assert f"{kind} is shown, and not checked" in done.stderr
        (row,) = json.loads(run("list", name, "--details", "-o", "json").stdout)
        assert row["type"] == kind


def test_a_deletion_is_shown_and_needs_a_yes(run: CommandLine, subject: str) -> None:
    done = run("delete", subject)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{subject} v1" in done.stderr
    assert "--yes" in done.stderr
    assert run.registry.versions(subject) == (1, 2)


def test_a_dry_run_deletes_nothing(run: CommandLine, subject: str) -> None:
    done = run("delete", subject, "--dry-run")
    assert done.exit_code == 0, done
    assert done.stdout == f"{subject}: 2 versions would be deleted and hidden\n"
    assert run.registry.versions(subject) == (1, 2)


def test_a_deletion_hides_and_permanent_removes(run: CommandLine, subject: str) -> None:
    done = run("delete", subject, "--yes")
    assert done.exit_code == 0, done
    assert run.registry.versions(subject, deleted=True) == (1, 2)
    done = run("delete", subject, "--yes")
    assert done.exit_code == 1
    assert "`--permanent` removes what remains" in done.stderr
    done = run("delete", subject, "--permanent", "--yes", "-o", "json")
    assert json.loads(done.stdout)["versions"] == [1, 2]
    with pytest.raises(SubjectNotFound):
        run.registry.versions(subject, deleted=True)


def test_one_version_is_deleted(run: CommandLine, subject: str) -> None:
    assert run("delete", f"{subject}@1", "--yes").exit_code == 0
    assert run.registry.versions(subject) == (2,)


def test_what_is_referenced_is_not_deleted(run: CommandLine) -> None:
    address, user, _ = family(run.registry)
    done = run("delete", address, "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "is referenced by" in done.stderr
    assert f"{user} v1" in done.stderr
    assert run.registry.versions(address) == (1,)


@pytest.mark.parametrize("name", ["_schemas", "__consumer_offsets-value", ":.ctx:__x-value"])
def test_internal_subjects_are_never_deleted(embedded: CommandLine, name: str) -> None:
    done = embedded("delete", name, "--yes")
    assert done.exit_code == 4
    assert "is internal" in done.stderr


def test_references_are_followed_both_ways(run: CommandLine) -> None:
    address, user, order = family(run.registry)
    found = json.loads(run("refs", address, "-o", "json").stdout)
    assert found["references"] == []
    assert {one["subject"] for one in found["referenced_by"]} == {user, order}
    found = json.loads(run("refs", f"{order}@1", "-o", "json").stdout)
    assert {one["subject"] for one in found["references"]} == {address, user}
    assert found["referenced_by"] == []
    assert [one["name"] for one in found["references"]][:2] == ["n.User", "n.Address"]


def test_a_tree_of_references_is_drawn(run: CommandLine) -> None:
    address, user, order = family(run.registry)
    lines = run("refs", order).stdout.splitlines()
    assert lines[0].startswith(f"{order} v1   id ")
    assert lines[1] == "references"
    assert lines[2].startswith(f"  {user} v1   n.User   id ")
    assert lines[3].startswith(f"    {address} v1   n.Address   id ")
    assert lines[-1] == "is referenced by   nothing"


def test_a_level_is_shown_set_and_taken_away(run: CommandLine, subject: str) -> None:
    level = run.registry.compatibility_level()
    assert run("config", subject).stdout.split()[0] == level
    done = run("config", subject, "FULL", "--yes")
    assert (done.exit_code, done.stdout) == (0, "FULL\n"), done
    assert f"~ {subject}: level {level}" in done.stderr
    assert run.registry.compatibility_level(subject) == "FULL"
    assert run("config", subject, "--unset", "--yes").exit_code == 0


def test_a_mode_is_shown_before_it_is_set(embedded: CommandLine) -> None:
    name = unique("modes")
    embedded.registry.register(name, record("R", "a"))
    assert embedded("mode", name).stdout == "READWRITE (the registry's)\n"
    done = embedded("mode", name, "READONLY", "--dry-run")
    assert f"~ {name}: mode READWRITE (the registry's) → READONLY" in done.stderr
    assert embedded.registry.mode(name) is None
    done = embedded("mode", name, "readonly", "--yes", "-o", "json")
    assert json.loads(done.stdout) == {"subject": name, "mode": "READONLY", "is_own": True}
    assert embedded("mode", name, "--unset", "--yes").stdout == "READWRITE (the registry's)\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["config", "a", "BACKWARDS"], "did you mean `BACKWARD`?"),
        (["mode", "a", "READ"], "there is no mode"),
        (["config", "--unset"], "cannot be taken away"),
        (["config", "a", "FULL", "--unset"], "contradict"),
    ],
)
def test_a_wrong_level_or_mode_is_exit_2(
    embedded: CommandLine, arguments: list[str], said: str
) -> None:
    done = embedded(*arguments, "--yes")
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_hostile_names_are_shown_harmless(embedded: CommandLine) -> None:
    name = f"a/b%2F?x=1#{uuid.uuid4().hex}:.ctx:"
    embedded.registry.register(name, record("R", "a"))
    assert embedded("show", name, "-o", "name").stdout == f"{name}@1\n"
    done = embedded("show", f"no\x1b[2J{name}")
    assert done.exit_code == 1
    assert "\x1b" not in done.stderr


def test_escapes_that_a_registry_tells_reach_no_terminal(flowodm: Callable[..., Finished]) -> None:
    body = json.dumps(["a\x1b[2J\u202e", "b\u0085\n"]).encode()
    with rogue(reply(200, body)) as server, command_line(server.url, flowodm) as run:
        done = run("list")
    assert done.exit_code == 0
    assert "a\\x1b[2J\\u202e" in done.stdout
    assert not set("\x1b\u202e\u0085") & set(done.stdout + done.stderr)


HTML = reply(200, b"<html>hello</html>", content_type="text/html")
COMMANDS = [
    ["list"],
    ["list", "-o", "wide"],
    ["show", "a"],
    ["show", "--id", "1"],
    ["config"],
    ["mode", "a"],
    ["refs", "a"],
    ["delete", "a", "--yes"],
    ["export"],
]


@pytest.mark.parametrize(
    ("arguments", "behaviour"),
    [
        *((arguments, HTML) for arguments in COMMANDS),
        (["list"], reply(200, b"")),
        (["show", "a"], reply(200, b"")),
        (["show", "a"], reply(500)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_no_registry_is_one_error(
    flowodm: Callable[..., Finished], arguments: list[str], behaviour: Callable[..., None]
) -> None:
    with rogue(behaviour) as server, command_line(server.url, flowodm) as run:
        done = run(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) <= 5


def test_a_registry_that_drips_is_given_up(flowodm: Callable[..., Finished]) -> None:
    slow = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[", b" ", 0.05)
    with rogue(slow) as server, command_line(server.url, flowodm) as run:
        done = run("list", timeout=40)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "did not answer in time" in done.stderr


def test_no_registry_at_all_is_one_error(flowodm: Callable[..., Finished]) -> None:
    with command_line("http://127.0.0.1:1", flowodm) as run:
        done = run("show", "a")
    assert done.exit_code == 1
    assert "refused the connection" in done.stderr


def test_a_context_without_a_registry_says_so(flowodm: Callable[..., Finished]) -> None:
    done = flowodm("registry", "list", env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    assert done.exit_code == 2
    assert "names no schema registry" in done.stderr


def test_a_graph_that_a_stranger_drew_ends(flowodm: Callable[..., Finished]) -> None:
    body = json.dumps(
        {
            "subject": "a",
            "version": 1,
            "id": 1,
            "schema": '"int"',
            "references": [{"name": "n.A", "subject": "a", "version": 1}],
        }
    ).encode()
    with rogue(reply(200, body)) as server, command_line(server.url, flowodm) as run:
        done = run("refs", "a", timeout=20)
    assert done.exit_code == 1
    assert "is not a list" in done.stderr or "JSON" in done.stderr


def test_a_change_that_the_registry_refuses_is_told(embedded: CommandLine) -> None:
    name = unique("refused")
    embedded.registry.register(name, record("R", "a"))
    embedded.registry.set_mode("READONLY", name)
    done = embedded("delete", name, "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "read-only mode" in done.stderr
    with pytest.raises(RegistryError):
        embedded.registry.delete_subject(name)
