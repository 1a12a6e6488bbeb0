"""Draws the README's picture: what `flowodm demo` really prints on a terminal.

usage: python docs/pictures.py   (writes docs/tail.svg)
"""

import io
import os
import pty
import re
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

WIDTH = 96
PICTURE = Path(__file__).with_name("tail.svg")


def main() -> None:
    printed = on_terminal([sys.executable, "-m", "flowodm", "demo", "--records", "20"])
    records = printed[printed.index("flowodm tail") :].split("\n", 1)[1].split("\n\n")
    wanted = ("Address(", "Payment(", "✗ not", "tombstone", "Reading(")
    chosen = [next(block for block in records if word in block) for word in wanted]
    PICTURE.write_text(draw("$ flowodm tail user-events payments readings\n" + "\n\n".join(chosen)))


def on_terminal(command: list[str]) -> str:
    """What a command prints on a terminal; the status line, which is redrawn, left out."""
    taken = bytearray()

    def take(descriptor: int) -> bytes:
        data = os.read(descriptor, 65536)
        taken.extend(data)
        return data

    os.environ |= {"TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LINES": "60"}
    if os.waitstatus_to_exitcode(pty.spawn(command, take)):
        raise SystemExit("the demo failed")
    text = taken.decode().replace("\r\n", "\n")
    return re.sub(r"\r[^\r\n]*\x1b\[K", "", text)


def draw(ansi: str) -> str:
    console = Console(width=WIDTH, record=True, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(ansi), soft_wrap=False)
    bare = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(
        title="flowodm", theme=DIMMED_MONOKAI, code_format=bare, unique_id="flowodm"
    )


if __name__ == "__main__":
    main()
