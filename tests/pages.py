"""The documentation's pages as programs: their fenced blocks, in order, and what each prints.

A block is told apart by its language. Beside that, a comment before it may say what it is:
`<!-- file: NAME -->` (it is that file's text), `<!-- pytest -->` (it is a module of tests). The
topics that a page needs are those that it has its reader make, with `flowodm sandbox up --topic`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "SANDBOX_UP", "Block", "Page", "is_as_printed", "read_page", "topics_made"]

ROOT = Path(__file__).parents[1]
SANDBOX_UP = "$ flowodm sandbox up"

_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>file: \S+|pytest) -->\n)?"
    r"^```(?P<language>[^\n`]*)\n(?P<text>.*?)^```$\n?(?P<between>\s*)",
    re.M | re.S,
)
_TOPIC = re.compile(r" --topic ([^\s:]+)(?::(\d+))?")
_GROUP = re.compile(r"""\b(?:consumer_group|group_id|group)\s*=\s*["']([^"'{}]+)["']""")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block."""

    language: str
    text: str
    line: int
    mark: str | None
    """What the comment before it says."""
    output: str | None
    """The text block that follows it at once."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of Markdown."""

    path: Path
    blocks: tuple[Block, ...]
    topics: dict[str, int]
    """What its `sandbox up` lines make, with the number of partitions."""
    groups: frozenset[str]


def read_page(path: Path) -> Page:
    """Read a page."""
    text = path.read_text(encoding="utf-8")
    blocks = tuple(_blocks(text))
    code = "\n".join(block.text for block in blocks if block.language in ("python", "console"))
    commands = "".join(block.text for block in blocks if block.language == "console")
    topics = topics_made(commands)
    return Page(path, blocks, topics, frozenset(_GROUP.findall(code)))


def topics_made(commands: str) -> dict[str, int]:
    """Find the topics that lines of a shell make, with the number of partitions.

    Args:
        commands: Lines; what is no `flowodm sandbox up` makes none.
    """
    lines = (line for line in commands.split("\n") if line.startswith(SANDBOX_UP))
    return {name: int(count or 1) for line in lines for name, count in _TOPIC.findall(line)}


def _blocks(text: str) -> Iterator[Block]:
    found = list(_FENCE.finditer(text))
    for number, here in enumerate(found, start=1):
        after = found[number] if number < len(found) else None
        follows = after is not None and after.start() == here.end() and after["mark"] is None
        output = after["text"] if after and follows and after["language"] == "text" else None
        line = text.count("\n", 0, here.start("language")) + 1
        yield Block(here["language"], here["text"], line, here["mark"], output)


_VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d+)?"), r"2000-01-01\1 00:00:00"),
    (re.compile(r"datetime\.datetime\([\d, ]+"), "datetime.datetime(2000, 1, 1, "),
    (re.compile(r"\b(127\.0\.0\.1|localhost):\d+"), "localhost:9092"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"), "0" * 8),
)


def is_as_printed(shown: str, printed: str) -> bool:
    """Tell whether a program printed what a page shows.

    Times, addresses and random ids are alike; `…` stands for any part of a line, and a line that
    is only `…` for any lines.
    """
    for varying, same in _VARYING:
        shown, printed = varying.sub(same, shown), varying.sub(same, printed)
    lines = [line.rstrip() for line in shown.strip("\n").split("\n")]
    pattern = "\n".join(
        "@any lines@" if line == "…" else re.escape(line).replace("…", "[^\n]*") for line in lines
    )
    pattern = pattern.replace("@any lines@", "(?:[^\n]*\n)*?[^\n]*")
    text = "\n".join(line.rstrip() for line in printed.strip("\n").split("\n"))
    return re.fullmatch(pattern, text) is not None
