"""A configuration becomes addresses, credentials and trust, each where it belongs."""

import base64
from typing import Any

import pytest

from flowodm.config import RegistryConfig
from flowodm.config.context import OAuthConfig
from flowodm.errors import ConfigurationError
from flowodm.registry.settings import access_of
from flowodm.registry.tls import proxy_for

pytestmark = pytest.mark.unit


def config(**values: Any) -> RegistryConfig:
    return RegistryConfig(**{"url": "https://sr.example/base", **values})


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


def test_a_bare_url_has_no_credentials() -> None:
    access = access_of(config(url="http://localhost:8081/"))
    assert [one.base for one in access.addresses] == ["http://localhost:8081"]
    assert access.addresses[0].authorization is None
    assert access.secrets == ()


def test_basic_credentials_may_hold_anything() -> None:
    access = access_of(config(basic_auth="ü:p:w %"))
    assert access.addresses[0].authorization == basic("ü:p:w %")
    assert {"p:w %", "ü:p:w %"} <= set(access.secrets)


def test_credentials_in_the_url_are_sent_and_not_shown() -> None:
    access = access_of(config(url="https://me:pa%40ss@sr.example/base/"))
    assert access.addresses[0].base == "https://sr.example/base"
    assert access.addresses[0].authorization == basic("me:pa@ss")
    assert "pa@ss" not in repr(access)


def test_several_addresses_share_the_credentials() -> None:
    access = access_of(config(url="http://a:1/x/, https://b", basic_auth="u:p"))
    assert [one.base for one in access.addresses] == ["http://a:1/x", "https://b"]
    assert {one.authorization for one in access.addresses} == {basic("u:p")}


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://bücher.example/ä b", "https://xn--bcher-kva.example/%C3%A4%20b"),
        ("https://bücher:8081", "https://xn--bcher-kva:8081"),
        ("https://sr/a%2Fb/", "https://sr/a%2Fb"),
    ],
)
def test_a_url_is_put_into_ascii(url: str, base: str) -> None:
    assert access_of(config(url=url.replace(" ", "%20"))).addresses[0].base == base


@pytest.mark.parametrize("url", ["https://a..b", "https://" + "ü" * 80 + ".x"])
def test_a_host_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is no host name"):
        access_of(config(url=url))


def test_a_token_is_sent_as_one() -> None:
    access = access_of(config(bearer_token="abc.def"))
    assert access.addresses[0].authorization == "Bearer abc.def"
    assert access.secrets == ("abc.def",)


@pytest.mark.parametrize("token", ["a\r\nX: y", "a\nb", "tökén"])
def test_a_token_cannot_write_other_headers(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        access_of(config(bearer_token=token))
    assert token not in str(caught.value)


def test_an_ipv6_address_keeps_its_brackets() -> None:
    assert access_of(config(url="http://[::1]:8081")).addresses[0].base == "http://[::1]:8081"


def test_the_token_endpoint_is_verified_and_never_shown_the_registrys_certificate() -> None:
    oauth = OAuthConfig(token_url="https://idp/t", client_id="me", client_secret="s3cret")
    access = access_of(
        config(oauth=oauth, ca="ca.pem", certificate="c.pem", key="k.pem", insecure=True)
    )
    trust = access.trust_for("token")
    assert (trust.certificate, trust.key, trust.insecure) == (None, None, False)
    assert (trust.ca, trust.and_public) == ("ca.pem", True)
    assert access.trust_for("registry").certificate == "c.pem"
    assert "s3cret" in access.secrets
    assert "s3cret" not in repr(access)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def test_the_proxy_of_the_environment_is_used(environment: pytest.MonkeyPatch) -> None:
    assert proxy_for("https://sr.example/") is None
    environment.setenv("HTTPS_PROXY", "http://me:pa%3Ass@proxy:3128")
    proxy = proxy_for("https://sr.example/")
    assert proxy is not None
    assert (proxy.url, proxy.credentials) == ("http://proxy:3128", ("me", "pa:ss"))
    assert "pa:ss" not in repr(proxy)
    assert proxy_for("http://sr.example/") is None


def test_hosts_that_are_excepted_have_no_proxy(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ALL_PROXY", "proxy:3128")
    environment.setenv("NO_PROXY", "sr.example")
    assert proxy_for("https://sr.example/") is None
    assert proxy_for("https://other.example/") is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_loopback_has_no_proxy(environment: pytest.MonkeyPatch, host: str) -> None:
    environment.setenv("HTTP_PROXY", "http://proxy:3128")
    assert proxy_for(f"http://{host}:8081/") is None


def test_a_proxy_that_is_no_http_proxy_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "socks5://me:secret@proxy:1080")
    with pytest.raises(ConfigurationError, match="`socks5` proxy") as caught:
        proxy_for("https://sr.example/")
    assert "secret" not in str(caught.value)
