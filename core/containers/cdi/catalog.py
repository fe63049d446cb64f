"""All CDI devices of this host: the files of the configured directories, a later directory before an earlier one."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from core.containers.cdi.names import parse_kind, qualified
from core.containers.cdi.specification import Device, Specification, parse_specification
from sdk.linux.regular import read_regular

_LARGEST = 16 << 20
_SUFFIXES = (".json", ".yaml")


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device and the file that describes it; `priority` is the place of its directory in the settings."""

    device: Device
    specification: Specification
    path: str
    priority: int


@dataclass(frozen=True, slots=True)
class Catalog:
    """Devices by qualified name, and what is wrong with files: path and sentence."""

    devices: Mapping[str, FoundDevice]
    faults: tuple[tuple[str, str], ...] = ()

    def has_vendor(self, vendor: str) -> bool:
        """Tell whether any device is of a vendor."""
        return any(parse_kind(found.specification.kind).vendor == vendor for found in self.devices.values())


def read_catalog(directories: Iterable[str]) -> Catalog:
    """Return the devices that the files of the directories describe, subdirectories left out; missing directories are empty.

    Of devices of one name that of the later directory counts; within one directory there is none of that name.
    Files are parsed again only after they changed. Blocks for the time of a few file accesses.
    """
    faults: list[tuple[str, str]] = []
    candidates: defaultdict[str, list[FoundDevice]] = defaultdict(list)
    for priority, directory in enumerate(directories):
        for path in _files(os.path.normpath(directory)):
            specification = _loaded(path)
            if isinstance(specification, str):
                faults.append((path, f"failed to load CDI Spec {specification}"))
                continue
            for device in specification.devices:
                found = FoundDevice(device, specification, path, priority)
                candidates[qualified(specification.kind, device.called)].append(found)
    devices = {}
    for name, found_devices in sorted(candidates.items()):
        best = [found for found in found_devices if found.priority == found_devices[-1].priority]
        if len(best) == 1:
            devices[name] = best[0]
        else:
            faults.extend(_conflict(name, best))
    return Catalog(devices, tuple(faults))


def _conflict(name: str, found: list[FoundDevice]) -> Iterator[tuple[str, str]]:
    paths = ", ".join(f'"{each.path}"' for each in found)
    for each in found:
        yield each.path, f'conflicting device "{name}" (specs {paths})'


def _files(directory: str) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            return sorted(
                entry.path for entry in entries if entry.name.endswith(_SUFFIXES) and not entry.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []


def _loaded(path: str) -> Specification | str:
    """Return what a file says, or why that cannot be told."""
    try:
        status = os.stat(path)
        return _parsed(path, (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size))
    except OSError as error:
        return f'failed to read CDI Spec "{path}": {(error.strerror or "").lower()}'
    except ValueError as error:
        return str(error)


@lru_cache(maxsize=256)
def _parsed(path: str, _version: tuple[int, ...]) -> Specification:
    """Return what a file of this version says; a GPU's may have a thousand lines of YAML. Raises ValueError, OSError."""
    return parse_specification(read_regular(path, _LARGEST), path)
