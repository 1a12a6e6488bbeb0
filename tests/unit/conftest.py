"""What one test makes known stays in that test."""

import pytest

from flowodm.config import secrets


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a redactor of its own: a secret of one would be masked in the next."""
    monkeypatch.setattr(secrets, "_process", secrets.Redactor())
