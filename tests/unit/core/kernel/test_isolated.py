"""Which plugins are isolated, by either spelling, and what is refused in a sentence."""

from types import SimpleNamespace

import pytest

from core.config import ConfigurationError, combine
from core.kernel.health import Health
from core.kernel.isolated import isolated_plugins
from core.kernel.offers import Described
from sdk.providers import Kind, PluginSettings


class OwnKey(PluginSettings):
    isolated: str = ""


OFFERS = [
    Described(Kind.VOLUME, "local", "volume_local", PluginSettings),
    Described(Kind.VOLUME, "odd", "own_key", OwnKey),
    Described(Kind.NETWORK, "bridge", "net_bridge", PluginSettings),
    Described(Kind.FRONTEND, "docker", "api_docker", PluginSettings),
]


@pytest.fixture
def health() -> Health:
    health = Health()
    for name in ("api_docker", "broken", "net_bridge", "observer", "own_key", "volume_local"):
        health.found(SimpleNamespace(name=name, distribution="d", version="1"))  # type: ignore[arg-type]
    health.failed("broken", "it is")
    return health


@pytest.mark.parametrize(
    ("file", "isolated"),
    [
        ({}, set()),
        ({"isolation": {"volume_local": {}}}, {"volume_local"}),
        ({"isolation": {"volume_local": {"enabled": True}, "net_bridge": {"enabled": False}}}, {"volume_local"}),
        ({"plugins": {"volume_local": {"isolated": True}, "net_bridge": {"isolated": False}}}, {"volume_local"}),
        ({"plugins": {"volume_local": {"isolated": True}}, "isolation": {"volume_local": {}}}, {"volume_local"}),
        ({"plugins": {"own_key": {"isolated": "a setting of its own"}}}, set()),
        ({"plugins": {"own_key": {"isolated": "x"}}, "isolation": {"own_key": {}}}, {"own_key"}),
        ({"isolation": {"broken": {}}}, {"broken"}),
        ({"isolation": {"api_docker": {"enabled": False}}}, set()),
    ],
)
def test_a_plugin_is_isolated_by_a_table_or_by_a_key_of_its_own_table(
    health: Health, file: dict[str, object], isolated: set[str]
) -> None:
    assert isolated_plugins(combine({}, file, "file"), OFFERS, health) == isolated  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ({"isolation": {"none": {}}}, "isolation.none: no such plugin is installed .there are: api_docker, broken"),
        ({"isolation": {"none": {"enabled": False}}}, "isolation.none: no such plugin is installed"),
        ({"isolation": {"observer": {}}}, "isolation.observer: the plugin has no driver, and its hooks run in the daemon"),
        (
            {"isolation": {"api_docker": {}}},
            'frontend driver "docker" cannot be isolated: a frontend outside the daemon is a client',
        ),
        ({"plugins": {"net_bridge": {"isolated": "yes"}}}, "plugins.net_bridge: isolated: it is true or false, not 'yes'"),
        (
            {"plugins": {"net_bridge": {"isolated": True}}, "isolation": {"net_bridge": {"enabled": False}}},
            "plugins.net_bridge: isolated: isolation.net_bridge says otherwise",
        ),
    ],
)
def test_what_cannot_be_is_told(health: Health, file: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        isolated_plugins(combine({}, file, "file"), OFFERS, health)  # type: ignore[arg-type]


def test_a_daemon_without_isolated_plugins_does_not_know_the_room() -> None:
    import subprocess
    import sys

    script = "import core.app, sys; print([name for name in sys.modules if 'isolation' in name])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
