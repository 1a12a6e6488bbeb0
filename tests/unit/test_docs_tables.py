"""The tables of the documentation that come from the code are as the code has them."""

import importlib.util
from types import ModuleType
from typing import get_args

import pytest

from flowodm.avro import ChangeKind, CompatibilityLevel
from flowodm.avro.compatibility import IncompatibilityType
from tests.pages import ROOT

pytestmark = pytest.mark.unit


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "docs")
    spec = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    [
        "settings.md",
        "errors.md",
        "evolving-schemas.md",
        "manifests.md",
        "deploying.md",
        "tui.md",
    ],
)
def test_a_page_holds_the_table_that_its_code_makes(tables: ModuleType, name: str):
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert page == tables.pages()[name], "`make docs` writes it"


def test_the_table_of_profiles_has_every_profile_and_what_they_differ_in(tables: ModuleType):
    table = tables.profiles()
    header, _, *rows = table.splitlines()
    assert header.count("|") == len(tables.PROFILES) + 2
    assert "| `linger.ms` | 5 | · | 50 | 0 | 50 | · |" in rows
    assert "| `acks` | all | · | · | · | 1 | · |" in rows


def test_the_page_on_evolving_schemas_has_every_kind_of_change_and_of_reason(tables: ModuleType):
    page = tables.pages()["evolving-schemas.md"]
    for name in (*ChangeKind, *get_args(IncompatibilityType), *get_args(CompatibilityLevel)):
        assert f"`{name}`" in page, name


def test_each_example_of_a_reason_is_of_its_type(tables: ModuleType):
    examples = tables.rules.REASONS
    assert [tables.rules.reason_of(example).type for example in examples] == [
        example.title for example in examples
    ]
