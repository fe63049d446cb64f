"""Drivers as the engine sees them: called through a slot, as the kernel gives them."""

from typing import TypeVar

from core.kernel.slots.facade import slotted
from core.kernel.slots.slot import Slot
from sdk.providers import Kind

D = TypeVar("D")


def in_slot(kind: Kind, name: str, driver: D) -> D:
    """Return a driver's view through a slot of its own."""
    return slotted(Slot(kind, name, "tests"), driver)
