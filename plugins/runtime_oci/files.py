"""The files of a container below its bundle's directory."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from sdk.drivers.runtime import ProcessIO
from sdk.linux.atomic import replace_file
from sdk.linux.descriptors import is_descriptor
from sdk.oci.runtime import ConsoleSize, Process, Root, Spec
from sdk.text import UNREADABLE


def with_terminal(process: Process, io: ProcessIO) -> Process:
    """Return the process with a terminal if it shall have one, of the size it shall have from the start."""
    size = ConsoleSize(io.rows, io.columns) if io.rows and io.columns else process.console_size
    return replace(process, terminal=io.terminal, console_size=size if io.terminal else None)


@dataclass(frozen=True, slots=True)
class ContainerFiles:
    """`directory` belongs to the container alone; every name here starts with `rt.`."""

    directory: Path

    @property
    def state(self) -> Path:
        """The shim's state."""
        return self.directory / "rt.state"

    @property
    def bundle(self) -> Path:
        """What the binary takes for the bundle."""
        return self.directory / "rt.bundle"

    @property
    def rootfs(self) -> Path:
        """Where the shim mounts the root."""
        return self.bundle / "rootfs"

    def pid_file(self, name: str = "init") -> Path:
        """Where the binary writes the pid of what it made."""
        return self.directory / f"rt.{name}.pid"

    def log(self, name: str = "init") -> Path:
        """Where the binary writes why it could not."""
        return self.directory / f"rt.{name}.log"

    def process(self, name: str) -> Path:
        """The description of a further process."""
        return self.directory / f"rt.{name}.json"

    def binds(self, spec: Spec) -> dict[str, str]:
        """Return the sources of bind mounts that are descriptors of the daemon, by the places that the shim mounts them on."""
        sources = enumerate(mount.source for mount in spec.mounts)
        return {str(self.bundle / f"bind-{number}"): source for number, source in sources if is_descriptor(source)}

    def write_bundle(self, spec: Spec, cgroups_path: str, io: ProcessIO) -> None:
        """Write config.json beside an empty rootfs; what an earlier start left is gone."""
        self.remove()
        self.rootfs.mkdir(parents=True)
        places = {}
        for place, source in self.binds(spec).items():
            places[source] = place
            os.mkdir(place) if os.path.isdir(source) else Path(place).touch()
        spec = replace(
            spec,
            mounts=tuple(replace(mount, source=places.get(mount.source, mount.source)) for mount in spec.mounts),
            process=with_terminal(spec.process, io),
            root=Root("rootfs", readonly=spec.root.readonly),
            linux=replace(spec.linux, cgroups_path=cgroups_path),
        )
        replace_file(self.bundle / "config.json", msgspec.json.encode(spec))

    def write_process(self, name: str, process: Process, io: ProcessIO) -> None:
        """Write the description of a further process."""
        self.process(name).write_bytes(msgspec.json.encode(with_terminal(process, io)))

    def read_spec(self) -> Spec | None:
        """Return the spec as written; None if there is none that can be read."""
        try:
            return msgspec.json.decode((self.bundle / "config.json").read_bytes(), type=Spec)
        except (OSError, *UNREADABLE):
            return None

    def remove(self) -> None:
        """Remove all of them; idempotent."""
        shutil.rmtree(self.bundle, ignore_errors=True)
        for name in os.listdir(self.directory) if self.directory.is_dir() else ():
            if name.startswith("rt."):
                (self.directory / name).unlink(missing_ok=True)

    def remove_process(self, name: str) -> None:
        """Remove what belongs to a further process; idempotent."""
        for path in (self.pid_file(name), self.log(name), self.process(name)):
            path.unlink(missing_ok=True)
