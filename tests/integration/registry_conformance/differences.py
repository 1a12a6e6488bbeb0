"""Where other registries answer otherwise, each with what they answer and the reason.

A test that is named here must find what is said here, and not what every registry answers: a
difference that is gone is a failure, so that the list cannot go stale.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Difference:
    """What a registry answers to a test in place of what is wanted."""

    found: object
    reason: str


def _errors(reason: str, **found: tuple[str, ...]) -> dict[str, Difference]:
    """Of `test_codes.py`: by outcome (`_404_40402`), the tests that find it."""
    return {
        f"test_every_error_has_its_number[{test}]": Difference(
            outcome.strip("_").replace("_", " "), reason
        )
        for outcome, tests in found.items()
        for test in tests
    }


def _endpoints(reason: str, found: object, *tests: str) -> dict[str, Difference]:
    """Of `test_endpoints.py`."""
    return {f"test_every_endpoint_answers[{test}]": Difference(found, reason) for test in tests}


APICURIO: Final[dict[str, Difference]] = {
    **_errors(
        "where a subject has no level or mode of its own, it tells the registry's, and has"
        " nothing against deleting what is not set",
        _200=(
            "404 40401 delete a level that is not set",
            "404 40401 delete a mode that is not set",
            "404 40408 a level that is not set",
            "404 40409 a mode that is not set",
        ),
    ),
    **_errors(
        "the status is 409 Conflict; the number is Confluent's",
        _409_40405=("404 40405 delete a live subject for good",),
        _409_40406=("404 40406 delete a version softly again",),
        _409_40407=("404 40407 delete a live version for good",),
    ),
    **_errors(
        "a version that can be none is taken for one that is not there",
        _404_40402=(
            "422 42202 version zero",
            "422 42202 a version that is a word",
            "422 42202 a huge version",
            "422 42202 the text of a version that is a word",
            "422 42202 referrers of a version that is a word",
            "422 42202 delete a version that is a word",
            "422 42202 compare with a version that is a word",
        ),
        _404_40401=("422 42202 a negative version",),
    ),
    **_errors(
        "it fails on a body without a schema",
        _500_0=("422 42201 register nothing", "422 42201 register an empty text"),
    ),
    **_errors(
        "what it cannot parse is not there either",
        _404_40403=("422 42201 look up what is not Avro",),
    ),
    **_errors("it has one number for what is wrong", _422_42201=("422 42204 a mode that is none",)),
    **_errors(
        "a mode is taken and has no effect: there is no read-only and no IMPORT",
        _200=(
            "422 42205 register read-only",
            "422 42205 delete read-only",
            "422 42205 delete a version read-only",
            "422 42205 register with an id outside IMPORT",
            "422 42205 import what has schemas",
            "422 42207 import another schema under an id",
        ),
    ),
    **_errors("it has no GUIDs", _404=("404 40403 no such guid",)),
    **_endpoints(
        "it does not have this endpoint",
        "404",
        "GET /v1/metadata/id",
        "GET /v1/metadata/version",
        "GET /associations/resources/-/{s}",
        "GET /schemas/guids/{guid}",
    ),
    **_endpoints("it does not have this method", "405", "DELETE /mode"),
    **_endpoints(
        "it has no metadata, and says so without words", "204", "GET /subjects/{s}/metadata"
    ),
    **_endpoints("its root is a page for people", False, "GET /"),
    **_endpoints("it calls the default context `:.:`", False, "GET /contexts"),
    **_endpoints("it ignores the prefix", False, "GET /subjects?subjectPrefix={s}"),
    **_endpoints("it ignores `latestOnly`", 3, "GET /schemas?subjectPrefix={s}&latestOnly=true"),
    **_endpoints("it ignores `fetchMaxId`", False, "GET /schemas/ids/{id}?fetchMaxId=true"),
    **_endpoints(
        "it leaves an empty list of messages out",
        {"is_compatible": True, "messages": None},
        "POST /compatibility/subjects/{s}/versions/latest?normalize=True&verbose=True",
    ),
    **{
        f"test_{test}": Difference(
            True, "it takes what differs only in docs, aliases or an enum's default for one schema"
        )
        for test in (
            "identity_includes[doc]",
            "identity_includes[aliases]",
            "identity_includes[doc of a field]",
            "an_enums_default_is_part_of_it",
        )
    },
    "test_normalizing_forgets_the_order_of_props": Difference(
        2, "what it makes of `normalize` keeps the order of props"
    ),
    "test_what_is_deleted_softly_is_there_for_who_asks": Difference(
        (404, [], [1]), "it lists a deleted version when asked, and does not give it"
    ),
    "test_deleted_subjects_are_listed_when_asked_for": Difference(
        [False, True, True, False], "it does not know `deleted_only`, Confluent's own client's word"
    ),
    **{
        f"test_the_last_version_takes_with_it_its[{kind}]": Difference(
            "200", "where a subject has none of its own, it tells the registry's"
        )
        for kind in ("config", "mode")
    },
    "test_references_are_kept_and_block_deletion_until_they_are_gone": Difference(
        (True, "422 42206", "422 42206"), "a soft-deleted schema keeps what it references"
    ),
    **{
        f"test_the_level_decides[may be read and reads-{level}]": Difference(
            (False, 200), "without a version it compares with all of them, whatever the level"
        )
        for level in ("BACKWARD", "FULL")
    },
    "test_a_verdict_says_why_in_confluents_words": Difference(None, "its words are its own"),
    "test_a_refusal_says_why_in_confluents_words": Difference(
        "io.apicurio.registry.rules.violation.RuleViolationException: Incompatible artifact: s"
        " [AVRO], num of incompatible diffs: {1}, list of diff types: [reader type: INT not"
        " compatible with writer type: RECORD at /]",
        "its words are its own",
    ),
    "test_a_subjects_level_stands_before_the_registrys": Difference(
        ("FORWARD", None), "a subject without schemas is not found once its own level is deleted"
    ),
    "test_importing_keeps_the_id_and_the_version": Difference(
        (False, 1), "IMPORT mode has no effect: ids and versions are its own"
    ),
    "test_importing_is_not_judged": Difference("409", "IMPORT mode has no effect"),
    "test_a_read_only_registry_is_not_changed": Difference("200", "READONLY mode has no effect"),
}
"""Apicurio Registry 3.3.3 at `/apis/ccompat/v7`, by the name of the test."""
