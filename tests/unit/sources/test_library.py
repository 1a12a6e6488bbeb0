"""Files of a directory that use each other's types."""

import json
from pathlib import Path

import pytest

from flowodm.errors import SchemaParseError
from flowodm.sources import LoadedSchema, Sources, Unloadable

pytestmark = pytest.mark.unit


def _record(name: str, *types: object, **more: object) -> str:
    fields = [{"name": f"f{index}", "type": each} for index, each in enumerate(types)]
    return json.dumps({"type": "record", "name": name, "fields": fields} | more)


def _write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.avsc").write_text(text)


def _all(folder: Path) -> dict[str, LoadedSchema | Unloadable]:
    return {Path(each.label).stem: each for each in Sources(folder).load_all(".")}


def _error(outcome: LoadedSchema | Unloadable) -> SchemaParseError:
    assert isinstance(outcome, Unloadable)
    assert isinstance(outcome.error, SchemaParseError)
    return outcome.error


def test_files_may_need_each_other_in_any_order(tmp_path: Path) -> None:
    _write(
        tmp_path,
        a=_record("shop.Order", "Line", "shop.Money"),
        b=_record("shop.Line", {"type": "array", "items": "shop.Money"}),
        c=_record("shop.Money", "long"),
    )
    found = _all(tmp_path)
    order = found["a"]
    assert isinstance(order, LoadedSchema)
    assert order.schema.external == {"shop.Line", "shop.Money"}
    assert [each.label for each in order.closure()] == ["c.avsc", "b.avsc"]


def test_one_file_finds_what_it_uses_beside_and_below_it(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    _write(tmp_path / "common", money=_record("shop.Money", "long"))
    _write(tmp_path, order=_record("shop.Order", "Money"))
    loaded = Sources(tmp_path).load("order.avsc")
    assert [each.label for each in loaded.uses] == ["common/money.avsc"]


def test_a_file_that_stands_alone_does_not_look_at_its_neighbours(tmp_path: Path) -> None:
    _write(tmp_path, order=_record("Order", "long"), broken="{")
    assert Sources(tmp_path).load("order.avsc").uses == ()


def test_a_shared_place_is_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "orders").mkdir()
    _write(tmp_path / "common", money=_record("shop.Money", "long"))
    _write(tmp_path / "orders", order=_record("shop.Order", "Money"))
    loaded = Sources(tmp_path, library=lambda: ["common"]).load("orders/order.avsc")
    assert [each.label for each in loaded.uses] == ["common/money.avsc"]


def test_a_shared_place_adds_nothing_to_a_directory(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "orders").mkdir()
    _write(tmp_path / "common", money=_record("shop.Money", "long"), more=_record("A", "B"))
    _write(tmp_path / "orders", order=_record("shop.Order", "Money"))
    found = Sources(tmp_path, library=lambda: ["common"]).load_all("orders")
    assert [each.label for each in found] == ["orders/order.avsc"]


def test_a_shared_place_is_not_read_in_vain(tmp_path: Path) -> None:
    _write(tmp_path, money=_record("shop.Money", "long"), order=_record("shop.Order", "Money"))
    Sources(tmp_path, library=lambda: pytest.fail("it was asked")).load("order.avsc")


def test_a_name_that_nobody_defines_is_told_with_its_place(tmp_path: Path) -> None:
    _write(tmp_path, order=_record("shop.Order", "Mony"), money=_record("shop.Money", "long"))
    error = _error(_all(tmp_path)["order"])
    assert error.path == "/fields/0/type"
    assert error.reason.startswith("`order.avsc`: ")
    assert "`Mony`" in error.reason


def test_files_in_a_circle_are_named(tmp_path: Path) -> None:
    _write(tmp_path, a=_record("A", "B"), b=_record("B", "A"), c=_record("C", "A"))
    found = _all(tmp_path)
    assert "`a.avsc` → `b.avsc` → `a.avsc`" in _error(found["a"]).reason
    assert "circle" in _error(found["b"]).reason
    assert _error(found["c"]).reason == "`c.avsc` uses a type of `a.avsc`, which gives no schema"


def test_a_file_behind_a_broken_one_says_which_to_mend_first(tmp_path: Path) -> None:
    _write(tmp_path, a=_record("A", "B"), b=_record("B", "nothing_like_it"))
    error = _error(_all(tmp_path)["a"])
    assert "`b.avsc`" in error.reason
    assert error.hint is not None
    assert "nothing_like_it" in error.hint


def test_the_file_about_a_type_wins_over_copies_of_it(tmp_path: Path) -> None:
    copy = {"type": "record", "name": "Money", "fields": []}
    _write(
        tmp_path,
        a=_record("Order", "Money"),
        b=_record("Bill", copy),
        money=_record("Money", "long"),
    )
    order = _all(tmp_path)["a"]
    assert isinstance(order, LoadedSchema)
    assert [each.label for each in order.uses] == ["money.avsc"]


def test_copies_that_differ_are_refused(tmp_path: Path) -> None:
    _write(
        tmp_path,
        a=_record("Order", "Money"),
        b=_record("Bill", json.loads(_record("Money", "long"))),
        c=_record("Cheque", json.loads(_record("Money", "int"))),
    )
    assert "`Money`" in _error(_all(tmp_path)["a"]).reason


def test_a_chain_of_a_thousand_files_is_followed(tmp_path: Path) -> None:
    for number in range(1000):
        inner = f"N{number + 1}" if number < 999 else "long"
        _write(tmp_path, **{f"n{number:04}": _record(f"N{number}", inner)})
    first = Sources(tmp_path).load("n0000.avsc")
    assert len([*first.closure()]) == 999


def test_hidden_directories_and_other_files_are_passed_over(tmp_path: Path) -> None:
    for folder in (".git", "node"):
        (tmp_path / folder).mkdir()
        _write(tmp_path / folder, x=_record("X", "long"))
    (tmp_path / "notes.json").write_text("{")
    assert [each.label for each in Sources(tmp_path).load_all(".")] == ["node/x.avsc"]
