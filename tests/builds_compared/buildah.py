"""Images made by buildah, the reference that ours are compared with."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.builds_compared.flatten import FlatImage, flatten
from tests.network import NetworkNamespace


@dataclass(frozen=True, slots=True)
class Buildah:
    """Builds in a storage of its own, as root, and in a network namespace."""

    network: NetworkNamespace
    directory: Path

    def build(self, context: Path, dockerfile: Path, tag: str, flags: Sequence[str], *, check: bool = True) -> str:
        """Build and tag; return what it said."""
        words = ["build", "--isolation=chroot", "--network=host", "--format=docker", "--tls-verify=false", "--layers=false"]
        done = self._run(*words, f"--file={dockerfile}", f"--tag={tag}", *flags, str(context))
        assert not check or done.returncode == 0, done.stdout + done.stderr
        assert check or done.returncode, "buildah builds what is broken"
        return done.stdout + done.stderr

    def flat(self, tag: str) -> FlatImage:
        """Return what is in an image."""
        layout = self.directory / "layout"
        done = self._run("push", "--quiet", "--disable-compression", tag, f"dir:{layout}")
        assert done.returncode == 0, done.stderr
        try:
            return flatten(layout / "manifest.json", layout)
        finally:
            shutil.rmtree(layout)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        registries = self.directory / "registries.conf"
        registries.write_text(
            'unqualified-search-registries = ["docker.io"]\n'
            '[[registry]]\nprefix = "docker.io"\nlocation = "127.0.0.1:5000"\ninsecure = true\n'
        )
        command = [
            "buildah",
            f"--root={self.directory / 'root'}",
            f"--runroot={self.directory / 'run'}",
            "--storage-driver=overlay",
            f"--registries-conf={registries}",
            *words,
        ]
        return subprocess.run(self.network.command(command), capture_output=True, text=True, timeout=300)
