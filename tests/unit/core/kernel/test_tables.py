"""The general registry settings reach the registry plugin's own table."""

import pytest

from core.config import load_settings
from core.kernel.tables import read_table
from sdk.providers import Kind, PluginSettings


class Hub(PluginSettings):
    insecure: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()


class Persistent(PluginSettings):
    download_attempts: int = 5


class Plain(PluginSettings):
    depth: int = 0


def test_general_values_come_before_the_plugins_own() -> None:
    settings = load_settings(
        {"registry_mirrors": ["http://a"], "insecure_registries": ["b"], "plugins": {"hub": {"mirrors": ["http://c"]}}}
    )
    hub = read_table(settings, Kind.REGISTRY, "hub", Hub)
    assert hub.mirrors == ("http://a", "http://c")
    assert hub.insecure == ("b",)


def test_a_registry_that_knows_no_mirrors_gets_none() -> None:
    assert read_table(load_settings({"registry_mirrors": ["http://a"]}), Kind.REGISTRY, "p", Plain) == Plain()


@pytest.mark.parametrize(("own", "attempts"), [({}, 2), ({"download_attempts": 7}, 7)])
def test_attempts_at_a_download_are_dockers_unless_the_plugin_has_its_own(own: dict[str, int], attempts: int) -> None:
    settings = load_settings({"transfers": {"attempts": 2}, "plugins": {"hub": own}})
    assert read_table(settings, Kind.REGISTRY, "hub", Persistent).download_attempts == attempts


def test_other_kinds_get_only_their_own() -> None:
    settings = load_settings({"registry_mirrors": ["http://a"], "plugins": {"hub": {}}})
    assert read_table(settings, Kind.STORAGE, "hub", Hub).mirrors == ()
