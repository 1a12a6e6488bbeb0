"""The user's own keys: read with bounds, and wrong ones are told with file and line."""

from pathlib import Path

import pytest

from flowodm.errors import ConfigurationError
from flowodm.tui.bindings import binding_ids
from flowodm.tui.keys import read_keys

pytestmark = pytest.mark.unit


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.yaml"


def test_without_a_file_there_are_none(file: Path):
    assert read_keys(file, binding_ids()) == {}


def test_a_binding_gets_the_keys_that_the_file_says(file: Path):
    file.write_text("app.quit: ctrl+x\nlist.down: j,down\n")
    assert read_keys(file, binding_ids()) == {"app.quit": "ctrl+x", "list.down": "j,down"}


def test_a_binding_that_there_is_not_is_told_with_its_line(file: Path):
    file.write_text("app.quit: x\napp.quti: y\n")
    with pytest.raises(ConfigurationError, match=r"keys\.yaml:2: there is no binding `app\.quti`"):
        read_keys(file, binding_ids())


@pytest.mark.parametrize("text", ["- a\n", "app.quit: 5\n", "app.quit: ''\n", "a: [\n"])
def test_what_is_no_mapping_of_bindings_to_keys_is_refused(file: Path, text: str):
    file.write_text(text)
    with pytest.raises(ConfigurationError):
        read_keys(file, binding_ids())


def test_every_binding_has_an_id_of_its_own():
    from flowodm.tui.bindings import PLACES, bindings_of

    ids = [binding.id for place in PLACES for binding in bindings_of(place.owner)]
    assert None not in ids
    assert len(ids) == len(set(ids))
