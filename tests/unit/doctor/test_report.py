"""The order of findings, what was not tried, and what it all comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.doctor import STEPS, Finding, StepName
from flowodm.doctor.report import conclude, failed, lenient
from flowodm.errors import AuthenticationFailed, ConfigurationError, RegistryError

pytestmark = pytest.mark.unit

STEP_NAMES = st.sampled_from(list(STEPS))
UNUSED: st.SearchStrategy[set[StepName]] = st.sets(
    st.sampled_from(["tls", "sasl", "registry", "schema"])
)
STATUSES = st.sampled_from(["ok", "warning", "failure"])
FINDINGS = st.lists(
    st.builds(
        Finding,
        STEP_NAMES,
        STATUSES,
        st.just("text"),
        place=st.sampled_from([None, "a:1", "b:2"]),
        exit_code=st.sampled_from([0, 1, 4]),
    ),
    max_size=12,
)


def ok(step: StepName, place: str | None = None) -> Finding:
    return Finding(step, "ok", "fine", place=place)


def bad(step: StepName, place: str | None = None, code: int = 1) -> Finding:
    return Finding(step, "failure", "broken", "cure", place=place, exit_code=code)


def test_findings_stand_in_the_order_of_the_steps() -> None:
    found = conclude([ok("registry"), ok("tcp"), ok("config"), ok("dns")])
    shown = [one.step for one in found.findings if one.status == "ok"]
    assert shown == ["config", "dns", "tcp", "registry"]


def test_findings_of_one_step_keep_their_order() -> None:
    found = conclude([ok("dns", "b:2"), ok("dns", "a:1")])
    assert [one.place for one in found.findings if one.step == "dns"] == ["b:2", "a:1"]


def test_a_step_without_a_finding_was_not_tried() -> None:
    found = conclude([ok("config"), ok("dns"), bad("tcp")], unused=["tls", "sasl"])
    assert found.untried == ("metadata", "listeners", "authorisation", "registry", "schema")


def test_a_step_that_is_not_asked_for_is_no_failure() -> None:
    found = conclude([], unused=["tls"])
    (tls,) = [one for one in found.findings if one.step == "tls"]
    assert (tls.status, tls.text) == ("unused", "not used")


@pytest.mark.parametrize(
    ("unused", "text"),
    [(["registry", "schema"], "none is configured"), (["schema"], "no schema to read")],
    ids=["no registry", "no schema"],
)
def test_why_no_schema_was_read_is_said(unused: list[StepName], text: str) -> None:
    found = conclude([], unused)
    (schema,) = [one for one in found.findings if one.step == "schema"]
    assert schema.text == text


def test_a_failure_takes_back_what_an_earlier_look_at_the_same_said() -> None:
    found = conclude([ok("tls", "a:1"), ok("tls", "b:2"), bad("tls", "a:1")])
    shown = [(one.place, one.status) for one in found.findings if one.step == "tls"]
    assert shown == [("b:2", "ok"), ("a:1", "failure")]


def test_a_failure_beside_an_address_that_works_is_a_warning() -> None:
    findings = [bad("dns", "a:1"), ok("dns", "b:2"), ok("tcp", "b:2")]
    found = conclude(lenient(findings, "tcp"))
    assert (found.failures, found.warnings, found.exit_code) == (0, 1, 0)
    assert found.findings[1].hint == "cure"


def test_failures_of_all_addresses_stay_failures() -> None:
    findings = (bad("dns", "a:1"), ok("dns", "b:2"), bad("tcp", "b:2"))
    assert lenient(findings, "tcp") == findings


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("no"), 2),
        (AuthenticationFailed("no"), 4),
        (RegistryError("no", status=401), 4),
        (RegistryError("no", status=500), 1),
    ],
    ids=["settings", "login", "401", "500"],
)
def test_an_errors_exit_code_is_its_findings(error: Exception, code: int) -> None:
    assert failed("registry", error).exit_code == code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("codes", "worst"), [([], 0), ([0, 0], 0), ([0, 1], 1), ([4, 1], 4)], ids=str
)
def test_the_worst_finding_counts(codes: list[int], worst: int) -> None:
    findings = [bad("tcp", str(number), code) for number, code in enumerate(codes)]
    assert conclude(findings).exit_code == worst


@given(FINDINGS, UNUSED)
def test_every_step_is_told_of_in_order(findings: list[Finding], unused: set[StepName]) -> None:
    found = conclude(findings, unused)
    steps = [one.step for one in found.findings]
    assert list(dict.fromkeys(steps)) == list(STEPS)
    assert steps == sorted(steps, key=list(STEPS).index)


@given(FINDINGS)
def test_no_failure_and_no_warning_is_lost(findings: list[Finding]) -> None:
    found = conclude(findings).findings
    assert all(one in found for one in findings if one.status != "ok")


def test_a_step_needs_earlier_ones_only() -> None:
    order = list(STEPS)
    assert all(order.index(need) < order.index(step) for step in STEPS for need in STEPS[step])
