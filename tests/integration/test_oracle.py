"""Apache Avro's Java library judges pairs of schemas, and `check` agrees; `make oracle` draws more."""

import subprocess
import sys
from itertools import islice

import pytest

from flowodm.avro import check, parse
from tests.oracle.pairs import random_pairs
from tests.pages import ROOT

pytestmark = pytest.mark.integration

PAIRS = 300


def test_java_and_the_check_agree_on_random_pairs():
    command = [sys.executable, "-m", "tests.oracle", "--seed", "7", "--pairs", str(PAIRS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"default mode: {PAIRS} of {PAIRS} agree" in done.stdout
    assert f"exact mode: {PAIRS} of {PAIRS} agree" in done.stdout


def test_both_verdicts_occur():
    verdicts = [bool(check(*map(parse, pair))) for pair in islice(random_pairs(7), PAIRS)]
    assert min(verdicts.count(True), verdicts.count(False)) > PAIRS // 4
