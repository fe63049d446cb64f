"""Names of block devices."""

import os
from functools import lru_cache


@lru_cache(maxsize=256)
def device_name(major: int, minor: int) -> str:
    """Return a block device's path, such as /dev/sda, as cAdvisor names it; its numbers where the kernel does not know it."""
    try:
        return f"/dev/{os.path.basename(os.readlink(f'/sys/dev/block/{major}:{minor}'))}"
    except OSError:
        return f"{major}:{minor}"
