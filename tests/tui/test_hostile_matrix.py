"""Every kind of hostile text in every sink of every screen, by the bytes that a terminal is sent.

The screens are those of `visits.py`, which holds them all (`test_golden.py` sees to that).
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.tui.hostile_walk import END
from tests.tui.hostile_worlds import KINDS, MARKUP
from tests.unit.cli.hostile import MUST_NOT_SHOW

pytestmark = pytest.mark.tui

OURS = re.compile(
    r"\x1b\[[0-9;:]*m"  # a colour
    r"|\x1b\[\d+;\d+H"  # a place
    r"|\x1b\[\?\d+\$?[hlp]|\x1b\[[<>=][0-9;]*u"  # a mode of the terminal's, and its keyboard's
    r"|\x1b\[0?[HJ]|\x1b\[c"
    r"|\x1b\]22;[a-z-]*\x07"  # the pointer's shape
    r"|\x1b\]52;c;[A-Za-z0-9+/]*={0,2}\x07"  # what is copied
)
"""What steers a terminal and is the inspector's own: no title, no link, no clearing."""


@pytest.mark.parametrize("kind", KINDS)
def test_no_hostile_text_steers_a_terminal_crashes_a_screen_or_does_anything(
    kind: str, clean_environment: dict[str, str]
):
    text = bytes_of(kind, clean_environment).decode("utf-8")  # half a pair would be no UTF-8
    assert text.rstrip().endswith(END), text[-4_000:]
    rest = OURS.sub("", text).replace("\r\n", "\n")
    steering = MUST_NOT_SHOW.intersection(rest)
    assert not steering, [rest[max(rest.index(one) - 40, 0) :][:80] for one in steering]


def test_the_kinds_have_every_character_that_must_not_be_shown_and_every_markup():
    written = "".join(KINDS.values())
    plane_14 = set(map(chr, range(0xE0000, 0xE1000)))  # of thousands that are alike, some
    surrogates = set(map(chr, range(0xD800, 0xE000)))
    reserved = set(map(chr, range(0x2060, 0x2070))) | set(map(chr, range(0xFE00, 0xFE10)))
    alike = plane_14, surrogates, reserved
    assert not MUST_NOT_SHOW.difference(written, *alike)
    assert all(group.intersection(written) for group in alike)
    assert all(text in KINDS["markup"] for text in MARKUP)


def bytes_of(kind: str, environment: dict[str, str]) -> bytes:
    """Walk on a terminal of its own; return all that it is sent."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 130, 0, 0))
    walker = subprocess.Popen(
        [sys.executable, "-m", "tests.tui.hostile_walk", kind],
        env=environment | {"TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=Path(__file__).parents[2],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        return read_all(master)
    finally:
        walker.kill()
        walker.wait(10)
        os.close(master)


def read_all(descriptor: int) -> bytes:
    taken = bytearray()
    while True:
        try:
            data = os.read(descriptor, 65_536)
        except OSError:  # the other side has closed
            return bytes(taken)
        if not data:
            return bytes(taken)
        taken += data
