"""What a project's `flowodm.yaml` declares, each schema with its subject."""

from pathlib import Path

import pytest

from flowodm.config.files import read_config_file
from flowodm.sources import LoadedSchema, Sources, Unloadable
from flowodm.sources.declared import Declared, declared_paths, declared_schemas

pytestmark = pytest.mark.unit

RECORD = '{"type": "record", "name": "shop.Order", "fields": []}'


def declared(folder: Path, text: str, *files: str, here: Path | None = None) -> list[Declared]:
    (folder / "flowodm.yaml").write_text(f"version: 1\n{text}")
    for name in files:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(RECORD)
    directory = here or folder
    file = read_config_file(folder / "flowodm.yaml", directory=directory, is_own=False)
    return [*declared_schemas(file, Sources(directory), directory)]


def test_a_topic_has_a_subject_for_each_side(tmp_path: Path) -> None:
    text = "topics:\n  orders: {key: k.avsc, value: v.avsc, compatibility: FULL}\n"
    key, value = declared(tmp_path, text, "k.avsc", "v.avsc")
    assert (key.subject, key.found.label, key.level) == ("orders-key", "k.avsc", "FULL")
    assert (value.subject, value.where) == ("orders-value", "flowodm.yaml:3")


def test_a_topics_file_is_not_declared_again_by_its_directory(tmp_path: Path) -> None:
    text = "schemas: [s/]\ntopics:\n  orders: {value: s/a.avsc}\n"
    found = declared(tmp_path, text, "s/a.avsc", "s/bills-value.avsc")
    assert [each.subject for each in found] == ["orders-value", "bills-value"]


def test_a_file_without_a_subjects_name_goes_by_its_type(tmp_path: Path) -> None:
    (found,) = declared(tmp_path, "schemas: [order.avsc]\n", "order.avsc")
    assert found.subject == "shop.Order"


def test_paths_count_from_the_file_and_are_told_from_here(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    text = "schemas: [s]\ntopics:\n  orders: {value: s/a.avsc}\n"
    (found,) = declared(tmp_path, text, "s/a.avsc", here=below)
    assert found.found.label == "../s/a.avsc"
    assert isinstance(found.found, LoadedSchema)
    file = read_config_file(tmp_path / "flowodm.yaml", directory=below, is_own=False)
    assert declared_paths(file, below) == ("../s",)


def test_what_is_not_there_stands_in_its_place(tmp_path: Path) -> None:
    text = "models: [no_such_module_of_ours]\ntopics:\n  orders: {value: a.avsc}\n"
    topic, model = declared(tmp_path, text)
    assert isinstance(topic.found, Unloadable)
    assert "there is no file `a.avsc`" in topic.found.error.message
    assert isinstance(model.found, Unloadable)
    assert "there is no module" in model.found.error.message
