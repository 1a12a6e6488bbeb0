"""Every answer that is no result becomes an error that says which thing, why, and where."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import (
    FlowODMError,
    RegistryError,
    RegistryUnreachable,
    SchemaCompatibilityError,
    SchemaNotFound,
    SubjectNotFound,
)
from flowodm.registry.answers import MAX_ITEMS, check_status, document_of, no_answer
from flowodm.registry.wire import Failure, Response
from tests.unit.registry.scripted import BASE, answer, refusal

pytestmark = pytest.mark.unit

SECRET = "hunter2-canary"


def check(response: Response, *, is_registration: bool = False) -> FlowODMError:
    with pytest.raises(FlowODMError) as caught:
        check_status(
            response, BASE, "subject `s`", secrets=(SECRET,), is_registration=is_registration
        )
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (40401, SubjectNotFound),
        (40402, SubjectNotFound),
        (40403, SchemaNotFound),
        (40404, RegistryError),
        (40408, RegistryError),
        (404, RegistryUnreachable),
        (None, RegistryUnreachable),
    ],
)
def test_a_404_says_what_is_missing(code: int | None, kind: type) -> None:
    error = check(answer({"error_code": code, "message": "no"}, 404))
    assert type(error) is kind
    assert isinstance(error, RegistryError)
    assert (error.status, error.code) == (404, code)
    assert BASE in error.message
    assert "subject `s`" in error.message


def test_a_404_of_another_service_is_a_wrong_url() -> None:
    error = check(answer({"detail": "Not Found"}, 404))
    assert isinstance(error, RegistryUnreachable)
    assert "is this the registry's URL?" in str(error.hint)


@pytest.mark.parametrize("status", [401, 403])
def test_what_is_not_allowed_ends_with_its_own_exit_code(status: int) -> None:
    assert check(answer({"error_code": status * 100, "message": "no"}, status)).exit_code == 4


@pytest.mark.parametrize("code", [409, 40901])
def test_a_409_is_incompatibility_whatever_number_the_body_gives(code: int) -> None:
    error = check(refusal(code, "reader lacks `x`", status=409), is_registration=True)
    assert isinstance(error, SchemaCompatibilityError)
    assert "reader lacks `x`" in error.message
    assert error.exit_code == 3


def test_a_409_elsewhere_is_an_error_of_the_registry() -> None:
    assert isinstance(check(refusal(40901, status=409)), RegistryError)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_names_the_host_without_what_may_be_secret(status: int) -> None:
    response = answer({}, status, location="https://u:pw@evil.example:99/x?token=abc")
    error = check(response)
    assert isinstance(error, RegistryUnreachable)
    assert "`https://evil.example`" in error.message
    assert "not followed" in error.message
    for secret in ("pw", "abc", "u:"):
        assert secret not in error.message


@pytest.mark.parametrize("location", ["", "/login", "//x/y", "http://[", "http://\x1b[2J/"])
def test_any_location_makes_one_printable_line(location: str) -> None:
    message = check(answer({}, 302, location=location)).message
    assert message.isprintable()


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "text/plain", ""])
def test_html_is_recognised_by_its_type_or_its_looks(status: int, kind: str) -> None:
    response = Response(status, {"content-type": kind}, b"\n <!DOCTYPE html><p>hello")
    with pytest.raises(RegistryUnreachable, match="answered HTML"):
        document_of(check_status(response, BASE, "x"), BASE)


@pytest.mark.parametrize("body", [b"", b"{", b"nope", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 9999])
def test_what_is_not_json_is_said_to_be_so(body: bytes) -> None:
    with pytest.raises(RegistryError, match="what is not JSON"):
        document_of(Response(200, {}, body), BASE)


def test_json_of_too_many_items_is_refused_before_it_is_read() -> None:
    body = b"[" + b"{}," * (MAX_ITEMS // 2) + b"1]"
    with pytest.raises(RegistryError, match="too large"):
        document_of(Response(200, {}, body), BASE)


def test_a_secret_that_is_said_back_is_not_repeated() -> None:
    message = check(refusal(42201, f"bad login admin:{SECRET}, see log")).message
    assert SECRET not in message
    assert "bad login admin:***, see log" in message


def test_a_long_reason_is_cut() -> None:
    assert len(check(refusal(42201, "x" * 100_000)).message) < 800


@given(st.binary(max_size=300), st.integers(300, 599))
def test_any_body_makes_one_printable_line(body: bytes, status: int) -> None:
    message = check(Response(status, {}, body)).message
    assert message.isprintable()
    assert len(message) < 1000


@given(st.text(), st.sampled_from([400, 404, 409, 422, 500]))
def test_any_reason_makes_one_printable_line(text: str, status: int) -> None:
    body = json.dumps({"error_code": status * 100 + 1, "message": text}).encode()
    assert check(Response(status, {}, body), is_registration=True).message.isprintable()


@pytest.mark.parametrize(
    "cause",
    sorted(
        {
            "refused",
            "unresolved",
            "unroutable",
            "tls",
            "connect-timeout",
            "answer-timeout",
            "disconnected",
            "not-http",
            "too-large",
            "encoding",
            "proxy",
        }
    ),
)
def test_every_cause_has_words_of_its_own(cause) -> None:
    inner = OSError("inside")
    error = no_answer(Failure(cause, "the detail", error=inner), BASE)
    assert f"registry `{BASE}`" in error.message
    assert "the detail" in error.message
    assert error.__cause__ is inner


def test_the_causes_differ_from_each_other() -> None:
    causes = ["refused", "unresolved", "tls", "connect-timeout", "answer-timeout", "not-http"]
    assert len({no_answer(Failure(cause), BASE).message for cause in causes}) == len(causes)
