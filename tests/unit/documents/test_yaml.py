"""YAML that others wrote: what a document means, and what is refused, with file and line."""

import json
import math
import string
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flowodm.documents.yaml import MAXIMUM_DEPTH, Document, parse_yaml, read_yaml
from flowodm.errors import ConfigurationError

pytestmark = pytest.mark.unit


def parse(text: str | bytes) -> Document:
    data = text if isinstance(text, bytes) else text.encode()
    return parse_yaml(data, source="f.yaml")


def refusal(text: str | bytes) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    return caught.value


def error_of(text: str | bytes) -> ConfigurationError | None:
    try:
        parse(text)
    except ConfigurationError as error:
        return error
    return None


@pytest.mark.parametrize(
    "text",
    [
        *("no", "on", "yes", "off", "y", "n", "No", "ON", "tRue", "nUll"),
        *("0123", "-0123", "+012", "00", "007.5", "1_000", "1:30", "12:30:45", "190:20:30.15"),
        *("2026-11-23", "0x", "0o8", "0b11", "1e", "e1", ".", "+", "--1", "1.2.3", ".Nan"),
        *("12abc", "0x1G", "-0x1F", "+.nan", "=", "1 2"),
    ],
)
def test_what_is_no_scalar_of_yaml_1_2_stays_text(text: str) -> None:
    assert parse(f"a: {text}").value == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *((word, None) for word in ("null", "Null", "NULL", "~", "")),
        *(("0", 0), ("-0", 0), ("+3", 3), ("123", 123), ("-19", -19), ("0o17", 15), ("0x3A", 58)),
        *(("0o00", 0), ("9" * 30, 10**30 - 1)),
        *(("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("-.5e-1", -0.05), ("1e3", 1000.0)),
        *((".inf", math.inf), ("-.INF", -math.inf), ("+.Inf", math.inf)),
    ],
)
def test_scalars_of_the_core_schema(text: str, value: object) -> None:
    found = parse(f"a: {text}").value
    assert found == {"a": value}
    assert type(found["a"]) is type(value)  # type: ignore[index]


def test_not_a_number() -> None:
    values = parse("[.nan, .NaN, .NAN]").value
    assert isinstance(values, list)
    assert all(math.isnan(value) for value in values)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["'1'", '"true"', "!!str 12", "! 12", "|-\n  12"])
def test_quoted_and_tagged_text_is_text(text: str) -> None:
    value = parse(f"a: {text}").value
    assert isinstance(value, dict)
    assert isinstance(value["a"], str)


def test_core_tags_convert_or_are_refused() -> None:
    assert parse("[!!int 12, !!float 1, !!bool true, !!null ~, !!seq [], !!map {}]").value == [
        *(12, 1.0, True, None, [], {})
    ]
    assert "no `!!int`" in refusal("a: !!int x").message


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system ['touch owned']",
        "!!python/object/new:subprocess.Popen [[touch, owned]]",
        "a: !!python/name:os.system",
        "a: !!python/module:os",
        "!!python/object/apply:os.system ['touch owned']: b",
        "a: !!binary aGk=",
        "a: !!timestamp 2001-01-01",
        "!!set {a}",
        "!!omap [a: 1]",
        "a: !local b",
        "%TAG !e! tag:yaml.org,2002:python/\n---\na: !e!name:os.system",
    ],
)
def test_a_tag_that_makes_an_object_is_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    error = refusal(text)
    assert error.message.startswith("f.yaml:")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3", 3),
        ("x:\n  a: 1\n  'a': 2", 3),
        ("{a: 1,\n a: 2}", 2),
        ("a: 1\n? !!str a\n: 2", 2),
    ],
)
def test_a_duplicate_key_is_refused_with_both_lines(text: str, line: int) -> None:
    error = refusal(text)
    assert error.message.startswith(f"f.yaml:{line}:")
    assert "key `a` is there already, in line " in error.message


@pytest.mark.parametrize(
    "text", ["1: a", "true: a", "null: a", "? [a]\n: b", "? {a: b}\n: c", "~: 1"]
)
def test_a_key_that_is_not_text_is_refused(text: str) -> None:
    assert "a key must be text" in refusal(text).message


def test_a_merge_key_is_refused_and_a_quoted_one_is_a_key() -> None:
    assert "`<<`" in refusal("a: &a {x: 1}\nb:\n  <<: *a").message
    assert parse("'<<': 1").value == {"<<": 1}


def test_an_alias_repeats_its_value() -> None:
    assert parse("a: &x [1, {b: 2}]\nc: *x").value == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x [*x]", "what it is part of"),
        ("&x a: *x", None),
        ("a: *x", "not there"),
        ("a: &x 1\nb: &x 2", "already"),
        ("a: *x\nb: &x 1", "not there"),
    ],
)
def test_aliases_go_backwards_only(text: str, reason: str | None) -> None:
    if reason is None:
        assert parse(text).value == {"a": "a"}
    else:
        assert reason in refusal(text).message


def alias_bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, levels):
        repeated = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} [{repeated}]")
    return "\n".join(lines)


def test_an_alias_bomb_is_refused_quickly() -> None:
    begun = time.process_time()
    assert "more than 100,000 keys and values" in refusal(alias_bomb(30)).message
    assert time.process_time() - begun < 5  # unfolded, it would hold 9^30 values


def test_depth_counts_through_aliases() -> None:
    inner = "[" * 40 + "]" * 40
    assert "nested deeper" in refusal(f"a: &x {inner}\nb: {'[' * 40}*x{']' * 40}").message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 1_000_000, "nested deeper"),
        ("{a: " * 200_000, "nested deeper"),
        ("- " * 500_000, "nested deeper"),
        ("? " * 500_000, "a key must be text"),
        ("- a\n" * 200_000, "more than 100,000"),
        (" " * 1_048_577, "larger than 1 MiB"),
        ("---\n" * 3, "second document"),
        ("a: 1\n---\nb: 2", "second document"),
        ("a: " + "9" * 401, "more than 400 digits"),
        ("a: 1e" + "9" * 400, "more than 400 digits"),
        (b"a: \xff", "not UTF-8"),
        (b"\xff\xfea\x00", "not UTF-8"),
        ("a: \x00", "does not allow"),
        ("a: \x1b[2J", "does not allow"),
        ("a: {", "not YAML"),
        ("a: b: c", "not YAML"),
        ("a: 'x", "not YAML"),
        ("a:\n\t- b", "not YAML"),
    ],
)
def test_hostile_and_broken_documents_are_refused(text: str | bytes, reason: str) -> None:
    begun = time.process_time()
    error = refusal(text)
    assert reason in error.message
    assert "f.yaml" in error.message
    assert len(error.message) < 300
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("depth", [1, MAXIMUM_DEPTH - 1])
def test_depth_up_to_the_cap_is_taken(depth: int) -> None:
    assert parse("[" * depth + "]" * depth).value is not None


def test_an_error_names_file_line_and_column() -> None:
    assert refusal("a: 1\nb:\n  - c: d: e").message.startswith("f.yaml:3:")


@pytest.mark.parametrize(
    "value",
    [
        *("!canary", "!!canary", "*canary", "&canary *b", "%canary", "@canary", "`canary`"),
        *("'canary", '"canary', '"canary\\q"', "|canary", ">canary", "{canary", "[canary: ]x"),
        *("canary: x: y", "!<canary> x", "!c!canary x", "\tcanary: x", "-\tcanary:\n x"),
    ],
)
def test_an_error_never_repeats_a_value(value: str) -> None:
    error = error_of(f"password: {value}")
    if error is not None:
        assert "canary" not in f"{error} {error.hint}"
        assert "canary" not in "".join(traceback.format_exception(error))


def test_a_value_is_found_by_its_place() -> None:
    document = parse("a: 1\nb:\n  - c\n  - d: 2\n    e: {f: 3}\n")
    assert document.where(("a",)) == "f.yaml:1"
    assert document.where(("b", 1, "e")) == "f.yaml:5"
    assert document.where(("b", 1, "e", "f")) == "f.yaml:5"
    assert document.where(("b", 0)) == "f.yaml:3"
    assert document.where(("b", 7, "x")) == "f.yaml:2"
    assert document.where(()) == "f.yaml:1"
    assert str(document.error(("b", 0), "wrong")) == "f.yaml:3: wrong"


def test_a_variable_is_one_word_everywhere() -> None:
    text = "a: {b: ${B}, c: ${C}:${D}, d: [$${E}, x${F}y]}\ng: ${G}\n'${H}': 1 # ${I}\n"
    assert parse(text).value == {
        "a": {"b": "${B}", "c": "${C}:${D}", "d": ["$${E}", "x${F}y"]},
        "g": "${G}",
        "${H}": 1,
    }


def test_characters_for_private_use_are_kept() -> None:
    text = "".join(chr(code) for code in range(0xE000, 0xE100))
    assert parse(f"a: {{b: {text}, c: ${{D}}}}").value == {"a": {"b": text, "c": "${D}"}}


@pytest.mark.parametrize("text", ["", "# nothing", "\n\n", "---\n", "\ufeff"])
def test_an_empty_document_is_none(text: str) -> None:
    assert parse(text).value is None


def test_a_file_is_read_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("\ufeffa: ü", encoding="utf-8")
    assert read_yaml(path).value == {"a": "ü"}
    with pytest.raises(ConfigurationError, match="cannot read `that`: No such file"):
        read_yaml(tmp_path / "missing", source="that")
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(ConfigurationError, match="larger than 1 MiB"):
        read_yaml(path)


def test_the_parser_in_python_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: {b: ${B}, c: [1, 'x', &y {z: 0123}]}\nd: *y\n"
    expected = parse(text)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert parse(text) == expected
    assert "already" in refusal("a: 1\na: 2").message
    assert "not YAML" in refusal("a: {").message
    assert "does not allow" in refusal("a: \x00").message
    assert "nested deeper" in refusal("[" * 5_000).message


_TEXT = st.text(alphabet=string.printable + "äöü€😀", max_size=20).filter(
    lambda text: "${" not in text and not set(text) & set("\x0b\x0c")
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_json_is_read_as_json(value: object) -> None:
    assert parse(json.dumps(value, ensure_ascii=False)).value == value


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document_or_an_error(data: bytes) -> None:
    error = error_of(data)
    assert error is None or error.message.startswith(("f.yaml:", "`f.yaml`"))


@given(st.text(alphabet="ab:-?[]{}&*!|>'\"#%@` \n\t,<~${}", max_size=60))
def test_any_marks_give_a_document_or_an_error(text: str) -> None:
    error = error_of(text)
    assert error is None or error.message.startswith("f.yaml:")


def test_loading_it_takes_neither_pydantic_nor_kafka() -> None:
    code = (
        "import sys, flowodm.documents.yaml\n"
        "assert not {'pydantic', 'confluent_kafka', 'typer', 'yaml'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
