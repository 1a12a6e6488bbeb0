"""Resolution against the vectors that Avro's Java implementation labelled."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import adapters
from tests.vectors.run_resolution import failure

pytestmark = pytest.mark.unit

CASES = json.loads((Path(__file__).parents[2] / "vectors" / "resolution_cases.json").read_text())[
    "cases"
]


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if "note" not in case],
    ids=lambda case: f"{case['group']}/{case['name']}",
)
def test_the_value_is_what_java_reads(case: dict[str, Any]) -> None:
    assert failure(adapters.resolve, case) is None
