"""Canonical form and fingerprints against Apache Avro's own vectors."""

import json
from pathlib import Path
from typing import Any

import pytest

from flowodm.avro import canonical_form, fingerprint, parse
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
