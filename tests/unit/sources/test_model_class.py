"""A class that is named is found in the working directory, or plainly missing."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowodm.errors import UsageError
from flowodm.sources.model_class import load_model

pytestmark = pytest.mark.unit

EVENTS = """
from pydantic import BaseModel

print("hello from the module")

class UserEvent(BaseModel):
    user_id: str

    class Inner(BaseModel):
        x: int

class Unfit(BaseModel):
    anything: object

NUMBER = 7
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with a package in it, which no later test can see."""
    modules, path = set(sys.modules), list(sys.path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop_app").mkdir()
    (tmp_path / "shop_app" / "__init__.py").touch()
    (tmp_path / "shop_app" / "events.py").write_text(EVENTS)
    (tmp_path / "shop_app" / "wrong.py").write_text("import no_such_dependency")
    (tmp_path / "shop_app" / "syntax.py").write_text("class (:")
    (tmp_path / "shop_app" / "leaves.py").write_text("raise SystemExit('bye')")
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.partition(".")[0] == "shop_app":
            del sys.modules[name]


@pytest.mark.parametrize("name", ["UserEvent", "UserEvent.Inner"])
def test_a_class_of_the_working_directory_is_found(project: Path, name: str) -> None:
    model = load_model(f"shop_app.events:{name}", lambda line: None)
    assert model.__qualname__ == name


def test_what_a_module_prints_is_told_apart_from_data(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    load_model("shop_app.events:UserEvent", told.append)
    assert told == ["hello from the module"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("shop_app.events", "`shop_app.events` names no class"),
        (":UserEvent", "`:UserEvent` names no class"),
        ("shop_ap.events:UserEvent", "there is no module `shop_ap`"),
        ("shop_app.event:UserEvent", "there is no module `shop_app.event`"),
        (
            "shop_app.wrong:X",
            ("module `shop_app.wrong` cannot be imported: ModuleNotFoundError: "
            "No module named 'no_such_dependency'"),
        ),
        (
            "shop_app.syntax:X",
            ("module `shop_app.syntax` cannot be imported: SyntaxError: "
            "invalid syntax (syntax.py, line 1)"),
        ),
        ("shop_app.leaves:X", "module `shop_app.leaves` cannot be imported: SystemExit: bye"),
        ("shop_app.events:UserEvents", "`shop_app.events` has no class `UserEvents`"),
        ("shop_app.events:NUMBER", "`shop_app.events:NUMBER` is no Pydantic model"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_model_is_told(project: Path, path: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_model(path, lambda line: None)
    assert caught.value.message == message
    assert caught.value.exit_code == 2


def test_a_class_that_is_meant_is_suggested(project: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_model("shop_app.events:UserEvnet", lambda line: None)
    assert caught.value.hint == "did you mean `UserEvent`?"


def test_what_the_user_wrote_is_told(project: Path) -> None:
    with pytest.raises(UsageError, match="`--model Event` names no class"):
        load_model("Event", lambda line: None, said="--model Event")


def test_a_class_without_an_avro_schema_is_refused(project: Path) -> None:
    with pytest.raises(UsageError, match=r"`shop_app\.events:Unfit`: ") as caught:
        load_model("shop_app.events:Unfit", lambda line: None)
    assert "anything" in caught.value.message
