"""Which fields an expression names: its tokens, and the paths in them.

A path (`value.user.country`, `headers["trace"]`, `value.items[0].price`) becomes a variable of
its own, so that the engine never sees the record around it. `has(PATH)` and `PATH == null` become
one each, true or false: the field itself may be large. Where a path ends in something else (a
method, a computed index, a macro) what stands before it is the path. Text in, values out; the
grammar itself is the engine's matter.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from flowodm.errors import UsageError

__all__ = ["MOST_NESTED", "MOST_TEXT", "Leaf", "Names", "Step", "find_names"]

MOST_TEXT: Final = 4096
"""Characters of an expression."""
MOST_NESTED: Final = 64
"""Brackets inside brackets; the engine's parser overflows its stack far beyond that."""

Step: TypeAlias = str | int
Question: TypeAlias = Literal["value", "is there", "is null", "is not null"]
ROOTS: Final = ("key", "value", "headers")
_MACROS: Final = frozenset({"all", "exists", "exists_one", "filter", "map"})

_OPENING: Final = (None, "(", "[", ",", "&&", "||", "?", ":")
_CLOSING: Final = (None, ")", "]", ",", "&&", "||", "?", ":")

_TOKEN: Final = re.compile(
    r"(?P<space>\s+|//[^\n]*)"
    r"|(?P<text>[rRbB]{0,2}(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''"
    r"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'))"
    r"|(?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:[0-9]+\.[0-9]+|\.?[0-9]+)(?:[eE][+-]?[0-9]+)?[uU]?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>&&|\|\||[=!<>]=|.)",
    re.DOTALL,
)


class _Found(NamedTuple):
    """A path among the tokens."""

    root: str
    steps: tuple[Step, ...]
    question: Question
    following: int
    """The token after it."""


class _Token(NamedTuple):
    kind: Literal["text", "number", "name", "sign"]
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A path that an expression names, and the variable that stands for it."""

    variable: str
    root: str
    steps: tuple[Step, ...] = ()
    question: Question = "value"
    """What is asked of the field: its value, or only a yes or no."""

    def __str__(self) -> str:
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.steps)
        return self.root + "".join(steps)


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression names."""

    source: str
    """The expression with a variable for each path."""
    leaves: tuple[Leaf, ...]
    bound: frozenset[str]
    """Names that macros bind: `i` in `value.items.exists(i, i > 0)`."""
    numbers: tuple[str, ...]
    """Its number literals, without their signs."""


def find_names(source: str) -> Names:
    """Find the paths of an expression.

    Args:
        source: CEL; it need not be valid.

    Raises:
        UsageError: It is too long, nested too deeply, or a macro rebinds `value`.
    """
    if len(source) > MOST_TEXT:
        raise UsageError(f"a filter of {len(source)} characters is too long: {MOST_TEXT} at most")
    tokens = tuple(_tokens(source))
    _check_nesting(tokens)
    bound = _bound_names(tokens)
    leaves: dict[tuple[str, tuple[Step, ...], Question], Leaf] = {}
    pieces, done, at = [], 0, 0
    while at < len(tokens):
        found = _test_at(tokens, at) or _comparison_at(tokens, at) or _field_at(tokens, at)
        if found is None:
            at += 1
            continue
        key = (found.root, found.steps, found.question)
        leaf = leaves.setdefault(key, Leaf(f"_{len(leaves)}", *key))
        pieces += [source[done : tokens[at].start], leaf.variable]
        done, at = tokens[found.following - 1].end, found.following
    numbers = tuple(token.text for token in tokens if token.kind == "number")
    return Names("".join([*pieces, source[done:]]), tuple(leaves.values()), bound, numbers)


def _tokens(source: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(source):
        match found.lastgroup:
            case "text" | "number" | "name" | "sign" as kind:
                yield _Token(kind, found[0], found.start(), found.end())


def _check_nesting(tokens: Sequence[_Token]) -> None:
    depth = 0
    for token in tokens:
        if token.kind == "sign":
            depth += (token.text in "([{") - (token.text in ")]}")
        if depth > MOST_NESTED:
            raise UsageError(
                f"the filter has more than {MOST_NESTED} brackets inside one another"
                f" at column {token.start + 1}"
            )


def _bound_names(tokens: Sequence[_Token]) -> frozenset[str]:
    bound = set()
    for dot, macro, bracket, name, comma in zip(
        tokens, tokens[1:], tokens[2:], tokens[3:], tokens[4:], strict=False
    ):
        signs = (dot.text, bracket.text, comma.text)
        if signs == (".", "(", ",") and macro.text in _MACROS and name.kind == "name":
            bound.add(name.text)
            if name.text in (*ROOTS, "topic", "partition", "offset", "timestamp"):
                raise UsageError(
                    f"`{macro.text}` at column {name.start + 1} gives the name `{name.text}` a"
                    " second meaning",
                    hint=f"use another name: `.{macro.text}(item, item > 0)`",
                )
    return frozenset(bound)


def _test_at(tokens: Sequence[_Token], at: int) -> _Found | None:
    """`has(PATH)`."""
    if tokens[at].text != "has" or _text_at(tokens, at + 1) != "(" or _follows_dot(tokens, at):
        return None
    found = _path_at(tokens, at + 2)
    if found is None or _text_at(tokens, found.following) != ")":
        return None
    is_field = bool(found.steps) and isinstance(found.steps[-1], str)
    return found._replace(question="is there", following=found.following + 1) if is_field else None


def _comparison_at(tokens: Sequence[_Token], at: int) -> _Found | None:
    """`PATH == null`, where no neighbour binds tighter."""
    found = _path_at(tokens, at)
    if found is None or _text_at(tokens, found.following + 1) != "null":
        return None
    sign = _text_at(tokens, found.following)
    before = tokens[at - 1].text if at else None
    after = _text_at(tokens, found.following + 2)
    if sign not in ("==", "!=") or before not in _OPENING or after not in _CLOSING:
        return None
    question: Question = "is null" if sign == "==" else "is not null"
    return found._replace(question=question, following=found.following + 2)


def _field_at(tokens: Sequence[_Token], at: int) -> _Found | None:
    """A path of at least one step."""
    found = _path_at(tokens, at)
    return found if found is not None and found.steps else None


def _path_at(tokens: Sequence[_Token], at: int) -> _Found | None:
    if at >= len(tokens) or tokens[at].kind != "name" or tokens[at].text not in ROOTS:
        return None
    if _follows_dot(tokens, at):
        return None
    steps: list[Step] = []
    following = at + 1
    while (step := _step_at(tokens, following)) is not None:
        steps.append(step[0])
        following = step[1]
    return _Found(tokens[at].text, tuple(steps), "value", following)


def _step_at(tokens: Sequence[_Token], at: int) -> tuple[Step, int] | None:
    sign, inner = _text_at(tokens, at), tokens[at + 1] if at + 1 < len(tokens) else None
    if inner is None:
        return None
    if sign == "." and inner.kind == "name" and _text_at(tokens, at + 2) != "(":
        return inner.text, at + 2
    if sign == "[" and _text_at(tokens, at + 2) == "]":
        if inner.kind == "number" and inner.text.isdigit():
            return int(inner.text), at + 3
        if inner.kind == "text" and inner.text[0] in "'\"" and "\\" not in inner.text:
            quote = 3 if inner.text[:3] in ('"""', "'''") else 1
            return inner.text[quote:-quote], at + 3
    return None


def _text_at(tokens: Sequence[_Token], at: int) -> str | None:
    return tokens[at].text if at < len(tokens) else None


def _follows_dot(tokens: Sequence[_Token], at: int) -> bool:
    return at > 0 and tokens[at - 1].text == "."
