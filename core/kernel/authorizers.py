"""The authorizers that the configuration names: drivers, and those that a driver knows by name, such as Docker's legacy plugins."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from core.config import StartupError
from core.drivers import failure
from core.kernel.hooks import Offer
from sdk.drivers.authorizer import Authorizer, AuthorizerSource
from sdk.errors import EngineError
from sdk.providers import Kind

NAMES = "names"
"""The capability of a driver that is an AuthorizerSource."""

Open = Callable[[Offer[Authorizer]], Awaitable[Authorizer]]


class Authorizers:
    """Opens authorizers when the configuration first names them. `current` are those that it names now, in order."""

    def __init__(self, offers: Mapping[str, Offer[Authorizer]], open_authorizer: Open) -> None:
        self._offers = offers
        self._open = open_authorizer
        self._opened: dict[str, Authorizer] = {}
        self.current: Mapping[str, Authorizer] = {}

    async def named(self, names: Sequence[str]) -> Mapping[str, Authorizer]:
        """Return the authorizers of these names. Raises StartupError for one that there is not or that does not work."""
        return {name: self._checked(name, await self._named(name)) for name in names}

    async def reloaded(self, names: Sequence[str]) -> Mapping[str, Authorizer]:
        """Return the authorizers of these names, all of which have read anew what they go by. Raises StartupError."""
        wanted = await self.named(names)
        for name, authorizer in wanted.items():
            try:
                await authorizer.reload()
            except (Exception, SystemExit) as error:
                raise StartupError(failure(Kind.AUTHORIZER, name, self._plugin(name), "reload", error)) from error
        return wanted

    def _checked(self, name: str, authorizer: object) -> Authorizer:
        """Return an authorizer that says when it wants to be asked. Raises StartupError for what is none."""
        try:
            return _timed(authorizer)
        except (Exception, SystemExit) as error:
            raise StartupError(failure(Kind.AUTHORIZER, name, self._plugin(name), "open", error)) from error

    def _plugin(self, name: str) -> str:
        return self._offers[name].plugin if name in self._offers else ""

    async def _named(self, name: str) -> Authorizer:
        offer = self._offers.get(name)
        if offer is None:
            return await self._found(name)
        if NAMES in offer.provider.capabilities:
            raise StartupError(f'authorizer "{name}" stands for others: name one of those that it knows')
        return await self._driver(offer)

    async def _driver(self, offer: Offer[Authorizer]) -> Authorizer:
        name = offer.provider.name
        if name not in self._opened:
            self._opened[name] = await self._open(offer)
        return self._opened[name]

    async def _found(self, name: str) -> Authorizer:
        for offer in self._offers.values():
            source = await self._driver(offer) if NAMES in offer.provider.capabilities else None
            if isinstance(source, AuthorizerSource) and (found := await self._ask(source, offer, name)):
                return found
        raise StartupError(f'failed to validate authorization plugin: plugin "{name}" not found{self._others()}')

    async def _ask(self, source: AuthorizerSource, offer: Offer[Authorizer], name: str) -> Authorizer | None:
        try:
            return await source.find(name)
        except EngineError as error:
            raise StartupError(f"failed to validate authorization plugin: {error.message}") from error
        except (Exception, SystemExit) as error:
            raise StartupError(failure(Kind.AUTHORIZER, offer.provider.name, offer.plugin, "find", error)) from error

    def _others(self) -> str:
        drivers = sorted(name for name, offer in self._offers.items() if NAMES not in offer.provider.capabilities)
        return f" (there are: {', '.join(drivers)})" if drivers else ""


def _timed(authorizer: object) -> Authorizer:
    if not isinstance(authorizer, Authorizer):
        raise TypeError(f"the plugin opened a {type(authorizer).__name__}, not an Authorizer")
    bool(authorizer.reviews_responses)
    float(authorizer.deadline)
    return authorizer
