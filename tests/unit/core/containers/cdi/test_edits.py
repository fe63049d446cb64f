"""What a device changes in a container's runtime specification."""

import os
import re
from pathlib import Path

import pytest

from core.containers.cdi.edits import with_edits
from core.containers.cdi.specification import ContainerEdits, DeviceNode, Hook, IntelRdt, Mount, NetDevice
from sdk.oci import runtime as oci

PLAIN = oci.Spec(
    oci_version="1.0.2",
    process=oci.Process(args=("sh",), cwd="/", user=oci.User(uid=5, gid=6, additional_gids=(7,)), env=("PATH=/bin", "A=0")),
    root=oci.Root("rootfs"),
    mounts=(oci.Mount("/proc", "proc"), oci.Mount("/a/b/c", "bind", "/x"), oci.Mount("/lib", "bind", "/y")),
    linux=oci.Linux(devices=(oci.Device("/dev/fuse", "c", 10, 229),), resources=oci.Resources((oci.DeviceRule(allow=False),))),
)


def test_no_edits_change_nothing():
    assert with_edits(PLAIN, ()) == PLAIN


def test_variables_replace_others_and_later_ones_win():
    edits = (ContainerEdits(env=("A=1", "B=1")), ContainerEdits(env=("B=2",)))
    assert with_edits(PLAIN, edits).process.env == ("PATH=/bin", "A=1", "B=2")


def test_a_node_is_completed_from_the_host():
    edits = ContainerEdits(device_nodes=(DeviceNode("/dev/nothing", host_path="/dev/null", permissions="rw"),))
    changed = with_edits(PLAIN, [edits])
    mode = os.stat("/dev/null").st_mode & 0o7777
    assert changed.linux.devices[-1] == oci.Device("/dev/nothing", "c", 1, 3, mode, 5, 6)
    assert changed.linux.resources is not None
    assert changed.linux.resources.devices == (
        oci.DeviceRule(allow=False),
        oci.DeviceRule(allow=True, type="c", major=1, minor=3, access="rw"),
    )


def test_a_node_that_is_described_need_not_be_on_the_host():
    node = DeviceNode("/dev/none", type="b", major=240, minor=1, file_mode=0o600, uid=0, gid=1)
    changed = with_edits(PLAIN, [ContainerEdits(device_nodes=(node,))])
    assert changed.linux.devices[-1] == oci.Device("/dev/none", "b", 240, 1, 0o600, 0, 1)


def test_a_node_replaces_one_at_its_place():
    changed = with_edits(PLAIN, [ContainerEdits(device_nodes=(DeviceNode("/dev/fuse", host_path="/dev/zero"),))])
    assert [(device.path, device.minor) for device in changed.linux.devices] == [("/dev/fuse", 5)]


def test_a_fifo_has_no_rule(tmp_path: Path):
    os.mkfifo(tmp_path / "fifo")
    changed = with_edits(PLAIN, [ContainerEdits(device_nodes=(DeviceNode(str(tmp_path / "fifo")),))])
    assert changed.linux.devices[-1].type == "p"
    assert changed.linux.resources == PLAIN.linux.resources


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        (DeviceNode("/dev/no-such-device"), 'failed to stat CDI host device "/dev/no-such-device": no such file or directory'),
        (DeviceNode("/dev/a", host_path="/etc/passwd"), 'failed to stat CDI host device "/etc/passwd": not a device node'),
        (DeviceNode("/dev/a", host_path="/dev/null", type="b"), 'CDI device ("/dev/a", "/dev/null"), host type mismatch (b, c)'),
    ],
)
def test_a_device_that_is_not_there(node: DeviceNode, sentence: str):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        with_edits(PLAIN, [ContainerEdits(device_nodes=(node,))])


def test_mounts_come_below_their_parents_and_replace_others():
    mounts = (Mount("/h/deep", "/lib/deep/er", ("ro",)), Mount("/h/lib", "/lib", ("bind", "ro"), "bind"))
    changed = with_edits(PLAIN, [ContainerEdits(mounts=mounts)])
    assert [mount.destination for mount in changed.mounts] == ["/proc", "/lib", "/a/b/c", "/lib/deep/er"]
    assert changed.mounts[1] == oci.Mount("/lib", "bind", "/h/lib", ("bind", "ro"))


def test_groups_but_not_that_of_root():
    changed = with_edits(PLAIN, [ContainerEdits(additional_gids=(0, 44, 7))])
    assert changed.process.user.additional_gids == (7, 44)


def test_hooks_at_their_steps_in_order():
    steps = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")
    first = ContainerEdits(hooks=tuple(Hook(step, f"/{step}", (step,), ("A=1",), 3) for step in steps))
    hooks = with_edits(PLAIN, [first, ContainerEdits(hooks=(Hook("poststop", "/more"),))]).hooks
    assert hooks is not None
    assert hooks.create_container == (oci.Hook("/createContainer", ("createContainer",), ("A=1",), 3),)
    assert [hook.path for hook in hooks.poststop] == ["/poststop", "/more"]
    made = (hooks.prestart, hooks.create_runtime, hooks.create_container, hooks.start_container, hooks.poststart)
    assert [hook.path for (hook,) in made] == [f"/{step}" for step in steps[:-1]]


@pytest.mark.parametrize("edits", [ContainerEdits(intel_rdt=IntelRdt("x")), ContainerEdits(net_devices=(NetDevice("a", "b"),))])
def test_what_no_runtime_here_does_is_refused(edits: ContainerEdits):
    with pytest.raises(ValueError, match="not supported"):
        with_edits(PLAIN, [edits])
