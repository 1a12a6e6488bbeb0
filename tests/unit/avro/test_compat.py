"""Whether one schema reads what another wrote: places, words, bounds."""

import time
from typing import Any

import pytest

from flowodm.avro import Incompatibility, Schema, check, parse
from flowodm.avro.compatibility import engine
from flowodm.errors import SchemaError

pytestmark = pytest.mark.unit


def schema(document: Any) -> Schema:
    return parse(f'"{document}"' if isinstance(document, str) else document)


def found(reader: Any, writer: Any, *, exact: bool = False) -> tuple[Incompatibility, ...]:
    return check(schema(reader), schema(writer), exact=exact)


def the_one(reader: Any, writer: Any, *, exact: bool = False) -> Incompatibility:
    (reason,) = found(reader, writer, exact=exact)
    return reason


class Whole(dict[str, Any]):
    """A field with more than its type."""


def record(name: str, **fields: Any) -> dict[str, Any]:
    """A record; a field is a type, or `Whole`."""
    listed = [
        {"name": field, **(kind if isinstance(kind, Whole) else {"type": kind})}
        for field, kind in fields.items()
    ]
    return {"type": "record", "name": name, "fields": listed}


def enum(name: str, *symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def fixed(name: str, size: int, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, **more}


def places(reasons: tuple[Incompatibility, ...]) -> list[tuple[str, str]]:
    return [(reason.type, reason.location) for reason in reasons]


POINT = record("Point", x="long", y="long")
NARROW = record("Point", x="int", y="long")


class TestPlaces:
    def test_the_root_is_a_slash(self) -> None:
        assert the_one("int", "long").location == "/"

    def test_fields_are_counted_in_the_reader_and_branches_in_the_writer(self) -> None:
        reader = record("R", added=Whole(type="int", default=0), value=["string", "null"])
        writer = record("R", value=["null", "string", "boolean"])
        assert places(found(reader, writer)) == [("MISSING_UNION_BRANCH", "/fields/1/type/2")]

    def test_items_and_values_are_steps(self) -> None:
        reader = {"type": "array", "items": {"type": "map", "values": "int"}}
        writer = {"type": "array", "items": {"type": "map", "values": "string"}}
        assert the_one(reader, writer).location == "/items/values"

    def test_a_type_that_is_used_twice_is_reported_at_both_places(self) -> None:
        reader, writer = record("R", a=NARROW, b="Point"), record("R", a=POINT, b="Point")
        right = ["/fields/0/type/fields/0/type", "/fields/1/type/fields/0/type"]
        assert [reason.location for reason in found(reader, writer)] == right
        exact = [reason.location for reason in found(reader, writer, exact=True)]
        assert exact == [right[0], right[0]]  # as Java: where the pair was first met

    def test_a_type_first_met_inside_a_union_has_its_whole_place(self) -> None:
        reader = record("R", a=["null", NARROW], b="Point")
        writer = record("R", a=["null", POINT], b="Point")
        inside = ("MISSING_UNION_BRANCH", "/fields/0/type/1")
        right = ("TYPE_MISMATCH", "/fields/1/type/fields/0/type")
        assert places(found(reader, writer)) == [inside, right]
        cut = ("TYPE_MISMATCH", "/fields/0/type")  # as Java: counted from the branch
        assert places(found(reader, writer, exact=True)) == [inside, cut]

    def test_a_field_that_was_not_written_is_the_reason_whatever_its_type(self) -> None:
        reader = record("R", color=enum("Color", "RED", default="RED"))
        reason = the_one(reader, record("R"))
        assert (reason.type, reason.location) == (
            "READER_FIELD_MISSING_DEFAULT_VALUE",
            "/fields/0",
        )

    def test_java_takes_the_default_of_an_enum_for_that_of_the_field(self) -> None:
        reader = record("R", color=enum("Color", "RED", default="RED"))
        reason = the_one(reader, record("R"), exact=True)
        assert (reason.type, reason.location, reason.message) == (
            "TYPE_MISMATCH",
            "/fields/0/type",
            "reader type: ENUM not compatible with writer type: RECORD",
        )


class TestVerdicts:
    def test_a_name_that_differs_hides_nothing_below_it(self) -> None:
        reader, writer = record("New", x="int"), record("Old", x="long")
        assert places(found(reader, writer)) == [
            ("NAME_MISMATCH", "/name"),
            ("TYPE_MISMATCH", "/fields/0/type"),
        ]

    def test_namespaces_play_no_part(self) -> None:
        assert found(record("a.R", x="int"), record("b.c.R", x="int")) == ()

    def test_the_reader_s_alias_counts_and_the_writer_s_does_not(self) -> None:
        named, aliased = record("Old"), {**record("New"), "aliases": ["Old"]}
        assert found(aliased, named) == ()
        assert the_one(named, aliased).type == "NAME_MISMATCH"

    def test_an_alias_is_in_the_reader_s_namespace(self) -> None:
        reader = {**record("shop.New"), "aliases": ["Old"]}
        assert found(reader, record("shop.Old")) == ()
        assert the_one(reader, record("other.Old")).type == "NAME_MISMATCH"

    def test_an_error_is_a_record(self) -> None:
        assert found({**record("R", x="int"), "type": "error"}, record("R", x="int")) == ()

    def test_any_default_will_do_for_a_field_that_was_not_written(self) -> None:
        reader = {"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}]}
        assert found(reader, record("R"))
        reader["fields"][0]["default"] = None  # type: ignore[index]  # a default that does not fit
        assert check(parse(reader, validate_defaults=False), schema(record("R"))) == ()

    def test_the_default_of_a_field_rescues_no_symbol(self) -> None:
        reader = record("R", e=Whole(type=enum("E", "A"), default="A"))
        writer = record("R", e=enum("E", "A", "B"))
        assert the_one(reader, writer).type == "MISSING_ENUM_SYMBOLS"

    def test_a_written_union_without_branches_is_read_by_anything(self) -> None:
        assert found("int", []) == ()

    def test_every_branch_of_a_written_union_is_read_or_reported(self) -> None:
        assert places(found("long", ["int", "string", "long", "null"])) == [
            ("TYPE_MISMATCH", "/1"),
            ("TYPE_MISMATCH", "/3"),
        ]

    def test_logical_types_play_no_part(self) -> None:
        assert found({"type": "int", "logicalType": "date"}, "int") == ()

    def test_a_recursive_type_reads_itself(self) -> None:
        tree = record("Tree", value="int", children={"type": "array", "items": "Tree"})
        assert found(tree, tree) == ()

    def test_what_a_recursive_type_cannot_read_is_told_once(self) -> None:
        reader = record("Tree", value="int", next=["null", "Tree"])
        writer = record("Tree", value="long", next=["null", "Tree"])
        assert places(found(reader, writer)) == [("TYPE_MISMATCH", "/fields/0/type")]

    def test_references_are_followed(self) -> None:
        point, narrow = schema(POINT), schema(NARROW)
        reader = parse(record("R", at="Point"), references=[narrow])
        writer = parse(record("R", at="Point"), references=[point])
        assert [reason.location for reason in check(reader, writer)] == [
            "/fields/0/type/fields/0/type"
        ]


class TestAmbiguity:
    READER = record("R", u=["null", record("In", a=Whole(type="int", default=0, aliases=["b"]))])
    WRITER = record("R", u=["null", record("In", a="int", b="int")])

    @pytest.mark.parametrize("exact", [False, True])
    def test_a_field_that_two_written_ones_claim_is_an_incompatibility(self, exact: bool) -> None:
        reason = the_one(self.READER, self.WRITER, exact=exact)
        assert reason.type == "AMBIGUOUS_FIELD"
        assert "`a`, `b`" in reason.reader + reason.writer
        record = parse(self.WRITER["fields"][0]["type"][1]).to_json() if exact else "In"
        assert reason.registry_text() == (
            "Unexpected exception during compatibility check: Reader record field a type:INT pos:0"
            f" matches multiple fields in writer record schema {record}"
        )

    def test_its_place_is_whole(self) -> None:
        assert the_one(self.READER, self.WRITER).location == "/fields/0/type/1/fields/0"

    def test_other_reasons_are_told_too_but_not_by_java(self) -> None:
        reader = {**self.READER, "name": "New"}
        assert [reason.type for reason in found(reader, self.WRITER)] == [
            "NAME_MISMATCH",
            "AMBIGUOUS_FIELD",
        ]
        assert the_one(reader, self.WRITER, exact=True).type == "AMBIGUOUS_FIELD"


CURES = [
    ("field", record("R", f="int"), record("R"), record("R", f=Whole(type="int", default=0)),
     record("R", f="int"), "give `f` a default", "keep `f`"),
    ("record name", record("s.New"), record("s.Old"), {**record("s.New"), "aliases": ["s.Old"]},
     record("s.New"), "give `s.New` the alias `s.Old`", "keep the name `s.New`"),
    ("name without a namespace", record("s.New"), record("Old"),
     record("s.Old"), record("s.New"),
     "rename `s.New` to `s.Old`", "keep the name `s.New`"),
    ("fixed size", fixed("F", 4), fixed("F", 8), fixed("F", 8), fixed("F", 4),
     "make `F` 8 bytes", "keep 4 bytes"),
    ("symbols", enum("E", "A"), enum("E", "A", "B"), enum("E", "A", default="A"), enum("E", "A"),
     "give `E` a `default` symbol", "leave `B` out"),
    ("type", "int", "long", "long", "int", "read `long`", "keep `int`"),
    ("wider type", "string", "int", "double", "bytes",
     "read `int` (or `long`, `double`)", "keep `string`"),
    ("union of both", "string", "int", ["int", "string"], "string",
     "the union of `int` and `string`", "keep `string`"),
    ("null", "int", ["null", "int"], ["int", "null"], "int",
     "make `int` a union with `null`", "keep `int`"),
    ("branch", ["null", "int"], ["null", "string"], ["null", "int", "string"], ["null"],
     "add `string` to the union", "leave `string` out"),
    ("part of a branch", ["null", NARROW], ["null", POINT], ["null", POINT], ["null", NARROW],
     "read `long`", "keep `int`"),
]  # fmt: skip


class TestWords:
    @pytest.mark.parametrize("case", CURES, ids=lambda case: case[0])
    def test_a_cure_cures(self, case: tuple[Any, ...]) -> None:
        _, reader, writer, new_reader, new_writer, reader_cure, writer_cure = case
        reason = found(reader, writer)[0]
        assert reader_cure in reason.cure
        assert f"or in the writer, {writer_cure}" in reason.cure
        assert found(new_reader, writer) == ()
        assert found(reader, new_writer) == ()

    @pytest.mark.parametrize("case", CURES, ids=lambda case: case[0])
    def test_exact_mode_has_the_same_cures(self, case: tuple[Any, ...]) -> None:
        _, reader, writer, *_ = case
        plain, exact = found(reader, writer), found(reader, writer, exact=True)
        assert [reason.cure for reason in plain] == [reason.cure for reason in exact]
        assert [reason.java_message for reason in plain] == [reason.message for reason in exact]

    @pytest.mark.parametrize(
        ("reader", "writer", "message"),
        [
            ("int", "long", "`long` was written, and the reader wants `int`"),
            (
                record("R", f="int"),
                record("R"),
                "the reader's field `f` was not written, and has no default",
            ),
            (
                record("New"),
                record("Old"),
                "a record `Old` was written, and the reader's is `New`",
            ),
            (
                fixed("F", 4),
                fixed("F", 8),
                "8 bytes were written, and the reader's `F` has 4",
            ),
            (
                enum("E", "A"),
                enum("E", "C", "A", "B"),
                "the reader's `E` does not know `C`, `B`, and has no `default` symbol",
            ),
            (
                ["null", "int"],
                "string",
                (
                    "`string` was written, and the reader's union `null | int` has no branch that"
                    " reads it"
                ),
            ),
            (
                ["null", NARROW],
                POINT,
                (
                    "`record Point` was written, and the reader's `record Point`, a branch of its"
                    " union, does not read it: `long` was written, and the reader wants `int` (at"
                    " `/fields/0/type` in it)"
                ),
            ),
        ],
    )
    def test_a_message_says_what_was_written_and_what_is_wanted(
        self, reader: Any, writer: Any, message: str
    ) -> None:
        assert the_one(reader, writer).message == message

    def test_both_sides_are_told(self) -> None:
        reason = the_one(["null", "int"], {"type": "long", "logicalType": "timestamp-micros"})
        assert (reason.reader, reason.writer) == ("union `null | int`", "`long timestamp-micros`")

    def test_many_symbols_are_not_all_listed(self) -> None:
        writer = enum("E", *(f"S{number}" for number in range(10_000)))
        reason = the_one(enum("E", "A"), writer)
        assert "9992 more" in reason.message
        assert len(reason.message + reason.cure) < 1_000

    def test_the_registry_s_words_name_both_schemas(self) -> None:
        reason = the_one(enum("E", "A"), enum("E", "D", "A", "B"))
        assert reason.registry_text() == (
            "{errorType:'MISSING_ENUM_SYMBOLS', description:'The new schema is missing enum"
            " symbols '[B, D]' at path '/symbols' in the old schema', additionalInfo:'[B, D]'}"
        )
        assert "The old schema is missing" in reason.registry_text("old", "new")

    @pytest.mark.parametrize("case", CURES, ids=lambda case: case[0])
    def test_every_type_has_a_description(self, case: tuple[Any, ...]) -> None:
        reason = found(case[1], case[2])[0]
        text = reason.registry_text()
        assert f"'{reason.location}'" in text
        assert f"additionalInfo:'{reason.java_message}'" in text
        assert "{reader}" not in text


def flat(size: int, value: str) -> Schema:
    """Many records in one, each with the one before it."""
    numbered = (
        record(f"R{number}", v=value, **({"before": f"R{number - 1}"} if number else {}))
        for number in range(size)
    )
    return schema(record("Root", **{f"f{number}": kind for number, kind in enumerate(numbered)}))


def deep(size: int, value: str) -> Schema:
    """Records inside each other, the outermost of them the root."""
    return parse(f'"R{size - 1}"', references=[flat(size, value)])


class TestBounds:
    def test_ten_thousand_records_inside_each_other_are_compared(self) -> None:
        reader, writer = deep(10_000, "int"), deep(10_000, "long")
        assert check(reader, reader) == ()
        reasons = check(reader, writer)
        assert reasons[0].location == "/fields/0/type"
        assert sum(len(reason.location) for reason in reasons) < 20_000_000  # a few kilobytes each

    def test_a_pair_that_stands_in_very_many_places_is_told_ten_thousand_times(self) -> None:
        def doubled(value: str) -> Schema:
            kind: Any = record("D0", v=value)
            for number in range(1, 60):
                kind = record(f"D{number}", a=kind, b=f"D{number - 1}")
            return schema(kind)

        for exact in (False, True):
            reasons = check(doubled("int"), doubled("long"), exact=exact)
            assert len(reasons) == 10_000  # of 2 ** 59

    def test_a_union_of_a_thousand_records_costs_no_more_than_its_size(self) -> None:
        many = schema([record(f"R{number}", v="int", w="long") for number in range(1_000)])
        others = schema([record(f"S{number}", v="int", w="long") for number in range(1_000)])
        started = time.process_time()
        assert check(many, many) == ()
        assert len(check(many, others)) == 1_000
        assert time.process_time() - started < 5  # every pair of them takes minutes

    def test_two_schemas_that_are_too_large_together_are_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engine, "_MOST_WORK", 200_000)
        many = schema([record(f"R{number}", v="int", w="long") for number in range(200)])
        others = schema([record(f"S{number}", v="int", w="long") for number in range(200)])
        with pytest.raises(SchemaError, match="too many types to compare") as error:
            check(many, others, exact=True)
        assert error.value.hint is not None
        assert len(check(many, others)) == 200

    def test_a_record_of_five_thousand_fields_is_compared_in_no_time(self) -> None:
        wide = schema(record("R", **{f"f{number}": "int" for number in range(5_000)}))
        other = schema(record("R", **{f"f{number}": "string" for number in range(5_000)}))
        started = time.process_time()
        assert check(wide, wide) == ()
        assert len(check(wide, other)) == 5_000
        assert time.process_time() - started < 5
