"""Runs the Python blocks of one page in one namespace: one line of JSON in, one line out.

`python -P page_session.py`, with `{"code": …, "file": …, "line": …}` on stdin; the answer holds what
the block printed, and the last lines of a traceback if it raised.
"""

import contextlib
import io
import json
import sys
import traceback
import types


def main() -> None:
    sys.path.insert(0, "")  # a page may import the files that it shows
    page = sys.modules["__main__"] = types.ModuleType("__main__")
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        block = json.loads(line)
        print(json.dumps(run(block, page.__dict__)), file=answers, flush=True)


def run(block: dict, namespace: dict) -> dict:
    """Run a block at its place in the page, so that a traceback names it."""
    printed, error = io.StringIO(), None
    try:
        code = compile("\n" * block["line"] + block["code"], block["file"], "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, namespace)
    except Exception as problem:
        error = "".join(traceback.format_exception_only(problem))
        traceback.print_exc()
    return {"printed": printed.getvalue(), "error": error}


main()
