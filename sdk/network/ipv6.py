"""IPv6 on a link of the calling thread's network namespace."""

import errno
import os


def disable_ipv6(interface: str) -> bool:
    """Switch IPv6 off on a link that is down, so that it never gives itself an address, as Docker does on networks without IPv6; idempotent.

    Return whether the link has none now: True also where the kernel, or a link with too short frames, has no IPv6 at all; False where
    /proc/sys is read-only. Raises OSError for anything else.
    """
    try:
        fd = os.open(f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6", os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            return False
        raise
    try:
        os.write(fd, b"1")
    finally:
        os.close(fd)
    return True
