"""Legacy links in Docker's syntax."""

import pytest

from sdk.docker import bodies, create, inspect
from sdk.docker.links import parse_link
from sdk.engine.config import HostConfig, Link
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("db", Link("db", "db")),
        ("db:store", Link("db", "store")),
        ("/db:store", Link("db", "store")),
        ("/db:/web/store", Link("db", "store")),
        ("db:", Link("db", "db")),
    ],
)
def test_links(text: str, link: Link):
    assert parse_link(text) == link


@pytest.mark.parametrize("text", ["", ":x", "a:b:c", "/:x"])
def test_what_is_no_link_is_refused_in_dockers_words(text: str):
    with pytest.raises(InvalidArgument) as refused:
        parse_link(text)
    assert refused.value.message == f"bad format for links: {text}"


def test_links_of_a_container_are_shown_with_its_name():
    assert create.host_config(bodies.HostConfig()).links is None
    assert create.host_config(bodies.HostConfig(links=())).links == ()
    host = HostConfig(links=(Link("db", "store"),))
    assert inspect.host_config(host, None, "web").links == ("/db:/web/store",)
