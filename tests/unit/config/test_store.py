"""The user's own directory: written whole or not at all, for the user's eyes only."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flowodm.config.store import Store, write_private
from flowodm.errors import ConfigurationError

pytestmark = pytest.mark.unit


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_directory_is_the_platforms_or_as_the_environment_says(tmp_path: Path) -> None:
    assert Store.of({"FLOWODM_CONFIG_DIR": str(tmp_path)}).directory == tmp_path
    if sys.platform == "linux":
        assert Store.of({"XDG_CONFIG_HOME": "/x"}).directory == Path("/x/flowodm")
    assert Store.of({}).directory.name == "flowodm"


def test_files_are_the_users_alone(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        store = Store(tmp_path / "a" / "flowodm")
        store.set_current(None, "x")
        store.trust(tmp_path, "digest")
    finally:
        os.umask(previous)
    assert mode(store.directory) == 0o700
    assert [mode(path) for path in store.directory.iterdir()] == [0o600, 0o600]


def test_a_looser_file_becomes_private_when_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    link = tmp_path / "x"
    link.symlink_to(tmp_path / "dotfiles" / "x")
    write_private(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "dotfiles" / "x").read_bytes() == b"new"


def test_current_contexts_are_kept_apart_by_project(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.set_current(None, "own")
    store.set_current(tmp_path / "a.yaml", "a")
    store.set_current(tmp_path / "b.yaml", "b")
    assert store.current(None) == "own"
    assert store.current(tmp_path / "a.yaml") == "a"
    assert store.current(tmp_path / "c.yaml") is None


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_damaged_file_is_named_with_the_cure(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "current.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match="is damaged") as caught:
        Store(tmp_path).current(None)
    assert caught.value.hint == f"remove {tmp_path / 'current.json'}"


def test_a_directory_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot write"):
        write_private(tmp_path / "file" / "flowodm" / "x", b"new")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        write_private(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


_WRITER = """
import itertools, sys
from pathlib import Path
from flowodm.config.store import write_private
print("ready", flush=True)
for count in itertools.count():
    write_private(Path(sys.argv[1]), bytes([65 + count % 26]) * 300_000)
"""


def test_kill_9_during_a_write_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "flowodm.yaml"
    seen = set()
    for round_ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            until = time.monotonic() + 0.01 + round_ * 0.006
            while time.monotonic() < until or not path.exists():
                pass
            process.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert len(content) == 300_000
        assert len(set(content)) == 1
        seen.add(content[0])
    assert len(seen) > 1, "the writer was never caught at work"
