"""What every test of a connection starts with."""

import pytest

from flowodm.config import secrets


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no secret of one test be masked in the texts of the next."""
    monkeypatch.setattr(secrets, "_process", secrets.Redactor())
