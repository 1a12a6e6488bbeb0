"""Every snippet of the documentation runs as it stands, page by page, and prints what it shows."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.pages import ROOT, SANDBOX_UP, Block, Page, is_as_printed, read_page, topics_made
from tests.servers import wait_until
from tests.topics import create_topics

# Pages use the same topics, so they take turns.
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("docs")]

DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))
BEGINNER = "quick-start.md"
"""Has a test of its own: a fresh environment, and the wheel."""
SHOWN_ONLY = {
    *("", "text", "json", "yaml", "toml", "avro", "dockerfile", "ini"),
    *("{toctree}", "{eval-rst}"),
}
"""Languages of blocks that are no program."""


class Session:
    """A page's interpreter and its shell."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        self._environment = dict(environment)
        self._directory = directory
        self._interpreter = subprocess.Popen(
            [sys.executable, "-P", "-W", "error", str(ROOT / "tests" / "page_session.py")],
            env=self._environment,
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, block: Block, page: str) -> str:
        """Run a block, and return what it printed; an exception's last lines at the end."""
        if block.mark is not None and block.mark.startswith("file: "):
            self._write(block.mark.removeprefix("file: "), block.text)
            return ""
        if block.mark == "pytest":
            return self._pytest(block.text)
        if block.language == "python":
            return self._python(block, page)
        return ""

    def command(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line of a shell."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            env=self._environment,
            cwd=self._directory,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def python_file(self, name: str, text: str) -> None:
        """Run a program that is no part of the page, beside the page's files."""
        self._write(name, text)
        done = self.command(f"python {name}")
        assert done.returncode == 0, done.stderr

    def until_stopped(self, program: str, *, lines: int) -> tuple[list[str], float]:
        """Run a program, and send it SIGTERM after so many lines.

        Returns:
            All lines, and the seconds until the first.
        """
        started, first = time.monotonic(), 0.0
        found: list[str] = []
        with subprocess.Popen(
            [sys.executable, program],
            env=self._environment,
            cwd=self._directory,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                first = first or time.monotonic() - started
                found.append(line)
                if len(found) == lines:
                    process.terminate()
        assert process.returncode == 0
        return found, first

    def close(self) -> None:
        """End the interpreter, and wait for it: its producers may have something to hand over."""
        with self._interpreter as process:
            assert process.stdin is not None
            process.stdin.close()
            try:
                assert process.wait(timeout=60) == 0
            finally:
                process.kill()

    def _write(self, name: str, text: str) -> None:
        path = self._directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _pytest(self, text: str) -> str:
        self._write("test_page.py", text)
        done = self.command(f"{sys.executable} -m pytest -q -W error -p no:cacheprovider")
        assert done.returncode == 0, done.stdout + done.stderr
        return ""

    def _python(self, block: Block, page: str) -> str:
        pipes = self._interpreter
        assert pipes.stdin is not None
        assert pipes.stdout is not None
        print(
            json.dumps({"code": block.text, "file": page, "line": block.line}),
            file=pipes.stdin,
            flush=True,
        )
        answer = json.loads(pipes.stdout.readline())
        if answer["error"] is not None and block.output is None:
            pytest.fail(f"{page}, line {block.line}: {answer['error']}")
        return f"{answer['printed']}{answer['error'] or ''}"


@pytest.fixture
def sandbox_up(
    request: pytest.FixtureRequest, admin: Any, registry_url: str
) -> Iterator[Callable[[str], None]]:
    """Do what a page's `flowodm sandbox up --topic …` does, on the test's own sandbox.

    Nothing else makes topics for a page. What the page left is removed afterwards.
    """
    from confluent_kafka.admin import NewTopic

    def create(line: str) -> None:
        new = [NewTopic(name, count, 1) for name, count in topics_made(line).items()]
        if new:
            create_topics(admin, *new)

    yield create
    remove(admin, registry_url, read_page(DOCS / request.getfixturevalue("name")))


@pytest.fixture
def session(
    clean_environment: dict[str, str],
    kafka: str,
    registry_url: str,
    tmp_path: Path,
    sandbox_up: Callable[[str], None],
) -> Iterator[Session]:
    """An interpreter whose environment leads to the test's servers, in an empty directory.

    It ends before `sandbox_up` removes what it used.
    """
    binaries = Path(sys.executable).parent
    directory = tmp_path / "page"
    directory.mkdir()
    found = Session(
        clean_environment
        | {
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            "KAFKA_BOOTSTRAP_SERVERS": kafka,
            "SCHEMA_REGISTRY_URL": registry_url,
        },
        directory,
    )
    yield found
    found.close()


def remove(admin: Any, registry_url: str, page: Page) -> None:
    from flowodm.config import RegistryConfig
    from flowodm.registry import SchemaRegistry

    there = set(admin.list_topics(timeout=15).topics)
    if topics := sorted(page.topics.keys() & there):
        for future in admin.delete_topics(topics, operation_timeout=15).values():
            future.result(timeout=30)
        gone = set(topics)  # or the next topic of that name may be made of the old one's log
        wait_until(lambda: gone.isdisjoint(admin.list_topics(timeout=15).topics), seconds=30)
    groups = {group.group_id for group in admin.list_consumer_groups().result(30).valid}
    if ours := sorted(page.groups & groups):
        for future in admin.delete_consumer_groups(ours).values():
            future.result(timeout=30)
    subjects = {f"{topic}-{side}" for topic in page.topics for side in ("key", "value")}
    with SchemaRegistry(RegistryConfig(url=registry_url)) as registry:
        for subject in sorted(subjects.intersection(registry.subjects())):
            registry.delete_subject(subject)
            registry.delete_subject(subject, permanent=True)


@pytest.mark.parametrize("name", [name for name in PAGES if name != BEGINNER])
def test_every_snippet_runs_and_prints_what_it_shows(
    name: str, session: Session, sandbox_up: Callable[[str], None]
) -> None:
    page = read_page(DOCS / name)
    for block in page.blocks:
        if block.text.startswith(SANDBOX_UP):
            (line,) = block.text.splitlines()
            sandbox_up(line)
            continue
        if block.language == "console":
            check_commands(session, block, name)
            continue
        printed = session.run(block, name)
        if block.output is not None and block.language == "python":
            shown = block.output
            place = f"{name}, line {block.line}"
            assert is_as_printed(shown, printed), f"{place} printed:\n{printed}\nnot:\n{shown}"


@pytest.mark.parametrize("program", ["worker.py", "async_worker.py"])
@pytest.mark.parametrize("name", ["consuming.md"])
def test_a_worker_that_is_told_to_stop_leaves_its_group_and_repeats_what_it_had(
    name: str, program: str, session: Session, sandbox_up: Callable[[str], None]
) -> None:
    page = read_page(DOCS / name)
    sandbox_up(page.blocks[0].text)
    for block in page.blocks:
        if block.mark is not None:
            session.run(block, name)
    session.python_file("fill.py", FILL)
    stopped, _ = session.until_stopped(program, lines=3)
    again, seconds = session.until_stopped(program, lines=1)
    assert len(stopped) >= 3
    assert again[0] == stopped[-1]
    assert seconds < 30, "a member that did not leave has its place for 45 s"


FILL = """
from worker import Order

Order.produce_many(Order(order_id=f"o-{n}") for n in range(100))
"""


def check_commands(session: Session, block: Block, name: str) -> None:
    """Run each line that begins with `$`; what stands under it is what it prints."""
    for entry in ("\n" + block.text).split("\n$ ")[1:]:
        command, _, shown = entry.partition("\n")
        done = session.command(command)
        place = f"{name}, line {block.line}: $ {command}"
        if shown.strip():
            printed = done.stdout + done.stderr
            assert is_as_printed(shown, printed), f"{place} printed:\n{printed}\nnot:\n{shown}"
        else:
            assert done.returncode == 0, f"{place}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("name", PAGES)
def test_every_block_is_run_or_is_no_program(name: str) -> None:
    page = read_page(DOCS / name)
    text = page.path.read_text(encoding="utf-8")
    assert len(page.blocks) * 2 == len(re.findall(r"^\s*```", text, re.M))
    runs = {"python", "console"}
    strange = [b for b in page.blocks if b.language not in runs | SHOWN_ONLY]
    assert strange == []


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_short_of_nothing_and_named_in_the_index(name: str) -> None:
    lines = (DOCS / name).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    if name != "index.md":
        index = (DOCS / "index.md").read_text(encoding="utf-8")
        assert f"\n{name.removesuffix('.md')}\n" in index


@pytest.mark.parametrize(
    ("shown", "printed", "is_same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\nb", "a\nc\n", False),
        ("a … c", "a b c", True),
        ("a … c", "a b d", False),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\n…\nd", "a\nb\nc", False),
        ("at 2026-11-23T12:00:00.5", "at 2026-11-24T13:01:02.123456", True),
        ("at localhost:9092", "at 127.0.0.1:45678", True),
        ("", "something", False),
    ],
)
def test_what_is_shown_is_compared_with_what_is_printed(
    shown: str, printed: str, is_same: bool
) -> None:
    assert is_as_printed(shown, printed) is is_same
