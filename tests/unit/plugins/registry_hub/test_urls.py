import httpx
import pytest

from plugins.registry_hub.urls import followed, web_url
from sdk.errors import Unavailable
from sdk.urls import is_possible_name

BASE = httpx.URL("https://registry.test:5000/v2/a/blobs/uploads/")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("/v2/x?a=b", "https://registry.test:5000/v2/x?a=b"),
        ("1", "https://registry.test:5000/v2/a/blobs/uploads/1"),
        ("http://other.test/x", "http://other.test/x"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("//other.test/x", "https://other.test/x"),
    ],
)
def test_what_a_reply_leads_to_may_be_relative(text: str, url: str) -> None:
    assert str(followed(BASE, text, "redirect")) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ftp://a.test/", 'realm: "ftp://a.test/": unsupported protocol scheme "ftp"'),
        ("/token", 'realm: "/token": unsupported protocol scheme ""'),
        ("javascript:alert(1)", "unsupported protocol scheme"),
        ("http://[::1/", "invalid URL"),
        ("http://a\r\nb/", 'realm: parse "http://a b/": invalid URL'),
        ("http://a\x00b/", "invalid URL"),
        ("http://" + "é" * 70 + ".test/", "invalid URL"),
        ("http://" + "a" * 64 + ".test/", "no such host"),
        ("http://" + "a." * 130 + "test/", "no such host"),
        ("http://a..b/", "no such host"),
        ("http://a b/", "no such host"),
        ("http:///x", "no such host"),
        ("http://xn--a.test/", "invalid URL"),
        ("http://a.test:99999/", "invalid port"),
        ("http://a.test/" + "x" * 70_000, "invalid URL"),
    ],
)
def test_other_urls_are_refused_at_once(text: str, reason: str) -> None:
    with pytest.raises(Unavailable) as caught:
        web_url(text, "realm")
    assert reason in caught.value.message
    assert len(caught.value.message) < 700


def test_names_have_limits() -> None:
    assert is_possible_name("a" * 63 + ".test.")
    assert not any(map(is_possible_name, ["", ".", "a" * 64, ".a", "a" * 254]))
