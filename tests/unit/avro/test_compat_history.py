"""The seven levels over the versions of a subject."""

from typing import Any, get_args

import pytest

from flowodm.avro import CompatibilityLevel, Schema, check_history, parse
from flowodm.errors import UsageError

pytestmark = pytest.mark.unit

LEVELS = get_args(CompatibilityLevel)


def version(**fields: Any) -> Schema:
    """A record whose fields have the default given; `...` stands for none."""
    listed = [
        {"name": name, "type": "int"} | ({} if default is ... else {"default": default})
        for name, default in fields.items()
    ]
    return parse({"type": "record", "name": "R", "fields": listed})


BARE = version(a=...)
DEFAULTED = version(a=..., b=0)
REQUIRED = version(a=..., b=...)
"""`BARE` → `DEFAULTED` → `REQUIRED`: each may follow the one before, the last not the first."""


def is_compatible(level: CompatibilityLevel, new: Schema, *history: Schema) -> bool:
    return check_history(level, new, history).is_compatible


@pytest.mark.parametrize("level", LEVELS)
def test_the_first_version_is_free(level: CompatibilityLevel) -> None:
    assert is_compatible(level, REQUIRED)


def test_none_asks_for_nothing() -> None:
    assert is_compatible("NONE", REQUIRED, parse('"int"'), BARE)


def test_backward_is_the_new_schema_reading() -> None:
    assert not is_compatible("BACKWARD", REQUIRED, BARE)
    assert is_compatible("BACKWARD", BARE, REQUIRED)


def test_forward_is_the_old_schema_reading() -> None:
    assert is_compatible("FORWARD", REQUIRED, BARE)
    assert not is_compatible("FORWARD", BARE, REQUIRED)


def test_full_is_both() -> None:
    assert not is_compatible("FULL", REQUIRED, BARE)
    assert not is_compatible("FULL", BARE, REQUIRED)
    assert is_compatible("FULL", DEFAULTED, BARE)


@pytest.mark.parametrize("base", ["BACKWARD", "FULL"])
def test_plain_levels_look_at_the_latest_and_transitive_ones_at_all(base: Any) -> None:
    assert is_compatible(base, REQUIRED, BARE, DEFAULTED)
    verdict = check_history(f"{base}_TRANSITIVE", REQUIRED, [BARE, DEFAULTED])  # type: ignore[arg-type]  # made of two words
    assert (verdict.is_compatible, verdict.index) == (False, 0)


def test_forward_transitive_looks_at_all() -> None:
    assert is_compatible("FORWARD", BARE, REQUIRED, DEFAULTED)
    assert check_history("FORWARD_TRANSITIVE", BARE, [REQUIRED, DEFAULTED]).index == 0


def test_the_newest_version_that_fails_ends_it() -> None:
    text = parse('"string"')
    assert check_history("BACKWARD_TRANSITIVE", REQUIRED, [text, BARE, DEFAULTED]).index == 1


def test_the_verdict_tells_which_direction_fails() -> None:
    verdict = check_history("FULL", REQUIRED, [version(a=..., c=...)])
    assert [reason.reader for reason in verdict.forward] == ["field `c` without a default"]
    assert [reason.reader for reason in verdict.backward] == ["field `b` without a default"]
    assert verdict.incompatibilities == verdict.forward + verdict.backward


def test_a_cure_speaks_of_the_new_schema_alone() -> None:
    verdict = check_history("FULL", REQUIRED, [version(a=..., c=...)])
    assert [reason.cure for reason in verdict.incompatibilities] == [
        "keep `c`",
        "give `b` a default, or an alias if it was written under another name",
    ]


def test_the_registry_s_texts_name_new_and_old_by_direction() -> None:
    verdict = check_history("FULL", REQUIRED, [version(a=..., c=...)], exact=True)
    forward, backward = verdict.registry_texts()
    assert "The field 'c' at path '/fields/1' in the old schema has no default value" in forward
    assert "is missing in the new schema" in forward
    assert "The field 'b' at path '/fields/1' in the new schema has no default value" in backward


def test_a_level_that_does_not_exist_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="`BACKWARDS`") as error:
        check_history("BACKWARDS", BARE, [])  # type: ignore[arg-type]  # a slip
    assert error.value.hint == "did you mean `BACKWARD`?"


def test_two_hundred_versions_of_fifty_fields_are_quick() -> None:
    import time

    started = time.process_time()
    versions = [
        version(**{f"f{number}": ... for number in range(50)}, **{f"g{index % 7}": 0})
        for index in range(201)
    ]
    assert check_history("FULL_TRANSITIVE", versions[-1], versions[:-1]).is_compatible
    assert time.process_time() - started < 2
