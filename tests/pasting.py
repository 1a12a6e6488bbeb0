"""What becomes of text that is pasted into a shell."""

import subprocess
from collections.abc import Sequence

SHELL_TEXTS = (
    "$(touch harmed)",
    "`touch harmed`",
    "'; touch harmed; '",
    '"; touch harmed; "',
    "a\ntouch harmed\n",
    "& touch harmed &",
    "> harmed",
    "!! ~ * ? [a] {a,b} #",
    "\\",
    "$'\\n'",
    "-p",
    "--help",
    "",
)
"""Names that a shell would act on, or that its commands would take for options."""


def words_of(commands: Sequence[str], directory: str) -> list[list[str]]:
    """Return what a shell hands to `flowodm`, for each command that is pasted into it."""
    script = """flowodm() { printf '%s\\0' "$#" "$@"; }\n""" + "\n".join(commands)
    done = subprocess.run(
        ["bash", "--norc"], input=script.encode(), capture_output=True, cwd=directory, check=True
    )
    assert done.stderr == b""
    left = done.stdout.decode("utf-8", "surrogatepass").split("\0")[:-1]
    found = []
    while left:
        count = int(left.pop(0))
        found.append(left[:count])
        del left[:count]
    return found
