"""Changes to a registry on a terminal: shown, asked about, and done only then."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowodm.config import RegistryConfig
from flowodm.errors import SubjectNotFound
from flowodm.registry import SchemaRegistry
from tests.integration.registries import record, unique
from tests.integration.terminal import Terminal

pytestmark = pytest.mark.integration


@pytest.fixture
def registry(registry_url: str) -> Iterator[SchemaRegistry]:
    with SchemaRegistry(RegistryConfig(url=registry_url)) as registry:
        yield registry


@pytest.fixture
def terminal(
    clean_environment: dict[str, str], registry_url: str, tmp_path: Path
) -> Iterator[Callable[..., Terminal]]:
    (tmp_path / "a.avsc").write_text(record("R", "a"))
    (tmp_path / "flowodm.yaml").write_text(
        "version: 1\ncontexts:\n"
        f"  usual: {{bootstrap_servers: '127.0.0.1:1', schema_registry: {{url: '{registry_url}'}}}}\n"
        f"  guarded: {{bootstrap_servers: '127.0.0.1:1', schema_registry: {{url: '{registry_url}'}},"
        " protected: true}\n"
    )
    opened: list[Terminal] = []

    def open_terminal(*arguments: str, context: str = "usual") -> Terminal:
        words = ["registry", *arguments, "--context", context]
        opened.append(Terminal(words, clean_environment, tmp_path))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("answer", "code", "versions"),
    [("y\n", 0, (1,)), ("n\n", 4, ()), ("\n", 4, ()), ("\x04", 4, ())],
)
def test_registering_is_done_after_a_yes_alone(
    terminal: Callable[..., Terminal],
    registry: SchemaRegistry,
    answer: str,
    code: int,
    versions: tuple[int, ...],
) -> None:
    name = unique("asked")
    shown = terminal("register", "a.avsc", "-s", name)
    shown.wait_for("Go on? [y/N] ")
    assert f"{name}  v1, the first version" in shown.seen
    shown.type(answer)
    assert shown.end() == code
    assert registry.subjects(name) == ((name,) if versions else ())


@pytest.mark.parametrize("typed", ["name", "yes"])
def test_deleting_asks_for_the_name(
    terminal: Callable[..., Terminal], registry: SchemaRegistry, typed: str
) -> None:
    name = unique("typed")
    registry.register(name, record("R", "a"))
    shown = terminal("delete", name)
    shown.wait_for("Type the subject's name to registry delete: ")
    shown.type(f"{name if typed == 'name' else typed}\n")
    assert shown.end() == (0 if typed == "name" else 4)
    if typed == "name":
        with pytest.raises(SubjectNotFound):
            registry.versions(name)
    else:
        assert registry.versions(name) == (1,)


def test_a_protected_context_asks_for_the_name(
    terminal: Callable[..., Terminal], registry: SchemaRegistry
) -> None:
    name = unique("guarded")
    shown = terminal("register", "a.avsc", "-s", name, context="guarded")
    shown.wait_for("Context guarded is protected.")
    shown.wait_for(" Type the subject's name")
    shown.type("y\n")
    assert shown.end() == 4
    assert registry.subjects(name) == ()


def test_ctrl_c_at_the_question_is_130_and_nothing_is_done(
    terminal: Callable[..., Terminal], registry: SchemaRegistry
) -> None:
    name = unique("stopped")
    shown = terminal("register", "a.avsc", "-s", name)
    shown.wait_for("Go on?")
    shown.process.send_signal(2)
    assert shown.end() == 130
    assert registry.subjects(name) == ()
