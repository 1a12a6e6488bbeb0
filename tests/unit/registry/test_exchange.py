"""Retries, failover, deadlines and credentials, decided without a socket."""

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import RegistryError, RegistryUnreachable
from flowodm.registry.exchange import Call, path
from flowodm.registry.settings import OAuth
from flowodm.registry.wire import Request
from tests.unit.registry.scripted import BASE, World, answer, failure, header, refusal

pytestmark = pytest.mark.unit

GET = Call("GET", "/subjects")
DELETE = Call("DELETE", "/subjects/a")
OAUTH = OAuth("https://idp/token", "me", "s3cret:%", scope="sr")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_status_that_says_later_is_asked_again(status: int) -> None:
    world = World([refusal(status, status=status), answer(["a"])])
    assert world.run(world.exchange.ask(GET)).status == 200
    assert len(world.requests) == 2
    assert world.pauses == [0.1]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 501])
def test_a_status_that_will_not_change_is_the_answer(status: int) -> None:
    world = World([answer({}, status)])
    assert world.run(world.exchange.ask(GET)).status == status


def test_pauses_double_and_are_jittered() -> None:
    world = World([failure("refused", reached=False)] * 3)
    with pytest.raises(RegistryUnreachable, match="refused the connection"):
        world.run(world.exchange.ask(GET))
    assert world.pauses == [0.1, 0.2]
    assert len(world.requests) == 3


def test_the_pause_a_registry_asks_for_is_kept() -> None:
    world = World([answer({}, 429, retry_after="3"), answer([])])
    world.run(world.exchange.ask(GET))
    assert world.pauses == [3.0]


def test_a_pause_until_a_date_is_kept() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=4), usegmt=True)
    world = World([answer({}, 503, retry_after=until), answer([])])
    world.run(world.exchange.ask(GET))
    assert 2 < world.pauses[0] <= 4


@pytest.mark.parametrize("asked", ["9", "3600", "99999999999999999999"])
def test_a_pause_beyond_the_deadline_ends_the_call_at_once(asked: str) -> None:
    world = World([answer({}, 429, retry_after=asked)], seconds=2)
    with pytest.raises(RegistryUnreachable, match=f"answered 429.*asks to wait {asked}") as caught:
        world.run(world.exchange.ask(GET))
    assert world.pauses == []
    assert caught.value.retry_after == float(asked[:9])


@pytest.mark.parametrize("asked", ["", "soon", "-5", "1e9", "٣", "Wed, 99 Foo"])
def test_a_senseless_pause_is_ignored(asked: str) -> None:
    world = World([answer({}, 503, retry_after=asked), answer([])])
    world.run(world.exchange.ask(GET))
    assert world.pauses == [0.1]


def test_no_attempt_begins_after_the_deadline() -> None:
    world = World([failure("answer-timeout")], seconds=10)
    with pytest.raises(RegistryUnreachable, match="did not answer in time"):
        world.run(world.exchange.ask(GET))
    assert len(world.requests) == 1


def test_attempts_share_one_deadline() -> None:
    world = World([failure("connect-timeout", reached=False)] * 3, seconds=3)
    with pytest.raises(RegistryUnreachable):
        world.run(world.exchange.ask(GET))
    assert {request.deadline for request in world.requests} == {1010.0}
    assert world.requests[0].connect_timeout == 3.0


@pytest.mark.parametrize("cause", ["tls", "unresolved", "too-large", "encoding", "not-http"])
def test_what_would_only_happen_again_is_not_tried_again(cause: str) -> None:
    world = World([failure(cause)])
    with pytest.raises(RegistryError):
        world.run(world.exchange.ask(GET))
    assert len(world.requests) == 1


@pytest.mark.parametrize("cause", ["too-large", "encoding"])
def test_an_answer_that_cannot_be_read_is_no_outage(cause: str) -> None:
    world = World([failure(cause)])
    with pytest.raises(RegistryError) as caught:
        world.run(world.exchange.ask(GET))
    assert not isinstance(caught.value, RegistryUnreachable)


def test_a_delete_whose_fate_is_unknown_is_not_repeated() -> None:
    for outcome in (failure("disconnected"), failure("answer-timeout"), refusal(50001)):
        world = World([outcome], bases=("http://a", "http://b"))
        with pytest.raises(RegistryUnreachable):
            world.run(world.exchange.ask(DELETE))
        assert world.urls == ["http://a/subjects/a"]


def test_a_delete_that_was_surely_not_done_is_repeated() -> None:
    outcomes = [failure("refused", reached=False), answer({}, 503), answer([1])]
    world = World(outcomes)
    assert world.run(world.exchange.ask(DELETE)).status == 200


def test_the_next_address_answers_when_one_does_not() -> None:
    world = World(
        [failure("refused", reached=False), answer([]), answer([])], bases=("http://a", "http://b")
    )
    world.run(world.exchange.ask(GET))
    world.run(world.exchange.ask(GET))
    assert world.urls == ["http://a/subjects", "http://b/subjects", "http://b/subjects"]
    assert world.pauses == []
    assert world.exchange.answered_by == "http://b"


def test_an_address_that_fails_for_good_is_left_out_of_later_rounds() -> None:
    outcomes = [failure("tls"), failure("refused", reached=False), answer([])]
    world = World(outcomes, bases=("http://a", "http://b"))
    world.run(world.exchange.ask(GET))
    assert world.urls == ["http://a/subjects", "http://b/subjects", "http://b/subjects"]


def test_every_address_has_its_own_time() -> None:
    world = World(
        [failure("answer-timeout"), answer([])], bases=("http://a", "http://b"), seconds=10
    )
    assert world.run(world.exchange.ask(GET)).status == 200
    assert [request.deadline for request in world.requests] == [1010.0, 1020.0]


def test_credentials_are_sent_with_every_request() -> None:
    world = World([answer([])], authorization="Basic dTpw")
    world.run(world.exchange.ask(GET))
    assert header(world.requests[0], "Authorization") == "Basic dTpw"


def test_a_request_shows_no_header_when_it_is_printed() -> None:
    world = World([answer([])], authorization="Basic dTpw")
    world.run(world.exchange.ask(GET))
    assert "dTpw" not in repr(world.requests[0])
    assert "dTpw" not in repr(world.exchange.access)


class Provider:
    """A registry and a token endpoint: tokens t1, t2, …, the first ones refused on demand."""

    def __init__(self, *, refused: set[str] = frozenset(), lifetime: object = 100) -> None:
        self.issued = 0
        self.refused = set(refused)
        self.lifetime = lifetime

    def __call__(self, request: Request):
        if request.destination == "token":
            self.issued += 1
            return answer({"access_token": f"t{self.issued}", "expires_in": self.lifetime})
        if header(request, "Authorization") in {f"Bearer {token}" for token in self.refused}:
            return answer({"error_code": 401, "message": "expired"}, 401)
        return answer([])


def test_a_token_is_fetched_once_and_sent() -> None:
    provider = Provider()
    world = World(provider, oauth=OAUTH)
    for _ in range(3):
        world.run(world.exchange.ask(GET))
    assert provider.issued == 1
    assert [header(one, "Authorization") for one in world.requests[1:]] == ["Bearer t1"] * 3


def test_client_credentials_go_to_the_token_endpoint_and_nowhere_else() -> None:
    world = World(Provider(), oauth=OAUTH)
    world.run(world.exchange.ask(GET))
    token, question = world.requests
    pair = base64.b64decode(str(header(token, "Authorization")).removeprefix("Basic "))
    assert pair == b"me:s3cret%3A%25"
    assert (token.url, token.body) == (OAUTH.token_url, b"grant_type=client_credentials&scope=sr")
    assert header(question, "Authorization") == "Bearer t1"
    assert question.url.startswith(BASE)


def test_a_token_is_renewed_before_it_ends() -> None:
    provider = Provider()
    world = World(provider, oauth=OAUTH)
    world.run(world.exchange.ask(GET))
    world.now += 79
    world.run(world.exchange.ask(GET))
    assert provider.issued == 1
    world.now += 2
    world.run(world.exchange.ask(GET))
    assert provider.issued == 2


def test_a_refused_token_is_renewed_once() -> None:
    provider = Provider(refused={"t1"})
    world = World(provider, oauth=OAUTH)
    assert world.run(world.exchange.ask(GET)).status == 200
    provider.refused = {"t2", "t3"}
    assert world.run(world.exchange.ask(GET)).status == 401
    assert provider.issued == 3


@pytest.mark.parametrize(
    "lifetime", [None, -1, "soon", 0, float("nan"), 10**400], ids=lambda life: str(life)[:9]
)
def test_a_token_without_a_sensible_life_still_works(lifetime: object) -> None:
    provider = Provider(lifetime=lifetime)
    world = World(provider, oauth=OAUTH)
    world.run(world.exchange.ask(GET))
    world.run(world.exchange.ask(GET))
    assert provider.issued in (1, 2)


def test_refused_client_credentials_are_an_authorisation_error() -> None:
    world = World(
        [answer({"error": "invalid_client s3cret:%"}, 401)], oauth=OAUTH, secrets=("s3cret:%",)
    )
    with pytest.raises(
        RegistryError, match=r"refused the client credentials.*invalid_client \*\*\*"
    ) as caught:
        world.run(world.exchange.ask(GET))
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    "document", [{}, [], "t", {"access_token": 7}, {"access_token": "a\nb"}, {"access_token": ""}]
)
def test_an_answer_without_a_token_is_said_to_be_one(document: object) -> None:
    world = World([answer(document)], oauth=OAUTH)
    with pytest.raises(RegistryError, match="without an `access_token`"):
        world.run(world.exchange.ask(GET))


def test_a_token_endpoint_that_is_away_is_named() -> None:
    world = World([failure("refused", reached=False)], oauth=OAUTH)
    with pytest.raises(RegistryUnreachable, match="token endpoint `https://idp/token` refused"):
        world.run(world.exchange.ask(GET))


@given(st.text(min_size=1))
def test_no_name_changes_the_path_around_it(name: str) -> None:
    encoded = path("subjects", name, "versions")
    assert encoded.isascii()
    assert encoded.count("/") == 3
    assert not set(encoded) & set("?# \\")
    assert "." not in encoded.split("/")
    assert ".." not in encoded.split("/")
