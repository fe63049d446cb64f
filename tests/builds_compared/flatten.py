"""Images as what is in them: their layers unpacked over one another, file by file, and the configuration a container gets."""

import hashlib
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath

_XATTR = "SCHILY.xattr."
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_OWN_LABELS = ("io.buildah.version", "com.docker.compose.")
"""Labels that a client or builder adds by itself."""
_KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.GNUTYPE_SPARSE: "file",
    tarfile.DIRTYPE: "directory",
    tarfile.SYMTYPE: "symlink",
    tarfile.CHRTYPE: "character device",
    tarfile.BLKTYPE: "block device",
    tarfile.FIFOTYPE: "fifo",
}
_CONFIG = ("Env", "Cmd", "Entrypoint", "WorkingDir", "User", "Labels", "ExposedPorts", "Volumes", "Healthcheck", "OnBuild", "StopSignal", "Shell")  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """Everything of a file but its times. `content` is a digest; a hard link is the file it is a name of."""

    kind: str
    mode: int
    owner: tuple[int, int]
    size: int = 0
    content: str = ""
    target: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FlatImage:
    """`files` by absolute path; `config` without what is empty."""

    files: dict[str, File]
    config: dict[str, object]


def flatten(manifest: Path, blobs: Path) -> FlatImage:
    """Read an image of a manifest; `blobs` holds files named by their digests in hexadecimal."""
    told = json.loads(manifest.read_bytes())
    document = json.loads((blobs / _hex(told["config"])).read_bytes())
    files: dict[str, File] = {}
    for layer, diff_id in zip(told["layers"], document["rootfs"]["diff_ids"], strict=True):
        _apply(files, _layer(_Blob(diff_id, blobs / _hex(layer))))
    return FlatImage(files, _config(document.get("config") or {}))


def flatten_layout(layout: Path) -> FlatImage:
    """Read the only image of an OCI layout."""
    (descriptor,) = json.loads((layout / "index.json").read_bytes())["manifests"]
    blobs = layout / "blobs/sha256"
    return flatten(blobs / _hex(descriptor), blobs)


def _hex(descriptor: dict[str, str]) -> str:
    return descriptor["digest"].removeprefix("sha256:")


@dataclass(frozen=True, slots=True)
class _Blob:
    """A layer's archive; two with one DiffID are the same, wherever they lie."""

    diff_id: str
    path: Path

    def __hash__(self) -> int:
        return hash(self.diff_id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Blob) and other.diff_id == self.diff_id


@cache
def _layer(blob: _Blob) -> tuple[tuple[str, File | str], ...]:
    """Return a layer's members in order; a hard link as the path it points at."""
    return tuple(_members(blob.path))


def _members(path: Path) -> Iterator[tuple[str, File | str]]:
    with tarfile.open(path) as archive:
        for member in archive:
            name = _absolute(member.name)
            if member.islnk():
                yield name, _absolute(member.linkname)
            else:
                yield name, _file(archive, member)


def _absolute(name: str) -> str:
    return str(PurePosixPath("/", name.removeprefix("./")))


def _file(archive: tarfile.TarFile, member: tarfile.TarInfo) -> File:
    kind = _KINDS[member.type]
    xattrs = {key.removeprefix(_XATTR): value for key, value in member.pax_headers.items() if key.startswith(_XATTR)}
    found = File(kind, member.mode & 0o7777, (member.uid, member.gid), xattrs=tuple(sorted(xattrs.items())))
    if kind == "symlink":
        return replace(found, target=member.linkname, mode=0o777)
    if "device" in kind:
        return replace(found, device=(member.devmajor, member.devminor))
    content = archive.extractfile(member) if kind == "file" else None
    return replace(found, size=member.size, content=hashlib.file_digest(content, "sha256").hexdigest()) if content else found


def _apply(files: dict[str, File], layer: tuple[tuple[str, File | str], ...]) -> None:
    for name, _ in layer:
        path = PurePosixPath(name)
        if path.name == _OPAQUE:
            _remove(files, str(path.parent), itself=False)
        elif path.name.startswith(_WHITEOUT):
            _remove(files, str(path.with_name(path.name.removeprefix(_WHITEOUT))), itself=True)
    for name, found in layer:
        if PurePosixPath(name).name.startswith(_WHITEOUT):
            continue
        file = files[found] if isinstance(found, str) else found
        if file.kind != "directory":
            _remove(files, name, itself=True)
        files[name] = file


def _remove(files: dict[str, File], path: str, *, itself: bool) -> None:
    below = path.rstrip("/") + "/"
    for name in [name for name in files if name.startswith(below) or (itself and name == path)]:
        del files[name]


def _config(config: dict) -> dict[str, object]:
    labels = {key: value for key, value in (config.get("Labels") or {}).items() if not key.startswith(_OWN_LABELS)}
    comparable = {**config, "Labels": labels, "Env": sorted(config.get("Env") or ())}
    return {key: value for key in _CONFIG if (value := comparable.get(key))}
