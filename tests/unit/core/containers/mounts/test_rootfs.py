"""A container's root by a descriptor, and what in it is the kernel's."""

import errno
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from core.containers.mounts import rootfs as rootfs_module
from core.containers.mounts.rootfs import environment_devices, is_environment, opened_root
from sdk.drivers.storage import StorageDriver
from sdk.errors import EngineError, InvalidArgument, ResourceExhausted, Unavailable
from sdk.linux.mountinfo import MountPoint


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("/proc", "proc", True),
        ("/proc/acpi", "tmpfs", True),
        ("/dev", "tmpfs", True),
        ("/dev/pts", "devpts", True),
        ("/dev/mqueue", "mqueue", True),
        ("/sys/fs/cgroup/memory", "cgroup", True),
        ("/dev/data", "ext4", False),
        ("/proc/config", "overlay", False),
        ("/developer", "tmpfs", False),
        ("/system", "ext4", False),
        ("/processes", "proc", False),
        ("/", "overlay", False),
        ("/srv/dev", "tmpfs", False),
    ],
)
def test_what_is_the_kernels(path: str, kind: str, expected: bool) -> None:
    assert is_environment(MountPoint(path, kind, "", "/", "")) is expected


def test_devices_of_a_process_and_of_one_that_is_gone() -> None:
    assert os.stat("/proc").st_dev in environment_devices(os.getpid())
    assert os.stat("/").st_dev not in environment_devices(os.getpid())
    assert environment_devices(None) == frozenset()
    assert environment_devices(_ended()) == frozenset()


def _ended() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
        return process.pid


class Storage:
    """Notes what it is asked for; its mounts are nothing that could be mounted."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    async def mounts(self, key: str, *, readonly: bool) -> Sequence[object]:
        self.asked.append((key, readonly))
        return []


@pytest.mark.anyio
async def test_a_container_that_runs_is_seen_as_its_process_does() -> None:
    storage = Storage()
    async with opened_root(cast(StorageDriver, storage), "key", os.getpid()) as root:
        assert os.fstat(root).st_ino == Path("/").stat().st_ino
    assert storage.asked == []


@pytest.mark.anyio
async def test_a_container_that_has_just_ended_is_seen_as_its_snapshot_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    storage = Storage()
    monkeypatch.setattr(rootfs_module, "detached", lambda _mounts, _volumes: os.open(tmp_path, os.O_PATH | os.O_CLOEXEC))
    async with opened_root(cast(StorageDriver, storage), "key", _ended(), readonly=True) as root:
        assert os.fstat(root).st_ino == tmp_path.stat().st_ino
    assert storage.asked == [("key", True)]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(root)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (OSError(errno.ENOSPC, ""), ResourceExhausted, "error mounting the container's root: no space left on device"),
        (
            OSError(errno.EDQUOT, "", "/v", None, "/t"),
            ResourceExhausted,
            "error mounting the container's root: disk quota exceeded",
        ),
        (OSError(errno.EINVAL, "", "/v"), Unavailable, "error mounting the container's root: invalid argument"),
        (
            OSError(errno.ENOTDIR, "", "/v", None, "/t"),
            InvalidArgument,
            'error mounting "/v" to rootfs at "/t": not a directory',
        ),
        (
            OSError(errno.EXDEV, "", "/v", None, "/t"),
            InvalidArgument,
            'error mounting "/v" to rootfs at "/t": path escapes from base',
        ),
    ],
)
async def test_what_cannot_be_mounted(
    monkeypatch: pytest.MonkeyPatch, error: OSError, kind: type[EngineError], message: str
) -> None:
    def detached(*_: object) -> int:
        raise error

    monkeypatch.setattr(rootfs_module, "detached", detached)
    with pytest.raises(kind) as raised:
        async with opened_root(cast(StorageDriver, Storage()), "key"):
            pass
    assert raised.value.message == message
