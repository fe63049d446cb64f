"""Device nodes and links of /dev, as a plan makes them."""

import stat

import pytest

from plugins.runtime_ns.steps.devices import DEFAULT_DEVICES, make_devices
from sdk.errors import InvalidArgument
from sdk.linux.syscalls import ABI, syscall_numbers
from sdk.oci.runtime import Device, Linux, Mount, Process, Root, Spec, User
from sdk.shim.plan import Operation, Plan


def planned(*devices: Device, mounts: tuple[Mount, ...] = ()) -> list[Operation]:
    plan = Plan(syscall_numbers(ABI.X86_64))
    process = Process(args=("x",), cwd="/", user=User())
    make_devices(plan, Spec("1.2.0", process=process, root=Root("/r"), mounts=mounts, linux=Linux(devices=devices)))
    plan.assemble()
    return plan.operations


def nodes(operations: list[Operation]) -> list[tuple[object, ...]]:
    return [operation.arguments[1:] for operation in operations if operation.syscall == "mknodat"]


def test_every_container_has_the_usual_nodes_and_links() -> None:
    operations = planned()
    assert [node[0] for node in nodes(operations)] == [device.path for device in DEFAULT_DEVICES]
    links = {operation.arguments[2]: operation.arguments[0] for operation in operations if operation.syscall == "symlinkat"}
    assert links["/dev/fd"] == "/proc/self/fd"
    assert links["/dev/ptmx"] == "pts/ptmx"


@pytest.mark.parametrize(("kind", "mode"), [("c", stat.S_IFCHR), ("u", stat.S_IFCHR), ("b", stat.S_IFBLK), ("p", stat.S_IFIFO)])
def test_a_node_has_kind_permissions_number_and_owner(kind: str, mode: int) -> None:
    operations = planned(Device("/dev/d", kind, 8, 300, file_mode=0o100640, uid=5, gid=6))
    (node,) = (node for node in nodes(operations) if node[0] == "/dev/d")
    assert node[1:3] == (mode | 0o640, (300 & 0xFF) | 8 << 8 | (300 & ~0xFF) << 12)
    (owner,) = (operation for operation in operations if operation.syscall == "fchownat")
    assert owner.arguments[1:4] == ("/dev/d", 5, 6)


def test_a_device_of_a_usual_name_takes_its_place() -> None:
    made = nodes(planned(Device("/dev/null", "c", 9, 9)))
    assert [node[0] for node in made].count("/dev/null") == 1
    assert made[-1][2] == (9 << 8) | 9


def test_a_device_elsewhere_has_its_directories_made() -> None:
    below = [operation for operation in planned(Device("/dev/snd/x", "c", 1, 1)) if operation.syscall == "mkdirat"]
    assert below
    assert not [operation for operation in planned(Device("/dev/x", "c", 1, 1)) if operation.syscall == "mkdirat"]


@pytest.mark.parametrize("place", ["/dev", "/dev/"])
def test_a_dev_of_the_hosts_is_left_alone(place: str) -> None:
    assert planned(Device("/dev/x", "c", 1, 1), mounts=(Mount(place, "bind", "/dev", ("rbind",)),)) == []
    assert planned(mounts=(Mount("/dev", "tmpfs", "tmpfs", ()), Mount("/dev/shm", "bind", "/x", ("bind",)))) != []


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidArgument, match='device /dev/x: unknown type "z"'):
        planned(Device("/dev/x", "z", 1, 1))
