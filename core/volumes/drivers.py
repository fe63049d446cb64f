"""The volume driver of a name: one that was opened at start, or one that a source of drivers knows of now."""

from collections.abc import Iterator

from core.drivers import Drivers
from sdk.drivers.volume import VolumeDriver, VolumeDriverSource


def find_driver(drivers: Drivers, name: str) -> VolumeDriver:
    """Return a volume driver. Raises NotFound with Docker's sentence."""
    if name and name not in drivers.volumes:
        found = (source.find(name) for source in _sources(drivers))
        driver = next((driver for driver in found if driver is not None), None)
        if driver is not None:
            return driver
    return drivers.volume(name)


def coming_drivers(drivers: Drivers) -> dict[str, VolumeDriver]:
    """Return the drivers that sources know of now, by name; they may not answer."""
    known = {name: source.find(name) for source in _sources(drivers) for name in source.names() if name not in drivers.volumes}
    return {name: driver for name, driver in known.items() if driver is not None}


def driver_names(drivers: Drivers) -> tuple[str, ...]:
    """Return the names of all drivers that a volume may be made with."""
    opened = (name for name, driver in drivers.volumes.items() if not isinstance(driver, VolumeDriverSource))
    return tuple(dict.fromkeys((*opened, *(name for source in _sources(drivers) for name in source.names()))))


def _sources(drivers: Drivers) -> Iterator[VolumeDriverSource]:
    return (driver for driver in drivers.volumes.values() if isinstance(driver, VolumeDriverSource))
