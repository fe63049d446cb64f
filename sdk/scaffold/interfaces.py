"""Each kind of driver: its interface, its provider and its hook."""

from collections.abc import Mapping
from dataclasses import dataclass

from sdk import providers
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
from sdk.providers import Kind


@dataclass(frozen=True, slots=True)
class Interface:
    """What an author implements, wraps and registers; `page` names its page of the reference and its contract suite."""

    driver: type[object]
    provider: type
    hook: str
    page: str


INTERFACES: Mapping[Kind, Interface] = {
    Kind.STORAGE: Interface(StorageDriver, providers.StorageProvider, "provide_storage_driver", "storage"),
    Kind.NETWORK: Interface(NetworkDriver, providers.NetworkProvider, "provide_network_driver", "network"),
    Kind.REGISTRY: Interface(RegistryBackend, providers.RegistryProvider, "provide_registry_backend", "registry"),
    Kind.RUNTIME: Interface(Runtime, providers.RuntimeProvider, "provide_runtime", "runtime"),
    Kind.FRONTEND: Interface(ApiFrontend, providers.FrontendProvider, "provide_api_frontend", "frontend"),
    Kind.VOLUME: Interface(VolumeDriver, providers.VolumeProvider, "provide_volume_driver", "volume"),
    Kind.LOG: Interface(LogDriver, providers.LogProvider, "provide_log_driver", "logs"),
    Kind.BUILDER: Interface(Builder, providers.BuilderProvider, "provide_builder", "builder"),
    Kind.VERIFIER: Interface(ImageVerifier, providers.VerifierProvider, "provide_image_verifier", "verifier"),
    Kind.AUTHORIZER: Interface(Authorizer, providers.AuthorizerProvider, "provide_authorizer", "authorizer"),
    Kind.OBSERVER: Interface(Observer, providers.ObserverProvider, "provide_observer", "observer"),
}
