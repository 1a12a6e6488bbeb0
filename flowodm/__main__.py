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
    try:
        sys.stdout.write(f"flowodm {version}\n")
        sys.stdout.flush()
    except (OSError, AttributeError, ValueError):  # a full disk, or no standard output at all
        return 1
    return 0


if __name__ == "__main__":
    main()
