"""Which files of a run have changed."""

import os
from pathlib import Path

import pytest

from flowodm.running.files import changed, sources_below, stamps

pytestmark = pytest.mark.unit


def test_a_file_that_is_written_or_new_has_changed_and_one_that_is_gone_has_not(
    tmp_path: Path,
) -> None:
    paths = [tmp_path / name for name in ("same.py", "written.py", "gone.py", "new.py")]
    for path in paths[:3]:
        path.write_text("1")
    before = stamps(paths)
    paths[1].write_text("2")
    os.utime(paths[1], ns=(1, 1))
    paths[2].unlink()
    paths[3].write_text("1")
    assert changed(before, stamps(paths)) == (paths[1], paths[3])


def test_hidden_and_installed_sources_are_left_out(tmp_path: Path) -> None:
    for name in ("a.py", "b/c.py", ".venv/x.py", "lib/site-packages/y.py", "d.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [str(path.relative_to(tmp_path)) for path in sources_below(tmp_path)]
    assert found == ["a.py", "b/c.py"]
