"""Which context is used: flag, environment, `flowodm.yaml` upward, the user's own file."""

from pathlib import Path

import pytest

from flowodm.config import Context
from tests.unit.config.conftest import Place

pytestmark = pytest.mark.unit

TWO = """\
contexts:
  one: {bootstrap_servers: one:9092}
  two: {bootstrap_servers: two:9092}
"""
ONE = "contexts: {only: {bootstrap_servers: only:9092}}"


def servers(context: Context) -> str | None:
    return context.bootstrap_servers


def test_without_any_configuration_the_local_ports_count(place: Place) -> None:
    context = place.load()
    assert (context.name, context.source) == ("default", "built in")
    assert servers(context) == "localhost:9092"
    assert context.schema_registry is not None
    assert context.schema_registry.url == "http://localhost:8081"


def test_a_named_context_of_the_project(place: Place) -> None:
    place.write(TWO)
    context = place.load("two")
    assert (context.name, context.source, servers(context)) == (
        *("two", "flowodm.yaml:3", "two:9092"),
    )


def test_the_only_context_of_a_file_needs_no_name(place: Place) -> None:
    place.write(ONE)
    assert servers(place.load()) == "only:9092"


def test_of_several_contexts_one_must_be_chosen(place: Place) -> None:
    place.write(TWO)
    error = place.refusal()
    assert error.message == "no context is chosen; `flowodm.yaml` has `one`, `two`"
    assert error.exit_code == 2


def test_the_current_context_is_the_projects(place: Place, tmp_path: Path) -> None:
    path = place.write(TWO)
    place.store.set_current(path, "two")
    assert servers(place.load()) == "two:9092"
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    (other / "flowodm.yaml").write_text(TWO)
    assert "no context is chosen" in place.refusal(directory=other).message


def test_a_current_context_that_is_gone_is_an_error(place: Place) -> None:
    place.store.set_current(place.write(TWO), "three")
    error = place.refusal()
    assert error.message == "the current context `three` is no longer defined"
    assert error.hint is not None
    assert "flowodm context use" in error.hint


def test_a_variable_names_the_context(place: Place) -> None:
    place.store.set_current(place.write(TWO), "two")
    assert servers(place.load(environ={"FLOWODM_CONTEXT": "one"})) == "one:9092"


def test_a_flag_counts_more_than_the_variable(place: Place) -> None:
    place.write(TWO)
    assert servers(place.load("two", {"FLOWODM_CONTEXT": "one"})) == "two:9092"


def test_an_unknown_context_gets_a_suggestion(place: Place) -> None:
    place.write("contexts: {prod: {bootstrap_servers: p:1}}")
    error = place.refusal("prdo")
    assert error.message == "there is no context `prdo`"
    assert error.hint == "did you mean `prod`?  (flowodm context list)"


def test_the_file_is_found_upward_to_the_root_of_the_repository(place: Place) -> None:
    place.write(ONE)
    deep = place.project / "a" / "b"
    deep.mkdir(parents=True)
    context = place.load(directory=deep)
    assert context.source == "../../flowodm.yaml:1"


def test_no_file_above_the_repository_counts(place: Place) -> None:
    (place.project.parent / "flowodm.yaml").write_text(ONE)
    assert place.load().name == "default"


def test_outside_a_repository_only_the_directory_itself_counts(place: Place) -> None:
    (place.project / ".git").rmdir()
    deep = place.project / "deep"
    deep.mkdir()
    place.write(ONE)
    assert place.load(directory=deep).name == "default"
    assert place.load().name == "only"


def test_the_nearest_file_counts(place: Place) -> None:
    place.write(ONE)
    deep = place.project / "deep"
    deep.mkdir()
    (deep / "flowodm.yaml").write_text("contexts: {near: {bootstrap_servers: near:1}}")
    assert servers(place.load(directory=deep)) == "near:1"


def test_a_worktree_has_a_file_named_git(place: Place) -> None:
    (place.project / ".git").rmdir()
    (place.project / ".git").write_text("gitdir: elsewhere")
    (place.project.parent / "flowodm.yaml").write_text(ONE)
    assert place.load().name == "default"


def test_the_users_own_file_comes_last(place: Place) -> None:
    place.write_own("contexts: {only: {bootstrap_servers: own:1}, mine: {bootstrap_servers: m:1}}")
    place.write(ONE)
    assert servers(place.load("only")) == "only:9092"
    assert servers(place.load("mine")) == "m:1"


def test_the_users_own_current_context_counts_outside_of_projects(place: Place) -> None:
    place.write_own(TWO)
    place.store.set_current(None, "two")
    assert servers(place.load()) == "two:9092"


def test_the_users_own_current_context_counts_in_a_project_without_a_choice(place: Place) -> None:
    place.write_own("contexts: {mine: {bootstrap_servers: m:1}, x: {bootstrap_servers: x:1}}")
    place.store.set_current(None, "mine")
    place.write(TWO)
    assert servers(place.load()) == "m:1"


def test_a_named_file_is_the_only_one(place: Place) -> None:
    place.write_own("contexts: {mine: {bootstrap_servers: m:1}}")
    place.write(ONE)
    path = place.write("contexts: {other: {bootstrap_servers: o:1}}", name="other.yaml")
    assert servers(place.load(config_file=path)) == "o:1"
    assert "no context `mine`" in place.refusal("mine", config_file=path).message
    assert servers(place.load(environ={"FLOWODM_CONFIG": str(path)})) == "o:1"
    assert servers(place.load(config_file=Path("other.yaml"))) == "o:1"


def test_a_named_file_that_is_not_there_is_an_error(place: Place) -> None:
    error = place.refusal(config_file=Path("missing.yaml"))
    assert error.message == "cannot read `missing.yaml`: No such file or directory"


def test_a_named_file_counts_more_than_the_environment(place: Place) -> None:
    path = place.write(ONE)
    found = place.load(environ={"KAFKA_BOOTSTRAP_SERVERS": "env:1"}, config_file=path)
    assert servers(found) == "only:9092"


def test_the_own_file_found_as_the_projects_counts_once(place: Place) -> None:
    place.own.mkdir()
    (place.own / ".git").mkdir()
    place.write_own("contexts: {mine: {bootstrap_servers: m:1, kafka: {client.id: '${ANY}'}}}")
    context = place.load(environ={"ANY": "x"}, directory=place.own)
    assert context.kafka == {"client.id": "x"}


def test_contexts_are_listed_in_the_order_they_are_looked_for(place: Place) -> None:
    place.write_own("contexts: {mine: {bootstrap_servers: [m:1, m:2]}, one: {}}")
    path = place.write(TWO)
    place.store.set_current(path, "two")
    assert [(entry.name, entry.source, entry.is_current) for entry in place.list()] == [
        ("one", "flowodm.yaml:2", False),
        ("two", "flowodm.yaml:3", True),
        ("mine", f"{place.own / 'flowodm.yaml'}:1", False),
    ]
    assert place.list()[2].bootstrap_servers == "m:1,m:2"


def test_the_environment_is_listed_as_the_current_context(place: Place) -> None:
    place.write(ONE)
    entries = place.list(KAFKA_BOOTSTRAP_SERVERS="env:1")
    assert [(entry.name, entry.is_current) for entry in entries] == [
        ("only", False),
        ("environment", True),
    ]
    assert [entry.name for entry in place.list()] == ["only"]


def test_without_configuration_the_default_is_listed(place: Place) -> None:
    (entry,) = place.list()
    assert (entry.name, entry.source, entry.is_current) == ("default", "built in", True)


def test_the_environments_context_can_be_named(place: Place) -> None:
    place.write(ONE)
    context = place.load("environment", {"KAFKA_BOOTSTRAP_SERVERS": "env:1"})
    assert servers(context) == "env:1"


def test_paths_are_relative_to_their_file(place: Place) -> None:
    place.write(
        "contexts:\n  a:\n    kafka: {ssl.ca.location: certs/ca.pem, ssl.crl.location: probe}\n"
        "    schema_registry: {url: https://r, ca: /etc/ca.pem, certificate: c.pem, key: ~/k.pem}\n"
    )
    deep = place.project / "deep"
    deep.mkdir()
    context = place.load("a", directory=deep)
    assert context.kafka["ssl.ca.location"] == str(place.project / "certs/ca.pem")
    assert context.kafka["ssl.crl.location"] == "probe"
    assert context.schema_registry is not None
    assert context.schema_registry.ca == "/etc/ca.pem"
    assert context.schema_registry.certificate == str(place.project / "c.pem")
    assert context.schema_registry.key == str(Path.home() / "k.pem")


def test_each_setting_knows_its_place(place: Place) -> None:
    place.write("contexts:\n  a:\n    bootstrap_servers: b:1\n    kafka:\n      linger.ms: 5\n")
    context = place.load("a", overrides={"fetch.min.bytes": "7"})
    assert context.place("bootstrap_servers") == "flowodm.yaml:3"
    assert context.place("linger.ms") == "flowodm.yaml:5"
    assert context.place("fetch.min.bytes") == "--set fetch.min.bytes"
    assert context.place("not.there") == "flowodm.yaml:2"


def test_keys_of_a_role_win_over_those_of_all(place: Place) -> None:
    place.write(
        "contexts:\n  a:\n    bootstrap_servers: b:1\n    kafka: {client.id: all, debug: broker}\n"
        "    consumer: {client.id: reads}\n    producer: {client.id: writes, linger.ms: 5}\n"
    )
    context = place.load("a")
    assert context.client_config("consumer") == {
        "bootstrap.servers": "b:1",
        "client.id": "reads",
        "debug": "broker",
    }
    assert context.client_config("producer")["client.id"] == "writes"
    assert context.client_config("producer")["linger.ms"] == "5"
    assert context.client_config("admin")["client.id"] == "all"


@pytest.mark.parametrize(
    ("text", "config"),
    [("true", "true"), ("false", "false"), ("5", "5"), ("0.5", "0.5"), ("all", "all")],
)
def test_values_reach_librdkafka_as_it_writes_them(place: Place, text: str, config: str) -> None:
    place.write(f"contexts: {{a: {{kafka: {{acks: {text}}}}}}}")
    assert place.load("a").client_config("producer")["acks"] == config


def test_insecure_is_said_at_each_run_and_covers_the_registry(place: Place) -> None:
    place.write(
        "contexts:\n  a:\n    bootstrap_servers: b:1\n    insecure: true\n"
        "    schema_registry: {url: https://r}\n"
    )
    context = place.load("a")
    assert context.warnings == ("context `a` accepts any certificate (`insecure`, flowodm.yaml:4)",)
    assert context.client_config("admin")["enable.ssl.certificate.verification"] == "false"
    assert context.schema_registry is not None
    assert context.schema_registry.insecure


@pytest.mark.parametrize(
    "settings",
    [
        "schema_registry: {url: https://r, insecure: true}",
        "kafka: {enable.ssl.certificate.verification: false}",
        "kafka: {ssl.endpoint.identification.algorithm: none}",
        "consumer: {enable.ssl.certificate.verification: 'False'}",
    ],
)
def test_every_way_not_to_verify_is_said(place: Place, settings: str) -> None:
    place.write(f"contexts:\n  a:\n    {settings}\n")
    (warning,) = place.load("a").warnings
    assert "accepts any certificate" in warning
    assert "flowodm.yaml:3" in warning


def test_a_secure_context_has_no_warning(place: Place) -> None:
    place.write("contexts: {a: {bootstrap_servers: b:1, schema_registry: {url: https://r}}}")
    assert place.load("a").warnings == ()


def test_a_working_directory_that_is_gone_is_one_line(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = place.project / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert place.refusal(directory=None).message == (
        "the working directory cannot be read: No such file or directory"
    )


def test_a_folder_that_may_not_be_looked_into_is_passed_by(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    def refused(path: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refused)
    from flowodm.config.files import find_project_file

    assert find_project_file(place.project) is None


def test_a_home_of_nobody_is_left_as_it_is(place: Place) -> None:
    place.write("contexts: {a: {kafka: {ssl.ca.location: ~no-such-user/ca.pem}}}")
    expected = str(place.project / "~no-such-user/ca.pem")
    assert place.load("a").kafka["ssl.ca.location"] == expected
