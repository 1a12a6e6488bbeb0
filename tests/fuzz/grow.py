"""Grow the corpus of the decoder's fuzz test, guided by coverage (`atheris`, libFuzzer).

    python -m tests.fuzz.grow --seconds 600        # go on from the stored corpus
    python -m tests.fuzz.grow --seconds 600 --new  # other schemas, and from nothing

What libFuzzer sees is two bytes that choose the pair of schemas, then the input. The generated
decoders are instrumented too, each on its own, so every schema's every path counts. An input that
the judge condemns is printed and kept in the working directory; the run ends with exit 1.
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from types import FunctionType
from typing import Any

LARGEST_CORPUS = 900_000
LONGEST_INPUT = 320


def main() -> int:
    """Fuzz in a process of its own, merge what reached something new, and store it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=300, help="how long to fuzz")
    parser.add_argument("--new", action="store_true", help="draw new pairs of schemas")
    parser.add_argument("--run", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        _run(arguments.run)  # never returns
    with tempfile.TemporaryDirectory(prefix="flowodm-fuzz-") as directory:
        return _grow(Path(directory), arguments.seconds, arguments.new)


def _grow(directory: Path, seconds: int, new: bool) -> int:
    from tests.fuzz import inputs

    if new or not inputs.CORPUS.exists():
        inputs.save(inputs.Stored(inputs.new_pairs(), ()))
    stored = inputs.load()
    full, small = directory / "full", directory / "small"
    full.mkdir()
    small.mkdir()
    _write_seeds(full, stored)
    command = _command(directory)
    options = [f"-max_len={LONGEST_INPUT}", "-print_final_stats=1", "-timeout=20"]
    found = _libfuzzer([command, *options, f"-max_total_time={seconds}", "-seed=1", full])
    if found:
        return found
    merged = _libfuzzer([command, *options, "-merge=1", small, full])
    if merged:
        return merged
    grown = [each.read_bytes() for each in small.iterdir()]
    chosen = _within(sorted(grown, key=lambda data: (len(data), data)), len(stored.pairs))
    inputs.save(inputs.Stored(stored.pairs, tuple(chosen)))
    size = inputs.CORPUS.stat().st_size
    print(f"{len(chosen)} of {len(grown)} inputs stored, {size:,} bytes")
    return 0


def _write_seeds(directory: Path, stored: Any) -> None:
    """The stored inputs, and for every pair a few values that a writer would write."""
    from tests.fuzz.inputs import example

    for number, (index, data) in enumerate(stored.inputs):
        (directory / f"stored-{number}").write_bytes(_joined(index, data))
    for index, (writer, _) in enumerate(stored.pairs):
        for number in range(4):
            data = example(Random(number), writer)
            (directory / f"value-{index}-{number}").write_bytes(_joined(index, data))


def _joined(index: int, data: bytes) -> bytes:
    return index.to_bytes(2, "big") + data[: LONGEST_INPUT - 2]


def _within(grown: list[bytes], pairs: int) -> list[tuple[int, bytes]]:
    """The shortest inputs, as many as the stored corpus may hold."""
    chosen: dict[tuple[int, bytes], None] = {}
    left = LARGEST_CORPUS
    for data in grown:
        left -= len(data) * 3 // 2
        if left > 0 and len(data) >= 2:
            chosen[int.from_bytes(data[:2], "big") % pairs, data[2:]] = None
    return list(chosen)


def _command(directory: Path) -> Path:
    """A command that is the fuzzing process: libFuzzer starts itself anew to merge."""
    command = directory / "fuzz"
    words = [sys.executable, "-m", "tests.fuzz.grow", "--run", str(command)]
    command.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    command.chmod(0o700)
    return command


def _libfuzzer(arguments: list[Any]) -> int:
    return subprocess.run(list(map(str, arguments)), check=False).returncode


def _run(arguments: list[str]) -> None:
    """Be the fuzzing process, its own command first: never returns."""
    import atheris

    with atheris.instrument_imports(include=["flowodm"]):
        from tests.fuzz import inputs
    stored = inputs.load()
    pairs = [_instrumented(inputs.Pair.of(*each), atheris) for each in stored.pairs]

    def one(data: bytes) -> None:
        if len(data) >= 2:
            index = int.from_bytes(data[:2], "big") % len(pairs)
            inputs.judge(pairs[index], data[2:])

    atheris.Setup(arguments, one)
    atheris.Fuzz()


def _instrumented(pair: Any, atheris: Any) -> Any:
    """The pair, with its generated functions counted by libFuzzer as well."""
    module = pair.decode.__globals__
    for value in module.values():
        if isinstance(value, FunctionType) and value.__globals__ is module:
            atheris.instrument_func(value)
    return pair


if __name__ == "__main__":
    sys.exit(main())
