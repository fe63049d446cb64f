"""Addresses that options give."""

import pytest

from sdk.errors import InvalidArgument
from sdk.shipping.addresses import Url, joined, read_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("tcp://host:514", Url("tcp", "host", 514, "")),
        ("udp://[::1]", Url("udp", "::1", None, "")),
        ("tcp+tls://h:1", Url("tcp+tls", "h", 1, "")),
        ("unix:///run/a b.sock".replace(" ", "%20"), Url("unix", "", None, "/run/a%20b.sock")),
        ("plain", Url("", "", None, "plain")),
    ],
)
def test_parts(text: str, url: Url) -> None:
    assert read_url(text) == url


@pytest.mark.parametrize("text", ["tcp://h:x", "tcp://h:99999", "tcp://[::1", "tcp://h\n", "tcp://a b"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^parse "):
        read_url(text)


def test_a_host_with_colons_has_brackets() -> None:
    assert (joined("a", 1), joined("::1", 2)) == ("a:1", "[::1]:2")
