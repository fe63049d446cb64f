"""A driver reaches another installed one by name; none reaches itself."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest

from core.kernel.health import Health
from core.kernel.hooks import D, Offer, PluginHooks
from core.kernel.offers import Offers, collect_offers
from core.kernel.wrapping import Installed, Place
from sdk.errors import InvalidArgument, NotFound
from sdk.providers import Kind, LogProvider, RuntimeProvider

A, B = (Kind.RUNTIME, "a"), (Kind.RUNTIME, "b")


@pytest.fixture
def offers(provider) -> Offers:
    empty = collect_offers(PluginHooks(Health()), Health())
    runtimes = {name: Offer(f"plugin_{name}", provider(RuntimeProvider, name)) for name in ("a", "b")}
    logs = {"a": Offer("plugin_log", provider(LogProvider, "a")), "odd": Offer("odd", provider(LogProvider, "odd", driver=42))}
    return replace(empty, runtimes=runtimes, logs=logs)


class Opener:
    """Opens offers with their providers, as the kernel does, and notes where."""

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.places: list[Place] = []
        self.closed: list[str] = []

    def enter(self, kind: Kind, offer: Offer[D], place: Place) -> AbstractAsyncContextManager[D]:
        self.places.append(place)
        return self._entered(offer, place)

    @asynccontextmanager
    async def _entered(self, offer: Offer[D], place: Place) -> AsyncIterator[D]:
        class Context:
            name = offer.plugin

        async with offer.provider.open(Context(), None) as driver:
            yield driver
        self.closed.append(place.directory)


@pytest.mark.anyio
async def test_it_is_opened_in_directories_of_this_use(offers: Offers) -> None:
    opener = Opener(offers)
    installed = Installed(offers, opener.enter, Place("plugin_a", (A,)))
    async with installed.runtime("b"), installed.log_driver("a"):
        assert opener.places == [Place("plugin_a-plugin_b", (A, B)), Place("plugin_a-plugin_log", (A, (Kind.LOG, "a")))]
        assert opener.closed == []
    assert opener.closed == ["plugin_a-plugin_log", "plugin_a-plugin_b"]


@pytest.mark.anyio
async def test_none_wraps_itself_by_way_of_others_either(offers: Offers) -> None:
    installed = Installed(offers, Opener(offers).enter, Place("x", (A, B)))
    with pytest.raises(InvalidArgument, match="runtime driver wraps itself: a -> b -> a"):
        async with installed.runtime("a"):
            pass


@pytest.mark.anyio
async def test_what_is_not_there_and_what_is_no_driver(offers: Offers) -> None:
    installed = Installed(offers, Opener(offers).enter, Place("x", ((Kind.LOG, "x"),)))
    with pytest.raises(NotFound, match=r'no log driver "none" is installed \(there are: a, odd\)'):
        async with installed.log_driver("none"):
            pass
    with pytest.raises(TypeError, match="the plugin of odd opened a int, not a LogDriver"):
        async with installed.log_driver("odd"):
            pass


@pytest.mark.anyio
async def test_none_wraps_itself_by_way_of_another_kind_either(offers: Offers) -> None:
    opener = Opener(offers)
    runtime = Installed(offers, opener.enter, Place("x", (A,)))
    async with runtime.log_driver("a"):
        (of_log,) = opener.places
    log = Installed(offers, opener.enter, of_log)
    async with log.runtime("b"):
        of_other = opener.places[-1]
    for place in (of_log, of_other):
        with pytest.raises(InvalidArgument, match=r"runtime driver wraps itself: runtime a -> log a -> (runtime b -> )?runtime a"):
            async with Installed(offers, opener.enter, place).runtime("a"):
                pass
