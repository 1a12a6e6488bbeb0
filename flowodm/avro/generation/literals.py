"""Texts and bytes as Python's literals: nothing in one can end it, and nothing in it is hidden."""

import inspect

__all__ = ["bytes_literal", "docstring", "text_literal"]


def text_literal(text: str) -> str:
    """A text as a literal, in the quotes that need fewer escapes; of equal ones in double ones.

    What does not show (control and bidirectional characters, halves of pairs) is escaped.
    """
    return _quoted(repr(text + "\"'")[1:-4], text.count('"'), text.count("'"))


def bytes_literal(data: bytes) -> str:
    """Bytes as a literal, in the quotes that need fewer escapes."""
    return "b" + _quoted(repr(data + b"\"'")[2:-4], data.count(b'"'), data.count(b"'"))


def _quoted(body: str, doubles: int, singles: int) -> str:
    """Put quotes around a body in which `repr` escaped every `'` and no `"`."""
    if doubles > singles:
        return f"'{body}'"
    body = body.replace("\\'", "'").replace('"', '\\"')
    return f'"{body}"'


def docstring(doc: str) -> tuple[str, ...] | None:
    """The lines of a docstring that says a doc to the letter; None where only a literal can.

    A docstring is read with its indentation taken off, and an editor takes trailing spaces away.
    """
    lines = tuple(doc.split("\n"))
    is_plain = all(line.isprintable() and line == line.rstrip() for line in lines)
    if not is_plain or "\\" in doc or '"""' in doc or doc[:1] in ("", '"') or doc[-1] == '"':
        return None
    return lines if inspect.cleandoc(doc) == doc else None
