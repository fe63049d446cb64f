"""URLs of files on the web: what can be one, how large it is said to be, and what is said when it cannot be fetched."""

import errno
import socket
from types import SimpleNamespace
from typing import cast

import httpx
import pytest

from core.engine.remote_files import RemoteFile, parsed_url, unreachable
from sdk.errors import EngineError, InvalidArgument, NotFound, Unavailable

BASE = httpx.URL("https://example.org/dir/file")


@pytest.mark.parametrize(
    ("text", "base", "url"),
    [
        ("http://example.org/a", None, "http://example.org/a"),
        ("HTTPS://EXAMPLE.org:444/a?b=c", None, "https://example.org:444/a?b=c"),
        ("http://[::1]:8080/", None, "http://[::1]:8080/"),
        ("http://user:secret@example.org/", None, "http://user:secret@example.org/"),
        ("other", BASE, "https://example.org/dir/other"),
        ("/root", BASE, "https://example.org/root"),
        ("//else.org/x", BASE, "https://else.org/x"),
        ("http://else.org/x", BASE, "http://else.org/x"),
    ],
)
def test_what_is_a_url_of_the_web(text: str, base: httpx.URL | None, url: str) -> None:
    assert str(parsed_url(text, base)) == url


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("file:///etc/passwd", InvalidArgument, 'Get "file:///etc/passwd": unsupported protocol scheme "file"'),
        ("ftp://example.org/", InvalidArgument, 'Get "ftp://example.org/": unsupported protocol scheme "ftp"'),
        ("example.org/a", InvalidArgument, 'Get "example.org/a": unsupported protocol scheme ""'),
        ("", InvalidArgument, 'Get "": unsupported protocol scheme ""'),
        ("http://", InvalidArgument, 'Get "http://": http: no Host in request URL'),
        ("http:///path", InvalidArgument, 'Get "http:///path": http: no Host in request URL'),
        ("http://a%zz/", InvalidArgument, 'parse "http://a%zz/": invalid URL escape "%zz"'),
        ("http://example.org:99999/", InvalidArgument, None),
        ("http://example.org:port/", InvalidArgument, None),
        ("http://exa mple.org/", InvalidArgument, None),
        ("http://" + "a" * 64 + ".org/", NotFound, None),
        ("http://[::1", InvalidArgument, None),
        ("http://\x00/", InvalidArgument, None),
        ("http://a/" + "b" * 70_000, InvalidArgument, None),
    ],
    ids=range(14),
)
def test_what_is_none(text: str, error: type[EngineError], words: str | None) -> None:
    with pytest.raises(error) as refused:
        parsed_url(text, None)
    assert words is None or refused.value.message == words
    assert "\x00" not in refused.value.message
    assert len(refused.value.message) < 10_000


@pytest.mark.parametrize("text", ["file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "data:,x"])
def test_a_redirect_leads_nowhere_but_to_the_web(text: str) -> None:
    with pytest.raises(InvalidArgument, match="unsupported protocol scheme"):
        parsed_url(text, BASE)


@pytest.mark.parametrize(
    ("length", "size"),
    [("0", 0), ("5", 5), ("9" * 19, 9999999999999999999), ("9" * 20, None), ("", None), ("-1", None), ("+1", None), ("1_0", None), ("٣", None), ("5, 5", None), ("x", None)],
)  # fmt: skip
def test_the_size_that_is_announced(length: str, size: int | None) -> None:
    response = cast(httpx.Response, SimpleNamespace(headers={"Content-Length": length}))
    assert RemoteFile("http://x/", response).size == size
    assert RemoteFile("http://x/", response).header("Content-Type") == ""


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


URL = httpx.URL("http://user:secret@example.org/a")


@pytest.mark.parametrize(
    ("url", "error", "kind", "reason"),
    [
        (URL, httpx.ConnectTimeout("x"), Unavailable, "i/o timeout"),
        (URL, httpx.RemoteProtocolError("peer closed"), Unavailable, "peer closed"),
        (URL, httpx.ReadError(""), Unavailable, "EOF"),
        (URL, caused(httpx.ConnectError("x"), socket.gaierror(-2, "x")), NotFound, "dial tcp: lookup example.org: no such host"),
        (
            URL,
            caused(httpx.ConnectError("x"), OSError(errno.ECONNREFUSED, "x")),
            Unavailable,
            "dial tcp example.org:80: connect: connection refused",
        ),
        (
            httpx.URL("https://[::1]/a"),
            caused(httpx.ConnectError("x"), caused(ValueError(), OSError(errno.ENETUNREACH, "x"))),
            Unavailable,
            "dial tcp [::1]:443: connect: network is unreachable",
        ),
    ],
    ids=range(6),
)
def test_what_cannot_be_fetched_is_said_without_the_password(
    url: httpx.URL, error: Exception, kind: type[EngineError], reason: str
) -> None:
    found = unreachable(url, error)
    assert type(found) is kind
    shown = "http://user:***@example.org/a" if url is URL else str(url)
    assert found.message.replace("%2A", "*") == f'Get "{shown}": {reason}'


def test_a_url_that_is_none_after_all() -> None:
    assert unreachable(URL, httpx.InvalidURL("x")).message.endswith(": invalid URL")
