"""Subjects and contexts."""

import pytest

from tests.unit.sandbox.registry.asking import A, B, Registry

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "subject", ["", "a\nb", "a\x00b", "a\x1b[2Jb", "a\u2028b", ":.ctx:", ":.:"]
)
def test_a_subject_is_named_and_printable(registry: Registry, subject: str) -> None:
    assert registry.code("POST", "subjects", subject, "versions", body={"schema": A}) == 42208


@pytest.mark.parametrize(
    "subject", ["a/b", "%2F", "ü ✓", "..", ":.ctx:s", ":x", ":.x", "{}", "'; DROP TABLE--"]
)
def test_a_subject_may_be_anything_printable(registry: Registry, subject: str) -> None:
    registry.register(subject, A)
    assert registry.get("subjects") == [subject]
    assert registry.get("subjects", subject, "versions") == [1]


def test_the_default_context_may_be_said(registry: Registry) -> None:
    registry.register(":.:s", A)
    assert registry.get("subjects") == ["s"]
    assert registry.get("subjects", ":.:s", "versions") == [1]


def test_a_context_has_subjects_of_its_own_and_shares_the_ids(registry: Registry) -> None:
    assert registry.register("s", A)["id"] == 1
    assert registry.register(":.ctx:s", B) == {**registry.register(":.ctx:s", B), "id": 2}
    assert registry.get("subjects", "s", "versions") == [1]
    assert registry.get("subjects", ":.ctx:s", "versions", "1")["id"] == 2
    assert registry.get("contexts") == [".", ".ctx"]
    assert registry.get("contexts", offset=1, limit=5) == [".ctx"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", [":.ctx:s1", "s1", "t"]),
        (":*:", [":.ctx:s1", "s1", "t"]),
        (":*:s", [":.ctx:s1", "s1"]),
        (":.:", ["s1", "t"]),
        (":.:s", ["s1"]),
        (":.ctx:", [":.ctx:s1"]),
        ("s", ["s1"]),
    ],
)
def test_a_prefix_says_which_context(registry: Registry, prefix: str, expected: list[str]) -> None:
    for subject in ("s1", "t", ":.ctx:s1"):
        registry.register(subject, A)
    assert registry.get("subjects", subjectPrefix=prefix) == expected
