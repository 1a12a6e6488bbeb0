"""How long fault tests go on: a short while in every run, at length in `make soak`."""

import os

KILLS_VARIABLE = "FLOWODM_TEST_KILLS"


def kills(usual: int) -> int:
    """How often a test kills what it tests."""
    return int(os.environ.get(KILLS_VARIABLE) or usual)
