"""Which authorizers a configuration names, where they come from, and what a reload asks of them."""

import re
from collections.abc import Callable, Mapping

import pytest

from core.config import StartupError
from core.kernel.authorizers import Authorizers
from core.kernel.hooks import Offer
from sdk.drivers.authorizer import Authorizer, AuthorizerSource
from sdk.errors import InvalidArgument, Unavailable
from sdk.providers import AuthorizerProvider, PluginSettings, Provider
from sdk.testing.authorization import RecordingAuthorizer

pytestmark = pytest.mark.anyio


class Source(RecordingAuthorizer, AuthorizerSource):
    """Knows one authorizer, and one that does not answer."""

    def __init__(self) -> None:
        super().__init__()
        self.known = RecordingAuthorizer()

    async def find(self, name: str) -> Authorizer | None:
        if name == "silent":
            raise Unavailable("it does not answer")
        if name == "strange":
            raise ValueError("what is that?")
        return self.known if name == "known" else None


class Broken(RecordingAuthorizer):
    """Its rules are gone at a reload."""

    async def reload(self) -> None:
        raise InvalidArgument("no such file")


class Timeless(RecordingAuthorizer):
    """Does not say how long it may take."""

    @property
    def deadline(self) -> float:
        raise ValueError("what time is it?")


class Bench:
    """Offers of drivers, and which of them were opened."""

    def __init__(self, provider: Callable[..., Provider[object, PluginSettings]], drivers: Mapping[str, Authorizer]) -> None:
        self.drivers, self.opened = drivers, list[str]()
        offers = {name: Offer(f"plugin_{name}", provider(AuthorizerProvider, name)) for name in drivers}
        for name, driver in drivers.items():
            if isinstance(driver, AuthorizerSource):
                object.__setattr__(offers[name].provider, "capabilities", frozenset({"names"}))
        self.authorizers = Authorizers(offers, self.open)

    async def open(self, offer: Offer[Authorizer]) -> Authorizer:
        self.opened.append(offer.provider.name)
        return self.drivers[offer.provider.name]


@pytest.fixture
def bench(provider: Callable[..., Provider[object, PluginSettings]]) -> Bench:
    return Bench(
        provider,
        {"rules": RecordingAuthorizer(), "source": Source(), "broken": Broken(), "timeless": Timeless(), "thing": object()},
    )


async def test_nothing_is_opened_that_is_not_named(bench: Bench) -> None:
    assert await bench.authorizers.named(()) == {}
    assert list(await bench.authorizers.named(("rules",))) == ["rules"]
    assert bench.opened == ["rules"]


async def test_what_is_no_driver_is_looked_for_by_name_and_opened_once(bench: Bench) -> None:
    for _ in range(2):
        assert list(await bench.authorizers.named(("known", "rules"))) == ["known", "rules"]
    assert bench.opened == ["source", "rules"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("none", 'failed to validate authorization plugin: plugin "none" not found (there are: broken, rules, thing, timeless)'),
        ("silent", "failed to validate authorization plugin: it does not answer"),
        ("strange", 'authorizer driver "source" (plugin plugin_source) failed in find: ValueError: what is that?'),
        ("source", 'authorizer "source" stands for others'),
        (
            "thing",
            'authorizer driver "thing" (plugin plugin_thing) failed in open: TypeError: the plugin opened a object, not an Authorizer',
        ),
        ("timeless", 'authorizer driver "timeless" (plugin plugin_timeless) failed in open: ValueError: what time is it?'),
    ],
)
async def test_what_cannot_be_asked_is_told(bench: Bench, name: str, sentence: str) -> None:
    with pytest.raises(StartupError, match=re.escape(sentence)):
        await bench.authorizers.named(("rules", name))


async def test_a_reload_has_each_read_again(bench: Bench) -> None:
    named = await bench.authorizers.reloaded(("rules", "known"))
    assert [each.reloads for each in named.values() if isinstance(each, RecordingAuthorizer)] == [1, 1]
    with pytest.raises(StartupError, match=r'authorizer driver "broken" \(plugin plugin_broken\) failed in reload: no such file'):
        await bench.authorizers.reloaded(("broken",))
