"""A container's place on a network: what a client sends, and what it reads back."""

from sdk.docker import bodies
from sdk.docker.endpoints import endpoint_config, shown_ipam, shown_links
from sdk.engine.config import EndpointConfig, EndpointIPAM, Link


def test_a_place_without_addresses_asks_for_none() -> None:
    assert endpoint_config(bodies.EndpointConfig()) == EndpointConfig()
    assert shown_ipam(None) is None


def test_addresses_and_links_are_read_and_shown() -> None:
    sent = bodies.EndpointConfig(
        ipam_config=bodies.EndpointIPAM("10.0.0.2", "fd00::2", ("169.254.0.2",)),
        links=("db:database", "cache"),
        aliases=("web",),
        mac_address="02:42:0a:00:00:02",
        driver_opts={"a": "b"},
        gw_priority=-1,
    )
    asked = endpoint_config(sent)
    assert asked == EndpointConfig(
        ipam_config=EndpointIPAM("10.0.0.2", "fd00::2", ("169.254.0.2",)),
        links=(Link("db", "database"), Link("cache")),
        aliases=("web",),
        mac_address="02:42:0a:00:00:02",
        driver_opts={"a": "b"},
        gw_priority=-1,
    )
    assert [(link.container, link.name) for link in asked.links] == [("db", "database"), ("cache", "cache")]
    assert (shown_ipam(asked.ipam_config), shown_links(asked)) == (sent.ipam_config, sent.links)
