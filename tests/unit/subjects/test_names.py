"""How a version of a subject is named."""

import pytest

from flowodm.errors import UsageError
from flowodm.subjects.detail import version_ranges
from flowodm.subjects.names import Address, parse_address, topic_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a", Address("a")),
        ("a@3", Address("a", 3)),
        ("a@latest", Address("a", "latest")),
        ("a@b", Address("a@b")),
        ("a@1@latest", Address("a@1", "latest")),
        (":.ctx:a@2", Address(":.ctx:a", 2)),
        ("a@٣", Address("a@٣")),
    ],
)
def test_what_follows_the_last_at_is_a_version_when_it_is_one(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "@1", "@latest", "a@0", "a@2147483648", "a@" + "9" * 5000])
def test_what_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_address(text)


@pytest.mark.parametrize(
    ("subject", "topic"),
    [
        ("orders-value", ("orders", False)),
        ("orders-key", ("orders", True)),
        ("orders", ("orders", False)),
        (":.eu:orders-value", ("orders", False)),
        ("-value", ("", False)),
    ],
)
def test_a_subject_is_named_after_its_topic(subject: str, topic: tuple[str, bool]) -> None:
    assert topic_of(subject) == topic


@pytest.mark.parametrize(
    ("versions", "words"),
    [((), ""), ((1,), "v1"), ((1, 2, 3, 5), "v1–v3, v5"), ((1, 3, 4), "v1, v3–v4")],
)
def test_versions_are_written_in_short(versions: tuple[int, ...], words: str) -> None:
    assert version_ranges(versions) == words
