"""Every kind of change: who it breaks, in which direction, and what it says."""

from typing import Any

import pytest

from flowodm.avro import ChangeKind, Safety, SchemaChange, Severity, check, diff, parse, verdict
from flowodm.avro.difference import comparison
from flowodm.avro.difference.examples import decimal_example, unit_example
from flowodm.errors import SchemaError, UsageError

pytestmark = pytest.mark.unit

S, B, D = Safety.SAFE, Safety.BREAKS, Safety.DANGEROUS


def record(*fields: Any, name: str = "shop.Order", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(kind: Any, name: str = "f", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def of(kind: Any, **more: Any) -> dict[str, Any]:
    return record(field(kind, **more))


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "shop.E", "symbols": list(symbols), **more}


def fixed(size: int, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": "shop.F", "size": size, **more}


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def logical(kind: str, name: str) -> dict[str, Any]:
    return {"type": kind, "logicalType": name}


def changes(old: Any, new: Any) -> tuple[SchemaChange, ...]:
    return diff(*(parse(f'"{each}"' if isinstance(each, str) else each) for each in (old, new)))


def only(old: Any, new: Any) -> SchemaChange:
    (change,) = changes(old, new)
    return change


INNER = record(field("int", "x"), name="shop.Inner")
RULES = [
    ("FIELD_ADDED", record(), of("int", default=1), S, S),
    ("FIELD_ADDED", record(), of("int"), B, S),
    ("FIELD_REMOVED", of("int", default=1), record(), S, S),
    ("FIELD_REMOVED", of("int"), record(), S, B),
    ("FIELD_RENAMED", of("int"), of("int", name="g", aliases=["f"]), S, B),
    (
        "FIELD_RENAMED",
        of("int", default=1),
        of("int", name="g", aliases=["f"], default=1),
        S,
        S,
    ),
    ("FIELD_RENAMED", of("int", name="g", aliases=["f"]), of("int"), B, S),
    ("FIELD_ALIAS_ADDED", of("int"), of("int", aliases=["g"]), S, S),
    ("FIELD_ALIAS_REMOVED", of("int", aliases=["g"]), of("int"), S, S),
    ("FIELD_DEFAULT_ADDED", of("int"), of("int", default=1), S, S),
    ("FIELD_DEFAULT_CHANGED", of("int", default=1), of("int", default=2), D, S),
    ("FIELD_DEFAULT_REMOVED", of("int", default=1), of("int"), S, S),
    ("TYPE_PROMOTED", of("int"), of("long"), S, B),
    ("TYPE_PROMOTED", of("float"), of("double"), S, B),
    ("TYPE_PROMOTED", of("int"), of("float"), D, B),
    ("TYPE_NARROWED", of("long"), of("int"), B, S),
    ("TYPE_NARROWED", of("double"), of("long"), B, D),
    ("LONG_TO_FLOAT", of("long"), of("float"), D, B),
    ("LONG_TO_FLOAT", of("long"), of("double"), D, B),
    ("STRING_TO_BYTES", of("string"), of("bytes"), S, D),
    ("BYTES_TO_STRING", of("bytes"), of("string"), D, S),
    ("BYTES_TO_STRING", of(decimal(12, 2)), of("string"), D, D),
    ("MADE_NULLABLE", of("int"), of(["null", "int"]), S, B),
    ("MADE_NULLABLE", of(["int", "string"]), of(["int", "string", "null"]), S, B),
    ("MADE_REQUIRED", of(["null", "int"]), of("int"), B, S),
    ("UNION_BRANCH_ADDED", of(["null", "int"]), of(["null", "int", "string"]), S, B),
    ("UNION_BRANCH_ADDED", of(["null", "long"]), of(["null", "long", "int"]), S, S),
    ("UNION_BRANCH_ADDED", of(["null", "string"]), of(["null", "string", "bytes"]), S, D),
    ("UNION_BRANCH_ADDED", of("int"), of(["int", "string"]), S, B),
    ("UNION_BRANCH_REMOVED", of(["null", "int", "string"]), of(["null", "int"]), B, S),
    ("UNION_BRANCH_REMOVED", of(["null", "long", "int"]), of(["null", "long"]), S, S),
    ("UNION_BRANCH_REMOVED", of(["double", "long"]), of(["double"]), D, S),
    ("UNION_REORDERED", of(["null", "int"]), of(["int", "null"]), S, S),
    (
        "UNION_REORDERED",
        of(["null", "int"], default=None),
        of(["int", "null"], default=None),
        D,
        S,
    ),
    ("ENUM_SYMBOL_ADDED", of(enum("A")), of(enum("A", "B")), S, B),
    ("ENUM_SYMBOL_ADDED", of(enum("A", default="A")), of(enum("A", "B", default="A")), S, S),
    ("ENUM_SYMBOL_REMOVED", of(enum("A", "B")), of(enum("A")), B, S),
    ("ENUM_SYMBOL_REMOVED", of(enum("A", "B", default="A")), of(enum("A", default="A")), D, S),
    ("ENUM_REORDERED", of(enum("A", "B")), of(enum("B", "A")), S, S),
    ("ENUM_DEFAULT_ADDED", of(enum("A", "B")), of(enum("A", "B", default="A")), S, S),
    (
        "ENUM_DEFAULT_CHANGED",
        of(enum("A", "B", default="A")),
        of(enum("A", "B", default="B")),
        D,
        S,
    ),
    ("ENUM_DEFAULT_REMOVED", of(enum("A", "B", default="A")), of(enum("A", "B")), S, S),
    ("FIXED_SIZE_CHANGED", of(fixed(4)), of(fixed(8)), B, B),
    ("TYPE_CHANGED", of("int"), of("string"), B, B),
    ("TYPE_CHANGED", of("int"), of(INNER), B, B),
    ("TYPE_CHANGED", of("int"), of(["null", "string"]), B, B),
    ("TYPE_CHANGED", of(fixed(4)), of("bytes"), B, B),
    ("TYPE_CHANGED", of("int"), of(["int"]), S, S),
    ("TYPE_RENAMED", record(), record(name="shop.New"), B, B),
    ("TYPE_RENAMED", record(), record(name="shop.New", aliases=["Order"]), S, B),
    ("TYPE_ALIAS_ADDED", record(), record(aliases=["Bill"]), S, S),
    ("TYPE_ALIAS_REMOVED", record(aliases=["Bill"]), record(), S, S),
    ("NAMESPACE_CHANGED", record(), record(name="mall.Order"), D, D),
    ("NAMESPACE_CHANGED", record(name="Order"), record(), D, D),
    ("LOGICAL_TYPE_ADDED", of("int"), of(logical("int", "date")), D, D),
    ("LOGICAL_TYPE_REMOVED", of(logical("string", "uuid")), of("string"), D, D),
    (
        "LOGICAL_TYPE_CHANGED",
        of(logical("long", "timestamp-millis")),
        of(logical("long", "timestamp-micros")),
        D,
        D,
    ),
    ("TYPE_PROMOTED", of(logical("int", "date")), of(logical("long", "time-micros")), D, B),
    ("DECIMAL_SCALE_CHANGED", of(decimal(8, 2)), of(decimal(8, 4)), D, D),
    ("DECIMAL_PRECISION_UP", of(decimal(8, 2)), of(decimal(9, 2)), S, D),
    ("DECIMAL_PRECISION_DOWN", of(decimal(8, 2)), of(decimal(7, 2)), D, S),
    ("DOC", of("int", doc="a"), of("int", doc="b"), S, S),
    ("DOC", record(), record(doc="b"), S, S),
    ("ORDER", of("int"), of("int", order="ignore"), S, S),
    ("PROP", of("int"), of("int", owner="me"), S, S),
    ("PROP", of("int"), of({"type": "int", "owner": "me"}), S, S),
    ("PROP", record(), record() | {"type": "error"}, S, S),
    (
        "FIELD_ORDER",
        record(field("int", "a"), field("int", "b")),
        record(field("int", "b"), field("int", "a")),
        S,
        S,
    ),
]


@pytest.mark.parametrize(
    ("kind", "old", "new", "backward", "forward"),
    RULES,
    ids=[f"{rule[0]}-{index}" for index, rule in enumerate(RULES)],
)
def test_a_change_is_judged_in_both_directions(
    kind: str, old: Any, new: Any, backward: Safety, forward: Safety
):
    change = only(old, new)
    assert (change.kind, change.backward, change.forward) == (kind, backward, forward)
    assert (backward is B) == bool(check(parse(new), parse(old)))
    assert (forward is B) == bool(check(parse(old), parse(new)))
    is_safe = change.severity in (Severity.SAFE, Severity.NOTE)
    assert bool(change.cure) == (change.transitive_hazard or not is_safe)
    assert change.message.endswith(change.effect)
    assert "\n" not in change.message + change.cure


def test_every_kind_of_change_has_a_rule():
    assert {kind for kind, *_ in RULES} | {"FIELD_AMBIGUOUS"} == set(ChangeKind)


class TestWhatIsNoChange:
    def test_equal_schemas_have_none(self):
        assert changes(of(INNER), of(INNER)) == ()

    def test_a_type_that_is_defined_at_another_place(self):
        old = record(field(INNER, "a"), field("shop.Inner", "b", default={"x": 1}))
        new = record(field(INNER, "b", default={"x": 1}), field("shop.Inner", "a"))
        assert [change.kind for change in changes(old, new)] == ["FIELD_ORDER"]

    def test_a_schema_that_cannot_read_itself_has_none_against_itself(self):
        twice = record(field("int", "a"), field("int", "b", aliases=["a"]))
        assert check(parse(twice), parse(twice))
        assert changes(twice, twice) == ()


class TestWhereAChangeIs:
    def test_places_are_pointers_and_the_field_is_dotted(self):
        lines = {"type": "array", "items": record(field("int", "qty"), name="Line")}
        wider = {"type": "array", "items": record(field("long", "qty"), name="Line")}
        old = record(field("string", "id"), field(lines, "lines"))
        new = record(field(wider, "lines"), field("string", "id"))
        change = next(each for each in changes(old, new) if each.kind == "TYPE_PROMOTED")
        assert change.old_path == "/fields/1/type/items/fields/0/type"
        assert change.new_path == "/fields/0/type/items/fields/0/type"
        assert change.field == "lines[].qty"
        assert (change.before, change.after) == ("int", "long")

    def test_a_root_is_a_slash_and_has_no_field(self):
        change = only("int", "long")
        assert (change.old_path, change.new_path, change.field) == ("/", "/", "")

    def test_a_type_that_is_used_twice_is_told_of_at_its_definition(self):
        old = record(field(INNER, "a"), field("shop.Inner", "b"))
        new = record(field("shop.Inner", "b"), field("shop.Inner", "a"))
        new["fields"][0]["type"] = record(field("long", "x"), name="shop.Inner")
        promoted = [each for each in changes(old, new) if each.kind == "TYPE_PROMOTED"]
        assert [(each.old_path, each.new_path, each.field) for each in promoted] == [
            ("/fields/0/type/fields/0/type", "/fields/0/type/fields/0/type", "b.x")
        ]


class TestUnions:
    def test_a_change_inside_a_branch_is_told_inside_it(self):
        old = of(["null", record(field("int", "x"), name="shop.Inner")])
        new = of(["null", record(field("int", "x"), field("int", "y"), name="shop.Inner")])
        change = only(old, new)
        assert (change.kind, change.field, change.backward) == ("FIELD_ADDED", "f.y", B)
        assert change.new_path == "/fields/0/type/1/fields/1"

    def test_a_branch_is_promoted_in_its_place(self):
        change = only(of(["null", "int"]), of(["null", "long"]))
        assert (change.kind, change.backward, change.forward) == ("TYPE_PROMOTED", S, B)

    def test_a_renamed_record_is_known_by_its_fields(self):
        old = of(["null", record(field("int", "x"), name="Old")])
        new = of(["null", record(field("int", "x"), name="New", aliases=["Old"])])
        change = only(old, new)
        assert (change.kind, change.backward, change.forward) == ("TYPE_RENAMED", S, B)

    def test_a_branch_with_the_short_name_of_another_is_dangerous(self):
        old = of(["null", record(field("int", "x"), name="a.X")])
        other = record(field("int", "x"), name="b.X")
        change = only(old, of([*old["fields"][0]["type"], other]))
        assert (change.kind, change.backward, change.forward) == ("UNION_BRANCH_ADDED", D, S)
        assert "`a.X`" in change.effect

    def test_records_that_have_little_in_common_came_and_went(self):
        old = of(["null", record(field("int", "x"), name="Old")])
        new = of(["null", record(field("int", "y"), name="New")])
        kinds = [change.kind for change in changes(old, new)]
        assert kinds == ["UNION_BRANCH_ADDED", "UNION_BRANCH_REMOVED"]


def test_a_recursive_schema_ends():
    node = record(field(["null", "shop.Node"], "next"), field("int", "x"), name="shop.Node")
    wider = record(field(["null", "shop.Node"], "next"), field("long", "x"), name="shop.Node")
    assert only(node, wider).field == "x"


def test_a_field_that_takes_two_written_ones_breaks():
    old = record(field("int", "a"), field("int", "b"))
    new = record(field("int", "a"), field("int", "b", aliases=["a"]))
    change = only(old, new)
    assert (change.kind, change.backward) == ("FIELD_ALIAS_ADDED", B)
    assert change.cure == "leave `b` at most one name that was written"


def test_an_ambiguity_that_was_there_before_is_told_when_something_changed():
    old = record(field("int", "a"), field("int", "b", aliases=["a"]))
    new = record(field("int", "a"), field("int", "b", aliases=["a"]), doc="new")
    _, ambiguous = changes(old, new)
    assert (ambiguous.kind, ambiguous.backward, ambiguous.forward) == ("FIELD_AMBIGUOUS", B, B)
    assert ambiguous.message.startswith("`b`: the reader's field `b` is each of the written fields")
    assert verdict(changes(old, new), "BACKWARD") == "breaking"


class TestWhatALevelMakesOfIt:
    ADDED = only(record(), of("int"))
    REMOVED = only(of("int"), record())

    @pytest.mark.parametrize(
        ("change", "level", "severity"),
        [
            (ADDED, "BACKWARD", "breaking"),
            (ADDED, "BACKWARD_TRANSITIVE", "breaking"),
            (ADDED, "FORWARD", "safe"),
            (ADDED, "FULL", "breaking"),
            (ADDED, "NONE", "dangerous"),
            (REMOVED, "BACKWARD", "safe"),
            (REMOVED, "FORWARD_TRANSITIVE", "breaking"),
            (only(of("int", doc="a"), of("int")), "FULL_TRANSITIVE", "note"),
            (only(of(decimal(8, 2)), of(decimal(8, 4))), "NONE", "dangerous"),
        ],
        ids=lambda value: str(getattr(value, "kind", value)),
    )
    def test_a_direction_that_is_not_asked_for_does_not_count(
        self, change: SchemaChange, level: Any, severity: Severity
    ):
        assert change.severity_at(level) == severity

    def test_a_verdict_is_the_worst(self):
        assert verdict((self.ADDED, self.REMOVED)) is Severity.BREAKING
        assert verdict((self.REMOVED,), "BACKWARD") is Severity.SAFE
        assert verdict(()) is None

    def test_an_unknown_level_is_refused(self):
        with pytest.raises(UsageError, match="no compatibility level `BACKWRD`"):
            verdict((self.ADDED,), "BACKWRD")  # type: ignore[arg-type]


class TestWords:
    def test_a_scale_is_told_by_an_example(self):
        change = only(of(decimal(8, 2), name="price"), of(decimal(8, 4), name="price"))
        assert (change.before, change.after) == ("scale 2", "scale 4")
        assert change.effect == "the registry accepts this; 12.34 would be read as 0.1234"

    def test_a_unit_is_told_by_an_example(self):
        old = of(logical("long", "timestamp-millis"))
        change = only(old, of(logical("long", "timestamp-micros")))
        assert change.effect.endswith("2024-01-01 would be read as 1970-01-20")

    @pytest.mark.parametrize(
        ("written", "read", "words"),
        [
            ("timestamp-micros", "timestamp-millis", "2024-01-01 would be read as the year 55,969"),
            ("timestamp-millis", "local-timestamp-millis", ""),
            ("time-millis", "time-micros", "12:00 would be read as 43.2 s past midnight"),
            ("time-micros", "time-millis", "12:00 would be read as 12,000 hours"),
        ],
    )
    def test_units_are_told_where_they_are_of_one_family(self, written: str, read: str, words: str):
        assert unit_example(written, read) == words

    def test_a_scale_beyond_reading_is_told_by_its_places(self):
        assert decimal_example(2, 30) == "the point moves by 28 places"

    def test_a_removed_field_that_may_have_been_renamed_is_named(self):
        added, _ = changes(of("string", name="email"), of("string", name="mail"))
        assert added.cure == (
            "give `mail` a default; if it is `email` renamed, give it the alias `email`"
        )

    def test_foreign_text_stays_on_one_line(self):
        change = only(of("int", doc="a"), of("int", doc="b\n\x1b[31m" + "x" * 500))
        assert change.after.isprintable()
        assert len(change.after) < 70

    def test_a_type_change_says_how_to_do_it_in_three_steps(self):
        change = only(of("int", name="amount"), of("string", name="amount"))
        assert change.cure == (
            "add a field such as `amount_text`, fill both, and drop `amount` when readers have"
            " moved"
        )


class TestHostileSchemas:
    def test_ten_thousand_fields_that_all_changed(self):
        old = record(*(field("int", f"f{at}") for at in range(10_000)))
        new = record(*(field("long", f"g{at}", aliases=[f"f{at}"]) for at in range(10_000)))
        found = changes(old, new)
        assert len(found) == 20_000
        assert {change.kind for change in found} == {"FIELD_RENAMED", "TYPE_PROMOTED"}

    def test_records_that_refer_to_each_other_five_thousand_deep(self):
        def chain(last: str) -> list[Any]:
            kinds = [["null", f"R{at + 1}"] for at in range(4_999)] + [last]
            records = (record(field(kind), name=f"R{at}") for at, kind in enumerate(kinds))
            return [*reversed([*records])]

        change = only(chain("int"), chain("long"))
        assert change.kind == "TYPE_PROMOTED"
        assert len(change.field) < 200

    def test_arrays_inside_each_other(self):
        def nested(inner: Any) -> Any:
            for _ in range(900):
                inner = {"type": "array", "items": inner}
            return inner

        assert only(nested("int"), nested("long")).field.startswith("[][]")

    def test_wide_unions_that_have_nothing_in_common(self):
        def wide(prefix: str) -> list[Any]:
            return [record(field("int"), name=f"{prefix}{at}") for at in range(2_000)]

        assert len(changes(wide("A"), wide("B"))) == 4_000

    def test_too_many_changes_are_an_error(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(comparison, "_MOST_CHANGES", 1_000)
        old = record(*(field("int", f"f{at}") for at in range(1_001)))
        new = record(*(field("long", f"f{at}") for at in range(1_001)))
        with pytest.raises(SchemaError, match="more than 1,000 changes"):
            changes(old, new)

    def test_types_that_meet_in_every_combination_are_an_error(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(comparison, "_MOST_WORK", 10_000)

        def grid(swapped: bool) -> Any:
            rows = [record(field("int"), name=f"R{at}") for at in range(40)]
            crossed = [
                field(f"R{at if swapped else other}", f"f{at}_{other}")
                for at in range(40)
                for other in range(40)
            ]
            return record(*(field(row, f"r{at}") for at, row in enumerate(rows)), *crossed)

        with pytest.raises(SchemaError, match="too many types to compare"):
            changes(grid(False), grid(True))
