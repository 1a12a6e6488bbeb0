"""Fetching archives, from a Maven repository on the loopback interface."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flowodm.errors import SandboxError
from flowodm.sandbox.jars import Artifact, fetch
from flowodm.sandbox.progress import Progress

pytestmark = pytest.mark.integration


class Repository(http.server.ThreadingHTTPServer):
    """Serves files from memory, and counts how often each was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.truncates = 0
        """How many answers are to break off in the middle."""

    @property
    def environ(self) -> dict[str, str]:
        return {"FLOWODM_MAVEN_REPOSITORY": f"http://127.0.0.1:{self.server_port}/maven/"}

    def add(self, name: str, data: bytes) -> Artifact:
        artifact = Artifact("org.example", name, "1.0", hashlib.sha256(data).hexdigest())
        self.files[f"/maven/{artifact.path.as_posix()}"] = data
        return artifact


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Repository

    def do_GET(self) -> None:
        data = self.server.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        self.server.asked.append(self.path.rpartition("/")[2])
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.server.truncates:
            self.server.truncates -= 1
            data = data[: len(data) // 2]
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def repository() -> Iterator[Repository]:
    with Repository() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


DATA = bytes(range(256)) * 400


def test_what_is_absent_is_fetched_and_what_is_there_is_not(
    repository: Repository, tmp_path: Path
) -> None:
    wanted = [repository.add("one", DATA), repository.add("two", DATA[::-1])]
    seen: list[Progress] = []
    for _ in range(2):
        paths = fetch(wanted, directory=tmp_path, environ=repository.environ, report=seen.append)
        assert [path.read_bytes() for path in paths] == [DATA, DATA[::-1]]
    assert sorted(repository.asked) == ["one-1.0.jar", "two-1.0.jar"]
    assert [progress.done for progress in seen] == [0, 1, 2]
    assert {progress.total for progress in seen} == {2}
    assert seen[-1].size == 2 * len(DATA)


@pytest.mark.parametrize("damaged", [b"", DATA[:-1], DATA[:-1] + b"?", DATA + b"?"])
def test_a_file_that_is_not_the_locked_one_is_fetched_again(
    repository: Repository, tmp_path: Path, damaged: bytes
) -> None:
    wanted = [repository.add("one", DATA), repository.add("two", DATA)]
    first, _ = fetch(wanted, directory=tmp_path, environ=repository.environ)
    first.write_bytes(damaged)
    repository.asked.clear()
    fetch(wanted, directory=tmp_path, environ=repository.environ)
    assert first.read_bytes() == DATA
    assert repository.asked == ["one-1.0.jar"]


def test_a_download_that_breaks_off_is_tried_again(repository: Repository, tmp_path: Path) -> None:
    wanted = [repository.add("one", DATA)]
    repository.truncates = 1
    (path,) = fetch(wanted, directory=tmp_path, environ=repository.environ)
    assert path.read_bytes() == DATA


def test_a_download_that_is_another_file_is_refused_and_not_kept(
    repository: Repository, tmp_path: Path
) -> None:
    wanted = repository.add("one", DATA)
    repository.files[f"/maven/{wanted.path.as_posix()}"] = b"something else"
    with pytest.raises(SandboxError, match="is not the file that is locked"):
        fetch([wanted], directory=tmp_path, environ=repository.environ)
    assert repository.asked == ["one-1.0.jar"] * 2
    assert not list(tmp_path.rglob("*.jar"))


def test_a_repository_without_the_file_is_named(repository: Repository, tmp_path: Path) -> None:
    wanted = Artifact("org.example", "absent", "1.0", "00")
    with pytest.raises(SandboxError, match=r"^127\.0\.0\.1 does not have `org\.example:absent:1"):
        fetch([wanted], directory=tmp_path, environ=repository.environ)


def test_a_place_that_cannot_be_written_is_named(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SandboxError, match="cannot write to"):
        fetch(
            [repository.add("one", DATA)],
            directory=tmp_path / "file" / "below",
            environ=repository.environ,
        )


def test_those_who_come_at_once_fetch_once(repository: Repository, tmp_path: Path) -> None:
    wanted = [repository.add("one", DATA), repository.add("two", DATA)]
    with ThreadPoolExecutor(4) as pool:
        runs = [
            pool.submit(fetch, wanted, directory=tmp_path, environ=repository.environ)
            for _ in range(4)
        ]
        assert len({run.result() for run in runs}) == 1
    assert sorted(repository.asked) == ["one-1.0.jar", "two-1.0.jar"]


def test_nothing_but_the_files_and_the_lock_is_left(repository: Repository, tmp_path: Path) -> None:
    wanted = repository.add("one", DATA)
    fetch([wanted], directory=tmp_path, environ=repository.environ)
    left = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {wanted.path, Path(".lock")}
