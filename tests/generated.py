"""Generated modules as tests need them: imported, and looked at as their owner's tools would."""

import itertools
import subprocess
import sys
import types
from pathlib import Path

from pydantic import BaseModel

from flowodm import FlowBaseModel
from flowodm.avro.generation import Base

__all__ = ["BASE", "imported", "mypy", "ruff"]

BASE = Base(
    "FlowBaseModel",
    "flowodm",
    frozenset(name for name in dir(FlowBaseModel) if not name.startswith("_")),
    {"topic": "orders"},
)
_RULES = "E,F,W,I,B,UP,C4,SIM,RUF,PIE,RET,S,BLE,T20,D2,D3,ISC"
"""Of Ruff; what a docstring says is the schema's own affair."""
_LEFT_OUT = "E501,D203,D205,D212,D213,RUF001,RUF002,RUF003"
"""How long texts are, and what signs they have, is the schema's own affair too."""

_COUNTER = itertools.count()


def imported(source: str) -> types.ModuleType:
    """The module of a text, with nothing in it left for Pydantic to complete."""
    name = f"generated_{next(_COUNTER)}"
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, f"{name}.py", "exec", dont_inherit=True), module.__dict__)
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == name:
            assert value.__pydantic_complete__, value
    return module


def _run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python module as a program."""
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, timeout=300
    )


def mypy(directory: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """What mypy in its strict mode says of everything in a directory."""
    settings = ("--strict", "--config-file=", "--cache-dir", str(cache))
    return _run("mypy", *settings, ".", cwd=directory)


def ruff(directory: Path) -> subprocess.CompletedProcess[str]:
    """What Ruff says of everything in a directory."""
    rules = ("--select", _RULES, "--ignore", _LEFT_OUT)
    target = ("--line-length", "100", "--target-version", "py311")
    return _run("ruff", "check", "--isolated", *target, *rules, ".", cwd=directory)
