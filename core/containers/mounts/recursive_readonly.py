"""Whether the kernel can make a mount and all below it read-only at once (mount_setattr(2), Linux 5.12)."""

import os


def _version(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("-", maxsplit=1)[0].split(".")[:2] if part.isdecimal())


HAS_RECURSIVE_READONLY = _version(os.uname().release) >= (5, 12)
