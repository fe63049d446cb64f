"""What is an interface of drivers, and what of one is there to be called."""

_ROOM = "sdk.drivers."


def is_interface(base: type[object]) -> bool:
    """Tell whether a base of a driver's class is one of the sdk's interfaces: that of a kind, or an optional ability."""
    return base.__module__.startswith(_ROOM)


def members_of(interface: type[object]) -> dict[str, object]:
    """Return the public methods and properties that an interface adds to its bases, by name."""
    return {name: each for name, each in vars(interface).items() if not name.startswith("_") and _is_asked(each)}


def _is_asked(member: object) -> bool:
    return callable(member) or isinstance(member, property)
