"""Each kind of driver: its interface, its provider and its hook."""

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass

from sdk import providers
from sdk.drivers.builder import Builder
from sdk.drivers.logs import LogDriver
from sdk.drivers.network import NetworkDriver
from sdk.drivers.registry import RegistryBackend
from sdk.drivers.runtime import Runtime
from sdk.drivers.storage import StorageDriver
from sdk.drivers.verifier import ImageVerifier
from sdk.drivers.volume import VolumeDriver
from sdk.frontend import ApiFrontend
from sdk.providers import Kind


@dataclass(frozen=True, slots=True)
class Interface:
    """What an author implements, wraps and registers."""

    driver: type[ABC]
    provider: type
    hook: str


INTERFACES: Mapping[Kind, Interface] = {
    Kind.STORAGE: Interface(StorageDriver, providers.StorageProvider, "provide_storage_driver"),
    Kind.NETWORK: Interface(NetworkDriver, providers.NetworkProvider, "provide_network_driver"),
    Kind.REGISTRY: Interface(RegistryBackend, providers.RegistryProvider, "provide_registry_backend"),
    Kind.RUNTIME: Interface(Runtime, providers.RuntimeProvider, "provide_runtime"),
    Kind.FRONTEND: Interface(ApiFrontend, providers.FrontendProvider, "provide_api_frontend"),
    Kind.VOLUME: Interface(VolumeDriver, providers.VolumeProvider, "provide_volume_driver"),
    Kind.LOG: Interface(LogDriver, providers.LogProvider, "provide_log_driver"),
    Kind.BUILDER: Interface(Builder, providers.BuilderProvider, "provide_builder"),
    Kind.VERIFIER: Interface(ImageVerifier, providers.VerifierProvider, "provide_image_verifier"),
}
