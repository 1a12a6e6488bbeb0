"""The tree of errors: drawn as it is, each with a message, a cure and an exit code."""

import copy
import inspect
import re
import traceback

import pytest

from flowodm import errors
from flowodm.errors import FlowODMError, TopicNotFound

pytestmark = pytest.mark.unit


def drawn() -> list[tuple[int, str]]:
    """The names in the module's picture, with their depth."""
    assert errors.__doc__ is not None
    picture = errors.__doc__.split("```")[1]
    found = re.findall(
        r"^([│├└─ ]*)(\w+Error|\w+Unreachable|\w+Found|\w+Failed|\w+Refused|\w+Timeout)",
        picture,
        re.M,
    )
    return [(len(branch) // 4, name) for branch, name in found]


def test_the_picture_shows_the_tree_as_it_is():
    found: list[tuple[int, str]] = []

    def visit(kind: type[FlowODMError], depth: int) -> None:
        found.append((depth, kind.__name__))
        for below in kind.__subclasses__():
            if below.__module__ == errors.__name__:
                visit(below, depth + 1)

    visit(FlowODMError, 0)
    assert sorted(drawn()) == sorted(found)


def test_every_error_is_offered_by_name():
    classes = inspect.getmembers(errors, inspect.isclass)
    ours = {name for name, found in classes if issubclass(found, FlowODMError)}
    assert set(errors.__all__) == ours


def test_a_traceback_shows_the_cure():
    error = TopicNotFound("topic `a` does not exist", hint="flowodm topics list")
    assert traceback.format_exception_only(error) == [
        "flowodm.errors.TopicNotFound: topic `a` does not exist\n",
        "hint: flowodm topics list\n",
    ]
    assert (str(error), error.hint) == ("topic `a` does not exist", "flowodm topics list")


def test_an_error_without_a_cure_shows_none():
    assert traceback.format_exception_only(TopicNotFound("gone")) == [
        "flowodm.errors.TopicNotFound: gone\n"
    ]


def test_a_copy_of_an_error_says_the_cure_once():
    error = copy.copy(TopicNotFound("gone", hint="flowodm topics list"))
    assert error.__notes__ == ["hint: flowodm topics list"]
