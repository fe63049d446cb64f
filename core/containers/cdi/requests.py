"""What a client asks for with `--device vendor/class=name`, `--gpus` and their like, answered from the CDI files of this host."""

from collections.abc import Sequence

from core.containers.cdi.catalog import Catalog, read_catalog
from core.containers.cdi.edits import with_edits
from core.containers.cdi.names import qualified
from core.containers.cdi.specification import ContainerEdits
from sdk.engine.config import DeviceRequest
from sdk.errors import InvalidArgument
from sdk.oci import runtime as oci

_GPUS = {"nvidia.com": "nvidia", "amd.com": "amd"}
"""Vendors whose GPUs `--gpus` gives, the first that this host has, and the names that clients know their drivers by."""

_CAPABILITIES = {
    "nvidia": frozenset(("gpu", "nvidia", "compute", "compat32", "graphics", "utility", "video", "display")),
    "amd": frozenset(("gpu", "amd")),
}


def with_requested_devices(spec: oci.Spec, requests: Sequence[DeviceRequest], directories: Sequence[str]) -> oci.Spec:
    """Return a runtime specification with the devices that were asked for. Reads the host's CDI files, which blocks.

    Raises InvalidArgument, in Docker's words, for a request that nothing here can answer and for a device that no file describes.
    """
    catalog = read_catalog(directories)
    for request in requests:
        edits = _edits(_names(request, catalog, enabled=bool(directories)), catalog)
        try:
            spec = with_edits(spec, edits)
        except ValueError as error:
            raise InvalidArgument(f"CDI device injection failed: failed to inject devices: {error}") from None
    return spec


def _names(request: DeviceRequest, catalog: Catalog, *, enabled: bool) -> Sequence[str]:
    """Return the qualified names of the devices of a request. Raises InvalidArgument."""
    if request.driver == "cdi" and enabled:
        if request.count:
            raise InvalidArgument("unexpected count in CDI device request")
        if request.options:
            raise InvalidArgument("unexpected options in CDI device request")
        return request.device_ids or ()
    for vendor, driver in _GPUS.items():
        if catalog.has_vendor(vendor) and _selects(request, driver):
            return [qualified(f"{vendor}/gpu", device) for device in _chosen(request, len(catalog.devices))]
    wanted = " ".join(f"[{' '.join(group)}]" for group in request.capabilities or ())
    raise InvalidArgument(f'could not select device driver "{request.driver}" with capabilities: [{wanted}]')


def _selects(request: DeviceRequest, driver: str) -> bool:
    """Tell whether a request means a driver: by its name, or by a group of capabilities that it has all of."""
    if request.driver:
        return request.driver in (driver, f"{driver}.cdi")
    return any(_CAPABILITIES[driver].issuperset(group) for group in request.capabilities or ())


def _chosen(request: DeviceRequest, most: int) -> Sequence[str]:
    """Return the devices of a request within their kind; of a count beyond all there are, one more than that."""
    if request.count and request.device_ids:
        raise InvalidArgument("cannot set both Count and DeviceIDs on device request")
    if request.count < 0:
        return ("all",)
    return request.device_ids or [str(number) for number in range(min(request.count, most + 1))]


def _edits(names: Sequence[str], catalog: Catalog) -> list[ContainerEdits]:
    """Return the edits of devices, each file's own before those of its first device. Raises InvalidArgument for unknown names."""
    if missing := [name for name in names if name not in catalog.devices]:
        raise InvalidArgument(f"CDI device injection failed: unresolvable CDI devices {', '.join(missing)}")
    edits: list[ContainerEdits] = []
    files: set[str] = set()
    for found in (catalog.devices[name] for name in names):
        if found.path not in files:
            edits.append(found.specification.container_edits)
        files.add(found.path)
        edits.append(found.device.container_edits)
    return edits
