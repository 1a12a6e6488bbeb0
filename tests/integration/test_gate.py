"""The gate: whatever a context forbids is refused, by every command and every call; nothing moves.

A new command that changes something needs its line in `gate.CASES`.
"""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from flowodm.cli.app import COMMANDS
from flowodm.sandbox import Sandbox
from tests.conftest import Finished
from tests.inside import run_inside
from tests.integration.gate import CASES, CHANGES_NOTHING, Case, Place, state_of
from tests.integration.terminal import Terminal

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("gate")]


@pytest.fixture(scope="module")
def own_sandbox() -> Iterator[Sandbox]:
    """A cluster that nobody else changes, and that creates every topic it is asked for by name."""
    with Sandbox(properties={"auto.create.topics.enable": "true"}) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def place(own_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(own_sandbox, "orders", tmp_path_factory.mktemp("gate") / "project")


@pytest.fixture
def unchanged(own_sandbox: Sandbox, place: Place) -> Iterator[None]:
    """See that the test has left the cluster, the registry and the project as they were."""
    before, files = state_of(own_sandbox), sorted(place.directory.iterdir())
    yield
    assert state_of(own_sandbox) == before
    assert sorted(place.directory.iterdir()) == files


every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
CONFIRMED = {
    (name, context): (case, context)
    for name, case in CASES.items()
    for context in ("guarded", "usual")
    if case.is_asked or context == "guarded"
}
"""Where each has to be confirmed."""
INTERNAL = {name: case.internal for name, case in CASES.items() if case.internal is not None}


def test_every_command_of_the_table_is_in_the_matrix_or_changes_nothing() -> None:
    table = {entry.path for entry in COMMANDS}
    assert table == CASES.keys() | CHANGES_NOTHING
    assert not CASES.keys() & CHANGES_NOTHING


def test_the_commands_that_can_be_confirmed_are_those_of_the_matrix() -> None:
    confirmed = set()
    for entry in COMMANDS:
        module, _, name = entry.target.partition(":")
        function = getattr(import_module(module), name)
        if "yes" in inspect.signature(function, follow_wrapped=True).parameters:
            confirmed.add(entry.path)
    assert confirmed == CASES.keys()


@every_case
@pytest.mark.parametrize(
    ("context", "reason"),
    [("fixed", "context `fixed` is read-only"), ("elsewhere", "is for cluster `another`")],
    ids=["read-only", "the wrong cluster"],
)
def test_what_a_context_forbids_no_flag_allows(
    case: Case,
    context: str,
    reason: str,
    place: Place,
    clean_environment: dict[str, str],
    unchanged: None,
) -> None:
    words = [*place.arguments(case.words), "--yes", "--context", context]
    done = run_inside(words, place.directory, clean_environment)
    assert (done.exit_code, done.stdout) == (4, ""), done
    assert reason in done.stderr
    assert "was not tried" in done.stderr


@pytest.mark.parametrize("internal", INTERNAL.values(), ids=INTERNAL)
def test_what_is_internal_is_never_changed(
    internal: str, place: Place, clean_environment: dict[str, str], unchanged: None
) -> None:
    words = [*place.arguments(internal), "--yes", "--context", "usual"]
    done = run_inside(words, place.directory, clean_environment)
    assert (done.exit_code, done.stdout) == (4, ""), done
    assert "is internal to Kafka or its registry" in done.stderr


def test_what_is_internal_stands_in_the_way_of_whatever_is_declared_beside_it(
    place: Place, clean_environment: dict[str, str], unchanged: None
) -> None:
    words = ["apply", "declared-internal.yaml", "--yes", "--context", "usual"]
    done = run_inside(words, place.directory, clean_environment)
    assert done.exit_code == 3, done
    assert "is internal to Kafka or its registry" in done.stderr


@pytest.mark.parametrize(("case", "context"), CONFIRMED.values(), ids=map(" in ".join, CONFIRMED))
def test_off_a_terminal_what_is_to_be_confirmed_needs_yes(
    case: Case, context: str, place: Place, clean_environment: dict[str, str], unchanged: None
) -> None:
    words = [*place.arguments(case.words), "--context", context]
    done = run_inside(words, place.directory, clean_environment)
    assert done.exit_code == 2, done
    assert "off a terminal it needs `--yes`" in done.stderr
    assert "was not tried" in done.stderr


@every_case
def test_on_a_terminal_yes_does_not_stand_for_the_name_that_is_to_be_typed(
    case: Case, place: Place, clean_environment: dict[str, str], unchanged: None
) -> None:
    words = [*place.arguments(case.words), "--yes", "--context", "guarded"]
    terminal = Terminal(words, clean_environment, place.directory)
    try:
        terminal.wait_for("Context guarded is protected.")
        terminal.wait_for("'s name to ")
        terminal.wait_for(": ")
        terminal.type("yes\n")
        assert terminal.end() == 4, terminal.seen
    finally:
        terminal.close()
    assert "was not tried" in terminal.seen


@pytest.mark.parametrize("context", ["fixed", "elsewhere", "guarded"])
@pytest.mark.parametrize(
    "more",
    [
        ("--set", "read_only=false"),
        ("--set", "cluster_id=RIGHT"),
        ("FLOWODM_READ_ONLY=false", "FLOWODM_PROTECTED=false", "FLOWODM_CLUSTER_ID=RIGHT"),
        ("FLOWODM_READ_ONLY=0", "FLOWODM_PROTECTED=no", "FLOWODM_CLUSTER_ID="),
        ("FLOWODM_BOOTSTRAP_SERVERS=BROKER",),
    ],
    ids=" ".join,
)
def test_neither_an_option_nor_a_variable_lifts_what_a_context_forbids(
    more: tuple[str, ...],
    context: str,
    place: Place,
    clean_environment: dict[str, str],
    unchanged: None,
) -> None:
    spec = place.sandbox.spec
    given = [
        one.replace("RIGHT", spec.cluster_id).replace("BROKER", spec.bootstrap_servers)
        for one in more
    ]
    is_option = more[0] == "--set"
    environ = {} if is_option else dict(one.split("=", 1) for one in given)
    confirmed = () if context == "guarded" else ("--yes",)
    words = ["topics", "delete", place.topic, *confirmed, "--context", context]
    done = run_inside(
        [*words, *(given if is_option else ())], place.directory, clean_environment | environ
    )
    assert done.exit_code == (2 if is_option or context == "guarded" else 4), done


def test_a_variable_forbids_what_no_file_does(
    place: Place, clean_environment: dict[str, str], unchanged: None
) -> None:
    for said, code in (("FLOWODM_READ_ONLY=1", 4), ("FLOWODM_CLUSTER_ID=another", 4)):
        name, _, value = said.partition("=")
        for chosen in (("--context", "usual"), ()):
            environ = clean_environment | {name: value}
            environ["KAFKA_BOOTSTRAP_SERVERS"] = place.sandbox.bootstrap_servers
            words = ["topics", "delete", place.topic, "--yes", *chosen]
            assert run_inside(words, place.directory, environ).exit_code == code


@pytest.fixture(scope="module")
def doomed(own_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(own_sandbox, "doomed", tmp_path_factory.mktemp("doomed") / "project")


@every_case
def test_each_of_them_does_change_something_where_it_may(
    case: Case, doomed: Place, flowodm: Callable[..., Finished]
) -> None:
    """What is refused above would have been done: off a terminal, `--yes` confirms it."""
    before = state_of(doomed.sandbox)
    words = [*doomed.arguments(case.words), "--yes", "--context", "guarded"]
    done = flowodm(*words, cwd=doomed.directory)
    assert done.exit_code == 0, done
    assert state_of(doomed.sandbox) != before


@pytest.mark.parametrize(("command", "typed"), [("tail", "AUDIT"), ("run", "guarded")])
def test_on_a_terminal_the_right_name_is_enough(
    command: str,
    typed: str,
    own_sandbox: Sandbox,
    clean_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    asked = Place(own_sandbox, f"asked-{command}", tmp_path / "project")
    words = [*asked.arguments(CASES[command].words), "--context", "guarded"]
    terminal = Terminal(words, clean_environment, asked.directory)
    try:
        terminal.wait_for("'s name to ")
        terminal.type(f"{asked.arguments(typed)[0]}\n")
        assert terminal.end() == 0, terminal.seen
    finally:
        terminal.close()
