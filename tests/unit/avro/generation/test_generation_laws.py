"""The laws of generated modules: the schema comes back, and Black has nothing to do."""

import json
from pathlib import Path
from random import Random
from typing import Any

import black
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from flowodm.avro import Schema, build_model, canonical_form, derive, parse
from flowodm.avro.blueprint import blueprint
from flowodm.avro.generation import Base, generate_module
from flowodm.avro.types import Record
from flowodm.errors import SchemaParseError
from tests.generated import BASE, imported, mypy, ruff
from tests.generators import random_schema
from tests.round_trips import CASES, Case
from tests.strategies import avro_schemas
from tests.unit.avro.generation.test_golden_modules import ORDER

pytestmark = pytest.mark.unit

MODE = black.Mode(line_length=100, target_versions={black.TargetVersion.PY311})
RECORDS = [case for case in CASES if isinstance(case.parsed().root, Record)]


def generated_class(schema: Schema, base: Base | None = None) -> Any:
    """The class of the root, out of the imported module."""
    source = generate_module(schema, base=base)
    reserved = base.reserved | {"Settings"} if base else frozenset()
    return getattr(imported(source), blueprint(schema, reserved=reserved).name)


def assert_comes_back(schema: Schema) -> None:
    source = generate_module(schema)
    assert black.format_str(source, mode=MODE) == source
    derived = derive(getattr(imported(source), blueprint(schema).name))
    assert derived.to_json() == schema.to_json()
    assert canonical_form(derived) == canonical_form(schema)
    assert derived == schema
    assert derived.external == schema.external


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_schema_comes_back_from_its_module(case: Case) -> None:
    assert_comes_back(case.parsed())


@pytest.mark.parametrize("case", RECORDS, ids=lambda case: case.name)
def test_a_schema_comes_back_from_a_model_with_a_topic(case: Case) -> None:
    schema = case.parsed()
    model = generated_class(schema, BASE)
    assert model.__declaration__.topic == "orders"
    assert model.avro_schema() == schema


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_generated_class_is_the_class_that_is_built(case: Case) -> None:
    """Fields, names, defaults and requiredness are one plan's, whoever stands on it."""
    schema = case.parsed()
    made, built = generated_class(schema), build_model(schema)
    assert list(made.model_fields) == list(built.model_fields)
    for name, field in made.model_fields.items():
        other = built.model_fields[name]
        assert (field.alias, field.description) == (other.alias, other.description)
        assert field.is_required() == other.is_required()
        mine = field.get_default(call_default_factory=True)
        theirs = other.get_default(call_default_factory=True)
        assert repr(mine) == repr(theirs)


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All modules, as files."""
    directory = tmp_path_factory.mktemp("modules")
    for number, case in enumerate(CASES):
        (directory / f"plain_{number}.py").write_text(generate_module(case.parsed()))
    for number, case in enumerate(RECORDS):
        text = generate_module(case.parsed(), base=BASE)
        (directory / f"topic_{number}.py").write_text(text)
    (directory / "order.py").write_text(generate_module(parse(ORDER), base=BASE))
    (directory / "program.py").write_text(PROGRAM)
    return directory


PROGRAM = """
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from order import Address, Card, Order, Status

order = Order(
    id=UUID(int=1),
    placed_at=datetime.now(UTC),
    total=Decimal("1.50"),
    checksum=b"0123456789abcdef",
    payment=Card(last4="1234"),
    ship_to=Address(street="Main", zip=None, class_="work"),
)
status: Status = order.status
tags: dict[str, str] = order.attributes
order.produce_nowait()
"""
"""What a user's type checker must let pass: attributes in the constructor, defaults left out."""


def test_there_are_many_modules(modules: Path) -> None:
    assert len(list(modules.glob("*.py"))) > 180


def test_every_module_passes_mypy_in_its_strict_mode(
    modules: Path, pytestconfig: pytest.Config
) -> None:
    cache = pytestconfig.cache
    assert cache is not None
    done = mypy(modules, cache.mkdir("mypy-generated"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_passes_ruff(modules: Path) -> None:
    done = ruff(modules)
    assert done.returncode == 0, done.stdout + done.stderr


@given(document=avro_schemas())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_schema_comes_back(document: Any) -> None:
    try:
        schema = parse(json.dumps(document))
    except SchemaParseError:
        reject()  # a default without end, which a shrinking `Random` may come to
    assert_comes_back(schema)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_schema_of_any_seed_comes_back(seed: int) -> None:
    assert_comes_back(parse(json.dumps(random_schema(Random(seed)))))
