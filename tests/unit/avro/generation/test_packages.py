"""Generated packages: a module for each namespace, importable from any of them first."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import black
import pytest

from flowodm.avro import derive, parse
from flowodm.avro.blueprint import blueprint
from flowodm.avro.generation import generate_package
from flowodm.avro.types import Record
from tests.generated import BASE, mypy, ruff
from tests.generators import random_schema
from tests.round_trips import CASES, Case

pytestmark = pytest.mark.unit


def record(name: str, *fields: Any, **more: Any) -> dict[str, Any]:
    listed = [{"name": f"f{index}", "type": kind} for index, kind in enumerate(fields)]
    return {"type": "record", "name": name, "fields": listed, **more}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where packages are imported from, and are forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


Write = Callable[..., dict[str, str]]
_NUMBERS = iter(range(1_000_000))


def write(place: Path, *documents: Any, **more: Any) -> str:
    """Write the package of some schemas, and return its name."""
    name = f"generated_package_{next(_NUMBERS)}"
    schemas = [
        each if not isinstance(each, dict | list | str) else parse(each) for each in documents
    ]
    for path, text in generate_package(*schemas, **more).items():
        file = place / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return name


def module(name: str) -> Any:
    import importlib

    importlib.invalidate_caches()
    return importlib.import_module(name)


NESTED = record(
    "com.shop.Order",
    record("com.shop.types.Money", "long"),
    record("com.legacy.Line", "int"),
    record("com.shop.Line", "com.shop.types.Money", "com.legacy.Line"),
)
CIRCLE = record(
    "a.b.One",
    (
        ["null", record("c.Two", ["null", "a.b.One"], record("c.d.Three", ["null", "a.Four"]))]
        if False
        else ["null", record("c.Two", ["null", "a.b.One"])]
    ),
    record("a.Four", ["null", "c.Two"]),
)


def test_each_namespace_has_a_package(place: Path) -> None:
    files = generate_package(parse(NESTED))
    assert sorted(files) == [
        "__init__.py",
        "com/__init__.py",
        "com/legacy/__init__.py",
        "com/shop/__init__.py",
        "com/shop/types/__init__.py",
    ]


def test_a_class_has_its_short_name_in_its_own_package(place: Path) -> None:
    name = write(place, NESTED)
    shop, legacy = module(f"{name}.com.shop"), module(f"{name}.com.legacy")
    assert shop.Line is not legacy.Line
    assert (shop.Line.__module__, legacy.Line.__module__) == (shop.__name__, legacy.__name__)
    assert derive(shop.Order) == parse(NESTED)


def test_namespaces_that_need_each_other_share_a_module(place: Path) -> None:
    files = generate_package(parse(CIRCLE))
    assert "class One(" in files["_models.py"]
    assert '__all__ = ["One"]' in files["a/b/__init__.py"]
    name = write(place, CIRCLE)
    one, two = module(f"{name}.a.b").One, module(f"{name}.c").Two
    assert one.__pydantic_complete__
    assert two.__pydantic_complete__
    assert derive(one) == parse(CIRCLE)


def random_tangle(seed: int) -> dict[str, Any]:
    """Records of nested namespaces that use each other at random."""
    random = Random(seed)
    spaces = ["", "a", "a.b", "a.b.c", "d", "d.a", "e"]
    names = [f"{random.choice(spaces)}.T{number}".strip(".") for number in range(9)]
    fields: dict[str, list[Any]] = {name: [] for name in names}
    inner: Any = "int"
    for name in names:  # each is defined in the next
        uses = random.sample(names[: names.index(name)], min(2, names.index(name)))
        document = record(name, inner)
        document["namespace"] = name.rpartition(".")[0]
        document["name"] = name.rpartition(".")[2]
        later = names[names.index(name) + 1 :]
        for use in [*uses, *random.sample(later, min(len(later), random.randint(0, 1)))]:
            document["fields"].append(
                {"name": f"u{len(document['fields'])}", "type": ["null", use], "default": None}
            )
        inner = document
    assert fields
    return dict(inner)


@pytest.mark.parametrize("seed", range(40))
def test_a_package_can_be_imported_from_any_of_its_modules_first(seed: int, place: Path) -> None:
    schema = parse(random_tangle(seed))
    name = write(place, schema)
    modules = [
        ".".join((name, *path.relative_to(place / name).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        for path in (place / name).rglob("*.py")
    ]
    for first in modules:
        for known in [each for each in sys.modules if each.split(".")[0] == name]:
            del sys.modules[known]
        module(first)
    for each in modules:
        module(each)
    root = blueprint(schema).name
    found = [vars(sys.modules[each]).get(root) for each in modules]
    model = next(each for each in found if each is not None)
    assert derive(model) == schema


def test_a_class_and_a_namespace_of_one_name_do_not_hide_each_other(place: Path) -> None:
    document = record("shop.Order", record("shop.Order.Line", "int"), record("shop.X", "int"))
    name = write(place, document)
    shop = module(f"{name}.shop")
    assert derive(shop.Order) == parse(document)
    assert module(f"{name}.shop.Order_").Line


def test_schemas_that_use_each_others_types_share_their_classes(place: Path) -> None:
    address = parse(record("geo.Address", "string"))
    kind = parse({"type": "enum", "name": "geo.Kind", "symbols": ["A"]})
    order = parse(record("shop.Order", "geo.Address", "geo.Kind"), references=[address, kind])
    invoice = parse(record("shop.Invoice", "geo.Address"), references=[address])
    name = write(place, order, invoice, address, kind)
    shop, geo = module(f"{name}.shop"), module(f"{name}.geo")
    assert shop.Order.model_fields["f0"].annotation is geo.Address
    assert derive(shop.Order) == order
    assert derive(shop.Invoice) == invoice
    assert derive(geo.Address) == address


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many packages, as files."""
    directory = tmp_path_factory.mktemp("packages")
    for seed in range(8):
        write(directory, random_tangle(seed))
    for document in (NESTED, CIRCLE):
        write(directory, document, base=BASE, origins=["order.avsc"])
    for seed in range(40):
        write(directory, json.loads(json.dumps(random_schema(Random(seed)))))
    return directory


def test_packages_pass_mypy_ruff_and_black(packages: Path, pytestconfig: pytest.Config) -> None:
    cache = pytestconfig.cache
    assert cache is not None
    for done in (mypy(packages, cache.mkdir("mypy-generated")), ruff(packages)):
        assert done.returncode == 0, done.stdout + done.stderr
    mode = black.Mode(line_length=100, target_versions={black.TargetVersion.PY311})
    for path in packages.rglob("*.py"):
        assert black.format_str(path.read_text(), mode=mode) == path.read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_schema_comes_back_from_its_package(case: Case, place: Path) -> None:
    schema = case.parsed()
    root = blueprint(schema)
    space = schema.root.fullname.rpartition(".")[0] if isinstance(schema.root, Record) else ""
    model = getattr(module(".".join(filter(None, (write(place, schema), space)))), root.name)
    assert derive(model) == schema


def test_a_package_is_imported_without_a_warning(packages: Path) -> None:
    names = [path.parent.relative_to(packages) for path in packages.rglob("__init__.py")]
    lines = "\n".join(f"import {'.'.join(name.parts)}" for name in sorted(names))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", lines], cwd=packages, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
