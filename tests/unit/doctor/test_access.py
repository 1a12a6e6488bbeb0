"""What is said of what a user may do."""

import pytest

from flowodm.doctor.access import _permitted

pytestmark = pytest.mark.unit

READ, WRITE, BOTH = frozenset({"read"}), frozenset({"write"}), frozenset({"read", "write"})
SEEN = frozenset({"describe"})


def test_permissions_are_counted() -> None:
    found = _permitted(frozenset({"create", "describe"}), [READ, BOTH, SEEN], 3, [READ, SEEN])
    assert found.status == "ok"
    assert found.text == (
        "cluster: create, describe; topics (3): read 2, write 1; groups (2): read 1"
    )


def test_of_many_topics_it_is_said_how_many_were_asked_for() -> None:
    found = _permitted(frozenset(), [WRITE] * 100, 1_204, [])
    assert found.text == "cluster: nothing; topics (100 of 1,204): read 0, write 100"


def test_topics_that_may_only_be_seen_are_a_warning() -> None:
    found = _permitted(SEEN, [SEEN, SEEN], 2, [])
    assert (found.status, found.exit_code) == ("warning", 0)
    assert found.hint


def test_a_cluster_without_topics_is_well() -> None:
    assert _permitted(SEEN, [], 0, []).text == "cluster: describe"
