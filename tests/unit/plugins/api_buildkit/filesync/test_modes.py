import stat

import pytest

from plugins.api_buildkit.filesync.modes import go_mode, permissions


@pytest.mark.parametrize(
    ("posix", "go"),
    [
        (stat.S_IFREG | 0o644, 0o644),
        (stat.S_IFDIR | 0o1777, 1 << 31 | 1 << 20 | 0o777),
        (stat.S_IFREG | 0o4755, 1 << 23 | 0o755),
        (stat.S_IFLNK | 0o777, 1 << 27 | 0o777),
        (stat.S_IFCHR | 0o600, 1 << 26 | 1 << 21 | 0o600),
        (stat.S_IFBLK | 0o600, 1 << 26 | 0o600),
        (stat.S_IFIFO | 0o600, 1 << 25 | 0o600),
    ],
)
def test_modes_go_there_and_back(posix: int, go: int) -> None:
    assert go_mode(posix) == go
    assert permissions(go) == stat.S_IMODE(posix)
