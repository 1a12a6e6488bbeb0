"""Runs Apache Avro's `SchemaCompatibility`: jars from Maven, compiled by ECJ, on a Java from a wheel."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flowodm.sandbox import jars, java

__all__ = ["VERSION", "labelled"]

VERSION = "1.12.2"
_HERE = Path(__file__).parent
_TIMEOUT = 300


def labelled(pairs: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Label pairs of a reader's and a writer's schema, as texts."""
    lock = (_HERE / f"avro-{VERSION}.lock").read_text("utf-8")
    archives = jars.fetch(jars.parse_lock(lock))
    lines = [json.dumps({"reader": reader, "writer": writer}) for reader, writer in pairs]
    with TemporaryDirectory() as place:
        _compile(archives, Path(place))
        command = java.command(
            "Labels", (), classpath=(Path(place), *archives), scratch=Path(place)
        )
        answer = _run(command, "\n".join(lines))
    labels = [json.loads(line) for line in answer.split("\n") if line]
    assert len(labels) == len(pairs)
    return labels


def _compile(archives: Sequence[Path], place: Path) -> None:
    path = ":".join(map(str, archives))
    source = str(_HERE / "Labels.java")
    arguments = ("-17", "-proc:none", "-nowarn", "-d", str(place), "-classpath", path, source)
    main = "org.eclipse.jdt.internal.compiler.batch.Main"
    _run(java.command(main, arguments, classpath=archives, scratch=place), "")


def _run(command: Sequence[str], text: str) -> str:
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=_TIMEOUT,
        env=dict(java.environment()),
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"java failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
