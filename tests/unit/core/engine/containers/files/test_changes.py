"""`docker diff`: what a container changed, without what the engine did for it."""

import pytest

from core.engine.containers.files.changes import changes, own_changes, without_mount_points
from sdk.drivers.storage import Change, ChangeKind

A, M, D = ChangeKind.ADDED, ChangeKind.MODIFIED, ChangeKind.DELETED


def listed(*found: tuple[str, ChangeKind]) -> list[Change]:
    return [Change(path, kind) for path, kind in found]


HOSTS = [("/etc/hostname", A), ("/etc/hosts", A), ("/etc/resolv.conf", A)]


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([], []),
        ([("/etc", M), *HOSTS], []),
        ([("/etc", A), *HOSTS], [("/etc", A)]),
        ([("/etc", M), ("/etc/hosts", M)], []),
        ([("/etc", M), *HOSTS, ("/etc/own", A)], [("/etc", M), ("/etc/own", A)]),
        ([("/etc", M), ("/etc/hosts", D)], [("/etc", M), ("/etc/hosts", D)]),
        ([("/etc", M), ("/etc/deep", M), ("/etc/deep/file", A), *HOSTS], [("/etc", M), ("/etc/deep", M), ("/etc/deep/file", A)]),
        ([("/srv", M), ("/srv/file", A)], [("/srv", M), ("/srv/file", A)]),
        ([("/other/hosts", A)], [("/other/hosts", A)]),
    ],
)
def test_mount_points_of_the_engines_files_are_left_out(
    found: list[tuple[str, ChangeKind]], shown: list[tuple[str, ChangeKind]]
) -> None:
    assert without_mount_points(listed(*found)) == listed(*shown)


class Storage:
    async def changes(self, key: str) -> list[Change]:
        assert key == "c"
        return listed(("/etc", M), *HOSTS)


@pytest.mark.anyio
async def test_a_commit_keeps_the_directory_that_changed() -> None:
    assert await changes(Storage(), "c") == []
    assert await own_changes(Storage(), "c") == listed(("/etc", M))
