"""The virtual machine: QEMU without hardware help, without a network, with two disks that forget what is written to them."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ACCELERATION = os.environ.get("CORE_VM_ACCEL", "tcg,thread=multi")
"""`kvm` is ten times faster where it works."""

_KERNEL_ARGUMENTS = "root=/dev/vda rw console=ttyS0 panic=-1 quiet init=/sbin/run-tests"
_EMULATED = "CORE_TEST_EMULATED=1"
"""An argument that the kernel does not know is put into the environment of the first process, and so of the tests."""


@dataclass(frozen=True, slots=True)
class BaseImage:
    """A directory with a root file system, a kernel and the initial RAM disk that belong together."""

    directory: Path

    @property
    def root(self) -> Path:
        return self.directory / "root.ext4"

    @property
    def kernel(self) -> Path:
        return self.directory / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.directory / "initrd.img"


@dataclass(frozen=True, slots=True)
class Machine:
    """What is booted; `console` is the file that its console is written to."""

    base: BaseImage
    project: Path
    console: Path

    def run(self) -> Iterator[str]:
        """Boot, yield each line the tests write to the second serial port, and return when the machine is off."""
        with subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as qemu:
            assert qemu.stdout
            try:
                yield from qemu.stdout
            finally:
                qemu.kill()

    def command(self) -> list[str]:
        """Return QEMU's command line; it runs behind everything else on this machine."""
        machine = {"-accel": ACCELERATION, "-cpu": "max", "-smp": "2", "-m": "2048", "-display": "none"}
        arguments = f"{_KERNEL_ARGUMENTS} {_EMULATED}" if ACCELERATION.startswith("tcg") else _KERNEL_ARGUMENTS
        boot = {"-kernel": self.base.kernel, "-initrd": self.base.initrd, "-append": arguments}
        options = [str(word) for option in (machine | boot).items() for word in option]
        disks = [f"file={disk},format=raw,if=virtio,snapshot=on" for disk in (self.base.root, self.project)]
        ports = [f"file:{self.console}", "stdio"]
        return [
            "nice", "-n", "10", "qemu-system-x86_64", "-nodefaults", "-no-reboot", *options,
            "-drive", disks[0], "-drive", disks[1], "-serial", ports[0], "-serial", ports[1],
        ]  # fmt: skip

    def last_words(self) -> str:
        """Return the end of what the console said."""
        lines = self.console.read_text(errors="replace").splitlines() if self.console.exists() else []
        return "\n".join(lines[-40:])
