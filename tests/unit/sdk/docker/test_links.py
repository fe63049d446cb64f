"""Legacy links in Docker's syntax."""

import pytest

from sdk.docker import bodies, create, inspect
from sdk.docker.endpoints import endpoint_config, shown_ipam, shown_links
from sdk.docker.links import parse_link
from sdk.engine.config import EndpointConfig, EndpointIPAM, HostConfig, Link
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


def test_endpoints_are_shown_as_they_are_asked_for():
    ipam = bodies.EndpointIPAM("10.0.0.2", "fd00::2", ("169.254.1.1",))
    body = bodies.EndpointConfig(ipam_config=ipam, links=("db", "cache:store"), aliases=("a",), gw_priority=1)
    config = endpoint_config(body)
    assert config == EndpointConfig(
        ipam_config=EndpointIPAM("10.0.0.2", "fd00::2", ("169.254.1.1",)),
        links=(Link("db"), Link("cache", "store")),
        aliases=("a",),
        gw_priority=1,
    )
    assert (shown_ipam(config.ipam_config), shown_links(config)) == (ipam, body.links)
    assert shown_ipam(None) is None
