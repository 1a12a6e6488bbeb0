"""How long fault tests go on: a short while in every run, at length in `make soak`."""

import os
import secrets

KILLS_VARIABLE = "FLOWODM_TEST_KILLS"
SECONDS_VARIABLE = "FLOWODM_SOAK_SECONDS"
SEED_VARIABLE = "FLOWODM_SOAK_SEED"


def kills(usual: int) -> int:
    """How often a test kills what it tests."""
    return int(os.environ.get(KILLS_VARIABLE) or usual)


def seconds(usual: float) -> float:
    """For how long the long run goes on."""
    return float(os.environ.get(SECONDS_VARIABLE) or usual)


def seed() -> int:
    """What the long run draws its events from: another one each time, unless it is told."""
    return int(os.environ.get(SEED_VARIABLE) or secrets.randbelow(1_000_000))
