"""The general registry settings reach the registry plugin's own table."""

import pytest

from core.config import ConfigurationError, load_settings
from core.kernel.tables import read_table
from sdk.providers import Kind, PluginSettings


class Hub(PluginSettings):
    insecure: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()


class Persistent(PluginSettings):
    download_attempts: int = 5


class Plain(PluginSettings):
    depth: int = 0


def test_mirrors_and_insecure_registries_are_the_daemons() -> None:
    settings = load_settings({"registry_mirrors": ["http://a"], "insecure_registries": ["b"], "plugins": {"hub": {}}})
    hub = read_table(settings, Kind.REGISTRY, "hub", Hub)
    assert (hub.mirrors, hub.insecure) == (("http://a",), ("b",))


@pytest.mark.parametrize(("key", "general"), [("mirrors", "registry_mirrors"), ("insecure", "insecure_registries")])
def test_they_are_set_in_no_other_place(key: str, general: str) -> None:
    settings = load_settings({"plugins": {"hub": {key: ["a"]}}})
    with pytest.raises(ConfigurationError, match=f"plugins.hub: {key}: this is set by {general}"):
        read_table(settings, Kind.REGISTRY, "hub", Hub)


def test_a_registry_that_knows_no_mirrors_gets_none() -> None:
    assert read_table(load_settings({"registry_mirrors": ["http://a"]}), Kind.REGISTRY, "p", Plain) == Plain()


@pytest.mark.parametrize(("own", "attempts"), [({}, 2), ({"download_attempts": 7}, 7)])
def test_attempts_at_a_download_are_dockers_unless_the_plugin_has_its_own(own: dict[str, int], attempts: int) -> None:
    settings = load_settings({"transfers": {"attempts": 2}, "plugins": {"hub": own}})
    assert read_table(settings, Kind.REGISTRY, "hub", Persistent).download_attempts == attempts


def test_other_kinds_get_only_their_own() -> None:
    settings = load_settings({"registry_mirrors": ["http://a"], "plugins": {"hub": {}}})
    assert read_table(settings, Kind.STORAGE, "hub", Hub).mirrors == ()
