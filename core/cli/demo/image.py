"""An image without the internet: Debian's static busybox as a small Linux, put into a registry on loopback."""

import io
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import httpx

from sdk.oci.image import ExecutionConfig
from sdk.testing.images import MadeImage, make_image

BUSYBOX = Path("/bin/busybox")
_DIRECTORIES = ("bin", "dev", "etc", "home", "proc", "root", "sys", "tmp", "var", "var/www")
_PATH = "PATH=/bin"


def make_busybox() -> MadeImage:
    """Return the image in two layers, so that a pull has something to show: the program, then what stands on it."""
    names = subprocess.run([BUSYBOX, "--list"], check=True, capture_output=True, text=True).stdout.split()
    program = {f"./{name}": None for name in _DIRECTORIES} | {"./bin/busybox": BUSYBOX.read_bytes()}
    system = {"./etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n", "./etc/group": b"root:x:0:\n"}
    links = {f"./bin/{name}": "busybox" for name in names if name != "busybox"}
    return make_image([_layer(program, {}), _layer(system, links)], ExecutionConfig(cmd=("sh",), env=(_PATH,)))


def upload(image: MadeImage, address: str, repository: str) -> None:
    """Put an image into a registry that asks for no password, as its tag `latest` (distribution-spec: Push)."""
    base = f"http://{address}/v2/{repository}"
    with httpx.Client(trust_env=False) as client:
        for descriptor, content in image.blobs:
            begun = client.post(f"{base}/blobs/uploads/").raise_for_status()
            target = httpx.URL(base).join(begun.headers["Location"]).copy_merge_params({"digest": descriptor.digest})
            client.put(target, content=content).raise_for_status()
        kind = {"Content-Type": image.descriptor.media_type}
        client.put(f"{base}/manifests/latest", content=image.manifest, headers=kind).raise_for_status()


def _layer(files: Mapping[str, bytes | None], links: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            entry.mode = 0o1777 if name == "./tmp" else 0o755 if content is None or "/bin/" in name else 0o644
            entry.size = len(content or b"")
            archive.addfile(entry, io.BytesIO(content or b""))
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return buffer.getvalue()
