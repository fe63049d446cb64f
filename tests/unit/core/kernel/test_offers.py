"""Drivers of all plugins, by names that are unique within a kind."""

import pytest

from core.kernel.discovery import BUNDLED, Candidate
from core.kernel.health import Health
from core.kernel.hooks import PluginHooks
from core.kernel.offers import Offers, collect_offers
from sdk.providers import Kind, LogProvider, VolumeProvider


class World:
    def __init__(self) -> None:
        self.health = Health()
        self.hooks = PluginHooks(self.health)

    def add(self, candidate: Candidate) -> None:
        self.health.found(candidate)
        self.hooks.register(candidate.name, candidate.load())

    def offers(self) -> Offers:
        return collect_offers(self.hooks, self.health)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def offering(candidate, provider):
    """A plugin that provides a log driver, a volume driver or both, of a name each."""

    def make(plugin: str, log: str = "", volume: str = "", distribution: str = "demo") -> Candidate:
        hooks = []
        if log:

            def provide_log_driver():
                return provider(LogProvider, log)

            hooks.append(provide_log_driver)
        if volume:

            def provide_volume_driver():
                return provider(VolumeProvider, volume)

            hooks.append(provide_volume_driver)
        return candidate(plugin, *hooks, distribution=distribution)

    return make


def test_drivers_are_found_by_kind_and_name(world: World, offering) -> None:
    world.add(offering("one", log="a", volume="a"))
    world.add(offering("two", log="b"))
    offers = world.offers()
    assert {name: offer.plugin for name, offer in offers.logs.items()} == {"a": "one", "b": "two"}
    assert {name: offer.plugin for name, offer in offers.volumes.items()} == {"a": "one"}
    assert offers.storage == {}
    assert [(each.kind, each.name, each.plugin) for each in offers] == [
        (Kind.VOLUME, "a", "one"),
        (Kind.LOG, "a", "one"),
        (Kind.LOG, "b", "two"),
    ]
    assert world.health.failures() == []


def test_of_two_the_engines_own_is_kept(world: World, offering) -> None:
    world.add(offering("alien", log="a"))
    world.add(offering("own", log="a", distribution=BUNDLED))
    assert {name: offer.plugin for name, offer in world.offers().logs.items()} == {"a": "own"}
    reason = f'log driver "a" is provided by both alien (demo) and own ({BUNDLED})'
    assert [(status.name, status.reason) for status in world.health.failures()] == [("alien", reason)]


def test_of_two_others_neither_is_taken(world: World, offering) -> None:
    world.add(offering("one", log="a"))
    world.add(offering("two", log="a", volume="b", distribution="else"))
    offers = world.offers()
    assert offers.logs == {}
    assert list(offers.volumes) == ["b"], "another driver of the same plugin is not touched"
    assert {status.name for status in world.health.failures()} == {"one", "two"}
    assert world.health.reason("two") == 'log driver "a" is provided by both one (demo) and two (else)'
    assert world.health.reason("one") == world.health.reason("two")


def test_a_plugin_that_provides_nothing_or_no_provider(world: World, candidate) -> None:
    def provide_log_driver():
        return None

    world.add(candidate("idle", provide_log_driver))

    def provide_volume_driver():
        return "a driver"

    world.add(candidate("odd", provide_volume_driver))
    assert list(world.offers()) == []
    assert world.health.reason("idle") == ""
    assert world.health.reason("odd") == "provide_volume_driver returned a str, not a Provider"
