"""Every driver the installed plugins offer, asked for once, with names that are unique within a kind."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.kernel.discovery import BUNDLED
from core.kernel.health import Health
from core.kernel.hooks import D, Offer, PluginHooks
from sdk.builder import Builder
from sdk.drivers.authorizer import Authorizer
from sdk.drivers.logs import LogDriver
from sdk.drivers.network import NetworkDriver
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.runtime import Runtime
from sdk.drivers.storage import StorageDriver
from sdk.drivers.verifier import ImageVerifier
from sdk.drivers.volume import VolumeDriver
from sdk.frontend import ApiFrontend
from sdk.observer import Observer
from sdk.providers import Kind, PluginSettings


@dataclass(frozen=True, slots=True)
class Offers:
    """Offers by kind and driver name."""

    storage: Mapping[str, Offer[StorageDriver]]
    registry: Mapping[str, Offer[RegistryBackend]]
    runtimes: Mapping[str, Offer[Runtime]]
    networks: Mapping[str, Offer[NetworkDriver]]
    volumes: Mapping[str, Offer[VolumeDriver]]
    logs: Mapping[str, Offer[LogDriver]]
    builders: Mapping[str, Offer[Builder]]
    verifiers: Mapping[str, Offer[ImageVerifier]]
    authorizers: Mapping[str, Offer[Authorizer]]
    frontends: Mapping[str, Offer[ApiFrontend]]
    observers: Mapping[str, Offer[Observer]]

    def __iter__(self) -> Iterator["Described"]:
        """Yield every offer, kind by kind."""
        yield from _described(Kind.STORAGE, self.storage)
        yield from _described(Kind.REGISTRY, self.registry)
        yield from _described(Kind.RUNTIME, self.runtimes)
        yield from _described(Kind.NETWORK, self.networks)
        yield from _described(Kind.VOLUME, self.volumes)
        yield from _described(Kind.LOG, self.logs)
        yield from _described(Kind.BUILDER, self.builders)
        yield from _described(Kind.VERIFIER, self.verifiers)
        yield from _described(Kind.AUTHORIZER, self.authorizers)
        yield from _described(Kind.FRONTEND, self.frontends)
        yield from _described(Kind.OBSERVER, self.observers)


@dataclass(frozen=True, slots=True)
class Described:
    """What can be told about an offer without opening it."""

    kind: Kind
    name: str
    plugin: str
    settings: type[PluginSettings]


def _described(kind: Kind, offers: Mapping[str, Offer[D]]) -> Iterator[Described]:
    for name, offer in offers.items():
        yield Described(kind, name, offer.plugin, offer.provider.settings)


def collect_offers(hooks: PluginHooks, health: Health) -> Offers:
    """Ask all plugins for their drivers.

    Of two of one kind and name the engine's own is kept, so that installing a distribution changes nothing. Two of others are both
    refused: a choice by name would be a guess.
    """

    def unique(kind: Kind, offers: Sequence[Offer[D]]) -> Mapping[str, Offer[D]]:
        by_name: dict[str, list[Offer[D]]] = defaultdict(list)
        for offer in offers:
            by_name[offer.provider.name].append(offer)
        for name, rivals in by_name.items():
            if len(rivals) > 1:
                holders = " and ".join(f"{rival.plugin} ({health.distribution(rival.plugin)})" for rival in rivals)
                kept = [rival for rival in rivals if health.distribution(rival.plugin) == BUNDLED]
                for rival in rivals:
                    if kept != [rival]:
                        health.failed(rival.plugin, f'{kind} driver "{name}" is provided by both {holders}')
                by_name[name] = kept if len(kept) == 1 else []
        return {name: rivals[0] for name, rivals in by_name.items() if rivals}

    return Offers(
        storage=unique(Kind.STORAGE, hooks.storage_drivers()),
        registry=unique(Kind.REGISTRY, hooks.registry_backends()),
        runtimes=unique(Kind.RUNTIME, hooks.runtimes()),
        networks=unique(Kind.NETWORK, hooks.network_drivers()),
        volumes=unique(Kind.VOLUME, hooks.volume_drivers()),
        logs=unique(Kind.LOG, hooks.log_drivers()),
        builders=unique(Kind.BUILDER, hooks.builders()),
        verifiers=unique(Kind.VERIFIER, hooks.image_verifiers()),
        authorizers=unique(Kind.AUTHORIZER, hooks.authorizers()),
        frontends=unique(Kind.FRONTEND, hooks.api_frontends()),
        observers=unique(Kind.OBSERVER, hooks.observers()),
    )
