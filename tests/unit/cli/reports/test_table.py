"""A review as people see it, at several widths: reviewed by eye."""

from pathlib import Path

import pytest

from flowodm.avro import parse
from flowodm.cli.reports import Report, table
from flowodm.cli.reports.changes import failed_section, section_of_comparison, section_of_new
from flowodm.errors import SchemaParseError
from flowodm.sources import LoadedSchema, Unloadable
from flowodm.sources.comparison import compare
from tests.sample_repository import NEW, OLD
from tests.unit.cli.reports.samples import rendered
from tests.unit.cli.test_golden import check

pytestmark = pytest.mark.unit


def review() -> Report:
    pairs = (
        ("user-events-value", "user-event"),
        ("payments-value", "payment"),
        ("coupons-value", "coupon"),
        ("refunds-value", "refund"),
    )
    fault = SchemaParseError("nothing defines a type `Mony`", path="/fields/0/type", line=4)
    return Report(
        "registry diff",
        (
            failed_section("bills-value", Unloadable("schemas/bill.avsc", fault)),
            *(
                section_of_comparison(
                    subject, compare(old(subject), new(name), level="BACKWARD_TRANSITIVE")
                )
                for subject, name in pairs
            ),
            section_of_new("audit-value", new("refund")),
        ),
    )


def old(subject: str) -> LoadedSchema:
    schema = parse(OLD[subject])
    return LoadedSchema(f"{subject} v3", schema, OLD[subject], subject=subject, version=3)


def new(name: str) -> LoadedSchema:
    path = f"schemas/{name}.avsc"
    return LoadedSchema(path, parse(NEW[name]), NEW[name], Path(path))


@pytest.mark.parametrize("width", [50, 80, 120])
def test_a_review_fits_the_terminal(width: int) -> None:
    check(f"review-{width}.txt", rendered(table.write, review(), width=width))


def test_colour_marks_states_and_carries_nothing_alone() -> None:
    check("review-80-colour.txt", rendered(table.write, review(), width=80, color=True))
