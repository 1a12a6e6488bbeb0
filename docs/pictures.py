"""Draws the pictures: what `flowodm demo` really prints, and what `flowodm tui` really shows.

usage: python docs/pictures.py   (writes docs/tail.svg, docs/tui-topics.svg and docs/tui-records.svg)
"""

import asyncio
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

from flowodm.connection import KafkaConnection
from flowodm.sandbox import Sandbox
from flowodm.sandbox.context import context_of
from flowodm.sandbox.demo import Traffic, prepare, produce_sample
from flowodm.tui.app import InspectorApp
from flowodm.tui.sources.bundle import sources_of

WIDTH = 96
SIZE = (110, 28)
PICTURE = Path(__file__).with_name("tail.svg")


def main() -> None:
    printed = on_terminal([sys.executable, "-m", "flowodm", "demo", "--records", "20"])
    records = printed[printed.index("flowodm tail") :].split("\n", 1)[1].split("\n\n")
    wanted = ("Address(", "Payment(", "✗ not", "tombstone", "Reading(")
    chosen = [next(block for block in records if word in block) for word in wanted]
    PICTURE.write_text(draw("$ flowodm tail user-events payments readings\n" + "\n\n".join(chosen)))
    asyncio.run(inspect())


async def inspect() -> None:
    """Write the inspector's pictures, of the demo's topics."""
    with Sandbox() as sandbox, KafkaConnection(context_of(sandbox.spec, "demo")) as connection:
        ids = prepare(connection)
        produce_sample(connection, ids, 60)
        with Traffic(connection, ids):
            app = InspectorApp(sources_of(connection))
            async with app.run_test(size=SIZE) as pilot:
                await pilot.pause(9)  # rates need a few answers
                save(app, "tui-topics")
                await pilot.press("G", "enter")
                await pilot.pause(2)
                await pilot.press("k", "k", "enter")
                await pilot.pause(1)
                save(app, "tui-records")


def save(app: InspectorApp, name: str) -> None:
    """Write what is shown, without fonts from elsewhere."""
    bare = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(), flags=re.DOTALL)
    PICTURE.with_name(f"{name}.svg").write_text(re.sub(r"[ \t]+$", "", bare, flags=re.MULTILINE))


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
