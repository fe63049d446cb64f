"""How a driver that wraps another reaches it: by name, opened for it alone, from whichever plugin has it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from core.kernel.hooks import D, Offer
from core.kernel.offers import Offers
from sdk.drivers.logs import LogDriver
from sdk.drivers.runtime import Runtime
from sdk.errors import InvalidArgument, NotFound
from sdk.providers import Kind


@dataclass(frozen=True, slots=True)
class Place:
    """Where a driver is opened: the name of its directories, and the drivers of its kind that wait for it, the outermost first, then itself.

    `waiting` are those of other kinds that wait for all of these."""

    directory: str
    names: tuple[str, ...]
    waiting: tuple[tuple[Kind, str], ...] = field(default=(), compare=False)


class Enter(Protocol):
    """Opens an offered driver in a place."""

    def __call__(self, kind: Kind, offer: Offer[D], place: Place) -> AbstractAsyncContextManager[D]: ...


@dataclass(frozen=True, slots=True)
class Installed:
    """The drivers that the driver of `kind` in `place` may wrap (`sdk.providers.InstalledDrivers`)."""

    offers: Offers
    enter: Enter
    kind: Kind
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
        outer = self.place.names if kind is self.kind else ()
        if name in outer:
            raise InvalidArgument(f"{kind} driver wraps itself: {' -> '.join((*outer, name))}")
        waiting = (*self.place.waiting, *((self.kind, each) for each in self.place.names))
        if (kind, name) in waiting:
            raise InvalidArgument(f"{kind} driver wraps itself: {' -> '.join(' '.join(each) for each in (*waiting, (kind, name)))}")
        if name not in offers:
            raise NotFound(f'no {kind} driver "{name}" is installed (there are: {", ".join(sorted(offers)) or "none"})')
        offer = offers[name]
        further = self.place.waiting if kind is self.kind else waiting
        return self.enter(kind, offer, Place(f"{self.place.directory}-{offer.plugin}", (*outer, name), further))


def _checked(driver: D, interface: type[object], name: str) -> D:
    if not isinstance(driver, interface):
        raise TypeError(f"the plugin of {name} opened a {type(driver).__name__}, not a {interface.__name__}")
    return driver
