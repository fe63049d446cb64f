import base64
import json
import stat

import pytest

from plugins.api_docker.convert.files import filesystem_change, go_file_mode, path_stat_header
from sdk.drivers.storage import Change, ChangeKind
from sdk.engine.containers import PathStat


@pytest.mark.parametrize(
    ("mode", "go"),
    [
        (stat.S_IFREG | 0o644, 0o644),
        (stat.S_IFDIR | 0o755, 0x80000000 | 0o755),
        (stat.S_IFDIR | 0o1777, 0x80000000 | 0x100000 | 0o777),
        (stat.S_IFLNK | 0o777, 0x8000000 | 0o777),
        (stat.S_IFREG | 0o4755, 0x800000 | 0o755),
        (stat.S_IFREG | 0o2755, 0x400000 | 0o755),
        (stat.S_IFIFO | 0o600, 0x2000000 | 0o600),
        (stat.S_IFSOCK | 0o600, 0x1000000 | 0o600),
        (stat.S_IFBLK | 0o600, 0x4000000 | 0o600),
        (stat.S_IFCHR | 0o600, 0x4200000 | 0o600),
    ],
)
def test_modes_are_gos(mode: int, go: int) -> None:
    assert go_file_mode(mode) == go


def test_the_header_is_base64_of_an_object() -> None:
    header = path_stat_header(PathStat("ü", 1, stat.S_IFLNK | 0o777, 0, "/target"))
    assert json.loads(base64.b64decode(header)) == {
        "name": "ü", "size": 1, "mode": 0x8000000 | 0o777, "mtime": "1970-01-01T00:00:00Z", "linkTarget": "/target",
    }  # fmt: skip


def test_names_that_are_not_utf8_can_be_shown() -> None:
    assert filesystem_change(Change("/a\udcff", ChangeKind.DELETED)).path == "/a\ufffd"
    assert [filesystem_change(Change("/a", kind)).kind for kind in ChangeKind] == [0, 1, 2]
