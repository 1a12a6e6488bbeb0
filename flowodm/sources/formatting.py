"""A schema's file laid out anew, and put in the old one's place."""

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

from flowodm.avro import parse
from flowodm.avro.pretty import pretty_text
from flowodm.errors import FlowODMError, SchemaError
from flowodm.sources.loaded import LoadedSchema

__all__ = ["formatted", "replace_file"]

_COMMENT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|(//|/\*)')


def formatted(loaded: LoadedSchema) -> str:
    """Lay a schema out in lines.

    Raises:
        SchemaError: It would lose something.
    """
    if any(match[1] for match in _COMMENT.finditer(loaded.text)):
        raise SchemaError(
            f"`{loaded.label}` holds comments, which would be lost",
            hint='move them to `"doc"`, which every tool keeps',
        )
    text = pretty_text(loaded.schema)
    if parse(text, references=[each.schema for each in loaded.uses]) != loaded.schema:
        raise SchemaError(
            f"`{loaded.label}` would not mean the same",
            hint="an alias without a namespace, of a type that has one, cannot be written so",
        )
    return text


def replace_file(path: Path, text: str) -> None:
    """Write a file so that there is the old one or the new one, and nothing between.

    Raises:
        FlowODMError: It cannot be written.
    """
    target = path.resolve()
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            shutil.copymode(target, name)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise FlowODMError(f"`{path}` cannot be written: {error.strerror or error}") from error
