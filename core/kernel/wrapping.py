"""How a driver that wraps another reaches it: by name, opened for it alone, from whichever plugin has it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from core.kernel.hooks import D, Offer
from core.kernel.offers import Offers
from sdk.drivers.logs import LogDriver
from sdk.drivers.runtime import Runtime
from sdk.errors import InvalidArgument, NotFound
from sdk.providers import Kind


@dataclass(frozen=True, slots=True)
class Place:
    """Where a driver is opened: the name of its directories, and the drivers that wait for it, the outermost first, then itself."""

    directory: str
    chain: tuple[tuple[Kind, str], ...]


class Enter(Protocol):
    """Opens an offered driver in a place."""

    def __call__(self, kind: Kind, offer: Offer[D], place: Place) -> AbstractAsyncContextManager[D]: ...


@dataclass(frozen=True, slots=True)
class Installed:
    """The drivers that the one in `place` may wrap (`sdk.providers.InstalledDrivers`)."""

    offers: Offers
    enter: Enter
    place: Place

    @asynccontextmanager
    async def runtime(self, name: str) -> AsyncIterator[Runtime]:
        """Open a runtime. Raises NotFound, InvalidArgument."""
        async with self._opened(Kind.RUNTIME, self.offers.runtimes, name) as driver:
            yield _checked(driver, Runtime, name)

    @asynccontextmanager
    async def log_driver(self, name: str) -> AsyncIterator[LogDriver]:
        """Open a log driver. Raises NotFound, InvalidArgument."""
        async with self._opened(Kind.LOG, self.offers.logs, name) as driver:
            yield _checked(driver, LogDriver, name)

    def _opened(self, kind: Kind, offers: Mapping[str, Offer[D]], name: str) -> AbstractAsyncContextManager[D]:
        chain = (*self.place.chain, (kind, name))
        if chain[-1] in self.place.chain:
            raise InvalidArgument(f"{kind} driver wraps itself: {_spelled(chain)}")
        if name not in offers:
            raise NotFound(f'no {kind} driver "{name}" is installed (there are: {", ".join(sorted(offers)) or "none"})')
        offer = offers[name]
        return self.enter(kind, offer, Place(f"{self.place.directory}-{offer.plugin}", chain))


def _spelled(chain: Sequence[tuple[Kind, str]]) -> str:
    """Return a chain as text, with the kinds where there are several."""
    kinds = {kind for kind, _ in chain}
    return " -> ".join(name if len(kinds) == 1 else f"{kind} {name}" for kind, name in chain)


def _checked(driver: D, interface: type[object], name: str) -> D:
    if not isinstance(driver, interface):
        raise TypeError(f"the plugin of {name} opened a {type(driver).__name__}, not a {interface.__name__}")
    return driver
