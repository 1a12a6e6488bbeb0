"""Schemas as payloads: nothing of one is ever executed, neither by generating nor by importing."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import black
import pytest

from flowodm.avro import derive, parse
from flowodm.avro.blueprint import blueprint
from flowodm.avro.generation import generate_module, generate_package
from flowodm.errors import SchemaError
from tests.generated import BASE, imported

pytestmark = pytest.mark.unit

ATTACK = "__import__('builtins').FIRED.append(1)"
PAYLOADS = (
    '"',
    "'",
    '"""',
    "'''",
    f'"""\n{ATTACK}\n"""',
    f'""" + {ATTACK} + """',
    f"'''\n{ATTACK}\n'''",
    f'"\n{ATTACK}\n#',
    f"')\n{ATTACK}\n#",
    f'")]\n{ATTACK}\n#',
    f"\\\n{ATTACK}",
    "\\",
    '\\"',
    "\\\\'",
    "trailing backslash\\",
    'trailing quote"',
    '"leading quote',
    f"{{{ATTACK}}}",
    f"{{{{{ATTACK}}}}}",
    "%s %d %(x)s",
    "# -*- coding: utf-7 -*-",
    "# type: ignore\n# noqa\n# fmt: off",
    "\x00",
    "a\x00b",
    "\r\n",
    f"\r{ATTACK}\r",
    f"\x0c{ATTACK}",
    f"\x85{ATTACK}",
    f"\u2028{ATTACK}\u2029",
    "\u202e\u2066reversed\u2069",
    "\ufeffbom",
    "\ud800",
    "\udfff lone",
    "\U000e0041tag",
    "ａ＿ｆｕｌｌ ｗｉｄｔｈ",
    "\N{LATIN SMALL LETTER E WITH ACUTE}\u0301",
    "\\N{LATIN SMALL LETTER A}",
    "\\x41\\u0041\\U00000041",
    "../../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows",
    "x" * 5_000,
    ("word " * 400),
    "\n" * 200,
    " indented\n  more\n",
    "tab\tand\tspace \n end ",
    "\x1b[2J\x1b]52;c;x\x07",
)
LABELS = [f"{number}:{payload[:16]!a}" for number, payload in enumerate(PAYLOADS)]
WORDS = (
    *("class", "None", "True", "import", "lambda", "async", "match", "type", "self", "cls"),
    *("__init__", "__class__", "__import__", "__avro__", "__dict__", "__slots__", "__doc__"),
    *("model_config", "model_fields", "model_rebuild", "Settings", "Config", "eval", "exec"),
    *("BaseModel", "Field", "Annotated", "AvroName", "FlowBaseModel", "datetime", "dt", "_dt"),
    *("date", "time", "Decimal", "UUID", "list", "dict", "str", "int", "bytes", "float", "bool"),
    *("object", "super", "property", "print", "annotations", "Order", "l", "O", "I", "_", "__"),
)


@pytest.fixture(autouse=True)
def fired(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What an attack that is executed adds to."""
    import builtins

    found: list[int] = []
    monkeypatch.setattr(builtins, "FIRED", found, raising=False)
    return found


def record(name: str, *fields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def everywhere(payload: str) -> dict[str, Any]:
    """A schema that says a text in every place where one may be any."""
    return record(
        "shop.Order",
        {"name": "a", "type": "string", "default": payload, "doc": payload},
        {"name": "b", "type": "int", "aliases": [payload], payload: payload},
        {
            "name": "c",
            "type": {"type": "string", "logicalType": payload, payload or "x": [payload]},
        },
        {
            "name": "d",
            "type": {
                "type": "enum",
                "name": "E",
                "symbols": ["A"],
                "doc": payload,
                "x" + payload: {payload: payload},
            },
        },
        {
            "name": "e",
            "type": {"type": "fixed", "name": "F", "size": 1, "doc": payload, "p": payload},
        },
        {
            "name": "f",
            "type": {"type": "map", "values": "string"},
            "default": {payload: payload},
        },
        {
            "name": "g",
            "type": {"type": "array", "items": ["null", "string"]},
            "default": [None],
            "p": payload,
        },
        {
            "name": "h",
            "type": record("R", {"name": "x", "type": "string"}, doc=payload, p=payload),
            "default": {"x": payload},
        },
        doc=payload,
        aliases=[f"{payload}.Old"] if "." not in payload else [],
        p=payload,
    )


def texts_of(tree: ast.AST) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("payload", PAYLOADS, ids=LABELS)
def test_a_text_in_any_place_stays_a_text(payload: str, fired: list[int]) -> None:
    schema = parse(everywhere(payload))
    for base in (None, BASE):
        source = generate_module(schema, origins=[payload], base=base)
        assert derive(imported(source).Order) == schema
        assert payload in texts_of(ast.parse(source))
        assert black.format_str(source, mode=black.Mode(line_length=100)) == source
    assert fired == []


@pytest.mark.parametrize("payload", PAYLOADS, ids=LABELS)
def test_a_source_never_has_what_does_not_show(payload: str) -> None:
    source = generate_module(parse(everywhere(payload)), origins=[payload, payload])
    assert all(each.isprintable() or each == "\n" for each in source)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_python_may_name_anything(word: str, fired: list[int]) -> None:
    other = f"{word}_x"
    symbols = list(dict.fromkeys([word, other, "A"]))
    schema = parse(
        record(
            f"{word}.{word}",
            {"name": word, "type": "int", "default": 1},
            {"name": other, "type": {"type": "enum", "name": word + "E", "symbols": symbols}},
            {"name": f"_{word}", "type": ["null", f"{word}.{word}"], "default": None},
            {"name": f"{word}F", "type": {"type": "fixed", "name": f"{word}F", "size": 1}},
            {"name": f"{word}D", "type": {"type": "int", "logicalType": "date"}, "default": 5},
            {"name": f"{word}N", "type": {**record(word, namespace=f"x.{word}")}},
        )
    )
    for base in (None, BASE):
        module = imported(generate_module(schema, base=base))
        reserved = base.reserved | {"Settings"} if base else frozenset()
        model = getattr(module, blueprint(schema, reserved=reserved).name)
        assert derive(model) == schema
        made = model.model_validate({word: 3, other: "A", f"{word}F": b"x", f"{word}N": {}})
        assert made.model_dump(by_alias=True)[word] == 3
    assert fired == []


@pytest.mark.parametrize(
    "space", ["..", "a..b", ".a", "a.", "../x", "a/b", "a\\b", "/etc", "C:", "a b", "ä", "a\x00"]
)
def test_a_namespace_that_is_none_is_refused_before_anything_is_made(space: str) -> None:
    with pytest.raises(SchemaError):
        parse(record("Order", namespace=space))


@pytest.mark.parametrize("space", ["__init__", "__pycache__", "_models", "class", "CON", "a.A.a"])
def test_a_namespace_of_any_name_is_a_directory_below(space: str) -> None:
    files = generate_package(parse(record("Order", namespace=space)))
    for name in files:
        path = Path(name)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert all(part.strip("_") for part in path.parts)


def test_a_record_of_10_000_fields_is_a_module_that_works() -> None:
    fields = [{"name": f"f{number}", "type": "int"} for number in range(10_000)]
    schema = parse(record("Wide", *fields))
    assert derive(imported(generate_module(schema)).Wide) == schema


def test_an_enum_of_10_000_symbols_is_a_module_that_works() -> None:
    document = {"type": "enum", "name": "E", "symbols": [f"S{number}" for number in range(10_000)]}
    schema = parse(record("Holder", {"name": "e", "type": document}))
    assert derive(imported(generate_module(schema)).Holder) == schema


def nested(depth: int) -> Any:
    kind: Any = "int"
    for _ in range(depth):
        kind = {"type": "array", "items": kind}
    return kind


def records_in_records(depth: int) -> Any:
    kind: Any = "int"
    for number in range(depth):
        kind = record(f"R{number}", {"name": "x", "type": kind})
    return kind


@pytest.mark.parametrize("make", [nested, records_in_records])
@pytest.mark.parametrize("depth", [300, 5_000])
def test_a_schema_that_is_nested_too_deep_is_one_clear_error(make: Any, depth: int) -> None:
    limit = sys.getrecursionlimit()
    with pytest.raises(SchemaError, match="deep"):
        generate_module(parse(make(depth)))
    assert sys.getrecursionlimit() == limit


def test_records_as_deep_as_they_may_be_are_a_module_that_works() -> None:
    schema = parse(records_in_records(190))
    module = imported(generate_module(schema))
    assert derive(module.R189) == schema


@pytest.mark.parametrize("depth", [35, 60, 300])
def test_an_attribute_is_written_or_refused_however_deep_it_is(depth: int) -> None:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    schema = parse(record("Order", owner=value))
    if depth > 40:
        with pytest.raises(SchemaError, match="nested more than 40 deep"):
            generate_module(schema)
    else:
        assert derive(imported(generate_module(schema)).Order) == schema


def test_short_names_may_be_the_same_in_a_thousand_namespaces() -> None:
    fields = [{"name": f"f{n}", "type": record("x", namespace=f"n{n}")} for n in range(1_000)]
    for number, field in enumerate(fields):
        field["type"] = record(f"n{number}.Line", {"name": "a", "type": "int"})
    schema = parse(record("Order", *fields))
    assert derive(imported(generate_module(schema)).Order) == schema


def test_the_text_is_the_same_in_every_process() -> None:
    schemas = [everywhere("x"), record("a.O", {"name": "d", "type": record("b.O"), "z": 1, "y": 2})]
    program = (
        "import json, sys\n"
        "from flowodm.avro import parse\n"
        "from flowodm.avro.generation import generate_module, generate_package\n"
        "for each in json.loads(sys.argv[1]):\n"
        "    print(generate_module(parse(each)))\n"
        "    print(generate_package(parse(each)))\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program, json.dumps(schemas)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[4])},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(texts) == 1
    assert all(len(text) > 3_000 for text in texts)
