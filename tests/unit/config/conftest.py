"""A place with its own files and environment, where contexts are loaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from flowodm.config import Context, load_context, secrets
from flowodm.config.store import Store
from flowodm.contexts.listing import ContextEntry, list_contexts
from flowodm.errors import ConfigurationError


@dataclass
class Place:
    """A project in a repository, and a user's own directory, both empty."""

    project: Path
    own: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return Store(self.own)

    def write(self, text: str, *, name: str = "flowodm.yaml") -> Path:
        path = self.project / name
        path.write_text(text, encoding="utf-8")
        return path

    def write_own(self, text: str) -> Path:
        self.own.mkdir(exist_ok=True)
        path = self.own / "flowodm.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def load(
        self, name: str | None = None, environ: Mapping[str, str] | None = None, **more: Any
    ) -> Context:
        variables = {"FLOWODM_CONFIG_DIR": str(self.own)} | self.environ | dict(environ or {})
        more.setdefault("directory", self.project)
        return load_context(name, environ=variables, **more)

    def refusal(
        self, name: str | None = None, environ: Mapping[str, str] | None = None, **more: Any
    ) -> ConfigurationError:
        with pytest.raises(ConfigurationError) as caught:
            self.load(name, environ, **more)
        return caught.value

    def list(self, **environ: str) -> tuple[ContextEntry, ...]:
        variables = {"FLOWODM_CONFIG_DIR": str(self.own)} | self.environ | environ
        return list_contexts(environ=variables, directory=self.project)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    return Place(project, tmp_path / "own")


@pytest.fixture
def refused(place: Place) -> Callable[[str], ConfigurationError]:
    """Write a `flowodm.yaml`, and return what is wrong with its context `a`."""

    def check(text: str) -> ConfigurationError:
        place.write(text)
        return place.refusal("a")

    return check


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no secret of one test be masked in the texts of the next."""
    monkeypatch.setattr(secrets, "_process", secrets.Redactor())
