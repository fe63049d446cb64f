"""mount(8)'s words as flags of mount(2): what sets, what clears, what is the file system's own."""

from collections.abc import Sequence

import pytest

from sdk.linux.mount import MountFlag
from sdk.linux.mount_options import split_options

NONE = MountFlag(0)


@pytest.mark.parametrize(
    ("options", "flags", "propagation", "data"),
    [
        ([], NONE, NONE, ""),
        (["defaults"], NONE, NONE, ""),
        (["ro", "nosuid"], MountFlag.RDONLY | MountFlag.NOSUID, NONE, ""),
        (["ro", "rw"], NONE, NONE, ""),
        (["rw", "ro"], MountFlag.RDONLY, NONE, ""),
        (["noexec", "exec", "nodev", "dev", "nosuid", "suid"], NONE, NONE, ""),
        (["relatime", "norelatime", "strictatime"], MountFlag.STRICTATIME, NONE, ""),
        (["rbind"], MountFlag.BIND | MountFlag.REC, NONE, ""),
        (["rslave"], NONE, MountFlag.SLAVE | MountFlag.REC, ""),
        (["shared", "rprivate"], NONE, MountFlag.PRIVATE | MountFlag.REC, ""),
        (["size=1m", "ro", "mode=700"], MountFlag.RDONLY, NONE, "size=1m,mode=700"),
        (["RO", ""], NONE, NONE, "RO,"),
    ],
)
def test_later_words_override_earlier_ones(options: Sequence[str], flags: MountFlag, propagation: MountFlag, data: str) -> None:
    assert split_options(options) == (flags, propagation, data)
