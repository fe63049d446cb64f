"""`--add-host` in Docker's syntax."""

import pytest

from sdk.docker.hosts import parse_extra_host, shown_extra_host
from sdk.engine.config import HostEntry
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("db:192.0.2.1", HostEntry("db", "192.0.2.1")),
        ("six:fd00::7", HostEntry("six", "fd00::7")),
        ("host.docker.internal:host-gateway", HostEntry("host.docker.internal")),
    ],
)
def test_extra_hosts(text: str, entry: HostEntry):
    assert parse_extra_host(text) == entry
    assert shown_extra_host(entry) == text


def test_brackets_are_left_out():
    assert parse_extra_host("bracketed:[fd00::8]") == HostEntry("bracketed", "fd00::8")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("db", 'bad format for add-host: "db"'),
        ("db:", 'bad format for add-host: "db:"'),
        (":1.2.3.4", 'bad format for add-host: ":1.2.3.4"'),
        ("db:nowhere", 'invalid IP address in add-host: "nowhere"'),
    ],
)
def test_what_is_no_entry_is_refused_in_dockers_words(text: str, sentence: str):
    with pytest.raises(InvalidArgument) as refused:
        parse_extra_host(text)
    assert refused.value.message == sentence
