"""Canonical form and fingerprints against Apache Avro's own vectors."""

import json
from pathlib import Path
from typing import Any

import pytest

from flowodm.avro import canonical_form, fingerprint, parse
from flowodm.errors import UsageError
from tests.adapters import canonical

pytestmark = pytest.mark.unit

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors/canonical_cases.json").read_text("utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_canonical_form_and_fingerprints_equal_java(case: dict[str, Any]) -> None:
    schema = parse(json.dumps(case["input"]))
    assert canonical(case["input"]) == case["parsingCanonicalForm"]
    assert canonical_form(schema) == case["parsingCanonicalForm"]
    assert int.from_bytes(fingerprint(schema), "little", signed=True) == case["crc64avro"]
    assert fingerprint(schema, "MD5").hex() == case["md5"]
    assert fingerprint(schema, "SHA-256").hex() == case["sha256"]
    assert schema.to_json() == case["canonicalString"]


def test_a_fingerprint_is_crc_64_lowest_byte_first_unless_asked() -> None:
    """The same number as in `canonical_cases.json`."""
    assert fingerprint("int") == fingerprint('{"type": "int"}', "CRC-64-AVRO")
    assert fingerprint("int").hex() == "8f5c393f1ad57572"


def test_an_unknown_fingerprint_is_refused() -> None:
    with pytest.raises(UsageError, match="`CRC-64-AVRO`, `MD5` or `SHA-256`"):
        fingerprint("int", "SHA-1")  # type: ignore[arg-type]  # callers without a type checker


@pytest.mark.parametrize("noise", ["doc", "aliases", "order", "default", "x"])
def test_what_readers_do_not_need_is_no_part_of_the_form(noise: str) -> None:
    value = {"doc": "d", "aliases": ["A"], "order": "ignore", "default": 1, "x": {}}[noise]
    plain = {"type": "record", "name": "R", "fields": [{"name": "f", "type": "int"}]}
    noisy = {**plain, "fields": [{"name": "f", "type": "int", noise: value}]}
    assert canonical_form(noisy) == canonical_form(plain)
    assert fingerprint(noisy, "SHA-256") == fingerprint(plain, "SHA-256")
