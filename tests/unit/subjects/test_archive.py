"""The archive of a registry: the same for the same, and read as a stranger's."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import ConfigurationError, FlowODMError, UsageError
from flowodm.subjects import archive as archive_module
from flowodm.subjects.archive import (
    Archive,
    ArchivedSetting,
    ArchivedVersion,
    archive_lines,
    in_order,
    read_archive,
)
from flowodm.subjects.exporting import write_directory, write_file

pytestmark = pytest.mark.unit

HEADER = '{"flowodm":"registry","format":1}'


def version(subject: str, number: int = 1, schema_id: int = 1, **more: Any) -> ArchivedVersion:
    values = {
        "kind": "version",
        "subject": subject,
        "version": number,
        "id": schema_id,
        "type": "AVRO",
        "deleted": False,
        "references": [],
        "schema": f'"schema {schema_id}"',
    }
    return ArchivedVersion.model_validate(values | more)


def needing(*places: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"name": "n.A", "subject": subject, "version": number} for subject, number in places]


def text_of(*documents: dict[str, Any] | str, versions: int | None = None) -> str:
    lines = [one if isinstance(one, str) else json.dumps(one) for one in documents]
    count = sum('"kind": "version"' in one for one in lines) if versions is None else versions
    return "\n".join([HEADER, *lines, json.dumps({"kind": "end", "versions": count})]) + "\n"


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Archive]:
    def read_text(text: str) -> Archive:
        file = tmp_path / "a.ndjson"
        file.write_text(text)
        return read_archive(file)

    return read_text


names = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("./\\%:@ A\x1b\u202e"),
    min_size=1,
    max_size=200,
)


@given(st.lists(names, unique=True, max_size=5))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, subjects: list[str]
) -> None:
    versions = tuple(version(name, 1, number) for number, name in enumerate(subjects, start=1))
    settings = (ArchivedSetting(subject=None, level="FULL", mode="READWRITE"),)
    whole = Archive(versions, settings)
    place = tmp_path_factory.mktemp("archive")
    write_file(whole, place / "one")
    assert read_archive(place / "one") == whole
    write_directory(whole, place / "many")
    assert read_archive(place / "many") == whole
    assert {one.parent for one in place.rglob("*.ndjson")} <= {place / "many"}


def test_the_same_registry_gives_the_same_bytes() -> None:
    versions = (version("a"), version("b", 1, 2))
    settings = tuple(ArchivedSetting(subject=name, level="NONE", mode=None) for name in ("b", "a"))
    one = b"".join(archive_lines(Archive(in_order(versions), settings)))
    other = b"".join(archive_lines(Archive(in_order(versions[::-1]), settings[::-1])))
    assert one == other


def test_a_version_stands_behind_those_that_it_references() -> None:
    versions = (
        version("a", 1, 1, references=needing(("z", 1), ("m", 1))),
        version("m", 1, 2, references=needing(("z", 1))),
        version("z", 1, 3),
    )
    assert [one.subject for one in in_order(versions)] == ["z", "m", "a"]


def test_references_in_a_circle_are_refused() -> None:
    versions = (
        version("a", references=needing(("b", 1))),
        version("b", 1, 2, references=needing(("a", 1))),
    )
    with pytest.raises(ConfigurationError, match="references itself"):
        in_order(versions)


def test_ten_thousand_references_one_behind_the_other_are_sorted() -> None:
    versions = [
        version("a", number, number, references=needing(("a", number - 1)) if number > 1 else [])
        for number in range(1, 10_001)
    ]
    assert [one.version for one in in_order(versions[::-1])] == list(range(1, 10_001))


VERSION = version("a").model_dump(by_alias=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: the line is no JSON"),
        ("[]\n", ":1: the line is no JSON object"),
        ('{"flowodm":"registry","format":2}\n', "or of a later FlowODM"),
        (f"{HEADER}\n", "cut short"),
        (text_of(VERSION)[:-20], "no JSON"),
        (text_of(VERSION, versions=2), "it says 2 versions, and there are 1"),
        (text_of(VERSION, VERSION), ":3: version 1 of `a` stands there twice"),
        (text_of(VERSION, VERSION | {"subject": "b", "schema": "x"}), "id 1 is another schema"),
        (text_of({"kind": "drop"}), ":2: `drop` is no `kind` of line"),
        (text_of({"kind": []}), "is no `kind` of line"),
        (text_of("[" * 100_000), ":2: the line is no JSON"),
        (text_of(VERSION | {"extra": 1}), "extra"),
        (text_of(VERSION | {"version": 0}), ":2: "),
        (text_of(VERSION | {"version": "1"}), ":2: "),
        (text_of(VERSION | {"version": True}), ":2: "),
        (text_of(VERSION | {"id": 2**31}), ":2: "),
        (text_of(VERSION | {"subject": ""}), ":2: "),
        (text_of(VERSION | {"subject": "x" * 1_001}), ":2: "),
        (text_of(VERSION | {"type": "AV\x1bRO"}), ":2: "),
        (text_of(VERSION | {"references": needing(*[("a", 1)] * 101)}), ":2: "),
        (text_of({"kind": "setting", "subject": None, "level": "MOST", "mode": None}), ":2: "),
        (text_of() + "more\n", "more behind the last line"),
    ],
    ids=lambda value: None if "\n" in value else value[:30].strip(": "),
)
def test_what_is_no_archive_is_refused_with_its_line(
    read: Callable[[str], Archive], text: str, said: str
) -> None:
    with pytest.raises(FlowODMError) as caught:
        read(text)
    assert said in caught.value.message
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 600


def test_too_much_is_refused_before_it_is_read(
    read: Callable[[str], Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "_MOST_BYTES", 100)
    with pytest.raises(UsageError, match="larger than"):
        read(text_of(VERSION))


def test_a_directory_without_archives_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no"):
        read_archive(tmp_path)
    with pytest.raises(UsageError, match="there is no archive"):
        read_archive(tmp_path / "none")


def test_a_link_in_a_directory_is_passed_over(tmp_path: Path) -> None:
    write_file(Archive((version("secret"),)), tmp_path / "elsewhere")
    place = tmp_path / "archive"
    write_directory(Archive((version("a", 1, 2),)), place)
    (place / "x.ndjson").symlink_to(tmp_path / "elsewhere")
    assert read_archive(place).subjects == ("a",)


def test_a_subject_that_is_gone_leaves_no_file_and_strange_files_stay(tmp_path: Path) -> None:
    write_directory(Archive((version("a"), version("b", 1, 2))), tmp_path)
    (tmp_path / "mine.ndjson").write_text("{}\n")
    write_directory(Archive((version("b", 1, 2),)), tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["b.ndjson", "mine.ndjson"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        write_file(Archive(()), tmp_path / "none" / "a.ndjson")
    (tmp_path / "d").mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        write_file(Archive(()), tmp_path / "d")
    assert list(tmp_path.iterdir()) == [tmp_path / "d"]
