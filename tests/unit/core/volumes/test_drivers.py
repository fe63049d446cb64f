"""Volume drivers by name: opened at start, or known by a source when they are asked for."""

from types import SimpleNamespace
from typing import cast

import pytest

from core.drivers import Drivers
from core.volumes.drivers import coming_drivers, driver_names, find_driver
from sdk.drivers.volume import VolumeDriver, VolumeDriverSource
from sdk.errors import NotFound


class Source(VolumeDriverSource):
    """Knows drivers by name; None for one that is listed and does not answer."""

    def __init__(self, **known: object) -> None:
        self.known = known

    def names(self) -> tuple[str, ...]:
        return tuple(self.known)

    def find(self, name: str) -> VolumeDriver | None:
        return cast("VolumeDriver | None", self.known.get(name))


class Opened:
    """A `Drivers` of which only volumes matter."""

    def __init__(self, **volumes: object) -> None:
        self.volumes = volumes

    def volume(self, name: str) -> object:
        try:
            return self.volumes[name or "local"]
        except KeyError:
            raise NotFound(f'error looking up volume plugin {name}: plugin "{name}" not found') from None


LOCAL, NFS, OTHER = SimpleNamespace(), SimpleNamespace(), SimpleNamespace()


def drivers(**volumes: object) -> Drivers:
    return cast(Drivers, Opened(local=LOCAL, **volumes))


def test_a_driver_is_found_where_it_is() -> None:
    found = drivers(legacy=Source(nfs=NFS, local=OTHER), second=Source(nfs=OTHER, late=OTHER))
    assert find_driver(found, "") is LOCAL
    assert find_driver(found, "local") is LOCAL, "what was opened comes first"
    assert find_driver(found, "nfs") is NFS
    assert find_driver(found, "late") is OTHER


@pytest.mark.parametrize("name", ["none", "silent"])
def test_one_that_is_not_there_is_told_in_dockers_words(name: str) -> None:
    with pytest.raises(NotFound) as missing:
        find_driver(drivers(legacy=Source(silent=None)), name)
    assert missing.value.message == f'error looking up volume plugin {name}: plugin "{name}" not found'


def test_which_are_coming_and_which_can_be_named() -> None:
    found = drivers(legacy=Source(nfs=NFS, local=OTHER, silent=None))
    assert coming_drivers(found) == {"nfs": NFS}
    assert driver_names(found) == ("local", "nfs", "silent")
    assert driver_names(drivers()) == ("local",)
