"""The door of the command line: `flowodm` and `python -m flowodm`.

Answers `--version` before anything is imported; all else is `cli/app.py`.
"""

import sys


def main() -> None:
    """Run the command line on this process's arguments and end the process."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        import flowodm

        sys.exit(_print_version(flowodm.__version__))
    from flowodm.cli.app import run_process

    run_process(arguments)


def _print_version(version: str) -> int:
    if sys.stdout is None:
        return _fail("standard output is closed")
    try:
        sys.stdout.write(f"flowodm {version}\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has left, as `| true` does
        _forget_output()
    except OSError as error:
        _forget_output()
        return _fail(error.strerror)
    return 0


def _fail(reason: str | None) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"error: cannot write the output: {reason}\n")
    return 1


def _forget_output() -> None:
    """Send to nowhere what Python would write again when it ends."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    main()
