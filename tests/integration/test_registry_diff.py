"""`flowodm registry diff` in a repository of five subjects, three of them changed."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import flowodm as product
from flowodm.config import RegistryConfig
from flowodm.registry import Reference, SchemaRegistry
from flowodm.sandbox.registry.server import RegistryServer
from tests.conftest import Finished
from tests.sample_repository import NEW, register_old, write_new
from tests.unit.cli.test_golden import check

pytestmark = pytest.mark.integration

Run = Callable[..., Finished]


@pytest.fixture
def registry() -> Iterator[SchemaRegistry]:
    with RegistryServer() as server, SchemaRegistry(RegistryConfig(url=server.url)) as client:
        yield client


@pytest.fixture
def run(registry: SchemaRegistry, flowodm: Run, tmp_path: Path) -> Run:
    """Run `flowodm registry diff` in the repository."""
    register_old(registry)
    write_new(tmp_path)

    def run_(*arguments: str, **more: Any) -> Finished:
        environment = {"SCHEMA_REGISTRY_URL": registry.url}
        return flowodm("registry", "diff", *arguments, env=environment, **more)

    return run_


# What people and programs see: reviewed by eye


@pytest.mark.parametrize("form", ["table", "json", "markdown", "sarif", "junit", "github"])
def test_the_review_of_a_repository_is_clear(run: Run, form: str) -> None:
    done = run("-o", form)
    assert done.exit_code == 3
    assert done.stderr == ""
    check(f"registry-diff-{form}.txt", done.stdout.replace(product.__version__, "VERSION"))


def test_machine_formats_are_what_they_say(run: Run) -> None:
    assert json.loads(run("-o", "json").stdout)["summary"]["total"] == 5
    assert json.loads(run("-o", "sarif").stdout)["version"] == "2.1.0"
    suites = ElementTree.fromstring(run("-o", "junit").stdout)  # of our own making
    assert suites.get("failures") == "3"


# The exit code


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        (("user-event", "payment", "coupon"), {"any": 3, "dangerous": 3, "breaking": 3}),
        (("payment", "coupon"), {"any": 3, "dangerous": 3, "breaking": 0}),
        (("coupon",), {"any": 3, "dangerous": 0, "breaking": 0}),
        ((), {"any": 0, "dangerous": 0, "breaking": 0}),
    ],
    ids=["breaking", "dangerous", "safe", "nothing"],
)
def test_fail_on_says_what_is_reason_for_exit_3(
    run: Run,
    registry: SchemaRegistry,
    changed: tuple[str, ...],
    codes: dict[str, int],
) -> None:
    for name in NEW.keys() - {*changed}:
        subject = f"{name}s-value"
        registry.set_compatibility_level("NONE", subject)
        registry.register(subject, NEW[name])
        registry.set_compatibility_level("BACKWARD", subject)
    assert {word: run("--fail-on", word).exit_code for word in codes} == codes


def test_a_schema_that_is_not_registered_is_a_difference(run: Run, tmp_path: Path) -> None:
    (tmp_path / "schemas" / "new-value.avsc").write_text(NEW["refund"].replace("Refund", "New"))
    done = run("--fail-on", "any")
    assert "new-value" in done.stdout
    assert "schemas/new-value.avsc would become v1" in done.stdout


def test_a_file_that_no_topic_names_goes_by_its_own_name_or_its_types(
    run: Run, tmp_path: Path
) -> None:
    for stem in ("audit-value", "audit"):
        text = NEW["refund"].replace("Refund", "Audit")
        (tmp_path / "schemas" / f"{stem}.avsc").write_text(text)
    subjects = [each["subject"] for each in json.loads(run("-o", "json").stdout)["subjects"]]
    assert subjects[-2:] == ["audit-value", "shop.Audit"]


def test_a_source_that_gives_no_schema_fails_beside_the_others(run: Run, tmp_path: Path) -> None:
    (tmp_path / "schemas" / "refund.avsc").write_text('{"type": "record"')
    done = run("-o", "json", "--fail-on", "breaking")
    assert done.exit_code == 1
    first = json.loads(done.stdout)["subjects"][0]
    assert (first["subject"], first["state"]) == ("refunds-value", "failed")
    assert first["findings"][0]["line"] == 1


# One subject


@pytest.mark.parametrize(
    ("arguments", "route", "code"),
    [
        (["coupons-value"], "v1 → schemas/coupon.avsc", 3),
        (["coupons-value", "schemas/coupon.avsc"], "v1 → schemas/coupon.avsc", 3),
        (["coupons-value", "latest", "schemas/coupon.avsc"], "v1 → schemas/coupon.avsc", 3),
        (["coupons-value", "schemas/coupon.avsc", "latest"], "schemas/coupon.avsc → v1", 3),
        (["coupons-value", "1"], "v1 = v1", 0),
        (["coupons-value@1", "latest"], "v1 = v1", 0),
        (["readings-value", "model:shop_review.events:Reading"], "v1 = model ", 0),
        (["coupons-value", "context:default"], "v1 = v1 of context default", 0),
    ],
)
def test_any_two_schemas_of_a_subject_are_compared(
    run: Run, registry: SchemaRegistry, tmp_path: Path, arguments: list[str], route: str, code: int
) -> None:
    text = (tmp_path / "flowodm.yaml").read_text()
    context = f"contexts:\n  default:\n    schema_registry: {{url: '{registry.url}'}}\n"
    (tmp_path / "flowodm.yaml").write_text(text + context)
    done = run(*arguments)
    assert route in done.stdout
    assert done.exit_code == code


def test_a_subject_that_nothing_declares_is_compared_with_its_version_before(
    run: Run, registry: SchemaRegistry
) -> None:
    registry.register("lone-value", '"int"')
    assert "the only version" in run("lone-value").stdout
    registry.register("lone-value", '"long"')
    done = run("lone-value")
    assert "v1 → v2" in done.stdout
    assert done.exit_code == 3


def test_a_transitive_level_is_judged_over_all_versions(
    run: Run, registry: SchemaRegistry, tmp_path: Path
) -> None:
    registry.register("coupons-value", NEW["coupon"])
    registry.set_compatibility_level("BACKWARD_TRANSITIVE", "coupons-value")
    stricter = NEW["coupon"].replace('"default": null', '"doc": "It ends."')
    (tmp_path / "schemas" / "coupon.avsc").write_text(stricter)
    done = run("coupons-value")
    assert "~ hazard" in done.stdout
    assert "BACKWARD_TRANSITIVE refuses it: it may not follow v1." in done.stdout


def test_references_are_resolved_on_both_sides(
    run: Run, registry: SchemaRegistry, tmp_path: Path
) -> None:
    money = '{"type": "record", "name": "Money", "namespace": "shop", "fields": []}'
    bill = '{"type": "record", "name": "Bill", "namespace": "shop", "fields": [{"name": "m", "type": "Money"}]}'
    registry.register("shop.Money", money)
    registry.register("bills-value", bill, [Reference("shop.Money", "shop.Money", 1)])
    (tmp_path / "schemas" / "bills-value.avsc").write_text(bill)
    (tmp_path / "schemas" / "money.avsc").write_text(money)
    done = run("bills-value")
    assert done.exit_code == 0, done


def test_another_level_than_the_declared_one_is_told(run: Run, registry: SchemaRegistry) -> None:
    registry.set_compatibility_level("FULL", "user-events-value")
    assert "FULL is in force, BACKWARD is declared" in run("user-events-value").stdout


# What goes wrong


def test_a_subject_with_a_slip_comes_with_the_one_that_is_meant(run: Run) -> None:
    done = run("cupons-value", "schemas/coupon.avsc")
    assert "did you mean `coupons-value`?" in done.stderr
    done = run("cupons-value")
    assert done.exit_code == 1
    assert "did you mean `coupons-value`?" in done.stderr


def test_without_a_declaration_a_subject_is_asked_for(
    flowodm: Run, registry: SchemaRegistry, tmp_path: Path
) -> None:
    done = flowodm("registry", "diff", env={"SCHEMA_REGISTRY_URL": registry.url})
    assert done.exit_code == 2
    assert "flowodm registry diff SUBJECT" in done.stderr


def test_a_registry_that_is_gone_is_one_clear_error(flowodm: Run, tmp_path: Path) -> None:
    write_new(tmp_path)
    done = flowodm("registry", "diff", env={"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"})
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "refused the connection" in done.stderr
