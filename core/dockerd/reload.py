"""SIGHUP: which settings change while the daemon runs, and what the event `reload` says of them."""

import json
from collections.abc import Mapping

from core.config import Settings
from core.dockerd.configuration import Configuration

_KEPT = {
    "debug": "debug",
    "label": "labels",
    "live-restore": "live_restore",
    "shutdown-timeout": "shutdown_timeout",
    "insecure-registry": "insecure_registries",
    "registry-mirror": "registry_mirrors",
    "add-runtime": "runtimes",
}
"""By option the setting that a file changes; a file that does not name it leaves it as it is."""

_KEPT_OF_CONTAINERS = {
    "default-runtime": "runtime",
    "default-shm-size": "shm_size",
    "default-ipc-mode": "ipc_mode",
    "default-cgroupns-mode": "cgroupns_mode",
    "default-stop-timeout": "stop_timeout",
}

_RESET = ("transfers", "features")
"""Settings that a file resets when it does not name them, as dockerd does."""


def reloaded(current: Settings, fresh: Configuration) -> Settings:
    """Return the settings in effect after a reload: those that may change as the file says now, all others as they were."""
    wanted = fresh.settings
    changes: dict[str, object] = {setting: getattr(wanted, setting) for option, setting in _KEPT.items() if _says(fresh, option)}
    containers = {
        setting: getattr(wanted.containers, setting) for option, setting in _KEPT_OF_CONTAINERS.items() if _says(fresh, option)
    }
    if _says(fresh, "authorization-plugin"):
        changes["drivers"] = current.drivers.model_copy(update={"authorizers": wanted.drivers.authorizers})
    changes["containers"] = current.containers.model_copy(update=containers)
    changes.update({setting: getattr(wanted, setting) for setting in _RESET})
    return current.model_copy(update=changes)


def _says(fresh: Configuration, option: str) -> bool:
    """Tell whether a file sets an option. Of `core.toml` every key counts as set: a missing one is the default."""
    return fresh.file is None or option in fresh.in_file


def attributes(settings: Settings, cgroup_version: int) -> Mapping[str, str]:
    """Return the attributes of the event `reload`, in dockerd's names and spellings."""
    containers, transfers = settings.containers, settings.transfers
    return {
        "debug": _word(settings.debug),
        "default-cgroupns-mode": containers.cgroupns_mode or ("private" if cgroup_version == 2 else "host"),
        "default-ipc-mode": containers.ipc_mode,
        "default-runtime": containers.runtime or settings.drivers.runtime,
        "default-shm-size": str(containers.shm_size),
        "default-stop-timeout": str(containers.stop_timeout),
        "features": f"map[{' '.join(f'{name}:{_word(on)}' for name, on in sorted(settings.features.items()))}]",
        "insecure-registries": _array(settings.insecure_registries),
        "labels": _array(settings.labels),
        "live-restore": _word(settings.live_restore),
        "max-concurrent-downloads": str(transfers.downloads),
        "max-concurrent-uploads": str(transfers.uploads),
        "max-download-attempts": str(transfers.attempts),
        "registry-mirrors": _array(settings.registry_mirrors),
        "runtimes": " ".join(f"{name}:{runtime.path}" for name, runtime in settings.runtimes.items()),
        "shutdown-timeout": str(settings.shutdown_timeout),
    }


def _word(switch: bool) -> str:
    return str(switch).lower()


def _array(values: tuple[str, ...]) -> str:
    return json.dumps(list(values), separators=(",", ":"), ensure_ascii=False)
