"""Java archives from a Maven repository: fetched once, verified at every start.

A lock file names each artifact with its SHA-256. Artifacts live below the user's cache directory
and nowhere else. Which Java runs them is `java`'s business.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flowodm.errors import SandboxError
from flowodm.sandbox.progress import Progress, Report, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jgo.maven import MavenContext

__all__ = [
    "KAFKA_VERSION",
    "REPOSITORY_VARIABLE",
    "Artifact",
    "cache_directory",
    "fetch",
    "kafka_artifacts",
    "parse_lock",
]

KAFKA_VERSION = "4.4.0"

REPOSITORY_VARIABLE = "FLOWODM_MAVEN_REPOSITORY"
"""The environment variable that names another Maven repository, such as a company's mirror."""

_PARALLEL = 6
_ATTEMPTS = 2
_LOCK_TIMEOUT = 900.0
_HTTP_TIMEOUT = 20


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a Maven repository, pinned by its digest."""

    group: str
    name: str
    version: str
    sha256: str
    classifier: str = ""
    packaging: str = "jar"

    @property
    def path(self) -> Path:
        """Where Maven's own layout puts the file, below a repository's root."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        file = f"{self.name}-{self.version}{suffix}.{self.packaging}"
        return Path(*self.group.split("."), self.name, self.version, file)

    def __str__(self) -> str:
        return f"{self.group}:{self.name}:{self.version}"


def parse_lock(text: str) -> tuple[Artifact, ...]:
    """Read a lock: one `group:name:version  sha256:HEX` a line."""
    artifacts = []
    for line in text.splitlines():
        coordinates, digest = line.split()
        group, name, version = coordinates.split(":")
        artifacts.append(Artifact(group, name, version, digest.removeprefix("sha256:")))
    return tuple(artifacts)


def kafka_artifacts() -> tuple[Artifact, ...]:
    """Name every archive that the sandbox's Kafka is made of."""
    lock = files("flowodm.sandbox").joinpath(f"kafka-{KAFKA_VERSION}.lock")
    return parse_lock(lock.read_text(encoding="utf-8"))


def cache_directory() -> Path:
    """Name the directory for what can be fetched or made again."""
    from platformdirs import user_cache_path

    return user_cache_path("flowodm", appauthor=False)


def fetch(
    artifacts: Iterable[Artifact],
    *,
    directory: Path | None = None,
    report: Report = silent,
    environ: Mapping[str, str] = os.environ,
) -> tuple[Path, ...]:
    """Return the local files of artifacts, each verified now; fetch what is absent or wrong.

    Args:
        artifacts: What to have.
        directory: The local repository; by default one in the user's cache.
        report: Takes the progress of a download; never called when there is nothing to fetch.
        environ: Where `FLOWODM_MAVEN_REPOSITORY` is looked up.

    Raises:
        SandboxError: A file cannot be fetched or stored, or what arrives is not what is locked.
    """
    wanted = tuple(artifacts)
    root = directory or cache_directory() / "maven"
    missing = [artifact for artifact in wanted if not _is_right(root / artifact.path, artifact)]
    if missing:
        with _locked(root):
            missing = [item for item in missing if not _is_right(root / item.path, item)]
            _fetch_all(missing, root, report, environ)
    return tuple(root / artifact.path for artifact in wanted)


def _is_right(path: Path, artifact: Artifact) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == artifact.sha256
    except OSError:
        return False


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Let one process at a time change a local repository."""
    from filelock import FileLock, Timeout

    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".lock", timeout=_LOCK_TIMEOUT):
            yield
    except Timeout as error:
        raise SandboxError(
            f"another process has been fetching into `{root}` for {_LOCK_TIMEOUT:.0f} s"
        ) from error
    except OSError as error:
        raise _storage_error(error, root) from error


def _fetch_all(
    artifacts: list[Artifact], root: Path, report: Report, environ: Mapping[str, str]
) -> None:
    if not artifacts:
        return
    incoming = Path(tempfile.mkdtemp(prefix=".incoming-", dir=root))
    try:
        context = _maven(incoming, environ)
        counter = _Counter(len(artifacts), report)
        with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="flowodm-fetch") as pool:
            try:
                for _ in pool.map(lambda item: _fetch_one(item, root, context, counter), artifacts):
                    pass
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


class _Counter:
    """Counts finished downloads, from any thread."""

    def __init__(self, total: int, report: Report) -> None:
        self._lock = threading.Lock()
        self._total, self._report = total, report
        self._done = self._size = 0
        self._tell("")

    def add(self, name: str, size: int) -> None:
        with self._lock:
            self._done += 1
            self._size += size
            self._tell(name)

    def _tell(self, name: str) -> None:
        self._report(Progress("download", name, self._done, self._total, self._size))


def _maven(incoming: Path, environ: Mapping[str, str]) -> MavenContext:
    from jgo.maven import MavenContext

    logging.getLogger("jgo").addHandler(logging.NullHandler())  # its warnings are errors here
    mirror = environ.get(REPOSITORY_VARIABLE)
    remotes = {"mirror": mirror.rstrip("/")} if mirror else None
    return MavenContext(repo_cache=incoming, remote_repos=remotes, timeout=_HTTP_TIMEOUT)


def _fetch_one(artifact: Artifact, root: Path, context: MavenContext, counter: _Counter) -> None:
    """Download one artifact aside, verify it, and only then put it in its place."""
    for attempt in range(1, _ATTEMPTS + 1):
        aside = _download(artifact, context, is_last=attempt == _ATTEMPTS)
        if aside is not None and _is_right(aside, artifact):
            break
    else:
        raise SandboxError(
            f"`{artifact}` from {_host(context)} is not the file that is locked",
            hint=f"expected SHA-256 {artifact.sha256}; something on the way changes downloads",
        )
    try:
        size = aside.stat().st_size
        place = root / artifact.path
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(aside, place)
    except OSError as error:
        raise _storage_error(error, root) from error
    counter.add(artifact.name, size)


def _download(artifact: Artifact, context: MavenContext, *, is_last: bool) -> Path | None:
    """Return the downloaded file; None when the connection broke off and may be tried again."""
    import requests

    component = context.project(artifact.group, artifact.name).at_version(artifact.version)
    (context.repo_cache / artifact.path).unlink(missing_ok=True)  # jgo takes any file for right
    try:
        path = component.artifact(artifact.classifier, artifact.packaging).resolve()
    except requests.exceptions.ChunkedEncodingError as error:
        if not is_last:
            return None
        raise _network_error(artifact, context, error) from error
    except requests.RequestException as error:
        raise _network_error(artifact, context, error) from error
    except OSError as error:
        raise _storage_error(error, context.repo_cache.parent) from error
    except RuntimeError as error:  # jgo's answer to every HTTP status but 200
        raise SandboxError(f"{_host(context)} does not have `{artifact}`") from error
    return Path(path)


def _network_error(artifact: Artifact, context: MavenContext, error: Exception) -> SandboxError:
    return SandboxError(
        f"cannot fetch `{artifact}` from {_host(context)}: {_network_cause(error)}",
        hint="the first start of the sandbox downloads 45 MB and needs the network; "
        f"{REPOSITORY_VARIABLE} names another Maven repository",
    )


def _host(context: MavenContext) -> str:
    return ", ".join(urlsplit(url).hostname or url for url in context.remote_repos.values())


_CAUSES = (
    ("NameResolutionError", "the name does not resolve"),
    ("gaierror", "the name does not resolve"),
    ("ConnectionRefusedError", "connection refused"),
    ("Connection refused", "connection refused"),
    ("ProxyError", "the proxy does not answer"),
    ("SSL", "its certificate is not trusted"),
    ("timed out", "no answer in time"),
    ("Timeout", "no answer in time"),
    ("Network is unreachable", "no network"),
    ("IncompleteRead", "the connection broke off"),
)


def _network_cause(error: Exception) -> str:
    text = repr(error)
    return next((cause for sign, cause in _CAUSES if sign in text), type(error).__name__)


def _storage_error(error: OSError, where: Path) -> SandboxError:
    if error.errno == errno.ENOSPC:
        return SandboxError(f"no space left for the sandbox in `{where}`")
    return SandboxError(f"cannot write to `{where}`: {error.strerror or error}")
