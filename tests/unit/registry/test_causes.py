"""The cause is found in whatever the HTTP engine wrapped it in."""

import errno
import socket
import ssl

import httpcore2
import pytest

from flowodm.registry.causes import failure_of

pytestmark = pytest.mark.unit


def wrapped(outer: Exception, *inner: BaseException) -> Exception:
    link: BaseException = outer
    for one in inner:
        link.__cause__ = one
        link = one
    return outer


def os_error(number: int) -> OSError:
    return OSError(number, "some words")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (wrapped(httpcore2.ConnectError("x"), os_error(errno.ECONNREFUSED)), "refused"),
        (wrapped(httpcore2.ConnectError("x"), os_error(errno.EHOSTUNREACH)), "unroutable"),
        (wrapped(httpcore2.ConnectError("x"), os_error(errno.ENETUNREACH)), "unroutable"),
        (wrapped(httpcore2.ConnectError("x"), socket.gaierror(-2, "unknown")), "unresolved"),
        (wrapped(httpcore2.ReadError("x"), os_error(errno.ECONNRESET)), "disconnected"),
        (httpcore2.ConnectTimeout("x"), "connect-timeout"),
        (httpcore2.PoolTimeout("x"), "connect-timeout"),
        (httpcore2.ReadTimeout("x"), "answer-timeout"),
        (httpcore2.WriteTimeout("x"), "answer-timeout"),
        (httpcore2.ProxyError("407 Proxy Authentication Required"), "proxy"),
        (httpcore2.RemoteProtocolError("illegal status line"), "not-http"),
        (httpcore2.RemoteProtocolError("Server disconnected without sending"), "disconnected"),
        (wrapped(httpcore2.ConnectError("x"), ssl.SSLError(1, "[SSL: BAD] x")), "tls"),
        (ValueError("nobody knows"), "disconnected"),
    ],
)
def test_the_innermost_reason_names_the_cause(error: Exception, cause: str) -> None:
    assert failure_of(error).cause == cause


def test_several_addresses_that_all_refuse_are_a_refusal() -> None:
    group = ExceptionGroup("multiple connection attempts failed", [os_error(errno.ECONNREFUSED)])
    assert failure_of(wrapped(OSError("All connection attempts failed"), group)).cause == "refused"


def test_whether_the_request_can_have_arrived_is_known() -> None:
    assert not failure_of(os_error(errno.ECONNREFUSED)).reached
    assert not failure_of(httpcore2.ConnectTimeout("x")).reached
    assert failure_of(httpcore2.ReadTimeout("x")).reached
    assert failure_of(httpcore2.ReadError("x")).reached


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert failure_of(first).cause == "disconnected"
