"""What named types say of themselves: names, aliases, docs, attributes, symbols, sizes."""

from collections.abc import Iterator
from typing import Final

from flowodm.avro.difference.change import ChangeKind
from flowodm.avro.difference.found import Claim, Found, Pair, Side
from flowodm.avro.difference.place import Place
from flowodm.avro.difference.subjects import MOVE_FIRST, path_words, type_subject
from flowodm.avro.matching import short_name
from flowodm.avro.names import namespace_of
from flowodm.avro.text import json_text
from flowodm.avro.types import Enum, Fixed, NamedType, Props, Record, Type
from flowodm.avro.words import listed, shown

__all__ = ["docs", "enums", "names", "plain", "props", "sizes", "type_looks"]

_RULED: Final = ("logicalType", "precision", "scale")


def names(pair: Pair, old: NamedType, new: NamedType) -> Iterator[Found]:
    """Compare names and aliases."""
    before, after = shown(old.fullname), shown(new.fullname)
    words = f"{before} is called {after}"
    if short_name(old) != short_name(new):
        yield Found(
            ChangeKind.TYPE_RENAMED,
            pair.place,
            _cut(old.fullname),
            _cut(new.fullname),
            words,
            Side(_name_claims(pair, old, new, reads_new=True), cure=_name_cure(old, new)),
            Side(_name_claims(pair, old, new, reads_new=False), cure=_name_cure(old, new)),
        )
    elif old.fullname != new.fullname:
        danger = "Java compares names without the namespace; others do not, and cannot read it"
        side = Side(danger=danger, cure=f"keep the namespace, or {_alias_cure(old, new)}")
        before, after = (_cut(namespace_of(node.fullname)) or "none" for node in (old, new))
        kind = ChangeKind.NAMESPACE_CHANGED
        yield Found(kind, pair.place, before, after, words, side, side)
    yield from _aliases(pair, old, new)


def _name_claims(
    pair: Pair, old: NamedType, new: NamedType, *, reads_new: bool
) -> tuple[Claim, ...]:
    mismatch = Claim(old, new, "NAME_MISMATCH")
    if pair.unions is None:
        return (mismatch,)
    there, here = pair.unions
    branch: Final = "MISSING_UNION_BRANCH"
    return mismatch, Claim(old, here, branch) if reads_new else Claim(there, new, branch)


def _name_cure(old: NamedType, new: NamedType) -> str:
    if old.fullname in new.aliases:
        return f"keep the name {shown(old.fullname)}, or {MOVE_FIRST}"
    return f"keep the name {shown(old.fullname)}, or {_alias_cure(old, new)} and {MOVE_FIRST}"


def _alias_cure(old: NamedType, new: NamedType) -> str:
    return f"give {shown(new.fullname)} the alias {shown(old.fullname)}"


def _aliases(pair: Pair, old: NamedType, new: NamedType) -> Iterator[Found]:
    subject = type_subject(new, pair.place)
    added = [a for a in new.aliases if a not in old.aliases and a != old.fullname]
    if added:
        words = f"{subject} has the alias {listed(added)}"
        yield Found(ChangeKind.TYPE_ALIAS_ADDED, pair.place, "", plain(added), words)
    removed = [a for a in old.aliases if a not in new.aliases and a != new.fullname]
    if removed:
        yield Found(
            ChangeKind.TYPE_ALIAS_REMOVED,
            pair.place,
            plain(removed),
            "",
            f"{subject} no longer has the alias {listed(removed)}",
            hazard=f"records written under {listed(removed)} cannot be read any more",
            hazard_cure="keep the alias as long as such records are kept",
        )


def enums(pair: Pair, old: Enum, new: Enum) -> Iterator[Found]:
    """Compare symbols and defaults."""
    place, subject = pair.place.inside("symbols"), type_subject(new, pair.place)
    known, kept = set(old.symbols), set(new.symbols)
    added = [symbol for symbol in new.symbols if symbol not in known]
    claims = (Claim(old, new, "MISSING_ENUM_SYMBOLS"),)
    if added:
        cure = f"move consumers to the new schema before {listed(added)} is written"
        if old.default is None:
            cure += ", or give the enum a `default` one version earlier"
        yield Found(
            ChangeKind.ENUM_SYMBOL_ADDED,
            place,
            "",
            plain(added),
            f"{subject} has the new symbol{_s(added)} {listed(added)}",
            forward=Side(claims, cure=cure),
        )
    removed = [symbol for symbol in old.symbols if symbol not in kept]
    if removed:
        yield _symbols_removed(place, claims, removed, new, subject)
    if not added and not removed and old.symbols != new.symbols:
        sides = plain(old.symbols), plain(new.symbols)
        words = f"the symbols of {subject} stand in another order"
        yield Found(ChangeKind.ENUM_REORDERED, place, *sides, words)
    yield from _enum_default(pair, old, new, subject)


def _symbols_removed(
    place: Place, claims: tuple[Claim, ...], removed: list[str], new: Enum, subject: str
) -> Found:
    danger, cure = "", f"keep {listed(removed)}, or give the enum a `default` symbol"
    if new.default in new.symbols:
        danger = f"{listed(removed)} would be read as {shown(new.default)}"
        cure = f"keep {listed(removed)} as long as such records are kept"
    return Found(
        ChangeKind.ENUM_SYMBOL_REMOVED,
        place,
        plain(removed),
        "",
        f"{subject} no longer has the symbol{_s(removed)} {listed(removed)}",
        Side(claims, danger, cure),
    )


def _enum_default(pair: Pair, old: Enum, new: Enum, subject: str) -> Iterator[Found]:
    if old.default == new.default:
        return
    place = pair.place.inside("default")
    before, after = _cut(old.default or ""), _cut(new.default or "")
    if old.default is None:
        words = f"{subject} reads symbols that it does not know as {shown(after)}"
        yield Found(ChangeKind.ENUM_DEFAULT_ADDED, place, before, after, words)
    elif new.default is None:
        yield Found(
            ChangeKind.ENUM_DEFAULT_REMOVED,
            place,
            before,
            after,
            f"{subject} no longer has the default symbol {shown(before)}",
            hazard="records with symbols that were removed earlier cannot be read any more",
            hazard_cure="keep the default symbol",
        )
    else:
        danger = (
            f"unknown symbols would be read as {shown(after)} where"
            f" they were read as {shown(before)}"
        )
        words = f"the default symbol of {subject} was {shown(before)} and is {shown(after)}"
        side = Side(danger=danger, cure=f"keep {shown(before)}")
        yield Found(ChangeKind.ENUM_DEFAULT_CHANGED, place, before, after, words, side)


def sizes(pair: Pair, old: Fixed, new: Fixed) -> Iterator[Found]:
    """Compare the sizes of two fixed."""
    if old.size != new.size:
        before, after = f"{old.size:,} bytes", f"{new.size:,} bytes"
        claims = (Claim(old, new, "FIXED_SIZE_MISMATCH"),)
        side = Side(claims, cure=f"keep {before}, and add a field of a new type for another size")
        words = f"{type_subject(new, pair.place)} had {before} and has {after}"
        kind = ChangeKind.FIXED_SIZE_CHANGED
        yield Found(kind, pair.place.inside("size"), before, after, words, side, side)


def docs(place: Place, old: str | None, new: str | None, subject: str) -> Iterator[Found]:
    """Compare two docs."""
    if old != new:
        words = f"the doc of {subject} {_verb(old, new)}"
        sides = _cut(old or ""), _cut(new or "")
        yield Found(ChangeKind.DOC, place.inside("doc"), *sides, words)


def props(place: Place, old: Props, new: Props, subject: str) -> Iterator[Found]:
    """Compare the attributes that no rule looks at, one by one."""
    for name in dict.fromkeys((*old, *new)):
        before = json_text(old[name]) if name in old else None
        after = json_text(new[name]) if name in new else None
        if before != after:
            words = f"the attribute {shown(name)} of {subject} {_verb(before, after)}"
            sides = _cut(before or ""), _cut(after or "")
            yield Found(ChangeKind.PROP, place.inside(name), *sides, words)


def type_looks(pair: Pair, old: Type, new: Type) -> Iterator[Found]:
    """Compare what two types of one kind say that no reader acts on."""
    if isinstance(old, NamedType) and isinstance(new, NamedType):
        subject = type_subject(new, pair.place)
        yield from docs(pair.place, old.doc, new.doc, subject)
        if isinstance(old, Record) and isinstance(new, Record) and old.is_error != new.is_error:
            before, after = _record_word(old), _record_word(new)
            words = f"{subject} was a `{before}` and is a `{after}`"
            yield Found(ChangeKind.PROP, pair.place.inside("type"), before, after, words)
    else:
        subject = f"the type of {path_words(pair.place)}"
    yield from props(pair.place, *_free_props(old, new), subject)


def _free_props(old: Type, new: Type) -> tuple[Props, Props]:
    """The attributes of both, without those that a change of the logical type tells."""
    sides: list[Props] = [getattr(old, "props", {}), getattr(new, "props", {})]
    if getattr(old, "logical", None) != getattr(new, "logical", None):
        sides = [{key: side[key] for key in side if key not in _RULED} for side in sides]
    return sides[0], sides[1]


def plain(names: list[str] | tuple[str, ...]) -> str:
    """Names one after the other, as a column shows them; of many, the first few."""
    return listed(names).replace("`", "")


def _record_word(node: Record) -> str:
    return "error" if node.is_error else "record"


def _verb(old: object, new: object) -> str:
    return "is new" if old is None else "is gone" if new is None else "has changed"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return shown(line)[1:-1]


def _s(names: list[str]) -> str:
    return "s" if len(names) > 1 else ""
