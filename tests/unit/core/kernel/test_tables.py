"""The general registry settings reach the registry plugin's own table."""

import pytest
from pydantic import Field

from core.config import ConfigurationError, load_settings
from core.kernel.discovery import Candidate
from core.kernel.health import Health
from core.kernel.offers import Described
from core.kernel.tables import check_tables, read_table, with_keys
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


class Bridge(PluginSettings):
    bridge_name: str = "core0"
    depth: int = 0


def _both(table: dict[str, object]) -> tuple[Plain, Bridge]:
    settings = load_settings({"plugins": {"both": table}})
    return read_table(settings, Kind.STORAGE, "both", Plain), read_table(settings, Kind.NETWORK, "both", Bridge)


def test_each_driver_of_a_plugin_has_its_own_settings() -> None:
    table = {"storage": {"depth": 2}, "network": {"bridge_name": "mine0"}}
    assert _both(table) == (Plain(depth=2), Bridge(bridge_name="mine0"))


def test_what_is_for_all_drivers_is_beside_what_is_for_one() -> None:
    assert _both({"depth": 1, "network": {"depth": 3}}) == (Plain(depth=1), Bridge(depth=3))


def test_an_unknown_key_is_named_with_the_table_of_the_driver() -> None:
    with pytest.raises(ConfigurationError, match=r'plugins\.both\.storage: unknown key "bridge_name"'):
        _both({"storage": {"bridge_name": "mine0"}})


def test_a_table_of_a_kind_that_the_plugin_has_not_is_refused() -> None:
    health = Health()
    health.found(Candidate("both", "demo", "1", lambda: pytest.fail("nothing is imported")))
    offer = Described(Kind.STORAGE, "both", "both", Plain)
    with pytest.raises(ConfigurationError, match=r"plugins\.both\.volume: this plugin has no volume driver"):
        check_tables(load_settings({"plugins": {"both": {"volume": {}}}}), [offer], health)


def test_a_setting_may_have_the_name_of_a_kind() -> None:
    class Named(PluginSettings):
        volume: dict[str, int] = Field({})

    settings = load_settings({"plugins": {"odd": {"volume": {"a": 1}}}})
    assert read_table(settings, Kind.STORAGE, "odd", Named).volume == {"a": 1}
    health = Health()
    health.found(Candidate("odd", "demo", "1", lambda: pytest.fail("nothing is imported")))
    check_tables(settings, [Described(Kind.STORAGE, "odd", "odd", Named)], health)


class Own(PluginSettings):
    isolated: int = 0


def test_the_key_of_isolation_is_not_the_plugins_unless_it_has_one() -> None:
    settings = load_settings({"plugins": {"plain": {"isolated": True, "depth": 2}, "own": {"isolated": 3}}})
    assert read_table(settings, Kind.STORAGE, "plain", Plain).depth == 2
    assert read_table(settings, Kind.STORAGE, "own", Own).isolated == 3


@pytest.mark.parametrize("table", [{}, {"depth": 1}, {"storage": {"depth": 1}}, {"depth": 2, "storage": {}}])
def test_keys_that_go_first_do_wherever_the_others_are(table: dict[str, object]) -> None:
    settings = load_settings({"plugins": {"both": with_keys(table, Kind.STORAGE, {"depth": 9})}})
    assert read_table(settings, Kind.STORAGE, "both", Plain) == Plain(depth=9)
