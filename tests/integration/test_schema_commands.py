"""`flowodm schema`: schemas of files, commits and models, without a registry."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from flowodm.avro import parse
from tests.conftest import Finished

pytestmark = pytest.mark.integration

Run = Callable[..., Finished]

ORDER = """{
  "type": "record",
  "name": "Order",
  "namespace": "shop",
  "fields": [
    {"name": "id", "type": "long"},
    {"name": "total", "type": "Money"}
  ]
}
"""
MONEY = '{"type": "record", "name": "Money", "namespace": "shop", "fields": [{"name": "cents", "type": "long"}]}'
PLAIN = '{"type": "record", "name": "Plain", "fields": [{"name": "id", "type": "long"}]}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "order.avsc").write_text(ORDER)
    (tmp_path / "schemas" / "money.avsc").write_text(MONEY)
    return tmp_path


def commit(folder: Path) -> None:
    identity = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in _WHAT}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **identity}
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *words], cwd=folder, env=environment, check=True)


_WHAT = ("NAME", "EMAIL")

# validate


def test_every_file_gets_a_verdict(flowodm: Run, folder: Path) -> None:
    (folder / "schemas" / "bad.avsc").write_text('{\n"type": "recrd"}')
    done = flowodm("schema", "validate", "schemas", "missing.avsc", "-o", "json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)["schemas"]
    assert [(each["schema"], each["state"]) for each in found] == [
        ("schemas/bad.avsc", "failed"),
        ("schemas/money.avsc", "same"),
        ("schemas/order.avsc", "same"),
        ("missing.avsc", "failed"),
    ]
    assert found[0]["findings"][0]["rule"] == "INVALID_SCHEMA"
    assert found[0]["findings"][0]["line"] == 2


def test_valid_schemas_are_exit_0(flowodm: Run, folder: Path) -> None:
    done = flowodm("schema", "validate", "schemas")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[:2] == [
        "schemas/money.avsc  shop.Money  valid",
        "schemas/order.avsc  shop.Order  valid",
    ]
    assert "2 schemas: 2 valid." in done.stdout


def test_the_old_name_of_the_command_works(flowodm: Run, folder: Path) -> None:
    assert flowodm("validate", "schemas").exit_code == 0
    assert "validate" not in flowodm("--help").stdout


def test_standard_input_is_validated(flowodm: Run) -> None:
    assert flowodm("schema", "validate", "-", input=PLAIN).exit_code == 0
    done = flowodm("schema", "validate", "-", input="protocol P { }")
    assert done.exit_code == 1
    assert "Avro IDL" in done.stdout


def test_types_of_declared_directories_are_known(flowodm: Run, tmp_path: Path) -> None:
    for name in ("orders", "common"):
        (tmp_path / name).mkdir()
    (tmp_path / "orders" / "order.avsc").write_text(ORDER)
    (tmp_path / "common" / "money.avsc").write_text(MONEY)
    assert flowodm("schema", "validate", "orders/order.avsc").exit_code == 1
    (tmp_path / "flowodm.yaml").write_text("version: 1\nschemas: [orders, common]\n")
    assert flowodm("schema", "validate", "orders/order.avsc").exit_code == 0


# check


def write(folder: Path, **fields: str) -> None:
    for name, listed in fields.items():
        text = f'{{"type": "record", "name": "R", "fields": [{listed}]}}'
        (folder / f"{name}.avsc").write_text(text)


A = '{"name": "a", "type": "int"}'
B = '{"name": "b", "type": "int"}'


def test_an_incompatible_schema_is_exit_3_with_every_reason(flowodm: Run, tmp_path: Path) -> None:
    write(tmp_path, old=A, new=f"{B}, " + B.replace('"b"', '"c"'))
    done = flowodm("schema", "check", "new.avsc", "old.avsc", "-o", "json")
    assert done.exit_code == 3
    (pair,) = json.loads(done.stdout)["pairs"]
    assert [each["rule"] for each in pair["findings"]] == ["READER_FIELD_MISSING_DEFAULT_VALUE"] * 2
    assert pair["findings"][1]["location"] == "/fields/1"
    assert pair["findings"][1]["cure"]


@pytest.mark.parametrize(
    ("level", "code"),
    [("BACKWARD", 0), ("FORWARD", 3), ("FULL", 3), ("BACKWARD_TRANSITIVE", 3), ("NONE", 0)],
)
def test_the_level_says_who_must_read_what(
    flowodm: Run, tmp_path: Path, level: str, code: int
) -> None:
    write(tmp_path, v1=A, v2=f"{A}, {B}", v3=B)
    done = flowodm("schema", "check", "v3.avsc", "v1.avsc", "v2.avsc", "--level", level)
    assert done.exit_code == code, done


def test_a_reader_and_a_writer_are_checked_one_way(flowodm: Run, tmp_path: Path) -> None:
    write(tmp_path, few=A, many=f"{A}, {B}")
    one_way = ("--reader", "few.avsc", "--writer", "many.avsc")
    assert flowodm("schema", "check", *one_way).exit_code == 0
    other_way = ("--reader", "many.avsc", "--writer", "few.avsc")
    done = flowodm("schema", "check", *other_way)
    assert done.exit_code == 3
    assert "many.avsc cannot read what few.avsc wrote." in done.stdout


@pytest.mark.parametrize(
    "arguments", [(), ("a.avsc",), ("--reader", "a.avsc"), ("a.avsc", "b.avsc", "--reader", "c")]
)
def test_half_a_question_is_a_usage_error(flowodm: Run, arguments: tuple[str, ...]) -> None:
    done = flowodm("schema", "check", *arguments)
    assert done.exit_code == 2
    assert "hint" not in done.stdout
    assert done.stderr.startswith("error: ")


def test_a_level_with_a_slip_is_a_usage_error(flowodm: Run, tmp_path: Path) -> None:
    write(tmp_path, a=A)
    done = flowodm("schema", "check", "a.avsc", "a.avsc", "--level", "BACKWORD")
    assert done.exit_code == 2
    assert "BACKWARD" in done.stderr


# diff


def test_two_schemas_are_reviewed(flowodm: Run, tmp_path: Path) -> None:
    write(tmp_path, old=A, new=A.replace("int", "long"))
    done = flowodm("schema", "diff", "old.avsc", "new.avsc")
    assert done.exit_code == 3
    assert "int → long" in done.stdout


def test_equal_schemas_are_exit_0(flowodm: Run, folder: Path) -> None:
    done = flowodm("schema", "diff", "schemas/order.avsc", "schemas/order.avsc")
    assert done.exit_code == 0
    assert "no difference" in done.stdout


def test_a_level_narrows_what_fails(flowodm: Run, tmp_path: Path) -> None:
    write(tmp_path, old=A, new=f"{A}, {B}")
    compared = ("schema", "diff", "old.avsc", "new.avsc", "--fail-on", "breaking")
    assert flowodm(*compared).exit_code == 3
    assert flowodm(*compared, "--level", "FORWARD").exit_code == 0


def test_directories_are_compared_file_by_file(flowodm: Run, folder: Path) -> None:
    (folder / "schemas" / "gone.avsc").write_text(PLAIN)
    commit(folder)
    (folder / "schemas" / "gone.avsc").unlink()
    (folder / "schemas" / "money.avsc").write_text(MONEY.replace("long", "int"))
    (folder / "schemas" / "added.avsc").write_text(PLAIN)
    done = flowodm("schema", "diff", "git:main:schemas", "schemas/", "-o", "json")
    found = {each["schema"]: each for each in json.loads(done.stdout)["schemas"]}
    assert {name: each["state"] for name, each in found.items()} == {
        "added.avsc": "new",
        "gone.avsc": "changed",
        "money.avsc": "changed",
        "order.avsc": "changed",
    }
    assert found["gone.avsc"]["findings"][0]["rule"] == "SCHEMA_REMOVED"
    assert found["money.avsc"]["findings"][0]["rule"] == "TYPE_NARROWED"


# fingerprint


def test_fingerprints_are_those_of_java(flowodm: Run, tmp_path: Path) -> None:
    (tmp_path / "int.avsc").write_text('"int"')
    done = flowodm("schema", "fingerprint", "int.avsc", "-o", "json")
    (row,) = json.loads(done.stdout)
    assert row["crc_64_avro"] == "8f5c393f1ad57572"
    assert row["md5"] == "ef524ea1b91e73173d938ade36c1db32"
    assert row["sha_256"] == "3f2b87a9fe7cc9b13835598c3981cd45e3e355309e5090aa0933d7becb6fba45"


def test_the_canonical_form_is_a_line_of_data(flowodm: Run, folder: Path) -> None:
    done = flowodm("schema", "fingerprint", "schemas/money.avsc", "--canonical")
    assert done.stdout == (
        '{"name":"shop.Money","type":"record","fields":[{"name":"cents","type":"long"}]}\n'
    )


def test_a_table_of_many_is_short_and_whole_in_wide(flowodm: Run, folder: Path) -> None:
    done = flowodm("schema", "fingerprint", "schemas")
    assert done.stdout.splitlines()[0].split() == ["SOURCE", "NAME", "CRC-64-AVRO"]
    wide = flowodm("schema", "fingerprint", "schemas", "-o", "wide")
    assert wide.stdout.splitlines()[0].split()[-1] == "SHA-256"


# format


def test_formatting_keeps_the_schema_and_is_stable(flowodm: Run, folder: Path) -> None:
    path = folder / "schemas" / "money.avsc"
    assert flowodm("schema", "format", "schemas", "--check").exit_code == 3
    done = flowodm("schema", "format", "schemas", "--write")
    assert done.exit_code == 0
    assert done.stdout == "formatted schemas/money.avsc\n"
    assert path.read_text().splitlines()[5:7] == [
        '    {"name": "cents", "type": "long"}',
        "  ]",
    ]
    assert parse(path.read_text()) == parse(MONEY)
    assert flowodm("schema", "format", "schemas", "--check").exit_code == 0


def test_a_formatted_file_keeps_its_mode_and_a_link_its_target(flowodm: Run, folder: Path) -> None:
    path = folder / "schemas" / "money.avsc"
    path.chmod(0o640)
    (folder / "link.avsc").symlink_to(path)
    assert flowodm("schema", "format", "link.avsc", "--write").exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o640
    assert (folder / "link.avsc").is_symlink()


def test_what_formatting_would_lose_is_not_formatted(flowodm: Run, tmp_path: Path) -> None:
    text = f"// a remark\n{PLAIN}"
    (tmp_path / "a.avsc").write_text(text)
    done = flowodm("schema", "format", "a.avsc", "--write")
    assert done.exit_code == 1
    assert "holds comments" in done.stderr
    assert (tmp_path / "a.avsc").read_text() == text


def test_what_is_no_file_is_not_written(flowodm: Run, folder: Path) -> None:
    commit(folder)
    done = flowodm("schema", "format", "git:main:schemas/money.avsc", "--write")
    assert done.exit_code == 1
    assert "is no file that can be written" in done.stderr


def test_without_an_option_the_text_is_data(flowodm: Run) -> None:
    done = flowodm("schema", "format", "-", input=PLAIN)
    assert done.exit_code == 0
    assert parse(done.stdout) == parse(PLAIN)
    assert done.stderr == ""
