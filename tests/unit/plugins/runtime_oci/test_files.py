"""The files a container has below its bundle's directory."""

import msgspec

from plugins.runtime_oci.files import ContainerFiles, with_terminal
from sdk.drivers.runtime import ProcessIO
from sdk.oci.runtime import ConsoleSize, Linux, Process, Root, Spec, User

PROCESS = Process(args=("true",), cwd="/", user=User())


def test_the_bundle_is_the_binarys_own(tmp_path):
    files = ContainerFiles(tmp_path)
    spec = Spec(oci_version="1.0.2", process=PROCESS, root=Root("/elsewhere", readonly=True), linux=Linux(cgroups_path="x"))
    files.write_bundle(spec, "/parent/x", ProcessIO(terminal=True, rows=2, columns=3))
    written = msgspec.json.decode((files.bundle / "config.json").read_bytes())
    assert written["root"] == {"path": "rootfs", "readonly": True}
    assert written["linux"]["cgroupsPath"] == "/parent/x"
    assert written["process"]["terminal"] is True
    assert files.rootfs.is_dir()
    assert files.read_spec().process.console_size == ConsoleSize(2, 3)


def test_removal_leaves_what_is_not_the_runtimes(tmp_path):
    files = ContainerFiles(tmp_path)
    (tmp_path / "process.json").touch()
    for path in (files.state, files.log(), files.pid_file("e1")):
        path.touch()
    files.rootfs.mkdir(parents=True)
    files.remove_process("e1")
    assert not files.pid_file("e1").exists()
    files.remove()
    files.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["process.json"]
    assert files.read_spec() is None


def test_a_terminal_has_the_size_asked_for_or_the_specs():
    sized = msgspec.structs.replace(PROCESS, console_size=ConsoleSize(9, 9))
    assert with_terminal(sized, ProcessIO(terminal=True)).console_size == ConsoleSize(9, 9)
    assert with_terminal(sized, ProcessIO(terminal=True, rows=1, columns=2)).console_size == ConsoleSize(1, 2)
    assert with_terminal(sized, ProcessIO()).console_size is None
