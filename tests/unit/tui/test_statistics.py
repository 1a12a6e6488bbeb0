"""What records have in common, counted within bounds."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from flowodm.codec.codec import Codec
from flowodm.display.sides import schema_names
from flowodm.errors import RegistryUnreachable
from flowodm.record import Decoded, DecodedRecord, Record, Undecodable
from flowodm.tui.sources.statistics import (
    FieldStatistics,
    Sizes,
    Statistics,
    Tops,
    statistics_of,
)

pytestmark = pytest.mark.unit


def record(number: int, value: bytes | None, key: bytes | None = b"k") -> Record:
    return Record("orders", number % 3, number, "create", 1_000 * number, key, value, ())


def of(*records: Record, decode: Any = None, **options: Any) -> Statistics:
    return statistics_of(records, decode or Codec(None).decode, schema_names(None), **options)


def of_values(*values: Any) -> dict[str, FieldStatistics]:
    """The fields of some values, as a decoder would give them."""

    def decode(given: Record) -> DecodedRecord:
        return DecodedRecord(given, Decoded(None, "null"), Decoded(values[given.offset], "avro", 1))

    found = of(*(record(number, b"x", None) for number in range(len(values))), decode=decode)
    return {field.path: field for field in found.fields}


def test_records_are_counted_by_partition_key_and_size():
    rows = [record(n, b"x" * n, b"hot" if n % 2 else b"k-%d" % n) for n in range(1, 101)]
    found = of(*rows, record(101, None, None))
    assert (found.records, found.measured, found.tombstones, found.without_key) == (101, 101, 1, 1)
    assert found.partitions == ((0, 33), (1, 34), (2, 34))
    assert found.sizes == Sizes(1, 50, 95, 100, 5_050)
    assert found.keys.distinct == 51
    assert found.keys.top[0] == ("hot", 50)
    assert (found.first, found.last, found.rate) == (1_000, 101_000, 1.01)


def test_no_records_are_no_statistics():
    found = of()
    assert (found.records, found.sizes, found.rate, found.fields) == (0, None, None, ())


def test_what_does_not_decode_is_counted_by_its_cause():
    rows = [record(n, b"\0\0\0\0\x2a\x06") for n in range(3)] + [record(3, b"{}")]
    found = of(*rows)
    ((cause, count),) = found.failures
    assert "schema id 42" in cause
    assert (count, found.schemas) == (3, (("json", 1),))


def test_a_registry_that_does_not_answer_is_asked_once():
    asked = []

    def decode(given: Record) -> DecodedRecord:
        asked.append(given)
        raise RegistryUnreachable("the registry does not answer")

    found = of(*(record(n, b"x", b"k-%d" % n) for n in range(50)), decode=decode)
    assert len(asked) == 1
    assert found.failures == (("the registry does not answer", 50),)
    assert found.keys.distinct == 50


def test_a_key_that_does_not_decode_is_told_too():
    def decode(given: Record) -> DecodedRecord:
        return DecodedRecord(given, Undecodable("bad byte", b"k"), Decoded({}, "json"))

    assert of(record(0, b"{}"), record(1, b"{}"), decode=decode).failures == (("key: bad byte", 1),)


def test_leaves_have_counts_of_nulls_values_and_numbers_by_their_path():
    fields = of_values(
        {"id": 1, "status": "NEW", "gift": True, "address": {"city": "Köln"}, "tags": [1, 2]},
        {"id": 3, "status": "PAID", "gift": True, "address": None, "tags": []},
        {"id": 2, "status": "NEW", "gift": False, "address": {"city": None}, "tags": [1]},
    )
    assert fields["id"].numbers == Sizes(1, 2, 2, 3)
    assert fields["status"].values == Tops(2, (("NEW", 2), ("PAID", 1)))
    assert fields["gift"].values == Tops(2, (("true", 2), ("false", 1)))
    assert (fields["address.city"].present, fields["address.city"].nulls) == (2, 1)
    assert (fields["address"].present, fields["address"].nulls) == (1, 1)
    assert (fields["tags"].numbers, fields["tags"].is_counted) == (Sizes(0, 1, 1, 2), True)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (Decimal("1.5"), Decimal("12.5")),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
        (datetime(2026, 1, 1), datetime(2026, 1, 2)),
        (date(2026, 1, 1), date(2026, 1, 2)),
        (time(1), time(2)),
    ],
)
def test_whatever_has_an_order_has_a_least_and_a_most(low: Any, high: Any):
    numbers = of_values({"at": high}, {"at": low})["at"].numbers
    assert numbers is not None
    assert (numbers.least, numbers.most) == (low, high)


def test_values_of_several_types_in_one_field_do_not_get_in_each_others_way():
    field = of_values(
        {"x": 1}, {"x": datetime(2026, 1, 1)}, {"x": time(1)}, {"x": "a"}, {"x": float("nan")}
    )["x"]
    assert field.present == 5
    assert field.numbers == Sizes(time(1), time(1), time(1), time(1))


def test_a_value_without_fields_is_one_leaf():
    fields = of_values("a", "a", 5)
    assert set(fields) == {""}
    assert fields[""].values == Tops(1, (("a", 2),))


def test_many_names_and_many_different_values_are_bounded_and_it_is_said():
    wide = {f"f{number}": number for number in range(10_000)}
    found = of(*(record(n, json.dumps(wide).encode()) for n in range(3)))
    assert len(found.fields) == 200
    assert found.left_out == 3
    field = of_values(*({"id": f"u-{number}"} for number in range(3_000)))["id"]
    assert field.values is not None
    assert (field.values.distinct, field.values.is_whole) == (1_000, False)


def test_a_deep_value_ends():
    value: Any = {"n": 1}
    for _ in range(150):
        value = {"n": value}
    (field,) = of_values(value).values()
    assert field.path.count("n") == 12


def test_what_takes_too_long_ends_with_the_newest_and_says_how_many():
    rows = [record(n, b"{}") for n in range(1_000)]
    found = of(*rows, patience=-1.0)
    assert (found.measured, found.records, found.last) == (1, 1_000, 999_000)
    assert of(*rows, is_cancelled=lambda: True).measured == 1
