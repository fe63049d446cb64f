"""What of a driver that `core plugin new` wrote is still to be written."""

import inspect

_SENTENCE = "is not implemented yet"


def unwritten(driver: type) -> list[str]:
    """Return the methods of a class that do nothing but say that they are not implemented yet, in the order of the source."""
    found = []
    for name, member in vars(driver).items():
        function = member.fget if isinstance(member, property) else member
        if inspect.isfunction(function) and any(_SENTENCE in str(each) for each in function.__code__.co_consts):
            found.append(name)
    return found
