"""The hooks. All are synchronous; each provides a driver, observes, or amends a runtime spec.

Drivers are chosen by the name in the configuration, never by the order of hook calls.

Beside its hooks a plugin's module may declare two names:

- `API_VERSION`: the version of the plugin API that it was built for, a pair of integers such as `(1, 0)` (`sdk.version`). The engine refuses
  a plugin that was built for another API than it offers, and names the way out.
- `CONTRACT`: the name of a module of the plugin's distribution that has the contract suite of its drivers, as its tests have it.
  `core plugin check` runs that module. A plugin with drivers of several kinds has a mapping, such as `{"log": "MODULE"}`; one name is there that of
  the only kind that needs examples. Without it a storage, network, volume, log, runtime or builder driver is tried by the suite of its
  kind alone; the other kinds need examples of what the driver serves, allows or refuses. "" says that the suites need more than the machine has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import typer

    from sdk.engine import Engine
    from sdk.events import Event
    from sdk.oci.runtime import Spec
    from sdk.providers import (
        AuthorizerProvider,
        BuilderProvider,
        FrontendProvider,
        LogProvider,
        NetworkProvider,
        ObserverProvider,
        RegistryProvider,
        RuntimeProvider,
        StorageProvider,
        VerifierProvider,
        VolumeProvider,
    )

ENTRY_POINT_GROUP = "core.plugins"

hookspec = pluggy.HookspecMarker("core")
hookimpl = pluggy.HookimplMarker("core")

# ---------------------------------------------------------------------------------------------------------------------
# Drivers: asked once, while the daemon starts
# ---------------------------------------------------------------------------------------------------------------------


@hookspec
def provide_storage_driver() -> StorageProvider[Any]:
    """Provide a storage driver."""
    raise NotImplementedError


@hookspec
def provide_network_driver() -> NetworkProvider[Any]:
    """Provide a network driver."""
    raise NotImplementedError


@hookspec
def provide_registry_backend() -> RegistryProvider[Any]:
    """Provide a registry backend."""
    raise NotImplementedError


@hookspec
def provide_runtime() -> RuntimeProvider[Any]:
    """Provide a runtime."""
    raise NotImplementedError


@hookspec
def provide_api_frontend() -> FrontendProvider[Any]:
    """Provide an API frontend."""
    raise NotImplementedError


@hookspec
def provide_volume_driver() -> VolumeProvider[Any]:
    """Provide a volume driver."""
    raise NotImplementedError


@hookspec
def provide_log_driver() -> LogProvider[Any]:
    """Provide a log driver."""
    raise NotImplementedError


@hookspec
def provide_builder() -> BuilderProvider[Any]:
    """Provide a builder of images."""
    raise NotImplementedError


@hookspec
def provide_image_verifier() -> VerifierProvider[Any]:
    """Provide a policy that says which images may be pulled and used."""
    raise NotImplementedError


@hookspec
def provide_authorizer() -> AuthorizerProvider[Any]:
    """Provide a policy that says which requests of which clients the daemon serves."""
    raise NotImplementedError


@hookspec
def provide_observer() -> ObserverProvider[Any]:
    """Provide an observer of events and of containers' starts, with settings of its own. It does nothing until it is chosen."""
    raise NotImplementedError


# ---------------------------------------------------------------------------------------------------------------------
# Observers and amendments: called while the daemon runs
# ---------------------------------------------------------------------------------------------------------------------


@hookspec
def amend_runtime_spec(spec: Spec, container_id: str) -> Spec | None:
    """Look at a container's runtime spec just before it is started; return a changed one, or None to leave it. Must be pure.

    A container is not started where this raises, or where the plugin has failed before: the amendment may be a security measure.
    """


@hookspec
def on_event(event: Event) -> None:
    """See every event after it was published. Runs on the event loop: be quick."""


@hookspec
def engine_ready(engine: Engine) -> None:
    """Learn that the engine serves requests. Called once, before the listeners open."""


# ---------------------------------------------------------------------------------------------------------------------
# Command line
# ---------------------------------------------------------------------------------------------------------------------


@hookspec
def provide_cli_commands() -> Sequence[tuple[str, typer.Typer]]:
    """Add sub-commands to the `core` command: pairs of a name and a typer application. One that has a single command and no callback is
    that command. A name that `core` or another plugin has is left out and told."""
    return ()
