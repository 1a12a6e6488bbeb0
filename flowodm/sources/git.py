"""Files and directories as they were in a commit, read by the `git` of this machine.

No shell; what a user wrote is resolved to an object's id first, and only ids are read. git asks
nobody anything, fetches nothing, runs nothing that a repository's settings name, and is stopped
after a while.
"""

import os
import posixpath
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from flowodm.avro.words import shown, similar
from flowodm.errors import FlowODMError, UsageError
from flowodm.sources.forms import GitForm
from flowodm.sources.shelf import MOST_BYTES, MOST_FILES, SUFFIX, check_size, too_many

__all__ = ["GitFolder", "NotInRevision", "Repository"]

_SECONDS: Final = 30.0
_QUIET: Final = {
    "GIT_ALLOW_PROTOCOL": "",  # what is not here is not fetched, by whatever a repository says
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_HARMLESS: Final = ("--no-pager", "-c", "core.fsmonitor=false")
"""A repository's own settings may name programs to run."""
_FROM_HERE: Final = (".", "..")
_FILE_MODES: Final = ("100644", "100755", "100664")


class NotInRevision(UsageError):
    """The revision is there, and has nothing of that name."""


class Repository:
    """The repository around a directory.

    Args:
        directory: Where git is started.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def is_folder(self, form: GitForm) -> bool:
        """Whether a directory is meant.

        Raises:
            UsageError: There is no such revision, or nothing of that name in it.
        """
        path = self.rooted(form)
        if form.revision:
            return self._run("cat-file", "-t", self._find(form, path)).strip() == b"tree"
        is_staged = any(name.startswith(f"{path}/" if path else "") for name in self._staged())
        return is_staged or not self._find(form, path)

    def read(self, form: GitForm) -> bytes:
        """Read a file of a commit.

        Raises:
            UsageError: There is no such revision, or no such file in it.
            SchemaParseError: It is too large for a schema.
        """
        identity = self._find(form, self.rooted(form))
        check_size(int(self._run("cat-file", "-s", identity)), f"git:{form.revision}:{form.path}")
        return self._run("cat-file", "blob", identity)

    def listed(self, form: GitForm) -> Mapping[str, str]:
        """List the schema files of a directory, with those below it: each path with its id.

        Raises:
            UsageError: There is no such directory, or it holds too much.
        """
        path = self.rooted(form)
        if form.revision:
            found = self._in_tree(self._find(form, path))
        else:
            start = f"{path}/" if path else ""
            found = {
                name.removeprefix(start): identity
                for name, identity in self._staged().items()
                if name.startswith(start)
            }
        if len(found) > MOST_FILES:
            raise too_many(f"git:{form.revision}:{form.path}")
        return found

    def contents(self, identities: Iterable[str], label: str) -> dict[str, bytes]:
        """Read many files at once.

        Raises:
            UsageError: They are too large together.
        """
        ids = "".join(f"{identity}\n" for identity in identities).encode()
        sizes = self._run("cat-file", "--batch-check=%(objectsize)", given=ids).split(b"\n")
        if sum(int(size) for size in sizes if size.isdigit()) > MOST_BYTES:
            raise too_many(label)
        return dict(_batch(self._run("cat-file", "--batch", given=ids)))

    def rooted(self, form: GitForm) -> str:
        """The path from the repository's root on; `` for the root itself."""
        path = form.path
        if path.partition("/")[0] in _FROM_HERE:
            path = self._prefix(form) + path
        path = posixpath.normpath(path.strip("/") or ".")
        if path.partition("/")[0] == "..":
            raise UsageError(f"{shown(form.path)} lies outside the repository")
        return "" if path == "." else path

    def _prefix(self, form: GitForm) -> str:
        try:
            return os.fsdecode(self._run("rev-parse", "--show-prefix")).rstrip("\n")
        except _GitError as error:
            raise self._missing(form, form.path, error) from error

    def _find(self, form: GitForm, path: str) -> str:
        """The id of what a path of a revision names."""
        spec = f"{form.revision}:{path}"
        try:
            return self._run("rev-parse", "--verify", "--end-of-options", spec).decode().strip()
        except _GitError as error:
            raise self._missing(form, path, error) from error

    def _in_tree(self, tree: str) -> dict[str, str]:
        return _entries(self._run("ls-tree", "-r", "-z", tree), identity_at=2)

    def _staged(self) -> dict[str, str]:
        """Every schema file that is staged, from the root on."""
        try:
            listed = self._run("ls-files", "-s", "-z", "--full-name", "--", ":/")
        except _GitError:  # what is wrong is told when the path is looked for
            return {}
        return _entries(listed, identity_at=1)

    def _missing(self, form: GitForm, path: str, error: "_GitError") -> FlowODMError:
        """Say what is not there: the repository, the revision, or the file."""
        try:
            self._run("rev-parse", "--git-dir")
        except _GitError as refusal:
            hint = None if "not a git" in refusal.reason else f"git: {refusal.reason}"
            return UsageError(f"`{self._directory}` is in no git repository", hint=hint)
        if form.revision == "HEAD" and not self._has("HEAD"):
            return NotInRevision(f"`{self._directory}` is in a repository without a commit")
        if form.revision and not self._has(f"{form.revision}^{{tree}}"):
            return UsageError(
                f"git knows no revision {shown(form.revision)}",
                hint="a branch, a tag or a commit; a shallow clone has few: git fetch --unshallow",
            )
        where = f"in {shown(form.revision)}" if form.revision else "staged"
        near = similar(path, self._every_name(form))
        return NotInRevision(
            f"there is no {shown(path)} {where}",
            hint=(
                f"did you mean `git:{form.revision}:{near}`?"
                if near
                else "paths count from the root of the repository; `./…` counts from here"
            ),
        )

    def _has(self, spec: str) -> bool:
        try:
            self._run("rev-parse", "--verify", "--quiet", "--end-of-options", spec)
        except _GitError:
            return False
        return True

    def _every_name(self, form: GitForm) -> list[str]:
        try:
            return sorted(self.listed(GitForm(form.revision, "")))
        except FlowODMError:
            return []

    def _run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Run git and return what it says."""
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and no argument that was not checked
                ["git", *_HARMLESS, *arguments],  # noqa: S607 - the user's own git
                cwd=self._directory,
                env=os.environ | _QUIET,
                input=given,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise UsageError(
                "there is no `git` on this machine", hint="a source `git:…` needs it"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise FlowODMError(f"git did not answer within {_SECONDS:.0f} s") from error
        if done.returncode:
            raise _GitError(done.stderr.decode("utf-8", "replace"))
        return done.stdout


class _GitError(FlowODMError):
    """git said no."""

    def __init__(self, said: str) -> None:
        self.reason = said.strip().partition("\n")[0].removeprefix("fatal: ")[:200]
        super().__init__(f"git: {self.reason}")


class GitFolder:
    """The schema files of a directory of a commit: a `Shelf`.

    Args:
        repository: Where it is.
        form: Which one.
    """

    def __init__(self, repository: Repository, form: GitForm) -> None:
        self._repository = repository
        self._form = form
        self._identities: Mapping[str, str] | None = None
        self._contents: dict[str, bytes] = {}

    def names(self) -> tuple[str, ...]:
        """List them."""
        if self._identities is None:
            self._identities = self._repository.listed(self._form)
        return tuple(sorted(self._identities))

    def read(self, name: str) -> bytes:
        """Read one of them; the first time, all."""
        self.names()
        assert self._identities is not None
        if not self._contents:
            found = self._identities.values()
            self._contents = self._repository.contents(found, self.label(""))
        data = self._contents[self._identities[name]]
        check_size(len(data), self.label(name))
        return data

    def label(self, name: str) -> str:
        """Name a file as the directory was named."""
        folder = self._form.path.rstrip("/")
        return f"git:{self._form.revision}:{folder}{'/' if folder else ''}{name}"

    def path(self, name: str) -> Path | None:
        """There is none: it is a file of a commit."""
        return None


def _entries(listed: bytes, *, identity_at: int) -> dict[str, str]:
    """The regular schema files of a listing, by their paths."""
    found: dict[str, str] = {}
    for line in listed.split(b"\0"):
        words, _, name = os.fsdecode(line).partition("\t")
        if name.endswith(SUFFIX) and words.startswith(_FILE_MODES):
            found[name] = words.split()[identity_at]
    return found


def _batch(said: bytes) -> Iterable[tuple[str, bytes]]:
    """Part what `git cat-file --batch` says: a line `id type size`, the bytes, a line feed."""
    at = 0
    while at < len(said):
        end = said.index(b"\n", at)
        identity, _, size = said[at:end].decode().split()
        at = end + 1 + int(size)
        yield identity, said[end + 1 : at]
        at += 1
