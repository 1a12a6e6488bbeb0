"""A registry for each test."""

import pytest

from tests.unit.sandbox.registry.asking import Registry


@pytest.fixture
def registry() -> Registry:
    """A registry whose level is NONE: what is tested is anything but compatibility."""
    return Registry()
