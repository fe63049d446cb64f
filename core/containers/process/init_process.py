"""`--init`: a small init of this host as the container's first process, which reaps orphans and forwards signals."""

import os
import shutil

from sdk.errors import StartFailed
from sdk.oci.runtime import Mount

INSIDE = "/sbin/docker-init"
"""Where it is in every container; the name is what Docker's users see in `ps`."""

CANDIDATES = ("docker-init", "tini-static", "catatonit")
"""Statically linked ones, since the container's libraries are not the host's; in the order they are looked for."""


def find_init(configured: str = "") -> str:
    """Return the host's init binary. Raises StartFailed with a sentence that says what to install."""
    for name in (configured,) if configured else CANDIDATES:
        found = shutil.which(name) or (f"/usr/bin/{name}" if os.access(f"/usr/bin/{name}", os.X_OK) else None)
        if found:
            return os.path.realpath(found)
    raise StartFailed(
        f'exec: "{configured or CANDIDATES[0]}": executable file not found in $PATH '
        "(--init needs docker-init or tini-static on the host: install Debian's package tini)",
    )


def init_mount(binary: str) -> Mount:
    """Return the mount that brings the host's binary in."""
    return Mount(destination=INSIDE, type="bind", source=binary, options=("bind", "ro"))


def with_init(args: tuple[str, ...]) -> tuple[str, ...]:
    """Return the arguments of the init that runs `args`."""
    return (INSIDE, "--", *args)
