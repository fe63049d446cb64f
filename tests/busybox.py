"""The image that tests run: Debian's static busybox as a small Linux, pushed over HTTP into a registry."""

import http.client
import io
import subprocess
import tarfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sdk.oci.image import ExecutionConfig
from sdk.testing.images import MadeImage, make_image

_PROGRAM = Path("/bin/busybox")
_DIRECTORIES = ("bin", "etc", "home", "proc", "root", "sys", "usr", "usr/bin", "usr/sbin", "sbin", "var", "var/spool", "dev")
_PASSWD = b"root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n"
_GROUP = b"root:x:0:\ndaemon:x:1:\nwww-data:x:33:\nusers:x:100:\nnogroup:x:65534:\n"


@cache
def busybox() -> MadeImage:
    """Return the image: one layer, `sh` as its command."""
    return make_image(
        [busybox_layer()], ExecutionConfig(cmd=("sh",), env=("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",))
    )


def push(image: MadeImage, address: str, repository: str, tag: str = "latest") -> None:
    """Push an image into a registry that wants no password."""
    connection = http.client.HTTPConnection(address)
    for descriptor, content in image.blobs:
        location = _answer(connection, "POST", f"/v2/{repository}/blobs/uploads/", 202)
        mark = "&" if "?" in location else "?"
        _answer(connection, "PUT", f"{location}{mark}digest={descriptor.digest}", 201, content)
    media_type = {"Content-Type": image.descriptor.media_type}
    _answer(connection, "PUT", f"/v2/{repository}/manifests/{tag}", 201, image.manifest, media_type)
    connection.close()


def _answer(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    expected: int,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> str:
    connection.request(method, path, body, headers or {"Content-Type": "application/octet-stream"})
    response = connection.getresponse()
    text = response.read()
    assert response.status == expected, (method, path, response.status, text)
    return response.getheader("Location", "")


def busybox_layer(files: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """Return the layer as an uncompressed tar, with more files if wanted."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in _DIRECTORIES:
            _add(archive, name, tarfile.DIRTYPE, 0o755)
        _add(archive, "tmp", tarfile.DIRTYPE, 0o1777)
        _add(archive, "bin/busybox", tarfile.REGTYPE, 0o755, _PROGRAM.read_bytes())
        for applet in _applets():
            _add(archive, f"bin/{applet}", tarfile.LNKTYPE, 0o755, link="bin/busybox")
        for name, content in ({"etc/passwd": _PASSWD, "etc/group": _GROUP} | dict(files)).items():
            _add(archive, name, tarfile.REGTYPE, 0o644, content)
    return buffer.getvalue()


def _applets() -> list[str]:
    listing = subprocess.run([_PROGRAM, "--list"], check=True, capture_output=True, text=True)
    return [applet for applet in listing.stdout.split() if applet != "busybox"]


def _add(archive: tarfile.TarFile, name: str, kind: bytes, mode: int, content: bytes = b"", link: str = "") -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.linkname, entry.mtime = kind, mode, len(content), link, 1_700_000_000
    archive.addfile(entry, io.BytesIO(content))
