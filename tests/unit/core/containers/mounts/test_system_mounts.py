"""The mounts that every container has, and what options make of them."""

import pytest

from core.containers.mounts.system_mounts import container_mounts
from sdk.engine.config import HostConfig
from sdk.engine.modes import NamespaceKind, NamespaceMode
from sdk.oci.runtime import Mount

HOST, NONE = NamespaceMode(NamespaceKind.HOST), NamespaceMode(NamespaceKind.NONE)


def options(host: HostConfig, destination: str, *, writable_cgroups: bool = False) -> tuple[str, ...]:
    (found,) = [each for each in container_mounts(host, (), writable_cgroups=writable_cgroups) if each.destination == destination]
    return found.options


def destinations(host: HostConfig, *own: str) -> list[str]:
    return [each.destination for each in container_mounts(host, [Mount(place, "bind", "/src") for place in own])]


ALL = ["/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm"]


def test_the_standard_ones_parents_before_children() -> None:
    assert destinations(HostConfig()) == ALL


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (["/data"], [*ALL, "/data"]),
        (["/a/b", "/a"], [*ALL, "/a", "/a/b"]),
        (["/proc"], [*ALL[1:], "/proc"]),
        (["/dev/shm"], [*ALL[:-1], "/dev/shm"]),
        (["/dev/shm/"], [*ALL[:-1], "/dev/shm/"]),
        (["/dev"], ["/proc", "/sys", "/sys/fs/cgroup", "/dev"]),
        (["/dev/data", "/dev"], ["/proc", "/sys", "/sys/fs/cgroup", "/dev", "/dev/data"]),
        (["/developer"], [*ALL, "/developer"]),
    ],
)
def test_the_containers_own_replace_them(own: list[str], expected: list[str]) -> None:
    assert destinations(HostConfig(), *own) == expected


@pytest.mark.parametrize(
    ("host", "writable_cgroups", "sys", "cgroup"),
    [
        (HostConfig(), False, "ro", "ro"),
        (HostConfig(), True, "ro", "rw"),
        (HostConfig(privileged=True), False, "rw", "rw"),
    ],
)
def test_what_may_be_written(host: HostConfig, writable_cgroups: bool, sys: str, cgroup: str) -> None:
    assert {"ro", "rw"} & set(options(host, "/sys", writable_cgroups=writable_cgroups)) == {sys}
    assert {"ro", "rw"} & set(options(host, "/sys/fs/cgroup", writable_cgroups=writable_cgroups)) == {cgroup}


def test_a_readonly_root_leaves_writable_what_dies_with_the_container() -> None:
    host = HostConfig(privileged=True, readonly_rootfs=True)
    assert {place: "ro" in options(host, place) for place in ALL} == {
        "/proc": False, "/dev": False, "/dev/pts": False, "/sys": True, "/sys/fs/cgroup": True, "/dev/mqueue": False, "/dev/shm": False,
    }  # fmt: skip
    assert "rw" not in options(host, "/sys"), "and not both"
    (own,) = [each for each in container_mounts(host, [Mount("/data", "bind", "/src", ("rw",))]) if each.destination == "/data"]
    assert own.options == ("rw",)


@pytest.mark.parametrize(("size", "expected"), [(0, "size=67108864"), (1 << 20, "size=1048576")])
def test_the_size_of_shared_memory(size: int, expected: str) -> None:
    assert expected in options(HostConfig(shm_size=size), "/dev/shm")


def test_whose_shared_memory() -> None:
    found = {each.destination: each for each in container_mounts(HostConfig(ipc_mode=HOST), ())}
    assert (found["/dev/shm"].type, found["/dev/shm"].source) == ("bind", "/dev/shm")
    assert found["/dev/mqueue"].type == "mqueue"
    assert destinations(HostConfig(ipc_mode=NONE)) == ALL[:-1]
