"""Adding a context to a file that a person keeps."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.contexts.editing import _scalar, add_context, literal
from flowodm.documents.yaml import parse_yaml
from flowodm.errors import ConfigurationError, UsageError
from tests.unit.config.conftest import Place

pytestmark = pytest.mark.unit

SETTINGS = {"bootstrap_servers": "n:1", "kafka": {"client.id": "x"}, "read_only": True}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flowodm.yaml"


def test_the_first_context_makes_the_file(path: Path) -> None:
    add_context(path, "new", SETTINGS)
    assert path.read_text() == (
        "version: 1\ncontexts:\n  new:\n    bootstrap_servers: n:1\n"
        "    kafka:\n      client.id: x\n    read_only: true\n"
    )
    assert path.stat().st_mode & 0o777 == 0o600


KEPT = """\
# mine
version: 1   # for now

contexts:
    # the old one
    old: {bootstrap_servers: o:1}   # flow is fine
    other:
        bootstrap_servers: p:1

# what follows
schemas: [a]
"""


def test_comments_and_order_are_kept(path: Path) -> None:
    path.write_text(KEPT)
    add_context(path, "new", {"bootstrap_servers": "n:1"})
    assert path.read_text() == KEPT.replace(
        "p:1\n", "p:1\n    new:\n      bootstrap_servers: n:1\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "version: 1",
        "# nothing but this\n",
        "",
        "schemas: []\n",
        "contexts:\n  a: {}",
        "contexts:\n  a: {}\n\n\n",
        "contexts:\n  a:\n    kafka:\n      client.id: |-\n        x\n\n",
        "contexts:\n  a:\n    cluster_id: >-\n      x\n      y\n\n# end\ntopics: {}\n",
        "contexts:\n a: {}\n b: {}\n",
    ],
)
def test_any_layout_in_lines_takes_a_context(path: Path, text: str) -> None:
    path.write_text(text)
    before = parse_yaml(text.encode(), source="")
    add_context(path, "new", SETTINGS)
    after = parse_yaml(path.read_bytes(), source="").value
    assert isinstance(after, dict)
    contexts = after.pop("contexts")
    assert isinstance(contexts, dict)
    assert contexts.pop("new") == SETTINGS
    old = dict(before.value) if isinstance(before.value, dict) else {"version": 1}
    assert contexts == old.pop("contexts", {})
    assert after == old


@pytest.mark.parametrize("text", ["contexts: {a: {}}\n", "{contexts: {a: {}}}\n", "contexts: {}\n"])
def test_a_layout_without_lines_is_left_alone(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="add this one by hand"):
        add_context(path, "new", SETTINGS)
    assert path.read_text() == text


def test_a_name_that_is_taken_is_refused_with_its_line(path: Path) -> None:
    path.write_text("contexts:\n  new: {}\n")
    with pytest.raises(UsageError, match=r"context `new` is there already \(.*:2\)"):
        add_context(path, "new", SETTINGS)


@pytest.mark.parametrize("name", ["", "-x", "a b", "a:b", "a/b", "x" * 65, "a\n", "\x1b", "ä"])
def test_what_is_no_name_is_refused(path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no name for a context"):
        add_context(path, name, SETTINGS)
    assert not path.exists()


def test_a_wrong_setting_is_refused_before_anything_is_written(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="unknown key"):
        add_context(path, "new", {"bootstrap_servers": "n:1", "kafka": {"lingers": "5"}})
    assert not path.exists()


@pytest.mark.parametrize(
    "text",
    [
        *("plain", "a: b", "# x", "x # y", "true", "0123", "12", "null", "~", " x ", "- a", "*x"),
        *("!x", "{a}", "'", '"', "\\", "a\tb", "ü", "😀", "\n", "a\nb", "\x85", "\u2028", "\x7f"),
        *("${X}", "a,b", "%", "@", "|", ">", "[", "?", ": ", "=", "<<", "2026-01-01", ""),
    ],
)
def test_a_value_is_read_back_as_it_was(text: str) -> None:
    assert parse_yaml(f"a: {_scalar(text)}\n".encode(), source="").value == {"a": text}


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\ufeff")))
def test_any_value_is_read_back_as_it_was(text: str) -> None:
    assert parse_yaml(f"a: {_scalar(text)}\n".encode(), source="").value == {"a": text}


@pytest.mark.parametrize("secret", ["a${B}c", "${", "$${X}", "$$", "{}", "a$"])
def test_a_secret_that_looks_like_a_variable_stays_itself(place: Place, secret: str) -> None:
    settings = {"bootstrap_servers": "n:1", "kafka": {"sasl.password": literal(secret)}}
    add_context(place.own / "flowodm.yaml", "new", settings)
    assert place.load("new", {"B": "no"}).client_config("admin")["sasl.password"] == secret
